"""What every test may use: the real files, databases of both kinds, a browser; and the rule that nothing is skipped where all is required.

A test that needs something this machine lacks is skipped with a sentence that says how to get it. With
``SCORECARD_TEST_REQUIRE_ALL=1``, which `.ci/run` sets, such a skip is a failure: a green run then means that everything ran.
Only the real files beside the repository may be missing there too, because they are not part of the project.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests import postgresql

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from sqlalchemy import Engine

REQUIRE_ALL = os.environ.get("SCORECARD_TEST_REQUIRE_ALL") == "1"

NO_REAL_FILES = "The real files beside the repository are not here."
APP_ROLE = postgresql.APP_ROLE

NO_POSTGRESQL = "PostgreSQL is not installed. On Debian and Ubuntu: sudo apt-get install postgresql"
NO_NGINX = "nginx is not installed. On Debian and Ubuntu: sudo apt-get install nginx"
NO_CHROMIUM = "Chromium is not installed. On Debian: sudo apt-get install chromium"

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # A browser that looks for updates waits for a network that a test machine may not have.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


# --- Nothing skipped ------------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report: pytest.TestReport = yield
    # An expected failure is reported as skipped as well, and is none.
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        _fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    report: pytest.CollectReport = yield
    if REQUIRE_ALL and report.skipped:
        _fail(report)
    return report


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    if NO_REAL_FILES not in reason:
        report.outcome = "failed"
        report.longrepr = f"Everything is required here, and this was skipped. {reason}"


# --- Order ---------------------------------------------------------------------------------------------------------


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole files are shared out in this order, so the long ones, with a browser, begin first and nobody waits for them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


# --- Real files -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files beside the repository; tests that need it are skipped where it is absent."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(NO_REAL_FILES)
    return folder


@pytest.fixture(scope="session")
def shared_torture(shared_data: Path) -> Path:
    """The folder of files and texts that break importers, beside the real exports."""
    folder = shared_data.parent / "torture"
    if not folder.is_dir():
        pytest.skip(f"The files that break importers are not at {folder}.")
    return folder


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of this process alone: see `tests.postgresql.server`. A test makes its own database, so tests do not meet."""
    if postgresql.binaries() is None:
        pytest.skip(NO_POSTGRESQL)
    with postgresql.server() as address:
        yield address


# --- Databases ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def upgraded_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file at the newest revision, without a row; tests copy it, because running every migration takes longer than most tests."""
    from app.storage import migrations
    from app.storage.engine import make_engine

    path = tmp_path_factory.mktemp("upgraded") / "app.db"
    engine = make_engine(f"sqlite:///{path}")
    migrations.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def upgraded_postgresql(postgres_url: str) -> str:
    """The name of a PostgreSQL database at the newest revision; a test's own database is made from this template."""
    name = "upgraded"
    postgresql.upgraded(postgres_url, name)
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without tables."""
    if request.param == "sqlite":
        yield from _opened(f"sqlite:///{tmp_path / 'app.db'}")
    else:
        yield from _made(request.getfixturevalue("postgres_url"), template="template1")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database at the newest revision. On PostgreSQL the role is the lesser one of a server, held by row-level security.

    `tests.owners.everything` looks at it as its owner.
    """
    if request.param == "sqlite":
        path = shutil.copyfile(request.getfixturevalue("upgraded_sqlite"), tmp_path / "app.db")
        yield from _opened(f"sqlite:///{path}")
    else:
        yield from _made(request.getfixturevalue("postgres_url"), template=request.getfixturevalue("upgraded_postgresql"), role=APP_ROLE)


@pytest.fixture(scope="module")
def hosted_url(postgres_url: str, upgraded_postgresql: str) -> Iterator[str]:
    """The address of a PostgreSQL database at the newest revision for the tests of one file, with the lesser role of a server."""
    name = f"test_{uuid4().hex}"
    postgresql.administer(postgres_url, f"CREATE DATABASE {name} TEMPLATE {upgraded_postgresql}")
    yield postgresql.database(postgres_url.replace("//postgres@", f"//{APP_ROLE}@"), name)
    postgresql.administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


def _made(server: str, *, template: str, role: str = "") -> Iterator[Engine]:
    name = f"test_{uuid4().hex}"
    postgresql.administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield from _opened(postgresql.database(server.replace("//postgres@", f"//{role}@") if role else server, name))
    postgresql.administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _opened(url: str) -> Iterator[Engine]:
    from app.storage.engine import make_engine

    engine = make_engine(url)
    yield engine
    engine.dispose()


# --- Browser --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the system's Chromium is."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(NO_CHROMIUM)
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium of this process; a test opens a context of its own in it, and closes it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
        yield running
        running.close()
