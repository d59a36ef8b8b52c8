"""Each cited figure held against the team's own numbers, in one of three ways."""

from __future__ import annotations

from datetime import date

from app.benchmarks.catalogue import Reading
from app.benchmarks.comparison import (
    DEPENDENT_FROM,
    Arm,
    Comparison,
    LevelComparison,
    Measured,
    RatioComparison,
    Words,
    arm,
    compare,
    compare_ratio,
)
from app.metrics import growth, leads, retention, win_rate
from app.metrics.engine import Snapshot
from app.metrics.growth import Revenue
from app.metrics.model import Definition, Filters, Retention, WinRate
from app.metrics.periods import Coverage
from app.metrics.win_rate import AccountRates
from app.services.scorecard.headlines import NO_DEALS
from app.services.scorecard.money import money_compared
from app.services.scorecard.own_levels import against_level
from app.services.scorecard.request import Request
from app.services.scorecard.sides import Side, filters_of, in_table, ratio_of, sides_of
from app.services.scorecard.sources import Sources, resolved
from app.services.scorecard.spans import clash, partly, unequal
from app.statistics.intervals import Absent, Interval
from app.statistics.linearised import linear_ratio_interval
from app.statistics.resampling import ratio_of_rates_interval
from app.wording import money, percent

WIN = Words(rate="win rate", many="closed deals")
LOSS = Words(rate="share of customers lost", many="customers")
KEPT = Words(rate="retention", many="customers")
WIN_BY_VALUE = Words(rate="win rate by value", many="closed deals")
CONVERSION = Words(rate="lead conversion", many="leads")

FLAG_ONLY = Absent(
    "The customer list says who left but not when, so before and after cannot be told apart.",
    "Export the day each customer started and left, or compare two groups.",
    "no_date",
)
NO_ACCOUNTS = "The deals name no account, so each deal is taken to stand for itself; deals of one customer would widen the range."
BY_VALUE = "By value, as chosen under Definition. The cited figure counts deals, not their value."
YOUNG = "Leads of the last months had less time to become customers."
YOUNG_DEALS = "Deals created lately had less time to close, and those that closed fast are the only ones counted."

Found = Comparison | LevelComparison | RatioComparison | Absent


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
        return money_compared(sources, request, reading)
    if reading.ratio is None:
        return Absent("This figure is a level and not a change, so there is no ratio to compare.", "", "no_ratio")
    # What is not loaded comes before what is not chosen: a choice of two sides would not supply it.
    missing = _not_loaded(sources, reading)
    if missing is not None:
        return missing
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


def _not_loaded(sources: Sources, reading: Reading) -> Absent | None:
    """Why the metric of a reading cannot be had at all from what is loaded; None where it can."""
    if reading.metric == "win_rate" and sources.deals is None:
        return NO_DEALS
    if reading.metric in ("churn", "logo_retention") and isinstance(sources.retention_kind, Absent):
        return sources.retention_kind
    if reading.metric == "lead_conversion" and sources.leads is None:
        return leads.NO_LEADS
    return None


def win_rates(sources: Sources, request: Request, reading: Reading, sides: tuple[Side, Side]) -> Found:
    """Win rates of two sides under the request's definition, with whole accounts resampled where deals of one account go together."""
    deals, definition = sources.deals, request.definition
    if deals is None:
        return NO_DEALS
    rates = []
    for side in sides:
        filters = in_table(side, deals)
        if isinstance(filters, Absent):
            return filters
        rate = win_rate.overall(deals, definition, filters)
        if rate.absent is not None and rate.absent.code not in ("nothing_closed", "no_amount"):
            return rate.absent
        rates.append(rate)
    caveats = (*_partly(win_rate.coverage(deals), sides, "deals"), *((YOUNG_DEALS,) if _young(request) else ()))
    if definition.weight == "value":
        return _by_value(deals, request, reading, sides, (rates[0], rates[1]), currency=sources.currency, caveats=caveats)
    observed, baseline = (arm(side.label, rate.won, rate.closed) for side, rate in zip(sides, rates, strict=True))
    by_account = _by_account(deals, definition, sides, observed, baseline) if _both(observed, baseline) else None
    return compare(
        observed,
        baseline,
        claimed=ratio_of(reading),
        lower_is_better=False,
        way=request.way,
        words=WIN,
        by_account=by_account,
        caveats=caveats,
    )


def _by_value(
    deals: Snapshot,
    request: Request,
    reading: Reading,
    sides: tuple[Side, Side],
    rates: tuple[WinRate, WinRate],
    *,
    currency: str | None,
    caveats: tuple[str, ...],
) -> RatioComparison | Absent:
    """Win rates by value: money won over money closed, ranged by account, or by deal where no account is named."""
    measured = []
    for side, rate in zip(sides, rates, strict=True):
        if rate.value is None:
            return Absent(f"“{side.label}” has no closed deals with amounts.", "Choose other dates or another group.", "empty_arm")
        basis = f"{money(rate.won_amount, currency)} of {money(rate.closed_amount, currency)}"
        measured.append(Measured(side.label, rate.value, percent(rate.value), basis))
    if rates[1].won_amount <= 0:
        return Absent(f"“{sides[1].label}” won nothing, and nothing can be a multiple of zero.", "Choose a longer period.", "zero_baseline")
    filters = [resolved(filters_of(side), deals) for side in sides]
    first, second = (win_rate.by_account(deals, request.definition, one) for one in filters)
    interval: Interval | Absent
    if first.accounts and second.accounts:
        interval = _of_accounts(first, second, paired=sides[0].span != sides[1].span)
    else:
        interval = linear_ratio_interval(*(win_rate.value_sums(deals, request.definition, one) for one in filters))
        caveats = (*caveats, NO_ACCOUNTS)
    return compare_ratio(
        "Win rate by value",
        measured[0].value / measured[1].value,
        interval if isinstance(interval, Interval) else None,
        claimed=ratio_of(reading),
        words=WIN_BY_VALUE,
        way=request.way,
        sides=(measured[0], measured[1]),
        is_rate=True,
        caveats=(*caveats, BY_VALUE),
        absent=interval if isinstance(interval, Absent) else None,
    )


