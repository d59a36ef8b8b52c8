"""`python -m tests.kill_writes KIND [--engine sqlite|postgresql] [--writes 1000] [--kills 40] [--cuts 40] [--restarts 2]`.

Clients write through a process that is ended by SIGKILL at random moments and started again. On PostgreSQL its connections are cut at
random as well, and the server itself is restarted as after a crash. Each client does what its user would until the write is acknowledged;
afterwards everything acknowledged must be there once and whole, and nothing else. The exit status is 1 when it is not.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from random import Random

from app.storage import migrations
from app.storage.engine import make_engine
from tests import postgresql
from tests.kill_writes.actions import Actions
from tests.kill_writes.answers import Answers
from tests.kill_writes.imports import Imports
from tests.kill_writes.play import Database, Event, Figures, Kind, play
from tests.kill_writes.reports import Reports

KINDS: dict[str, type[Kind]] = {kind.name: kind for kind in (Imports, Answers, Actions, Reports)}


def run(
    kind: str,
    database: Database,
    *,
    writes: int,
    events: list[Event],
    folder: Path,
    seed: int | None = None,
    seconds: float = math.inf,
) -> Figures:
    """Play one kind on a database at the newest revision, in a folder that is empty."""
    data = folder / "data"
    data.mkdir(parents=True)
    engine = make_engine(database.url)
    try:
        made = KINDS[kind](engine, writes=writes, random=Random(seed), data=data)
        return play(made, database=database, events=events, folder=folder, seconds=seconds)
    finally:
        engine.dispose()


def new_sqlite(folder: Path) -> Database:
    """A SQLite file at the newest revision."""
    url = f"sqlite:///{folder / 'app.db'}"
    engine = make_engine(url)
    migrations.upgrade(engine)
    engine.dispose()
    return Database(url, url)


def new_postgresql(server: str) -> Database:
    """A database of a server that is this play's alone, for the lesser role that an app's process has."""
    url = postgresql.upgraded(server, "killed")
    return Database(url, postgresql.database(server, "killed"), lambda: postgresql.restart(server))


def main(arguments: list[str]) -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill_writes", description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--writes", type=int, default=1_000)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--cuts", type=int, default=40, help="of the connections, on PostgreSQL")
    parser.add_argument("--restarts", type=int, default=2, help="of the server, on PostgreSQL")
    parser.add_argument("--minutes", type=float, default=math.inf, help="no write is begun after so long")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--folder", type=Path, help="where everything is kept afterwards; a temporary folder when none is given")
    options = parser.parse_args(arguments)
    events: list[Event] = ["kill"] * options.kills
    with ExitStack() as stack:
        folder = options.folder.resolve() if options.folder else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        if options.engine == "sqlite":
            database = new_sqlite(folder)
        else:
            database = new_postgresql(stack.enter_context(postgresql.server()))
            events.extend(["cut"] * options.cuts)
            events.extend(["restart"] * options.restarts)
        seconds = 60 * options.minutes
        figures = run(options.kind, database, writes=options.writes, events=events, folder=folder, seed=options.seed, seconds=seconds)
    sys.stdout.write(f"{figures}\n")
    return 1 if any(figures.counts) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
