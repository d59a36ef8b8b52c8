"""What happens when a server starts and stops."""

from __future__ import annotations

import ctypes
import gc
import inspect
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from pkgutil import iter_modules
from threading import Event, Thread, Timer
from time import sleep
from typing import Any

import streamlit as st

from app import logs
from app.settings import refuse_public_listening, settings
from app.storage import glance
from app.ui import components, draining

FIRST_PAGE = ("app.ui.frame", "app.ui.made", "app.ui.components.overview", "numpy", "PIL.Image")
"""What the first page is made of: the database's library above all; the last two are for the icon."""
NEXT_PAGES = ("pandas", "altair", "ibis", "scipy.special")
"""What the pages with charts and new counts need besides."""
AFTER = 1.0
"""Seconds after the first page, which the visitor spends reading; a click at once should find the interpreter free."""

CLOSING_AFTER = 60.0
"""Seconds until the clock that closes rounds of the survey is loaded; nobody waits for it."""

TAKE_UP_SECONDS = 5.0
"""How often a process looks for imports that another one has left behind."""

MALLOPT = {-3: 128 * 1024, -8: 2}
"""What glibc is told about memory, by the numbers of its `mallopt`: blocks from this size on (M_MMAP_THRESHOLD) go back to the system when
they are freed, and there are at most two heaps (M_ARENA_MAX). Left alone it moves the first up to 32 MB and makes a heap for nearly every
thread; each run of a page is one, and with ten visitors 135 MB lay about free after three hundred runs, 21 MB so."""

first_page = Event()
"""Set when the first page has been shown."""


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
    """Refuse unsafe settings, bring an embedded database to its newest schema, and warm what the first page needs.

    The server listens as soon as this yields, so the modules of the page are imported in a thread meanwhile: a browser needs as long
    for its own part, and a page that comes earlier waits for the import where it needs it.

    Streamlit's own collection after each run is off (`runner.postScriptGC`), so the collector gets wider steps instead: many small
    objects are made and dropped in a rerun, and few survive it.
    """
    _give_memory_back()
    chosen = settings()
    if chosen.log == "json":
        logs.install(replica=chosen.replica)
    chosen.prepare_folders()
    refuse_public_listening(st.get_option("server.address"), login=chosen.login)
    if chosen.login != "none":
        from app.ui.login import providers

        providers()
    if chosen.database_url.startswith("sqlite") and not glance.is_current(chosen.database_url):
        from app.storage import migrations
        from app.ui import cache

        migrations.upgrade(cache.database())
    gc.set_threshold(50_000, 20, 50)
    if not chosen.database_url.startswith("sqlite"):
        draining.starting()
    Thread(target=_warm, name="warm", daemon=True).start()
    closing = Timer(CLOSING_AFTER, _close_rounds)
    closing.daemon = True
    closing.start()
    over = Event()
    if not chosen.database_url.startswith("sqlite"):
        Thread(target=_take_up_again, args=(over,), name="take-up", daemon=True).start()
    draining.listen(chosen.drain_seconds)
    yield {}
    over.set()
    closing.cancel()
    from app.charts import workers
    from app.services import jobs
    from app.ui import cache

    jobs.leave(cache.database())
    if "app.services.report.kept" in sys.modules:
        # Elsewhere no report was ever begun, and the library that sets it is not loaded in order to stop.
        from app.services.report import kept

        kept.leave(cache.database())
    workers.stop()


def _give_memory_back() -> None:
    """Tell glibc before the pages' threads ask for memory; other C libraries and systems are left alone."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            library = ctypes.CDLL("libc.so.6")
            for name, value in MALLOPT.items():
                library.mallopt(name, value)


def _warm() -> None:
    """Import what the first page needs at once, and what the next ones need when the first visitor has the first."""
    for name in FIRST_PAGE:
        import_module(name)
    if draining.is_starting():
        # Whoever comes to one of several processes comes from another one that has just left, and with everybody else: imports beside
        # twenty pages that wait for them take ten seconds, and two while nobody is there.
        try:
            for name in (*NEXT_PAGES, *(f"app.ui.components.{one.name}" for one in iter_modules(components.__path__))):
                import_module(name)
        finally:
            draining.started()
    # At the first element of a process Streamlit looks up the file of every module; what is looked up now is not then.
    inspect.stack()
    _look()
    _take_up()
    first_page.wait()
    sleep(AFTER)
    for name in NEXT_PAGES:
        import_module(name)


def _close_rounds() -> None:
    from app.ui.clearing import clearing_clock
    from app.ui.respondent.closing import closing_clock

    closing_clock.start()
    clearing_clock.start()


def _look() -> None:
    """Ask the database what every page asks it first, so that the connection is there and the queries are compiled."""
    from sqlalchemy.exc import SQLAlchemyError

    from app.errors import AppError
    from app.services.snapshots import arrival
    from app.ui import cache
    from app.ui.guard import who

    cache.code_version()
    engine = cache.database()
    if settings().login != "none":
        # Nobody is signed in here; the first to come needs the login's modules.
        import_module("app.ui.components.door")
        return
    # Whoever may not be let in, or whatever the database lacks, the page itself says it.
    with suppress(AppError, SQLAlchemyError):
        arrival(who(engine), engine=engine)


def _take_up_again(over: Event) -> None:
    """Look now and then whether another process has ended in the middle of an import, and go on with it."""
    while not over.wait(TAKE_UP_SECONDS):
        if not draining.is_draining():
            _take_up()


def _take_up() -> None:
    """Go on with the imports that the process before this one was killed in."""
    from sqlalchemy.exc import SQLAlchemyError

    from app.errors import AppError
    from app.services import jobs
    from app.ui import cache

    with suppress(AppError, SQLAlchemyError):
        jobs.take_up_left_behind(cache.database(), limits=settings().limits())
