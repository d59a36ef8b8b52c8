"""The clock that closes rounds whose last day is over, in every server process; the first one that looks closes."""

from __future__ import annotations

from app.services.rounds import closed
from app.ui.clock import Clock
from app.ui.respondent.state import state

SECONDS = 60.0


def close() -> None:
    """Close what there is to close now."""
    here = state()
    closed.close_due(here.engine, secret=here.secret)


closing_clock = Clock("closing rounds whose last day is over", seconds=SECONDS, look=close)
