"""Deleting imported data for good: asked once, and told what went."""

from __future__ import annotations

import streamlit as st

from app import wording
from app.errors import AppError
from app.services import deletion
from app.services.datasets import DatasetView
from app.services.deletion import Deleted
from app.settings import settings
from app.tables import TABLES, TableName
from app.ui.components.figure import escape
from app.ui.failure import explain
from app.ui.guard import Visit


@st.dialog("Delete for good")
def ask_to_delete(visit: Visit, table: TableName, imports: list[DatasetView]) -> None:
    """Ask before every import of a table goes."""
    label = TABLES[table].label.lower()
    count = "the one import" if len(imports) == 1 else f"all {len(imports)} imports"
    st.markdown(f"This deletes {count} of {label}, with their files and the figures made of them. It cannot be undone.")
    st.caption(escape(", ".join(view.file_name for view in imports[:5])) + (" …" if len(imports) > 5 else ""))
    if st.button(f"Delete all {label}", icon=":material/delete:", type="primary", key="really"):
        try:
            st.session_state["deleted"] = deletion.delete_table(
                visit.actor, engine=visit.engine, team_id=visit.team.id, table=table, cache_dir=settings().cache_dir
            )
        except AppError as error:
            explain(error)
            return
        st.rerun()


@st.dialog("Delete for good")
def ask_to_delete_one(visit: Visit, view: DatasetView) -> None:
    """Ask before one import that is not loaded goes."""
    st.markdown(f"This deletes the import of {escape(view.file_name)} with its file. It cannot be undone.")
    if view.state == "replaced":
        st.caption("Where a later import was added to it, its rows are part of that one and stay.")
    if st.button("Delete this import", icon=":material/delete:", type="primary", key="really"):
        try:
            st.session_state["deleted"] = deletion.delete_import(
                visit.actor, engine=visit.engine, dataset_id=view.id, cache_dir=settings().cache_dir
            )
        except AppError as error:
            explain(error)
            return
        st.rerun()


def deletions(visit: Visit) -> None:
    """The record of what was deleted."""
    gone = deletion.deleted(visit.actor, engine=visit.engine, team_id=visit.team.id)
    if gone:
        with st.expander(f"Deleted ({len(gone)})", icon=":material/delete:", key="gone"):
            for one in gone:
                by = f" by {one.member}" if one.member else ""
                st.markdown(escape(f"{deletion_words(one)} {one.at:%d %b %Y %H:%M} UTC{by}."))


def deletion_words(gone: Deleted) -> str:
    """What went, in one sentence."""
    imports = "1 import" if gone.imports == 1 else f"{gone.imports} imports"
    files = ", ".join(gone.file_names[:3]) + (" …" if len(gone.file_names) > 3 else "")
    label = TABLES[gone.table].label
    return f"{label} deleted: {imports} ({files}), {wording.count(gone.rows)} rows, {gone.bytes / 1024:,.0f} KB."
