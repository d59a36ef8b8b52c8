"""The addresses of the respondent's pages, below /s/.

Nobody is signed in here. A token that is unknown, used or of a closed round gets the same answer, byte for byte. The only cookie is a
random mark of the device, so that answers are shown again where they were given and nowhere else; under a shared link a second one
leads this device back to its own answers.
"""

from __future__ import annotations

import logging
import re
import secrets
from asyncio import get_running_loop, wrap_future
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, Router

from app import counters
from app.errors import AppError
from app.services.rounds import answering
from app.services.rounds.answering import Opened, Save
from app.services.rounds.model import Changes, Outcome
from app.services.rounds.sealing import read_token
from app.services.rounds.views import asked
from app.settings import settings
from app.survey import questionnaire
from app.survey.model import SIDES
from app.ui.respondent import forms, screens
from app.ui.respondent.managers import ROUTES as MANAGERS
from app.ui.respondent.replies import HEADERS
from app.ui.respondent.state import state

logger = logging.getLogger(__name__)

DEVICE = "survey_device"
DAYS = 90
"""How long the cookies live; a round is open for shorter than that."""
ASSETS = {"respondent.css": "text/css; charset=utf-8", "respondent.js": "text/javascript; charset=utf-8"}
FINISHED = "finished"

_readers = ThreadPoolExecutor(4, thread_name_prefix="respondent")
"""Pages are read by a few threads: more would only wait for the interpreter."""
_MARK = re.compile(r"[0-9a-f]{32}")

Handler = Callable[[Request], Awaitable[Response]]


async def first(request: Request) -> Response:
    """A link: the promise, or the next open question of somebody who has begun."""
    token = request.path_params["token"]
    opened = await _open(request, token)
    if opened is None:
        return _unavailable(request)
    language = _language(request, opened)
    if opened.kind == "shared":
        own = request.cookies.get(_cookie_of(token), "")
        if own == FINISHED:
            return _html(request, screens.done_screen(language=language))
        if own and await _open(request, own, counts=False) is not None:
            return _to(f"/s/{own}", language)
    elif opened.answered and "l" not in request.query_params:
        return _to(f"/s/{token}/{screens.next_open(opened)}", language)
    return _html(request, screens.first_screen(opened, token=token, language=language))


async def begin(request: Request) -> Response:
    """Begin under a shared link, on the side that was chosen."""
    token = request.path_params["token"]
    opened = await _open(request, token)
    if opened is None or opened.kind != "shared":
        return _unavailable(request)
    language = _language(request, opened)
    given = forms.fields(await forms.body(request))
    side = next((one for one in SIDES if one == given.get("side")), None)
    if side is None:
        return _html(request, screens.first_screen(opened, token=token, language=language, problem=True), status=422)
    here = state()
    own = await wrap_future(here.writer.alone(lambda: answering.begin(here.engine, secret=here.secret, token=token, side=side)))
    if own is None:
        return _unavailable(request)
    return _remember(request, _to(f"/s/{own}/1", language), shared=token, value=own)


async def resume(request: Request) -> Response:
    """Go on with a code (or a link) that another device was given."""
    token = request.path_params["token"]
    typed = forms.fields(await forms.body(request)).get("code", "")
    own = read_token(typed.strip().rpartition("/s/")[2].partition("?")[0].partition("/")[0])
    opened = await _open(request, own or typed[:100])
    if opened is None or own is None or opened.kind != "resumed":
        return _unavailable(request)
    return _remember(request, _to(f"/s/{own}", _language(request, opened)), shared=token, value=own)


async def part(request: Request) -> Response:
    """One part of the survey, or the last look before sending."""
    token, name = request.path_params["token"], request.path_params["part"]
    opened = await _open(request, token)
    if opened is None:
        return _unavailable(request)
    language = _language(request, opened)
    if opened.kind == "shared" or not _is_part(name, opened):
        return _to(f"/s/{token}", language)
    address = f"{_base(request)}/s/{token}"
    if name == screens.SEND:
        return _html(request, screens.send_screen(opened, token=token, language=language, address=address))
    return _html(request, screens.part_screen(opened, token=token, number=int(name), language=language, address=address))


