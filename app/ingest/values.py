"""A column's cells as the values its field wants, converted as a whole under one stated format.

`settle` decides the format of each mapped column (or asks); `moments`, `amounts`, `flags` and `ids` then convert. All of them work on
the column's different values and spread the result over the rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.ingest import date_order, dates, numbers
from app.ingest.column import Column
from app.ingest.column_bytes import is_one_of, text_of
from app.ingest.date_patterns import DateFormat
from app.ingest.export_formats import Catalogue
from app.ingest.headings import fold
from app.ingest.model import Answers, Choice, Question
from app.ingest.raw import RawTable
from app.tables import Field

DATE_FORMATS: frozenset[str] = frozenset(get_args(DateFormat))
_ANCHOR = re.compile(r"Start date:\s*(\d{4})-?(\d{2})-?(\d{2})", re.IGNORECASE)
_PERIOD = re.compile(r"Start date:\s*(\d{4})-?(\d{2})-?(\d{2})[\s\S]*?End date:\s*(\d{4})-?(\d{2})-?(\d{2})", re.IGNORECASE)
_SPAN = re.compile(r"\b(20\d{2})(\d{2})(\d{2})-(20\d{2})(\d{2})(\d{2})\b")
_FIRST = 100
_FLOAT_ID = r"^-?\d+\.0+$"
_DAMAGED = r"^\d+(?:[.,]\d+)?[eE]\+\d+$"


@dataclass(frozen=True)
class Format:
    """How a column will be read: `name` is what answers use, `words` what people read. `name` None: a question is open."""

    name: str | None
    words: str
    question: Question | None = None
    shape: str = ""


def blank(column: Column, catalogue: Catalogue) -> pa.Array:
    """Which different values count as blank in dates, amounts and ids (bool, one for each different value)."""

    def make() -> pa.Array:
        return is_one_of(column.values, catalogue.blanks)

    return column.once("blank", make)


def anchor_of(raw: RawTable) -> datetime | None:
    """The day "0000" stands for, from the head of a GA4 file; None when it does not say."""
    for comment in raw.comments:
        found = _ANCHOR.search(comment)
        if found:
            return datetime(int(found[1]), int(found[2]), int(found[3]))
    return None


def period_of(raw: RawTable) -> tuple[str, str] | None:
    """The period the head of a report states, as two ISO dates; None when it states none."""
    if raw.facts.period_stated is not None:
        return raw.facts.period_stated
    head = "\n".join(raw.comments)
    found = _PERIOD.search(head) or _SPAN.search(head)
    if found is None:
        return None
    first, last = "-".join(found.groups()[:3]), "-".join(found.groups()[3:])
    return first, last


def settle_dates(column: Column, raw: RawTable, catalogue: Catalogue, *, answers: Answers) -> Format:
    """The format of a column of dates; asks when day and month could be either way round."""
    chosen = answers.formats.get(column.heading)
    if chosen in DATE_FORMATS:
        return Format(chosen, f"{chosen}, as you said")
    real = pc.invert(blank(column, catalogue))
    values, counts = column.values.filter(real), column.counts.filter(real)
    reading = date_order.read_format(
        values, counts, heading=fold(column.heading), anchored=anchor_of(raw) is not None, serial=column.true_dates
    )
    if not reading.ambiguous:
        return Format(reading.format or "year first", f"{reading.format or 'no dates'}: {reading.reason}", shape=reading.shape)
    example = pa.array([reading.example])

    def reads(format: DateFormat) -> str:
        moment = dates.convert(example, format).values[0].as_py()
        return f"{reading.example} is {moment.day} {moment:%B %Y}" if moment is not None else f"{reading.example} cannot be read"

    question = Question(
        key=f"date_order:{column.heading}",
        kind="date_order",
        text=f"{_order_asked(reading, column.heading)} {reading.reason}",
        choices=tuple(Choice(option, _ORDER_LABELS[option], reads(option)) for option in reading.options),
        answer_in="formats",
        answer_key=column.heading,
        column=column.heading,
        example=reading.example,
        rows=reading.fits,
    )
    return Format(None, "day or month first?", question, reading.shape)


_ORDER_LABELS: dict[DateFormat, str] = {
    "day first": "The day",
    "month first": "The month",
    "month first, day first with dots": "The day in dates with dots, the month in others",
    "short year first": "The year",
    "excel serial": "Counted from 1900 (Excel)",
    "excel serial 1904": "Counted from 1904 (old Excel for Mac)",
}


def _order_asked(reading: date_order.DateReading, heading: str) -> str:
    if "excel serial" in reading.options:
        return f"Which days are the numbers in “{heading}”?"
    if "short year first" in reading.options:
        return f"Which comes first in “{heading}”, the day, the month or the year?"
    return f"Which comes first in “{heading}”, the day or the month?"


def settle_numbers(column: Column, catalogue: Catalogue, *, answers: Answers) -> Format:
    """The decimal mark of a column of numbers; asks when it could be either."""
    chosen = answers.formats.get(column.heading)
    if chosen in ("decimal point", "decimal comma"):
        return Format(chosen, f"{chosen}, as you said")
    if column.true_numbers:
        return Format("decimal point", "decimal point: the file itself says that the cells are numbers.")

    def make() -> numbers.NumberReading:
        real = pc.invert(blank(column, catalogue))
        if pc.all(real).as_py():
            return numbers.read_marks(column.values, column.counts, exact=_exact(column))
        return numbers.read_marks(column.values.filter(real), column.counts.filter(real))

    reading = column.once("marks", make)
    if not reading.ambiguous:
        return Format(reading.mark or "decimal point", f"{reading.mark or 'no numbers'}: {reading.reason}")
    example = pa.array([reading.example])

    def reads(mark: numbers.DecimalMark) -> str:
        amount = numbers.convert(example, mark).values[0].as_py()
        return f"{reading.example} is {amount.normalize():,f}" if amount is not None else f"{reading.example} cannot be read"

    question = Question(
        key=f"decimal_mark:{column.heading}",
        kind="decimal_mark",
        text=f"How are the numbers in “{column.heading}” written? {reading.reason}",
        choices=(
            Choice("decimal point", "With a decimal point", reads("decimal point")),
            Choice("decimal comma", "With a decimal comma", reads("decimal comma")),
        ),
        answer_in="formats",
        answer_key=column.heading,
        column=column.heading,
        example=reading.example,
        rows=reading.fits,
    )
    return Format(None, "decimal point or comma?", question)


def suggest(question: Question, value: str, other: str) -> Question:
    """`question` with the reading of another column of the file named and put first; it stays a question."""
    first = [choice for choice in question.choices if choice.value == value]
    rest = [choice for choice in question.choices if choice.value != value]
    return Question(
        question.key, question.kind, f"{question.text} “{other}” in the same file has {value.replace('decimal', 'a decimal')}.",
        (*first, *rest),
        question.answer_in, question.answer_key, question.column, question.example, question.rows,
    )  # fmt: skip


def settle(field: Field, column: Column, raw: RawTable, catalogue: Catalogue, *, answers: Answers) -> Format | None:
    """The format of a mapped column, None for text."""
    if field.kind == "moment":
        return settle_dates(column, raw, catalogue, answers=answers)
    if field.kind in ("money", "number", "count"):
        return settle_numbers(column, catalogue, answers=answers)
    return None


@dataclass(frozen=True)
class Converted:
    """A converted column: one value for each row; `unreadable` marks rows whose cell was filled and could not be read."""

    values: pa.Array
    unreadable: pa.Array
    changed: tuple[tuple[str, int], ...] = ()


def moments(column: Column, format: DateFormat, raw: RawTable, catalogue: Catalogue, *, time_zone: str) -> Converted:
    """Timestamps on the team's wall clock."""
    empty = blank(column, catalogue)
    read = dates.convert(column.values, format, time_zone=time_zone, anchor=anchor_of(raw))
    values = pc.if_else(empty, None, read.values)
    bad = pc.and_(pc.invert(empty), pc.is_null(values))
    changed = _blank_words(column, empty)
    zoned = column.cells_where(pc.and_(read.zoned, pc.is_valid(values)))
    if zoned:
        changed.append((f"The time of another zone was put on the clock of {time_zone}.", zoned))
    if read.two_digit_year:
        changed.append(("Years of two digits were read as 1970 to 2069.", column.filled))
    told, cells = _ways(column, format, read, pc.and_(pc.is_valid(values), pc.invert(empty)))
    if told:
        changed.append((told, cells))
    if format == "year and month":
        changed.append(("The first of the month was used as the day.", column.filled))
    return Converted(column.spread(values), column.spread(bad), tuple(changed))


