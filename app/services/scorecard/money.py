"""Revenue and its growth held against the cited figures about them."""

from __future__ import annotations

from datetime import timedelta

from app.benchmarks.catalogue import Reading
from app.benchmarks.comparison import LevelComparison, Measured, RatioComparison, Words, compare_level, compare_ratio
from app.metrics import growth
from app.metrics.growth import Revenue
from app.metrics.model import Filters, Growth
from app.services.scorecard.request import Request
from app.services.scorecard.sides import NO_SECOND_SIDE, NO_WINDOWS, group_side, in_table, ratio_of
from app.services.scorecard.sources import Sources, resolved
from app.services.scorecard.spans import UNEQUAL_MONEY, unequal
from app.statistics.intervals import Absent, Interval
from app.statistics.resampling import ratio_of_growths_interval
from app.wording import day_range, money, signed_percent

REVENUE = Words(rate="revenue", many="records")
SPEED = Words(rate="growth rate", many="records")
NOT_BY_GROUP = Absent("Two groups differ in size, so their revenues are not compared.", "Compare before and after instead.", "not_by_group")
SIX_YEARS = Absent(
    "This figure is about growth over three years, so before and after would need six years of revenue.",
    "Compare two groups over three years instead.",
    "too_short",
)


def money_compared(sources: Sources, request: Request, reading: Reading) -> LevelComparison | RatioComparison | Absent:
    """Revenue or its growth beside a claim about it."""
    revenue = sources.revenue
    if isinstance(revenue, Absent):
        return revenue
    filters = resolved(request.filters, revenue.snapshot)
    if reading.metric == "revenue_growth" and reading.aligned_level is not None and reading.baseline_level is not None:
        return _levels(revenue, request, reading)
    if reading.ratio is None:
        return Absent("The unit of this figure is not stated, so it cannot be compared.", "", "no_ratio")
    if reading.metric == "revenue":
        return _revenue_ratio(revenue, request, reading, filters, currency=sources.currency)
    if reading.metric == "revenue_growth":
        return _growth_ratio(revenue, request, reading, filters)
    return _three_years(revenue, request, reading)


def yearly_growth(revenue: Revenue, request: Request) -> Growth | Absent:
    """Growth of the last whole year over the one before: of the chosen group where two are compared, else of all that count."""
    side = group_side(request, request.groups.observed) if request.way == "groups" and request.groups is not None else None
    own = resolved(request.filters, revenue.snapshot) if side is None else in_table(side, revenue.snapshot)
    return own if isinstance(own, Absent) else growth.last_year(revenue.within(own), own)


def _levels(revenue: Revenue, request: Request, reading: Reading) -> LevelComparison | Absent:
    year = yearly_growth(revenue, request)
    if isinstance(year, Absent):
        if year.code != "too_short":
            return year
        return Absent("This figure is about growth over a year, and two whole years are not loaded.", year.remedy, "too_short")
    if reading.aligned_level is None or reading.baseline_level is None:
        raise ValueError("a pair of levels has two levels")
    words = day_range(year.later[0], year.later[1] - timedelta(days=1))
    whose = f"The growth of “{request.groups.observed}”" if request.way == "groups" and request.groups is not None else "Your growth"
    return compare_level(
        f"{whose} ({words} against the year before)",
        year.value,
        year.interval,
        aligned_level=reading.aligned_level,
        other_level=reading.baseline_level,
        absent=year.absent or year.interval_absent,
    )


def _revenue_ratio(
    revenue: Revenue, request: Request, reading: Reading, filters: Filters, *, currency: str | None
) -> RatioComparison | Absent:
    if request.way == "groups":
        return NOT_BY_GROUP
    if request.way == "before_after":
        if request.before is None or request.after is None:
            return NO_WINDOWS
        if unequal(request.before, request.after) is not None:
            return UNEQUAL_MONEY
        found = growth.between(revenue, Filters(None, None, filters.where), earlier=request.before, later=request.after)
        label = "Revenue after against before"
    else:
        year = yearly_growth(revenue, request)
        if isinstance(year, Absent):
            return year
        found, label = year, f"Revenue, {day_range(year.later[0], year.later[1] - timedelta(days=1))} against the year before"
    interval = None
    if found.interval is not None:
        interval = Interval(1 + found.interval.low, 1 + found.interval.high, found.interval.level, found.interval.method)
    ratio = None if found.value is None else 1 + found.value
    later, earlier = (
        Measured(day_range(span[0], span[1] - timedelta(days=1)), amount, money(amount, currency), "revenue")
        for span, amount in ((found.later, found.later_revenue), (found.earlier, found.earlier_revenue))
    )
    return compare_ratio(
        label,
        ratio,
        interval,
        claimed=ratio_of(reading),
        words=REVENUE,
        way=request.way,
        sides=(later, earlier),
        absent=found.absent or found.interval_absent,
    )


def _growth_ratio(revenue: Revenue, request: Request, reading: Reading, filters: Filters) -> RatioComparison | Absent:
    if request.way == "groups" and request.groups is not None:
        own = in_table(group_side(request, request.groups.observed), revenue.snapshot)
        if isinstance(own, Absent):
            return own
        filters = own
    spans = growth.yearly_spans(revenue.within(filters).coverage)
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
    first, last = totals[1] / totals[0] - 1, totals[2] / totals[1] - 1
    sides = (
        Measured("the last year", last, signed_percent(last), "growth"),
        Measured("the year before", first, signed_percent(first), "growth"),
    )
    whose = f"Growth of “{request.groups.observed}”" if request.way == "groups" and request.groups is not None else "Growth"
    return compare_ratio(
        f"{whose}, the last year against the year before",
        ratio,
        None if isinstance(interval, Absent) else interval,
        claimed=ratio_of(reading),
        words=SPEED,
        sides=sides,
        absent=interval if isinstance(interval, Absent) else None,
    )


def _three_years(revenue: Revenue, request: Request, reading: Reading) -> RatioComparison | Absent:
    years = reading.years or 3
    if request.way == "before_after":
        return SIX_YEARS
    spans = growth.yearly_spans(revenue.coverage)
    if len(spans) < years:
        return Absent(
            f"This figure is about growth over {years} years, and "
            + ("no whole year" if not spans else f"only {len(spans)} whole {'year' if len(spans) == 1 else 'years'}")
            + f" of revenue {'are' if len(spans) > 1 else 'is'} loaded.",
            "Upload a longer history.",
            "too_short",
        )
    if request.way == "own_history" or request.groups is None:
        return NO_SECOND_SIDE
    rates = []
    for side in (group_side(request, request.groups.observed), group_side(request, request.groups.baseline)):
        filters = in_table(side, revenue.snapshot)
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
        claimed=ratio_of(reading),
        words=SPEED,
        way="groups",
        absent=Absent("A ratio of two growth rates over so few years has no useful likely range.", "Compare the two rates.", "no_interval"),
    )
