"""Processes that make files. vl-convert holds Python's interpreter lock while it works, so it never runs in the serving process.

Two workers are started at first use and kept; each conversion after the first takes some ten milliseconds. After a thousand files
two new ones take over.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import connection
from threading import Lock, Thread
from types import ModuleType
from typing import ParamSpec, TypeVar

WORKERS = 2
FILES = 1_000
"""After so many files new workers take over: Vega keeps a little of each file it makes, and only the end of a process gives it back."""

R = TypeVar("R")
P = ParamSpec("P")


class _Pool:
    """Two workers, and how many files they were asked for."""

    def __init__(self) -> None:
        # Spawned, not forked: the serving process has threads, and a fork of them may hang.
        spawned = multiprocessing.get_context("spawn")
        self.executor = ProcessPoolExecutor(max_workers=WORKERS, mp_context=spawned, initializer=_end_with_the_parent)
        self.asked = 0
        self.has_worked = False
        with _no_main_module():
            # One task for each worker, because a worker is started only for a task that finds none idle.
            for _ in range(WORKERS):
                self.executor.submit(_import).add_done_callback(self._worked)

    def _worked(self, _: Future[None]) -> None:
        self.has_worked = True


_pool: _Pool | None = None
_next: _Pool | None = None
"""The workers that take over as soon as they have come up."""
_lock = Lock()


def submit(make: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
    """Have a worker call a function of a module; what it takes and gives back is pickled.

    Workers that died while nobody waited for them are replaced. The future raises BrokenProcessPool when one dies at this work.
    """
    global _pool, _next
    with _lock:
        pool = _current()
        if pool.asked >= FILES and _next is None:
            _next = _Pool()
        pool.asked += 1
        try:
            return pool.executor.submit(make, *args, **kwargs)
        except BrokenProcessPool:
            _pool = _Pool()
            return _pool.executor.submit(make, *args, **kwargs)


def warm_up() -> None:
    """Start the workers in the background: whoever looks at the offer of a file will soon want one."""
    if _pool is None:
        Thread(target=_warm, name="warm-workers", daemon=True).start()


def has_worked() -> bool:
    """Whether a worker has come up, so that the next file needs no start."""
    return _pool is not None and _pool.has_worked


def stop() -> None:
    """End the workers; the next file starts new ones."""
    global _pool, _next
    with _lock:
        ended, _pool, _next = (_pool, _next), None, None
    for pool in ended:
        if pool is not None:
            pool.executor.shutdown(wait=False, cancel_futures=True)


def _warm() -> None:
    with _lock:
        _current()


def _current() -> _Pool:
    """The workers for the next file: those that wait to take over, if they have come up."""
    global _pool, _next
    if _pool is None:
        _pool = _Pool()
        atexit.register(stop)
    elif _next is not None and _next.has_worked:
        # What was asked of the old ones they still make; then they end.
        _pool.executor.shutdown(wait=False)
        _pool, _next = _next, None
    return _pool


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
