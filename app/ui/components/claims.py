"""A cited figure on a page: its verdict, its evidence, its arithmetic."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from app import wording
from app.benchmarks.catalogue import Claim, Grade
from app.benchmarks.comparison import Comparison, Verdict
from app.benchmarks.sentences import VerdictWord
from app.benchmarks.stakes import Stake
from app.services.scorecard.model import ClaimLine, Outlook
from app.services.scorecard.words import (
    HOW,
    chance_words,
    evidence_lines,
    grade_letter,
    needed_sentence,
    outlook_sentence,
    rates_sentence,
    stake_sentence,
)
from app.services.scorecard.words import VERDICTS as WORDS
from app.statistics.intervals import Absent
from app.ui.components.figure import escape
from app.ui.components.numbers import why

Colour = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray"]

VERDICTS: dict[VerdictWord, tuple[str, Colour]] = {
    "above": (":material/keyboard_double_arrow_up:", "green"),
    "reaches": (":material/trending_up:", "blue"),
    "falls_short": (":material/south:", "orange"),
    "cannot_tell": (":material/question_mark:", "gray"),
}
"""Icon and colour of each verdict. A green tick is kept for what is reached for certain."""


def verdict_badge(verdict: Verdict | None) -> None:
    """The verdict as a word with an icon; "No verdict" when there is none."""
    if verdict is None:
        st.badge("No verdict", icon=":material/remove:", color="gray")
        return
    icon, colour = VERDICTS[verdict.word]
    st.badge(WORDS[verdict.word], icon=icon, color=colour)


def grade_badge(grade: Grade, *, reason: str = "") -> None:
    """The grade of the evidence, with its reason as a tooltip."""
    colour: Colour = "green" if grade[0] == "A" else "blue" if grade[0] == "B" else "gray" if grade in ("own", "none") else "orange"
    word = "Your own figure" if grade == "own" else f"Evidence {grade_letter(grade)}"
    st.badge(word, icon=":material/fact_check:", color=colour, help=escape(reason) or None)


def line_summary(line: ClaimLine) -> None:
    """One line of the overview: the figure, the verdict, one sentence."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{escape(line.words)}**")
            verdict_badge(line.verdict)
            grade_badge(line.reading.grade, reason=line.reading.grade_reason)
        if line.verdict is not None:
            st.markdown(escape(line.verdict.sentence))
        elif line.outlook is not None:
            st.markdown(escape(outlook_sentence(line.outlook)))
        elif line.absent is not None:
            st.markdown(f"{escape(line.absent.reason)} {escape(line.absent.remedy)}")
        st.caption(escape(line.plain))


def rates_of(line: ClaimLine) -> None:
    """Both rates and what the claim would need, large enough to be seen first."""
    if rates := rates_sentence(line):
        st.markdown(f"#### {escape(rates)}")


def comparison_words(found: Comparison) -> None:
    """The chance, what is still needed, and the caveats of a comparison."""
    if found.probability is not None:
        st.markdown(
            f"Chance that the true change reaches the cited figure: **{chance_words(found.probability)}**",
            help="Worked out from these counts alone: of all true changes that fit them, the share that is at least as large as cited.",
        )
    if needed := needed_sentence(found):
        st.markdown(escape(needed))
    if found.interval is not None and "account" in found.interval.method:
        st.caption("Deals of one account go together, so the range counts accounts and not single deals, which makes it wider.")
    for caveat in found.caveats:
        st.caption(f":material/info: {escape(caveat)}")


def outlook_box(outlook: Outlook | None) -> None:
    """Where a claim would lead, with its arithmetic."""
    if outlook is None:
        return
    st.markdown(escape(outlook_sentence(outlook)))
    for step in outlook.steps:
        st.caption(f":material/calculate: {escape(step)}")


def stake_box(stake: Stake | Absent | None) -> None:
    """What reaching the claim would be worth, with its arithmetic and its caveat."""
    if stake is None:
        return
    if isinstance(stake, Absent):
        if stake.code == "reached":
            st.markdown(escape(stake.reason))
        elif stake.code not in ("own_history", "nothing_lost", "impossible"):
            why(stake)
        return
    st.markdown(f"**{escape(stake_sentence(stake))}**")
    for step in stake.steps:
        st.caption(f":material/calculate: {escape(step)}")
    st.caption(f":material/info: {escape(stake.caveat)}")


def evidence(claim: Claim) -> None:
    """Everything known of a claim's evidence."""
    for label, text in evidence_lines(claim):
        st.markdown(f"**{label}.** {escape(text)}")
    for quotation in claim.quoted_in:
        st.markdown(
            f"**In the source article.** “{escape(quotation.wording)}”, attributed to {escape(quotation.attribution.attributed_to)}. "
            f"{escape(quotation.attribution.sentence)}"
        )
    for address in claim.addresses:
        if address.url:
            st.markdown(f":material/link: [{escape(address.url)}](<{address.url}>) ({HOW[address.how]})")
    st.caption(f"Checked on {wording.day(claim.checked)}.")
