"""Figures of win rate, retention and conversion."""

from __future__ import annotations

from collections.abc import Sequence

from app.charts.figure import Figure, finish
from app.charts.labels import short
from app.charts.shapes import rates_by_group, rates_over_time, survival, values_by_label
from app.charts.shapes.events import Event
from app.charts.shapes.rates_by_group import GroupPoint
from app.charts.shapes.rates_over_time import RatePoint
from app.charts.theme import Mode, palette
from app.metrics.model import DialSetting, GroupConversion, GroupRate, GroupRetention, PeriodConversion, PeriodRate, Retention
from app.services.figures.account import Account
from app.services.figures.trends import Counts, finding
from app.statistics.survival import SurvivalCurve
from app.wording import count, percent, points

YOUNG = ". Hollow: the period is not over, or its leads had little time to become customers"
IN_TITLE = 60
"""Characters of a group's name in a title."""


def win_rate_over_time(
    periods: Sequence[PeriodRate],
    *,
    definition: str,
    account: Account,
    mode: Mode,
    event: Event | None = None,
    around: tuple[Counts, Counts] | None = None,
) -> Figure | None:
    """The win rate of each period; None when no period has one. `around`: won and closed before and since the programme began."""
    shown = [
        RatePoint(
            p.period.label,
            p.rate.value,
            p.rate.interval.low if p.rate.interval else None,
            p.rate.interval.high if p.rate.interval else None,
            p.rate.closed,
            p.partial,
        )
        for p in periods
    ]
    unranged = next((p.rate.interval_absent for p in periods if p.rate.interval_absent is not None), None)
    rows = [
        (p.period.label, count(p.rate.won), count(p.rate.closed), *_rate(p.rate.value, p.rate.interval), "partial" if p.partial else "")
        for p in periods
    ]
    return _over_time(
        shown,
        rows=rows,
        columns=("Period", "Won", "Closed", "Win rate", "Likely from", "to", "Note"),
        key="win-rate-over-time",
        noun="Win rate",
        many="closed deals",
        definition=f"{definition}. {unranged.reason}" if unranged is not None else definition,
        account=account,
        mode=mode,
        event=event,
        counted=all(p.rate.definition.weight == "count" for p in periods),
        around=around,
    )


def retention_over_time(
    periods: Sequence[Retention], *, definition: str, account: Account, mode: Mode, event: Event | None = None
) -> Figure | None:
    """The retention of each period; None when no period has one."""
    dated = [(p, p.period) for p in periods if p.period is not None]
    shown = [
        RatePoint(
            period.label, p.value, p.interval.low if p.interval else None, p.interval.high if p.interval else None, p.at_start, p.partial
        )
        for p, period in dated
    ]
    rows = [
        (
            period.label,
            count(p.kept),
            count(p.at_start),
            *_rate(p.value, p.interval),
            percent(p.gross) if p.gross is not None else "",
            percent(p.net) if p.net is not None else "",
            "partial" if p.partial else "",
        )
        for p, period in dated
    ]
    return _over_time(
        shown,
        rows=rows,
        columns=("Period", "Kept", "At start", "Retention", "Likely from", "to", "Revenue kept (GRR)", "with growth (NRR)", "Note"),
        key="retention-over-time",
        noun=f"Retention from one {dated[0][1].grain} to the next" if dated else "Retention",
        many=f"counts of a customer at the start of a {dated[0][1].grain}" if dated else "customers",
        definition=definition,
        account=account,
        mode=mode,
        event=event,
    )


def conversion_over_time(
    periods: Sequence[PeriodConversion],
    *,
    definition: str,
    account: Account,
    mode: Mode,
    event: Event | None = None,
) -> Figure | None:
    """Lead conversion by the period the leads came in; young cohorts are drawn as partial."""
    shown = [
        RatePoint(
            p.period.label,
            p.conversion.value,
            p.conversion.interval.low if p.conversion.interval else None,
            p.conversion.interval.high if p.conversion.interval else None,
            p.conversion.leads,
            p.partial or p.young,
        )
        for p in periods
    ]
    rows = [
        (
            p.period.label,
            count(p.conversion.converted),
            count(p.conversion.leads),
            *_rate(p.conversion.value, p.conversion.interval),
            "partial" if p.partial else "young: more will convert" if p.young else "",
        )
        for p in periods
    ]
    return _over_time(
        shown,
        rows=rows,
        columns=("Leads of", "Became customers", "Leads", "Conversion", "Likely from", "to", "Note"),
        key="conversion-over-time",
        noun="Lead conversion",
        many="leads",
        definition=f"{definition}{YOUNG if any(p.young for p in periods) else ''}",
        account=account,
        mode=mode,
        event=event,
    )


