"""Every figure of a team's numbers, from what is loaded and what is asked: one home for the page, the report and the board pack."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from app.charts.figure import Figure
from app.charts.shapes.events import Event
from app.charts.theme import Mode
from app.metrics import growth, leads, retention, traffic, win_rate
from app.metrics.engine import Snapshot
from app.metrics.growth import Revenue
from app.metrics.model import Definition, Filters
from app.metrics.periods import Grain, period_of
from app.services.figures import amounts, rates
from app.services.figures import claims as claim_figures
from app.services.figures.account import Account, account_of
from app.services.figures.trends import Counts
from app.services.scorecard.build import break_down
from app.services.scorecard.headlines import span_words
from app.services.scorecard.model import ClaimLine
from app.services.scorecard.request import Request
from app.services.scorecard.sources import Sources, default_windows, resolved
from app.statistics.intervals import Absent
from app.tables import TableName
from app.wording import day

Shown = Figure | Absent | None


@dataclass(frozen=True)
class Context:
    """What a figure says beside its numbers: the files' names, the day the programme began, and the theme."""

    file_names: tuple[tuple[TableName, str], ...]
    programme_start: date | None
    mode: Mode

    def file_name(self, table: TableName) -> str:
        """The name of the file that a loaded table came from."""
        return dict(self.file_names).get(table, table)


def account(context: Context, snapshot: Snapshot, filters: Filters) -> Account:
    """Source and filters of one table's figures."""
    return account_of(snapshot.info, file_name=context.file_name(snapshot.info.table), filters=filters)


def event(context: Context, grain: Grain) -> Event | None:
    """The programme's beginning on an axis of such periods; None when its day is not known."""
    since = context.programme_start
    if since is None:
        return None
    period = period_of(since, grain)
    return Event(period.label, (since - period.start).days / period.days, f"programme began {day(since)}")


def win_rate_trend(context: Context, deals: Snapshot, definition: Definition, filters: Filters, grain: Grain) -> Shown:
    """The win rate over time."""
    found = win_rate.over_time(deals, definition, resolved(filters, deals), grain=grain)
    if isinstance(found, Absent):
        return found
    return rates.win_rate_over_time(
        found,
        definition=win_rate.sentence(definition),
        account=account(context, deals, filters),
        mode=context.mode,
        event=event(context, grain),
        around=_around(context, deals, definition, filters),
    ) or win_rate.refusal(deals, definition)


def _around(context: Context, deals: Snapshot, definition: Definition, filters: Filters) -> tuple[Counts, Counts] | None:
    """Won and closed deals before and since the programme began, on the days that Compare proposes; None where days are filtered."""
    since = context.programme_start
    if since is None or filters.start is not None or filters.end is not None:
        return None
    windows = default_windows(win_rate.coverage(deals), since)
    if windows is None:
        return None
    own = resolved(filters, deals)
    rates_of = [win_rate.overall(deals, definition, replace(own, start=start, end=end)) for start, end in windows]
    return (rates_of[0].won, rates_of[0].closed), (rates_of[1].won, rates_of[1].closed)


def win_rate_dial(context: Context, deals: Snapshot, definition: Definition, filters: Filters) -> Shown:
    """The win rate under every definition."""
    found = win_rate.dial(deals, definition, resolved(filters, deals))
    period = span_words(filters, deals.info.first, deals.info.last)
    return rates.dial(found, chosen=definition, period=period, account=account(context, deals, filters), mode=context.mode)


def win_rate_groups(context: Context, deals: Snapshot, definition: Definition, filters: Filters, *, column: str, label: str) -> Shown:
    """The win rate of each group of a column."""
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
            account=account(context, deals, filters),
            mode=context.mode,
        )
        or overall.absent
    )


def retention_trend(context: Context, sources: Sources, filters: Filters, grain: Grain) -> Shown:
    """Retention over time, or why there is none."""
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
        account=account(context, snapshot, filters),
        mode=context.mode,
        event=event(context, grain),
    )


