"""The one writer of answers in a process: it takes whatever has come meanwhile and writes it in one transaction.

A commit waits for the disk, and SQLite has one writer at a time. Two hundred people who answer at once are therefore served by a few
commits, not by two hundred that wait for each other; and a save is acknowledged only when its commit is done.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, OperationalError

from app.errors import AppError
from app.services.rounds.answering import Save, apply
from app.services.rounds.model import Outcome

MOST = 100
"""Saves in one transaction."""
WAITING = 5_000
"""Saves that may wait; more are refused at once, and the page tries again."""

_Waiting = tuple[Save, "Future[Outcome]"]
_Alone = tuple[Callable[[], Any], "Future[Any]"]
T = TypeVar("T")


class Busy(Exception):
    """More saves are waiting than can be written soon."""


class Writer:
    """Writes saves in the order they come, in a thread of its own that is started by the first one.

    Parameters
    ----------
    engine
        The database.
    secret
        The server's secret (`app.services.rounds.secret.server_secret`).
    """

    def __init__(self, engine: Engine, *, secret: bytes) -> None:
        self._engine = engine
        self._secret = secret
        self._queue: SimpleQueue[_Waiting | _Alone | None] = SimpleQueue()
        self._lock = Lock()
        self._thread: Thread | None = None

    def submit(self, save: Save) -> Future[Outcome]:
        """Hand over a save.

        Returns
        -------
        Future
            Done when the save is in the database or refused. Its exception is an AppError where the save makes no sense, Busy where
            too many wait, or the database's own error.
        """
        future: Future[Outcome] = Future()
        self._put((save, future))
        return future

    def alone(self, change: Callable[[], T]) -> Future[T]:
        """Run another change of the same database in its turn, so that it does not compete with the saves."""
        future: Future[T] = Future()
        self._put((change, future))
        return future

    def _put(self, waiting: _Waiting | _Alone) -> None:
        if self._queue.qsize() >= WAITING:
            waiting[1].set_exception(Busy())
            return
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="answers", daemon=True)
                self._thread.start()
            self._queue.put(waiting)

    def close(self) -> None:
        """Write what waits and end the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._queue.put(None)
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        waiting = self._queue.get()
        while waiting is not None:
            batch: list[_Waiting] = []
            # What has come while the last transaction was written goes into the next one.
            while waiting is not None and isinstance(waiting[0], Save):
                batch.append((waiting[0], waiting[1]))
                if len(batch) == MOST:
                    break
                try:
                    waiting = self._queue.get_nowait()
                except Empty:
                    break
            else:
                if batch:
                    self._write(batch)
                    batch = []
                if waiting is None:
                    return
                _change(waiting[0], waiting[1])
            if batch:
                self._write(batch)
            waiting = self._queue.get()

    def _write(self, batch: list[_Waiting]) -> None:
        try:
            outcomes = apply(self._engine, secret=self._secret, saves=[save for save, _ in batch])
        except OperationalError as error:
            # The database cannot be reached or is held by somebody else; the pages keep their answers and try again.
            for _, future in batch:
                future.set_exception(error)
        except Exception as error:
            if len(batch) == 1 and not isinstance(error, IntegrityError):
                batch[0][1].set_exception(error)
                return
            # One save of many cannot be written, or another server began the same draft at the same moment: each by itself.
            for waiting in batch:
                self._alone(waiting)
        else:
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                _tell(future, outcome)

    def _alone(self, waiting: _Waiting) -> None:
        save, future = waiting
        try:
            (outcome,) = apply(self._engine, secret=self._secret, saves=[save])
        except Exception as error:  # whatever it is, the page that waits must hear of it
            future.set_exception(error)
        else:
            _tell(future, outcome)


def _tell(future: Future[Outcome], outcome: Outcome | AppError) -> None:
    if isinstance(outcome, AppError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def _change(change: Any, future: Future[Any]) -> None:
    try:
        found = change()
    except Exception as error:  # whatever it is, the page that waits must hear of it
        future.set_exception(error)
    else:
        future.set_result(found)
