"""The processes that open files: begun with a file in a folder of their own, kept for a moment with the file open, ended with the folder.

They get a short list of the environment and nothing else. What is said to them and what they answer is the gate's.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import app
from app.ingest.limits import Limits
from app.processes import is_alive

Key = tuple[str, str, Limits]
"""Which file a worker has open: the hash of its bytes, its name, and what it may cost."""

ROOT = Path(str(app.__file__)).resolve().parent.parent
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
_STAYS = 30.0
"""Seconds, during which the questions of most files are answered. Fewer than the worker itself would stay."""
_PREFIX = "scorecard-import-"
"""What the name of each folder begins with; the number of the process that made it follows."""
_cleared = False
_clearing_lock = threading.Lock()
_waiting: list[Worker] = []
_waiting_lock = threading.Lock()


@dataclass
class Worker:
    """A process with the folder it works in. `key` says which file it has opened, None when it is to end after its answer."""

    folder: tempfile.TemporaryDirectory[str]
    key: Key | None
    process: subprocess.Popen[bytes] | None = None
    until: float = 0.0

    @property
    def path(self) -> Path:
        """The folder."""
        return Path(self.folder.name)

    @property
    def answer(self) -> Path:
        """Where it writes its answer."""
        return self.path / "result.json"

    @property
    def log(self) -> Path:
        """Where it writes what went wrong."""
        return self.path / "log"

    def start_or_wake(self) -> None:
        """Have the request done that lies in the folder."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.write(b"\n")
            self.process.stdin.flush()
            return
        environment = {key: os.environ[key] for key in _PASSED_ON if key in os.environ} | _ENVIRONMENT
        with self.log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.ingest.worker", str(self.path)],
                cwd=ROOT,
                env=environment,
                # A byte is written for each further request. The pipe ends when this process does, and the worker with it.
                stdin=subprocess.PIPE,
                stdout=stderr,
                stderr=stderr,
                start_new_session=True,
            )

    def status_within(self, seconds: float) -> int | None:
        """Its exit status as soon as it has ended, None when it has not within this time."""
        if self.process is None:
            return None
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        """Kill it, if it is still there, and remove its folder."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            if self.process.stdin is not None:
                with contextlib.suppress(OSError):
                    self.process.stdin.close()
        self.folder.cleanup()


def begun(data: bytes, key: Key | None) -> Worker:
    """A worker with the file in its folder; its process is started with the first request."""
    clear_left_behind()
    worker = Worker(tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-"), key)
    (worker.path / "input").write_bytes(data)
    return worker


def waiting(key: Key | None) -> Worker | None:
    """The worker that has just looked at this file and still has it open. One that waits with another file makes room."""
    if key is None:
        return None
    found = None
    for worker in _taken():
        alive = worker.process is not None and worker.process.poll() is None and time.monotonic() < worker.until
        if found is None and alive and worker.key == key:
            found = worker
        else:
            worker.end()
    return found


def let_wait(worker: Worker) -> None:
    """Keep the worker for a moment; at most one waits."""
    worker.until = time.monotonic() + _STAYS
    with _waiting_lock:
        before = list(_waiting)
        _waiting[:] = [worker]
    for other in before:
        other.end()
    timer = threading.Timer(_STAYS, _leave, (worker,))
    timer.daemon = True
    timer.start()


def end_waiting() -> None:
    """End the worker that stays with the file it has looked at, with its copy of the file."""
    for worker in _taken():
        worker.end()


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


def _taken() -> list[Worker]:
    """Those that wait, who wait no longer."""
    with _waiting_lock:
        taken = list(_waiting)
        _waiting.clear()
    return taken


def _leave(worker: Worker) -> None:
    with _waiting_lock:
        if not any(one is worker for one in _waiting):
            return
        _waiting.remove(worker)
    worker.end()
