"""Processes that make files. vl-convert holds Python's interpreter lock while it works, so it never runs in the serving process.

Two workers are started at first use and kept; each conversion after the first takes some ten milliseconds.
"""

from __future__ import annotations

import atexit
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from threading import Lock

_pool: ProcessPoolExecutor | None = None
_lock = Lock()


def pool() -> ProcessPoolExecutor:
    """The two workers."""
    global _pool
    with _lock:
        if _pool is None:
            # Spawned, not forked: the serving process has threads, and a fork of them may hang.
            _pool = ProcessPoolExecutor(max_workers=2, mp_context=multiprocessing.get_context("spawn"))
            atexit.register(stop)
        return _pool


def stop() -> None:
    """End the workers; the next file starts new ones."""
    global _pool
    with _lock:
        ended, _pool = _pool, None
    if ended is not None:
        ended.shutdown(wait=False, cancel_futures=True)
