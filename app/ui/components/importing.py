"""An import on the page: upload, what the file is taken for, questions, mapping, receipt, commit.

Everything decided is stored at once with the pending upload, and the work is done by a job (`app.services.jobs`), so a reload, a lost
connection or another page loses nothing.
"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from app import wording
from app.errors import AppError, LimitReached, NotFound
from app.ingest.model import Inspection, Question
from app.services import datasets, jobs, mappings, preparation, uploads
from app.services.jobs import JobView
from app.services.merge import RowAccount
from app.services.preparation import Prepared
from app.services.uploads import UploadView
from app.settings import settings
from app.storage.tables import ImportMode
from app.tables import IMPORTED, TABLES
from app.ui.components.figure import escape
from app.ui.components.mapping import columns_editor, stages_editor
from app.ui.components.opening import opening_box, save
from app.ui.components.progress import note_commit, progress_box
from app.ui.components.questions import ask, recalled_box
from app.ui.components.receipt import receipt_box
from app.ui.failure import explain
from app.ui.guard import Visit

TYPES = ["csv", "tsv", "txt", "xlsx", "xlsm", "xls", "xlsb", "ods", "html", "htm", "parquet", "zip", "gz"]
PATIENCE = 2.0
"""Seconds a page waits for the work before it shows how far it is: most files are done by then."""


def uploader(visit: Visit) -> None:
    """The place to put a file, with the limits said before; in the example the file goes to the team's own data."""
    if visit.team.is_example:
        st.info(
            "The play company cannot be changed. Choose “Use my own data” above to upload your own files.", icon=":material/theater_comedy:"
        )
        return
    if not visit.may_change:
        st.markdown("Managers and owners upload the files. You see what is loaded, and every number made of it.")
        return
    chosen = settings()
    limits = chosen.limits()
    st.markdown(
        f"CSV, Excel, OpenDocument or Parquet, also zipped: up to {chosen.max_upload_mb} MB, {wording.count(limits.rows)} rows and "
        f"{wording.count(limits.columns)} columns. Personal columns (e-mail, phone, names of contacts) are dropped."
    )
    with st.container(key="upload"):
        file = st.file_uploader(
            "Export of your CRM, invoicing or web analytics",
            type=TYPES,
            max_upload_size=chosen.max_upload_mb,
            key=f"file-{st.session_state.get('files', 0)}",
        )
    if file is None:
        return
    try:
        with st.spinner("Keeping the file", show_time=True):
            uploads.start_upload(
                visit.actor, engine=visit.engine, team_id=visit.team.id, data=file.getvalue(), name=file.name, limits=limits
            )
    except AppError as error:
        explain(error)
        return
    # A new key empties the uploader, so that the bytes are not kept in the session.
    st.session_state["files"] = st.session_state.get("files", 0) + 1
    st.rerun()


def pending_import(visit: Visit) -> bool:
    """Show the import in progress; False when there is none."""
    if visit.team.is_example or not visit.may_change:
        return False
    waiting = uploads.pending_uploads(visit.actor, engine=visit.engine, team_id=visit.team.id)
    if not waiting:
        return False
    try:
        return _pending(visit, waiting[0])
    except NotFound:
        # A click elsewhere, or the job itself, has finished the upload while the page was being made.
        state = uploads.read_upload(visit.actor, engine=visit.engine, upload_id=waiting[0].id).state
        if state == "pending":
            raise
        if state == "discarded":
            said = f"“{waiting[0].file_name}” was discarded in another window or by somebody else. Nothing of it was imported."
            st.session_state["imported"] = (said, None)
        note_commit(visit, waiting[0].id)
        st.rerun()


def _pending(visit: Visit, upload: UploadView) -> bool:
    try:
        job = jobs.ensure_read(visit.actor, engine=visit.engine, upload_id=upload.id, limits=settings().limits())
    except LimitReached as full:
        _waits(visit, upload, full)
        return True
    if job.state == "running":
        jobs.wait(job, seconds=PATIENCE)
        job = jobs.read_job(visit.actor, engine=visit.engine, upload_id=upload.id) or job
        upload = uploads.read_upload(visit.actor, engine=visit.engine, upload_id=upload.id)
        if upload.state != "pending":
            # Read as last time, to the end: nothing was left to click.
            note_commit(visit, upload.id)
            return False
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader(f"Importing {escape(upload.file_name)}", anchor=False)
            if st.button("Discard this file", icon=":material/close:", key="discard"):
                jobs.cancel(visit.actor, engine=visit.engine, upload_id=upload.id)
                uploads.discard_upload(visit.actor, engine=visit.engine, upload_id=upload.id)
                st.rerun()
        found = preparation.inspected(visit.actor, engine=visit.engine, upload_id=upload.id)
        _work(visit, upload, job, inspected=found is not None)
        if found is not None:
            _inspected(visit, upload, found, job)
        elif job.state != "running":
            with st.expander("How the file was opened", icon=":material/folder_open:", key="opening"):
                opening_box(visit, upload, None)
    return True


