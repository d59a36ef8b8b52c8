"""Processes that make files. vl-convert holds Python's interpreter lock while it works, so it never runs in the serving process.

Two workers are started at first use and kept; each conversion after the first takes some ten milliseconds.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection
from threading import Lock, Thread
from types import ModuleType

WORKERS = 2

_pool: ProcessPoolExecutor | None = None
_lock = Lock()
_has_worked = False


def pool() -> ProcessPoolExecutor:
    """The two workers."""
    global _pool, _has_worked
    with _lock:
        if _pool is None:
            # Spawned, not forked: the serving process has threads, and a fork of them may hang.
            spawned = multiprocessing.get_context("spawn")
            _pool = ProcessPoolExecutor(max_workers=WORKERS, mp_context=spawned, initializer=_end_with_the_parent)
            _has_worked = False
            atexit.register(stop)
            with _no_main_module():
                # One task for each worker, because a worker is started only for a task that finds none idle.
                for _ in range(WORKERS):
                    _pool.submit(_import).add_done_callback(lambda _: _worked())
        return _pool


def warm_up() -> None:
    """Start the workers in the background: whoever looks at the offer of a file will soon want one."""
    if _pool is None:
        Thread(target=pool, name="warm-workers", daemon=True).start()


def has_worked() -> bool:
    """Whether a worker of this pool has come up, so that the next file needs no start."""
    return _has_worked


def stop() -> None:
    """End the workers; the next file starts new ones."""
    global _pool
    with _lock:
        ended, _pool = _pool, None
    if ended is not None:
        ended.shutdown(wait=False, cancel_futures=True)


def _worked() -> None:
    global _has_worked
    _has_worked = True


def _end_with_the_parent() -> None:
    """End this worker when the process that started it is gone, however that happened.

    The pool's own pipes do not tell: each worker holds both ends of them, so a worker would wait for work for ever.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    Thread(target=wait, name="parent", daemon=True).start()


def _import() -> None:
    import vl_convert  # noqa: F401 - the import is what takes the time of a first file

    from app.charts.paper import fonts

    fonts()


@contextmanager
def _no_main_module() -> Iterator[None]:
    """Start processes that do not run the main module again: it is the frame of the pages, which draws and warns where no page is."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
