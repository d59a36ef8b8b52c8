"""A result that is a figure, or the reason why there is none."""

from __future__ import annotations

import streamlit as st

from app.services.figures.composed import Shown
from app.statistics.intervals import Absent
from app.ui.components import figure
from app.ui.components.numbers import why
from app.ui.guard import Visit


def show(visit: Visit, shown: Shown) -> None:
    """Show a figure, or say why there is none."""
    if isinstance(shown, Absent):
        with st.container(border=True):
            why(shown)
    elif shown is not None:
        figure.show(visit, shown)
