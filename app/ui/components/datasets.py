"""What is loaded, table by table, with its receipt, its files, its history, and the ways back."""

from __future__ import annotations

import streamlit as st

from app import wording
from app.errors import AppError
from app.services import datasets
from app.services.datasets import DatasetView
from app.services.downloads import SHEET_ROWS, Download
from app.services.systems import system_name
from app.tables import IMPORTED, TABLES
from app.ui import downloads
from app.ui.components.deleting import ask_to_delete, ask_to_delete_one, deletion_words, deletions
from app.ui.components.figure import escape
from app.ui.components.receipt import receipt_box
from app.ui.components.remembered import remembered
from app.ui.failure import explain
from app.ui.frame import link
from app.ui.guard import Visit

_MEDIA = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
STATES = {"active": "loaded", "replaced": "replaced by a newer import", "undone": "taken back"}


def history_of(visit: Visit) -> None:
    """One box for each loaded table, what was imported before, what is remembered, and what was deleted."""
    _said(visit)
    views = datasets.history(visit.actor, engine=visit.engine, team_id=visit.team.id)
    active = [view for view in views if view.state == "active"]
    st.subheader("What is loaded", anchor=False)
    if not active:
        st.markdown("Nothing yet. The deals of your CRM are the best start: they give the win rate and the growth of won revenue.")
    for view in sorted(active, key=lambda v: IMPORTED.index(v.table) if v.table in IMPORTED else 9):
        _loaded(visit, view, [other for other in views if other.table == view.table])
    missing = [TABLES[name].label.lower() for name in IMPORTED if name not in {view.table for view in active}]
    if missing and active:
        st.caption(f"Not loaded: {', '.join(missing)}.")
    older = [view for view in views if view.state != "active"]
    if older:
        with st.expander(f"Earlier imports ({len(older)})", icon=":material/history:", key="older"):
            for view in older:
                _earlier(visit, view)
    if not visit.team.is_example:
        remembered(visit)
        deletions(visit)


def _said(visit: Visit) -> None:
    """What the last import or deletion did, once; the click on its way back comes one run later, when it is no longer said."""
    undoable = st.session_state.pop("undoable", None)
    if undoable is not None and st.session_state.get("undo-now"):
        _undo(visit, undoable)
    said = st.session_state.pop("imported", None)
    if said is not None:
        sentence, dataset_id = said
        st.success(escape(sentence), icon=":material/check:")
        with st.container(horizontal=True, vertical_alignment="center"):
            link("overview", "See the overview", icon=":material/dashboard:")
            if dataset_id is not None:
                st.session_state["undoable"] = dataset_id
                st.button("Take it back", icon=":material/undo:", key="undo-now", type="tertiary")
    gone = st.session_state.pop("deleted", None)
    if gone is not None:
        st.success(escape(deletion_words(gone)), icon=":material/delete:")


def _loaded(visit: Visit, view: DatasetView, imports: list[DatasetView]) -> None:
    with st.container(border=True):
        system = f" from {system_name(view.info.system)}" if view.info.system else ""
        st.markdown(f"**{TABLES[view.table].label}{escape(system)}**: {wording.count(view.info.rows)} rows{_days(view)}")
        by = f" by {view.member}" if view.member else ""
        st.caption(f"{escape(view.file_name)}, imported {view.created_at:%d %b %Y %H:%M} UTC{escape(by)}")
        opened = st.expander(
            "Receipt, files, undo, delete" if visit.may_change else "Receipt",
            icon=":material/receipt_long:",
            on_change="rerun",
            key=f"receipt-{view.id}",
        )
        if not opened.open:
            return
        with opened:
            st.caption(escape(datasets.account_sentence(view.account)))
            receipt_box(datasets.read_receipt(visit.actor, engine=visit.engine, dataset_id=view.id))
            if visit.team.is_example or not visit.may_change:
                return
            with st.container(horizontal=True):
                _file(visit, view, "clean", "Clean table (CSV)")
                if view.info.rows <= SHEET_ROWS:
                    _file(visit, view, "workbook", "Clean table (Excel)")
                _file(visit, view, "aside", "Rows set aside")
                if st.button("Undo this import", icon=":material/undo:", key=f"undo-{view.id}", type="tertiary"):
                    _undo(visit, view.id)
                if st.button("Delete", icon=":material/delete:", key=f"delete-{view.id}", type="tertiary"):
                    ask_to_delete(visit, view.table, imports)


def _days(view: DatasetView) -> str:
    return f", {view.info.first} to {view.info.last}" if view.info.first and view.info.last else ""


def _earlier(visit: Visit, view: DatasetView) -> None:
    st.markdown(
        f"**{TABLES[view.table].label}**: {wording.count(view.info.rows)} rows{_days(view)}, {STATES[view.state]}  \n"
        f":small[{escape(view.file_name)}, imported {view.created_at:%d %b %Y %H:%M} UTC]"
    )
    if not visit.team.is_example and visit.may_change:
        with st.container(horizontal=True):
            _file(visit, view, "clean", "Clean table (CSV)")
            if view.info.rows <= SHEET_ROWS:
                _file(visit, view, "workbook", "Clean table (Excel)")
            _file(visit, view, "aside", "Rows set aside")
            if st.button("Delete for good", icon=":material/delete:", key=f"delete-{view.id}", type="tertiary"):
                ask_to_delete_one(visit, view)


def _undo(visit: Visit, dataset_id: str) -> None:
    try:
        datasets.undo(visit.actor, engine=visit.engine, dataset_id=dataset_id)
    except AppError as error:
        explain(error)
        return
    st.rerun()


def _file(visit: Visit, view: DatasetView, what: str, label: str) -> None:
    def make() -> bytes:
        content: Download
        if what == "clean":
            content = datasets.clean_table(visit.actor, engine=visit.engine, dataset_id=view.id)
        elif what == "workbook":
            content = datasets.clean_workbook(visit.actor, engine=visit.engine, dataset_id=view.id)
        else:
            content = datasets.rejected_rows(visit.actor, engine=visit.engine, dataset_id=view.id)
        return content.content

    kind = "xlsx" if what == "workbook" else "csv"
    address = downloads.offer(
        visit.actor,
        file_name=f"{view.table}-{'aside' if what == 'aside' else 'clean'}-{view.parquet_sha256[:8]}.{kind}",
        media_type=_MEDIA[kind],
        content_key=f"{view.id}.{what}",
        make=make,
    )
    st.link_button(label, f"/{address}", icon=":material/download:", type="tertiary")
