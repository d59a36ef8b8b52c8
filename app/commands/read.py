"""`python -m app read FILE --out CLEAN.csv`: the cells as decoded, all text, headings first."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.commands import answering
from app.errors import AppError
from app.ingest.gate import decode_file
from app.settings import settings

NAME = "read"
HELP = "write the cells of a file as a clean CSV (UTF-8, comma), all text"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("file", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="where to write; - for standard output")
    answering.arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Decode the file and write it."""
    data = answering.content(options.file)
    clean = decode_file(data, name=options.file.name, answers=answering.answers(options), limits=settings().limits())
    if str(options.out) == "-":
        sys.stdout.buffer.write(clean)
        return 0
    try:
        options.out.write_bytes(clean)
    except OSError as wrong:
        raise AppError(f"{options.out} cannot be written ({wrong.strerror}).", "Choose another place.") from wrong
    return 0
