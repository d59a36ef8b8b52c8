"""An import on the page: upload, what the file is taken for, questions, mapping, receipt, commit.

Everything decided is stored at once with the pending upload, so a reload, a lost connection or another page loses nothing.
"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from app import wording
from app.errors import AnswerNeeded, AppError, FileError
from app.ingest.model import Inspection, Question
from app.services import commits, datasets, preparation, uploads
from app.services.merge import RowAccount
from app.services.preparation import Prepared
from app.services.uploads import UploadView
from app.settings import settings
from app.storage.tables import ImportMode
from app.tables import IMPORTED, TABLES
from app.ui.components.figure import escape
from app.ui.components.mapping import columns_editor, stages_editor
from app.ui.components.receipt import receipt_box
from app.ui.failure import explain
from app.ui.frame import link
from app.ui.guard import Visit

TYPES = ["csv", "tsv", "txt", "xlsx", "xlsm", "xls", "xlsb", "ods", "html", "htm", "parquet", "zip", "gz"]


def uploader(visit: Visit) -> None:
    """The place to put a file; in the example the file goes to the team's own data."""
    if visit.team.is_example:
        st.info(
            "The play company cannot be changed. Choose “Use my own data” above to upload your own files.", icon=":material/theater_comedy:"
        )
        return
    limit = settings().max_upload_mb
    st.markdown(
        f"CSV, Excel, OpenDocument or Parquet, also zipped: up to {limit} MB and {wording.count(settings().max_rows)} rows. "
        "Personal columns (e-mail, phone, names of contacts) are dropped."
    )
    file = st.file_uploader(
        "Export of your CRM, invoicing or web analytics", type=TYPES, max_upload_size=limit, key=f"file-{st.session_state.get('files', 0)}"
    )
    if file is None:
        return
    try:
        uploads.start_upload(
            visit.actor, engine=visit.engine, team_id=visit.team.id, data=file.getvalue(), name=file.name, limits=settings().limits()
        )
    except AppError as error:
        explain(error)
        return
    # A new key empties the uploader, so that the bytes are not kept in the session.
    st.session_state["files"] = st.session_state.get("files", 0) + 1
    st.rerun()


def pending_import(visit: Visit) -> bool:
    """Show the import in progress; False when there is none."""
    if visit.team.is_example:
        return False
    waiting = uploads.pending_uploads(visit.actor, engine=visit.engine, team_id=visit.team.id)
    if not waiting:
        return False
    upload = waiting[0]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader(f"Importing {escape(upload.file_name)}", anchor=False)
            if st.button("Discard this file", icon=":material/close:", key="discard"):
                uploads.discard_upload(visit.actor, engine=visit.engine, upload_id=upload.id)
                st.rerun()
        try:
            with st.spinner("Reading the file", show_time=True):
                found = preparation.inspect(visit.actor, engine=visit.engine, upload_id=upload.id, limits=settings().limits())
        except FileError as error:
            explain(error)
            _opening(visit, upload, None)
            return True
        _inspected(visit, upload, found)
    return True


def _inspected(visit: Visit, upload: UploadView, found: Inspection) -> None:
    _what_it_is(visit, upload, found)
    if found.questions:
        st.markdown(f"#### {_questions_title(len(found.questions))}")
        st.markdown("The file does not settle this by itself, so nothing is guessed.")
        for question in found.questions:
            _ask(visit, upload, question)
    if found.table is not None:
        with st.expander("How each column is read", icon=":material/view_column:", expanded=bool(found.questions), key="columns"):
            columns_editor(visit, upload, found)
        if found.stages:
            with st.expander(
                "What the stage words mean", icon=":material/flag:", expanded=any(s.outcome is None for s in found.stages), key="stages"
            ):
                stages_editor(visit, upload, found)
    _opening(visit, upload, found)
    for note in (*found.notes, *found.missing):
        st.caption(f":material/info: {escape(note)}")
    if not found.questions and found.table is not None:
        _ready(visit, upload)


def _what_it_is(visit: Visit, upload: UploadView, found: Inspection) -> None:
    file = found.file
    system = f" from {found.system_label}" if found.system_label else ""
    if found.table is not None:
        st.markdown(f"**{TABLES[found.table].label}{escape(system)}**, {wording.count(file.rows)} rows. {escape(found.table_reason)}")
    names = list(IMPORTED)
    if found.table is not None and found.table in names:
        chosen = st.selectbox(
            "This file holds",
            names,
            index=names.index(found.table),
            format_func=lambda name: f"{TABLES[name].label}: {TABLES[name].one_row_is} a row",
            key=f"table-{upload.id}",
        )
        if chosen != found.table:
            # Another kind of table has other fields, so what was decided about columns is taken back.
            _save(visit, upload, replace(upload.answers, table=chosen, fields={}, roles={}, stages={}))


