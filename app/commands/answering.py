"""The options that answer on the command line what the page would ask."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.errors import AppError, FileRefused
from app.ingest.model import Answers
from app.tables import OUTCOMES, TABLES


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the answering options to a command."""
    parser.add_argument("--table", choices=sorted(TABLES), help="what the file is, when it cannot be told")
    parser.add_argument(
        "--set", action="append", default=[], metavar="FIELD=HEADING", help="take FIELD from this heading; empty: from none"
    )
    parser.add_argument("--column", action="append", default=[], metavar="HEADING=FORMAT", help="how a column is read, e.g. “day first”")
    parser.add_argument("--stage", action="append", default=[], metavar="WORD=OUTCOME", help=f"one of {', '.join(OUTCOMES)}")
    parser.add_argument("--currency", help="the one currency to use")
    parser.add_argument("--time-zone", default="UTC", help="the team's time zone, e.g. Europe/Berlin")
    parser.add_argument("--encoding")
    parser.add_argument("--delimiter", help="one character, or tab")
    parser.add_argument("--sheet")
    parser.add_argument("--head-line", type=int, help="the line of the head row, from 1; 0 for none")


def answers(options: argparse.Namespace) -> Answers:
    """The answers given on the command line.

    Raises
    ------
    AppError
        When an option is not of the form NAME=VALUE or names an unknown outcome.
    """
    stages = _pairs(options.stage, "--stage")
    for word, outcome in stages.items():
        if outcome not in OUTCOMES:
            raise AppError(f"--stage {word}={outcome}: “{outcome}” is no outcome.", f"Choose from {', '.join(OUTCOMES)}.")
    delimiter = {"tab": "\t", "\\t": "\t"}.get(options.delimiter, options.delimiter)
    return Answers(
        table=options.table,
        encoding=options.encoding,
        delimiter=delimiter,
        sheet=options.sheet,
        head_line=options.head_line,
        fields={field: heading or None for field, heading in _pairs(options.set, "--set").items()},
        formats=_pairs(options.column, "--column"),
        stages={word: outcome for word, outcome in stages.items() if outcome in OUTCOMES},
        currency=options.currency,
        time_zone=options.time_zone,
    )


def content(path: Path) -> bytes:
    """The bytes of a file; FileRefused when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise FileRefused(f"cannot be opened ({wrong.strerror}).", "Check the name and the rights.", file=str(path)) from wrong


def _pairs(texts: list[str], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, sign, value = text.rpartition("=") if option == "--column" else text.partition("=")
        if not sign or not name:
            raise AppError(f"{option} {text}: this is not NAME=VALUE.", "Write the name, an equals sign, and the value.")
        pairs[name.strip()] = value.strip()
    return pairs
