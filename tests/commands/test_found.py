"""`python -m app found`, as an operator types it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services.members import Offer, accept, offered
from app.services.sign_in import identity
from app.settings import settings
from app.storage.engine import make_engine
from tests.commands.conftest import Run


@pytest.fixture
def hosted(tmp_path: Path, upgraded_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The settings of a server with a login."""
    shutil.copyfile(upgraded_sqlite, tmp_path / "scorecard.db")
    monkeypatch.setenv("SCORECARD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SCORECARD_LOGIN", "oidc")
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_an_organization_is_founded_and_its_owner_invited(run: Run, hosted: None, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run("found", "Acme", "--email", "anna@acme.example", "--url", "https://app.example.com/")
    assert (done.status, done.err) == (0, "Whoever opens this link within 7 days and signs in becomes the owner. It is not shown again.\n")
    link, _, token = done.out.strip().rpartition("/")
    assert link == "https://app.example.com/invitation"
    engine = make_engine(settings().database_url)
    assert offered(engine, token=token) == Offer("Acme", "owner", only_for=True)
    anna = identity({"iss": "https://id", "sub": "anna", "iat": 1, "email": "Anna@acme.example", "email_verified": True})
    assert accept(engine, anna, token=token).role == "owner"
    engine.dispose()
    assert run("found", " ").err == "An organization needs a name. Type one.\n"
    monkeypatch.setenv("SCORECARD_LOGIN", "none")
    settings.cache_clear()
    refused = run("found", "Acme")
    assert (refused.status, refused.err) == (
        2,
        "Without a login there is one organization only, and it is there. Set SCORECARD_LOGIN=oidc.\n",
    )
