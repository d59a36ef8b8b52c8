"""The numbers at the top of the scorecard."""

from __future__ import annotations

from datetime import date, timedelta

from app.metrics import growth, leads, retention, win_rate
from app.metrics.growth import Revenue
from app.metrics.model import Filters, Growth, Retention, WinRate
from app.metrics.periods import Coverage, Period, months_before, period_of_month, whole_months
from app.services.scorecard.model import Headline
from app.services.scorecard.request import Request
from app.services.scorecard.sources import Sources, resolved
from app.statistics.intervals import Absent
from app.wording import count, day_range, money, percent

NO_DEALS = Absent("No deals are loaded.", "Upload the deals (opportunities) of your CRM, won and lost ones.", "no_table")


def headlines(sources: Sources, request: Request) -> tuple[Headline, ...]:
    """Win rate, retention and growth, and lead conversion where leads are loaded."""
    found = [win_rate_headline(sources, request), retention_headline(sources, request), growth_headline(sources, request)]
    if sources.leads is not None:
        found.append(leads_headline(sources, request))
    return tuple(found)


def win_rate_headline(sources: Sources, request: Request) -> Headline:
    """The win rate of all deals the filters let through."""
    definition = win_rate.sentence(request.definition)
    if sources.deals is None:
        return Headline("win_rate", "Win rate", False, None, None, None, "", "", definition, False, NO_DEALS)
    filters = resolved(request.filters, sources.deals)
    rate = win_rate.overall(sources.deals, request.definition, filters)
    info = sources.deals.info
    by_value = request.definition.weight == "value"
    return Headline(
        key="win_rate",
        label="Win rate",
        is_change=False,
        value=rate.value,
        interval=rate.interval,
        parts=(rate.won_amount, rate.closed_amount) if by_value else (float(rate.won), float(rate.closed)),
        basis=_won_of(rate, sources.currency),
        period=span_words(request.filters, info.first, info.last),
        definition=definition,
        small=rate.small,
        absent=rate.absent,
        note=rate.interval_absent.reason if rate.interval_absent is not None else "",
    )


def _won_of(rate: WinRate, currency: str | None) -> str:
    counted = f"{count(rate.won)} won of {count(rate.closed)} closed deals"
    if rate.definition.weight == "count":
        return counted
    return f"{money(rate.won_amount, currency)} won of {money(rate.closed_amount, currency)} closed ({counted})"


def retention_headline(sources: Sources, request: Request) -> Headline:
    """Customers kept over the last twelve months, from purchase to purchase, or of the list."""
    kind = sources.retention_kind
    if isinstance(kind, Absent):
        return Headline("retention", "Retention", False, None, None, None, "", "", retention.SENTENCES["contract"], False, kind)
    found, period = last_retention(sources, request.filters)
    if isinstance(found, Absent):
        return Headline("retention", "Retention", False, None, None, None, "", "", retention.SENTENCES[kind], False, found)
    return Headline(
        key="retention",
        label="Retention",
        is_change=False,
        value=found.value,
        interval=found.interval,
        parts=(float(found.kept), float(found.at_start)),
        basis=f"{count(found.kept)} kept of {count(found.at_start)} customers",
        period=period,
        definition=retention.SENTENCES[kind],
        small=found.small,
        absent=found.absent,
        note=""
        if found.gross is None
        else f"{percent(found.gross)} of the revenue of the customers there at the start was kept (gross revenue retention).",
    )


def last_retention(sources: Sources, filters: Filters) -> tuple[Retention | Absent, str]:
    """(retention, its period in words) of the last twelve months covered, the last whole step from quarter to quarter, or the list."""
    kind = sources.retention_kind
    if kind == "contract" and sources.customers is not None:
        own = resolved(filters, sources.customers)
        span = last_twelve_months(sources, filters)
        if span is None:
            return retention.NO_DATES, ""
        start, end = span
        return retention.contracts_in_span(sources.customers, own, start=start, end=end), day_range(start, end - timedelta(days=1))
    if kind == "flag" and sources.customers is not None:
        return retention.flagged(sources.customers, resolved(filters, sources.customers)), "the customer list as exported"
    revenue = sources.revenue
    if kind == "repeat" and isinstance(revenue, Revenue):
        for grain in ("quarter", "month"):
            steps = retention.repeat_over_time(revenue, resolved(filters, revenue.snapshot), grain=grain)
            if isinstance(steps, Absent):
                return steps, ""
            whole = [step for step in steps if not step.partial]
            if whole and whole[-1].period is not None:
                return whole[-1], f"{whole[-1].period.label} to {whole[-1].period.next().label}"
        return Absent("No two periods in a row are covered whole.", "Upload a longer history.", "too_short"), ""
    return (kind if isinstance(kind, Absent) else retention.NO_CUSTOMERS), ""


