"""Our own addresses beside Streamlit's: readiness, downloads, reports, invitations, survey; and the headers every answer carries."""

from __future__ import annotations

import html
import logging
import re
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from hmac import compare_digest
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import counters
from app.clock import now
from app.errors import AccessDenied, AppError, SignedOut
from app.settings import settings
from app.ui import draining
from app.ui.edge import Edge, is_direct

if TYPE_CHECKING:
    from app.services.actor import Actor

logger = logging.getLogger(__name__)

_OF_THE_LOGIN = ("/auth/login", "/auth/logout", "/oauth2callback")
_STARTED = now().timestamp()

HSTS = "max-age=63072000; includeSubDomains"
"""Two years without a connection in the clear, said only where the visitor's connection is encrypted."""


def _inline_scripts() -> str:
    """The hashes of the scripts that stand in Streamlit's own page, so that no other script in a page is run."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    return " ".join(f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts)


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    # Streamlit sets styles from script, and its Vega runs expressions through an interpreter, so no script may be evaluated.
    "Content-Security-Policy": (
        f"default-src 'self'; script-src 'self' {_inline_scripts()} 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss: data: blob:; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    ),
}


class SecurityHeaders:
    """Adds `HEADERS` to every answer that has not set them itself, and says which process has answered.

    Over an encrypted connection (a proxy says so by X-Forwarded-Proto) every cookie is for encrypted connections only.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add the headers when the answer starts."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        replica, encrypted = settings().replica, scope.get("scheme") in ("https", "wss")

        async def with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept"):
                message.setdefault("headers", [])
                headers = MutableHeaders(scope=message)
                if replica:
                    headers["X-Replica"] = replica
                if message["type"] == "http.response.start":
                    for name, value in HEADERS.items():
                        headers.setdefault(name, value)
                    if scope["path"].startswith("/media/"):
                        headers["Cache-Control"] = "no-store"
                if encrypted:
                    headers["Strict-Transport-Security"] = HSTS
                    message["headers"] = [(name, _secure(value) if name.lower() == b"set-cookie" else value) for name, value in headers.raw]
            await send(message)

        await self._app(scope, receive, with_headers)


def _secure(cookie: bytes) -> bytes:
    return cookie if b"; secure" in cookie.lower() else cookie + b"; Secure"


async def ready(_: Request) -> Response:
    """200 when the pages are loaded, the database answers and has the newest schema, else 503. For load balancers and for `make run`."""

    # Imported here and below: the server listens before the database's library is there.
    def state() -> dict[str, object]:
        from app.storage import migrations
        from app.ui import cache

        engine = cache.database()
        return {"ready": migrations.is_ready(engine), "schema": migrations.current(engine), "code": cache.code_version()[:12]}

    if draining.is_draining():
        return JSONResponse({"ready": False, "draining": True}, status_code=503)
    if draining.is_starting():
        return JSONResponse({"ready": False, "starting": True}, status_code=503)
    try:
        found = await run_in_threadpool(state)
    except Exception:  # whatever is wrong, this process cannot serve
        logger.exception("not ready")
        return JSONResponse({"ready": False}, status_code=503)
    return JSONResponse(found, status_code=200 if found["ready"] else 503)


async def metrics(request: Request) -> Response:
    """What this process has counted, as OpenMetrics: for this computer, or for whoever shows the token; 404 for others."""
    wanted, shown = settings().metrics_token, request.headers.get("authorization", "")
    if not (is_direct(request.scope) or (wanted and compare_digest(shown.encode(), f"Bearer {wanted}".encode()))):
        return PlainTextResponse("Not Found", status_code=404)
    from app.ui import cache

    gauges = {
        "kept_results": ("Results kept in memory.", float(cache.kept_results())),
        "draining": ("Whether the process takes no new visitors.", float(draining.is_draining())),
        "start_time_seconds": ("When the process started, in seconds since 1970.", _STARTED),
    }
    return Response(counters.text(gauges=gauges), media_type=counters.CONTENT_TYPE, headers={"Cache-Control": "no-store"})


async def download(request: Request) -> Response:
    """A file that a page has offered, for a member of the organization it belongs to."""
    from app.ui import downloads

    found = downloads.find(request.path_params["token"])
    if found is None:
        return _sorry("This download is no longer offered.", "Go back to the page and click again.", status=404)
    try:
        actor = await run_in_threadpool(_member, request)
        if (actor.organization_id, actor.member_id) != (found.organization_id, found.member_id):
            raise AccessDenied("This file was offered to somebody else.")
        content = await run_in_threadpool(found.make)
        await run_in_threadpool(_note, actor, found.file_name)
    except SignedOut:
        return _sorry("You are not signed in.", "Sign in, then go back to the page and click again.", status=403)
    except AccessDenied:
        return _sorry("This download is not yours.", "", status=403)
    except AppError as error:
        return _sorry("The file could not be made.", str(error), status=422)
    return Response(
        content,
        media_type=found.media_type,
        headers={"Content-Disposition": f'attachment; filename="{found.file_name}"', "Cache-Control": "no-store"},
    )


