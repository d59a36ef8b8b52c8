"""The parts of the page on data and privacy; all but the first are for owners."""

from __future__ import annotations

import streamlit as st

from app import wording
from app.errors import AppError
from app.services import audit, everything, members, retention
from app.services.everything import Gone
from app.settings import settings
from app.ui import cache, downloads
from app.ui.components.figure import escape
from app.ui.failure import explain
from app.ui.guard import Visit


def keeping(visit: Visit) -> None:
    """How long what is not in use is kept; owners set it."""
    st.subheader("How long things are kept", anchor=False)
    st.markdown(
        "What is loaded and what rounds have shown stays until you delete it. The rest can go by itself: files that were never "
        "imported, imports that were replaced or undone, reports, the record below, and the names of people who have left."
    )
    days = retention.read_retention(visit.actor, engine=visit.engine)
    if visit.actor.role != "owner":
        st.markdown(f"Your organization keeps these **{retention.words(days)}**. An owner can change it.")
        return
    choices = list(retention.CHOICES) if days in retention.CHOICES else [*retention.CHOICES, days]
    with st.form("retention", border=True):
        chosen = st.selectbox("Keep them", choices, index=choices.index(days), format_func=retention.words)
        if st.form_submit_button("Save", type="primary"):
            try:
                retention.set_retention(visit.actor, engine=visit.engine, days=chosen)
            except AppError as error:
                explain(error)
            else:
                st.toast("Saved.", icon=":material/check:")
                if chosen is not None:
                    st.info(f"What is older than {retention.words(chosen)} is deleted within the hour.", icon=":material/schedule:")


def record(visit: Visit) -> None:
    """Who did what, newest first, by kind, and as a file."""
    if visit.actor.role != "owner":
        return
    st.subheader("Who did what", anchor=False)
    groups = tuple(st.pills("Show only", list(audit.GROUPS), selection_mode="multi", key="record-groups") or ())
    entries = audit.trail(visit.actor, engine=visit.engine, groups=groups)
    if not entries:
        st.markdown("Nothing yet.")
        return
    # Imported here: the page's other parts need no frame.
    import pandas as pd

    lines = [(f"{one.at:%Y-%m-%d %H:%M}", one.who, one.what, one.which, one.team) for one in entries]
    st.dataframe(
        pd.DataFrame(lines, columns=list(audit.HEAD)),
        hide_index=True,
        width="stretch",
        height=min(420, 38 + 35 * len(lines)),
        alt="Who did what, when, to which thing and in which team, the newest first.",
    )
    if len(entries) == audit.SHOWN:
        st.caption(f"The latest {wording.count(audit.SHOWN)}. The file has all.")
    address = downloads.offer(
        visit.actor,
        file_name="record.csv",
        media_type="text/csv",
        content_key=f"record {' '.join(groups)}",
        make=lambda: audit.trail_csv(visit.actor, engine=visit.engine, groups=groups).content,
    )
    st.link_button("Download the record (CSV)", f"/{address}", icon=":material/download:", type="tertiary")


def taking_out(visit: Visit) -> None:
    """All that the organization has, in one file."""
    if visit.actor.role != "owner":
        return
    st.subheader("Take everything with you", anchor=False)
    st.markdown(
        "One ZIP with every table as CSV and JSON, your imported data as Parquet, the reports, and what each round shows. "
        "What single people answered is not in it: nobody gets that."
    )
    address = downloads.offer(
        visit.actor,
        file_name="everything.zip",
        media_type="application/zip",
        content_key="everything",
        make=lambda: everything.export_everything(visit.actor, engine=visit.engine).content,
    )
    st.link_button("Download everything", f"/{address}", icon=":material/folder_zip:")


def ending(visit: Visit) -> None:
    """Delete the organization."""
    if visit.actor.role != "owner":
        return
    st.subheader("Delete everything", anchor=False)
    st.markdown("Deletes the organization with all teams, data, answers, reports and members. You get a receipt. It cannot be undone.")
    if st.button("Delete everything …", icon=":material/delete_forever:", type="tertiary", key="end"):
        st.session_state["ending"] = True
    if st.session_state.get("ending"):
        _ask(visit)


@st.dialog("Delete everything", dismissible=False)
def _ask(visit: Visit) -> None:
    receipt, question = st.session_state.get("farewell"), st.empty()
    if receipt is None:
        with question.container():
            receipt = _asked(visit)
        if receipt is None:
            return
        question.empty()
        st.session_state["farewell"] = receipt
        cache.forget_local_owner()
    st.markdown("Everything is deleted. This receipt is all that is left: copy it now, it is not shown again.")
    st.code(f"{receipt.words}\nReceipt {receipt.number}", language=None, wrap_lines=True)
    if st.button("Done", type="primary", key="end-done"):
        st.session_state.clear()
        st.rerun()


def _asked(visit: Visit) -> Gone | None:
    """The receipt once the owner has typed the name and meant it."""
    name = members.organization_name(visit.actor, engine=visit.engine)
    st.markdown(f"Download everything first if you may need it. Then type the organization's name, **{escape(name)}**.")
    typed = st.text_input("Name of the organization", key="end-name")
    with st.container(horizontal=True):
        sure = st.button("Delete everything for good", icon=":material/delete_forever:", type="primary", key="end-really")
        if st.button("Keep it", key="end-not"):
            del st.session_state["ending"]
            st.rerun()
    if not sure:
        return None
    try:
        return everything.delete_everything(visit.actor, engine=visit.engine, name=typed, cache_dir=settings().cache_dir)
    except AppError as error:
        explain(error)
        return None
