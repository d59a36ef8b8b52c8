"""The only way into the import: each file is opened in a process of its own that may die without harm.

Nothing of the readers is imported here, so that the serving process never runs them. Bytes and results travel through a
private temporary folder, as files and JSON.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import app
from app import errors
from app.errors import AppError, FileError, FileRefused, Stopped
from app.ingest.content import Content, content
from app.ingest.limits import Limits
from app.ingest.model import Answers, Inspection, JoinChoice, JoinOffer, LoadedTable, Receipt, TypedTable
from app.ingest.progress import Progress, heard
from app.ingest.wire import from_plain, to_plain
from app.processes import is_alive
from app.tables import SnapshotInfo

Action = Literal["inspect", "read", "decode", "offer", "join"]
Watch = Callable[[Progress], bool]
"""Told how far the file is, about four times a second; when it answers False the file is dropped and its process killed."""

_LOG = logging.getLogger(__name__)
_ROOT = Path(str(app.__file__)).resolve().parent.parent
_AT_ONCE = 2
_SLOTS = threading.BoundedSemaphore(_AT_ONCE)
_ENVIRONMENT = {
    # One allocator that returns memory, one thread: the limit on the address space counts reserved memory too.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "OMP_NUM_THREADS": "2",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    # Memory that was freed is used again and not given back: a process that soon ends spends a sixth of its time on asking for it anew.
    "MALLOC_MMAP_THRESHOLD_": str(1024**3),
    "MALLOC_TRIM_THRESHOLD_": str(4 * 1024**3),
    "PYTHONUTF8": "1",
}
_PASSED_ON = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
_LOGGED = 4_000
_TICK = 0.25
"""Seconds between two looks at how far a file is."""
_SHORT_TICK = 0.02
_LATER = 0.03
"""Of the time that has passed: an answer is looked for every 20 ms at first and less and less often after that."""
_LARGE = 2 * 1024**2
"""Bytes from which on a worker stays with an opened file; smaller ones are opened again in no time."""
_STAYS = 30.0
"""Seconds, during which the questions of most files are answered. Fewer than the worker itself would stay."""
_PREFIX = "scorecard-import-"
"""What the name of each folder begins with; the number of the process that made it follows."""
_cleared = False
_clearing_lock = threading.Lock()
_waiting: list[_Worker] = []
_staying_lock = threading.Lock()


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
    key = (file.sha256, name, limits) if size >= _LARGE and action in ("inspect", "read") else None
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
        worker = _staying(key) or _begun(file.load(), key)
        stays = False
        try:
            for number, (_, parquet) in enumerate(loaded):
                (worker.path / f"loaded-{number}.parquet").write_bytes(parquet)
            answer = _asked(worker, request, limits, watch)
            stays = key is not None and action == "inspect"
            return answer
        finally:
            if stays:
                _let_stay(worker)
            else:
                _end(worker)
    finally:
        _SLOTS.release()


@dataclass
class _Worker:
    """A process with the folder it works in. `key` says which file it has opened, None when it is to end after its answer."""

    folder: tempfile.TemporaryDirectory[str]
    key: tuple[str, str, Limits] | None
    process: subprocess.Popen[bytes] | None = None
    until: float = 0.0

    @property
    def path(self) -> Path:
        """The folder."""
        return Path(self.folder.name)


def _begun(data: bytes, key: tuple[str, str, Limits] | None) -> _Worker:
    clear_left_behind()
    worker = _Worker(tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-"), key)
    (worker.path / "input").write_bytes(data)
    return worker


def _staying(key: tuple[str, str, Limits] | None) -> _Worker | None:
    """The worker that has just looked at this file and still has it open. One that waits with another file makes room."""
    if key is None:
        return None
    with _staying_lock:
        waiting = list(_waiting)
        _waiting.clear()
    found = None
    for worker in waiting:
        alive = worker.process is not None and worker.process.poll() is None and time.monotonic() < worker.until
        if found is None and alive and worker.key == key:
            found = worker
        else:
            _end(worker)
    return found


def clear_left_behind() -> None:
    """Remove, once in a process, the folders of processes that were killed.

    A worker clears its folder when its parent is gone; what is left is of a parent that was killed before it had started the worker.
    """
    global _cleared
    with _clearing_lock:
        if _cleared:
            return
        for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
            # This process has made no folder yet: one with its number is of another, which had the number before.
            if pid.isdecimal() and (int(pid) == os.getpid() or not is_alive(int(pid))):
                shutil.rmtree(folder, ignore_errors=True)
        _cleared = True


def end_waiting() -> None:
    """End the worker that stays with the file it has looked at, with its copy of the file."""
    with _staying_lock:
        waiting = list(_waiting)
        _waiting.clear()
    for worker in waiting:
        _end(worker)


def _let_stay(worker: _Worker) -> None:
    """Keep the worker for a moment; at most one waits."""
    worker.until = time.monotonic() + _STAYS
    with _staying_lock:
        before = list(_waiting)
        _waiting[:] = [worker]
    for other in before:
        _end(other)
    timer = threading.Timer(_STAYS, _leave, (worker,))
    timer.daemon = True
    timer.start()


def _leave(worker: _Worker) -> None:
    with _staying_lock:
        if not any(waiting is worker for waiting in _waiting):
            return
        _waiting.remove(worker)
    _end(worker)


def _end(worker: _Worker) -> None:
    process = worker.process
    if process is not None:
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
    worker.folder.cleanup()


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


def _asked(worker: _Worker, request: dict[str, Any], limits: Limits, watch: Watch | None) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The worker's answer to a request; its process is started with the first."""
    name: str = request["name"]
    folder = worker.path
    log = folder / "log"
    (folder / "result.json").unlink(missing_ok=True)
    (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
    if worker.process is not None and worker.process.stdin is not None:
        worker.process.stdin.write(b"\n")
        worker.process.stdin.flush()
    else:
        environment = {key: os.environ[key] for key in _PASSED_ON if key in os.environ} | _ENVIRONMENT
        with log.open("wb") as stderr:
            worker.process = subprocess.Popen(
                [sys.executable, "-m", "app.ingest.worker", str(folder)],
                cwd=_ROOT,
                env=environment,
                # A byte is written for each further request. The pipe ends when this process does, and the worker with it.
                stdin=subprocess.PIPE,
                stdout=stderr,
                stderr=stderr,
                start_new_session=True,
            )
    status = _wait(worker.process, folder, request, limits, watch)
    answer = folder / "result.json"
    if status != 0 or not answer.exists():
        raise _death(status, log.read_bytes()[-_LOGGED:].decode("utf-8", "replace"), name)
    result: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    if "error" in result:
        raise _same_error(result)
    if result.get("death") == "memory":
        raise _too_much(name)
    if "death" in result:
        raise _defect(str(result.get("traceback", "")), name)
    produced = {file.name: file.read_bytes() for file in folder.iterdir() if file.name in ("table.parquet", "rejected.csv", "cells.csv")}
    return result, produced


def _wait(process: subprocess.Popen[bytes], folder: Path, request: dict[str, Any], limits: Limits, watch: Watch | None) -> int:
    """The exit status of the worker, once it has ended by itself; 0 as well when one that stays has answered."""
    name, stays = str(request["name"]), bool(request["stays"])
    began = time.monotonic()
    end, looked = began + limits.wall_seconds, began
    step = _SHORT_TICK if stays else _TICK if watch is not None else limits.wall_seconds
    while True:
        try:
            if stays:
                step = min(_TICK, max(_SHORT_TICK, _LATER * (time.monotonic() - began)))
            return process.wait(timeout=min(step, max(0.0, end - time.monotonic())))
        except subprocess.TimeoutExpired:
            if stays and (folder / "result.json").exists():
                return 0
            if time.monotonic() >= end:
                raise _too_slow(name) from None
        if watch is not None and time.monotonic() >= looked + _TICK * 0.9:
            looked = time.monotonic()
            if not watch(heard(folder) or Progress("opening", total=int(request["size"]))):
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
