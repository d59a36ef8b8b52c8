"""Compare: the team's numbers beside the cited figures, three ways."""

from __future__ import annotations

import streamlit as st

from app.ui.asked import request as asked
from app.ui.components.compare import claim_card, groups_of, opening, own_target
from app.ui.frame import head, next_step, nothing_loaded
from app.ui.guard import enter
from app.ui.made import card

visit = enter("compare")
head(visit)
sources = visit.sources()
if sources.is_empty:
    nothing_loaded("There is nothing to compare yet.", remedy="Upload the deals of your CRM first, won and lost ones included.")
    st.stop()
request = asked(visit, sources)
if request is None:
    st.stop()
found = card(visit, lambda: sources, request)
opening(visit, found)
for line in found.lines:
    claim_card(visit, lambda: sources, request, line)
own_target()
groups_of(visit, sources, request, found)
next_step(visit)
