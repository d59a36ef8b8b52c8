"""Work of a server process that comes round again, in a thread of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Lock, Thread

logger = logging.getLogger(__name__)


class Clock:
    """Calls `look` every so many seconds; what fails is logged, and tried again the next time. Starting it twice starts one.

    Parameters
    ----------
    name
        What it does, for the log and for the name of the thread.
    seconds
        Between two looks.
    at_once
        Whether it looks when it starts, too.
    """

    def __init__(self, name: str, *, seconds: float, look: Callable[[], object], at_once: bool = False) -> None:
        self._name, self._seconds, self._look, self._at_once = name, seconds, look, at_once
        self._lock = Lock()
        self._stop = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def _run(self) -> None:
        if not self._at_once and self._stop.wait(self._seconds):
            return
        while True:
            try:
                self._look()
            except Exception:  # the next time tries again
                logger.exception("%s failed", self._name)
            if self._stop.wait(self._seconds):
                return
