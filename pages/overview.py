"""Overview: where the team stands at one look, and the next thing to look at."""

from __future__ import annotations

import streamlit as st

from app.ui.asked import overview_request
from app.ui.components.alignment_index import has_answers, index_card
from app.ui.components.overview import at_a_glance, loaded_tables, look_next, not_computable
from app.ui.components.teams_beside import teams_side_by_side
from app.ui.frame import head, next_step, nothing_loaded
from app.ui.guard import enter
from app.ui.made import card

visit = enter("overview")
head(visit)
sources = visit.sources()
if sources.is_empty:
    if has_answers(visit):
        index_card(visit)
    teams_side_by_side(visit)
    nothing_loaded(
        "Nothing is loaded yet.",
        remedy="Export the deals (opportunities) of your CRM as CSV or XLSX, won and lost ones included, and upload the file.",
    )
    st.stop()
request = overview_request(visit, sources)
found = card(visit, lambda: sources, request)
at_a_glance(visit, sources, found)
look_next(visit, found)
teams_side_by_side(visit)
next_step(visit)
loaded_tables(found)
not_computable(found)
