"""The only way into the import: each file is opened in a process of its own that may die without harm.

Nothing of the readers is imported here, so that the serving process never runs them. Bytes and results travel through a
private temporary folder, as files and JSON.
"""

from __future__ import annotations

import datetime
import json
import logging
import secrets
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

from app import errors
from app.errors import AppError, FileError, FileRefused, Stopped
from app.ingest.content import Content, content
from app.ingest.limits import Limits
from app.ingest.model import Answers, Inspection, JoinChoice, JoinOffer, LoadedTable, Receipt, TypedTable
from app.ingest.progress import Progress, heard
from app.ingest.wire import from_plain, to_plain
from app.ingest.worker_processes import Key, Worker, begun, let_wait, waiting
from app.tables import SnapshotInfo

Action = Literal["inspect", "read", "decode", "offer", "join"]
Watch = Callable[[Progress], bool]
"""Told how far the file is, about four times a second; when it answers False the file is dropped and its process killed."""

_LOG = logging.getLogger(__name__)
_AT_ONCE = 2
_SLOTS = threading.BoundedSemaphore(_AT_ONCE)
_LOGGED = 4_000
_PRODUCED = ("table.parquet", "rejected.csv", "cells.csv")
_TICK = 0.25
"""Seconds between two looks at how far a file is."""
_SHORT_TICK = 0.02
_LATER = 0.03
"""Of the time that has passed: an answer is looked for every 20 ms at first and less and less often after that."""
_LARGE = 2 * 1024**2
"""Bytes from which on a worker stays with an opened file; smaller ones are opened again in no time."""


def inspect_file(
    data: bytes | Content, *, name: str, answers: Answers | None = None, limits: Limits | None = None, watch: Watch | None = None
) -> Inspection:
    """Open a file and say what it holds, what is proposed and what must be asked.

    Parameters
    ----------
    data, name
        The uploaded bytes (a `Content` fetches them only when the file is not open yet) and the file's name (used in messages only).
    answers
        What has been decided so far.
    limits
        What the file may cost.
    watch
        Told how far it is, and asked whether to go on; see `Watch`.

    Raises
    ------
    FileRefused
        When the file is too large, cannot be opened safely, or is no table.
    Stopped
        When `watch` answered False.
    """
    result, _ = _run("inspect", data, name, answers or Answers(), limits or Limits(), watch=watch)
    inspection: Inspection = from_plain(Inspection, result["inspection"])
    return inspection


def read_file(
    data: bytes | Content,
    *,
    name: str,
    answers: Answers,
    limits: Limits | None = None,
    today: datetime.date | None = None,
    watch: Watch | None = None,
) -> TypedTable:
    """Import a file with the given answers.

    Parameters
    ----------
    data, name, answers, limits, watch
        As for `inspect_file`.
    today
        The day of the import; dates after it are plans and do not say how far the file goes. None: every date counts.

    Raises
    ------
    FileRefused, ColumnError
        When the file, or a column of it, cannot be read.
    AnswerNeeded
        When a question is still open.
    Stopped
        When `watch` answered False.
    """
    result, files = _run("read", data, name, answers, limits or Limits(), today, watch=watch)
    return TypedTable(
        parquet=files["table.parquet"],
        info=from_plain(SnapshotInfo, result["info"]),
        receipt=from_plain(Receipt, result["receipt"]),
        rejected_csv=files["rejected.csv"],
    )


def offer_joins(
    data: bytes | Content, *, name: str, answers: Answers, loaded: tuple[tuple[LoadedTable, bytes], ...], limits: Limits | None = None
) -> tuple[JoinOffer, ...]:
    """Which joins a file offers to loaded tables (each with its Parquet); see `app.ingest.join_offers`.

    Raises
    ------
    FileRefused
        As for `inspect_file`.
    """
    result, _ = _run("offer", data, name, answers, limits or Limits(), loaded=loaded)
    found: tuple[JoinOffer, ...] = from_plain(tuple[JoinOffer, ...], result["offers"])
    return found


def join_file(
    data: bytes | Content,
    *,
    name: str,
    answers: Answers,
    loaded: tuple[LoadedTable, bytes],
    choice: JoinChoice,
    limits: Limits | None = None,
) -> TypedTable:
    """The loaded table with what it gains from a file, and the receipt of the file; see `app.ingest.join`.

    Raises
    ------
    FileRefused, ColumnError
        When the file cannot be read, lacks a column of the choice, or nothing matches.
    """
    result, files = _run("join", data, name, answers, limits or Limits(), loaded=(loaded,), choice=choice)
    return TypedTable(
        parquet=files["table.parquet"],
        info=from_plain(SnapshotInfo, result["info"]),
        receipt=from_plain(Receipt, result["receipt"]),
        rejected_csv=files["rejected.csv"],
    )


def decode_file(data: bytes, *, name: str, answers: Answers | None = None, limits: Limits | None = None) -> bytes:
    """The file's table as CSV in UTF-8, headings first, every cell as text exactly as it was decoded.

    Raises
    ------
    FileRefused
        As for `inspect_file`.
    """
    _, files = _run("decode", data, name, answers or Answers(), limits or Limits())
    return files["cells.csv"]


