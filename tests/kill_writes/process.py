"""The process that is killed: it does what a page does, by the same calls of the services, and owns connections, threads and workers.

`POST /imports/look` calls `look` of `tests.kill_writes.imports`, and so on. An error of ours is a page with a sentence (409), anything
else that goes wrong is none (500). Imports that the process before has left are taken up as the app's own process does it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from importlib import import_module
from threading import Event, Thread
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.errors import AppError
from app.services import jobs
from app.settings import settings
from app.storage.engine import make_engine

LOOK_SECONDS = 5.0


@cache
def database() -> Engine:
    """The engine of this process."""
    return make_engine(settings().database_url)


@asynccontextmanager
async def _lifespan(_: Starlette) -> AsyncIterator[None]:
    over = Event()
    Thread(target=_take_up, args=(over,), daemon=True).start()
    yield
    over.set()
    jobs.leave(database())


def _take_up(over: Event) -> None:
    while True:
        with suppress(AppError, SQLAlchemyError):
            jobs.take_up_left_behind(database(), limits=settings().limits())
        if settings().database_url.startswith("sqlite") or over.wait(LOOK_SECONDS):
            return


async def _up(_: Request) -> Response:
    return PlainTextResponse("up")


async def _step(request: Request) -> Response:
    step = import_module(f"tests.kill_writes.{request.path_params['kind']}").STEPS[request.path_params["step"]]
    body: dict[str, Any] = await request.json()
    try:
        return JSONResponse(await run_in_threadpool(step, **body))
    except AppError as error:
        return JSONResponse({"refused": str(error)}, status_code=409)


app = Starlette(routes=[Route("/up", _up), Route("/{kind}/{step}", _step, methods=["POST"])], lifespan=_lifespan)