def _sorry(what: str, remedy: str, *, status: int) -> Response:
    """A page of its own for a file that cannot be had, with a way back: a download opens in its own tab."""
    style = (
        "body{font:16px/1.5 'Source Sans','Source Sans 3',system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1.5rem;"
        "color:#0f1722;background:#fff}a{color:#0f6b63}"
        "@media(prefers-color-scheme:dark){body{color:#eef1f5;background:#12171d}a{color:#5fc9bd}}"
    )
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Alignment Scorecard</title><style>{style}</style></head><body><h1>{html.escape(what)}</h1><p>{html.escape(remedy)}</p>"
        '<p><a href="/">Back to the app</a></p></body></html>',
        status_code=status,
    )


def _note(actor: Actor, file_name: str) -> None:
    """Whatever leaves the app by a download is in the record of who did what."""
    from app.services.audit import record_export
    from app.ui import cache

    record_export(actor, engine=cache.database(), file_name=file_name)


def _member(request: Request) -> Actor:
    from app.ui import cache
    from app.ui.guard import who

    return who(cache.database(), request)


async def invitation(request: Request) -> Response:
    """An invitation to become a member: remembered in this browser until its person has signed in, and used up only by their click.

    One that is unknown, used, over or taken back gives the same answer; `Edge` slows down who tries many.
    """
    if settings().login == "none":
        return _sorry("There is nothing here.", "", status=404)
    from app.services.members import offered
    from app.ui import cache, login

    token = request.path_params["token"]
    found = await run_in_threadpool(lambda: offered(cache.database(), token=token))
    if found is None:
        return _sorry(
            "This invitation cannot be used.", "It may be over, used or taken back. Ask whoever sent it for a new one.", status=404
        )
    answer = RedirectResponse("/", 303, {"Cache-Control": "no-store"})
    answer.set_cookie(
        login.INVITATION_COOKIE, token, max_age=login.INVITATION_SECONDS, secure=login.is_secure(), httponly=True, samesite="lax"
    )
    return answer


class Login:
    """What is ours around Streamlit's addresses of the login.

    Our record of a sign-in is ended when the web server is asked to forget its cookie, whoever asks and by whatever way. And where the
    identity provider cannot be reached, a page says so, with a way back.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """End the sign-in first, then pass the request on."""
        path: str = scope.get("path", "")
        if scope["type"] != "http" or not path.endswith(_OF_THE_LOGIN) or settings().login == "none":
            await self._app(scope, receive, send)
            return
        if path.endswith("/auth/logout"):
            await run_in_threadpool(self._end, Request(scope))
        failed = False

        async def told(message: Message) -> None:
            nonlocal failed
            failed = failed or (message["type"] == "http.response.start" and message["status"] >= 400)
            if not failed:
                await send(message)

        try:
            await self._app(scope, receive, told)
        except Exception:  # whatever it is, whoever signs in sees no error of the server
            logger.exception("the login failed")
            failed = True
        if failed:
            why = "The service where you sign in does not answer, or refuses this app."
            await _sorry(why, "Try again in a minute; if it stays so, tell whoever runs this app.", status=502)(scope, receive, send)

    @staticmethod
    def _end(request: Request) -> None:
        from app.services import sign_in
        from app.ui import cache, login

        with suppress(SignedOut):
            sign_in.end(cache.database(), login.identity(request))


class Survey:
    """The pages of the survey, imported at their first request: the first page of a manager does not wait for them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the survey's own router."""
        pages = await run_in_threadpool(import_module, "app.ui.respondent.routes")
        await pages.ROUTER(scope, receive, send)


async def shared(request: Request) -> Response:
    """A report for a reader who has its link: no login, no other page, nothing kept in any cache, no search engine.

    A link that is unknown, over or taken back gives the same answer.
    """
    from app.services.report.sharing import shared_report
    from app.ui import cache

    found = await run_in_threadpool(lambda: shared_report(engine=cache.database(), token=request.path_params["token"]))
    headers = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow, noarchive"}
    if found is None:
        return PlainTextResponse("This link leads nowhere. Ask whoever sent it for a new one.", status_code=404, headers=headers)
    headers["Content-Disposition"] = f'inline; filename="{found.name}"'
    return Response(found.content, media_type=found.media_type, headers=headers)


ROUTES: Sequence[BaseRoute] = (
    Route("/ready", ready),
    Route("/metrics", metrics),
    Route("/download/{token}/{name}", download),
    Route("/shared/{token}", shared),
    Route("/invitation/{token}", invitation),
    Route("/s/{rest:path}", Survey()),
    Route("/survey-round/{rest:path}", Survey()),
)
MIDDLEWARE: Sequence[Middleware] = (Middleware(SecurityHeaders), Middleware(Edge), Middleware(Login))
