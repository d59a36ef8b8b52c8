"""`python -m app inspect FILE --json`: what the file is, how each column would be read and why, what would be asked."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from app import wording
from app.commands import answering
from app.errors import AnswerNeeded
from app.ingest.gate import inspect_file, read_file
from app.ingest.model import Inspection, Receipt
from app.services.scorecard.plain import plain
from app.settings import settings

NAME = "inspect"
HELP = "say what a file is and how it would be read"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    answering.arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Inspect, and make the receipt too when no question is open."""
    data = answering.content(options.file)
    given = answering.answers(options)
    limits = settings().limits()
    found = inspect_file(data, name=options.file.name, answers=given, limits=limits)
    answering.heeded(given, found)
    receipt = None
    if not found.questions and found.table is not None:
        try:
            receipt = read_file(data, name=options.file.name, answers=given, limits=limits).receipt
        except AnswerNeeded:
            # A question can only come up while the values are converted; it is then open, and there is no receipt.
            receipt = None
    if options.json:
        result: dict[str, Any] = {**plain(found), "receipt": plain(receipt)}
        json.dump(result, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    else:
        sys.stdout.write(_text(found))
        if receipt is not None:
            sys.stdout.write(_account(receipt))
    return 0


def _account(receipt: Receipt) -> str:
    lines = [
        f"{wording.count(receipt.rows_read)} rows read, {wording.count(receipt.rows_used)} used.",
        *(f"Set aside: {wording.count(part.count)}. {part.reason}" for part in receipt.set_aside),
        *(f"Changed in “{change.column}”, {wording.count(change.cells)} cells: {change.what}" for change in receipt.changed),
        *(f"Warning: {warning}" for warning in receipt.warnings),
        *(f"Look at: {finding.text}" for finding in receipt.findings),
    ]
    return "\n".join(lines) + "\n"


def _text(found: Inspection) -> str:
    file = found.file
    opened = ", ".join(part for part in (file.kind, file.encoding, file.delimiter and repr(file.delimiter), file.sheet) if part)
    lines = [
        f"{file.name}: {found.table or 'kind not known'} ({found.table_confidence:.0%} sure). {found.table_reason}",
        f"System: {found.system_label or 'not recognised'}. Opened as {opened}. Head row on line {file.head_line}.",
        f"{wording.count(file.rows)} rows, {file.columns} columns.",
        "",
        *(f"  {c.heading}  →  {c.field or c.role}   {c.reason}" for c in found.columns),
        "",
        *(f"  {s.word} ({wording.count(s.rows)})  →  {s.outcome or 'to be asked'}" for s in found.stages),
        *(f"Question: {q.text}  Answer with {' or '.join(answering.ways(q))}" for q in found.questions),
        *(f"Note: {note}" for note in found.notes),
        *(f"Missing: {sentence}" for sentence in found.missing),
    ]
    return "\n".join(lines) + "\n"
