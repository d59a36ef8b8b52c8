"""Figures of revenue and visits."""

from __future__ import annotations

from collections.abc import Sequence

from app.charts.figure import Figure, finish
from app.charts.shapes import amounts_over_time
from app.charts.shapes.amounts_over_time import AmountPoint
from app.charts.shapes.events import Event
from app.charts.theme import Mode, palette
from app.metrics.model import PeriodRevenue, Visits
from app.services.figures.account import Account
from app.wording import count, exact_money, money, percent, signed_percent


def revenue_over_time(
    periods: Sequence[PeriodRevenue],
    *,
    currency: str | None,
    many: str,
    definition: str,
    account: Account,
    mode: Mode,
    event: Event | None = None,
) -> Figure | None:
    """Revenue of each period, with its growth in the table."""
    if not periods:
        return None
    whole = [p for p in periods if not p.partial]
    grown = [p for p in whole if p.growth is not None]
    if grown and grown[-1].growth is not None:
        last = grown[-1]
        grew = signed_percent(last.growth or 0.0)
        title = f"Revenue in {last.period.label} was {money(last.revenue, currency)}, {grew} against the {last.period.grain} before"
    else:
        title = f"Revenue of {len(periods)} periods: {money(sum(p.revenue for p in periods), currency)} in all"
    points = [AmountPoint(p.period.label, p.revenue, p.partial) for p in periods]
    axis = f"Revenue ({currency})" if currency else "Revenue"
    chart = amounts_over_time.chart(points, colours=palette(mode), title=axis, event=event)
    return Figure(
        key="revenue-over-time",
        title=title,
        spec=finish(chart, mode=mode),
        alt=f"Bars of revenue over {len(periods)} periods. {title}. Partial periods are hollow.",
        n=f"{count(sum(p.records for p in periods))} {many}",
        period=f"{periods[0].period.label} to {periods[-1].period.label}",
        definition=definition,
        filters=account.filters,
        source=account.source,
        columns=("Period", "Revenue", "Records", "Growth", "Against a year earlier", "Note"),
        rows=tuple(
            (
                p.period.label,
                exact_money(p.revenue, currency),
                count(p.records),
                signed_percent(p.growth) if p.growth is not None else (p.absent.reason if p.absent else ""),
                signed_percent(p.growth_over_year) if p.growth_over_year is not None else "",
                "partial" if p.partial else "",
            )
            for p in periods
        ),
    )


def visits_over_time(visits: Visits, *, definition: str, account: Account, mode: Mode) -> Figure | None:
    """Visits of each period; None when the report has no days."""
    if not visits.by_period:
        return None
    points = [AmountPoint(p.period.label, float(p.sessions), p.partial) for p in visits.by_period]
    source, most = visits.by_source[0]
    title = f"{count(visits.sessions)} visits, {percent(most / visits.sessions, digits=0)} of them from {source}" if most else "No visits"
    chart = amounts_over_time.chart(points, colours=palette(mode), title="Visits")
    return Figure(
        key="visits-over-time",
        title=title,
        spec=finish(chart, mode=mode),
        alt=f"Bars of visits over {len(points)} periods. {title}.",
        n=f"{count(visits.sessions)} visits",
        period=f"{points[0].label} to {points[-1].label}",
        definition=definition,
        filters=account.filters,
        source=account.source,
        columns=("Period", "Visits", "Note"),
        rows=tuple((p.period.label, count(p.sessions), "partial" if p.partial else "") for p in visits.by_period),
    )
