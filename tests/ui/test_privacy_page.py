"""The page on data and privacy: what is kept how long, the record, everything in one file, and the end with its receipt."""

from __future__ import annotations

import io
import os
import time
import zipfile
from dataclasses import replace

import pytest
from starlette.requests import Request
from starlette.responses import Response
from streamlit.testing.v1 import AppTest

from app.services import audit, retention
from app.services.actor import Actor, add_member
from app.services.teams import rename_team, shown_team
from app.settings import settings
from app.storage.tables import MemberRole
from app.ui import cache
from app.ui.clearing import clear
from app.ui.routes import download
from tests.outside_loops import run
from tests.ui.conftest import Open, shows, words


def click(page: AppTest, label: str) -> AppTest:
    (button,) = [b for b in page.button if b.label == label]
    return shows(button.click().run())


def here() -> Actor:
    return cache.local_owner(cache.database())


def fetched(page: AppTest, label: str) -> Response:
    """What the route answers to a click on a download."""
    (address,) = [link.proto.url for link in page.get("link_button") if link.proto.label == label]
    _, _, token, name = address.split("/")
    scope = {"type": "http", "method": "GET", "path": address, "headers": [], "query_string": b""}
    return run(download(Request({**scope, "path_params": {"token": token, "name": name}})))


def test_an_owner_sets_how_long_things_are_kept_and_the_clock_looks(open_page: Open) -> None:
    page = open_page("privacy")
    assert page.selectbox[0].value is None
    page.selectbox[0].set_value(365)
    page = click(page, "Save")
    assert "What is older than 1 year is deleted within the hour." in words(page)
    assert retention.read_retention(here(), engine=cache.database()) == 365
    folder = settings().cache_dir
    (folder / "results").mkdir(parents=True)
    for name in ("a.parquet", "results/a.json", "b.parquet", "results/b.json"):
        (folder / name).write_bytes(b"x")
        if "a." in name:
            os.utime(folder / name, (0, time.time() - 8 * 24 * 3_600))
    clear()
    assert sorted(path.name for path in folder.rglob("*.*")) == ["b.json", "b.parquet"]


def test_the_record_is_read_by_kind_and_taken_as_a_file(open_page: Open) -> None:
    engine, owner = cache.database(), here()
    rename_team(owner, engine=engine, team_id=shown_team(owner, engine=engine).id, name="North")
    page = open_page("privacy")
    assert page.dataframe[0].value.to_numpy().tolist()[0][1:] == ["Owner", "changed a team's settings", "North", "North"]
    answer = fetched(page, "Download the record (CSV)")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert bytes(answer.body).decode("utf-8-sig").splitlines()[0] == "When (UTC),Who,What,Which,Team"
    answer = fetched(page, "Download everything")
    with zipfile.ZipFile(io.BytesIO(bytes(answer.body))) as archive:
        assert "tables/team.csv" in archive.namelist()
    # Each download is in the record.
    page = shows(page.run())
    told = page.dataframe[0].value["Which"].tolist()
    assert sorted(told) == ["North", "everything.zip", "record.csv"]
    page.button_group[0].set_value(["Downloads"])
    assert sorted(shows(page.run()).dataframe[0].value["What"].tolist()) == ["downloaded a file"] * 2
    assert len(audit.trail(owner, engine=engine, groups=["Downloads"])) == 2


def test_everything_is_deleted_with_a_receipt_and_the_app_begins_anew(open_page: Open) -> None:
    before = here()
    page = click(open_page("privacy"), "Delete everything …")
    page = click(page, "Delete everything for good")
    assert "That is not the organization's name. Type “My company”" in words(page)
    page.text_input(key="end-name").set_value("My company")
    page = click(page, "Delete everything for good")
    assert "The organization “My company” was deleted on" in page.code[0].value
    assert "organization: 1" in page.code[0].value
    assert page.code[0].value.splitlines()[-1].startswith("Receipt ")
    page = click(page, "Done")
    assert here().organization_id != before.organization_id


@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_others_read_how_long_and_nothing_else(open_page: Open, monkeypatch: pytest.MonkeyPatch, role: MemberRole) -> None:
    engine, owner = cache.database(), here()
    somebody = add_member(owner, engine=engine, iss="https://id", sub=role, display_name="Vera", role="viewer")
    monkeypatch.setattr(cache, "local_owner", lambda engine: replace(somebody, role=role))
    page = open_page("privacy")
    assert "Your organization keeps these **until somebody deletes them**. An owner can change it." in words(page)
    assert [one.value for one in page.subheader] == ["How long things are kept"]
    assert not page.dataframe
    assert [link.proto.label for link in page.get("link_button")] == []
