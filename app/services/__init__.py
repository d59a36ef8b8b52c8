"""Use cases: what a member can do. Each checks the member's right, is one transaction, and returns frozen dataclasses.

The first argument is the `Actor` (who asks), the engine is keyword-only; nothing here knows of Streamlit.
"""
