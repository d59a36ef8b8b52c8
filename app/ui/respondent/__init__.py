"""The respondent's pages: plain HTML from the server, which needs no script, no login and nothing from another host.

`routes` is mounted beside Streamlit and can be served alone by `server`; neither leads to the managers' part.
"""
