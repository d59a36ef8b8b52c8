"""What every request passes first: closed addresses, headers, the metrics' door, limits on how often, a process that is leaving."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.settings import settings
from app.ui import cache, draining, edge
from app.ui.edge import ADDRESSES, LOGINS, UPLOADS, Budget, network_of
from app.ui.respondent.limiter import MISSES
from app.ui.routes import HSTS, MIDDLEWARE, ROUTES
from tests.outside_loops import run

PROXIED = {"X-Forwarded-For": "192.0.2.7"}


async def rest(request: Request) -> Response:
    """In the place of Streamlit's own addresses."""
    answer = PlainTextResponse("theirs")
    answer.set_cookie("_streamlit_xsrf", "x")
    return answer


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """`ask("GET", path, client="192.0.2.7", scheme="https", …)` through our own middleware and routes."""
    monkeypatch.setenv("SCORECARD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SCORECARD_MAX_UPLOAD_MB", "1")
    monkeypatch.setenv("SCORECARD_METRICS_TOKEN", "t" * 32)
    monkeypatch.setenv("SCORECARD_REPLICA", "a")
    settings.cache_clear()
    app = Starlette(routes=[*ROUTES, Route("/{rest:path}", rest, methods=["GET", "PUT"])], middleware=list(MIDDLEWARE))

    def once(method: str, path: str, *, client: str = "127.0.0.1", scheme: str = "http", **sent: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app, client=(client, 1))
            async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://app") as browser:
                return await browser.request(method, path, **sent)

        return run(send())

    yield once
    draining._draining.clear()
    cache.database().dispose()
    settings.cache_clear()


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/script-health-check", "/_stcore/agent/openapi.json", "/_stcore/agent/run"])
def test_what_tells_about_the_process_is_for_this_computer(ask: Any, path: str) -> None:
    assert ask("GET", path).text == "theirs"
    assert ask("GET", path, client="192.0.2.7").status_code == 403
    # A proxy on the same computer has the computer's own address.
    assert ask("GET", path, headers=PROXIED).status_code == 403


