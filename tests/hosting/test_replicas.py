"""The shipped proxy in front of two processes: what it says, what it refuses, whom it keeps with whom, and a rolling restart."""

from __future__ import annotations

import json
import re
import ssl
import time
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest

from app.ingest.limits import Limits
from app.services.actor import local_actor
from app.services.deployment.proxy import check_proxy
from app.services.rounds import manage
from app.services.rounds.secret import server_secret
from app.services.teams import list_teams
from app.services.uploads import answers_hash, start_upload
from app.storage.engine import make_engine, reading, transaction
from app.storage.queries import jobs as queries
from app.storage.queries import uploads
from app.storage.tables import ImportJob
from tests.hosting.site import APP, SECRET, Site
from tests.readers_held import readers_held
from tests.survey_rounds import DIMENSIONS, SURVEY, new_round

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

ROWS = 20_000
"""Rows of a file that takes some seconds to read."""
RECONNECTED = 5.0
"""Seconds within which a page must be connected again."""
CONNECTED = "[data-testid=stApp][data-test-connection-state=CONNECTED]"


def client(site: Site, **cookies: str) -> httpx.Client:
    """A client that trusts the site's certificate."""
    return httpx.Client(verify=ssl.create_default_context(cafile=site.authority), base_url=site.app, cookies=cookies)


def test_from_outside_every_rule_holds(site: Site) -> None:
    found = check_proxy(site.app, survey=site.survey, authority=site.authority)
    assert [(finding.about, finding.found) for finding in found if not finding.holds] == []
    assert len(found) >= 15


def test_what_nginx_answers_itself_is_as_careful(site: Site) -> None:
    with client(site) as browser:
        for path in ("/_stcore/metrics", "/metrics", "/ready", "/_stcore/agent/openapi.json"):
            closed = browser.get(path)
            assert closed.status_code == 403, path
            told = {
                name: closed.headers.get_list(name) for name in ("strict-transport-security", "x-content-type-options", "referrer-policy")
            }
            assert told == {
                "strict-transport-security": ["max-age=63072000; includeSubDomains"],
                "x-content-type-options": ["nosniff"],
                "referrer-policy": ["no-referrer"],
            }
            assert "nginx/" not in closed.headers["server"]
        # And nothing is said twice where the app says it.
        page = browser.get("/")
        for name in ("strict-transport-security", "x-content-type-options", "referrer-policy", "content-security-policy"):
            assert len(page.headers.get_list(name)) == 1, name
        assert "x-replica" not in page.headers


def test_a_visitor_stays_with_one_process(site: Site) -> None:
    drawn = set()
    for _ in range(24):
        with client(site) as browser:
            first = browser.get("/")
            given = next(one for one in first.headers.get_list("set-cookie") if one.startswith("scorecard_replica="))
            assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(given.split("; "))
            name = browser.cookies["scorecard_replica"]
            drawn.add(name)
            # No new cookie: the same process has answered.
            assert all("scorecard_replica" not in browser.get("/_stcore/health").headers.get("set-cookie", "") for _ in range(3))
        if drawn == {"a", "b"}:
            break
    assert drawn == {"a", "b"}
    # A name that no process has is none.
    with client(site, scorecard_replica="x") as browser:
        assert browser.get("/").headers["set-cookie"].startswith(("scorecard_replica=a", "scorecard_replica=b"))


