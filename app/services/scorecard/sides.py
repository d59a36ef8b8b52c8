"""The two sides of a comparison: after and before, or a group and the one it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from app.benchmarks.catalogue import Reading
from app.metrics.engine import Snapshot
from app.metrics.model import Filters
from app.services.scorecard.request import Request
from app.services.scorecard.sources import lacks, resolved
from app.statistics.intervals import Absent
from app.wording import day_range

NO_SECOND_SIDE = Absent(
    "There is no second side to compare with.",
    "Choose “before and after” or two groups to get a verdict.",
    "own_history",
)
NO_WINDOWS = Absent("The data are too short for a before and an after.", "Upload a longer history.", "too_short")


@dataclass(frozen=True)
class Side:
    """One side of a comparison: its label, its days (first, first after), its filters, and the heading that makes a group."""

    label: str
    span: tuple[date, date] | None
    filters: Filters
    group: str | None = None


def sides_of(request: Request) -> tuple[Side, Side] | Absent:
    """(observed, baseline) of a request: after and before, or the group and the one it is held against."""
    if request.way == "before_after":
        if request.before is None or request.after is None:
            return NO_WINDOWS
        return (span_side(request, request.after), span_side(request, request.before))
    if request.way == "groups":
        if request.groups is None:
            return Absent("No groups are chosen.", "Choose a column and two of its values.", "no_groups")
        return (group_side(request, request.groups.observed), group_side(request, request.groups.baseline))
    return NO_SECOND_SIDE


def span_side(request: Request, span: tuple[date, date]) -> Side:
    """The side of a span of days."""
    return Side(day_range(span[0], span[1] - timedelta(days=1)), span, request.filters)


def group_side(request: Request, value: str) -> Side:
    """The side of one group of the request's column."""
    if request.groups is None:
        raise ValueError("no groups are chosen")
    heading = request.groups.column
    where = tuple((label, values) for label, values in request.filters.where if label != heading)
    return Side(value, None, Filters(request.filters.start, request.filters.end, (*where, (heading, (value,)))), heading)


def filters_of(side: Side) -> Filters:
    """The filters of a side, its span of days in the place of the chosen ones."""
    return side.filters.within(*side.span) if side.span is not None else side.filters


def in_table(side: Side, snapshot: Snapshot) -> Filters | Absent:
    """The side's filters for one table; Absent when the table lacks the column that makes the group."""
    if side.group is not None and (absent := lacks(snapshot, side.group)) is not None:
        return absent
    return resolved(filters_of(side), snapshot)


def ratio_of(reading: Reading) -> float:
    """The ratio of a reading; ValueError when it has none."""
    if reading.ratio is None:
        raise ValueError("this reading has no ratio")
    return reading.ratio
