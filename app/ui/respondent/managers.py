"""What a manager sees of the respondent's pages: a preview that saves nothing, and the poster with the QR code."""

from __future__ import annotations

from collections.abc import Sequence

import segno
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from app.errors import AppError
from app.services.rounds import manage
from app.services.rounds.answering import Opened
from app.services.rounds.model import RoundView
from app.services.rounds.views import asked
from app.settings import settings
from app.ui.guard import who
from app.ui.respondent import screens
from app.ui.respondent.replies import HEADERS
from app.ui.respondent.state import state


async def preview(request: Request) -> Response:
    """A screen of a round as a respondent of the marketing side would see it."""
    shown = await _round(request)
    if shown is None:
        return PlainTextResponse("This round is not yours.", status_code=404, headers=HEADERS)
    opened = Opened(shown, "shared" if shown.way == "shared" else "personal", "marketing", frozenset(), {}, {}, {})
    name, parts = request.path_params.get("part", ""), len(asked(shown).dimensions)
    language = screens.language_of(
        shown.languages, chosen=request.query_params.get("l"), accepted=request.headers.get("accept-language", "")
    )
    if name == screens.SEND:
        content = screens.send_screen(opened, token="", language=language, address="", preview=True)
    elif name.isascii() and name.isdigit() and len(name) <= 2 and 1 <= int(name) <= parts:
        content = screens.part_screen(opened, token="", number=int(name), language=language, address="", preview=True)
    else:
        content = screens.first_screen(opened, token="", language=language, preview=True)
    return HTMLResponse(content, headers=HEADERS)


async def preview_onward(request: Request) -> Response:
    """The next screen of the preview; what was chosen is thrown away."""
    content = (await request.body()).decode("ascii", "replace")
    go = next((part[3:] for part in content.split("&") if part.startswith("go=")), "1")
    name = go if go == screens.SEND or (go.isascii() and go.isdigit()) else "1"
    language = request.query_params.get("l", "")
    tail = f"?l={language}" if language.isalpha() and len(language) == 2 else ""
    return RedirectResponse(f"/survey-round/{request.path_params['round_id']}/preview/{name}{tail}", 303, HEADERS)


async def poster(request: Request) -> Response:
    """The poster of a round with a shared link, to print."""
    shown = await _round(request)
    here = state()
    path = None
    if shown is not None:
        path = await run_in_threadpool(
            lambda: manage.shared_path(who(here.engine, request), engine=here.engine, secret=here.secret, round_id=shown.id)
        )
    if shown is None or path is None:
        return PlainTextResponse("This round has no poster: it is not open, or has personal links.", status_code=404, headers=HEADERS)
    link = (settings().public_url or f"{request.url.scheme}://{request.url.netloc}") + path
    language = screens.language_of(
        shown.languages, chosen=request.query_params.get("l"), accepted=request.headers.get("accept-language", "")
    )
    return HTMLResponse(screens.poster_screen(shown, link=link, code=qr_code(link), language=language), headers=HEADERS)


def qr_code(link: str) -> str:
    """The QR code of a link as the address of an SVG picture that stands in the page itself."""
    return segno.make(link, error="m", micro=False).svg_data_uri(scale=8, border=2, dark="#000000", light="#ffffff")


async def _round(request: Request) -> RoundView | None:
    """The round of the address, for a member of its organization, else None."""
    here = state()
    try:
        return await run_in_threadpool(
            lambda: manage.read_round(who(here.engine, request), engine=here.engine, round_id=request.path_params["round_id"])
        )
    except AppError:
        return None


ROUTES: Sequence[BaseRoute] = (
    Route("/survey-round/{round_id}/preview", preview),
    Route("/survey-round/{round_id}/preview/{part}", preview),
    Route("/survey-round/{round_id}/preview/{part}", preview_onward, methods=["POST"]),
    Route("/survey-round/{round_id}/preview", preview_onward, methods=["POST"]),
    Route("/survey-round/{round_id}/poster", poster),
)
