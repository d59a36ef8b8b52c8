"""The options that answer on the command line what the page would ask."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.errors import AnswerNeeded, AppError, FileRefused
from app.ingest.currencies import rate_of
from app.ingest.gate import inspect_file, read_file
from app.ingest.limits import Limits
from app.ingest.model import Answers, Inspection, Question, Receipt, TypedTable
from app.tables import OUTCOMES, TABLES

FORMATS = (
    "year first",
    "day first",
    "month first",
    "month first, day first with dots",
    "short year first",
    "month name",
    "year and month",
    "yyyymmdd",
    "yyyymmddhh",
    "nth day",
    "excel serial",
    "excel serial 1904",
    "epoch milliseconds",
    "epoch seconds",
    "decimal point",
    "decimal comma",
)
"""How a column can be read: its dates, or its numbers."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the answering options to a command."""
    parser.add_argument("--table", choices=sorted(TABLES), help="what the file is, when it cannot be told")
    parser.add_argument(
        "--set", action="append", default=[], metavar="FIELD=HEADING", help="take FIELD from this heading; empty: from none"
    )
    parser.add_argument("--column", action="append", default=[], metavar="HEADING=FORMAT", help="how a column is read, e.g. “day first”")
    parser.add_argument(
        "--stage", action="append", default=[], metavar="WORD=OUTCOME", help=f"one of {', '.join(OUTCOMES)}; =won: all, without a column"
    )
    parser.add_argument(
        "--step", action="append", default=[], metavar="FIELD=WORD", help="of a log: the step that gives the lead this date"
    )
    parser.add_argument("--currency", help="the one currency to use; “to EUR” converts the others by --rate")
    parser.add_argument("--rate", action="append", default=[], metavar="CODE=RATE", help="what one unit of CODE is in the currency used")
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
        When an option is not of the form NAME=VALUE, or names an unknown field, format, outcome or time zone.
    """
    fields, formats = _pairs(options.set, "--set"), _pairs(options.column, "--column")
    known = sorted({field.name for table in TABLES.values() if options.table in (None, table.name) for field in table.fields})
    for name, heading in fields.items():
        if name not in known:
            raise AppError(f"--set {name}={heading}: there is no field “{name}”.", f"Choose from {', '.join(known)}.")
    for heading, name in formats.items():
        if name not in FORMATS:
            raise AppError(f"--column {heading}={name}: “{name}” is no way to read a column.", f"Choose from {', '.join(FORMATS)}.")
    try:
        ZoneInfo(options.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as wrong:
        raise AppError(f"“{options.time_zone}” is no time zone.", "Write it as Europe/Berlin or UTC.") from wrong
    stages = _pairs(options.stage, "--stage", may_be_empty=True)
    for word, outcome in stages.items():
        if outcome not in OUTCOMES:
            raise AppError(f"--stage {word}={outcome}: “{outcome}” is no outcome.", f"Choose from {', '.join(OUTCOMES)}.")
    rates = _pairs(options.rate, "--rate")
    for code, rate in rates.items():
        if rate_of(rate) is None:
            raise AppError(f"--rate {code}={rate}: “{rate}” is no rate.", "Write a number above zero, such as 0.92.")
    delimiter = {"tab": "\t", "\\t": "\t"}.get(options.delimiter, options.delimiter)
    return Answers(
        table=options.table,
        encoding=options.encoding,
        delimiter=delimiter,
        sheet=options.sheet,
        head_line=options.head_line,
        fields={field: heading or None for field, heading in fields.items()},
        formats=formats,
        stages={word: outcome for word, outcome in stages.items() if outcome in OUTCOMES},
        steps={field: word or None for field, word in _pairs(options.step, "--step").items()},
        currency=options.currency,
        rates=rates,
        time_zone=options.time_zone,
    )


def read(path: Path, given: Answers, *, limits: Limits, today: date | None = None) -> TypedTable:
    """A file, imported; an open question is raised with the options that answer it.

    Raises
    ------
    FileRefused, ColumnError, AnswerNeeded
        As for `app.ingest.gate.read_file`.
    """
    data = content(path)
    try:
        return read_file(data, name=path.name, answers=given, limits=limits, today=today)
    except AnswerNeeded as error:
        open_questions = inspect_file(data, name=path.name, answers=given, limits=limits).questions
        if not open_questions:
            raise
        question = open_questions[0]
        remedy = f"Answer with {' or '.join(ways(question))}."
        if len(open_questions) > 1:
            remedy += f" {len(open_questions) - 1} more questions are open: python -m app inspect shows them."
        raise AnswerNeeded(question.text, remedy, file=path.name, column=question.column) from error


def ways(question: Question) -> tuple[str, ...]:
    """The options that answer a question, one for each choice; for a rate, one with a number in the place of yours."""
    if question.kind == "rate":
        return (f"--rate {question.answer_key}=0.92",)
    return tuple(_option(question, choice.value) for choice in question.choices)


def _option(question: Question, value: str) -> str:
    if question.answer_in == "formats":
        return f'--column "{question.answer_key}={value}"'
    if question.answer_in == "stages":
        return f'--stage "{question.answer_key}={value}"'
    if question.answer_in == "steps":
        return f'--step "{question.answer_key}={value}"'
    if question.answer_in == "fields":
        return f'--set "{question.answer_key}={value}"'
    option = f"--{question.answer_in.replace('_', '-')}"
    return f'{option} "{value}"' if " " in value else f"{option} {value}"


def all_heeded(given: Answers, receipts: Iterable[Receipt]) -> None:
    """Refuse answers that no file has a place for: a misspelt heading would change the numbers without a word.

    Raises
    ------
    AppError
        When a heading or stage word of an answer is in none of the files.
    """
    receipts = tuple(receipts)
    taken = {pair for receipt in receipts for pair in receipt.mapping}
    headings = {heading for _, heading in taken} | {
        heading for receipt in receipts for heading in (*receipt.segments, *receipt.dropped_personal, *receipt.ignored)
    }
    _heeded(given, taken, headings, {word.word for receipt in receipts for word in receipt.stages})


def heeded(given: Answers, found: Inspection) -> None:
    """The same for a file that is only inspected."""
    if found.table is not None:
        taken = {(column.field, column.heading) for column in found.columns if column.field}
        _heeded(given, taken, {column.heading for column in found.columns}, {word.word for word in found.stages})


def _heeded(given: Answers, taken: set[tuple[str, str]], headings: set[str], words: set[str]) -> None:
    for field, heading in given.fields.items():
        if heading is not None and heading not in headings:
            raise _unknown(f"--set {field}={heading}", heading, headings)
        if heading is not None and (field, heading) not in taken:
            raise AppError(
                f"--set {field}={heading}: that table has no field “{field}”.", "Choose another field, or name the kind with --table."
            )
    for heading, format in given.formats.items():
        if heading not in headings:
            raise _unknown(f"--column {heading}={format}", heading, headings)
    for word, outcome in given.stages.items():
        if word not in words and (word or words):
            remedy = f"Choose from {', '.join(sorted(words))}." if words else "No column holds stages."
            raise AppError(f"--stage {word}={outcome}: no row has the stage “{word}”.", remedy)


def _unknown(option: str, heading: str, headings: set[str]) -> AppError:
    return AppError(f"{option}: no column is headed “{heading}”.", f"Choose from {', '.join(sorted(headings))}.")


def content(path: Path) -> bytes:
    """The bytes of a file; FileRefused when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise FileRefused(f"cannot be opened ({wrong.strerror}).", "Check the name and the rights.", file=str(path)) from wrong


def _pairs(texts: list[str], option: str, *, may_be_empty: bool = False) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, sign, value = text.rpartition("=") if option == "--column" else text.partition("=")
        if not sign or not (name or may_be_empty):
            raise AppError(f"{option} {text}: this is not NAME=VALUE.", "Write the name, an equals sign, and the value.")
        pairs[name.strip()] = value.strip()
    return pairs