async def send_part(request: Request) -> Response:
    """A part sent as a form, without the script: saved as a whole, then on to where the button leads."""
    token = request.path_params["token"]
    given = forms.fields(await forms.body(request))
    if await _save(request, token, forms.from_form(given)) != "saved":
        return _unavailable(request)
    go = given.get("go", "")
    return _to(f"/s/{token}/{go}" if re.fullmatch(r"[0-9]{1,2}|send", go) else f"/s/{token}", request.query_params.get("l"))


async def answers(request: Request) -> Response:
    """What the script saves: each answer as it is given. It can be repeated without harm."""
    try:
        outcome = await _save(request, request.path_params["token"], forms.from_json(await forms.body(request)))
    except _Wait:
        raise
    except forms.TooLarge:
        return JSONResponse({"state": "too large"}, status_code=413, headers=HEADERS)
    except AppError as error:
        return JSONResponse({"state": "refused", "why": str(error)}, status_code=400, headers=HEADERS)
    except Exception:  # whatever it is, the page keeps the answer and tries again
        logger.exception("an answer could not be saved")
        return JSONResponse({"state": "not saved"}, status_code=503, headers={**HEADERS, "Retry-After": "2"})
    return JSONResponse({"state": outcome}, status_code=404 if outcome == "unavailable" else 200, headers=HEADERS)


async def send(request: Request) -> Response:
    """Send everything off; a second click on the same device says thanks again."""
    token = request.path_params["token"]
    if await _save(request, token, Changes(finish=True)) == "unavailable":
        return _unavailable(request)
    answer = _to("/s/done", request.query_params.get("l"))
    for name, value in request.cookies.items():
        if name.startswith("survey_") and value == token:
            _set(request, answer, name, FINISHED)
    return answer


async def done(request: Request) -> Response:
    """Thanks."""
    return _html(request, screens.done_screen(language=_any_language(request)), device=False)


async def asset(request: Request) -> Response:
    """Our style sheet and our script; nothing comes from another host."""
    name = request.path_params["name"]
    if name not in ASSETS:
        return PlainTextResponse("Not found", status_code=404, headers=HEADERS)
    content = (screens.HERE / "static" / name).read_bytes()
    return Response(content, media_type=ASSETS[name], headers={**HEADERS, "Cache-Control": "public, max-age=31536000, immutable"})


async def _open(request: Request, token: str, *, counts: bool = True) -> Opened | None:
    here, address = state(), _address(request)
    if not here.limiter.allows(address, token):
        raise _Wait
    opened = await get_running_loop().run_in_executor(
        _readers, lambda: answering.open_link(here.engine, secret=here.secret, token=token, device=_device(request))
    )
    if opened is not None:
        here.limiter.hit(token)
    elif counts:
        here.limiter.miss(address, token)
    return opened


async def _save(request: Request, token: str, changes: Changes) -> Outcome:
    here, address = state(), _address(request)
    if not here.limiter.allows(address, token):
        raise _Wait
    try:
        outcome = await wrap_future(here.writer.submit(Save(token, _device(request), changes)))
    except Exception:
        counters.count("answers", "failed")
        raise
    counters.count("answers", "unavailable" if outcome == "unavailable" else "saved")
    if outcome == "unavailable":
        here.limiter.miss(address, token)
    else:
        here.limiter.hit(token)
    return outcome


class _Wait(Exception):
    """Too many tokens that open nothing have come from this address."""


def _guarded(handler: Handler) -> Handler:
    """The handler, with a page of our own for whatever goes wrong."""

    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except _Wait:
            answer = _unavailable(request, status=429)
            answer.headers["Retry-After"] = "60"
            return answer
        except forms.TooLarge:
            return _trouble(request, status=413)
        except AppError as error:
            # Its words may quote what was typed.
            logger.warning("a respondent's page was refused: %s", type(error).__name__)
            return _trouble(request, status=400)
        except Exception:  # a respondent never sees a traceback
            logger.exception("a respondent's page failed")
            return _trouble(request, status=503)

    return guarded


