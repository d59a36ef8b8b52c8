"""A real server with the play company, and pages of a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.ingest.limits import Limits
from app.services.actor import local_actor
from app.services.play_company import ensure_play_company
from app.storage import migrations
from app.storage.engine import make_engine

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
RUN_ENDED = "[data-testid=stApp][data-test-script-state=notRunning]"

Serve = Callable[..., str]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start servers on the loopback address: `serve(data=folder, SETTING="value")` gives the address; all end with the test."""
    children: list[subprocess.Popen[bytes]] = []

    def start(*, data: Path | None = None, **environment: str) -> str:
        url, child = started(data or tmp_path / "data", port=free_port(), **environment)
        children.append(child)
        return url

    yield start
    for child in children:
        child.terminate()
    for child in children:
        ended(child)


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def started(data: Path, *, port: int, **settings: str) -> tuple[str, subprocess.Popen[bytes]]:
    """The address and the process of a server over the folder `data`, once it is ready."""
    environment = {**os.environ, "SCORECARD_DATA_DIR": str(data), **settings}
    command = [sys.executable, "-m", "app", "run", "--no-browser", "--port", str(port)]
    child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    end = time.monotonic() + 90
    while True:
        try:
            with urllib.request.urlopen(f"{url}/ready", timeout=2) as answer:
                assert answer.status == 200
            return url, child
        except OSError:
            assert child.poll() is None, "the server ended"
            assert time.monotonic() < end, "the server did not get ready"
            time.sleep(0.1)


def ended(child: subprocess.Popen[bytes]) -> None:
    """Wait for a process that was told to end, and end it when it does not."""
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


@pytest.fixture(scope="session")
def play_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the play company in it, made once; tests copy it."""
    folder = tmp_path_factory.mktemp("play")
    engine = make_engine(f"sqlite:///{folder / 'scorecard.db'}")
    migrations.upgrade(engine)
    ensure_play_company(local_actor(engine), engine=engine, limits=Limits())
    engine.dispose()
    return folder


@pytest.fixture
def server(serve: Serve, play_company: Path, tmp_path: Path) -> str:
    """The address of a server with the play company."""
    return serve(data=Path(shutil.copytree(play_company, tmp_path / "played")))


@pytest.fixture(scope="module")
def example(play_company: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one server with the play company for the tests of a file that change nothing."""
    data = Path(shutil.copytree(play_company, tmp_path_factory.mktemp("example") / "data"))
    url, child = started(data, port=free_port())
    yield url
    child.terminate()
    ended(child)


def settle(page: Page) -> None:
    """Wait until the script has run and the page shows it."""
    page.wait_for_timeout(250)
    page.locator(RUN_ENDED).wait_for(timeout=60_000)
    page.wait_for_timeout(400)


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Pages of a browser context of their own: `new_page(width=390, scheme="dark")`."""
    contexts = []

    def open_page(*, width: int = 1280, scheme: str = "light", bypass_csp: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            bypass_csp=bypass_csp,
        )
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
