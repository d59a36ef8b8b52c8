"""The parts of the overview."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from app import wording
from app.services.scorecard.model import Scorecard
from app.services.scorecard.sources import Sources, no_windows_around
from app.services.scorecard.words import look_next as next_look
from app.ui.components.alignment_index import index_card
from app.ui.components.claims import line_summary
from app.ui.components.figure import escape
from app.ui.components.numbers import card
from app.ui.components.team import programme_day
from app.ui.frame import link
from app.ui.guard import Visit


def at_a_glance(visit: Visit, sources: Sources, found: Scorecard) -> None:
    """The headline numbers, then each cited figure with its verdict."""
    with st.grid(3 if len(found.headlines) > 3 else len(found.headlines) + 1, min_column_width=180):
        for headline in found.headlines:
            card(headline)
        index_card(visit)
    st.subheader("Against the cited figures", anchor=False)
    request = found.request
    if request.way == "before_after" and request.before is not None and request.after is not None:
        one = timedelta(days=1)
        before, after = request.before, request.after
        st.markdown(f"{wording.day_range(after[0], after[1] - one)}, held against {wording.day_range(before[0], before[1] - one)}.")
    else:
        st.markdown("Where each figure would lead, if it held for you.")
        why = no_windows_around(sources.coverage(), visit.team.programme_start)
        if why is not None:
            st.warning(why.reason, icon=":material/event_busy:")
        programme_day(visit, again=why is not None)
    for line in found.lines:
        line_summary(line)
    link("team", "Compare with a target of your own", icon=":material/flag:")
    st.caption("The figures are associations reported by others. None comes from an experiment, and none is a promise.")


def look_next(visit: Visit, found: Scorecard) -> None:
    """The one thing to look at next, with its reason."""
    title, why = next_look(found)
    with st.container(border=True):
        st.markdown(f"**Look at next: {escape(title)}**")
        st.markdown(escape(why))


def loaded_tables(found: Scorecard) -> None:
    """What is loaded."""
    with st.expander("What is loaded", icon=":material/database:"):
        for source in found.sources:
            days = f", {source.first} to {source.last}" if source.first and source.last else ""
            system = f", from {source.system}" if source.system else ""
            st.markdown(f"**{source.label}.** {wording.count(source.rows)} rows{days}{escape(system)}")
        st.caption(f"Benchmark edition {found.edition}.")


def not_computable(found: Scorecard) -> None:
    """What could not be computed, and why."""
    if not found.not_computable:
        return
    with st.expander(f"What could not be computed, and why ({len(found.not_computable)})", icon=":material/help:"):
        for what, absent in found.not_computable:
            st.markdown(f"**{escape(what)}.** {escape(absent.reason)} {escape(absent.remedy)}")
