"""The parts of the Compare page."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.benchmarks.comparison import Comparison, LevelComparison, RatioComparison
from app.services.scorecard.model import ClaimLine, Scorecard
from app.services.scorecard.request import Request
from app.services.scorecard.sources import Sources
from app.statistics.intervals import Absent
from app.ui.asked import split_column
from app.ui.components import figure, shown
from app.ui.components.claims import comparison_words, grade_badge, outlook_box, rates_of, stake_box, verdict_badge
from app.ui.components.figure import escape
from app.ui.components.team import programme_day
from app.ui.frame import link
from app.ui.guard import Visit
from app.ui.made import claim_figure, claim_groups


def opening(visit: Visit, found: Scorecard) -> None:
    """What this way of comparing can and cannot say."""
    words = {
        "before_after": "The same team before and after. Other things changed with time too, so a change is not proof of its cause.",
        "groups": "Two groups in the same time. They differ in more than how well the teams work together.",
        "own_history": "No comparison, only arithmetic: where each figure would take your present numbers, if it held for you.",
    }
    st.markdown(words[found.request.way])
    if found.request.way == "own_history":
        programme_day(visit)
    if found.request.reading == "as_quoted":
        st.warning(
            "These are the figures as everybody quotes them. Most are misquotes: the card of each says what was really published.",
            icon=":material/warning:",
        )


def claim_card(visit: Visit, sources: Callable[[], Sources], request: Request, line: ClaimLine) -> None:
    """One cited figure: verdict, chart, chance, what it would be worth."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(escape(line.words), anchor=False)
            verdict_badge(line.verdict)
            grade_badge(line.reading.grade, reason=line.reading.grade_reason)
        st.markdown(escape(line.plain))
        rates_of(line)
        if line.verdict is not None:
            st.markdown(f"**{escape(line.verdict.sentence)}**")
        if isinstance(line.absent, Absent) and line.absent.code != "own_history":
            st.markdown(f"{escape(line.absent.reason)} {escape(line.absent.remedy)}")
        figure.show(visit, claim_figure(visit, sources, request, line))
        if isinstance(line.comparison, Comparison):
            comparison_words(line.comparison)
        elif isinstance(line.comparison, (RatioComparison, LevelComparison)):
            for caveat in line.comparison.caveats:
                st.caption(f":material/info: {escape(caveat)}")
        outlook_box(line.outlook)
        stake_box(line.stake)
        if line.reading.caveat:
            st.caption(f":material/info: {escape(line.reading.caveat)}")


def own_target() -> None:
    """The way to a benchmark of the team's own."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown("Your target is another figure? Give it with its source, and it is compared like these.")
        link("team", "Compare with a target of your own", icon=":material/flag:")


def groups_of(visit: Visit, sources: Sources, request: Request, found: Scorecard) -> None:
    """The win rate's comparison within each group of a column."""
    both = (Comparison, RatioComparison)
    line = next((line for line in found.lines if line.reading.metric == "win_rate" and isinstance(line.comparison, both)), None)
    if line is None or sources.deals is None:
        return
    st.subheader("The same within groups", anchor=False)
    compared = request.groups.column if request.groups is not None else ""
    column = split_column(visit, sources.deals, key="within", label="Win rates within groups of", without=compared)
    if column is None:
        st.caption("The deals have no other column to look into.")
        return
    shown.show(visit, claim_groups(visit, lambda: sources, request, line, by=column.label))
    link("numbers", "See each rate over time", icon=":material/monitoring:")