def growth_headline(sources: Sources, request: Request) -> Headline:
    """Growth over a year, or of the last whole quarter or month where the history is too short for one; see `last_growth`."""
    revenue = sources.revenue
    if isinstance(revenue, Absent):
        return Headline(
            "growth",
            "Growth",
            True,
            None,
            None,
            None,
            "",
            "",
            "Growth = revenue of a period / revenue of the one before − 1",
            False,
            revenue,
        )
    found, words = last_growth(revenue, request.filters)
    definition = f"Growth = revenue of the later span / revenue of the earlier, equal span − 1. {revenue.sentence}"
    if isinstance(found, Absent):
        return Headline("growth", "Growth", True, None, None, None, "", "", definition, False, found)
    return Headline(
        key="growth",
        label="Growth",
        is_change=True,
        value=found.value,
        interval=found.interval,
        parts=(found.earlier_revenue, found.later_revenue),
        basis=f"{count(found.accounts)} accounts" if found.accounts else "no account named",
        period=words,
        definition=definition,
        small=False,
        absent=found.absent,
        note=found.interval_absent.reason if found.interval_absent is not None else "",
    )


def last_growth(revenue: Revenue, filters: Filters) -> tuple[Growth | Absent, str]:
    """(growth, its spans in words): the last year over the one before, else the last months over the same ones a year before.

    Where not even three months are loaded twice, the last whole quarter or month over the one before, which the words say holds other
    seasons. The last ones within the days of the filters.
    """
    revenue = revenue.within(filters)
    own = resolved(filters, revenue.snapshot)
    year = growth.last_year(revenue, own)
    if isinstance(year, Growth):
        return year, f"{day_range(year.later[0], year.later[1] - timedelta(days=1))} against the year before"
    months = growth.same_months(revenue, own)
    if isinstance(months, Growth):
        return months, f"{day_range(months.later[0], months.later[1] - timedelta(days=1))} against the same months a year before"
    whole = whole_months(revenue.coverage) if revenue.coverage is not None else None
    if revenue.coverage is None or whole is None:
        return year, ""
    last = (whole[1].year * 12 + whole[1].month - 1) - 1
    for grain in ("quarter", "month"):
        period = period_of_month(last, grain)
        if not revenue.coverage.covers(period):
            period = period.previous()
        if revenue.coverage.covers(period) and revenue.coverage.covers(period.previous()):
            spans = ((period.previous().start, period.previous().end), (period.start, period.end))
            return growth.between(revenue, own, earlier=spans[0], later=spans[1]), _next_to(period)
    return Absent("No two whole periods in a row are covered.", "Upload a longer history.", "too_short"), ""


def _next_to(period: Period) -> str:
    return f"{period.label} against {period.previous().label}, the {period.grain} before, so the season plays a part"


def leads_headline(sources: Sources, request: Request) -> Headline:
    """Lead conversion of all leads."""
    if sources.leads is None:
        raise ValueError("no leads are loaded")
    found = leads.overall(sources.leads, resolved(request.filters, sources.leads))
    info = sources.leads.info
    return Headline(
        key="lead_conversion",
        label="Lead conversion",
        is_change=False,
        value=found.value,
        interval=found.interval,
        parts=(float(found.converted), float(found.leads)),
        basis=f"{count(found.converted)} became customers of {count(found.leads)} leads",
        period=span_words(request.filters, info.first, info.last),
        definition=leads.SENTENCE,
        small=found.small,
        absent=found.absent,
    )


def last_twelve_months(sources: Sources, filters: Filters | None = None) -> tuple[date, date] | None:
    """The last twelve whole months of the customers (else of the main table), or fewer where fewer are covered or chosen."""
    covered = retention.coverage(sources.customers) if sources.customers is not None else None
    covered = covered or sources.coverage()
    if covered is not None and filters is not None:
        covered = covered.chosen(filters.start, filters.end)
    return last_months(covered)


def last_months(covered: Coverage | None, *, months: int = 12) -> tuple[date, date] | None:
    """The last whole months covered, at most `months` (first day, first day after); None when there is none."""
    whole = whole_months(covered) if covered is not None else None
    return None if whole is None else (max(whole[0], months_before(whole[1], months)), whole[1])


def span_words(filters: Filters, first: str | None, last: str | None) -> str:
    """The days counted, in words."""
    start = filters.start or (date.fromisoformat(first) if first else None)
    end = filters.end - timedelta(days=1) if filters.end else (date.fromisoformat(last) if last else None)
    return day_range(start, end) if start is not None and end is not None else "all records"
