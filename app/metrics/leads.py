"""Leads: how many become customers, and how fast somebody talks to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from math import ceil, floor
from typing import Any

from app.metrics import expressions
from app.metrics.engine import Snapshot
from app.metrics.model import SMALL, Conversion, Filters, FollowUp, GroupConversion, PeriodConversion
from app.metrics.periods import Coverage, Grain, coverage_of, period_of_month, periods_between
from app.statistics.intervals import Absent

NO_LEADS = Absent("No leads are loaded.", "Upload an export of leads or contacts.", "no_table")
NO_RESULT = Absent(
    "The leads do not say who became a customer.",
    "Export the converted flag or the day a lead became a customer.",
    "no_conversion",
)
NO_CONTACT = Absent(
    "The leads do not say when they were first contacted.", "Export the first contact or first activity of each lead.", "no_contact"
)
SENTENCE = "Conversion = leads that became customers / all leads, by the day the lead came in"
YOUNG_DAYS = 90


def overall(leads: Snapshot, filters: Filters) -> Conversion:
    """Conversion of all leads the filters let through."""
    return _conversion(leads.collect(expressions.leads(leads.table, filters)))


def by_group(leads: Snapshot, filters: Filters, *, by: str) -> tuple[GroupConversion, ...]:
    """Conversion of each value of a group column, largest first."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in leads.collect(expressions.leads(leads.table, filters, by=by)):
        groups[row["group"]].append(row)
    found = [GroupConversion(group, _conversion(rows)) for group, rows in groups.items()]
    return tuple(sorted(found, key=lambda g: (-g.conversion.leads, g.group)))


def over_time(leads: Snapshot, filters: Filters, *, grain: Grain) -> tuple[PeriodConversion, ...] | Absent:
    """Conversion of the leads created in each period; young cohorts are marked, because more of them will convert."""
    months: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in leads.collect(expressions.leads(leads.table, filters)):
        if row["month"] is not None:
            months[period_of_month(row["month"], grain)].append(row)
    known = coverage(leads)
    covered = known.chosen(filters.start, filters.end) if known is not None else None
    if not months or covered is None:
        return Absent("The leads have no creation date.", "Export the day each lead came in.", "no_date")
    return tuple(
        PeriodConversion(p, not covered.covers(p), p.end + timedelta(days=YOUNG_DAYS) > covered.last, _conversion(months.get(p, [])))
        for p in periods_between(min(months).start, max(months).start, grain)
    )


def follow_up(leads: Snapshot, filters: Filters) -> FollowUp:
    """Time from creation to first contact."""
    row = leads.collect(expressions.follow_up(leads.table, filters))[0]
    contacted = row["contacted"]
    if not contacted:
        return FollowUp(row["leads"], 0, 0, None, None, None, 0, 0, 0, NO_CONTACT)
    times = sorted((r["seconds"], r["n"]) for r in leads.collect(expressions.follow_up_times(leads.table, filters)))
    return FollowUp(
        leads=row["leads"],
        contacted=contacted,
        negative=row["negative"],
        median=_quantile(times, contacted, 0.5) / 60,
        mean=row["seconds"] / contacted / 60,
        p90=_quantile(times, contacted, 0.9) / 60,
        within_5_minutes=row["in_5m"],
        within_1_hour=row["in_1h"],
        within_24_hours=row["in_24h"],
    )


def coverage(leads: Snapshot) -> Coverage | None:
    """From the first to the last lead (or the last day the file knows of); None without creation dates."""
    info = leads.info
    if info.first is None or info.last is None:
        return None
    first, last = date.fromisoformat(info.first), date.fromisoformat(info.last)
    found = coverage_of(first, last, records=info.rows)
    known = max(last, date.fromisoformat(info.extracted)) if info.extracted else last
    return Coverage(first, known, found.slack)


def _conversion(rows: Iterable[Mapping[str, Any]]) -> Conversion:
    from app.statistics.proportions import wilson

    rows = list(rows)
    n = sum(row["n"] for row in rows)
    told = sum(row["told"] for row in rows)
    converted = sum(row["converted"] for row in rows)
    dated = sum(row["dated"] for row in rows)
    if n == 0 or told == 0:
        return Conversion(None, 0, n, None, n < SMALL, None, None, NO_RESULT if n else NO_LEADS)
    return Conversion(
        value=converted / n,
        converted=converted,
        leads=n,
        interval=wilson(converted, n),
        small=n < SMALL,
        within_30_days=sum(row["in_30"] for row in rows) if dated else None,
        within_90_days=sum(row["in_90"] for row in rows) if dated else None,
    )


def _quantile(times: list[tuple[int, int]], total: int, q: float) -> float:
    """The q-quantile of a histogram, between two values where it falls between them (Hyndman and Fan's type 7)."""
    place = q * (total - 1)

    def at(rank: int) -> int:
        seen = 0
        for value, n in times:
            seen += n
            if rank < seen:
                return value
        return times[-1][0]

    low, high = at(floor(place)), at(ceil(place))
    return low + (high - low) * (place - floor(place))
