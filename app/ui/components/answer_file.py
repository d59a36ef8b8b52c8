"""Answers that were collected elsewhere become a closed round."""

from __future__ import annotations

from typing import cast

import streamlit as st

from app.clock import today
from app.errors import AnswerNeeded, AppError
from app.services.survey_file import FileSummary, import_file, summary
from app.settings import settings
from app.survey.answer_sheet import SheetAnswers
from app.survey.model import Side
from app.survey.questionnaire import newest
from app.ui.components.figure import escape
from app.ui.guard import Visit

KINDS = ("csv", "xlsx", "xls", "ods", "tsv", "txt")


def bring_file(visit: Visit) -> None:
    """Take a file of answers, show what it is read as, and keep it as a round."""
    if visit.team.is_example or not visit.may_change:
        return
    opened = st.expander("Answers from another form", icon=":material/upload_file:", on_change="rerun", key="answers-from-file")
    if not opened.open:
        return
    with opened:
        st.markdown(
            "The export of Google Forms, Microsoft Forms, LimeSurvey or a spreadsheet: one row a person, the statements of this survey as "
            "headings in any of its languages, answers as words of the scale or as 1 to 5, and a column that says sales or marketing. "
            "Other columns, such as names and times, are not read."
        )
        file = st.file_uploader("File with answers", type=list(KINDS), key="answer_file")
        if file is None:
            return
        column = st.text_input("Column that says the side", key="answer_side", placeholder="found by itself when it is clear") or None
        given = SheetAnswers(side_column=column)
        data = file.getvalue()
        try:
            with st.spinner("Reading the file"):
                found = summary(data, name=file.name, limits=settings().limits(), given=given)
        except AnswerNeeded as question:
            st.warning(escape(str(question)), icon=":material/help:")
            return
        except AppError as error:
            st.error(escape(str(error)), icon=":material/error:")
            return
        _keep(visit, file.name, data, given, found)


def _keep(visit: Visit, name: str, data: bytes, given: SheetAnswers, found: FileSummary) -> None:
    asked = newest()
    names = asked.wording("en").dimensions
    st.markdown(
        f"**{found.people} people answered {len(found.columns)} statements.** The side is taken from “{escape(found.side_column)}”. "
        f"Subjects: {escape(', '.join(names[id].name for id in found.dimensions))}."
    )
    if found.ignored:
        st.caption(f"Not read: {escape(', '.join(found.ignored))}.")
    if found.missing:
        texts = asked.wording("en").items
        st.caption(f"Not in the file: {escape(' · '.join(texts[id] for id in found.missing))}")
    with st.form("keep_answers", border=False):
        round_name = st.text_input("Name of the round", value=name.rsplit(".", 1)[0][:200])
        closed_on = st.date_input("Closed on", value=today(), max_value=today())
        left, right = st.columns(2)
        invited: dict[Side, int] = {}
        for side, place in (("sales", left), ("marketing", right)):
            number = place.number_input(f"People asked in {side}, if known", min_value=0, value=None, step=1)
            if number:
                invited[cast(Side, side)] = int(number)
        if st.form_submit_button("Keep as a closed round", type="primary"):
            try:
                import_file(
                    visit.actor,
                    engine=visit.engine,
                    team_id=visit.team.id,
                    data=data,
                    name=name,
                    limits=settings().limits(),
                    round_name=round_name,
                    closed_on=closed_on,
                    given=given,
                    invited=invited,
                )
            except AppError as error:
                st.error(escape(str(error)), icon=":material/error:")
                return
            st.rerun()