def _ask(visit: Visit, upload: UploadView, question: Question) -> None:
    with st.container(border=True):
        labels = {choice.value: f"{choice.label}" + (f" ({choice.means})" if choice.means else "") for choice in question.choices}
        chosen = st.radio(
            escape(question.text),
            list(labels),
            index=None,
            format_func=labels.__getitem__,
            key=f"ask-{upload.id}-{question.key}",
        )
        if question.example:
            st.caption(f"From your file: {escape(question.example)}" + (f" ({wording.count(question.rows)} rows)" if question.rows else ""))
        if chosen is not None:
            try:
                uploads.answer_question(visit.actor, engine=visit.engine, upload_id=upload.id, question=question, value=chosen)
            except AppError as error:
                explain(error)
                return
            st.rerun()


def _opening(visit: Visit, upload: UploadView, found: Inspection | None) -> None:
    """How the file was opened, to be changed when it was opened wrongly."""
    with st.expander("How the file was opened", icon=":material/folder_open:", key="opening"):
        if found is not None:
            file = found.file
            facts = [f"{wording.count(file.lines)} lines", f"head row on line {file.head_line}" if file.head_line else "no head row"]
            facts += [f"{count} {kind} lines left out" for kind, count in file.apart if kind != "head" and count]
            st.markdown(escape(", ".join(facts)) + ".")
        with st.form(f"opening-{upload.id}", border=False):
            encodings = ["as found", "utf-8", "utf-16", "cp1252", "cp1250", "cp1251", "mac_roman", "shift_jis"]
            marks = {"as found": None, "comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
            encoding = st.selectbox("Encoding" + (f" (found: {found.file.encoding})" if found and found.file.encoding else ""), encodings)
            mark = st.selectbox(
                "Separator" + (f" (found: {found.file.delimiter!r})" if found and found.file.delimiter else ""), list(marks)
            )
            sheets = ["as found", *(found.file.sheets if found else ())]
            sheet = (
                st.selectbox("Sheet" + (f" (found: {found.file.sheet})" if found and found.file.sheet else ""), sheets)
                if len(sheets) > 2
                else "as found"
            )
            line = st.number_input("Line of the head row (0 for none)", value=found.file.head_line if found else 1, min_value=0, step=1)
            if st.form_submit_button("Open again"):
                answers = upload.answers
                _save(
                    visit,
                    upload,
                    replace(
                        answers,
                        encoding=None if encoding == "as found" else encoding,
                        delimiter=marks[mark],
                        sheet=None if sheet == "as found" else sheet,
                        head_line=int(line) if found is None or int(line) != found.file.head_line else answers.head_line,
                    ),
                )


def _ready(visit: Visit, upload: UploadView) -> None:
    try:
        with st.spinner("Converting the columns", show_time=True):
            prepared = preparation.prepare(visit.actor, engine=visit.engine, upload_id=upload.id, limits=settings().limits())
    except AnswerNeeded as error:
        explain(error)
        return
    except FileError as error:
        explain(error)
        return
    receipt_box(prepared.receipt)
    for note in prepared.notes:
        st.caption(f":material/info: {escape(note)}")
    _commit(visit, upload, prepared)


def _commit(visit: Visit, upload: UploadView, prepared: Prepared) -> None:
    mode = prepared.mode
    if prepared.same_as is not None:
        st.info("This file is loaded already; importing it again changes nothing.", icon=":material/info:")
    elif prepared.replacing is not None:
        options: list[ImportMode] = ["extend", "replace"] if prepared.extending is not None else ["replace"]
        accounts: dict[ImportMode, RowAccount | None] = {"extend": prepared.extending, "replace": prepared.replacing}
        words: dict[ImportMode, str] = {
            "extend": "Add to what is loaded (a row with the same id is replaced)",
            "replace": "Replace what is loaded",
        }
        mode = st.radio(
            "What is loaded already",
            options,
            index=options.index(prepared.mode) if prepared.mode in options else 0,
            format_func=words.__getitem__,
            captions=[datasets.account_sentence(account) for account in (accounts[o] for o in options) if account is not None],
            key=f"mode-{upload.id}",
        )
        st.caption(escape(prepared.reason))
    if st.button("Import", type="primary", icon=":material/check:", key="commit"):
        try:
            with st.spinner("Storing", show_time=True):
                done = commits.commit_upload(
                    visit.actor,
                    engine=visit.engine,
                    upload_id=upload.id,
                    limits=settings().limits(),
                    mode=mode,
                )
        except AppError as error:
            explain(error)
            return
        st.session_state["imported"] = done.sentence
        st.rerun()


def imported_note() -> None:
    """What the last import did, once."""
    sentence = st.session_state.pop("imported", None)
    if sentence:
        st.success(escape(sentence), icon=":material/check:")
        link("overview", "See the overview", icon=":material/dashboard:")


def _save(visit: Visit, upload: UploadView, answers: object) -> None:
    from app.ingest.model import Answers

    if isinstance(answers, Answers) and answers != upload.answers:
        uploads.answer(visit.actor, engine=visit.engine, upload_id=upload.id, answers=answers)
        st.rerun()


def _questions_title(number: int) -> str:
    return "One question" if number == 1 else f"{number} questions"
