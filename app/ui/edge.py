"""What every request passes before anything else: closed addresses, a process that is leaving, and limits on how often.

The proxy of `deploy/` does most of this as well. It stands here too, so that a host with another proxy is as safe.
"""

from __future__ import annotations

import ipaddress
import logging
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from time import monotonic

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import counters
from app.errors import SignedOut
from app.settings import settings
from app.ui import draining
from app.ui.respondent.limiter import Limiter

logger = logging.getLogger(__name__)

CLOSED = ("/_stcore/metrics", "/_stcore/script-health-check", "/_stcore/agent")
"""Addresses of Streamlit that tell about the process or drive it: for this computer only."""

MEMBERS_ONLY = ("/_stcore/upload_file/", "/media/")
"""Addresses of Streamlit that ask nobody who they are: files on the way in, and pictures of pages on the way out."""

MINUTE = 60.0
LOGINS = 60
"""Requests of one address to the login in a minute: an office that comes to work shares one address."""
UPLOADS = 8
"""Largest files that one address may send in ten minutes: they stay in the memory of the process while their page is open."""
UPLOAD_SECONDS = 600.0
ADDRESSES = 10_000

_PAGES_OF_OUR_OWN = (
    "/s/",
    "/survey-round/",
    "/shared/",
    "/download/",
    "/ready",
    "/metrics",
    "/media/",
    "/static/",
    "/_stcore/",
    "/app/static/",
)


def is_direct(scope: Scope) -> bool:
    """Whether a request comes from this very computer and through no proxy."""
    headers = Headers(scope=scope)
    if "x-forwarded-for" in headers or "forwarded" in headers or "x-real-ip" in headers:
        return False
    client = scope.get("client")
    try:
        return client is not None and ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False


def network_of(scope: Scope) -> str:
    """Where a request comes from: its address, or the network of an IPv6 address, of which one person has very many."""
    client = scope.get("client")
    address = client[0] if client else ""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return str(address)
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


