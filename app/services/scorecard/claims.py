"""Each cited figure held against the team's own numbers, in one of three ways."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from app.benchmarks.catalogue import Reading
from app.benchmarks.comparison import (
    DEPENDENT_FROM,
    Arm,
    Comparison,
    LevelComparison,
    RatioComparison,
    Words,
    arm,
    compare,
    compare_level,
    compare_ratio,
)
from app.metrics import growth, leads, retention, win_rate
from app.metrics.engine import Snapshot
from app.metrics.growth import Revenue
from app.metrics.model import Definition, Filters, Retention
from app.metrics.periods import Coverage
from app.services.scorecard.headlines import NO_DEALS, last_growth
from app.services.scorecard.own_levels import against_level
from app.services.scorecard.request import Request
from app.services.scorecard.sources import Sources, lacks, resolved
from app.services.scorecard.spans import clash, partly, unequal
from app.statistics.intervals import Absent, Interval
from app.statistics.resampling import ratio_of_growths_interval, ratio_of_rates_interval
from app.wording import day_range

WIN = Words(rate="win rate", many="closed deals")
LOSS = Words(rate="share of customers lost", many="customers")
KEPT = Words(rate="retention", many="customers")
CONVERSION = Words(rate="lead conversion", many="leads")
REVENUE = Words(rate="revenue", many="records")
SPEED = Words(rate="growth rate", many="records")

NO_SECOND_SIDE = Absent(
    "There is no second side to compare with.",
    "Choose “before and after” or two groups to get a verdict.",
    "own_history",
)
NO_WINDOWS = Absent("The data are too short for a before and an after.", "Upload a longer history.", "too_short")
NOT_BY_GROUP = Absent("Two groups differ in size, so their revenues are not compared.", "Compare before and after instead.", "not_by_group")
FLAG_ONLY = Absent(
    "The customer list says who left but not when, so before and after cannot be told apart.",
    "Export the day each customer started and left, or compare two groups.",
    "no_date",
)
SIX_YEARS = Absent(
    "This figure is about growth over three years, so before and after would need six years of revenue.",
    "Compare two groups over three years instead.",
    "too_short",
)
YOUNG = "Leads of the last months had less time to become customers."
YOUNG_DEALS = "Deals created lately had less time to close, and those that closed fast are the only ones counted."

Found = Comparison | LevelComparison | RatioComparison | Absent


@dataclass(frozen=True)
class Side:
    """One side of a comparison: its label, its days (first, first after), its filters, and the heading that makes a group."""

    label: str
    span: tuple[date, date] | None
    filters: Filters
    group: str | None = None


def compared(sources: Sources, request: Request, reading: Reading) -> Found:
    """The comparison of one reading with the team's numbers, or why there is none."""
    if reading.metric is None:
        return Absent(reading.no_metric_why or "Nothing in a CRM export can be held against it.", "", "no_metric")
    if reading.unit == "level":
        return against_level(sources, request, reading)
    if request.way == "before_after" and request.before is not None and request.after is not None:
        clashing = clash(request.before, request.after)
        if clashing is not None:
            return clashing
    if reading.metric in ("revenue_growth", "revenue", "revenue_cagr_3y"):
        return _money(sources, request, reading)
    if reading.ratio is None:
        return Absent("This figure is a level and not a change, so there is no ratio to compare.", "", "no_ratio")
    sides = sides_of(request)
    if isinstance(sides, Absent):
        return sides
    if reading.metric == "win_rate":
        return win_rates(sources, request, reading, sides)
    if reading.metric in ("churn", "logo_retention"):
        return _retained(sources, request, reading, sides)
    if reading.metric == "lead_conversion":
        return _converted(sources, request, reading, sides)
    return Absent("The app does not compute this yet.", "", "no_metric")


def sides_of(request: Request) -> tuple[Side, Side] | Absent:
    """(observed, baseline) of a request: after and before, or the group and the one it is held against."""
    if request.way == "before_after":
        if request.before is None or request.after is None:
            return NO_WINDOWS
        return (_span_side(request, request.after), _span_side(request, request.before))
    if request.way == "groups":
        if request.groups is None:
            return Absent("No groups are chosen.", "Choose a column and two of its values.", "no_groups")
        return (_group_side(request, request.groups.observed), _group_side(request, request.groups.baseline))
    return NO_SECOND_SIDE


