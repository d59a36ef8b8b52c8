"""Servers on the loopback address for the length of a measurement, and what they cost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Server:
    """A running server: where it listens, its process, and when (monotonic seconds) it was started."""

    url: str
    process: psutil.Process
    started: float

    def cpu_seconds(self) -> float:
        """Processor time of the process and its children until now."""
        total = 0.0
        for process in (self.process, *self.process.children(recursive=True)):
            times = process.cpu_times()
            total += times.user + times.system
        return total


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def chromium() -> str:
    """Where the system's Chromium is; SystemExit when there is none."""
    for path in CHROMIUM:
        if Path(path).exists():
            return path
    raise SystemExit("The measurement needs Chromium: apt-get install chromium")


@contextmanager
def serve(command: list[str], *, port: int, environment: dict[str, str], wait: bool = True) -> Iterator[Server]:
    """Start `command`, wait until it answers on `port` (unless told not to), and end it afterwards."""
    started = time.monotonic()
    with subprocess.Popen(  # our own command line, no shell
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        server = Server(f"http://127.0.0.1:{port}", psutil.Process(child.pid), started)
        try:
            if wait:
                await_health(server)
            yield server
        finally:
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()


def await_health(server: Server, *, seconds: float = 60) -> None:
    """Wait until Streamlit says it is healthy."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=1) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"the server at {server.url} did not start")


def app_command(port: int) -> list[str]:
    """The command that `make run` ends with, without opening a browser."""
    return [sys.executable, "-m", "app", "run", "--port", str(port), "--no-browser"]