def test_the_metrics_are_for_this_computer_or_for_the_token(ask: Any) -> None:
    found = ask("GET", "/metrics")
    assert (found.status_code, found.headers["content-type"]) == (200, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    assert found.text.endswith("# EOF\n")
    assert ask("GET", "/metrics", headers=PROXIED).status_code == 404
    assert ask("GET", "/metrics", client="192.0.2.7", headers={"Authorization": f"Bearer {'u' * 32}"}).status_code == 404
    assert ask("GET", "/metrics", client="192.0.2.7", headers={"Authorization": f"Bearer {'t' * 32}"}).text.endswith("# EOF\n")


def test_without_a_token_nobody_else_reads_the_metrics(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCORECARD_METRICS_TOKEN")
    settings.cache_clear()
    assert ask("GET", "/metrics", client="192.0.2.7", headers={"Authorization": "Bearer "}).status_code == 404


def test_headers_and_cookies(ask: Any) -> None:
    plain, encrypted = ask("GET", "/"), ask("GET", "/", scheme="https")
    for found in (plain, encrypted):
        policy = dict(part.strip().partition(" ")[::2] for part in found.headers["content-security-policy"].split(";"))
        assert {name: policy[name] for name in ("default-src", "object-src", "base-uri", "frame-ancestors")} == {
            "default-src": "'self'",
            "object-src": "'none'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
        }
        assert "'unsafe-eval'" not in policy["script-src"]
        assert "'unsafe-inline'" not in policy["script-src"]
        assert (found.headers["x-content-type-options"], found.headers["referrer-policy"]) == ("nosniff", "no-referrer")
        assert found.headers["x-replica"] == "a"
    assert "strict-transport-security" not in plain.headers
    assert encrypted.headers["strict-transport-security"] == HSTS
    assert HSTS == "max-age=63072000; includeSubDomains"
    assert ["secure" in found.headers["set-cookie"].lower() for found in (plain, encrypted)] == [False, True]
    assert ask("GET", "/media/abc.csv").headers["cache-control"] == "no-store"


def test_too_many_logins_from_one_network_wait(ask: Any) -> None:
    paths = ["/auth/login", "/oauth2callback?code=x"]
    assert {ask("GET", paths[n % 2], client="192.0.2.7").status_code for n in range(LOGINS)} == {200}
    refused = ask("GET", "/auth/login", client="192.0.2.7")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert refused.text == "Too many people sign in from your network at the moment. Wait a minute, then try again."
    assert ask("GET", "/auth/login", client="192.0.2.8").status_code == 200
    # Other pages of those who are signed in go on.
    assert ask("GET", "/", client="192.0.2.7").status_code == 200


@pytest.mark.parametrize("kind", ["shared", "invitation"])
def test_guessing_links_is_slowed_down(ask: Any, upgraded_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv("SCORECARD_LOGIN", "oidc")
    settings.cache_clear()
    (tmp_path / "scorecard.db").write_bytes(upgraded_sqlite.read_bytes())
    assert {ask("GET", f"/{kind}/{n}", client="192.0.2.7").status_code for n in range(MISSES)} == {404}
    refused = ask("GET", f"/{kind}/one-more", client="192.0.2.7")
    assert (refused.status_code, refused.text) == (
        429,
        "Too many links that open nothing were tried from your network. Wait a minute, then try again.",
    )
    assert ask("GET", f"/{kind}/one-more", client="192.0.2.8").status_code == 404


@pytest.mark.parametrize("path", ["/auth/login", "/oauth2callback"])
def test_where_the_provider_fails_a_page_says_so(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    async def broken(request: Request) -> Response:
        if "raises" in request.query_params:
            raise RuntimeError("no provider")
        return PlainTextResponse("theirs", status_code=int(request.query_params["status"]))

    monkeypatch.setenv("SCORECARD_LOGIN", "oidc")
    settings.cache_clear()
    app = Starlette(routes=[Route(path, broken)], middleware=list(MIDDLEWARE))

    async def answers() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as browser:
            return [await browser.get(f"{path}?{query}") for query in ("raises", "status=400", "status=302")]

    raised, refused, passed = run(answers())
    settings.cache_clear()
    assert [one.status_code for one in (raised, refused, passed)] == [502, 502, 302]
    assert "The service where you sign in does not answer" in raised.text == refused.text


def test_uploads_are_bounded(ask: Any) -> None:
    path, megabyte = "/_stcore/upload_file/session/1", b"x" * 1024**2
    assert {ask("PUT", path, client="192.0.2.7", content=megabyte).status_code for _ in range(UPLOADS)} == {200}
    refused = ask("PUT", path, client="192.0.2.7", content=megabyte)
    assert (refused.status_code, refused.text) == (
        429,
        "8 files of the largest size in ten minutes are the most from one network. Wait 10 minutes, then try again.",
    )
    assert ask("PUT", path, client="192.0.2.8", content=megabyte).status_code == 200
    larger = ask("PUT", path, client="192.0.2.8", content=megabyte * 2)
    assert (larger.status_code, larger.text) == (413, "The file is larger than 1 MB. Export a shorter period, or fewer columns.")

    async def pieces() -> Any:
        yield b"x"

    assert ask("PUT", path, client="192.0.2.8", content=pieces()).status_code == 411


def test_refusals_are_counted_and_logged(ask: Any, caplog: pytest.LogCaptureFixture) -> None:
    before = {line.rpartition(" ")[0]: line for line in ask("GET", "/metrics").text.splitlines()}
    for _ in range(LOGINS + 2):
        ask("GET", "/auth/login", client="192.0.2.7")
    told = [record.getMessage() for record in caplog.records if record.name == "app.ui.edge"]
    assert told == ["a request was refused: login"] * 2
    after = ask("GET", "/metrics").text.splitlines()
    name = 'scorecard_refusals_total{what="login"}'
    assert f"{name} {int(before[name].rpartition(' ')[2]) + 2}" in after


def test_what_is_remembered_stays_small_and_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(float(n) for n in range(100_000))
    monkeypatch.setattr(edge, "monotonic", lambda: next(clock) * 0)
    budget = Budget(1, seconds=60)
    assert [budget.takes(f"192.0.{n // 250}.{n % 250}") for n in range(ADDRESSES + 100)] == [True] * (ADDRESSES + 100)
    assert len(budget) == ADDRESSES
    monkeypatch.setattr(edge, "monotonic", lambda: 59.0)
    assert budget.takes("192.0.2.7") is False
    monkeypatch.setattr(edge, "monotonic", lambda: 60.0)
    assert budget.takes("192.0.2.7") is True


def test_one_person_has_one_ipv6_network() -> None:
    assert network_of({"client": ("2001:db8:1:2:3::4", 1)}) == network_of({"client": ("2001:db8:1:2:ffff::5", 1)})
    assert network_of({"client": ("2001:db8:1:3::4", 1)}) != network_of({"client": ("2001:db8:1:2::4", 1)})


def test_a_process_that_leaves_takes_no_new_visitors(ask: Any, upgraded_sqlite: Path, tmp_path: Path) -> None:
    (tmp_path / "scorecard.db").write_bytes(upgraded_sqlite.read_bytes())
    page = {"Accept": "text/html"}
    # Nor before everything is loaded that the first of them needs.
    draining.starting()
    early = ask("GET", "/ready")
    assert (early.status_code, early.json()) == (503, {"ready": False, "starting": True})
    draining.started()
    assert (ask("GET", "/ready").status_code, ask("GET", "/compare", headers=page).status_code) == (200, 200)
    draining._draining.set()
    left = ask("GET", "/ready")
    assert (left.status_code, left.json()) == (503, {"ready": False, "draining": True})
    refused = ask("GET", "/compare", headers=page)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    # Whoever is there goes on: the survey, downloads, files of the page.
    for path in ("/s/done", "/static/js/index.js", "/media/x.csv", "/_stcore/health"):
        assert ask("GET", path, headers=page).status_code == 200, path
    assert "scorecard_draining 1\n" in ask("GET", "/metrics").text
    assert "scorecard_kept_results " in ask("GET", "/metrics").text


def test_the_surveys_own_server_says_whether_it_is_ready(ask: Any, upgraded_sqlite: Path, tmp_path: Path) -> None:
    from app.ui.respondent.server import app as survey

    (tmp_path / "scorecard.db").write_bytes(upgraded_sqlite.read_bytes())

    async def ready() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(survey), base_url="http://survey") as browser:
            return (await browser.get("/ready")).status_code

    assert run(ready()) == 200
    draining._draining.set()
    assert run(ready()) == 503


def test_only_the_main_thread_drains() -> None:
    before = signal.getsignal(signal.SIGTERM)

    async def start() -> None:
        draining.listen(5)

    thread = threading.Thread(target=lambda: asyncio.run(start()))
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is before
