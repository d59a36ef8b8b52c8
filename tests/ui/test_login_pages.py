"""Every page as each role sees it, with a login: it opens, shows no error of access, and offers people what they may do."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.errors import AccessDenied, ConfigurationError, SignedOut
from app.services import members, sign_in
from app.services.actor import Actor, actors_of, add_member, found_organization
from app.services.commits import commit_upload
from app.services.rounds.closed import record_closed_round
from app.services.teams import list_teams, shown_team
from app.services.uploads import start_upload
from app.settings import settings
from app.storage.tables import MemberRole
from app.ui import cache, login
from app.ui.navigation import pages
from app.ui.respondent import limiter
from app.ui.respondent.state import state
from tests.survey_rounds import new_round, opened_round
from tests.ui.conftest import DEALS, ROOT, Open, shows, words
from tests.ui.test_pages import click

ISS = "https://id"
SECTION = {"redirect_uri": "https://app.example.com/oauth2callback", "cookie_secret": "0" * 32, "client_id": "c"}
PEOPLE: dict[MemberRole, str] = {"owner": "anna", "manager": "max", "viewer": "vera"}

DAY = date(2025, 6, 1)
CHANGES_ON = {"survey": {"Open the survey", "Close it now"}, "report": {"Make the report"}, "members": {"Make a link"}}
CHANGES = {label for labels in CHANGES_ON.values() for label in labels}
"""Buttons that change something for everybody, by the page they stand on."""

Enter = Callable[..., AppTest]


@pytest.fixture
def opened() -> dict[str, str]:
    """The invitation that was opened in the browser, under "token"."""
    return {}


@pytest.fixture
def enter(opened: dict[str, str], tmp_path: Path, upgraded_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Enter]:
    """`enter("data", sub="anna")` is the page as that person sees it who has just signed in; "" has not."""
    monkeypatch.setenv("SCORECARD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SCORECARD_LOGIN", "oidc")
    settings.cache_clear()
    settings().prepare_folders()
    shutil.copyfile(upgraded_sqlite, tmp_path / "scorecard.db")
    cache.forget_results()
    monkeypatch.setattr("streamlit.auth_util.get_secrets_auth_section", lambda: SECTION)
    # These pages run without a browser, which would have kept the invitation that was opened.
    monkeypatch.setattr(login, "invitation_token", lambda: opened.get("token", ""))

    def enter_(name: str, *, sub: str, nonce: str = "n") -> AppTest:
        page = AppTest.from_file(str(ROOT / "app" / "ui" / "main.py"), default_timeout=120)
        page.user = {"is_logged_in": False}
        if sub:
            page.user = {"is_logged_in": True, "iss": ISS, "sub": sub, "name": sub.title(), "iat": int(time.time()), "nonce": nonce + sub}
        return shows(page.run().switch_page(str(ROOT / "pages" / f"{name}.py")).run())

    yield enter_
    settings.cache_clear()
    cache.forget_results()


@pytest.fixture
def acme(enter: Enter) -> Actor:
    """Acme with deals and three people; its owner."""
    engine = cache.database()
    owner = found_organization(engine, name="Acme", iss=ISS, sub="anna", display_name="Anna")
    for role, sub in PEOPLE.items():
        if role != "owner":
            add_member(owner, engine=engine, iss=ISS, sub=sub, display_name=sub.title(), role=role)
    team = list_teams(owner, engine=engine)[0].id
    upload = start_upload(owner, engine=engine, team_id=team, data=DEALS.encode(), name="deals.csv", limits=settings().limits())
    commit_upload(owner, engine=engine, upload_id=upload.id, limits=settings().limits())
    opened_round(owner, engine, team, secret=state().secret)
    new = new_round(name="Spring", way="shared")
    record_closed_round(owner, engine=engine, team_id=team, new=new, responses=(), opened_on=DAY, closed_on=DAY)
    return owner


def test_every_page_opens_for_every_role_and_stays_shut_for_others(enter: Enter, acme: Actor) -> None:
    for name in (page.name for page in pages(login=True)):
        for sub in ("anna", "vera"):
            page = enter(name, sub=sub)
            assert [error.value for error in page.error] == [], (name, sub)
            assert "Acme" in words(page), (name, sub)
            offered = {button.label for button in page.button} & CHANGES
            assert offered == (CHANGES_ON.get(name, set()) if sub == "anna" else set()), (name, sub)
        door = enter(name, sub="")
        assert [button.label for button in door.button] == ["Sign in"]
        assert "Acme" not in words(door)


def test_an_invitation_that_was_opened_waits_at_the_door_and_is_used_by_a_click(enter: Enter, acme: Actor, opened: dict[str, str]) -> None:
    engine = cache.database()
    _, opened["token"] = members.invite(acme, engine=engine, role="manager")
    assert "You have opened an invitation" in words(enter("overview", sub=""))
    page = enter("overview", sub="tom")
    assert "You are invited to **Acme** as a manager." in words(page)
    click(page, "Join Acme")
    (tom,) = actors_of(engine, iss=ISS, sub="tom")
    assert (tom.organization_id, tom.role) == (acme.organization_id, "manager")
    assert "Acme" in words(enter("members", sub="tom"))


def test_whoever_makes_up_invitations_waits_and_nobody_else_does(
    enter: Enter, acme: Actor, opened: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiter, "MISSES", 1)
    monkeypatch.setattr(login, "limiter", limiter.Limiter())
    opened["token"] = "made up"
    assert "in no organization yet" in words(enter("overview", sub="tom"))
    _, opened["token"] = members.invite(acme, engine=cache.database(), role="viewer")
    assert "You are invited" not in words(enter("overview", sub="tom"))
    assert "You are invited" in words(enter("overview", sub="eve"))


def test_whoever_is_in_no_organization_founds_one_only_where_that_is_open(
    enter: Enter, acme: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = enter("data", sub="tom")
    assert "in no organization yet. Ask an owner" in words(closed)
    assert [button.label for button in closed.button] == ["Sign out"]
    monkeypatch.setenv("SCORECARD_FOUNDING", "open")
    settings.cache_clear()
    page = enter("data", sub="tom")
    page.text_input[0].set_value("Tom & Co")
    click(page, "Found it")
    (tom,) = actors_of(cache.database(), iss=ISS, sub="tom")
    assert (tom.role, members.organization_name(tom, engine=cache.database())) == ("owner", "Tom & Co")


def test_an_owner_changes_a_role_and_removes_and_nobody_else_may(enter: Enter, acme: Actor) -> None:
    engine = cache.database()
    (vera,) = actors_of(engine, iss=ISS, sub="vera")
    page = enter("members", sub="anna")
    (choice,) = [one for one in page.selectbox if one.key == f"role-{vera.member_id}-viewer"]
    shows(choice.set_value("manager").run())
    assert actors_of(engine, iss=ISS, sub="vera")[0].role == "manager"
    page = enter("members", sub="anna", nonce="again")
    (remove,) = [one for one in page.button if one.key == f"remove-{vera.member_id}"]
    shows(remove.click().run())
    assert actors_of(engine, iss=ISS, sub="vera") == ()
    assert "Vera" not in words(page)
    # The last owner is told, and stays.
    (own,) = [one for one in page.selectbox if one.key == f"role-{acme.member_id}-owner"]
    assert "its only one" in words(shows(own.set_value("viewer").run()))
    other = enter("members", sub="max")
    assert [one.label for one in other.selectbox] == []
    assert "Invite somebody" not in words(other)


def test_a_team_is_made_chosen_and_chosen_back(enter: Enter, acme: Actor) -> None:
    engine = cache.database()
    page = enter("team", sub="max")
    assert "Team" not in [one.label for one in page.selectbox]
    (name,) = [one for one in page.text_input if one.label == "Name of the new team"]
    name.set_value("South")
    page = click(page, "Add the team")
    (max_,) = actors_of(engine, iss=ISS, sub="max")
    assert shown_team(max_, engine=engine).name == "South"
    (choice,) = [one for one in page.sidebar.selectbox if one.label == "Team"]
    shows(choice.set_value(list_teams(max_, engine=engine)[0].id).run())
    assert shown_team(max_, engine=engine).name == "My team"
    # Everybody has a choice of their own.
    assert shown_team(acme, engine=engine).name == "My team"


def test_what_is_left_of_a_page_asks_again_who_uses_it(enter: Enter, acme: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = cache.database()
    (max_,) = actors_of(engine, iss=ISS, sub="max")
    who = sign_in.identity({"iss": ISS, "sub": "max", "iat": int(time.time()), "nonce": "x"})
    monkeypatch.setattr(login, "identity", lambda: who)
    sign_in.check(engine, who)
    still = login.StillIn(engine, max_)
    assert still() == max_
    monkeypatch.setattr(login, "FRESH", -1.0)
    members.set_role(acme, engine=engine, member_id=max_.member_id, role="viewer")
    assert still().role == "viewer"
    members.remove_member(acme, engine=engine, member_id=max_.member_id)
    with pytest.raises(AccessDenied, match="not in this organization any more"):
        still()
    sign_in.end(engine, who)
    with pytest.raises(SignedOut):
        still()


def test_a_page_of_members_says_so_where_there_is_no_login(open_page: Open) -> None:
    page = AppTest.from_file(str(ROOT / "pages" / "members.py"), default_timeout=120)
    assert "Members are part of an app with a login" in words(shows(page.run()))


@pytest.mark.parametrize("lacking", ["redirect_uri", "cookie_secret", "client_id"])
def test_a_login_without_its_secrets_is_refused(lacking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    section = {**SECTION, "acme": {"client_id": "i"}}
    monkeypatch.setattr("streamlit.auth_util.get_secrets_auth_section", lambda: section)
    assert login.providers() == (login.DEFAULT, "acme")
    del section[lacking], section["acme"]
    with pytest.raises(ConfigurationError, match=lacking):
        login.providers()