_WRITTEN: dict[DateFormat, str] = {
    "year first": "the year comes first",
    "day first": "the day comes first",
    "month first": "the month comes first",
    "month first, day first with dots": "the month comes first, or the day where there are dots",
    "month name": "the month is a word",
    "yyyymmdd": "the date is eight digits",
}


def _ways(column: Column, format: DateFormat, read: dates.Moments, real: pa.Array) -> tuple[str, int]:
    """In which ways the dates are written, each with its number of cells and an example, and how many cells that is; "" for one way."""
    left, found = real, []
    for other, mask in read.others:
        found.append((other, pc.and_(left, mask)))
        left = pc.and_(left, pc.invert(mask))
    ways = [(column.cells_where(mask), way, mask) for way, mask in ((format, left), *found)]
    ways = sorted(((cells, way, mask) for cells, way, mask in ways if cells), key=lambda way: -way[0])
    if len(ways) < 2:
        return "", 0
    parts = "; ".join(f"in {cells:,} {_WRITTEN[way]}, such as {column.values.filter(mask)[0].as_py()}" for cells, way, mask in ways)
    return f"Dates written in different ways were read as each can only be meant: {parts}.", sum(cells for cells, _, _ in ways)


def amounts(column: Column, format: str, catalogue: Catalogue, *, money: bool = False) -> Converted:
    """Exact amounts (decimal128(18, 4)). A percentage is no amount of `money`."""
    empty = blank(column, catalogue)
    mark: numbers.DecimalMark = "decimal comma" if format == "decimal comma" else "decimal point"
    if pc.any(empty).as_py():
        read = numbers.convert(pc.if_else(empty, None, column.values), mark, column.counts)
    else:
        read = numbers.convert(column.values, mark, column.counts, exact=_exact(column) if mark == "decimal point" else None)
    values = _without(read.values, pc.or_(empty, read.percent) if money else empty)
    bad = pc.and_(pc.invert(empty), pc.is_null(values))
    changed = _blank_words(column, empty)
    for mask, what in (
        (pc.and_(pc.is_valid(read.currency), pc.is_valid(values)), "The currency was taken off the number."),
        (read.scaled, "k, M and the like were worked out."),
        (read.percent, "Percentages were read as shares: 45 % as 0.45."),
        (read.power, "Numbers such as 1.2E+06 were worked out; a spreadsheet may have cut their digits off."),
        (read.rounded, "More than four decimals were rounded to four."),
    ):
        cells = column.cells_where(pc.and_(pc.fill_null(mask, fill_value=False), pc.is_valid(values)))
        if cells:
            changed.append((what, cells))
    return Converted(column.spread(values), column.spread(bad), tuple(changed))