def _by_account(deals: Snapshot, definition: Definition, sides: tuple[Side, Side], observed: Arm, baseline: Arm) -> Interval | None:
    """The interval of the ratio by account; None where deals of one account are rare or too few accounts are named."""
    first, second = (win_rate.by_account(deals, definition, resolved(filters_of(side), deals)) for side in sides)
    named = sum(first.closed) + sum(second.closed)
    accounts = len(first.accounts) + len(second.accounts)
    if not accounts or named / accounts < DEPENDENT_FROM or named < 0.5 * (observed.trials + baseline.trials):
        return None
    found = _of_accounts(first, second, paired=sides[0].span != sides[1].span)
    return found if isinstance(found, Interval) else None


def _of_accounts(first: AccountRates, second: AccountRates, *, paired: bool) -> Interval | Absent:
    if not paired:
        return ratio_of_rates_interval(first.won, first.closed, second.won, second.closed, paired=False)
    names = sorted({*first.accounts, *second.accounts})
    a, b = (dict(zip(r.accounts, zip(r.won, r.closed, strict=True), strict=True)) for r in (first, second))
    columns = [[side.get(name, (0.0, 0.0))[i] for name in names] for side in (a, b) for i in (0, 1)]
    return ratio_of_rates_interval(*columns, paired=True)


def _young(request: Request) -> bool:
    return request.way == "before_after" and request.definition.by_date == "created"


def _partly(coverage: Coverage | None, sides: tuple[Side, Side], what: str) -> tuple[str, ...]:
    return tuple(partly(coverage, tuple(side.span for side in reversed(sides) if side.span is not None), what=what))


def _retained(sources: Sources, request: Request, reading: Reading, sides: tuple[Side, Side]) -> Found:
    if sides[0].span is not None and sides[1].span is not None and (absent := unequal(sides[1].span, sides[0].span)) is not None:
        return absent
    found = [retention_of(sources, request, side) for side in sides]
    for one in found:
        if isinstance(one, Absent):
            return one
        if one.absent is not None and one.absent.code == "partial_period":
            return one.absent
    kept = [one for one in found if isinstance(one, Retention)]
    if all(one.kind == "repeat" and not one.at_start for one in kept):
        return retention.NAMELESS
    lost = reading.lower_is_better
    observed, baseline = (arm(side.label, one.lost if lost else one.kept, one.at_start) for side, one in zip(sides, kept, strict=True))
    return compare(
        observed,
        baseline,
        claimed=ratio_of(reading),
        lower_is_better=lost,
        way=request.way,
        words=LOSS if lost else KEPT,
    )


def retention_of(sources: Sources, request: Request, side: Side) -> Retention | Absent:
    """The retention of one side of a comparison."""
    kind = sources.retention_kind
    if isinstance(kind, Absent):
        return kind
    if kind == "flag" and sources.customers is not None:
        if request.way == "before_after":
            return FLAG_ONLY
        filters = in_table(side, sources.customers)
        return filters if isinstance(filters, Absent) else retention.flagged(sources.customers, Filters(None, None, filters.where))
    if kind == "contract" and sources.customers is not None:
        filters = in_table(side, sources.customers)
        if isinstance(filters, Absent):
            return filters
        span = side.span or _whole(sources, "customers")
        if span is None:
            return retention.NO_DATES
        return retention.contracts_in_span(sources.customers, Filters(None, None, filters.where), start=span[0], end=span[1])
    revenue = sources.revenue
    if isinstance(revenue, Revenue):
        filters = in_table(side, revenue.snapshot)
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
        filters = in_table(side, sources.leads)
        if isinstance(filters, Absent):
            return filters
        found = leads.overall(sources.leads, filters)
        if found.absent is not None:
            return found.absent
        arms.append(arm(side.label, found.converted, found.leads))
    return compare(
        arms[0],
        arms[1],
        claimed=ratio_of(reading),
        lower_is_better=False,
        way=request.way,
        words=CONVERSION,
        caveats=(*_partly(leads.coverage(sources.leads), sides, "leads"), *((YOUNG,) if request.way == "before_after" else ())),
    )


def _whole(sources: Sources, what: str) -> tuple[date, date] | None:
    from app.services.scorecard.headlines import last_twelve_months

    if what == "customers":
        return last_twelve_months(sources)
    revenue = sources.revenue
    spans = growth.yearly_spans(revenue.coverage) if isinstance(revenue, Revenue) else ()
    return spans[-1] if spans else last_twelve_months(sources)


def _both(observed: Arm, baseline: Arm) -> bool:
    return bool(observed.trials and baseline.trials and baseline.successes)
