"""The respondent's addresses: one answer to whatever opens nothing, nothing kept, nothing told, forms that work without a script."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from app.services.actor import Actor, local_actor
from app.services.rounds import closed, manage
from app.services.rounds.model import NewRound
from app.services.rounds.sealing import new_token
from app.services.teams import list_teams
from app.settings import settings
from app.ui import cache
from app.ui.respondent.limiter import MISSES, Limiter
from app.ui.respondent.server import app
from app.ui.respondent.state import State, state
from tests.outside_loops import run
from tests.survey_rounds import DIMENSIONS, ITEMS, SURVEY, new_round, team_of


class Browser:
    """A browser without a script: it keeps cookies and follows no redirect by itself."""

    def __init__(self) -> None:
        self._cookies = httpx.Cookies()

    def request(self, method: str, path: str, **sent: Any) -> httpx.Response:
        async def once() -> httpx.Response:
            # Whoever asks, it is the real application behind the real protocol, without a socket.
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://survey", cookies=self._cookies) as client:
                reply = await client.request(method, path, **sent)
                self._cookies = client.cookies
                return reply

        return run(once())

    def get(self, path: str, **sent: Any) -> httpx.Response:
        return self.request("GET", path, **sent)

    def post(self, path: str, **sent: Any) -> httpx.Response:
        return self.request("POST", path, **sent)

    def put(self, path: str, **sent: Any) -> httpx.Response:
        return self.request("PUT", path, **sent)


@dataclass(frozen=True)
class Survey:
    """A database with a manager, and a browser."""

    owner: Actor
    engine: Engine
    team_id: str
    here: State
    browser: Browser

    def opened(self, people: int = 0, **changed: object) -> str:
        """The id of an open round: with people, of personal links."""
        new: NewRound = new_round(**{"way": "personal" if people else "shared", **changed})
        made = manage.create_round(self.owner, engine=self.engine, team_id=self.team_id, new=new, people=team_of(people, 0))
        manage.open_round(self.owner, engine=self.engine, secret=self.here.secret, round_id=made.id)
        return made.id

    def shared(self, round_id: str) -> str:
        path = manage.shared_path(self.owner, engine=self.engine, secret=self.here.secret, round_id=round_id)
        assert path is not None
        return path

    def personal(self, round_id: str) -> list[str]:
        return [link.path for link in manage.links(self.owner, engine=self.engine, secret=self.here.secret, round_id=round_id)]

    def new_browser(self) -> Browser:
        return Browser()


@pytest.fixture
def survey(tmp_path: Path, upgraded_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Survey]:
    monkeypatch.setenv("SCORECARD_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    shutil.copyfile(upgraded_sqlite, tmp_path / "scorecard.db")
    engine = cache.database()
    owner = local_actor(engine)
    here = state()
    yield Survey(owner, engine, list_teams(owner, engine=engine)[0].id, here, Browser())
    here.writer.close()
    engine.dispose()
    settings.cache_clear()


def test_the_promise_stands_before_the_first_question(survey: Survey) -> None:
    page = survey.browser.get(survey.shared(survey.opened(minimum=7)) + "?l=de").text
    promise = SURVEY.wording("de").page
    assert promise["promise_group"].format(minimum=7) in page
    assert promise["promise_managers"] in page
    assert page.index(promise["promise_stored"]) < page.index(promise["start"])
    assert all(text not in page for text in SURVEY.wording("de").items.values())


def test_every_page_keeps_nothing_and_lets_nothing_in(survey: Survey) -> None:
    (path,) = survey.personal(survey.opened(1))
    for address in (path, f"{path}/1", f"{path}/send", "/s/done", f"/s/{new_token()}", f"{path}/99", "/", "/survey", "/s/x/y/z"):
        reply = survey.browser.get(address)
        assert reply.headers["cache-control"] == "no-store", address
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
        policy = reply.headers["content-security-policy"]
        assert ("default-src 'none'" in policy, "unsafe" in policy) == (True, False)
        # No inline script or style, nothing from another host, no way to the managers' part.
        assert not re.search(r"<script(?! src=\"/s/)|\son\w+=|\sstyle=|<style", reply.text)
        links = set(re.findall(r'(?:href|src|action)="([^"]+)"', reply.text))
        assert all(link.startswith("/s/") for link in links), links


def test_the_only_cookie_is_the_devices_mark(survey: Survey) -> None:
    (path,) = survey.personal(survey.opened(1))
    (cookie,) = survey.browser.get(f"{path}/1").headers.get_list("set-cookie")
    assert re.fullmatch(r"survey_device=[0-9a-f]{32}; HttpOnly; Max-Age=7776000; Path=/s; SameSite=lax", cookie)
    assert survey.browser.get(f"{path}/2").headers.get_list("set-cookie") == []
    assert survey.new_browser().get("/s/done").headers.get_list("set-cookie") == []


def test_unknown_used_and_closed_links_get_the_same_bytes(survey: Survey) -> None:
    used, closed_round = survey.opened(1), survey.opened(2)
    (used_path,) = survey.personal(used)
    assert survey.browser.post(f"{used_path}/send").status_code == 303
    closed_path = survey.personal(closed_round)[0]
    shared_path = survey.shared(shared := survey.opened())
    for round_id in (closed_round, shared):
        closed.close_round(survey.owner, engine=survey.engine, secret=survey.here.secret, round_id=round_id)
    replies = set()
    for path in (used_path, closed_path, shared_path, f"/s/{new_token()}", "/s/nonsense", "/s/%00", "/s/" + "x" * 3_000):
        for tail in ("", "/1", "/send", "/weather"):
            reply = survey.new_browser().get(path + tail)
            replies.add((reply.status_code, reply.content, str(sorted((k, v) for k, v in reply.headers.items() if k != "date"))))
        survey.here.limiter.__init__()  # type: ignore[misc]  # the brake on guessing has its own test
    assert [status for status, _, _ in replies] == [404]
    saves = {
        (reply.status_code, reply.text)
        for path in (used_path, closed_path, shared_path, f"/s/{new_token()}")
        for reply in [survey.new_browser().put(f"{path}/answers", json={"answers": {ITEMS[0]: 1}})]
    }
    assert saves == {(404, '{"state":"unavailable"}')}


def test_forms_do_everything_without_a_script(survey: Survey) -> None:
    round_id = survey.opened(in_room=True)
    path, browser = survey.shared(round_id), survey.browser
    assert browser.post(path, data={}).status_code == 422
    begun = browser.post(f"{path}?l=fr", data={"side": "marketing"})
    own = begun.headers["location"].removesuffix("/1?l=fr")
    # The shared link leads this device back, and nobody else.
    assert browser.get(path).headers["location"] == own
    assert survey.new_browser().get(path).status_code == 200
    items = [item.id for item in SURVEY.items_of(DIMENSIONS[0])]
    form = {f"a.{items[0]}": "4", f"a.{items[1]}": "unknown", f"g.{DIMENSIONS[0]}": "2", f"c.{DIMENSIONS[0]}": "Bien sûr", "go": "2"}
    for _ in range(2):
        assert browser.post(f"{own}/1?l=fr", data=form).headers["location"] == f"{own}/2?l=fr"
    page = browser.get(f"{own}/1").text
    assert re.search(rf'name="a.{items[0]}" value="4" checked', page)
    assert re.search(rf'name="a.{items[1]}" value="unknown" checked', page)
    assert "Bien sûr" in page
    # On another device nothing of it is shown, and an empty form takes nothing back.
    other = survey.new_browser()
    page = other.get(f"{own}/1").text
    assert ("checked" in page, "Bien sûr" in page) == (False, False)
    other.post(f"{own}/1", data={f"c.{DIMENSIONS[0]}": "", "go": "2"})
    code = own.removeprefix("/s/")
    for typed in (code, code.upper(), f"https://survey.example.com{own}/3?l=de"):
        assert survey.new_browser().post(f"{path}/resume", data={"code": typed}).headers["location"] == own
    assert survey.new_browser().post(f"{path}/resume", data={"code": path}).status_code == 404
    assert [browser.post(f"{own}/send").headers.get("location") for _ in range(2)] == ["/s/done"] * 2
    assert browser.get(path).text.count(SURVEY.wording("en").page["done_title"]) >= 1
    closed.close_round(survey.owner, engine=survey.engine, secret=survey.here.secret, round_id=round_id)
    (response,) = closed.closed_responses(survey.owner, engine=survey.engine, round_id=round_id)
    assert (response.side, response.answers, response.guesses) == ("marketing", {items[0]: 4, items[1]: None}, {DIMENSIONS[0]: 2})
    assert [comment.body for comment in closed.closed_comments(survey.owner, engine=survey.engine, round_id=round_id)] == ["Bien sûr"]


def test_a_link_opens_at_the_next_open_question(survey: Survey) -> None:
    (path,) = survey.personal(survey.opened(1))
    first = [item.id for item in SURVEY.items_of(DIMENSIONS[0])]
    assert survey.browser.get(path).status_code == 200
    survey.browser.put(f"{path}/answers", json={"answers": dict.fromkeys(first, 3)})
    assert survey.new_browser().get(path).headers["location"] == f"{path}/2?l=en"
    survey.browser.put(f"{path}/answers", json={"answers": dict.fromkeys(ITEMS, 3)})
    assert survey.new_browser().get(path).headers["location"] == f"{path}/send?l=en"


@pytest.mark.parametrize(("accepted", "language"), [("fr-CA,fr;q=0.9", "fr"), ("ja, de-AT;q=0.5", "de"), ("ja", "en"), ("", "en")])
def test_the_language_is_what_the_browser_asks_for(survey: Survey, accepted: str, language: str) -> None:
    page = survey.browser.get(survey.shared(survey.opened()), headers={"accept-language": accepted}).text
    assert f'<html lang="{language}">' in page


SENSELESS = (
    b"",
    b"[]",
    b"{",
    b"[" * 50_000,
    b'{"answers": 3}',
    b'{"answers": {"weather": 3}}',
    b'{"taken_back": "x"}',
    b'{"comments": {"roles": 3}}',
    json.dumps({"answers": {ITEMS[0]: 9}}).encode(),
    json.dumps({"answers": {ITEMS[0]: [1]}}).encode(),
    b"\xff\xfe",
)


def test_what_is_no_answer_is_refused_and_changes_nothing(survey: Survey) -> None:
    (path,) = survey.personal(survey.opened(1))
    form = {"content-type": "application/x-www-form-urlencoded"}
    for content in SENSELESS:
        assert survey.browser.put(f"{path}/answers", content=content).status_code == 400, content[:40]
        assert survey.browser.post(f"{path}/1", content=content or b"a.x=1", headers=form).status_code in (303, 400), content[:40]
    # Nothing was answered: the link still opens with the promise.
    assert survey.browser.get(path).status_code == 200


def test_more_than_any_answer_is_not_read(survey: Survey) -> None:
    (path,) = survey.personal(survey.opened(1))
    assert survey.browser.put(f"{path}/answers", content=b" " * 70_000).status_code == 413
    assert survey.browser.post(f"{path}/1", content=b"a" * 70_000).status_code == 413


def test_what_people_write_is_text_and_nothing_else(survey: Survey) -> None:
    (path,) = survey.personal(survey.opened(1))
    said = "</textarea><script>alert(1)</script>{{ 7*7 }}"
    survey.browser.get(path)
    survey.browser.put(f"{path}/answers", json={"comments": {DIMENSIONS[0]: said}})
    page = survey.browser.get(f"{path}/1").text
    assert "&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in page
    assert "<script>alert" not in page


def test_guessing_is_slowed_down_and_known_links_still_open(survey: Survey) -> None:
    (path,) = survey.personal(survey.opened(1))
    assert survey.browser.get(path).status_code == 200
    statuses = [survey.browser.get(f"/s/{new_token()}").status_code for _ in range(MISSES + 3)]
    assert statuses == [404] * MISSES + [429] * 3
    assert survey.browser.get(path).status_code == 200


def test_the_brake_is_let_go_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1_000.0
    monkeypatch.setattr("app.ui.respondent.limiter.monotonic", lambda: moment)
    limiter = Limiter()
    for _ in range(MISSES):
        limiter.miss("here", "guess")
    assert (limiter.allows("here", "another"), limiter.allows("elsewhere", "another")) == (False, True)
    moment += 61
    assert limiter.allows("here", "another")


def test_our_files_are_kept_by_their_content(survey: Survey) -> None:
    page = survey.browser.get(survey.personal(survey.opened(1))[0] + "/1").text
    for address in re.findall(r'"(/s/assets/[^"]+)"', page):
        reply = survey.browser.get(address)
        assert (reply.status_code, reply.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert survey.browser.get("/s/assets/..%2Froutes.py").status_code == 404
