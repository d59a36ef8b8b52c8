"""The frame around every page: title, menu, who is here for which team, and the mark of the example company."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import streamlit as st

from app import counters
from app.errors import AppError
from app.settings import settings
from app.ui.failure import explain
from app.ui.frame import above
from app.ui.lifespan import first_page
from app.ui.menu import menu

ICON = Path(__file__).with_name("icon.svg")
"""A file of our own: an icon by name would be fetched from another host."""

st.set_page_config(page_title="Alignment Scorecard", page_icon=str(ICON), layout="wide", initial_sidebar_state="auto")

draw_above = above()
chosen = st.navigation(
    menu(login=settings().login != "none"),
    # Somebody who is not let in sees the door, whatever address they typed; the pages behind it ask for themselves as well.
    position="hidden" if draw_above is None else "sidebar",
)
st.html(Path(__file__).with_name("contrast.css"))
began = monotonic()
try:
    if draw_above is not None:
        draw_above()
    chosen.run()
except AppError as error:
    explain(error)
finally:
    counters.count("reruns", "done")
    counters.rerun_took(monotonic() - began)
    first_page.set()
