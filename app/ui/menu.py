"""The menu as Streamlit takes it."""

from __future__ import annotations

from copy import copy
from functools import cache

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from app.ui.navigation import pages


def menu(*, login: bool) -> list[StreamlitPage]:
    """The pages for one run.

    Each is a copy of one that was made once: Streamlit looks up the path of a page, part by part, whenever one is made, which with many
    people at a time is hundreds of waits for the interpreter's lock; and it writes down in a page that it may be run.
    """
    return [copy(page) for page in _made(login)]


@cache
def _made(login: bool) -> tuple[StreamlitPage, ...]:
    return tuple(
        st.Page(spec.path, title=spec.title, icon=spec.icon, url_path=spec.name, default=spec.name == "overview", help=spec.question)
        for spec in pages(login=login)
    )
