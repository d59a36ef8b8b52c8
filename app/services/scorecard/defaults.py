"""What is asked where nobody has asked for anything else: the overview, the report, the start of every page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from app.benchmarks.sentences import Way
from app.metrics.model import Definition
from app.services.scorecard.request import Request
from app.services.scorecard.sources import Sources, default_windows


def default_way(sources: Sources, programme_start: date | None) -> Way:
    """Before and after when the team has said when its programme began and both sides have data; else its own history."""
    if programme_start is not None and default_windows(sources.coverage(), programme_start) is not None:
        return "before_after"
    return "own_history"


def default_request(sources: Sources, *, programme_start: date | None, definition: Definition) -> Request:
    """Before and after the programme began, when that day is known, else the team's own history."""
    base = Request(definition=definition)
    if default_way(sources, programme_start) != "before_after":
        return base
    windows = default_windows(sources.coverage(), programme_start)
    return base if windows is None else replace(base, way="before_after", before=windows[0], after=windows[1])