def test_where_a_visitor_says_he_comes_from_is_not_believed(site: Site) -> None:
    with client(site) as browser:
        for headers in ({"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}, {"X-Real-IP": "127.0.0.1"}):
            assert browser.get("/metrics", headers=headers).status_code == 403


def test_the_log_has_neither_addresses_nor_links(site: Site) -> None:
    with client(site) as browser:
        browser.get("/shared/a-secret-link?x=canary")
        browser.put("/_stcore/upload_file/a-secret-link/1", content=b"x")
        browser.get("/download/a-secret-link/canary.csv")
    end = time.monotonic() + 5
    while '"/download/-"' not in (written := (site.folder / "access.log").read_text(encoding="utf-8")):
        # A line is written when its request is over, which is a moment after its answer.
        assert time.monotonic() < end, written
        time.sleep(0.02)
    assert "secret-link" not in written
    assert "canary" not in written
    assert "127.0.0.1" not in written
    assert {"/shared/-", "/_stcore/upload_file/-"} <= {json.loads(line)["path"] for line in written.splitlines()}


def test_a_rolling_restart_loses_no_draft_and_nobody_waits(site: Site, browser: Browser) -> None:
    engine = make_engine(site.database)
    owner = local_actor(engine)
    team_id = list_teams(owner, engine=engine)[0].id
    secret = server_secret(SECRET, data_dir=site.folder)
    made = manage.create_round(owner, engine=engine, team_id=team_id, new=new_round())
    manage.open_round(owner, engine=engine, secret=secret, round_id=made.id)
    path = manage.shared_path(owner, engine=engine, secret=secret, round_id=made.id)
    context = browser.new_context(ignore_https_errors=True)
    try:
        manager, person = context.new_page(), context.new_page()
        refused: list[str] = []
        manager.on("console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None)
        manager.goto(site.app)
        manager.locator(CONNECTED).wait_for(timeout=60_000)
        manager.get_by_role("heading", level=1).first.wait_for(timeout=60_000)
        person.goto(f"{site.survey}{path}")
        person.locator('input[value="sales"]').check()
        person.get_by_role("button", name="Start").click()
        given: dict[int, list[str]] = {}
        numbers = iter(range(1, len(DIMENSIONS) + 1))
        for name in ("a", "b"):
            mine = next(one["value"] for one in context.cookies() if one["name"] == "scorecard_replica" and one["domain"] == APP)
            before = next(numbers)
            given |= answered(person, before)
            site.replicas[name].terminate()
            # While it leaves, and while it is away, the survey goes on; each answer is acknowledged.
            during = next(numbers)
            given |= answered(person, during)
            site.replicas[name].ended()
            if mine == name:
                gone = time.monotonic()
                manager.locator(CONNECTED).wait_for(timeout=int(RECONNECTED * 1000))
                assert time.monotonic() - gone < RECONNECTED
                # And not in name only: the other process runs a page for it, and keeps it.
                manager.get_by_role("link", name="Your data").click()
                manager.get_by_role("heading", name="Your data", level=1).wait_for(timeout=60_000)
                assert mine != next(one["value"] for one in context.cookies() if one["name"] == "scorecard_replica")
            given |= answered(person, next(numbers))
            site.replicas[name].start()
            site.replicas[name].wait()
        assert refused == []
        # Everything that was acknowledged is there.
        for number in range(1, max(given) + 1):
            person.goto(re.sub(r"/\d+(\?.*)?$", f"/{number}", person.url))
            for field in given[number]:
                assert person.locator(field).is_checked(), field
    finally:
        context.close()
        engine.dispose()


def test_an_import_that_a_process_leaves_is_taken_up_by_the_other(site: Site) -> None:
    engine = make_engine(site.database)
    owner = local_actor(engine)
    team_id = list_teams(owner, engine=engine)[0].id
    rows = b"".join(b"%d,Account %d,Closed Won,%d.50,2025-01-02,2025-%02d-03\n" % (n, n % 900, n % 5000, n % 12 + 1) for n in range(ROWS))
    data = b"Deal ID,Account,Stage,Amount,Created,Close Date\n" + rows
    upload = start_upload(owner, engine=engine, team_id=team_id, data=data, name="deals.csv", limits=Limits())

    def row() -> ImportJob:
        with reading(engine, organization_id=owner.organization_id) as session:
            found = queries.of_upload(session=session, organization_id=owner.organization_id, upload_id=upload.id)
            assert found is not None
            return found

    with readers_held(*(replica.pid for replica in site.replicas.values())):
        with transaction(engine, organization_id=owner.organization_id) as session:
            # As a process leaves it behind that ends in the middle: running, and held by nobody. One of the two takes it up.
            stored = uploads.upload(session=session, organization_id=owner.organization_id, upload_id=upload.id)
            assert stored is not None
            job = ImportJob(
                organization_id=owner.organization_id,
                team_id=team_id,
                upload_id=upload.id,
                member_id=owner.member_id,
                kind="read",
                answers_sha256=answers_hash(stored),
                holder="",
            )
            session.add(job)
        until(lambda: row().holder != "")
        first = next(replica for replica in site.replicas.values() if row().holder.split("/")[1] == str(replica.pid))
        first.terminate()
        until(lambda: not first.ready())
        # Told twice, it does not wait for those who are there.
        first.terminate()
        first.ended()
        left = row()
    until(lambda: row().state != "running")
    ended = row()
    # It was in the middle when its process ended, and the other one has brought it to its end.
    assert (left.state, left.attempts) == ("running", 2)
    assert (ended.state, ended.error, ended.attempts) == ("done", None, 3)
    other = next(replica for replica in site.replicas.values() if replica is not first)
    assert ended.holder.split("/")[1] == str(other.pid)
    with urllib.request.urlopen(f"http://127.0.0.1:{other.port}/metrics", timeout=5) as answer:
        assert 'scorecard_imports_total{outcome="done"} 1\n' in answer.read().decode()
    first.start()
    first.wait()
    engine.dispose()


def until(happened: Callable[[], bool], *, seconds: float = 90) -> None:
    """Wait until something has happened."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.1)


def answered(page: Page, number: int) -> dict[int, list[str]]:
    """Answer one part of the survey, wait until it is saved, and go on; gives the fields that were chosen."""
    page.wait_for_url(re.compile(rf".*/{number}(\?.*)?$"))
    chosen = [f'input[name="a.{item.id}"][value="{1 + index % 5}"]' for index, item in enumerate(SURVEY.items_of(DIMENSIONS[number - 1]))]
    for field in chosen:
        page.locator(field).click()
    page.get_by_text("Saved", exact=True).wait_for(timeout=10_000)
    page.get_by_role("button", name="Next").click()
    return {number: chosen}
