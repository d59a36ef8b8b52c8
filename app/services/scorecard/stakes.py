"""Where a claim would take the team's numbers, and what reaching it would be worth in a year."""

from __future__ import annotations

from app.benchmarks.catalogue import Reading
from app.benchmarks.comparison import Comparison
from app.benchmarks.stakes import Stake, churn_stake, growth_stake, win_stake
from app.metrics import growth, leads, retention, win_rate
from app.metrics.growth import Revenue
from app.metrics.model import Definition, Filters
from app.services.scorecard.claims import NO_SECOND_SIDE, Found
from app.services.scorecard.headlines import last_growth, last_months, last_retention
from app.services.scorecard.model import Outlook
from app.services.scorecard.request import Request
from app.services.scorecard.sources import Sources, resolved
from app.statistics.intervals import Absent
from app.wording import percent, signed_percent

REACHED = Absent("Your number is already at or beyond where the claim would lead, so there is nothing left to gain by it.", code="reached")
NO_AMOUNTS = Absent("The records carry no amounts, so the money cannot be worked out.", "Export the amounts too.", "no_amount")


def outlook_of(sources: Sources, request: Request, reading: Reading) -> Outlook | None:
    """Where the claim would take the team's present number, if it held; None when there is no such number."""
    ratio = reading.ratio
    if reading.metric == "win_rate" and sources.deals is not None and ratio is not None:
        rate = win_rate.overall(sources.deals, _by_count(request), resolved(request.filters, sources.deals))
        return None if rate.value is None else _applied("Win rate", rate.value, ratio)
    if reading.metric in ("churn", "logo_retention") and ratio is not None:
        found, _ = last_retention(sources, request.filters)
        if isinstance(found, Absent) or found.value is None or found.churn is None:
            return None
        return _churn(found.churn, ratio) if reading.metric == "churn" else _applied("Retention", found.value, ratio)
    if reading.metric == "lead_conversion" and sources.leads is not None and ratio is not None:
        converted = leads.overall(sources.leads, resolved(request.filters, sources.leads))
        return None if converted.value is None else _applied("Lead conversion", converted.value, ratio)
    revenue = sources.revenue
    if reading.metric == "revenue_cagr_3y" and isinstance(revenue, Revenue) and ratio is not None:
        years = growth.yearly(revenue, resolved(request.filters, revenue.snapshot), years=reading.years)
        if years.value is None:
            return None
        after = years.value * ratio
        step = f"{signed_percent(years.value)} a year × {ratio:.2f} = {signed_percent(after)} a year"
        return Outlook("Yearly growth", years.value, after, (step,), is_change=True)
    if reading.metric in ("revenue", "revenue_growth") and isinstance(revenue, Revenue):
        last, _ = last_growth(revenue, request.filters)
        if isinstance(last, Absent) or last.value is None:
            return None
        if reading.aligned_level is not None and reading.baseline_level is not None:
            step = f"Your growth is {signed_percent(last.value)}; the aligned firms reported {signed_percent(reading.aligned_level)}"
            return Outlook("Growth", last.value, reading.aligned_level, (step,), is_change=True)
        if reading.metric == "revenue_growth" and ratio is not None:
            step = f"{signed_percent(last.value)} × {ratio:.2f} = {signed_percent(last.value * ratio)}"
            return Outlook("Growth", last.value, last.value * ratio, (step,), is_change=True)
    return None


def stake_of(sources: Sources, request: Request, reading: Reading, found: Found) -> Stake | Absent | None:
    """What reaching the claim would be worth in a year; None where the question makes no sense."""
    if reading.metric == "win_rate":
        return _win(sources, request, reading, found)
    if reading.metric == "churn":
        return _churned(sources, request, reading, found)
    if reading.unit == "level":
        return None
    if reading.metric == "revenue_growth" and reading.aligned_level is not None:
        return _grown(sources, request, reading.aligned_level)
    return None


