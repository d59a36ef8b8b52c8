"""What surrounds every page: its head, the choice of the team, the example's mark, the way on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from app.services.actor import Actor
from app.services.teams import Shown, choose_team, leave_example, show_example, shown
from app.settings import settings
from app.ui import cache
from app.ui.guard import Visit, arrive, who
from app.ui.navigation import PageName, page


def link(name: PageName, label: str, *, icon: str = ":material/arrow_forward:") -> None:
    """A link to another page of the app."""
    st.page_link(str(page(name).path), label=label, icon=icon)


def head(visit: Visit) -> None:
    """The page's title and the question it answers."""
    st.title(visit.page.title)
    st.markdown(visit.page.question)


def next_step(visit: Visit) -> None:
    """The one way on from this page."""
    st.space("small")
    link(visit.page.next, visit.page.next_label)


def above() -> Callable[[], None] | None:
    """What draws what stands on every page; None for somebody who is not let in, to whom the page says so.

    With a login that is who is here, for which organization, and the way out; then the choice of the team where there are several,
    and the mark of the example.
    """
    engine = cache.database()
    if settings().login == "none":
        return partial(_team_and_example, who(engine))
    from app.ui.components import door

    found = door.inside(engine)
    if found is None:
        return None

    def draw() -> None:
        door.account(engine, found)
        _team_and_example(found.shown.actor)
        with st.sidebar:
            door.person()

    return draw


def _team_and_example(actor: Actor) -> None:
    engine = cache.database()
    found = arrive(actor).shown
    _team_choice(actor, found)
    if not found.team.is_example:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(":material/theater_comedy: **Example.** You are looking at the play company, which is invented.")
        if actor.role != "viewer" and st.button("Use my own data", type="primary", icon=":material/upload_file:", key="leave_example"):
            leave_example(actor, engine=engine)
            st.switch_page(str(page("data").path))


def _team_choice(actor: Actor, found: Shown) -> None:
    """Which of several teams is shown, in the menu."""
    if len(found.own) < 2:
        return
    names = dict(found.own) | ({found.example_id: "Example company"} if found.example_id else {})
    ids = list(names)
    with st.sidebar:
        # The key names the shown team, so that a choice made on another page or device is not answered with the old one.
        chosen = st.selectbox(
            "Team",
            ids,
            index=ids.index(found.team.id) if found.team.id in ids else 0,
            format_func=names.__getitem__,
            key=f"team-{found.team.id}",
        )
    if chosen != found.team.id:
        choose_team(actor, engine=cache.database(), team_id=chosen)
        st.rerun()


def nothing_loaded(what: str, *, remedy: str) -> None:
    """An empty state: what is missing, and the one thing to do."""
    with st.container(border=True):
        st.markdown(f"**{what}**")
        st.markdown(remedy)
        link("data", "Upload a file", icon=":material/upload_file:")
        engine = cache.database()
        actor = who(engine)
        if actor.role == "viewer" or shown(actor, engine=engine).example_id is None:
            return
        if st.button("Look at the example company instead", icon=":material/theater_comedy:", type="tertiary", key="show_example"):
            show_example(actor, engine=engine)
            st.switch_page(str(page("overview").path))
