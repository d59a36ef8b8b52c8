"""`python -m app database`, `backup` and `restore`, as an operator types them. The drill itself is tests/storage/test_backup.py."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services.actor import local_actor
from app.services.teams import list_teams
from app.settings import settings
from app.storage import migrations
from app.storage.engine import make_engine
from tests.commands.conftest import Run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data folder of an app that nobody has started yet."""
    monkeypatch.setenv("SCORECARD_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def test_a_database_is_made_checked_backed_up_and_restored(run: Run, folder: Path) -> None:
    out = folder / "copy.backup"
    empty = run("database", "check")
    head = migrations.head()
    assert (empty.status, empty.out) == (1, f"The database is at no version, and this app needs {head}.\n")
    refused = run("backup", "--out", out)
    assert (refused.status, refused.err) == (
        2,
        "The database is of another version than this app, or empty. Bring it up to date: python -m app database upgrade\n",
    )
    assert run("database", "upgrade").out == f"The database is at {head}.\n"
    assert run("database", "check").out == f"The database is at {head}, and nothing differs.\n"
    engine = make_engine(settings().database_url)
    owner = local_actor(engine)
    engine.dispose()

    made = run("backup", "--out", out)
    assert (made.status, made.err) == (0, "")
    assert made.out.startswith(f"{out}: {out.stat().st_size:,} bytes, SHA-256 ")
    assert out.stat().st_mode & 0o077 == 0
    assert "never overwritten" in run("backup", "--out", out).err
    assert "holds data, and a restore never overwrites any" in run("restore", out).err
    for path in folder.glob("scorecard.db*"):
        shutil.move(path, folder / f"old-{path.name}")
    assert run("restore", out).out == f"The database is at {head} and holds: organization 1, member 1, team 1.\n"
    engine = make_engine(settings().database_url)
    assert [team.name for team in list_teams(owner, engine=engine)] == ["My team"]
    engine.dispose()


def test_a_role_of_its_own_needs_postgresql(run: Run, folder: Path) -> None:
    refused = run("database", "prepare-role")
    assert refused.status == 2
    assert refused.err.startswith("A role of its own needs PostgreSQL and two addresses with different users. Set SCORECARD_DATABASE_URL ")