def _is_part(name: str, opened: Opened) -> bool:
    parts = len(asked(opened.round).dimensions)
    return name == screens.SEND or (name.isascii() and name.isdigit() and len(name) <= 2 and 1 <= int(name) <= parts)


def _language(request: Request, opened: Opened) -> str:
    return screens.language_of(
        opened.round.languages, chosen=request.query_params.get("l"), accepted=request.headers.get("accept-language", "")
    )


def _any_language(request: Request) -> str:
    """The language of a page that belongs to no round."""
    languages = questionnaire.newest().languages
    return screens.language_of(languages, chosen=request.query_params.get("l"), accepted=request.headers.get("accept-language", ""))


def _unavailable(request: Request, *, status: int = 404) -> Response:
    # No cookie, nothing of the request: the same bytes for an unknown, a used and a closed link.
    return HTMLResponse(screens.unavailable_screen(language=_any_language(request)), status_code=status, headers=HEADERS)


def _trouble(request: Request, *, status: int) -> Response:
    return HTMLResponse(screens.trouble_screen(language=_any_language(request)), status_code=status, headers=HEADERS)


def _html(request: Request, content: str, *, status: int = 200, device: bool = True) -> Response:
    answer = HTMLResponse(content, status_code=status, headers=HEADERS)
    if device and _given(request) is None:
        _set(request, answer, DEVICE, _device(request))
    return answer


def _to(path: str, language: str | None) -> Response:
    """Go on with a page; the language goes along when it was chosen."""
    # A link itself opens at the next open question, unless a language is chosen on it.
    is_link = path != "/s/done" and path.count("/") == 2
    known = language in questionnaire.newest().languages and not is_link
    return RedirectResponse(f"{path}?l={language}" if known else path, 303, HEADERS)


def _remember(request: Request, answer: Response, *, shared: str, value: str) -> Response:
    _set(request, answer, _cookie_of(shared), value)
    if _given(request) is None:
        _set(request, answer, DEVICE, _device(request))
    return answer


def _set(request: Request, answer: Response, name: str, value: str) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=DAYS * 86_400,
        path="/s",
        secure=_base(request).startswith("https:"),
        httponly=True,
        # A link in a mail or a chat is opened from another site.
        samesite="lax",
    )


def _cookie_of(token: str) -> str:
    return f"survey_{sha256((read_token(token) or token).encode()).hexdigest()[:12]}"


def _given(request: Request) -> str | None:
    """The device's mark as it was sent."""
    mark = request.cookies.get(DEVICE, "")
    return mark if _MARK.fullmatch(mark) else None


def _device(request: Request) -> str:
    """The device's mark: the one it has, or a new one for this request and those after it."""
    if not hasattr(request.state, "device"):
        request.state.device = _given(request) or secrets.token_hex(16)
    return str(request.state.device)


def _base(request: Request) -> str:
    return settings().public_url or f"{request.url.scheme}://{request.url.netloc}"


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


ROUTES: Sequence[BaseRoute] = (
    Route("/s/done", _guarded(done)),
    Route("/s/assets/{name}", asset),
    Route("/s/{token}", _guarded(first)),
    Route("/s/{token}", _guarded(begin), methods=["POST"]),
    Route("/s/{token}/answers", _guarded(answers), methods=["PUT"]),
    Route("/s/{token}/resume", _guarded(resume), methods=["POST"]),
    Route("/s/{token}/send", _guarded(send), methods=["POST"]),
    Route("/s/{token}/{part}", _guarded(part)),
    Route("/s/{token}/{part}", _guarded(send_part), methods=["POST"]),
)
ROUTER = Router([*ROUTES, *MANAGERS])
