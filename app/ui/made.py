"""The results a page shows, each made once for what is loaded and what is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from app.charts.figure import Figure
from app.metrics.engine import Snapshot
from app.metrics.model import Definition, Filters
from app.metrics.periods import Grain
from app.services.figures import composed
from app.services.figures.composed import Context, Shown
from app.services.scorecard.build import scorecard
from app.services.scorecard.model import ClaimLine, Scorecard
from app.services.scorecard.request import Request
from app.services.scorecard.sources import Sources
from app.ui.guard import Visit
from app.ui.own import own_claims

T = TypeVar("T")


def card(visit: Visit, sources: Callable[[], Sources], request: Request) -> Scorecard:
    """The scorecard of a request."""
    own = own_claims(visit)
    return visit.result("scorecard", request, tuple(c.id for c in own), make=lambda: scorecard(sources(), request, own=own))


def context(visit: Visit) -> Context:
    """What this visitor's figures say beside their numbers."""
    return Context(visit.file_names(), visit.team.programme_start, visit.mode)


def win_rate_trend(visit: Visit, deals: Snapshot, definition: Definition, filters: Filters, grain: Grain) -> Shown:
    """The win rate over time."""
    return _made(
        visit, "win_rate_trend", definition, filters, grain, make=lambda c: composed.win_rate_trend(c, deals, definition, filters, grain)
    )


def win_rate_dial(visit: Visit, deals: Snapshot, definition: Definition, filters: Filters) -> Shown:
    """The win rate under every definition."""
    return _made(visit, "win_rate_dial", definition, filters, make=lambda c: composed.win_rate_dial(c, deals, definition, filters))


def win_rate_groups(visit: Visit, deals: Snapshot, definition: Definition, filters: Filters, *, column: str, label: str) -> Shown:
    """The win rate of each group of a column."""

    def make(context: Context) -> Shown:
        return composed.win_rate_groups(context, deals, definition, filters, column=column, label=label)

    return _made(visit, "win_rate_groups", definition, filters, column, make=make)


def retention_trend(visit: Visit, sources: Sources, filters: Filters, grain: Grain) -> Shown:
    """Retention over time, or why there is none."""
    return _made(visit, "retention_trend", filters, grain, make=lambda c: composed.retention_trend(c, sources, filters, grain))


def retention_groups(visit: Visit, customers: Snapshot, filters: Filters, *, column: str, label: str) -> Shown:
    """Retention from a yes/no by group."""
    return _made(
        visit,
        "retention_groups",
        filters,
        column,
        make=lambda c: composed.retention_groups(c, customers, filters, column=column, label=label),
    )


def survival(visit: Visit, customers: Snapshot, filters: Filters) -> Shown:
    """How long customers stay."""
    return _made(visit, "survival", filters, make=lambda c: composed.survival(c, customers, filters))


def revenue_trend(visit: Visit, sources: Sources, filters: Filters, grain: Grain) -> Shown:
    """Revenue over time with growth."""
    return _made(visit, "revenue_trend", filters, grain, make=lambda c: composed.revenue_trend(c, sources, filters, grain))


def conversion_trend(visit: Visit, leads: Snapshot, filters: Filters, grain: Grain) -> Shown:
    """Lead conversion by the period leads came in."""
    return _made(visit, "conversion_trend", filters, grain, make=lambda c: composed.conversion_trend(c, leads, filters, grain))


def conversion_groups(visit: Visit, leads: Snapshot, filters: Filters, *, column: str, label: str) -> Shown:
    """Lead conversion by group."""
    return _made(
        visit,
        "conversion_groups",
        filters,
        column,
        make=lambda c: composed.conversion_groups(c, leads, filters, column=column, label=label),
    )


def visits_trend(visit: Visit, traffic: Snapshot, filters: Filters, grain: Grain) -> Shown:
    """Visits over time."""
    return _made(visit, "visits_trend", filters, grain, make=lambda c: composed.visits_trend(c, traffic, filters, grain))


def claim_figure(visit: Visit, sources: Callable[[], Sources], request: Request, line: ClaimLine) -> Figure | None:
    """One claim beside the observed change."""
    return _made(visit, "claim_figure", request, line.claim.id, make=lambda c: composed.claim_figure(c, sources(), request, line))


def claim_groups(visit: Visit, sources: Callable[[], Sources], request: Request, line: ClaimLine, *, by: str) -> Shown:
    """One claim within each group of a column."""
    return _made(
        visit, "claim_groups", request, line.claim.id, by, make=lambda c: composed.claim_groups(c, sources(), request, line, by=by)
    )


def _made(visit: Visit, what: str, *asked: object, make: Callable[[Context], T]) -> T:
    """A figure made once for what is loaded, what is asked, the day the programme began and the theme."""
    told = context(visit)
    return visit.result(what, *asked, told.programme_start, told.mode, make=lambda: make(told))
