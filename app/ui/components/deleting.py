"""Deleting imported data for good: asked once, and told what went."""

from __future__ import annotations

import streamlit as st

from app import wording
from app.errors import AppError
from app.services import deletion
from app.services.datasets import DatasetView
from app.services.deletion import Deleted, is_made_of
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
    st.markdown(f"This deletes {count} of {label}, with their files. It cannot be undone.")
    st.caption(escape(", ".join(view.file_name for view in imports[:5])) + (" …" if len(imports) > 5 else ""))
    made = _reports_of(visit, table)
    with_reports = False
    if made:
        told = "the 1 report" if made == 1 else f"the {made} reports"
        with_reports = st.checkbox(f"Remove {told} made of these data as well, with the links to them", key="with-reports")
        st.caption("Otherwise they stay on the page “Report” until somebody removes them there.")
    if st.button(f"Delete all {label}", icon=":material/delete:", type="primary", key="really"):
        try:
            st.session_state["deleted"] = deletion.delete_table(
                visit.actor,
                engine=visit.engine,
                team_id=visit.team.id,
                table=table,
                cache_dir=settings().cache_dir,
                with_reports=with_reports,
            )
        except AppError as error:
            explain(error)
            return
        st.rerun()


def _reports_of(visit: Visit, table: TableName) -> int:
    """How many finished reports count records of a table."""
    # Imported here: what makes reports is much, and the page of the data needs it only when something is deleted.
    from app.services.report import kept

    views = [view for view in kept.list_reports(visit.actor, engine=visit.engine, team_id=visit.team.id) if view.state == "done"]
    return sum(is_made_of(kept.report_numbers(visit.actor, engine=visit.engine, report_id=view.id), table) for view in views)


@st.dialog("Delete for good")
def ask_to_delete_one(visit: Visit, view: DatasetView) -> None:
    """Ask before one import that is not loaded goes."""
    st.markdown(f"This deletes the import of {escape(view.file_name)} with its file. It cannot be undone.")
    st.caption("Reports made before stay on the page “Report”.")
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
    told = f"{label} deleted: {imports} ({files}), {wording.count(gone.rows)} rows, {gone.bytes / 1024:,.0f} KB."
    if gone.reports_removed:
        told += f" {_reports(gone.reports_removed)} made of these data removed as well."
    if gone.reports_left:
        told += f" {_reports(gone.reports_left)} made of these data {'stays' if gone.reports_left == 1 else 'stay'} on the page “Report”."
    return told


def _reports(number: int) -> str:
    return f"{number} {'report' if number == 1 else 'reports'}"
