"""The commands of `python -m app`, one module each: `NAME`, `HELP`, `arguments(parser)` and `run(options) -> int`.

They print results to standard output. Errors a user can mend are `AppError`s, written to standard error by `app.cli` with
exit status 2.
"""
