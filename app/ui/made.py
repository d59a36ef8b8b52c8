"""The results a page shows, each made once for what is loaded and what is asked."""

from __future__ import annotations

from collections.abc import Callable

from app.charts.figure import Figure
from app.metrics import growth, leads, retention, traffic, win_rate
from app.metrics.engine import Snapshot
from app.metrics.growth import Revenue
from app.metrics.model import Definition, Filters
from app.metrics.periods import Grain, period_of
from app.services.figures import amounts, rates
from app.services.figures import claims as claim_figures
from app.services.figures.account import Account, account_of
from app.services.scorecard.build import break_down, scorecard
from app.services.scorecard.headlines import span_words
from app.services.scorecard.model import ClaimLine, Scorecard
from app.services.scorecard.request import Request
from app.services.scorecard.sources import Sources, resolved
from app.statistics.intervals import Absent
from app.ui.guard import Visit
from app.ui.own import own_claims

Shown = Figure | Absent | None


def card(visit: Visit, sources: Callable[[], Sources], request: Request) -> Scorecard:
    """The scorecard of a request."""
    own = own_claims(visit)
    return visit.result("scorecard", request, tuple(c.id for c in own), make=lambda: scorecard(sources(), request, own=own))


def account(visit: Visit, snapshot: Snapshot, filters: Filters) -> Account:
    """Source and filters of one table's figures."""
    return account_of(snapshot.info, file_name=visit.file_name(snapshot.info.table), filters=filters)


def event(visit: Visit, grain: Grain) -> str | None:
    """The label of the period in which the programme began."""
    return period_of(visit.team.programme_start, grain).label if visit.team.programme_start is not None else None


def win_rate_trend(visit: Visit, deals: Snapshot, definition: Definition, filters: Filters, grain: Grain) -> Shown:
    """The win rate over time."""

    def make() -> Shown:
        found = win_rate.over_time(deals, definition, resolved(filters, deals), grain=grain)
        if isinstance(found, Absent):
            return found
        return rates.win_rate_over_time(
            found,
            definition=win_rate.sentence(definition),
            account=account(visit, deals, filters),
            mode=visit.mode,
            event=event(visit, grain),
        ) or win_rate.refusal(deals, definition)

    return visit.result("win_rate_trend", definition, filters, grain, visit.mode, event(visit, grain), make=make)


def win_rate_dial(visit: Visit, deals: Snapshot, definition: Definition, filters: Filters) -> Shown:
    """The win rate under every definition."""

    def make() -> Shown:
        found = win_rate.dial(deals, definition, resolved(filters, deals))
        period = span_words(filters, deals.info.first, deals.info.last)
        return rates.dial(found, chosen=definition, period=period, account=account(visit, deals, filters), mode=visit.mode)

    return visit.result("win_rate_dial", definition, filters, visit.mode, make=make)


def win_rate_groups(visit: Visit, deals: Snapshot, definition: Definition, filters: Filters, *, column: str, label: str) -> Shown:
    """The win rate of each group of a column."""

    def make() -> Shown:
        own = resolved(filters, deals)
        found = win_rate.by_group(deals, definition, own, by=column)
        overall = win_rate.overall(deals, definition, own)
        return (
            rates.win_rate_by_group(
                found,
                by=label,
                overall=overall.value,
                definition=win_rate.sentence(definition),
                period=span_words(filters, deals.info.first, deals.info.last),
                account=account(visit, deals, filters),
                mode=visit.mode,
            )
            or overall.absent
        )

    return visit.result("win_rate_groups", definition, filters, column, visit.mode, make=make)


def retention_trend(visit: Visit, sources: Sources, filters: Filters, grain: Grain) -> Shown:
    """Retention over time, or why there is none."""

    def make() -> Shown:
        kind = sources.retention_kind
        if isinstance(kind, Absent):
            return kind
        customers, revenue = sources.customers, sources.revenue
        if kind == "contract" and customers is not None:
            found = retention.contracts_over_time(customers, resolved(filters, customers), grain=grain)
            snapshot = customers
        elif kind == "repeat" and isinstance(revenue, Revenue):
            found = retention.repeat_over_time(revenue, resolved(filters, revenue.snapshot), grain=grain)
            snapshot = revenue.snapshot
        else:
            return Absent(
                "The customer list says who left but not when, so there is no retention over time.",
                "Export the day each customer started and left.",
                "no_date",
            )
        if isinstance(found, Absent):
            return found
        return rates.retention_over_time(
            found,
            definition=retention.SENTENCES[kind],
            account=account(visit, snapshot, filters),
            mode=visit.mode,
            event=event(visit, grain),
        )

    return visit.result("retention_trend", filters, grain, visit.mode, event(visit, grain), make=make)


