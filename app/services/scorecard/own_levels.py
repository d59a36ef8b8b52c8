"""A team's own benchmark that is a level ("25 % of deals are won in our industry"), held against the team's present number."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from app.benchmarks.catalogue import Reading
from app.benchmarks.comparison import LevelComparison, compare_own_level
from app.metrics import growth, leads, win_rate
from app.metrics.model import Filters
from app.services.scorecard.headlines import NO_DEALS, last_retention, span_words
from app.services.scorecard.request import Request
from app.services.scorecard.sources import Sources, lacks, resolved
from app.statistics.intervals import Absent
from app.wording import day_range

NOT_A_YEAR = Absent(
    "A published share of customers kept or lost counts a year, and these data do not follow customers over a year.",
    "Upload customers with the day each started and left.",
    "no_contract",
)
NO_LEVEL = Absent("The app has no number of this kind to hold against a level.", "Choose another result.", "no_metric")


def against_level(sources: Sources, request: Request, reading: Reading) -> LevelComparison | Absent:
    """The present number beside the level: of the days "after" or of the observed group where the request has such a side."""
    if reading.aligned_level is None:
        raise ValueError("a level has a level")
    filters = _observed(request)
    if reading.metric == "win_rate":
        return _win_rate(sources, request, filters, level=reading.aligned_level)
    if reading.metric == "lead_conversion":
        return _conversion(sources, request, filters, level=reading.aligned_level)
    if reading.metric in ("churn", "logo_retention"):
        return _retention(sources, request, filters, level=reading.aligned_level, lost=reading.metric == "churn")
    if reading.metric == "revenue_growth":
        return _growth(sources, request, filters, level=reading.aligned_level)
    return NO_LEVEL


def _win_rate(sources: Sources, request: Request, filters: Filters, *, level: float) -> LevelComparison | Absent:
    deals = sources.deals
    if deals is None:
        return NO_DEALS
    if (absent := _no_group(sources.deals, request)) is not None:
        return absent
    rate = win_rate.overall(deals, request.definition, resolved(filters, deals))
    label = _label(request, span_words(filters, deals.info.first, deals.info.last))
    return compare_own_level("Win rate", label, rate.value, rate.interval, level=level, absent=rate.absent or rate.interval_absent)


def _conversion(sources: Sources, request: Request, filters: Filters, *, level: float) -> LevelComparison | Absent:
    if sources.leads is None:
        return leads.NO_LEADS
    if (absent := _no_group(sources.leads, request)) is not None:
        return absent
    found = leads.overall(sources.leads, resolved(filters, sources.leads))
    label = _label(request, span_words(filters, sources.leads.info.first, sources.leads.info.last))
    return compare_own_level("Lead conversion", label, found.value, found.interval, level=level, absent=found.absent)


def _retention(sources: Sources, request: Request, filters: Filters, *, level: float, lost: bool) -> LevelComparison | Absent:
    kind = sources.retention_kind
    if isinstance(kind, Absent):
        return kind
    if kind != "contract":
        return NOT_A_YEAR
    if (absent := _no_group(sources.customers, request)) is not None:
        return absent
    found, period = last_retention(sources, filters)
    if isinstance(found, Absent):
        return found
    value, interval = found.value, found.interval
    if lost and value is not None and interval is not None:
        value, interval = 1 - value, replace(interval, low=1 - interval.high, high=1 - interval.low)
    what = "Customers lost" if lost else "Customers kept"
    label = _label(request, period)
    return compare_own_level(what, label, value, interval, level=level, lower_is_better=lost, absent=found.absent)


def _growth(sources: Sources, request: Request, filters: Filters, *, level: float) -> LevelComparison | Absent:
    revenue = sources.revenue
    if isinstance(revenue, Absent):
        return revenue
    if (absent := _no_group(revenue.snapshot, request)) is not None:
        return absent
    own = resolved(request.filters if request.way != "groups" else filters, revenue.snapshot)
    year = growth.last_year(revenue.within(own), own)
    if isinstance(year, Absent):
        return year
    label = _label(request, f"{day_range(year.later[0], year.later[1] - timedelta(days=1))} against the year before")
    absent = year.absent or year.interval_absent
    return compare_own_level("Growth", label, year.value, year.interval, level=level, is_change=True, absent=absent)


def _observed(request: Request) -> Filters:
    if request.way == "before_after" and request.after is not None:
        return request.filters.within(*request.after)
    if request.way == "groups" and request.groups is not None:
        return request.filters.only(request.groups.column, request.groups.observed)
    return request.filters


def _no_group(snapshot: object, request: Request) -> Absent | None:
    from app.metrics.engine import Snapshot

    if request.way != "groups" or request.groups is None or not isinstance(snapshot, Snapshot):
        return None
    return lacks(snapshot, request.groups.column)


def _label(request: Request, days: str) -> str:
    if request.way == "groups" and request.groups is not None:
        return f"“{request.groups.observed}”, {days}"
    return days
