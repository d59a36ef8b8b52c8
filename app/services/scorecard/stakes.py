"""Where a claim would take the team's numbers, and what reaching it would be worth.

One story for each figure: what it starts from, where it would lead and what that is worth are the numbers of the comparison where there
is one (after against before, a group against another), else of all records that count.
"""

from __future__ import annotations

from datetime import date, timedelta

from app.benchmarks.catalogue import Reading
from app.benchmarks.comparison import Comparison, LevelComparison, RatioComparison
from app.benchmarks.stakes import Now, Stake, churn_stake, growth_stake, value_stake, win_stake
from app.metrics import growth, leads, retention, win_rate
from app.metrics.growth import Revenue
from app.metrics.model import Filters, Growth, Retention
from app.services.scorecard.claims import Found, retention_of
from app.services.scorecard.headlines import last_months, last_retention
from app.services.scorecard.model import Outlook
from app.services.scorecard.money import yearly_growth
from app.services.scorecard.request import Request
from app.services.scorecard.sides import sides_of
from app.services.scorecard.sources import Sources, lacks, resolved
from app.statistics.intervals import Absent, Interval
from app.wording import count, day_range, decimal, percent, signed_percent

REACHED = Absent("Your number is already at or beyond where the claim would lead, so there is nothing left to gain by it.", code="reached")
NO_AMOUNTS = Absent("The records carry no amounts, so the money cannot be worked out.", "Export the amounts too.", "no_amount")
NOBODY_LOST = Absent("No customer left, so there is no loss that could become smaller.", code="nothing_lost")


def outlook_of(sources: Sources, request: Request, reading: Reading, found: Found) -> Outlook | None:
    """Where the claim would lead, if it held: from the side it is held against, else from the team's present number.

    None when there is no such number.
    """
    ratio = reading.ratio
    if reading.metric in ("revenue", "revenue_growth", "revenue_cagr_3y"):
        return _growth_outlook(sources, request, reading)
    if ratio is None:
        return None
    if reading.metric == "churn":
        return _churn_outlook(sources, request, found, ratio)
    what = {"win_rate": "Win rate", "logo_retention": "Retention", "lead_conversion": "Lead conversion"}.get(reading.metric or "")
    if what is None:
        return None
    if reading.metric == "win_rate" and request.definition.weight == "value":
        what = "Win rate by value"
    sides = _rates(found)
    if sides is not None:
        return _applied(what, sides[1], ratio, of=_other(request), now=sides[0])
    rate = _present(sources, request, reading)
    return None if rate is None else _applied(what, rate, ratio, of=ALL_THAT_COUNT[reading.metric or ""])


ALL_THAT_COUNT = {
    "win_rate": "of all closed deals",
    "logo_retention": "now",
    "lead_conversion": "of all leads",
    "churn": "now",
}
"""What the present number is of, where nothing is compared."""


def stake_of(sources: Sources, request: Request, reading: Reading, found: Found) -> Stake | Absent | None:
    """What reaching the claim would be worth; None where the question makes no sense."""
    if reading.unit == "level" and not isinstance(found, LevelComparison):
        return None
    if reading.metric == "win_rate":
        return _win(sources, request, reading, found)
    if reading.metric == "churn":
        return _churned(sources, request, reading, found)
    if reading.metric == "revenue_growth" and reading.aligned_level is not None:
        return _grown(sources, request, reading.aligned_level)
    return None


def _win(sources: Sources, request: Request, reading: Reading, found: Found) -> Stake | Absent | None:
    deals = sources.deals
    if deals is None:
        return None
    now, target = _now_and_target(sources, request, reading, found)
    if now is None or target is None:
        return None
    if isinstance(target, Absent):
        return target
    if target > 1:
        return Absent(
            f"{percent(target / (reading.ratio or 1))} × {decimal(reading.ratio or 1, digits=2)} would be more than 100 %.",
            code="impossible",
        )
    if target <= now.rate:
        return REACHED
    filters = _of_observed(request)
    if request.way == "groups" and request.groups is not None and lacks(deals, request.groups.column) is not None:
        return None
    covered = win_rate.coverage(deals)
    span = last_months(covered.chosen(filters.start, filters.end)) if covered is not None else None
    if span is None:
        return None
    year = win_rate.overall(deals, request.definition, resolved(filters, deals).within(*span))
    if year.absent is not None:
        return year.absent
    months, days = (span[1].year - span[0].year) * 12 + span[1].month - span[0].month, _days(span)
    if request.definition.weight == "value":
        return value_stake(now, target=target, closed=year.closed_amount, currency=sources.currency, months=months, days=days)
    average = year.average_won
    if average is None:
        return NO_AMOUNTS
    missing = year.won - year.won_priced
    return win_stake(
        now,
        target=target,
        closed=year.closed,
        average=average,
        currency=sources.currency,
        months=months,
        days=days,
        without_amount=f"{count(missing)} of {count(year.won)} have none" if missing else "",
    )


