"""A headline number, and why there is none."""

from __future__ import annotations

import streamlit as st

from app import wording
from app.services.scorecard.model import Headline
from app.statistics.intervals import Absent
from app.ui.components.figure import escape


def card(head: Headline) -> None:
    """One number with its likely range, what it rests on, its days and its definition."""
    with st.container(border=True, height="stretch"):
        if head.value is None:
            st.metric(head.label, None, help=head.definition)
            if head.absent is not None:
                why(head.absent)
            return
        value = wording.signed_percent(head.value) if head.is_change else wording.percent(head.value)
        st.metric(head.label, value, help=head.definition)
        if head.interval is not None:
            span = wording.signed_range(head.interval) if head.is_change else wording.percent_range(head.interval)
            st.markdown(f"Likely range {span}", help=wording.likely_range_note())
        st.caption(f"{escape(head.basis)}  \n{escape(head.period)}")
        if head.note:
            st.caption(escape(head.note))
        if head.small:
            st.badge("Small group", icon=":material/group:", color="gray", help="Fewer than 30 records: read it with care.")


def why(absent: Absent) -> None:
    """Why a number is not there, and what would supply it."""
    st.markdown(f"**Not computed.** {escape(absent.reason)}")
    if absent.remedy:
        st.caption(f":material/lightbulb: {escape(absent.remedy)}")