def _without(values: pa.Array, mask: pa.Array) -> pa.Array:
    """The values with null where `mask` is true; the same object where it never is."""
    return pc.if_else(mask, None, values) if pc.any(mask).as_py() else values


def _exact(column: Column) -> pa.Array | None:
    """The exact values of a column without blanks that a program wrote; None for any other."""
    return column.once("exact", lambda: numbers.as_a_program_writes(column.values))


def flags(column: Column, catalogue: Catalogue) -> Converted:
    """True, false, or null where the cell is blank or no yes-or-no word."""
    found = [True if fold(word) in catalogue.yes else False if fold(word) in catalogue.no else None for word in column.values.to_pylist()]
    values = pa.array(found, pa.bool_())
    bad = pc.and_(pc.invert(blank(column, catalogue)), pc.is_null(values))
    return Converted(column.spread(values), column.spread(bad))


def ids(column: Column, catalogue: Catalogue) -> Converted:
    """Identifiers exactly as in the file; "17850.0" loses its ".0" only when every one has it.

    One whose digits were cut off (2.41E+18) identifies nothing: two of them may be different records, so none is kept.
    """
    damaged = _damaged(column)
    empty = blank(column, catalogue) if damaged is None else pc.or_(blank(column, catalogue), damaged)
    real = column.values.filter(pc.invert(empty)) if pc.any(empty).as_py() else column.values
    values = _without(column.values, empty)
    changed = _blank_words(column, blank(column, catalogue))
    if len(real) and _all_match(real, _FLOAT_ID):
        values = pc.replace_substring_regex(values, r"\.0+$", "")
        changed.append(
            ("Ids had been turned into decimal numbers; the “.0” at their end was taken off.", column.cells_where(pc.invert(empty)))
        )
    return Converted(column.spread(values), pa.array(np.zeros(column.rows, bool)), tuple(changed))