def _now_and_target(sources: Sources, request: Request, reading: Reading, found: Found) -> tuple[Now | None, float | Absent | None]:
    """(where the team is, where the claim would lead) of a win rate."""
    of = _observed(request)
    if isinstance(found, Comparison) and found.observed.rate is not None:
        return _now(found.observed.rate, found.observed.interval, of), found.target
    if isinstance(found, RatioComparison) and found.sides is not None:
        return Now(found.sides[0].value, of), found.target
    if isinstance(found, LevelComparison) and found.observed is not None:
        return _now(found.observed, found.interval, of if request.way != "own_history" else "now"), reading.aligned_level
    if sources.deals is None or reading.ratio is None:
        return None, None
    rate = win_rate.overall(sources.deals, request.definition, resolved(request.filters, sources.deals))
    if rate.value is None:
        return None, rate.absent
    return _now(rate.value, rate.interval, ALL_THAT_COUNT["win_rate"]), rate.value * reading.ratio


def _churned(sources: Sources, request: Request, reading: Reading, found: Found) -> Stake | Absent | None:
    last = _observed_retention(sources, request, found)
    if isinstance(last, Absent) or last is None or last.churn is None or last.interval is None:
        return None
    if last.kind == "repeat":
        return Absent(
            "Purchases without contracts do not say what a kept customer is worth in a year.",
            "Upload customers with their recurring revenue.",
            "no_contract",
        )
    if not last.churn:
        return NOBODY_LOST
    if not last.revenue_at_start:
        return retention.NO_AMOUNTS
    target: float | Absent | None = reading.aligned_level
    if reading.ratio is not None:
        target = found.target if isinstance(found, Comparison) else last.churn * reading.ratio
    if isinstance(target, Absent) or target is None:
        return target
    if target >= last.churn:
        return REACHED
    compared = isinstance(found, (Comparison, LevelComparison)) and request.way != "own_history"
    return churn_stake(
        Now(last.churn, _observed(request) if compared else "now", 1 - last.interval.high, 1 - last.interval.low),
        customers=last.at_start,
        target=target,
        average=last.revenue_at_start / last.at_start * 12,
        currency=sources.currency,
    )


def _observed_retention(sources: Sources, request: Request, found: Found) -> Retention | Absent | None:
    """The retention of the observed side of a comparison, else the present one."""
    sides = sides_of(request)
    if isinstance(found, Comparison) and not isinstance(sides, Absent):
        return retention_of(sources, request, sides[0])
    return last_retention(sources, _of_observed(request))[0]


def _grown(sources: Sources, request: Request, level: float) -> Stake | Absent | None:
    revenue = sources.revenue
    year = yearly_growth(revenue, request) if isinstance(revenue, Revenue) else None
    if not isinstance(year, Growth) or year.value is None:
        return None
    if year.value >= level:
        return REACHED
    of = _of_group(request).strip() or "now"
    return growth_stake(
        revenue=year.later_revenue, growth=year.value, target=level, currency=sources.currency, days=_days(year.later), of=of
    )


def _growth_outlook(sources: Sources, request: Request, reading: Reading) -> Outlook | None:
    revenue, ratio = sources.revenue, reading.ratio
    if not isinstance(revenue, Revenue):
        return None
    if reading.metric == "revenue_cagr_3y":
        if ratio is None:
            return None
        own = _of_observed(request)
        if request.way == "groups" and request.groups is not None and lacks(revenue.snapshot, request.groups.column) is not None:
            return None
        years = growth.yearly(revenue, resolved(own, revenue.snapshot), years=reading.years)
        over = f"over {reading.years} years" if reading.years else f"over {years.years} years"
        return None if years.value is None else _times("Yearly growth", years.value, ratio, of=f"{_of_group(request)} {over}".strip())
    # A figure about a year is held against growth over a year, never over a quarter.
    year = yearly_growth(revenue, request)
    if isinstance(year, Absent) or year.value is None:
        return None
    if reading.aligned_level is not None and reading.baseline_level is not None:
        step = (
            f"Growth{_of_group(request)} was {signed_percent(year.value)} over the year {_days(year.later)}; the aligned firms reported "
            f"{signed_percent(reading.aligned_level)}"
        )
        return Outlook("Growth", year.value, reading.aligned_level, (step,), is_change=True, of=_over_the_year(request))
    if reading.metric == "revenue_growth" and ratio is not None and reading.unit != "level":
        return _times("Growth", year.value, ratio, of=_over_the_year(request))
    return None