def win_rates(sources: Sources, request: Request, reading: Reading, sides: tuple[Side, Side]) -> Found:
    """Win rates of two sides, always by count, with whole accounts resampled where deals of one account go together."""
    deals = sources.deals
    if deals is None:
        return NO_DEALS
    definition = request.definition if request.definition.weight == "count" else replace(request.definition, weight="count")
    rates = []
    for side in sides:
        filters = _in_table(side, deals)
        if isinstance(filters, Absent):
            return filters
        rate = win_rate.overall(deals, definition, filters)
        if rate.absent is not None and rate.absent.code in ("wins_only", "losses_only"):
            return rate.absent
        rates.append(rate)
    observed, baseline = (arm(side.label, rate.won, rate.closed) for side, rate in zip(sides, rates, strict=True))
    by_account = _by_account(deals, definition, sides, observed, baseline) if _both(observed, baseline) else None
    return compare(
        observed,
        baseline,
        claimed=_ratio(reading),
        lower_is_better=False,
        way=request.way,
        words=WIN,
        by_account=by_account,
        caveats=(*_partly(win_rate.coverage(deals), sides, "deals"), *((YOUNG_DEALS,) if _young(request) else ())),
    )


def _by_account(deals: Snapshot, definition: Definition, sides: tuple[Side, Side], observed: Arm, baseline: Arm) -> Interval | None:
    """The interval of the ratio by account; None where deals of one account are rare or too few accounts are named."""
    first, second = (win_rate.by_account(deals, definition, resolved(_filters(side), deals)) for side in sides)
    named = sum(first.closed) + sum(second.closed)
    accounts = len(first.accounts) + len(second.accounts)
    if not accounts or named / accounts < DEPENDENT_FROM or named < 0.5 * (observed.trials + baseline.trials):
        return None
    paired = sides[0].span != sides[1].span
    if paired:
        names = sorted({*first.accounts, *second.accounts})
        a, b = (dict(zip(r.accounts, zip(r.won, r.closed, strict=True), strict=True)) for r in (first, second))
        columns = [[side.get(name, (0.0, 0.0))[i] for name in names] for side in (a, b) for i in (0, 1)]
        found = ratio_of_rates_interval(*columns, paired=True)
    else:
        found = ratio_of_rates_interval(first.won, first.closed, second.won, second.closed, paired=False)
    return found if isinstance(found, Interval) else None


def _young(request: Request) -> bool:
    return request.way == "before_after" and request.definition.by_date == "created"


def _partly(coverage: Coverage | None, sides: tuple[Side, Side], what: str) -> tuple[str, ...]:
    return tuple(partly(coverage, tuple(side.span for side in reversed(sides) if side.span is not None), what=what))


def _retained(sources: Sources, request: Request, reading: Reading, sides: tuple[Side, Side]) -> Found:
    if sides[0].span is not None and sides[1].span is not None and (absent := unequal(sides[1].span, sides[0].span)) is not None:
        return absent
    found = [_retention_of(sources, request, side) for side in sides]
    for one in found:
        if isinstance(one, Absent):
            return one
        if one.absent is not None and one.absent.code == "partial_period":
            return one.absent
    kept = [one for one in found if isinstance(one, Retention)]
    lost = reading.lower_is_better
    observed, baseline = (arm(side.label, one.lost if lost else one.kept, one.at_start) for side, one in zip(sides, kept, strict=True))
    return compare(
        observed,
        baseline,
        claimed=_ratio(reading),
        lower_is_better=lost,
        way=request.way,
        words=LOSS if lost else KEPT,
    )


