"""Whether two spans of days may be held against each other, and what must be said when the data cover one only in part."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from app.metrics.periods import Coverage
from app.statistics.intervals import Absent
from app.wording import day_range

Span = tuple[date, date]
"""(first day, first day after)."""

OVERLAPPING = Absent(
    "“Before” and “after” share days, so the same records would stand on both sides.",
    "Let “before” end on the day before “after” begins.",
    "overlapping",
)
BACKWARDS = Absent("“After” lies before “before”.", "Swap the two spans.", "backwards")
UNEQUAL = Absent(
    "The two spans differ in length, and over a longer span more customers leave.",
    "Choose a “before” and an “after” of the same length.",
    "unequal_spans",
)
UNEQUAL_MONEY = Absent(
    "The two spans differ in length, and a longer span brings more revenue.",
    "Choose a “before” and an “after” of the same length.",
    "unequal_spans",
)
UNEQUAL_SHARE = 0.05
"""Spans that differ by no more than this share of the longer one count as equal: a leap year, months of 30 and 31 days."""


def clash(before: Span, after: Span) -> Absent | None:
    """Why two spans cannot be a before and an after; None when they can."""
    if after[1] <= before[0]:
        return BACKWARDS
    return OVERLAPPING if after[0] < before[1] else None


def unequal(before: Span, after: Span) -> Absent | None:
    """Why a share that grows with time (customers lost) cannot be compared between two spans; None when it can."""
    lengths = sorted((span[1] - span[0]).days for span in (before, after))
    return UNEQUAL if lengths[1] - lengths[0] > UNEQUAL_SHARE * lengths[1] else None


def partly(coverage: Coverage | None, spans: tuple[Span, ...], *, what: str) -> Iterator[str]:
    """A sentence for each span that reaches beyond the data; `what` names the records, as in "deals"."""
    if coverage is None:
        return
    for start, end in spans:
        if not coverage.covers_span(start, end):
            yield (
                f"The {what} loaded go from {day_range(coverage.first, coverage.last)}, "
                f"so {day_range(start, end - timedelta(days=1))} is covered only in part."
            )