class Budget:
    """How much each address has used in a span of time, for at most `ADDRESSES` of them; nothing is written anywhere."""

    def __init__(self, most: int, *, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._used: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = Lock()

    def takes(self, address: str, amount: int = 1) -> bool:
        """Whether the address may use `amount` more; if so it is counted."""
        with self._lock:
            began, used = self._used.get(address, (monotonic(), 0))
            if monotonic() - began >= self._seconds:
                began, used = monotonic(), 0
            allowed = used + amount <= self._most
            self._used[address] = (began, used + amount if allowed else used)
            self._used.move_to_end(address)
            while len(self._used) > ADDRESSES:
                self._used.popitem(last=False)
            return allowed

    def __len__(self) -> int:
        return len(self._used)


class Edge:
    """Refuses what may not pass, and hands on the rest."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._logins = Budget(LOGINS, seconds=MINUTE)
        self._uploads: Budget | None = None
        self._links = Limiter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at once, or pass the request on."""
        if scope["type"] == "websocket" and draining.is_draining():
            _refused("drain")
            await _refuse_connection(scope, receive, send, status=503)
            return
        if scope["type"] == "websocket" and _is_foreign(scope):
            # Streamlit would refuse it as well, but ask another host for its own address first.
            await _refuse_connection(scope, receive, send, status=403)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        answer = self._refusal(scope, path)
        if (
            answer is None
            and path.startswith(MEMBERS_ONLY)
            and settings().login != "none"
            and not await run_in_threadpool(_signed_in, scope)
        ):
            _refused("signed_out")
            answer = PlainTextResponse("Sign in first.", status_code=403)
        if answer is not None:
            await answer(scope, receive, send)
        elif path.startswith(("/shared/", "/invitation/")):
            await self._link(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, scope: Scope, path: str) -> Response | None:
        if path.startswith(CLOSED) and not is_direct(scope):
            return PlainTextResponse("This address is closed.", status_code=403)
        if draining.is_draining() and _is_page(scope, path):
            _refused("drain")
            return _moving()
        # The login's requests are few, and each may ask the identity provider something.
        if path.startswith(("/auth/", "/oauth2callback")) and not self._logins.takes(network_of(scope)):
            _refused("login")
            return _later("Too many people sign in from your network at the moment.", wait=60)
        if path.startswith("/_stcore/upload_file/") and scope["method"] == "PUT":
            return self._upload(scope)
        return None

    def _upload(self, scope: Scope) -> Response | None:
        largest = settings().max_upload_bytes
        length = Headers(scope=scope).get("content-length", "")
        if not length.isascii() or not length.isdigit():
            return PlainTextResponse("The length of the file is missing.", status_code=411)
        # The form around the file takes some bytes of its own.
        if int(length) > largest + 64 * 1024:
            return PlainTextResponse(
                f"The file is larger than {settings().max_upload_mb} MB. Export a shorter period, or fewer columns.", status_code=413
            )
        if self._uploads is None:
            self._uploads = Budget(UPLOADS * largest, seconds=UPLOAD_SECONDS)
        if self._uploads.takes(network_of(scope), int(length)):
            return None
        _refused("upload")
        return _later(f"{UPLOADS} files of the largest size in ten minutes are the most from one network.", wait=600)

    async def _link(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A link with a token: whoever tries links that open nothing has to wait, whoever has one that did is let through."""
        network, token = network_of(scope), scope["path"]
        if not self._links.allows(network, token):
            _refused("link")
            await _later("Too many links that open nothing were tried from your network.", wait=60)(scope, receive, send)
            return

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 404:
                    self._links.miss(network, token)
                elif message["status"] < 400:
                    self._links.hit(token)
            await send(message)

        await self._app(scope, receive, noted)


def _signed_in(scope: Scope) -> bool:
    """Whether a request carries the cookie of a sign-in that holds; it is no click, so it keeps nothing going."""
    # Imported here: without a login none of it is needed.
    from app.services import sign_in
    from app.ui import cache, login

    try:
        sign_in.check(cache.database(), login.identity(Request(scope)), click=False)
    except SignedOut:
        return False
    return True


def _is_page(scope: Scope, path: str) -> bool:
    """Whether a request opens a page of the managers, which would begin a session here."""
    return (
        scope["method"] in ("GET", "HEAD")
        and not path.startswith(_PAGES_OF_OUR_OWN)
        and "text/html" in Headers(scope=scope).get("accept", "")
    )


def _refused(what: str) -> None:
    """Count and log a refusal; of who was refused nothing is kept."""
    counters.count("refusals", what)
    logger.warning("a request was refused: %s", what)


def _later(why: str, *, wait: int) -> Response:
    words = "a minute" if wait == 60 else f"{wait // 60} minutes"
    return PlainTextResponse(f"{why} Wait {words}, then try again.", status_code=429, headers={"Retry-After": str(wait)})


def _moving() -> Response:
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2">'
        "<title>Alignment Scorecard</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 24px}"
        ":root{color-scheme:light dark}</style></head><body><p>The app is being updated. This page loads again by itself.</p>"
        "</body></html>",
        status_code=503,
        headers={"Retry-After": "2", "Cache-Control": "no-store"},
    )


def _is_foreign(scope: Scope) -> bool:
    """Whether a page of another address opens a connection."""
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2] != headers.get("host")


async def _refuse_connection(scope: Scope, receive: Receive, send: Send, *, status: int) -> None:
    """Answer a new connection with a status: a proxy takes 503 to another process."""
    extensions: Mapping[str, object] = scope.get("extensions") or {}
    await receive()
    if "websocket.http.response" in extensions:
        await send({"type": "websocket.http.response.start", "status": status, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b""})
    else:
        await send({"type": "websocket.close", "code": 1012 if status == 503 else 1008})
