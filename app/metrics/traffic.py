"""Web traffic: visits over time and by source."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from app.metrics import expressions
from app.metrics.engine import Snapshot
from app.metrics.model import Filters, PeriodVisits, Visits
from app.metrics.periods import Coverage, Grain, Period, period_of_month, periods_between

SENTENCE = "Visits = sessions as the web analytics tool counts them"


def visits(traffic: Snapshot, filters: Filters, *, grain: Grain) -> Visits:
    """Visits in all, by source (most first) and by period."""
    by_source: dict[str, int] = defaultdict(int)
    by_period: dict[Period, int] = defaultdict(int)
    for row in traffic.collect(expressions.visits(traffic.table, filters)):
        sessions = row["sessions"] or 0
        by_source[row["source"]] += sessions
        if row["month"] is not None:
            by_period[period_of_month(row["month"], grain)] += sessions
    periods: tuple[PeriodVisits, ...] = ()
    info = traffic.info
    if by_period and info.first and info.last:
        covered = Coverage(date.fromisoformat(info.first), date.fromisoformat(info.last), 1).chosen(filters.start, filters.end)
        span = periods_between(min(by_period).start, max(by_period).start, grain)
        periods = tuple(PeriodVisits(p, not covered.covers(p), by_period.get(p, 0)) for p in span)
    ordered = tuple(sorted(by_source.items(), key=lambda item: (-item[1], item[0])))
    return Visits(sum(by_source.values()), ordered, periods)