def _churn_outlook(sources: Sources, request: Request, found: Found, ratio: float) -> Outlook | None:
    if isinstance(found, Comparison):
        lost, now, of = found.baseline.rate, found.observed.rate, _other(request)
    else:
        last, _ = last_retention(sources, request.filters)
        lost, now, of = None if isinstance(last, Absent) else last.churn, None, ALL_THAT_COUNT["churn"]
    if lost is None:
        return None
    kept = None if now is None else 1 - now
    if not lost:
        return Outlook("Retention", 1.0, NOBODY_LOST, (), of=of, now=kept)
    after = lost * ratio
    steps = (
        f"{percent(lost, digits=2)} lost × {decimal(ratio, digits=2)} = {percent(after, digits=2)} lost",
        f"100 % − {percent(after, digits=2)} = {percent(1 - after, digits=2)} kept, from {percent(1 - lost, digits=2)}",
    )
    return Outlook("Retention", 1 - lost, 1 - after, steps, of=of, now=kept)


def _present(sources: Sources, request: Request, reading: Reading) -> float | None:
    """The team's present rate of a metric, under the filters."""
    if reading.metric == "win_rate" and sources.deals is not None:
        return win_rate.overall(sources.deals, request.definition, resolved(request.filters, sources.deals)).value
    if reading.metric == "logo_retention":
        found, _ = last_retention(sources, request.filters)
        return None if isinstance(found, Absent) else found.value
    if reading.metric == "lead_conversion" and sources.leads is not None:
        return leads.overall(sources.leads, resolved(request.filters, sources.leads)).value
    return None


def _applied(what: str, rate: float, ratio: float, *, of: str, now: float | None = None) -> Outlook:
    after = rate * ratio
    steps = (f"{percent(rate, digits=2)} × {decimal(ratio, digits=2)} = {percent(after, digits=2)}",)
    if after > 1:
        ceiling = f"No rate can be above 100 %. The claim is impossible above {percent(1 / ratio)} (1 / {decimal(ratio, digits=2)})."
        return Outlook(what, rate, Absent(f"{steps[0]}. {ceiling}", code="impossible"), steps, of=of, now=now)
    return Outlook(what, rate, after, steps, of=of, now=now)


def _times(what: str, value: float, ratio: float, *, of: str) -> Outlook:
    after = value * ratio
    step = f"{signed_percent(value, digits=2)} a year × {decimal(ratio, digits=2)} = {signed_percent(after, digits=2)} a year"
    return Outlook(what, value, after, (step,), is_change=True, of=of)


def _rates(found: Found) -> tuple[float, float] | None:
    """(observed, other) rate of a comparison of two rates."""
    if isinstance(found, Comparison) and found.observed.rate is not None and found.baseline.rate is not None:
        return found.observed.rate, found.baseline.rate
    if isinstance(found, RatioComparison) and found.sides is not None and found.target is not None:
        return found.sides[0].value, found.sides[1].value
    return None


def _now(rate: float, interval: Interval | None, of: str) -> Now:
    return Now(rate, of) if interval is None else Now(rate, of, interval.low, interval.high)


def _of_observed(request: Request) -> Filters:
    """The filters of the observed side without its days: which records a year of it is counted on."""
    if request.way == "groups" and request.groups is not None:
        return request.filters.only(request.groups.column, request.groups.observed)
    return request.filters


def _observed(request: Request) -> str:
    return f"in “{request.groups.observed}”" if request.way == "groups" and request.groups is not None else "in the period after"


def _other(request: Request) -> str:
    return f"in “{request.groups.baseline}”" if request.way == "groups" and request.groups is not None else "before"


def _of_group(request: Request) -> str:
    return f" of “{request.groups.observed}”" if request.way == "groups" and request.groups is not None else ""


def _over_the_year(request: Request) -> str:
    return f"{_of_group(request)} over the last year".strip()


def _days(span: tuple[date, date]) -> str:
    return str(day_range(span[0], span[1] - timedelta(days=1)))
