"""Which one format a column of dates is written in.

The order of day and month is decided by the whole column (any part above 12 settles it), never by the single value. All work
is done on the column's different values with Arrow.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from app.ingest.date_patterns import (
    DAY,
    DAY_NAME,
    MONTH_YEAR,
    NAME_DAY,
    NAMED_MONTH,
    SERIAL,
    SHORT_YEAR_FIRST,
    TOLD_APART,
    YEAR_FIRST,
    YEAR_LAST,
    YEAR_MONTH,
    YEAR_NAME,
    YEAR_NAMED_MONTH,
    DateFormat,
)
from app.ingest.dates import convert, number

_RARE = 0.01
_YEAR_FIRST_REASON = "Every date begins with its year."


@dataclass(frozen=True)
class DateReading:
    """Which format a column of dates is written in.

    `format` is None when two formats fit (then `ambiguous`) or none does. `reason` is one sentence. `fits` counts the rows the
    format reads. `shape` is the mark between the parts of a date written with its year last, or "". `options` are the formats to
    choose from where several fit.
    """

    format: DateFormat | None
    reason: str
    fits: int
    ambiguous: bool = False
    example: str | None = None
    shape: str = ""
    options: tuple[DateFormat, ...] = ()


def read_format(values: pa.Array, counts: pa.Array, *, heading: str = "", anchored: bool = False, serial: bool = False) -> DateReading:
    """The one format of a column of dates, from all its different values.

    Parameters
    ----------
    values, counts
        The different values, without blanks, and in how many rows each stands.
    heading
        The folded heading; "nth day" is only read as one where the heading says so.
    anchored
        Whether the file's head states the day that "0000" stands for.
    serial
        Whether the workbook says that the numbers of this column are dates.

    """
    total = int(pc.sum(counts).as_py() or 0)
    if not total:
        return DateReading(None, "The column is empty.", 0)

    def rows(pattern: str) -> int:
        return int(pc.sum(pc.if_else(pc.match_substring_regex(values, pattern), counts, 0)).as_py() or 0)

    if heading == "nth day":
        fits = rows(r"^\d{4}$")
        if anchored:
            return DateReading("nth day", "The head of the file says on which day 0000 was.", fits)
        return DateReading(None, "The days are numbered, and the file does not say on which day 0000 was.", 0)
    year_first, year_last = rows(YEAR_FIRST), rows(YEAR_LAST)
    if year_first == total:
        return DateReading("year first", _YEAR_FIRST_REASON, year_first)
    if year_last == total:
        return _order(values, counts, year_last)
    named = rows(DAY_NAME) + rows(NAME_DAY) + rows(YEAR_NAME)
    months = rows(YEAR_MONTH) + rows(MONTH_YEAR) + rows(NAMED_MONTH) + rows(YEAR_NAMED_MONTH)
    hours = rows(rf"^{DAY}(?:[01]\d|2[0-3])$")
    shapes: list[tuple[int, DateFormat, str]] = [
        (year_first, "year first", _YEAR_FIRST_REASON),
        (named, "month name", "The months are written as words."),
        (months, "year and month", "Only year and month are given; the first of the month is used."),
        (rows(rf"^{DAY}$"), "yyyymmdd", "Dates are written as 20240416."),
        (hours, "yyyymmddhh", "Day and hour are written as 2024041623."),
        (rows(r"^1\d{12}$"), "epoch milliseconds", "The numbers are milliseconds since 1970."),
        (rows(r"^1\d{9}$"), "epoch seconds", "The numbers are seconds since 1970."),
    ]
    serials = rows(r"^\d{4,6}(\.\d+)?$" if serial else SERIAL)
    if serial:
        shapes.append((serials, "excel serial", "The workbook marks these numbers as dates."))
    best = max(shapes, key=lambda shape: shape[0])
    if not serial and serials > max(best[0], year_last):
        return DateReading(
            None, "The dates are the numbers that a spreadsheet keeps for them, counted from 1900 or from 1904.", serials, ambiguous=True,
            example=values.filter(pc.match_substring_regex(values, SERIAL))[0].as_py(), options=("excel serial", "excel serial 1904"),
        )  # fmt: skip
    if year_last <= best[0] and (year_last < _RARE * best[0] or not year_last or best[1] not in TOLD_APART):
        return DateReading(best[1], best[2], best[0]) if best[0] else DateReading(None, "None of the known ways to write a date fits.", 0)
    return _order(values, counts, year_last)


@dataclass(frozen=True)
class _Evidence:
    """What the dates with one mark ("." or another) say about the order: how many can only be day first, month first, or both."""

    days: int
    months: int
    both: pa.Array
    example: str | None

    @property
    def order(self) -> DateFormat | None:
        """The order they settle; None when they do not, or when it makes no difference."""
        return "day first" if self.days and not self.months else "month first" if self.months and not self.days else None

    @property
    def indifferent(self) -> bool:
        return not self.days and not self.months and not pc.any(self.both).as_py()


def _evidence(values: pa.Array, counts: pa.Array, where: pa.Array, first: pa.Array, second: pa.Array) -> _Evidence:
    def of(mask: pa.Array) -> pa.Array:
        return pc.and_(where, pc.fill_null(mask, fill_value=False))

    small_first, small_second = pc.less_equal(first, 12), pc.less_equal(second, 12)
    over_first, over_second = of(pc.and_(pc.invert(small_first), small_second)), of(pc.and_(pc.invert(small_second), small_first))
    both = of(pc.and_(pc.and_(small_first, small_second), pc.not_equal(first, second)))
    shown = both if pc.any(both).as_py() else over_first if pc.any(over_first).as_py() else over_second
    found = values.filter(shown)
    return _Evidence(_weight(over_first, counts), _weight(over_second, counts), both, found[0].as_py() if len(found) else None)


def _weight(mask: pa.Array, counts: pa.Array) -> int:
    return int(pc.sum(pc.if_else(mask, counts, 0)).as_py() or 0)


def _order(values: pa.Array, counts: pa.Array, fits: int) -> DateReading:
    """The order of day and month of the dates with the year last, or which orders are possible."""
    parts = pc.extract_regex(values, YEAR_LAST)
    first, second = number(parts, "a"), number(parts, "b")
    marks = pc.struct_field(parts, "mark")
    known = pc.drop_null(marks)
    shape = pc.value_counts(known)[0].as_py()["values"] if len(known) else ""
    dotted = pc.fill_null(pc.equal(marks, "."), fill_value=False)
    other = pc.fill_null(pc.not_equal(marks, "."), fill_value=False)
    everything = _evidence(values, counts, pc.is_valid(marks), first, second)
    if _short_years_first(values, parts):
        options: tuple[DateFormat, ...] = ("day first", "month first", "short year first")
        dated = values.filter(pc.is_valid(marks))
        # One slip of the pen in a long column rules nothing out, so an order stays possible while it reads half of the dates.
        possible = tuple(option for option in options if 2 * len(pc.drop_null(convert(dated, option).values)) >= len(dated))
        if len(possible) == 1:
            return DateReading(possible[0], "In no other order are these dates.", fits, shape=shape)
        reason = "The year has two digits, and may stand first or last."
        return DateReading(None, reason, fits, ambiguous=True, example=dated[0].as_py(), shape=shape, options=possible or options)
    if pc.any(dotted).as_py() and pc.any(other).as_py():
        return _two_marks(_evidence(values, counts, dotted, first, second), _evidence(values, counts, other, first, second), fits)
    if everything.order is not None:
        over = pc.greater(first if everything.order == "day first" else second, 12)
        example = values.filter(pc.fill_null(over, fill_value=False))[0].as_py()
        return DateReading(everything.order, f"Dates such as {example} can only have the {everything.order}.", fits, shape=shape)
    if everything.indifferent:
        return DateReading(
            "day first", "Day and month are the same number in every date, so their order makes no difference.", fits, shape=shape
        )
    reason = (
        f"{everything.days:,} dates can only have the day first and {everything.months:,} only the month first: the column mixes two ways."
        if everything.days
        else "Every date can be read with the day first or with the month first."
    )
    example = everything.example
    return DateReading(None, reason, fits, ambiguous=True, example=example, shape=shape, options=("day first", "month first"))


def _two_marks(dots: _Evidence, others: _Evidence, fits: int) -> DateReading:
    """Dates with dots beside dates with other marks: two systems wrote them, so neither speaks for the other."""
    if others.order == dots.order is not None:
        return DateReading(dots.order, f"Every date can only have the {dots.order}.", fits)
    if dots.order == "day first" and others.order == "month first":
        reason = "Dates with dots can only have the day first, the others only the month first."
        return DateReading("month first, day first with dots", reason, fits)
    options: tuple[DateFormat, ...] = ("day first", "month first, day first with dots", "month first")
    if dots.order == "day first" or others.order == "day first":
        options = options[:2] if dots.order == "day first" else ("day first", "month first")
    example = others.example or dots.example
    return DateReading(
        None, "The column mixes two ways to write a date.", fits, ambiguous=True, example=example, shape="/", options=options
    )


def _short_years_first(values: pa.Array, parts: pa.Array) -> bool:
    """Whether dates such as 25-03-14 may begin with their year: then what stands first varies no more than what stands last."""
    last = number(parts, "y")
    short = pc.and_(pc.match_substring_regex(values, SHORT_YEAR_FIRST), pc.less(last, 100))
    if not len(pc.drop_null(last)) or not pc.all(pc.fill_null(pc.or_(pc.is_null(last), short), fill_value=False)).as_py():
        return False
    ranges = [pc.min_max(number).as_py() for number in (number(parts, "a"), last)]
    spread = [found["max"] - found["min"] for found in ranges]
    days_fit = ranges[1]["min"] >= 1 and ranges[1]["max"] <= 31 and pc.all(pc.less_equal(number(parts, "b"), 12)).as_py()
    return bool(days_fit and spread[0] <= spread[1])