def _waits(visit: Visit, upload: UploadView, full: LimitReached) -> None:
    """A file that is not read yet, because as many of the organization are as may be."""
    with st.container(border=True):
        st.subheader(f"Waiting: {escape(upload.file_name)}", anchor=False)
        st.info(str(full), icon=":material/hourglass_top:")
        with st.container(horizontal=True):
            if st.button("Try again", icon=":material/refresh:", key="again"):
                st.rerun()
            if st.button("Discard this file", icon=":material/close:", key="discard"):
                uploads.discard_upload(visit.actor, engine=visit.engine, upload_id=upload.id)
                st.rerun()


def _work(visit: Visit, upload: UploadView, job: JobView, *, inspected: bool) -> None:
    """How far the work is, or why it ended."""
    if job.state == "running":
        progress_box(visit, upload.id, inspected=inspected)
    elif job.state == "failed":
        st.error(job.sentence, icon=":material/error:")
        if not inspected or job.kind == "commit" or job.attempts > 1:
            _again(visit, upload, "Try again")
    elif job.state == "cancelled":
        st.info("You stopped this import. The file is kept until you discard it.", icon=":material/stop_circle:")
        _again(visit, upload, "Read it again")


def _again(visit: Visit, upload: UploadView, label: str) -> None:
    if st.button(label, icon=":material/refresh:", key="again"):
        jobs.ensure_read(visit.actor, engine=visit.engine, upload_id=upload.id, limits=settings().limits(), again=True)
        st.rerun()


def _inspected(visit: Visit, upload: UploadView, found: Inspection, job: JobView) -> None:
    questions = mappings.open_questions(visit.actor, engine=visit.engine, upload_id=upload.id, found=found)
    _what_it_is(visit, upload, found)
    recalled = mappings.recalled(visit.actor, engine=visit.engine, upload_id=upload.id)
    if recalled is not None:
        recalled_box(visit, upload, recalled)
    if questions:
        ask(visit, upload, questions)
    if found.table is not None:
        _columns(visit, upload, found, questions)
    with st.expander("How the file was opened", icon=":material/folder_open:", key="opening"):
        opening_box(visit, upload, found)
    for note in (*found.notes, *found.missing):
        st.caption(f":material/info: {escape(note)}")
    if not questions and found.table is not None and job.state == "done":
        _ready(visit, upload)


def _columns(visit: Visit, upload: UploadView, found: Inspection, questions: tuple[Question, ...]) -> None:
    asked = any(question.answer_in == "fields" for question in questions)
    with st.expander("How each column is read", icon=":material/view_column:", expanded=asked, key="columns"):
        columns_editor(visit, upload, found)
    if found.stages:
        title = f"What the words in “{escape(found.stages_of)}” mean" if found.stages_of else "What the words mean"
        with st.expander(title, icon=":material/flag:", key="stages"):
            stages_editor(visit, upload, found)


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
            save(visit, upload, replace(upload.answers, table=chosen, fields={}, roles={}, stages={}))


def _ready(visit: Visit, upload: UploadView) -> None:
    prepared = preparation.prepared(visit.actor, engine=visit.engine, upload_id=upload.id)
    if prepared is None:
        # Something else was imported or undone since this file was read, so it is compared with what is loaded now.
        jobs.ensure_read(visit.actor, engine=visit.engine, upload_id=upload.id, limits=settings().limits(), again=True)
        st.rerun()
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
            job = jobs.start_commit(visit.actor, engine=visit.engine, upload_id=upload.id, mode=mode, limits=settings().limits())
        except NotFound:
            raise
        except AppError as error:
            explain(error)
            return
        jobs.wait(job, seconds=PATIENCE)
        note_commit(visit, upload.id)
        st.rerun()