def _retention_of(sources: Sources, request: Request, side: Side) -> Retention | Absent:
    kind = sources.retention_kind
    if isinstance(kind, Absent):
        return kind
    if kind == "flag" and sources.customers is not None:
        if request.way == "before_after":
            return FLAG_ONLY
        filters = _in_table(side, sources.customers)
        return filters if isinstance(filters, Absent) else retention.flagged(sources.customers, Filters(None, None, filters.where))
    if kind == "contract" and sources.customers is not None:
        filters = _in_table(side, sources.customers)
        if isinstance(filters, Absent):
            return filters
        span = side.span or _whole(sources, "customers")
        if span is None:
            return retention.NO_DATES
        return retention.contracts_in_span(sources.customers, Filters(None, None, filters.where), start=span[0], end=span[1])
    revenue = sources.revenue
    if isinstance(revenue, Revenue):
        filters = _in_table(side, revenue.snapshot)
        if isinstance(filters, Absent):
            return filters
        span = side.span or _whole(sources, "revenue")
        if span is None:
            return retention.NO_WHOLE_MONTH
        return retention.repeat_in_span(revenue, Filters(None, None, filters.where), start=span[0], end=span[1])
    return retention.NO_CUSTOMERS


def _converted(sources: Sources, request: Request, reading: Reading, sides: tuple[Side, Side]) -> Found:
    if sources.leads is None:
        return leads.NO_LEADS
    arms = []
    for side in sides:
        filters = _in_table(side, sources.leads)
        if isinstance(filters, Absent):
            return filters
        found = leads.overall(sources.leads, filters)
        if found.absent is not None:
            return found.absent
        arms.append(arm(side.label, found.converted, found.leads))
    return compare(
        arms[0],
        arms[1],
        claimed=_ratio(reading),
        lower_is_better=False,
        way=request.way,
        words=CONVERSION,
        caveats=(*_partly(leads.coverage(sources.leads), sides, "leads"), *((YOUNG,) if request.way == "before_after" else ())),
    )


def _money(sources: Sources, request: Request, reading: Reading) -> Found:
    revenue = sources.revenue
    if isinstance(revenue, Absent):
        return revenue
    filters = resolved(request.filters, revenue.snapshot)
    if reading.metric == "revenue_growth" and reading.aligned_level is not None and reading.baseline_level is not None:
        return _levels(revenue, request, reading, filters)
    if reading.ratio is None:
        return Absent("The unit of this figure is not stated, so it cannot be compared.", "", "no_ratio")
    if reading.metric == "revenue":
        return _revenue_ratio(revenue, request, reading, filters)
    if reading.metric == "revenue_growth":
        return _growth_ratio(revenue, reading, filters)
    return _three_years(revenue, request, reading)


def _levels(revenue: Revenue, request: Request, reading: Reading, filters: Filters) -> LevelComparison | Absent:
    caveats: tuple[str, ...] = ()
    if request.way == "groups" and request.groups is not None:
        own = _in_table(_group_side(request, request.groups.observed), revenue.snapshot)
        if isinstance(own, Absent):
            return own
        filters, caveats = Filters(None, None, own.where), (f"Growth of “{request.groups.observed}”.",)
    year = growth.last_year(revenue, filters)
    if isinstance(year, Absent):
        return Absent("This figure is about growth over a year, and two whole years are not loaded.", year.remedy, "too_short")
    if reading.aligned_level is None or reading.baseline_level is None:
        raise ValueError("a pair of levels has two levels")
    words = day_range(year.later[0], year.later[1] - timedelta(days=1))
    return compare_level(
        f"Your growth, {words} against the year before",
        year.value,
        year.interval,
        aligned_level=reading.aligned_level,
        other_level=reading.baseline_level,
        caveats=caveats,
        absent=year.absent or year.interval_absent,
    )


def _revenue_ratio(revenue: Revenue, request: Request, reading: Reading, filters: Filters) -> RatioComparison | Absent:
    if request.way == "groups":
        return NOT_BY_GROUP
    if request.way == "before_after":
        if request.before is None or request.after is None:
            return NO_WINDOWS
        found = growth.between(revenue, Filters(None, None, filters.where), earlier=request.before, later=request.after)
        label = "Revenue after against before"
    else:
        last, words = last_growth(revenue, filters)
        if isinstance(last, Absent):
            return last
        found, label = last, f"Revenue, {words}"
    interval = None
    if found.interval is not None:
        interval = Interval(1 + found.interval.low, 1 + found.interval.high, found.interval.level, found.interval.method)
    ratio = None if found.value is None else 1 + found.value
    return compare_ratio(label, ratio, interval, claimed=_ratio(reading), words=REVENUE, absent=found.absent or found.interval_absent)