def damaged_ids(column: Column) -> int:
    """How many cells look like an id that a spreadsheet turned into 2.41E+18; its digits are lost."""
    damaged = _damaged(column)
    return 0 if damaged is None else column.cells_where(damaged)


def _damaged(column: Column) -> pa.Array | None:
    """Which values look like 2.41E+18; None when no value can, because none has a plus sign."""

    def make() -> pa.Array | None:
        return pc.match_substring_regex(column.values, _DAMAGED) if (text_of(column.values) == ord("+")).any() else None

    return column.once("damaged", make)


def _all_match(values: pa.Array, pattern: str) -> bool:
    """Whether every value matches; mostly the first ones do not, and then the others are not looked at."""
    return all(pc.all(pc.match_substring_regex(part, pattern)).as_py() for part in (values.slice(0, _FIRST), values.slice(_FIRST)))


def texts(column: Column) -> pa.Array:
    """Categories and names as in the file; null where the cell is empty or holds a sign that only stands for nothing (`NOTHING`)."""
    return column.spread(_without(column.values, _says_nothing(column)))


def coded_texts(column: Column) -> pa.Array:
    """The same as `texts`, as a dictionary array where words come again and again: it is written as it is, without laying out the words."""
    if column.places is None:
        return texts(column)
    nothing = _says_nothing(column)
    places = pc.if_else(nothing.take(column.places), None, column.places) if pc.any(nothing).as_py() else column.places
    return pa.DictionaryArray.from_arrays(places, column.values)


NOTHING = ("", "-", "--", "—", "null", "nan", "nat", "-none-", "[[unknown]]", "(blank)", "#n/a")
"""What no person answers: signs of a program or of a spreadsheet for an empty cell."""
ANSWERS = ("none", "n/a", "na", "unknown", "select", "(not set)", "not set")
"""Words that are an answer in a category ("NA" is North America, "None" a choice), though they stand for a blank elsewhere."""


def text_words(column: Column) -> list[tuple[str, int]]:
    """What was made of words for nothing in a column of text, each with its number of cells."""
    told = _blank_words(column, _says_nothing(column))
    kept = is_one_of(column.values, ANSWERS)
    if cells := column.cells_where(kept):
        told.append((f"{_quoted(column.values.filter(kept))} was kept as an answer, because in a column of words it may be one.", cells))
    return told


def _says_nothing(column: Column) -> pa.Array:
    return column.once("nothing", lambda: is_one_of(column.values, NOTHING))


def _blank_words(column: Column, empty: pa.Array) -> list[tuple[str, int]]:
    """Which words were read as blank, and in how many cells."""
    named = pc.and_(empty, pc.not_equal(column.values, ""))
    cells = column.cells_where(named)
    return [(f"{_quoted(column.values.filter(named))} was read as blank.", cells)] if cells else []


def _quoted(words: pa.Array) -> str:
    shown = [f"“{word}”" for word in pc.unique(words).to_pylist()[:3]]
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
