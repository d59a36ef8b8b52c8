"""Alignment: where the two sides see it differently, how mature each subject is, where nobody knows, what has changed."""

from __future__ import annotations

import streamlit as st

from app.services.rounds.views import asked
from app.ui.components import alignment
from app.ui.components.answer_file import bring_file
from app.ui.frame import head, next_step
from app.ui.guard import enter

visit = enter("alignment")
head(visit)
found = alignment.closed_rounds(visit)
if not found:
    alignment.no_round()
    bring_file(visit)
    st.stop()
shown, published = alignment.chosen(found)
questionnaire = asked(shown)
alignment.totals(visit, shown, published)
st.subheader("Where you disagree", anchor=False)
alignment.disagreement(visit, shown, published)
alignment.guesses(published, questionnaire)
next_step(visit)
st.subheader("How mature each subject is", anchor=False)
alignment.maturity(visit, shown, published)
st.subheader("Answers to the statements", anchor=False)
alignment.statements(visit, shown, published)
alignment.belief_beside_record(visit, shown, published)
st.subheader("Agreement within each side", anchor=False)
alignment.agreement(published, questionnaire)
st.subheader("Where people do not know", anchor=False)
alignment.unknown(visit, shown, published)
st.subheader("From round to round", anchor=False)
alignment.trend(visit, found)
st.subheader("Comments", anchor=False)
alignment.comments(published, questionnaire)
alignment.hidden(published)
alignment.files(visit, shown, published)
bring_file(visit)
