"""`python -m app sample --out FOLDER`: write the play company's exports as CSV files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.services.play_company import SEED, generate

NAME = "sample"
HELP = "write the exports of the play company (an invented example) as CSV files"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--seed", type=int, default=SEED)


def run(options: argparse.Namespace) -> int:
    """Write the files."""
    options.out.mkdir(parents=True, exist_ok=True)
    for file in generate(seed=options.seed):
        (options.out / file.name).write_bytes(file.text.encode())
        sys.stdout.write(f"{options.out / file.name}\n")
    return 0
