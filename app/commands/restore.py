"""`python -m app restore FILE`: an empty database filled from a backup, and brought to this version's schema."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sqlalchemy.engine import make_url

from app.settings import settings
from app.storage.backup import restore

NAME = "restore"
HELP = "fill an empty database from a backup; nothing is ever overwritten"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("file", type=Path, metavar="FILE", help="what python -m app backup has written")


def run(options: argparse.Namespace) -> int:
    """Fill it and say what it holds."""
    chosen = settings()
    role = make_url(chosen.database_url).username if chosen.migration_url else None
    found = restore(chosen.owner_url, file=options.file, role=role)
    held = ", ".join(f"{name} {count:,}" for name, count in found.rows.items() if count)
    sys.stdout.write(f"The database is at {found.revision} and holds: {held or 'no row'}.\n")
    return 0
