"""What surrounds every page: its head, the example's mark, the way on."""

from __future__ import annotations

import streamlit as st

from app.errors import AccessDenied
from app.services.teams import leave_example, show_example, shown_team
from app.ui import cache
from app.ui.guard import Visit, who
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


def example_mark() -> None:
    """Say on every page that the numbers are an example, with one click to leave it."""
    engine = cache.database()
    try:
        actor = who(engine)
    except AccessDenied:
        return
    team = shown_team(actor, engine=engine)
    if not team.is_example:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(":material/theater_comedy: **Example.** You are looking at the play company, which is invented.")
        if st.button("Use my own data", type="primary", icon=":material/upload_file:", key="leave_example"):
            leave_example(actor, engine=engine)
            st.switch_page(str(page("data").path))


def nothing_loaded(what: str, *, remedy: str) -> None:
    """An empty state: what is missing, and the one thing to do."""
    with st.container(border=True):
        st.markdown(f"**{what}**")
        st.markdown(remedy)
        link("data", "Upload a file", icon=":material/upload_file:")
        if st.button("Look at the example company instead", icon=":material/theater_comedy:", type="tertiary", key="show_example"):
            engine = cache.database()
            show_example(who(engine), engine=engine)
            st.switch_page(str(page("overview").path))
