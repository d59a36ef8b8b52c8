"""What is loaded, table by table, with its history."""

from __future__ import annotations

import streamlit as st

from app import wording
from app.services import datasets
from app.services.datasets import DatasetView
from app.services.downloads import Download
from app.tables import IMPORTED, TABLES
from app.ui import downloads
from app.ui.components.figure import escape
from app.ui.components.importing import imported_note
from app.ui.components.receipt import receipt_box
from app.ui.guard import Visit

STATES = {"active": "loaded", "replaced": "replaced by a newer import", "undone": "taken back"}


def history_of(visit: Visit) -> None:
    """One box for each loaded table, and what was imported before."""
    imported_note()
    views = datasets.history(visit.actor, engine=visit.engine, team_id=visit.team.id)
    active = [view for view in views if view.state == "active"]
    st.subheader("What is loaded", anchor=False)
    if not active:
        st.markdown("Nothing yet. The deals of your CRM are the best start: they give the win rate and the growth of won revenue.")
    for view in sorted(active, key=lambda v: IMPORTED.index(v.table) if v.table in IMPORTED else 9):
        _loaded(visit, view)
    missing = [TABLES[name].label.lower() for name in IMPORTED if name not in {view.table for view in active}]
    if missing and active:
        st.caption(f"Not loaded: {', '.join(missing)}.")
    older = [view for view in views if view.state != "active"]
    if older:
        with st.expander(f"Earlier imports ({len(older)})", icon=":material/history:"):
            for view in older:
                st.markdown(
                    f"{TABLES[view.table].label}: {escape(view.file_name)}, {wording.count(view.info.rows)} rows, "
                    f"{view.created_at:%d %b %Y %H:%M} UTC, {STATES[view.state]}"
                )


def _loaded(visit: Visit, view: DatasetView) -> None:
    with st.container(border=True):
        days = f", {view.info.first} to {view.info.last}" if view.info.first and view.info.last else ""
        system = f" from {view.info.system}" if view.info.system else ""
        st.markdown(f"**{TABLES[view.table].label}{escape(system)}**: {wording.count(view.info.rows)} rows{days}")
        st.caption(f"{escape(view.file_name)}, imported {view.created_at:%d %b %Y %H:%M} UTC")
        opened = st.expander("Receipt, files, undo", icon=":material/receipt_long:", on_change="rerun", key=f"receipt-{view.id}")
        if not opened.open:
            return
        with opened:
            receipt_box(datasets.read_receipt(visit.actor, engine=visit.engine, dataset_id=view.id))
            if visit.team.is_example:
                return
            with st.container(horizontal=True):
                _file(visit, view, "clean", "Clean table")
                _file(visit, view, "aside", "Rows set aside")
                if st.button("Undo this import", icon=":material/undo:", key=f"undo-{view.id}", type="tertiary"):
                    datasets.undo(visit.actor, engine=visit.engine, dataset_id=view.id)
                    st.rerun()


def _file(visit: Visit, view: DatasetView, what: str, label: str) -> None:
    def make() -> bytes:
        content: Download
        if what == "clean":
            content = datasets.clean_table(visit.actor, engine=visit.engine, dataset_id=view.id)
        else:
            content = datasets.rejected_rows(visit.actor, engine=visit.engine, dataset_id=view.id)
        return content.content

    address = downloads.offer(
        visit.actor.organization_id,
        file_name=f"{view.table}-{what}-{view.parquet_sha256[:8]}.csv",
        media_type="text/csv; charset=utf-8",
        content_key=f"{view.id}.{what}",
        make=make,
    )
    st.link_button(label, f"/{address}", icon=":material/download:", type="tertiary")