def retention_groups(context: Context, customers: Snapshot, filters: Filters, *, column: str, label: str) -> Shown:
    """Retention from a yes/no by group."""
    own = resolved(filters, customers)
    found = retention.flagged_by_group(customers, own, by=column)
    return rates.retention_by_group(
        found,
        by=label,
        overall=retention.flagged(customers, own).value,
        definition=retention.SENTENCES["flag"],
        period="the customer list as exported",
        account=account(context, customers, filters),
        mode=context.mode,
    )


def survival(context: Context, customers: Snapshot, filters: Filters) -> Shown:
    """How long customers stay."""
    found = retention.survival(customers, resolved(filters, customers))
    if isinstance(found, Absent):
        return found
    return rates.survival_curve(found, account=account(context, customers, filters), mode=context.mode)


def revenue_trend(context: Context, sources: Sources, filters: Filters, grain: Grain) -> Shown:
    """Revenue over time with growth."""
    revenue = sources.revenue
    if isinstance(revenue, Absent):
        return revenue
    found = growth.over_time(revenue, resolved(filters, revenue.snapshot), grain=grain)
    if isinstance(found, Absent):
        return found
    return amounts.revenue_over_time(
        found,
        currency=sources.currency,
        many="revenue lines" if revenue.kind == "lines" else "won deals",
        definition=revenue.sentence,
        account=account(context, revenue.snapshot, filters),
        mode=context.mode,
        event=event(context, grain),
    )


def conversion_trend(context: Context, found_leads: Snapshot, filters: Filters, grain: Grain) -> Shown:
    """Lead conversion by the period leads came in."""
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
        account=account(context, found_leads, filters),
        mode=context.mode,
        event=event(context, grain),
    )


def conversion_groups(context: Context, found_leads: Snapshot, filters: Filters, *, column: str, label: str) -> Shown:
    """Lead conversion by group."""
    own = resolved(filters, found_leads)
    whole = leads.overall(found_leads, own)
    return rates.conversion_by_group(
        leads.by_group(found_leads, own, by=column),
        by=label,
        overall=whole.value,
        definition=leads.SENTENCE,
        period=span_words(filters, found_leads.info.first, found_leads.info.last),
        account=account(context, found_leads, filters),
        mode=context.mode,
    )


def visits_trend(context: Context, found_traffic: Snapshot, filters: Filters, grain: Grain) -> Shown:
    """Visits over time."""
    found = traffic.visits(found_traffic, resolved(filters, found_traffic), grain=grain)
    made = amounts.visits_over_time(found, definition=traffic.SENTENCE, account=account(context, found_traffic, filters), mode=context.mode)
    if made is None:
        return Absent("The traffic report has no days.", "Export it by date.", "no_date")
    return made


def claim_figure(context: Context, sources: Sources, request: Request, line: ClaimLine) -> Figure | None:
    """One claim beside the observed change, from the table that its metric rests on."""
    snapshot = _behind(sources, line)
    if snapshot is None:
        return None
    filters = request.of_claims.filters
    period = span_words(filters, snapshot.info.first, snapshot.info.last)
    return claim_figures.comparison(line, account=account(context, snapshot, filters), period=period, mode=context.mode)


def claim_groups(context: Context, sources: Sources, request: Request, line: ClaimLine, *, by: str) -> Shown:
    """One claim within each group of a column."""
    found = break_down(sources, request, by=by, reading=line.reading)
    if isinstance(found, Absent):
        return found
    if sources.deals is None:
        return None
    its = account(context, sources.deals, request.of_claims.filters)
    period = span_words(request.of_claims.filters, sources.deals.info.first, sources.deals.info.last)
    return claim_figures.break_down(found, by=by, line=line, account=its, period=period, mode=context.mode)


def _behind(sources: Sources, line: ClaimLine) -> Snapshot | None:
    """The table that a claim's numbers come from."""
    metric, revenue = line.reading.metric, sources.revenue
    if metric in ("churn", "logo_retention") and sources.retention_kind in ("contract", "flag"):
        return sources.customers
    if metric in ("lead_conversion", "lead_response"):
        return sources.leads
    if metric == "win_rate":
        return sources.deals
    return revenue.snapshot if isinstance(revenue, Revenue) else sources.deals or sources.customers or sources.leads
