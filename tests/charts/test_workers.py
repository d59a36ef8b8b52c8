"""The processes that make files end with the process that started them."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_the_process_that_started_them(by: signal.Signals) -> None:
    """Also those that are at work."""
    code = (
        "import time; from app.charts import workers; pool = workers.pool();"
        "[pool.submit(time.sleep, 0).result() for _ in range(4)]; [pool.submit(time.sleep, 60) for _ in range(2)];"
        "print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as starter:
        try:
            assert starter.stdout is not None
            assert starter.stdout.readline() == b"up\n"
            started = psutil.Process(starter.pid).children(recursive=True)
            workers = [process for process in started if "spawn_main" in " ".join(process.cmdline())]
            assert len(workers) == 2
        finally:
            starter.send_signal(by)
    _, alive = psutil.wait_procs(started, timeout=10)
    for process in alive:
        process.kill()
    assert alive == []
