"""The alignment index beside the numbers of the records."""

from __future__ import annotations

import streamlit as st

from app import wording
from app.services.alignment import results
from app.services.figures.survey import NAMES, words
from app.services.next_steps import NO_ROUND
from app.services.rounds.views import asked
from app.services.survey_weights import read_weights
from app.survey.model import SIDES
from app.survey.published import Published, Score, Suppressed, band, index, total
from app.survey.questionnaire import MASTER
from app.ui.components.figure import escape
from app.ui.components.numbers import why
from app.ui.guard import Visit

DEFINITION = (
    "The mean of the two sides' totals in the latest closed round of the survey, from 20 to 100. "
    "20 to 39 is undefined, 40 to 59 defined, 60 to 79 aligned, 80 and more integrated, by analogy with an assessment of 2006."
)


def index_card(visit: Visit) -> None:
    """The index with its band, the two sides' totals, and the round they come from; or why there is none."""
    closed = results(visit.actor, engine=visit.engine, team_id=visit.team.id)
    with st.container(border=True, height="stretch"):
        if not closed:
            st.metric("Alignment index", None, help=DEFINITION)
            why(NO_ROUND)
            return
        shown, published = closed[-1]
        questionnaire = asked(shown)
        weights = read_weights(visit.actor, engine=visit.engine, team_id=visit.team.id, questionnaire=questionnaire)
        found = index(published, weights=weights)
        if isinstance(found, Suppressed):
            st.metric("Alignment index", None, help=DEFINITION)
            st.markdown(escape(found.reason))
        else:
            st.metric("Alignment index", f"{words(found, digits=0)} of 100", help=DEFINITION)
            bands = questionnaire.wording(MASTER).bands
            totals = [total(published, side, weights=weights) for side in SIDES]
            levels = {band(one.value / 20) for one in totals if isinstance(one, Score)}
            named = bands[band(found.value / 20)]
            if len(levels) > 1:
                # The middle of two levels is what neither side says.
                st.markdown("Seen differently", help="The totals of the two sides lie in different bands. Alignment shows where they part.")
            else:
                st.markdown(named.name, help=named.meaning)
        on = f", closed on {wording.day(shown.closed_on)}" if shown.closed_on else ""
        st.caption(f"{escape(_sides(published, weights))}  \n{escape(shown.name)}{on}")


def has_answers(visit: Visit) -> bool:
    """Whether a round is closed."""
    return bool(results(visit.actor, engine=visit.engine, team_id=visit.team.id))


def _sides(published: Published, weights: dict[str, float]) -> str:
    totals = ((NAMES[side], total(published, side, weights=weights)) for side in SIDES)
    return ", ".join(f"{name} {words(found, digits=0)}" for name, found in totals if isinstance(found, Score))
