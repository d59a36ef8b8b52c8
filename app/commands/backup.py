"""`python -m app backup --out FILE`: the whole database in one file, while the app runs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.settings import settings
from app.storage.backup import back_up

NAME = "backup"
HELP = "write the whole database to one file; the app may run meanwhile"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="what to write; it must not be there yet")


def run(options: argparse.Namespace) -> int:
    """Write it."""
    sha256 = back_up(settings().owner_url, out=options.out)
    sys.stdout.write(f"{options.out}: {options.out.stat().st_size:,} bytes, SHA-256 {sha256}\n")
    sys.stdout.write(
        "The secret that answers of open rounds are sealed with is not in it. Keep it apart: with both, answers can be read.\n"
    )
    return 0
