"""What the file does not settle by itself, asked; and what was taken over from last time."""

from __future__ import annotations

import streamlit as st

from app import wording
from app.errors import AppError, NotFound
from app.ingest.model import Choice, Question
from app.services import mappings, uploads
from app.services.shapes import Recalled
from app.services.uploads import UploadView
from app.ui.components.figure import escape
from app.ui.failure import explain
from app.ui.guard import Visit


def ask(visit: Visit, upload: UploadView, questions: tuple[Question, ...]) -> None:
    """One question is answered with one click; several are answered together, so that the file is read once for all."""
    words = tuple(question for question in questions if question.kind == "stage_word")
    others = tuple(question for question in questions if question.kind != "stage_word")
    one = len(others) == 1
    asked = "One question" if one else f"{len(others)} questions"
    st.markdown(f"#### {'What do your words mean?' if not others else f'{asked}, and what your words mean' if words else asked}")
    probable = any(question.proposed is not None for question in words)
    st.markdown("The file does not settle this by itself." + (" What is probable is chosen: look at it and confirm." if probable else ""))
    if one and others[0].choices and not words:
        with st.container(border=True):
            chosen = _field(upload, others[0])
        if chosen is not None:
            _answer(visit, upload, [(others[0], chosen)])
        return
    with st.form(f"questions-{upload.id}"):
        given = [(question, _field(upload, question)) for question in others]
        given += [(question, _word(upload, question)) for question in words]
        label = "Confirm" if not others else "Use this answer" if one and not words else "Use these answers"
        if st.form_submit_button(label, type="primary", icon=":material/check:"):
            answered = [(question, value) for question, value in given if value is not None]
            if answered:
                _answer(visit, upload, answered)


def _field(upload: UploadView, question: Question) -> str | None:
    if not question.choices:
        return st.text_input(escape(question.text), value=None, key=f"ask-{upload.id}-{question.key}")
    values = [choice.value for choice in question.choices]
    chosen = st.radio(
        escape(question.text),
        values,
        index=None,
        # What a choice means stands in its label, because a caption under it cannot be clicked.
        format_func={choice.value: _label(choice) for choice in question.choices}.__getitem__,
        key=f"ask-{upload.id}-{question.key}",
    )
    if question.example and question.kind != "stage_word":
        st.caption(f"From your file: {escape(question.example)}" + (f" ({wording.count(question.rows)} rows)" if question.rows else ""))
    return chosen


def _label(choice: Choice) -> str:
    return f"**{escape(choice.label)}**" + (f" · :small[{escape(choice.means)}]" if choice.means else "")


def _word(upload: UploadView, question: Question) -> str | None:
    """One word of the stage column: a line with the word, its rows, and what it means."""
    values = [choice.value for choice in question.choices]
    labels = {choice.value: choice.label for choice in question.choices}
    rows = "" if question.rows is None else f", {wording.count(question.rows)} {'row' if question.rows == 1 else 'rows'}"
    chosen: str | None = st.segmented_control(
        f"“{escape(question.example or '')}”{rows}",
        values,
        default=question.proposed if question.proposed in values else None,
        format_func=labels.__getitem__,
        help="  \n".join(f"{escape(choice.label)}: {escape(choice.means)}" for choice in question.choices),
        key=f"ask-{upload.id}-{question.key}",
    )
    return chosen


def _answer(visit: Visit, upload: UploadView, chosen: list[tuple[Question, str]]) -> None:
    try:
        uploads.answer_questions(visit.actor, engine=visit.engine, upload_id=upload.id, chosen=chosen)
    except NotFound:
        # Another click has finished the file meanwhile; the page shows what came of it.
        raise
    except AppError as error:
        explain(error)
        return
    st.rerun()


def recalled_box(visit: Visit, upload: UploadView, recalled: Recalled) -> None:
    """That the file is read as the last one of its kind was, what is different this time, and the way back."""
    same = recalled.same_shape and not recalled.told
    with st.container(border=True):
        st.markdown(
            f":material/history: **Read as last time** ({escape(recalled.file_name)}, {recalled.day})."
            + (" The columns are the same." if same else " This is different:")
        )
        lines = []
        for _, heading in recalled.gone:
            likely = recalled.likely.get(heading)
            renamed = f"; it may now be called “{likely}”" if likely else ""
            lines.append(f"The column “{heading}” is gone{renamed}.")
        if recalled.gone_others:
            lines.append(f"Gone, and not needed for any number: {', '.join(recalled.gone_others)}.")
        if recalled.new:
            lines.append(f"New: {', '.join(recalled.new)}.")
        for line in (*lines, *recalled.told):
            st.markdown(f"- {escape(line)}")
        if st.button("Start afresh", icon=":material/restart_alt:", key="afresh", type="tertiary", help="Read it as if it were the first"):
            mappings.start_afresh(visit.actor, engine=visit.engine, upload_id=upload.id)
            st.rerun()
