"""The parts of the Evidence page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import wording
from app.benchmarks import catalogue
from app.benchmarks.catalogue import Claim, Edition, custom_claim
from app.services.own_claims import add_own_claim, as_own_level
from app.services.scorecard.words import grade_letter
from app.ui.components.claims import evidence, grade_badge
from app.ui.components.figure import escape
from app.ui.components.team import METRICS
from app.ui.guard import Visit
from app.ui.navigation import page


def cited_cards() -> Edition:
    """The five figures as everybody quotes them, each with what was found."""
    edition = catalogue.load(catalogue.editions()[-1])
    st.markdown(escape(edition.no_uplift_earns_an_a))
    for figure in edition.cited_figures:
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.subheader(escape(figure.as_written), anchor=False)
                if figure.misquoted:
                    st.badge("Misquoted", icon=":material/warning:", color="orange", help=escape(figure.quoted_reading.grade_reason))
                grade_badge(figure.meaningful.grade, reason=figure.meaningful.grade_reason)
            st.markdown(escape(figure.explanation))
            opened = st.expander(
                "Source, sample and grade", icon=":material/menu_book:", on_change="rerun", key=f"cited-{figure.meaningful.id}"
            )
            if opened.open:
                with opened:
                    evidence(figure.meaningful)
                    if figure.quoted.id != figure.meaningful.id:
                        st.markdown("**The words taken literally**")
                        evidence(figure.quoted)
    return edition


def source_article(edition: Edition) -> None:
    """Where the five figures were quoted from, and whether its attributions hold."""
    article = edition.source_article
    st.subheader("Where these figures are quoted from", anchor=False)
    st.markdown(f"{escape(article.publisher)}, updated {wording.day(article.updated)}. {escape(article.note)}")
    for attribution in article.attributions:
        grade = f" (grade {grade_letter(attribution.grade)})" if attribution.grade is not None else ""
        st.markdown(f"**{escape(attribution.attributed_to)}: {escape(attribution.verdict)}{grade}.** {escape(attribution.sentence)}")


def legend(edition: Edition) -> None:
    """What the grades mean."""
    with st.expander("What the grades mean", icon=":material/grade:"):
        for line in edition.grades:
            st.markdown(f"**{grade_letter(line.grade)}.** {escape(line.meaning)}")
        passage = edition.why_contrasts_are_not_uplifts
        st.markdown(f"**{escape(passage.title)}.** {escape(passage.text)}")
        st.markdown("**Could not be verified.** " + escape("; ".join(edition.unverified)) + ".")


def compare_with(visit: Visit, claim: Claim) -> None:
    """One click to hold the team's own rate against an ordinary rate of the catalogue, as a benchmark of its own."""
    level = as_own_level(claim)
    if level is None or visit.team.is_example:
        return
    if st.button(f"Compare with our {METRICS[str(level['metric'])].lower()}", icon=":material/balance:", key=f"compare-{claim.id}"):
        add_own_claim(visit.actor, engine=visit.engine, team_id=visit.team.id, fields=level, check=custom_claim)
        st.switch_page(str(page("compare").path))


def families(visit: Visit, edition: Edition, own: Sequence[Claim]) -> None:
    """Every other figure of the edition, by origin, and the team's own."""
    st.subheader("Every figure of this edition", anchor=False)
    st.caption(f"Edition {edition.name}, checked on {wording.day(edition.checked)}.")
    groups = [(family.label, edition.family(family.id)) for family in edition.families]
    if own:
        groups.insert(0, ("Your own benchmarks", tuple(own)))
    for label, claims in groups:
        if not claims:
            continue
        opened = st.expander(f"{escape(label)} ({len(claims)})", on_change="rerun", key=f"family-{label}")
        if opened.open:
            with opened:
                for claim in claims:
                    with st.container(border=True):
                        with st.container(horizontal=True, vertical_alignment="center"):
                            st.markdown(f"**{escape(claim.label)}**")
                            grade_badge(claim.grade, reason=claim.grade_reason)
                        evidence(claim)
                        compare_with(visit, claim)
