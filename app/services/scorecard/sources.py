"""What is loaded for a team, opened for counting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from app.metrics import growth, retention, win_rate
from app.metrics.engine import Snapshot
from app.metrics.growth import Revenue
from app.metrics.model import Filters, RetentionKind
from app.metrics.periods import Coverage, months_before, whole_months
from app.services.scorecard.grouping import known_columns
from app.statistics.intervals import Absent
from app.tables import TABLES
from app.wording import day, day_range


@dataclass(frozen=True)
class Sources:
    """The loaded tables of one team, each None when it is not loaded."""

    deals: Snapshot | None = None
    leads: Snapshot | None = None
    customers: Snapshot | None = None
    lines: Snapshot | None = None
    traffic: Snapshot | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is loaded."""
        return not any((self.deals, self.leads, self.customers, self.lines, self.traffic))

    @property
    def revenue(self) -> Revenue | Absent:
        """The best revenue there is."""
        return growth.revenue_of(self.lines, self.deals)

    @property
    def retention_kind(self) -> RetentionKind | Absent:
        """Which retention the loaded tables allow."""
        return retention.kind_of(self.customers, self.revenue)

    @property
    def currency(self) -> str | None:
        """The currency of the amounts, when there is one."""
        for snapshot in (self.lines, self.deals, self.customers):
            if snapshot is not None and snapshot.info.currency:
                return snapshot.info.currency
        return None

    def coverage(self) -> Coverage | None:
        """From when to when the main table (deals, else revenue, else customers) is complete."""
        if self.deals is not None and (found := win_rate.coverage(self.deals)) is not None:
            return found
        if isinstance(self.revenue, Revenue) and self.revenue.coverage is not None:
            return self.revenue.coverage
        return retention.coverage(self.customers) if self.customers is not None else None


def of(snapshots: Iterable[Snapshot]) -> Sources:
    """The sources made of these snapshots, at most one of each table."""
    by_table = {snapshot.info.table: snapshot for snapshot in snapshots}
    return Sources(
        deals=by_table.get("deal"),
        leads=by_table.get("lead"),
        customers=by_table.get("customer"),
        lines=by_table.get("revenue_line"),
        traffic=by_table.get("traffic"),
    )


def resolved(filters: Filters, snapshot: Snapshot) -> Filters:
    """Filters named by what people read ("Region") as filters on the stored columns of one table.

    The same heading may be another column in each table, and a filter that a table cannot obey is left out there; `lacks` tells.
    """
    names = {column.label: column.name for column in known_columns(snapshot)}
    return Filters(filters.start, filters.end, tuple((names[label], values) for label, values in filters.where if label in names))


def lacks(snapshot: Snapshot, label: str) -> Absent | None:
    """Why a table cannot be split by a heading; None when it can."""
    if any(column.label == label for column in known_columns(snapshot)):
        return None
    table = TABLES[snapshot.info.table].label
    return Absent(f"“{table}” has no column “{label}”.", f"Export {table.lower()} with that column, or choose another one.", "no_column")


Span = tuple[date, date]
"""(first day, first day after)."""


def default_windows(coverage: Coverage | None, since: date | None) -> tuple[Span, Span] | None:
    """(before, after) of equal length in whole months around a day, or around the middle of the data when none is known.

    Whole years are taken where they fit, so that both sides hold the same seasons. Days are (first, first after). None when less
    than one whole month lies on either side.
    """
    whole = whole_months(coverage) if coverage is not None else None
    if whole is None:
        return None
    first, end = whole
    months = _months(first, end)
    split = since or months_before(end, months // 2)
    if split.day != 1:
        split = months_before(split, -1)
    length = min(_months(first, split), _months(split, end))
    if length >= 12:
        length -= length % 12
    if length < 1:
        return None
    return (months_before(split, length), split), (split, months_before(split, -length))


def halves(coverage: Coverage) -> tuple[Span, Span]:
    """(before, after): the middle of the data in whole months, else simply the first and the second half of the days."""
    middle = coverage.first + (coverage.last - coverage.first) / 2 + timedelta(days=1)
    return default_windows(coverage, None) or ((coverage.first, middle), (middle, coverage.last + timedelta(days=1)))


NO_DAYS = Absent("The records loaded carry no days, so there is no before and after.", "Export the closing date of each deal.", "no_date")


def no_windows_around(coverage: Coverage | None, since: date | None) -> Absent | None:
    """Why no two equal spans lie around a day; None when they do, or when no day is given."""
    if since is None or default_windows(coverage, since) is not None:
        return None
    if coverage is None:
        return NO_DAYS
    loaded = f"the days loaded are {day_range(coverage.first, coverage.last)}"
    if not coverage.first <= since <= coverage.last:
        remedy = "Change the day, or load records from both sides of it."
        return Absent(f"Your programme began on {day(since)}, and {loaded}.", remedy, "outside")
    return Absent(
        f"Your programme began on {day(since)}, and {loaded}: there is not one whole month on both sides of it.",
        "Change the day, or load a longer history.",
        "too_near",
    )


def _months(first: date, end: date) -> int:
    return (end.year - first.year) * 12 + end.month - first.month
