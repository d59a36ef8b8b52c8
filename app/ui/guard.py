"""The guard: the first statement of every page. It says who is asking and what they may see, or stops the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import streamlit as st
from sqlalchemy import Engine

from app.charts.theme import Mode
from app.errors import AccessDenied
from app.services.actor import Actor
from app.services.scorecard.sources import Sources, of
from app.services.snapshots import snapshot_key, snapshots
from app.services.teams import TeamView, shown_team
from app.settings import settings
from app.tables import TableName
from app.ui import cache
from app.ui.navigation import PageName, PageSpec, page

T = TypeVar("T")


@dataclass(frozen=True)
class _Opened:
    sources: Sources
    paths: tuple[Path, ...]
    files: tuple[tuple[TableName, str], ...]


@dataclass(frozen=True)
class Visit:
    """One run of a page: who asks, for which team, and what is loaded for it (`loaded` is a hash of everything)."""

    page: PageSpec
    actor: Actor
    team: TeamView
    engine: Engine
    loaded: str

    @property
    def mode(self) -> Mode:
        """Light or dark, as the reader's browser shows the app."""
        return "dark" if st.context.theme.type == "dark" else "light"

    def sources(self) -> Sources:
        """The loaded tables, opened for counting once for what is loaded."""
        found = self._loaded()
        if not all(path.exists() for path in found.paths):
            # Somebody emptied the cache folder, which is allowed: the files are fetched from the database again.
            self._opened()
        return found.sources

    def _opened(self) -> _Opened:
        stored = snapshots(self.actor, engine=self.engine, team_id=self.team.id, cache_dir=settings().cache_dir)
        counting = cache.counting()
        opened = of(counting.open(s.path, info=s.info, sha256=s.sha256) for s in stored)
        return _Opened(opened, tuple(s.path for s in stored), tuple((s.info.table, s.file_name) for s in stored))

    def file_names(self) -> tuple[tuple[TableName, str], ...]:
        """The name of the file that each loaded table came from."""
        return self._loaded().files

    def _loaded(self) -> _Opened:
        return self.result("sources", make=self._opened, keep=False)

    def result(self, what: str, *asked: object, make: Callable[[], T], keep: bool = True) -> T:
        """A result of this team, made once; see `app.ui.cache.result`."""
        return cache.result(self.actor.organization_id, self.team.id, self.loaded, what, *asked, make=make, keep=keep)


def enter(name: PageName) -> Visit:
    """Let the visitor in.

    Without a login the app serves one person on the loopback address, and the implied owner is let in. The page is stopped with a
    plain sentence when nobody may be let in.
    """
    engine = cache.database()
    try:
        actor = who(engine)
    except AccessDenied as refused:
        st.error(str(refused), icon=":material/lock:")
        st.stop()
    team = shown_team(actor, engine=engine)
    return Visit(page(name), actor, team, engine, snapshot_key(actor, engine=engine, team_id=team.id))


def who(engine: Engine) -> Actor:
    """The member behind this session; AccessDenied when there is none."""
    if settings().login != "none":
        raise AccessDenied("This app is set to need a login, and the login is not part of this version.", "Set SCORECARD_LOGIN=none.")
    return cache.local_owner(engine)
