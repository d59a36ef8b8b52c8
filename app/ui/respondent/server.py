"""The respondents' pages alone, for a host of their own or for a network that must not see the managers' part.

`python -m app answers` serves this; `uvicorn app.ui.respondent.server:app` does as well.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app import logs
from app.settings import settings
from app.ui import draining
from app.ui.respondent.closing import closing_clock
from app.ui.respondent.replies import HEADERS
from app.ui.respondent.routes import ROUTES
from app.ui.routes import ready

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def _lifespan(_: Starlette) -> AsyncIterator[None]:
    chosen = settings()
    if chosen.log == "json":
        logs.install(replica=chosen.replica)
    closing_clock.start()
    draining.listen(chosen.drain_seconds)
    yield


async def _nothing(_: Request) -> Response:
    return PlainTextResponse("There is nothing here. Open the link that you were sent.", status_code=404, headers=HEADERS)


app = Starlette(routes=[*ROUTES, Route("/ready", ready), Route("/{rest:path}", _nothing)], lifespan=_lifespan)
