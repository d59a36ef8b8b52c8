"""Processor time of one rerun of each page with a warm cache, beside an empty page of the same server software."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.servers import Server, app_command, free_port, serve
from tests.hosting.session import Session, opened

RERUNS = 20


def measure() -> list[str]:
    """Lines of the report: milliseconds of processor time for each rerun."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with empty_app(folder) as server:
            empty = asyncio.run(costs(server, server.url))[""]
        port = free_port()
        with serve(app_command(port), port=port, environment={"SCORECARD_DATA_DIR": str(folder / "data")}) as server:
            return told(empty, asyncio.run(costs(server, server.url)))


@contextmanager
def empty_app(folder: Path) -> Iterator[Server]:
    """Streamlit with a page that says hello and nothing else, and the collector as the app has it."""
    script = folder / "empty.py"
    script.write_text('import streamlit as st\nst.title("Hello world")\n', encoding="utf-8")
    port = free_port()
    options = ["--server.port", str(port), "--server.headless", "true", "--server.address", "127.0.0.1"]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *options, "--runner.postScriptGC", "false"]
    with serve(command, port=port, environment={}) as server:
        yield server


async def costs(server: Server, url: str) -> dict[str, float]:
    """Milliseconds of processor time for a rerun of each page by the name in its address; the first page's is empty."""
    async with await opened(url, keep_frames=False) as session:
        await session.open()
        # An app of one page tells of none.
        return {name: await _cost(server, session, name) for name in list(session.pages) or [""]}


async def _cost(server: Server, session: Session, page: str) -> float:
    for _ in range(3):
        await session.open(page)
    before, began = server.cpu_seconds(), time.monotonic()
    for _ in range(RERUNS):
        await session.rerun()
    busy, spent = time.monotonic() - began, server.cpu_seconds() - before
    # What the server spends anyway in the same time (pings, timers) is not the rerun's.
    before = server.cpu_seconds()
    await asyncio.sleep(min(busy, 3))
    idle = (server.cpu_seconds() - before) / min(busy, 3) * busy
    return max(spent - idle, 0) / RERUNS * 1000


def told(empty: float, pages: dict[str, float]) -> list[str]:
    """The costs as lines."""
    lines = [f"rerun of an empty page             {empty:6.1f} ms"]
    for name, cost in pages.items():
        lines.append(f"rerun of {name or 'overview':<12}              {cost:6.1f} ms   {cost / empty:4.1f} × empty (goal 50 ms)")
    return lines
