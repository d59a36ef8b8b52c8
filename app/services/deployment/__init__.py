"""Whether a server is set up so that it may be shown to the network: `python -m app check --deploy`.

Each rule is one `Finding` with what was found and what to do. Nothing is changed and nothing is sent, except the requests with which
`proxy` looks at the server from outside.
"""
