"""Coming and going without anybody noticing: a process that is told to end takes no new visitors first, and ends when its time is over.

One of several processes is not ready before it has loaded what its pages need; whoever replaces one after the other waits for `/ready`.
At SIGTERM `/ready` answers 503 at once, and new pages and connections are refused with 503, so that a proxy hands them to another process.
Whoever is there goes on. After `SCORECARD_DRAIN_SECONDS` the server ends as it always does; a second SIGTERM ends it at once. Imports that
still run are given back then, and another process takes them up (`app.services.jobs`).
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading

logger = logging.getLogger(__name__)

_draining = threading.Event()
_starting = threading.Event()


def starting() -> None:
    """Say that visitors should not be sent yet, until `started`."""
    _starting.set()


def started() -> None:
    """Say that everything is loaded."""
    _starting.clear()


def is_starting() -> bool:
    """Whether this process is still loading what its pages need."""
    return _starting.is_set()


def is_draining() -> bool:
    """Whether this process has been told to stop."""
    return _draining.is_set()


def listen(seconds: float) -> None:
    """Let SIGTERM drain first for `seconds`; called from the event loop of the main thread when the server has started.

    With 0 seconds, or where the server runs in another thread, SIGTERM keeps its meaning.
    """
    _draining.clear()
    before = signal.getsignal(signal.SIGTERM)
    if seconds <= 0 or threading.current_thread() is not threading.main_thread() or not callable(before):
        return
    ends, loop = before, asyncio.get_running_loop()

    def wait() -> None:
        logger.info("draining for %g seconds", seconds)
        loop.call_later(seconds, ends, signal.SIGTERM, None)

    def drain(number: int, _: object) -> None:
        if _draining.is_set():
            ends(number, None)
        else:
            _draining.set()
            # A signal may come in the middle of anything, so the rest is done by the loop.
            loop.call_soon_threadsafe(wait)

    signal.signal(signal.SIGTERM, drain)
