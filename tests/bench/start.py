"""From the command to the first rendered page, against a hello-world Streamlit app started and looked at in the same way.

The two take turns. The server's processor time until the page is there is shown beside: it says the same on a busy machine.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.bench.servers import CHROMIUM_ARGS, app_command, await_health, chromium, free_port, serve

ROUNDS = 5
HELLO = 'import streamlit as st\nst.title("Hello")\n'


def measure() -> list[str]:
    """Lines of the report: medians of several rounds, browser already running."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGS)
        script = Path(folder) / "hello.py"
        script.write_text(HELLO, encoding="utf-8")
        data = Path(folder) / "data"
        ours = {"SCORECARD_DATA_DIR": str(data)}

        def seconds(command_of: object, text: str, environment: dict[str, str]) -> tuple[float, float]:
            port = free_port()
            command = command_of(port)  # type: ignore[operator]  # one of the two functions below
            with serve(command, port=port, environment=environment, wait=False) as server:
                await_health(server)
                page = browser.new_page()
                page.goto(server.url)
                page.get_by_role("heading", name=text).first.wait_for(timeout=60_000)
                # The page is there when the script has finished, not when its first heading shows.
                page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=60_000)
                spent = time.monotonic() - server.started, server.cpu_seconds()
                page.close()
            return spent

        def hello(port: int) -> list[str]:
            options = ["--server.port", str(port), "--server.headless", "true", "--server.address", "127.0.0.1"]
            return [sys.executable, "-m", "streamlit", "run", str(script), *options, "--browser.gatherUsageStats", "false"]

        first, _ = seconds(app_command, "Overview", ours)
        turns = [(seconds(hello, "Hello", {}), seconds(app_command, "Overview", ours)) for _ in range(ROUNDS)]
        browser.close()
    baseline, baseline_cpu = (statistics.median(times) for times in zip(*(turn[0] for turn in turns), strict=True))
    warm, warm_cpu = (statistics.median(times) for times in zip(*(turn[1] for turn in turns), strict=True))
    return [
        f"start to first page, hello world   {baseline:6.2f} s   processor {baseline_cpu:.2f} s",
        f"start to first page, this app      {warm:6.2f} s   processor {warm_cpu:.2f} s   ratio {warm / baseline:.2f} (goal 1.50)",
        f"very first start, with seeding     {first:6.2f} s   ratio {first / baseline:.2f} (no goal)",
    ]
