"""The guard: the first statement of every page. It says who is asking and what they may see, or stops the page."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import streamlit as st
from sqlalchemy import Engine

from app.charts.theme import Mode
from app.errors import AccessDenied, SignedOut
from app.services.actor import Actor
from app.services.scorecard.sources import Sources, of
from app.services.snapshots import Arrival, arrival, snapshots
from app.services.teams import TeamView
from app.settings import settings
from app.tables import TableName
from app.ui import cache
from app.ui.navigation import PageName, PageSpec, page

if TYPE_CHECKING:
    from starlette.requests import Request

T = TypeVar("T")

_arrived: ContextVar[tuple[Actor, Arrival] | None] = ContextVar("arrived", default=None)
"""Who has just been looked up above the page of this run, and what was found. Each run of a page is a thread of its own."""


@dataclass(frozen=True)
class _Opened:
    sources: Sources
    paths: tuple[Path, ...]
    files: tuple[tuple[TableName, str], ...]


@dataclass(frozen=True)
class Visit:
    """One run of a page: who asks, for which team, and what is loaded for it (`loaded` is a hash of everything)."""

    page: PageSpec
    member: Callable[[], Actor]
    team: TeamView
    engine: Engine
    loaded: str

    @property
    def actor(self) -> Actor:
        """Who asks.

        With a login it is asked anew when a button, a part of the page or a file uses it later: what a page knew of a member who has been
        removed since is worth nothing.
        """
        return self.member()

    @property
    def may_change(self) -> bool:
        """Whether the role allows more than reading; the services ask for themselves, this only offers nobody what is refused."""
        return self.actor.role != "viewer"

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

    Without a login the app serves one person on the loopback address, and the implied owner is let in. With one, whoever is not signed
    in, or is in no organization yet, finds the door instead of the page.
    """
    engine, spec = cache.database(), page(name)
    try:
        actor = who(engine)
    except AccessDenied as refused:
        _door(engine, refused)
    if settings().login == "none":
        if spec.needs_login:
            st.info("Members are part of an app with a login. On your own computer you are the only one.", icon=":material/lock:")
            st.stop()
        member: Callable[[], Actor] = lambda: actor  # noqa: E731 - two ways to say who it is
    else:
        from app.ui.login import StillIn

        member = StillIn(engine, actor)
    before = _arrived.get()
    _arrived.set(None)
    found = before[1] if before is not None and before[0] == actor else arrival(actor, engine=engine)
    return Visit(spec, member, found.shown.team, engine, found.loaded)


def arrive(actor: Actor) -> Arrival:
    """What the member finds, looked up now; the page of this run is let in with it and does not look again."""
    found = arrival(actor, engine=cache.database())
    _arrived.set((actor, found))
    return found


def who(engine: Engine, request: Request | None = None) -> Actor:
    """The member behind this browser session, or behind a request to an address of our own.

    Raises
    ------
    SignedOut
        When nobody is signed in, or not any more.
    AccessDenied
        When whoever is signed in is in no organization.
    """
    if settings().login == "none":
        return cache.local_owner(engine)
    # Imported here: without a login nothing of one is loaded.
    from app.ui import login

    return login.member(engine, request)


def _door(engine: Engine, refused: AccessDenied) -> NoReturn:
    """What somebody sees who may not be let in."""
    if settings().login == "none":
        st.error(str(refused), icon=":material/lock:")
        st.stop()
    from app.ui.components import door

    if isinstance(refused, SignedOut):
        door.sign_in(refused)
    else:
        door.no_organization(engine)
    st.stop()
