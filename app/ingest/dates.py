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
    "year first", "day first", "month first", "month name", "year and month", "yyyymmdd", "yyyymmddhh", "nth day", "excel serial",
    "epoch milliseconds",
]  # fmt: skip

_TIME = (
    r"(?:(?:[T ]|, ?| - )\s*(?P<h>\d{1,2})[:.](?P<mi>\d{2})(?:[:.](?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?\s*(?P<ap>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<z>Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?$"
)
_YEAR_FIRST = r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})" + _TIME
_YEAR_LAST = r"^(?P<a>\d{1,2})(?P<mark>[-/.])(?P<b>\d{1,2})[-/.](?P<y>\d{4}|\d{2})" + _TIME
_DAY_NAME = (
    r"^(?:[\pL]+,? )?(?P<d>\d{1,2})(?:st|nd|rd|th|er|º)?\.?[ -]+(?:de )?(?P<name>[\pL]{3,10})\.?,?[ -]+(?:de |del )?(?P<y>\d{4}|\d{2})"
    + _TIME
)
_NAME_DAY = r"^(?:[\pL]+,? )?(?P<name>[\pL]{3,10})\.? (?P<d>\d{1,2})(?:st|nd|rd|th)?,? (?P<y>\d{4})" + _TIME
_YEAR_MONTH = r"^(?P<y>\d{4})-(?P<m>\d{1,2})$"
_COMPACT = r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?P<h>\d{2})?$"

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
_EXCEL_DAY_ZERO = datetime(1899, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class DateReading:
    """Which format a column of dates is written in.

    `format` is None when two formats fit (then `ambiguous`) or none does. `reason` is one sentence. `fits` counts the rows the
    format reads. `shape` is the mark between the parts of a date written with its year last, or "".
    """

    format: DateFormat | None
    reason: str
    fits: int
    ambiguous: bool = False
    example: str | None = None
    shape: str = ""


@dataclass(frozen=True)
class Moments:
    """The values of a column as wall clock times, one for each different value; null where it cannot be read.

    `zoned` marks the values that carried an offset and were put on the team's wall clock; `two_digit_year` says whether
    years had two digits (below 70: this century).
    """

    values: pa.Array
    zoned: pa.Array
    two_digit_year: bool


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
    shapes: list[tuple[int, DateFormat, str]] = [
        (rows(_YEAR_FIRST), "year first", "Every date begins with its year."),
        (rows(_DAY_NAME) + rows(_NAME_DAY), "month name", "The months are written as words."),
        (rows(_YEAR_MONTH), "year and month", "Only year and month are given; the first of the month is used."),
        (rows(_COMPACT), "yyyymmdd", "Dates are written as 20240416."),
        (rows(r"^\d{13}$"), "epoch milliseconds", "The numbers are milliseconds since 1970."),
    ]
    if serial:
        shapes.append((rows(r"^\d{4,6}(\.\d+)?$"), "excel serial", "The workbook marks these numbers as dates."))
    best = max(shapes, key=lambda shape: shape[0])
    year_last = rows(_YEAR_LAST)
    if year_last <= best[0]:
        if not best[0]:
            return DateReading(None, "None of the known ways to write a date fits.", 0)
        if best[1] == "yyyymmdd" and rows(r"^\d{10}$") > best[0] / 2:
            return DateReading("yyyymmddhh", "Day and hour are written as 2024041623.", best[0])
        return DateReading(best[1], best[2], best[0])
    return _order(values, counts, year_last)


def _order(values: pa.Array, counts: pa.Array, fits: int) -> DateReading:
    parts = pc.extract_regex(values, _YEAR_LAST)
    first, second = _number(parts, "a"), _number(parts, "b")
    marks = pc.drop_null(pc.struct_field(parts, "mark"))
    shape = pc.value_counts(marks)[0].as_py()["values"] if len(marks) else ""
    over_first = pc.fill_null(pc.and_(pc.greater(first, 12), pc.less_equal(second, 12)), fill_value=False)
    over_second = pc.fill_null(pc.and_(pc.greater(second, 12), pc.less_equal(first, 12)), fill_value=False)
    day_rows = int(pc.sum(pc.if_else(over_first, counts, 0)).as_py() or 0)
    month_rows = int(pc.sum(pc.if_else(over_second, counts, 0)).as_py() or 0)
    if day_rows and not month_rows:
        example = values.filter(over_first)[0].as_py()
        return DateReading("day first", f"Dates such as {example} can only have the day first.", fits, shape=shape)
    if month_rows and not day_rows:
        example = values.filter(over_second)[0].as_py()
        return DateReading("month first", f"Dates such as {example} can only have the month first.", fits, shape=shape)
    both = pc.fill_null(
        pc.and_(pc.and_(pc.less_equal(first, 12), pc.less_equal(second, 12)), pc.not_equal(first, second)), fill_value=False
    )
    if not day_rows and not month_rows and not pc.any(both).as_py():
        return DateReading(
            "day first", "Day and month are the same number in every date, so their order makes no difference.", fits, shape=shape
        )
    example = values.filter(both)[0].as_py() if pc.any(both).as_py() else values.filter(over_first)[0].as_py()
    reason = (
        f"{day_rows:,} dates can only have the day first and {month_rows:,} only the month first: the column mixes two ways."
        if day_rows
        else "Every date can be read with the day first or with the month first."
    )
    return DateReading(None, reason, fits, ambiguous=True, example=example, shape=shape)


def convert(values: pa.Array, format: DateFormat, *, time_zone: str = "UTC", anchor: datetime | None = None) -> Moments:
    """Read `values` (the different values of a column) as `format`; what does not fit becomes null.

    Values that carry an offset, "Z" or "UTC" are instants: they are put on the wall clock of `time_zone`. All others are wall clock
    times already.
    """
    nothing = pa.array([False] * len(values) if len(values) < 2 else np.zeros(len(values), bool))
    if format == "epoch milliseconds":
        whole = pc.if_else(pc.match_substring_regex(values, r"^\d{12,13}$"), values, None)
        utc = pc.multiply(pc.cast(whole, pa.int64()), 1000)
        return Moments(_clock(utc, pc.is_valid(utc), time_zone), pc.is_valid(utc), two_digit_year=False)
    if format == "excel serial":
        fits = pc.if_else(pc.match_substring_regex(values, r"^\d{4,6}(\.\d+)?$"), values, None)
        seconds = pc.round(pc.multiply(pc.cast(fits, pa.float64()), 86_400.0))
        zero = int(_EXCEL_DAY_ZERO.timestamp())
        micros = pc.multiply(pc.add(pc.cast(seconds, pa.int64()), zero), 1_000_000)
        return Moments(micros.cast(pa.timestamp("us")), nothing, two_digit_year=False)
    if format == "nth day":
        if anchor is None:
            return Moments(pa.nulls(len(values), pa.timestamp("us")), nothing, two_digit_year=False)
        fits = pc.if_else(pc.match_substring_regex(values, r"^\d{1,4}$"), values, None)
        start = int(anchor.replace(tzinfo=UTC).timestamp())
        micros = pc.multiply(pc.add(pc.multiply(pc.cast(fits, pa.int64()), 86_400), start), 1_000_000)
        return Moments(micros.cast(pa.timestamp("us")), nothing, two_digit_year=False)
    if format == "month name":
        one, other = _parts(values, _DAY_NAME), _parts(values, _NAME_DAY)
        moments = [_moment(parts, _number(parts, "y"), _month(parts), _number(parts, "d"), time_zone) for parts in (one, other)]
        years = pc.struct_field(one, "y")
        return Moments(pc.coalesce(moments[0][0], moments[1][0]), pc.or_(moments[0][1], moments[1][1]), _two_digits(years))
    pattern = {"year first": _YEAR_FIRST, "year and month": _YEAR_MONTH, "yyyymmdd": _COMPACT, "yyyymmddhh": _COMPACT}.get(
        format, _YEAR_LAST
    )
    parts = _parts(values, pattern)
    year = _number(parts, "y")
    if format == "year and month":
        month, day = _number(parts, "m"), pc.if_else(pc.is_valid(year), 1, None)
    elif format in ("day first", "month first"):
        first, second = _number(parts, "a"), _number(parts, "b")
        day, month = (first, second) if format == "day first" else (second, first)
    else:
        month, day = _number(parts, "m"), _number(parts, "d")
    moment, zoned = _moment(parts, year, month, day, time_zone)
    return Moments(moment, zoned, _two_digits(pc.struct_field(parts, "y")))


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
