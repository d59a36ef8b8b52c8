"""`python -m app sample --out FOLDER`: write the play company's exports as CSV files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.errors import AppError
from app.services.play_company import SEED, generate

NAME = "sample"
HELP = "write the exports of the play company (an invented example) as CSV files"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--seed", type=int, default=SEED, help="another number makes another company")


def run(options: argparse.Namespace) -> int:
    """Write the files."""
    if options.seed < 0:
        raise AppError(f"--seed {options.seed} is below 0.", "Choose 0 or a larger number.")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        for file in generate(seed=options.seed):
            (options.out / file.name).write_bytes(file.text.encode())
            sys.stdout.write(f"{options.out / file.name}\n")
    except BrokenPipeError:
        raise
    except OSError as wrong:
        raise AppError(f"{options.out} cannot be written to ({wrong.strerror}).", "Choose another folder.") from wrong
    return 0