def retention_groups(visit: Visit, customers: Snapshot, filters: Filters, *, column: str, label: str) -> Shown:
    """Retention from a yes/no by group."""

    def make() -> Shown:
        own = resolved(filters, customers)
        found = retention.flagged_by_group(customers, own, by=column)
        return rates.retention_by_group(
            found,
            by=label,
            overall=retention.flagged(customers, own).value,
            definition=retention.SENTENCES["flag"],
            period="the customer list as exported",
            account=account(visit, customers, filters),
            mode=visit.mode,
        )

    return visit.result("retention_groups", filters, column, visit.mode, make=make)


def survival(visit: Visit, customers: Snapshot, filters: Filters) -> Shown:
    """How long customers stay."""

    def make() -> Shown:
        found = retention.survival(customers, resolved(filters, customers))
        if isinstance(found, Absent):
            return found
        return rates.survival_curve(found, account=account(visit, customers, filters), mode=visit.mode)

    return visit.result("survival", filters, visit.mode, make=make)


def revenue_trend(visit: Visit, sources: Sources, filters: Filters, grain: Grain) -> Shown:
    """Revenue over time with growth."""

    def make() -> Shown:
        revenue = sources.revenue
        if isinstance(revenue, Absent):
            return revenue
        found = growth.over_time(revenue, resolved(filters, revenue.snapshot), grain=grain)
        if isinstance(found, Absent):
            return found
        return amounts.revenue_over_time(
            found,
            currency=sources.currency,
            definition=revenue.sentence,
            account=account(visit, revenue.snapshot, filters),
            mode=visit.mode,
            event=event(visit, grain),
        )

    return visit.result("revenue_trend", filters, grain, visit.mode, event(visit, grain), make=make)


def conversion_trend(visit: Visit, found_leads: Snapshot, filters: Filters, grain: Grain) -> Shown:
    """Lead conversion by the period leads came in."""

    def make() -> Shown:
        own = resolved(filters, found_leads)
        whole = leads.overall(found_leads, own)
        if whole.absent is not None:
            return whole.absent
        found = leads.over_time(found_leads, own, grain=grain)
        if isinstance(found, Absent):
            return found
        return rates.conversion_over_time(
            found,
            definition=leads.SENTENCE,
            account=account(visit, found_leads, filters),
            mode=visit.mode,
            event=event(visit, grain),
        )

    return visit.result("conversion_trend", filters, grain, visit.mode, event(visit, grain), make=make)


def conversion_groups(visit: Visit, found_leads: Snapshot, filters: Filters, *, column: str, label: str) -> Shown:
    """Lead conversion by group."""

    def make() -> Shown:
        own = resolved(filters, found_leads)
        whole = leads.overall(found_leads, own)
        return rates.conversion_by_group(
            leads.by_group(found_leads, own, by=column),
            by=label,
            overall=whole.value,
            definition=leads.SENTENCE,
            period=span_words(filters, found_leads.info.first, found_leads.info.last),
            account=account(visit, found_leads, filters),
            mode=visit.mode,
        )

    return visit.result("conversion_groups", filters, column, visit.mode, make=make)


def visits_trend(visit: Visit, found_traffic: Snapshot, filters: Filters, grain: Grain) -> Shown:
    """Visits over time."""

    def make() -> Shown:
        found = traffic.visits(found_traffic, resolved(filters, found_traffic), grain=grain)
        made = amounts.visits_over_time(found, definition=traffic.SENTENCE, account=account(visit, found_traffic, filters), mode=visit.mode)
        if made is None:
            return Absent("The traffic report has no days.", "Export it by date.", "no_date")
        return made

    return visit.result("visits_trend", filters, grain, visit.mode, make=make)


def claim_figure(visit: Visit, sources: Callable[[], Sources], request: Request, line: ClaimLine) -> Figure | None:
    """One claim beside the observed change."""

    def make() -> Figure | None:
        found = sources()
        snapshot = found.deals or found.lines or found.customers or found.leads
        if snapshot is None:
            return None
        return claim_figures.comparison(line, account=account(visit, snapshot, request.filters), mode=visit.mode)

    return visit.result("claim_figure", request, line.claim.id, visit.mode, make=make)


def claim_groups(visit: Visit, sources: Callable[[], Sources], request: Request, line: ClaimLine, *, by: str) -> Shown:
    """One claim within each group of a column."""

    def make() -> Shown:
        found = sources()
        lines = break_down(found, request, by=by, reading=line.reading)
        if isinstance(lines, Absent):
            return lines
        if found.deals is None:
            return None
        return claim_figures.break_down(lines, by=by, line=line, account=account(visit, found.deals, request.filters), mode=visit.mode)

    return visit.result("claim_groups", request, line.claim.id, by, visit.mode, make=make)
