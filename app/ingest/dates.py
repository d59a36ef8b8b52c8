"""Columns of dates: which one format a column is written in, and its values under that format.

The order of day and month is decided by the whole column (any part above 12 settles it), never by the single value. All work
is done on the column's different values with Arrow; a result is one value for each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

DateFormat = Literal[
    "year first", "day first", "month first", "month first, day first with dots", "short year first", "month name", "year and month",
    "yyyymmdd", "yyyymmddhh", "nth day", "excel serial", "excel serial 1904", "epoch milliseconds", "epoch seconds",
]  # fmt: skip

_TIME = (
    r"(?:(?:[T ]|, ?| - | um | at | à | a las )\s*(?P<h>\d{1,2})[:.](?P<mi>\d{2})(?:[:.](?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"\s*(?:Uhr)?(?P<ap>[AaPp]\.?[Mm]\.?)?\s*(?P<z>Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?$"
)
_YEAR_FIRST = r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})" + _TIME
_YEAR_LAST = r"^(?P<a>\d{1,2})(?P<mark>[-/.])(?P<b>\d{1,2})[-/.](?P<y>\d{4}|\d{2})" + _TIME
_SHORT_YEAR_FIRST = r"^(?P<y>\d{2})[-/](?P<m>\d{2})[-/](?P<d>\d{2})" + _TIME
_DAY_NAME = (
    r"^(?:[^\s\d]+ )?(?P<d>\d{1,2})(?:st|nd|rd|th|er|º|°)?\.?[ /.-]+(?:de )?(?P<name>[^\s\d./,-]{3,10})\.?,?[ /.-]+"
    r"(?:de |del )?(?P<y>\d{4}|\d{2})" + _TIME
)
_NAME_DAY = r"^(?:[^\s\d]+ )?(?P<name>[^\s\d./,-]{3,10})\.? (?P<d>\d{1,2})(?:st|nd|rd|th)?,? (?P<y>\d{4})" + _TIME
_YEAR_NAME = r"^(?P<y>\d{4})[ /.-](?P<name>[^\s\d./,-]{3,10})\.?[ /.-](?P<d>\d{1,2})" + _TIME
_YEAR_MONTH = r"^(?P<y>\d{4})[-/](?P<m>\d{1,2})$"
_MONTH_YEAR = r"^(?P<m>\d{1,2})[-/.](?P<y>\d{4})$"
_NAMED_MONTH = r"^(?P<name>[^\s\d./,-]{3,10})\.?[ -](?:de )?(?P<y>\d{4})$"
_YEAR_NAMED_MONTH = r"^(?P<y>\d{4})[ -](?P<name>[^\s\d./,-]{3,10})\.?$"
_DAY = r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_COMPACT = r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?P<h>\d{2})?$"
_SERIAL = r"^[2-6]\d{4}([.,]\d+)?$"

MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jän jänner janvier janv enero ene janeiro gennaio",
            "feb february februar février févr fevrier febrero fevereiro fev",
            "mar march märz mär maerz mars marzo março marco mrz",
            "apr april avril avr abril abr",
            "may mai mayo maio",
            "jun june juni juin junio junho",
            "jul july juli juillet juil julio julho",
            "aug august août aout agosto ago",
            "sep sept september septembre septiembre setembro set",
            "oct october oktober okt octobre octubre outubro out",
            "nov november novembre noviembre novembro",
            "dec december dezember dez décembre déc decembre diciembre dic dezembro",
        ),
        start=1,
    )
    for name in names.split()
}
PIVOT = 70
_EXCEL_DAY_ZERO = {"excel serial": datetime(1899, 12, 30, tzinfo=UTC), "excel serial 1904": datetime(1904, 1, 1, tzinfo=UTC)}
_RARE = 0.01
_YEAR_FIRST_REASON = "Every date begins with its year."
_TOLD_APART = ("year first", "day first", "month first", "month first, day first with dots", "month name", "yyyymmdd")
"""The formats beside which dates written in another way that cannot be mistaken are read as well."""


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


@dataclass(frozen=True)
class Moments:
    """The values of a column as wall clock times, one for each different value; null where it cannot be read.

    `zoned` marks the values that carried an offset and were put on the team's wall clock; `two_digit_year` says whether
    years had two digits (below 70: this century). `others` are the other formats that values were written in and could be told apart,
    each with a mark on its values.
    """

    values: pa.Array
    zoned: pa.Array
    two_digit_year: bool
    others: tuple[tuple[DateFormat, pa.Array], ...] = ()


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
    year_first, year_last = rows(_YEAR_FIRST), rows(_YEAR_LAST)
    if year_first == total:
        return DateReading("year first", _YEAR_FIRST_REASON, year_first)
    if year_last == total:
        return _order(values, counts, year_last)
    named = rows(_DAY_NAME) + rows(_NAME_DAY) + rows(_YEAR_NAME)
    months = rows(_YEAR_MONTH) + rows(_MONTH_YEAR) + rows(_NAMED_MONTH) + rows(_YEAR_NAMED_MONTH)
    hours = rows(rf"^{_DAY}(?:[01]\d|2[0-3])$")
    shapes: list[tuple[int, DateFormat, str]] = [
        (year_first, "year first", _YEAR_FIRST_REASON),
        (named, "month name", "The months are written as words."),
        (months, "year and month", "Only year and month are given; the first of the month is used."),
        (rows(rf"^{_DAY}$"), "yyyymmdd", "Dates are written as 20240416."),
        (hours, "yyyymmddhh", "Day and hour are written as 2024041623."),
        (rows(r"^1\d{12}$"), "epoch milliseconds", "The numbers are milliseconds since 1970."),
        (rows(r"^1\d{9}$"), "epoch seconds", "The numbers are seconds since 1970."),
    ]
    serials = rows(r"^\d{4,6}(\.\d+)?$" if serial else _SERIAL)
    if serial:
        shapes.append((serials, "excel serial", "The workbook marks these numbers as dates."))
    best = max(shapes, key=lambda shape: shape[0])
    if not serial and serials > max(best[0], year_last):
        return DateReading(
            None, "The dates are the numbers that a spreadsheet keeps for them, counted from 1900 or from 1904.", serials, ambiguous=True,
            example=values.filter(pc.match_substring_regex(values, _SERIAL))[0].as_py(), options=("excel serial", "excel serial 1904"),
        )  # fmt: skip
    if year_last <= best[0] and (year_last < _RARE * best[0] or not year_last or best[1] not in _TOLD_APART):
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
    parts = pc.extract_regex(values, _YEAR_LAST)
    first, second = _number(parts, "a"), _number(parts, "b")
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
    last = _number(parts, "y")
    short = pc.and_(pc.match_substring_regex(values, _SHORT_YEAR_FIRST), pc.less(last, 100))
    if not len(pc.drop_null(last)) or not pc.all(pc.fill_null(pc.or_(pc.is_null(last), short), fill_value=False)).as_py():
        return False
    ranges = [pc.min_max(number).as_py() for number in (_number(parts, "a"), last)]
    spread = [found["max"] - found["min"] for found in ranges]
    days_fit = ranges[1]["min"] >= 1 and ranges[1]["max"] <= 31 and pc.all(pc.less_equal(_number(parts, "b"), 12)).as_py()
    return bool(days_fit and spread[0] <= spread[1])


def convert(values: pa.Array, format: DateFormat, *, time_zone: str = "UTC", anchor: datetime | None = None) -> Moments:
    """Read `values` (the different values of a column) as `format`; what does not fit becomes null.

    Values that carry an offset, "Z" or "UTC" are instants: they are put on the wall clock of `time_zone`. All others are wall clock
    times already. Beside a format of days, dates that begin with a year of four digits, name their month or are written as 20240416
    are read as well, because they cannot mean anything else.
    """
    main = _convert(values, format, time_zone, anchor)
    if format not in _TOLD_APART or not pc.any(pc.is_null(main.values)).as_py():
        return main
    found, zoned = main.values, main.zoned
    others: list[tuple[DateFormat, pa.Array]] = []
    also: DateFormat
    for also in ("year first", "month name", "yyyymmdd"):
        if also == format:
            continue
        fits = pc.match_substring_regex(values, rf"^{_DAY}$") if also == "yyyymmdd" else pc.is_valid(values)
        more = _convert(values, also, time_zone, anchor)
        new = pc.and_(pc.and_(pc.is_null(found), pc.is_valid(more.values)), fits)
        found = pc.if_else(new, more.values, found)
        zoned = pc.if_else(new, more.zoned, zoned)
        if pc.any(new).as_py():
            others.append((also, new))
    return Moments(found, zoned, main.two_digit_year, tuple(others))


def _nowhere(values: pa.Array) -> pa.Array:
    return pa.array(np.zeros(len(values), bool))


def _convert(values: pa.Array, format: DateFormat, time_zone: str, anchor: datetime | None) -> Moments:
    nothing = _nowhere(values)
    if format in ("epoch milliseconds", "epoch seconds"):
        pattern, scale = (r"^\d{12,13}$", 1_000) if format == "epoch milliseconds" else (r"^\d{9,10}$", 1_000_000)
        whole = pc.if_else(pc.match_substring_regex(values, pattern), values, None)
        utc = pc.multiply(pc.cast(whole, pa.int64()), scale)
        return Moments(_clock(utc, pc.is_valid(utc), time_zone), pc.is_valid(utc), two_digit_year=False)
    if format in ("excel serial", "excel serial 1904"):
        fits = pc.if_else(pc.match_substring_regex(values, r"^\d{4,6}([.,]\d+)?$"), pc.replace_substring(values, ",", "."), None)
        seconds = pc.round(pc.multiply(pc.cast(fits, pa.float64()), 86_400.0))
        zero = int(_EXCEL_DAY_ZERO[format].timestamp())
        micros = pc.multiply(pc.add(pc.cast(seconds, pa.int64()), zero), 1_000_000)
        return Moments(micros.cast(pa.timestamp("us")), nothing, two_digit_year=False)
    if format == "nth day":
        if anchor is None:
            return Moments(pa.nulls(len(values), pa.timestamp("us")), nothing, two_digit_year=False)
        fits = pc.if_else(pc.match_substring_regex(values, r"^\d{1,4}$"), values, None)
        start = int(anchor.replace(tzinfo=UTC).timestamp())
        micros = pc.multiply(pc.add(pc.multiply(pc.cast(fits, pa.int64()), 86_400), start), 1_000_000)
        return Moments(micros.cast(pa.timestamp("us")), nothing, two_digit_year=False)
    if format == "month first, day first with dots":
        days, months = _convert(values, "day first", time_zone, anchor), _convert(values, "month first", time_zone, anchor)
        dotted = pc.match_substring_regex(values, r"^\d{1,2}\.")
        return Moments(pc.if_else(dotted, days.values, months.values), pc.if_else(dotted, days.zoned, months.zoned), days.two_digit_year)
    found, zoned, short = pa.nulls(len(values), pa.timestamp("us")), nothing, False
    for pattern in _PATTERNS[format]:
        parts = _parts(values, pattern)
        year, (month, day) = _number(parts, "y"), _month_and_day(parts, format)
        moment, with_zone = _moment(parts, year, month, day, time_zone)
        found, zoned = pc.coalesce(found, moment), pc.or_(zoned, with_zone)
        short = short or _two_digits(pc.struct_field(parts, "y"))
    return Moments(found, zoned, short)


_PATTERNS: dict[DateFormat, tuple[str, ...]] = {
    "year first": (_YEAR_FIRST,),
    "day first": (_YEAR_LAST,),
    "month first": (_YEAR_LAST,),
    "short year first": (_SHORT_YEAR_FIRST,),
    "month name": (_DAY_NAME, _NAME_DAY, _YEAR_NAME),
    "year and month": (_YEAR_MONTH, _MONTH_YEAR, _NAMED_MONTH, _YEAR_NAMED_MONTH),
    "yyyymmdd": (_COMPACT,),
    "yyyymmddhh": (_COMPACT,),
}


def _month_and_day(parts: pa.Array, format: DateFormat) -> tuple[pa.Array, pa.Array]:
    names = _names(parts)
    if format in ("day first", "month first"):
        first, second = _number(parts, "a"), _number(parts, "b")
        return (second, first) if format == "day first" else (first, second)
    month = _month(parts) if "name" in names else _number(parts, "m")
    if "d" in names:
        return month, _number(parts, "d")
    return month, pc.if_else(pc.is_valid(month), 1, None)


def _parts(values: pa.Array, pattern: str) -> pa.Array:
    return pc.extract_regex(values, pattern)


def _names(parts: pa.Array) -> list[str]:
    return [field.name for field in parts.type]


def _text(parts: pa.Array, name: str) -> pa.Array:
    """A named part as text, null where it is missing or empty."""
    if name not in _names(parts):
        return pa.nulls(len(parts), pa.string())
    found = pc.struct_field(parts, name)
    return pc.if_else(pc.equal(found, ""), None, found)


def _number(parts: pa.Array, name: str) -> pa.Array:
    return pc.cast(_text(parts, name), pa.int64())


def _two_digits(years: pa.Array) -> bool:
    return bool(pc.any(pc.equal(pc.utf8_length(years), 2)).as_py())


def _month(parts: pa.Array) -> pa.Array:
    names = pc.utf8_lower(_text(parts, "name"))
    known = pa.array(list(MONTHS))
    numbers = pa.array(list(MONTHS.values()), pa.int64())
    return numbers.take(pc.index_in(names, known))


def _moment(parts: pa.Array, year: pa.Array, month: pa.Array, day: pa.Array, time_zone: str) -> tuple[pa.Array, pa.Array]:
    """Wall clock times (null where day, month or time do not exist) and which of them carried an offset."""
    short = pc.less(year, 100)
    year = pc.if_else(short, pc.add(year, pc.if_else(pc.less(year, PIVOT), 2000, 1900)), year)
    hour = pc.coalesce(_number(parts, "h"), pa.scalar(0, pa.int64()))
    half = pc.utf8_lower(pc.utf8_slice_codeunits(_text(parts, "ap"), 0, 1))
    afternoon, morning = pc.fill_null(pc.equal(half, "p"), fill_value=False), pc.fill_null(pc.equal(half, "a"), fill_value=False)
    hour = pc.if_else(pc.and_(afternoon, pc.less(hour, 12)), pc.add(hour, 12), hour)
    hour = pc.if_else(pc.and_(morning, pc.equal(hour, 12)), 0, hour)
    minute = pc.coalesce(_number(parts, "mi"), pa.scalar(0, pa.int64()))
    second = pc.coalesce(_number(parts, "s"), pa.scalar(0, pa.int64()))
    fraction = pc.coalesce(_text(parts, "f"), pa.scalar("0"))
    micros = pc.cast(pc.utf8_slice_codeunits(pc.utf8_rpad(fraction, 6, "0"), 0, 6), pa.int64())
    leap = pc.and_(pc.equal(_modulo(year, 4), 0), pc.or_(pc.not_equal(_modulo(year, 100), 0), pc.equal(_modulo(year, 400), 0)))
    lengths = pa.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], pa.int64())
    real_month = pc.if_else(pc.and_(pc.greater_equal(month, 1), pc.less_equal(month, 12)), month, None)
    last = lengths.take(real_month)
    last = pc.if_else(pc.and_(leap, pc.equal(real_month, 2)), 29, last)
    exists = pc.and_(
        pc.and_(pc.greater_equal(day, 1), pc.less_equal(day, last)), pc.and_(pc.greater_equal(year, 1900), pc.less(year, 2200))
    )
    exists = pc.and_(exists, pc.and_(pc.less(hour, 24), pc.and_(pc.less(minute, 60), pc.less(second, 60))))
    exists = pc.fill_null(exists, fill_value=False)
    days = _days(pc.if_else(exists, year, 2000), pc.if_else(exists, real_month, 1), pc.if_else(exists, day, 1))
    seconds = pc.add(pc.add(pc.multiply(days, 86_400), pc.multiply(hour, 3_600)), pc.add(pc.multiply(minute, 60), second))
    total = pc.if_else(exists, pc.add(pc.multiply(seconds, 1_000_000), micros), None)
    zone = _text(parts, "z")
    zoned = pc.and_(pc.is_valid(zone), exists)
    if not pc.any(zoned).as_py():
        return total.cast(pa.timestamp("us")), zoned
    digits = pc.replace_substring(zone, ":", "")
    signed = pc.fill_null(pc.match_substring_regex(digits, r"^[+-]"), fill_value=False)
    padded = pc.if_else(signed, pc.utf8_rpad(digits, 5, "0"), "+0000")
    offset = pc.add(
        pc.multiply(pc.cast(pc.utf8_slice_codeunits(padded, 1, 3), pa.int64()), 3_600),
        pc.multiply(pc.cast(pc.utf8_slice_codeunits(padded, 3, 5), pa.int64()), 60),
    )
    offset = pc.if_else(pc.starts_with(padded, "-"), pc.negate(offset), offset)
    utc = pc.subtract(total, pc.multiply(offset, 1_000_000))
    return _clock(pc.if_else(zoned, utc, total), zoned, time_zone), zoned


def _modulo(number: pa.Array, by: int) -> pa.Array:
    return pc.subtract(number, pc.multiply(pc.divide(number, by), by))


def _days(year: pa.Array, month: pa.Array, day: pa.Array) -> pa.Array:
    """Days from 1970-01-01 of Gregorian dates after 1600 (Hinnant, "chrono-compatible low-level date algorithms")."""
    y = pc.if_else(pc.less_equal(month, 2), pc.subtract(year, 1), year)
    era = pc.divide(y, 400)
    of_era = pc.subtract(y, pc.multiply(era, 400))
    shifted = pc.if_else(pc.greater(month, 2), pc.subtract(month, 3), pc.add(month, 9))
    of_year = pc.add(pc.divide(pc.add(pc.multiply(shifted, 153), 2), 5), pc.subtract(day, 1))
    of_era_day = pc.add(pc.subtract(pc.add(pc.multiply(of_era, 365), pc.divide(of_era, 4)), pc.divide(of_era, 100)), of_year)
    return pc.subtract(pc.add(pc.multiply(era, 146_097), of_era_day), 719_468)


def _clock(micros: pa.Array, zoned: pa.Array, time_zone: str) -> pa.Array:
    """Microseconds since 1970 as wall clock: those that are instants (`zoned`) move by the offset `time_zone` had then."""
    if time_zone == "UTC" or not pc.any(zoned).as_py():
        return micros.cast(pa.timestamp("us"))
    numbers = pc.fill_null(micros, 0).to_numpy(zero_copy_only=False) // 1_000_000
    present = numbers[pc.fill_null(zoned, fill_value=False).to_numpy(zero_copy_only=False)]
    starts, offsets = _offsets(int(present.min()), int(present.max()), time_zone)
    moved = offsets[np.searchsorted(starts, numbers, side="right") - 1]
    shift = pc.if_else(zoned, pa.array(moved * 1_000_000, pa.int64()), 0)
    return pc.add(micros, shift).cast(pa.timestamp("us"))


def _offsets(
    first: int, last: int, time_zone: str
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Since when (seconds since 1970) the zone has had which offset (seconds), between two instants.

    The zone comes from Python's own `zoneinfo`, so that the machine needs no zone files for Arrow.
    """
    zone = ZoneInfo(time_zone)

    def offset(instant: int) -> int:
        return int((datetime.fromtimestamp(instant, UTC).astimezone(zone).utcoffset() or timedelta()).total_seconds())

    instant = first - 86_400
    starts, offsets = [instant], [offset(instant)]
    while instant <= last:
        following = instant + 7 * 86_400
        if offset(following) != offsets[-1]:
            low, high = instant, following
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offsets[-1] else (low, middle)
            starts.append(high)
            offsets.append(offset(high))
        instant = following
    return np.array(starts, np.int64), np.array(offsets, np.int64)
