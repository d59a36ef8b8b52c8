"""Periods of the calendar, and whether the data cover them whole.

Months are counted as year × 12 + month - 1 (`month_index`), which every engine can compute alike and which rolls up to
quarters and years by whole-number division.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

Grain = Literal["month", "quarter", "year"]
GRAINS: tuple[Grain, ...] = ("month", "quarter", "year")
MONTHS: dict[Grain, int] = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, order=True)
class Period:
    """A calendar month, quarter or year. `start` is its first day, `end` the first day after it."""

    start: date
    end: date
    grain: Grain

    @property
    def label(self) -> str:
        """The period in words: Mar 2017, 2017 Q2 or 2017."""
        if self.grain == "month":
            return f"{self.start:%b %Y}"
        if self.grain == "quarter":
            return f"{self.start.year} Q{(self.start.month + 2) // 3}"
        return str(self.start.year)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days

    def next(self) -> Period:
        """The period after this one."""
        return period_of(self.end, self.grain)

    def previous(self) -> Period:
        """The period before this one."""
        return period_of(self.start - timedelta(days=1), self.grain)


@dataclass(frozen=True)
class Coverage:
    """From which day to which day a table is taken to be complete (both included), and how far apart its records are.

    `slack` is the number of days without a record that mean nothing: weekends and holidays, or longer where records are rare.
    `start` and `end` (exclusive) are days that somebody chose to look at, None where nobody did.
    """

    first: date
    last: date
    slack: int = 4
    start: date | None = None
    end: date | None = None

    def covers(self, period: Period) -> bool:
        """Whether the period is whole: inside the days chosen, and the data cover it."""
        chosen = (self.start is None or self.start <= period.start) and (self.end is None or period.end <= self.end)
        return chosen and self.covers_span(period.start, period.end)

    def covers_span(self, start: date, end: date) -> bool:
        """Whether the data begin by `start` and go on to `end` (the first day after), but for the slack."""
        allowed = timedelta(days=min(self.slack, (end - start).days // 3))
        return self.first <= start + allowed and self.last >= end - timedelta(days=1) - allowed

    def chosen(self, start: date | None, end: date | None) -> Coverage:
        """The same coverage when only the days from `start` to `end` (exclusive) are looked at; they cut periods without slack."""
        return replace(self, start=start, end=end)


def month_index(day: date) -> int:
    """Year × 12 + month - 1."""
    return day.year * 12 + day.month - 1


def first_day(index: int) -> date:
    """The first day of a month by its index."""
    return date(index // 12, index % 12 + 1, 1)


def period_of(day: date, grain: Grain) -> Period:
    """The period that `day` lies in."""
    return period_of_month(month_index(day), grain)


def period_of_month(index: int, grain: Grain) -> Period:
    """The period that a month lies in."""
    size = MONTHS[grain]
    start = index // size * size
    return Period(first_day(start), first_day(start + size), grain)


def periods_between(first: date, last: date, grain: Grain) -> tuple[Period, ...]:
    """All periods from the one of `first` to the one of `last`, without gaps."""
    periods = [period_of(first, grain)]
    while periods[-1].end <= last:
        periods.append(periods[-1].next())
    return tuple(periods)


def coverage_of(first: date, last: date, *, records: int) -> Coverage:
    """Coverage of a table with `records` records between two days.

    The slack is three times the usual distance of two records, at least four days (a long weekend).
    """
    usual = ((last - first).days + 1) / max(records, 1)
    return Coverage(first, last, max(4, round(3 * usual)))


def whole_months(coverage: Coverage) -> tuple[date, date] | None:
    """The longest run of whole months covered: (first day, first day after); None when there is none."""
    months = [p for p in periods_between(coverage.first, coverage.last, "month") if coverage.covers(p)]
    return (months[0].start, months[-1].end) if months else None


def months_before(day: date, months: int) -> date:
    """The first day of the month `months` before the month of `day`."""
    return first_day(month_index(day) - months)
