"""Processor time of one rerun of each page with a warm cache, beside an empty page of the same server software."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.bench.servers import CHROMIUM_ARGS, Server, app_command, chromium, free_port, serve

PAGES = ("", "data", "numbers", "compare", "evidence", "team")
RERUNS = 20


def measure() -> list[str]:
    """Lines of the report: milliseconds of processor time for each rerun."""
    lines = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGS)
        empty = Path(folder) / "empty.py"
        empty.write_text('import streamlit as st\nst.title("Empty")\n', encoding="utf-8")
        port = free_port()
        options = ["--server.port", str(port), "--server.headless", "true", "--server.address", "127.0.0.1"]
        command = [sys.executable, "-m", "streamlit", "run", str(empty), *options, "--runner.postScriptGC", "false"]
        with serve(command, port=port, environment={}) as server:
            page = browser.new_page()
            page.goto(server.url)
            baseline = _rerun_cost(server, page)
            lines.append(f"rerun of an empty page             {baseline:6.1f} ms")
        port = free_port()
        with serve(app_command(port), port=port, environment={"SCORECARD_DATA_DIR": str(Path(folder) / "data")}) as server:
            for name in PAGES:
                page = browser.new_page()
                page.goto(f"{server.url}/{name}")
                cost = _rerun_cost(server, page)
                lines.append(f"rerun of {name or 'overview':<12}              {cost:6.1f} ms   {cost / baseline:4.1f} × empty (goal 50 ms)")
                page.close()
        browser.close()
    return lines


def _rerun_cost(server: Server, page: Page) -> float:
    """Milliseconds of processor time for each rerun, after the page has settled and been run twice."""
    page.locator("h1").first.wait_for(timeout=60_000)
    _settle(page)
    for _ in range(2):
        _rerun(page)
    before = server.cpu_seconds()
    idle_from = time.monotonic()
    for _ in range(RERUNS):
        _rerun(page)
    busy = time.monotonic() - idle_from
    spent = server.cpu_seconds() - before
    # What the server spends anyway in the same time (pings, timers) is not the rerun's.
    before = server.cpu_seconds()
    time.sleep(min(busy, 5))
    idle = (server.cpu_seconds() - before) / min(busy, 5) * busy
    return max(spent - idle, 0) / RERUNS * 1000


def _rerun(page: Page) -> None:
    page.locator("body").press("r")
    page.wait_for_timeout(60)
    _settle(page)


def _settle(page: Page) -> None:
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=60_000)
