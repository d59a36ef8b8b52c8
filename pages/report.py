"""Report: make the PDF for the board, fetch what was made, share it, lay two beside each other."""

from __future__ import annotations

import streamlit as st

from app.ui.components.reporting import made_before, making, side_by_side
from app.ui.frame import head, next_step, nothing_loaded
from app.ui.guard import enter

visit = enter("report")
head(visit)
sources = visit.sources()
if sources.is_empty:
    nothing_loaded("There is nothing to report yet.", remedy="Upload the deals of your CRM first, won and lost ones included.")
    st.stop()
making(visit, sources)
made_before(visit)
side_by_side(visit)
next_step(visit)