def win_rate_by_group(
    groups: Sequence[GroupRate], *, by: str, overall: float | None, definition: str, period: str, account: Account, mode: Mode
) -> Figure | None:
    """The win rate of each group; None when no group has one."""
    shown = [
        (g.group, g.rate.value, g.rate.interval, g.rate.won, g.rate.closed, g.rate.small)
        for g in groups
        if g.rate.value is not None and g.rate.interval is not None
    ]
    return _by_group(
        shown,
        by=by,
        noun="Win rate",
        columns=("Won", "Closed"),
        key="win-rate",
        many="closed deals",
        overall=overall,
        definition=definition,
        period=period,
        account=account,
        mode=mode,
    )


def retention_by_group(
    groups: Sequence[GroupRetention], *, by: str, overall: float | None, definition: str, period: str, account: Account, mode: Mode
) -> Figure | None:
    """The retention of each group; None when no group has one."""
    shown = [
        (g.group, g.retention.value, g.retention.interval, g.retention.kept, g.retention.at_start, g.retention.small)
        for g in groups
        if g.retention.value is not None and g.retention.interval is not None
    ]
    return _by_group(
        shown,
        by=by,
        noun="Retention",
        columns=("Kept", "Customers"),
        key="retention",
        many="customers",
        overall=overall,
        definition=definition,
        period=period,
        account=account,
        mode=mode,
    )


def conversion_by_group(
    groups: Sequence[GroupConversion], *, by: str, overall: float | None, definition: str, period: str, account: Account, mode: Mode
) -> Figure | None:
    """Lead conversion of each group; None when no group has one."""
    shown = [
        (g.group, g.conversion.value, g.conversion.interval, g.conversion.converted, g.conversion.leads, g.conversion.small)
        for g in groups
        if g.conversion.value is not None and g.conversion.interval is not None
    ]
    return _by_group(
        shown,
        by=by,
        noun="Lead conversion",
        columns=("Became customers", "Leads"),
        key="conversion",
        many="leads",
        overall=overall,
        definition=definition,
        period=period,
        account=account,
        mode=mode,
    )


def dial(settings: Sequence[DialSetting], *, chosen: object, period: str, account: Account, mode: Mode) -> Figure | None:
    """The same win rate under every definition that the data allow; None when fewer than two do."""
    shown = [s for s in settings if s.rate.value is not None]
    if len(shown) < 2:
        return None
    values = [s.rate.value for s in shown if s.rate.value is not None]
    spread = max(values) - min(values)
    title = (
        f"The definition moves the win rate by up to {points(spread).lstrip('+')}"
        if spread >= 0.0005
        else "Every definition gives the same win rate here"
    )
    chart = values_by_label.chart(
        [values_by_label.LabelledValue(s.label, s.rate.value, s.definition == chosen) for s in shown if s.rate.value is not None],
        colours=palette(mode),
        title="Win rate",
    )
    rows = tuple(
        (
            s.label,
            percent(s.rate.value, digits=2) if s.rate.value is not None else "",
            points(s.moved) if s.moved is not None else "",
            s.rate.absent.reason if s.rate.absent is not None else "",
        )
        for s in settings
    )
    closed = max(s.rate.closed for s in shown)
    return Figure(
        key="win-rate-by-definition",
        title=title,
        spec=finish(chart, mode=mode),
        alt=f"Dot chart of the win rate under {len(shown)} definitions, from {percent(min(values))} to {percent(max(values))}.",
        n=f"{count(closed)} closed deals",
        period=period,
        definition="Won / closed deals under each definition",
        filters=account.filters,
        source=account.source,
        columns=("Definition", "Win rate", "Against the one in use", "Why not"),
        rows=rows,
    )


def survival_curve(curve: SurvivalCurve, *, account: Account, mode: Mode) -> Figure:
    """How long customers stay."""
    shown = [survival.SurvivalPoint(p.time, p.survival, p.low, p.high, p.at_risk) for p in curve.points]
    year = curve.at(12.0)
    title = f"{percent(year, digits=0)} of customers are still there after a year"
    return Figure(
        key="how-long-customers-stay",
        title=title,
        spec=finish(survival.chart(shown, colours=palette(mode)), mode=mode),
        alt=f"Falling line of the share of customers still there by months since their start. {title}.",
        n=f"{count(curve.subjects)} customers, {count(curve.events)} of whom left",
        period="Each customer from the day it started",
        definition="Kaplan-Meier estimate; customers who are still there are counted until they were last seen",
        filters=account.filters,
        source=account.source,
        columns=("Months", "Watched so long", "Left then", "Still there", "Likely from", "to"),
        rows=tuple(
            (f"{p.time:.0f}", count(p.at_risk), count(p.events), percent(p.survival), percent(p.low), percent(p.high)) for p in curve.points
        ),
    )


