"""The parts of the overview."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from app import wording
from app.benchmarks.stakes import Stake
from app.services.scorecard.model import ClaimLine, Scorecard
from app.ui.components.claims import line_summary
from app.ui.components.figure import escape
from app.ui.components.numbers import card
from app.ui.components.team import programme_day
from app.ui.guard import Visit


def at_a_glance(visit: Visit, found: Scorecard) -> None:
    """The headline numbers, then each cited figure with its verdict."""
    with st.grid(len(found.headlines), min_column_width=180):
        for headline in found.headlines:
            card(headline)
    st.subheader("Against the cited figures", anchor=False)
    request = found.request
    if request.way == "before_after" and request.before is not None and request.after is not None:
        one = timedelta(days=1)
        before, after = request.before, request.after
        st.markdown(f"{wording.day_range(after[0], after[1] - one)}, held against {wording.day_range(before[0], before[1] - one)}.")
    else:
        st.markdown("Where each figure would lead, if it held for you.")
        programme_day(visit)
    for line in found.lines:
        line_summary(line)
    st.caption("The figures are associations reported by others. None comes from an experiment, and none is a promise.")


def look_next(visit: Visit, found: Scorecard) -> None:
    """The one thing to look at next, with its reason."""
    title, why = _next(found)
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


def _next(found: Scorecard) -> tuple[str, str]:
    staked = [(line, line.stake) for line in found.lines if isinstance(line.stake, Stake) and line.stake.amount > 0]
    short: list[tuple[ClaimLine, Stake]] = [
        (line, stake) for line, stake in staked if line.verdict is None or line.verdict.word == "falls_short"
    ]
    rated = [(line, stake) for line, stake in short if line.reading.metric in ("win_rate", "churn")]
    if rated:
        line, stake = max(rated, key=lambda pair: pair[1].amount)
        noun = "win rate" if line.reading.metric == "win_rate" else "customers lost"
        return (
            noun,
            f"The distance to the cited figure is worth most here: about {wording.money(stake.amount, stake.currency)} {stake.per}, "
            "if it held for you.",
        )
    unclear = [line for line in found.lines if line.verdict is not None and line.verdict.word == "cannot_tell"]
    if unclear:
        return unclear[0].words, "The data cannot tell yet. Compare shows how many more records would settle it."
    missing = [headline for headline in found.headlines if headline.value is None and headline.absent is not None]
    if missing and missing[0].absent is not None:
        return missing[0].label.lower(), f"{missing[0].absent.reason} {missing[0].absent.remedy}"
    return "your own trend", "Numbers shows how each rate moves over time, and for which groups."
