"""The clock that deletes what organizations have kept long enough, and copies beside the database that nobody has fetched anew for a week.

Each server process has one: several hosts each keep copies of their own.
"""

from __future__ import annotations

import logging
from threading import Event, Lock, Thread

from app.services import kept, retention
from app.settings import settings
from app.storage import cache as copies
from app.ui import cache

logger = logging.getLogger(__name__)

SECONDS = 3_600.0


class ClearingClock:
    """Looks at once and then every hour, in a thread of its own; starting it twice starts one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._stop = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="clearing", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def look(self) -> None:
        """Delete what there is to delete now."""
        folder = settings().cache_dir
        retention.delete_old(cache.database(), cache_dir=folder)
        copies.tidy(folder)
        kept.tidy(folder)

    def _run(self) -> None:
        while True:
            try:
                self.look()
            except Exception:  # the next hour tries again
                logger.exception("what was kept long enough could not be deleted")
            if self._stop.wait(SECONDS):
                return


clearing_clock = ClearingClock()
