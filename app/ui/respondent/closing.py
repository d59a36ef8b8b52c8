"""The clock that closes rounds whose last day is over, in every server process; the first one that looks closes."""

from __future__ import annotations

import logging
from threading import Event, Lock, Thread

from app.services.rounds import closed
from app.ui.respondent.state import state

logger = logging.getLogger(__name__)

SECONDS = 60.0


class ClosingClock:
    """Looks once a minute in a thread of its own; starting it twice starts one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._stop = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="closing", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(SECONDS):
            try:
                here = state()
                closed.close_due(here.engine, secret=here.secret)
            except Exception:  # the next minute tries again
                logger.exception("rounds whose last day is over could not be closed")


closing_clock = ClosingClock()
