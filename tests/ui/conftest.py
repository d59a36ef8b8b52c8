"""The app's pages run without a browser, over a database of their own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.ingest.limits import Limits
from app.services.actor import local_actor
from app.services.commits import commit_upload
from app.services.teams import shown_team
from app.services.uploads import start_upload
from app.settings import settings
from app.storage.engine import make_engine
from app.ui import cache

ROOT = Path(__file__).resolve().parents[2]

Open = Callable[[str], AppTest]

DEALS = "Deal ID,Account,Stage,Amount,Created,Closed,Region\n" + "".join(
    f"D{n},A{n % 40},{'Won' if n % 3 == 0 else 'Lost'},{100 + n},2025-{n % 12 + 1:02d}-02,2025-{n % 12 + 1:02d}-{n % 27 + 1:02d},"
    f"{'North' if n % 2 else 'South'}\n"
    for n in range(1, 361)
)
"""360 closed deals over a year, of which 120 are won."""


@pytest.fixture(scope="session")
def imported_deals(upgraded_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file in which the deals are loaded; tests copy it, because an import takes longer than most tests."""
    path = tmp_path_factory.mktemp("deals") / "scorecard.db"
    shutil.copyfile(upgraded_sqlite, path)
    engine = make_engine(f"sqlite:///{path}")
    actor = local_actor(engine)
    team = shown_team(actor, engine=engine)
    sent = start_upload(actor, engine=engine, team_id=team.id, data=DEALS.encode(), name="deals.csv", limits=Limits())
    commit_upload(actor, engine=engine, upload_id=sent.id, limits=Limits())
    engine.dispose()
    return path


@pytest.fixture
def open_page(tmp_path: Path, upgraded_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """`open_page("data")` is the page of that name in a new session, over an empty database."""
    monkeypatch.setenv("SCORECARD_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    settings().prepare_folders()
    shutil.copyfile(upgraded_sqlite, tmp_path / "scorecard.db")
    cache.forget_results()

    def open_(name: str) -> AppTest:
        page = AppTest.from_file(str(ROOT / "app" / "ui" / "main.py"), default_timeout=120).run()
        return shows(page.switch_page(str(ROOT / "pages" / f"{name}.py")).run())

    yield open_
    settings.cache_clear()
    cache.forget_results()


@pytest.fixture
def deals(open_page: Open, imported_deals: Path, tmp_path: Path) -> None:
    """The deals are loaded already."""
    shutil.copyfile(imported_deals, tmp_path / "scorecard.db")


def shows(page: AppTest) -> AppTest:
    """The page itself, which must have run without an exception."""
    assert not page.exception, [e.value for e in page.exception]
    return page


def words(page: AppTest) -> str:
    """Everything a reader reads on it."""
    kinds = (page.title, page.header, page.subheader, page.markdown, page.caption, page.info, page.warning, page.error, page.success)
    found = [str(element.value) for kind in kinds for element in kind] + [f"{metric.label}: {metric.value}" for metric in page.metric]
    return "\n".join(found).replace("\xa0", " ")