def _win(sources: Sources, request: Request, reading: Reading, found: Found) -> Stake | Absent | None:
    deals, ratio = sources.deals, reading.ratio
    span = last_months(win_rate.coverage(deals)) if deals is not None else None
    if deals is None or ratio is None or span is None:
        return None
    filters = _of_observed(request)
    rate = win_rate.overall(deals, _by_count(request), resolved(filters, deals).within(*span))
    if rate.value is None or rate.interval is None:
        return rate.absent
    if not rate.won or rate.won_amount <= 0:
        return NO_AMOUNTS
    target = found.target if isinstance(found, Comparison) else rate.value * ratio
    if isinstance(target, Absent):
        return target
    if target is None:
        return NO_SECOND_SIDE
    if target > 1:
        return Absent(f"{percent(rate.value)} × {ratio:.2f} would be more than 100 %, which is impossible.", code="impossible")
    if target <= rate.value:
        return REACHED
    return win_stake(
        closed=rate.closed,
        rate=rate.value,
        target=target,
        average=rate.won_amount / rate.won,
        currency=sources.currency,
        months=(span[1].year - span[0].year) * 12 + span[1].month - span[0].month,
        low=rate.interval.low,
        high=rate.interval.high,
    )


def _churned(sources: Sources, request: Request, reading: Reading, found: Found) -> Stake | Absent | None:
    ratio = reading.ratio
    last, _ = last_retention(sources, _of_observed(request))
    if isinstance(last, Absent) or last.churn is None or last.interval is None or ratio is None:
        return None
    if last.kind == "repeat":
        return Absent(
            "Purchases without contracts do not say what a kept customer is worth in a year.",
            "Upload customers with their recurring revenue.",
            "no_contract",
        )
    if not last.revenue_at_start:
        return retention.NO_AMOUNTS
    target = found.target if isinstance(found, Comparison) and last.kind != "contract" else last.churn * ratio
    if isinstance(found, Comparison) and isinstance(found.target, float) and _same_length(request):
        target = found.target
    if isinstance(target, Absent) or target is None:
        return target
    if target >= last.churn:
        return REACHED
    return churn_stake(
        customers=last.at_start,
        churn=last.churn,
        target=target,
        average=last.revenue_at_start / last.at_start * 12,
        currency=sources.currency,
        low=1 - last.interval.high,
        high=1 - last.interval.low,
    )


def _grown(sources: Sources, request: Request, level: float) -> Stake | Absent | None:
    revenue = sources.revenue
    if isinstance(revenue, Absent):
        return None
    year = growth.last_year(revenue, resolved(_of_observed(request), revenue.snapshot))
    if isinstance(year, Absent) or year.value is None:
        return None
    if year.value >= level:
        return REACHED
    return growth_stake(revenue=year.later_revenue, growth=year.value, target=level, currency=sources.currency)


def _same_length(request: Request) -> bool:
    """Whether the spans compared are a year long, so that their churn is the churn of a year."""
    return request.after is not None and 360 <= (request.after[1] - request.after[0]).days <= 370


def _of_observed(request: Request) -> Filters:
    if request.way == "groups" and request.groups is not None:
        where = tuple((label, values) for label, values in request.filters.where if label != request.groups.column)
        return Filters(None, None, (*where, (request.groups.column, (request.groups.observed,))))
    return Filters(None, None, request.filters.where)


def _by_count(request: Request) -> Definition:
    return Definition("count", request.definition.by_date, request.definition.no_decision)


def _applied(what: str, rate: float, ratio: float) -> Outlook:
    after = rate * ratio
    steps = (f"{percent(rate)} × {ratio:.2f} = {percent(after)}",)
    if after > 1:
        ceiling = f"No rate can be above 100 %. The claim is impossible above {percent(1 / ratio)} (1 / {ratio:.2f})."
        return Outlook(what, rate, Absent(f"{steps[0]}. {ceiling}", code="impossible"), steps)
    return Outlook(what, rate, after, steps)


def _churn(churn: float, ratio: float) -> Outlook:
    lost = churn * ratio
    steps = (
        f"{percent(churn)} lost × {ratio:.2f} = {percent(lost)} lost",
        f"100 % − {percent(lost)} = {percent(1 - lost)} kept, from {percent(1 - churn)}",
    )
    return Outlook("Retention", 1 - churn, 1 - lost, steps)
