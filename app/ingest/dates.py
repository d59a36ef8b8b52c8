"""The values of a column of dates under the one format it is written in (`app.ingest.date_order` says which).

All work is done on the column's different values with Arrow; a result is one value for each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.ingest.date_patterns import (
    COMPACT,
    DAY,
    DAY_NAME,
    MONTH_YEAR,
    MONTHS,
    NAME_DAY,
    NAMED_MONTH,
    SHORT_YEAR_FIRST,
    TOLD_APART,
    YEAR_FIRST,
    YEAR_LAST,
    YEAR_MONTH,
    YEAR_NAME,
    YEAR_NAMED_MONTH,
    DateFormat,
)

PIVOT = 70
_EXCEL_DAY_ZERO = {"excel serial": datetime(1899, 12, 30, tzinfo=UTC), "excel serial 1904": datetime(1904, 1, 1, tzinfo=UTC)}


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


def convert(values: pa.Array, format: DateFormat, *, time_zone: str = "UTC", anchor: datetime | None = None) -> Moments:
    """Read `values` (the different values of a column) as `format`; what does not fit becomes null.

    Values that carry an offset, "Z" or "UTC" are instants: they are put on the wall clock of `time_zone`. All others are wall clock
    times already. Beside a format of days, dates that begin with a year of four digits, name their month or are written as 20240416
    are read as well, because they cannot mean anything else.
    """
    main = _convert(values, format, time_zone, anchor)
    if format not in TOLD_APART or not pc.any(pc.is_null(main.values)).as_py():
        return main
    found, zoned = main.values, main.zoned
    others: list[tuple[DateFormat, pa.Array]] = []
    also: DateFormat
    for also in ("year first", "month name", "yyyymmdd"):
        if also == format:
            continue
        fits = pc.match_substring_regex(values, rf"^{DAY}$") if also == "yyyymmdd" else pc.is_valid(values)
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
        year, (month, day) = number(parts, "y"), _month_and_day(parts, format)
        moment, with_zone = _moment(parts, year, month, day, time_zone)
        found, zoned = pc.coalesce(found, moment), pc.or_(zoned, with_zone)
        short = short or _two_digits(pc.struct_field(parts, "y"))
    return Moments(found, zoned, short)


_PATTERNS: dict[DateFormat, tuple[str, ...]] = {
    "year first": (YEAR_FIRST,),
    "day first": (YEAR_LAST,),
    "month first": (YEAR_LAST,),
    "short year first": (SHORT_YEAR_FIRST,),
    "month name": (DAY_NAME, NAME_DAY, YEAR_NAME),
    "year and month": (YEAR_MONTH, MONTH_YEAR, NAMED_MONTH, YEAR_NAMED_MONTH),
    "yyyymmdd": (COMPACT,),
    "yyyymmddhh": (COMPACT,),
}


def _month_and_day(parts: pa.Array, format: DateFormat) -> tuple[pa.Array, pa.Array]:
    names = _names(parts)
    if format in ("day first", "month first"):
        first, second = number(parts, "a"), number(parts, "b")
        return (second, first) if format == "day first" else (first, second)
    month = _month(parts) if "name" in names else number(parts, "m")
    if "d" in names:
        return month, number(parts, "d")
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


def number(parts: pa.Array, name: str) -> pa.Array:
    """A named part as a whole number, null where it is missing or empty."""
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
    hour = pc.coalesce(number(parts, "h"), pa.scalar(0, pa.int64()))
    half = pc.utf8_lower(pc.utf8_slice_codeunits(_text(parts, "ap"), 0, 1))
    afternoon, morning = pc.fill_null(pc.equal(half, "p"), fill_value=False), pc.fill_null(pc.equal(half, "a"), fill_value=False)
    hour = pc.if_else(pc.and_(afternoon, pc.less(hour, 12)), pc.add(hour, 12), hour)
    hour = pc.if_else(pc.and_(morning, pc.equal(hour, 12)), 0, hour)
    minute = pc.coalesce(number(parts, "mi"), pa.scalar(0, pa.int64()))
    second = pc.coalesce(number(parts, "s"), pa.scalar(0, pa.int64()))
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