def _growth_ratio(revenue: Revenue, reading: Reading, filters: Filters) -> RatioComparison | Absent:
    spans = growth.yearly_spans(revenue.coverage)
    if len(spans) < 3:
        return Absent("A ratio of two yearly growth rates needs three whole years of revenue.", "Upload a longer history.", "too_short")
    sums = growth.by_customer(revenue, Filters(None, None, filters.where), spans=spans[-3:])
    totals = [sum(column) for column in sums]
    if totals[0] <= 0 or totals[1] <= 0 or totals[1] <= totals[0]:
        return Absent(
            "Revenue did not grow in the earlier year, and a multiple of no growth says nothing.", "Compare the levels.", "unclear_base"
        )
    ratio = (totals[2] / totals[1] - 1) / (totals[1] / totals[0] - 1)
    interval = ratio_of_growths_interval(*sums)
    if isinstance(interval, Absent):
        return compare_ratio(
            "Growth of the last year against the year before", ratio, None, claimed=_ratio(reading), words=SPEED, absent=interval
        )
    return compare_ratio("Growth of the last year against the year before", ratio, interval, claimed=_ratio(reading), words=SPEED)


def _three_years(revenue: Revenue, request: Request, reading: Reading) -> RatioComparison | Absent:
    years = reading.years or 3
    if request.way == "before_after":
        return SIX_YEARS
    if request.way == "own_history" or request.groups is None:
        return NO_SECOND_SIDE
    spans = growth.yearly_spans(revenue.coverage)
    if len(spans) < years:
        return Absent(
            f"This figure is about growth over {years} years, and {len(spans)} whole years of revenue are loaded.",
            "Upload a longer history.",
            "too_short",
        )
    rates = []
    for side in (_group_side(request, request.groups.observed), _group_side(request, request.groups.baseline)):
        filters = _in_table(side, revenue.snapshot)
        if isinstance(filters, Absent):
            return filters
        rates.append(growth.yearly(revenue, Filters(None, None, filters.where), years=years))
    observed, baseline = rates
    for one in rates:
        if one.value is None:
            return one.absent or growth.TOO_SHORT
    if observed.value is None or baseline.value is None or baseline.value <= 0:
        return Absent(
            "The comparison group did not grow, and a multiple of no growth says nothing.", "Choose another group.", "unclear_base"
        )
    return compare_ratio(
        f"Yearly growth of “{request.groups.observed}” against “{request.groups.baseline}”",
        observed.value / baseline.value,
        None,
        claimed=_ratio(reading),
        words=SPEED,
        absent=Absent("A ratio of two growth rates over so few years has no useful likely range.", "Compare the two rates.", "no_interval"),
    )


def _whole(sources: Sources, what: str) -> tuple[date, date] | None:
    from app.services.scorecard.headlines import last_twelve_months

    if what == "customers":
        return last_twelve_months(sources)
    revenue = sources.revenue
    spans = growth.yearly_spans(revenue.coverage) if isinstance(revenue, Revenue) else ()
    return spans[-1] if spans else last_twelve_months(sources)


def _span_side(request: Request, span: tuple[date, date]) -> Side:
    return Side(day_range(span[0], span[1] - timedelta(days=1)), span, request.filters)


def _group_side(request: Request, value: str) -> Side:
    if request.groups is None:
        raise ValueError("no groups are chosen")
    heading = request.groups.column
    where = tuple((label, values) for label, values in request.filters.where if label != heading)
    return Side(value, None, Filters(request.filters.start, request.filters.end, (*where, (heading, (value,)))), heading)


def _filters(side: Side) -> Filters:
    return side.filters.within(*side.span) if side.span is not None else side.filters


def _in_table(side: Side, snapshot: Snapshot) -> Filters | Absent:
    """The side's filters for one table; Absent when the table lacks the column that makes the group."""
    if side.group is not None and (absent := lacks(snapshot, side.group)) is not None:
        return absent
    return resolved(_filters(side), snapshot)


def _both(observed: Arm, baseline: Arm) -> bool:
    return bool(observed.trials and baseline.trials and baseline.successes)


def _ratio(reading: Reading) -> float:
    if reading.ratio is None:
        raise ValueError("this reading has no ratio")
    return reading.ratio
