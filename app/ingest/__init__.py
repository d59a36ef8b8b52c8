"""From bytes to a typed table, with a receipt. Files are opened only inside the limited worker process.

Public: `inspect_file`, `read_file`, `decode_file` (in `app.ingest.gate`, which runs `app.ingest.worker`), and the values of
`app.ingest.model`.
"""