def _run(
    action: Action,
    data: bytes | Content,
    name: str,
    answers: Answers,
    limits: Limits,
    today: datetime.date | None = None,
    watch: Watch | None = None,
    loaded: tuple[tuple[LoadedTable, bytes], ...] = (),
    choice: JoinChoice | None = None,
) -> tuple[dict[str, Any], dict[str, bytes]]:
    size = data.size if isinstance(data, Content) else len(data)
    if not size:
        raise FileRefused("The file is empty.", "Export it again; nothing was imported.", file=name)
    if size > limits.file_bytes:
        raise FileRefused(
            f"The file has {size / 1024**2:,.0f} MB; at most {limits.file_bytes / 1024**2:,.0f} MB are read.",
            "Export a shorter period or fewer columns.",
            file=name,
        )
    file = data if isinstance(data, Content) else content(data)
    key: Key | None = (file.sha256, name, limits) if size >= _LARGE and action in ("inspect", "read") else None
    request = {
        "action": action,
        "name": name,
        "sha256": file.sha256,
        "size": size,
        "answers": to_plain(answers),
        "limits": to_plain(limits),
        "today": None if today is None else today.isoformat(),
        "watched": True,
        "stays": key is not None,
        "loaded": [to_plain(table) for table, _ in loaded],
        "choice": to_plain(choice),
    }
    _take_a_slot(name, limits, watch)
    try:
        worker = waiting(key) or begun(file.load(), key)
        stays = False
        try:
            for number, (_, parquet) in enumerate(loaded):
                (worker.path / f"loaded-{number}.parquet").write_bytes(parquet)
            answer = _asked(worker, request, limits, watch)
            stays = key is not None and action == "inspect"
            return answer
        finally:
            if stays:
                let_wait(worker)
            else:
                worker.end()
    finally:
        _SLOTS.release()


def _take_a_slot(name: str, limits: Limits, watch: Watch | None) -> None:
    """Wait for one of the few processes that may be open at once; whoever watches may wait as long as they like."""
    if watch is None:
        if not _SLOTS.acquire(timeout=limits.wall_seconds):
            raise FileRefused("Other files are being read.", "Try again in a minute.", file=name)
        return
    while not _SLOTS.acquire(timeout=_TICK):
        if not watch(Progress("waiting")):
            raise _stopped()


def _stopped() -> Stopped:
    return Stopped("Reading the file was stopped.", "Read it again, or discard it.")


def _asked(worker: Worker, request: dict[str, Any], limits: Limits, watch: Watch | None) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The worker's answer to a request; its process is started with the first."""
    name: str = request["name"]
    worker.answer.unlink(missing_ok=True)
    (worker.path / "request.json").write_text(json.dumps(request), encoding="utf-8")
    worker.start_or_wake()
    status = _wait(worker, request, limits, watch)
    if status != 0 or not worker.answer.exists():
        raise _death(status, worker.log.read_bytes()[-_LOGGED:].decode("utf-8", "replace"), name)
    result: dict[str, Any] = json.loads(worker.answer.read_text(encoding="utf-8"))
    if "error" in result:
        raise _same_error(result)
    if result.get("death") == "memory":
        raise _too_much(name)
    if "death" in result:
        raise _defect(str(result.get("traceback", "")), name)
    return result, {file.name: file.read_bytes() for file in worker.path.iterdir() if file.name in _PRODUCED}


def _wait(worker: Worker, request: dict[str, Any], limits: Limits, watch: Watch | None) -> int:
    """The exit status of the worker, once it has ended by itself; 0 as well when one that stays has answered."""
    name, stays = str(request["name"]), bool(request["stays"])
    began = time.monotonic()
    end, looked = began + limits.wall_seconds, began
    step = _SHORT_TICK if stays else _TICK if watch is not None else limits.wall_seconds
    while True:
        if stays:
            step = min(_TICK, max(_SHORT_TICK, _LATER * (time.monotonic() - began)))
        status = worker.status_within(min(step, max(0.0, end - time.monotonic())))
        if status is not None:
            return status
        if stays and worker.answer.exists():
            return 0
        if time.monotonic() >= end:
            raise _too_slow(name)
        if watch is not None and time.monotonic() >= looked + _TICK * 0.9:
            looked = time.monotonic()
            if not watch(heard(worker.path) or Progress("opening", total=int(request["size"]))):
                raise _stopped()


def _same_error(result: dict[str, Any]) -> AppError:
    """The worker's error as the same class with the same words and place."""
    kind = getattr(errors, str(result["error"]), FileRefused)
    message, remedy = str(result["message"]), str(result["remedy"] or "")
    # The message has its place in front already, so the constructor, which would put it there again, is not run.
    error: AppError = kind.__new__(kind)
    AppError.__init__(error, message, remedy)
    if isinstance(error, FileError):
        error.file, error.column, error.row = result["file"], result["column"], result["row"]
    return error


def _death(status: int, log: str, name: str) -> FileRefused:
    """What to say when the worker ended without an answer; the signal tells why."""
    if status < 0 and -status == getattr(signal, "SIGXCPU", 0):
        return _too_slow(name)
    if (status < 0 and -status in (signal.SIGABRT, signal.SIGSEGV, getattr(signal, "SIGKILL", 9))) or "MemoryError" in log:
        _LOG.warning("import worker ended with status %s", status)
        return _too_much(name)
    return _defect(f"worker ended with status {status}\n{log}", name)


def _too_slow(name: str) -> FileRefused:
    return FileRefused("Reading the file takes too long.", "Export a shorter period, or export it as CSV.", file=name)


def _too_much(name: str) -> FileRefused:
    return FileRefused("Reading the file takes too much memory.", "Export a shorter period or fewer columns.", file=name)


def _defect(trace: str, name: str) -> FileRefused:
    reference = secrets.token_hex(4)
    _LOG.error("import could not be read, reference %s\n%s", reference, trace)
    return FileRefused("The file could not be read.", f"Export it again, or report reference {reference} with the file.", file=name)