def _over_time(
    shown: Sequence[RatePoint],
    *,
    rows: Sequence[tuple[str, ...]],
    columns: tuple[str, ...],
    key: str,
    noun: str,
    many: str,
    definition: str,
    account: Account,
    mode: Mode,
    event: Event | None,
    counted: bool = True,
    around: tuple[Counts, Counts] | None = None,
) -> Figure | None:
    whole = [p for p in shown if p.value is not None and not p.partial]
    some = whole or [p for p in shown if p.value is not None]
    if not some:
        return None
    last = some[-1]
    if last.value is None:
        return None
    moved = finding(noun, whole, event=event, counted=counted, around=around) if len(whole) > 1 else ""
    title = moved or f"{noun} {percent(last.value)} in {last.label}"
    chart = rates_over_time.chart(shown, colours=palette(mode), title=noun, event=event)
    values = [p.value for p in some if p.value is not None]
    note = " Partial periods are hollow." if any(p.partial for p in shown) else ""
    return Figure(
        key=key,
        title=title,
        spec=finish(chart, mode=mode),
        alt=(
            f"Line of the {noun.lower()} over {len(shown)} periods, "
            f"between {percent(min(values))} and {percent(max(values))}. {title}.{note}"
        ),
        n=f"{count(sum(p.n for p in shown))} {many}",
        period=f"{shown[0].label} to {shown[-1].label}",
        definition=definition,
        filters=account.filters,
        source=account.source,
        columns=columns,
        rows=tuple(rows),
    )


def _by_group(
    shown: Sequence[tuple[str, float, object, int, int, bool]],
    *,
    by: str,
    noun: str,
    columns: tuple[str, str],
    key: str,
    many: str,
    overall: float | None,
    definition: str,
    period: str,
    account: Account,
    mode: Mode,
) -> Figure | None:
    from app.statistics.intervals import Interval

    found = [(g, v, i, x, n, s) for g, v, i, x, n, s in shown if isinstance(i, Interval)]
    if not found:
        return None
    drawn = [GroupPoint(g, v, i.low, i.high, n, s) for g, v, i, _, n, s in found]
    most = rates_by_group.most(drawn)
    # The finding is of groups that the chart shows.
    big = [p for p in drawn[:most] if not p.small]
    if len(big) > 1:
        best, worst = max(big, key=lambda p: p.value), min(big, key=lambda p: p.value)
        apart = best.low > worst.high
        title = (
            f"{noun} is highest for {short(best.label, IN_TITLE)} ({percent(best.value)}) "
            f"and lowest for {short(worst.label, IN_TITLE)} ({percent(worst.value)})"
            if apart
            else f"{noun} shows no clear difference by {by}"
        )
    else:
        title = f"{noun} by {by}"
    chart = rates_by_group.chart(drawn, overall=overall, colours=palette(mode), title=noun)
    left_out = f" The chart shows the {most} largest of {len(drawn)}." if len(drawn) > most else ""
    return Figure(
        key=f"{key}-by-group",
        title=title,
        spec=finish(chart, mode=mode),
        alt=f"Dots with ranges of the {noun.lower()} for {min(len(drawn), most)} groups of {by}. {title}.{left_out}",
        n=f"{count(sum(p.n for p in drawn))} {many} by {by}"
        + (f"; the chart shows the {most} largest of {len(drawn)} groups" if left_out else ""),
        period=period,
        definition=definition,
        filters=account.filters,
        source=account.source,
        columns=(by, *columns, noun, "Likely from", "to", "Note"),
        rows=tuple(
            (g, count(x), count(n), percent(v), percent(i.low), percent(i.high), "small group" if s else "") for g, v, i, x, n, s in found
        ),
    )


def _rate(value: float | None, interval: object) -> tuple[str, str, str]:
    from app.statistics.intervals import Interval

    if value is None:
        return "not computed", "", ""
    if not isinstance(interval, Interval):
        return percent(value), "", ""
    return percent(value), percent(interval.low), percent(interval.high)
