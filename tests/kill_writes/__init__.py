"""Nothing that was acknowledged is lost, halved or doubled, whatever is killed: `python -m tests.kill_writes KIND`."""
