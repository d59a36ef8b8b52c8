"""What happens when a server starts and stops."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from threading import Thread
from time import sleep
from typing import Any

import streamlit as st

from app.charts import workers
from app.settings import refuse_public_listening, settings
from app.storage import migrations
from app.ui import cache

WARM_AFTER = 4.0
"""Seconds; importing at once would compete with the first page for the interpreter."""


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
    """Refuse unsafe settings, bring an embedded database to its newest schema, and warm what the first page needs.

    Streamlit's own collection after each run is off (`runner.postScriptGC`), so the collector gets wider steps instead: many small
    objects are made and dropped in a rerun, and few survive it.
    """
    chosen = settings()
    chosen.prepare_folders()
    refuse_public_listening(st.get_option("server.address"), login=chosen.login)
    if chosen.database_url.startswith("sqlite"):
        migrations.upgrade(cache.database())
    gc.set_threshold(50_000, 20, 50)
    Thread(target=_warm, name="warm", daemon=True).start()
    yield {}
    workers.stop()


def _warm() -> None:
    """Import in the background what the next pages need, once the first visitor has had time to get the first page."""
    sleep(WARM_AFTER)
    for name in ("pandas", "altair", "ibis", "scipy.special"):
        import_module(name)
