"""Numbers: win rate, retention, growth, leads and visits, over time and by group, each with its definition."""

from __future__ import annotations

import streamlit as st

from app.ui.asked import definition as asked_definition
from app.ui.asked import grain as asked_grain
from app.ui.components.subjects import customers, deals, leads, revenue, visits
from app.ui.filtering import chips
from app.ui.filtering import filters as asked_filters
from app.ui.frame import head, next_step, nothing_loaded
from app.ui.guard import enter

visit = enter("numbers")
head(visit)
sources = visit.sources()
if sources.is_empty:
    nothing_loaded("There are no numbers yet.", remedy="Upload the deals of your CRM first, won and lost ones included.")
    st.stop()
with st.container(horizontal=True, vertical_alignment="bottom"):
    grain = asked_grain()
    definition = asked_definition(visit)
    filters = asked_filters(visit, sources)
chips(filters)
subject = st.segmented_control(
    "Subject", ["Win rate", "Retention", "Growth", "Leads", "Visits"], default="Win rate", required=True, key="subject", bind="query-params"
)
if subject == "Retention":
    customers(visit, sources, filters, grain)
elif subject == "Growth":
    revenue(visit, sources, filters, grain)
elif subject == "Leads":
    leads(visit, sources, filters, grain)
elif subject == "Visits":
    visits(visit, sources, filters, grain)
else:
    deals(visit, sources, definition, filters, grain)
next_step(visit)
