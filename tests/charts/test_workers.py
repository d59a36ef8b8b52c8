"""The processes that make files: they are renewed, replaced when they die, and end with the process that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.charts import workers

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_the_process_that_started_them(by: signal.Signals) -> None:
    """Also those that are at work."""
    code = (
        "import time; from app.charts import workers;"
        "[workers.submit(time.sleep, 0).result() for _ in range(4)]; [workers.submit(time.sleep, 60) for _ in range(2)];"
        "print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as starter:
        try:
            assert starter.stdout is not None
            assert starter.stdout.readline() == b"up\n"
            started = psutil.Process(starter.pid).children(recursive=True)
            assert len(_workers(psutil.Process(starter.pid))) == 2
        finally:
            starter.send_signal(by)
    _, alive = psutil.wait_procs(started, timeout=10)
    for process in alive:
        process.kill()
    assert alive == []


@pytest.fixture
def fresh() -> Iterator[None]:
    """No workers before and after."""
    workers.stop()
    yield
    workers.stop()


@pytest.mark.usefixtures("fresh")
def test_new_workers_take_over_after_some_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """The old ones go on until the new ones have come up, make what they were asked for, and end."""
    monkeypatch.setattr(workers, "FILES", 3)
    slow = workers.submit(time.sleep, 3)
    first = {workers.submit(os.getpid).result(60) for _ in range(3)}
    end = time.monotonic() + 60
    while (one := workers.submit(os.getpid).result(60)) in first:
        assert time.monotonic() < end, "nobody took over"
        time.sleep(0.1)
    assert slow.result(60) is None
    _, alive = psutil.wait_procs([psutil.Process(pid) for pid in first if psutil.pid_exists(pid)], timeout=30)
    assert alive == []
    assert psutil.pid_exists(one)


@pytest.mark.usefixtures("fresh")
def test_workers_that_died_while_idle_are_replaced() -> None:
    """The next file is made; nobody has to try again."""
    pid = workers.submit(os.getpid).result(60)
    both = _workers(psutil.Process())
    psutil.Process(pid).kill()
    # The executor notices in a thread of its own, and then ends the other worker too.
    assert psutil.wait_procs(both, timeout=30)[1] == []
    assert workers.submit(os.getpid).result(60) != pid


def _workers(of: psutil.Process) -> list[psutil.Process]:
    return [process for process in of.children(recursive=True) if "spawn_main" in " ".join(process.cmdline())]
