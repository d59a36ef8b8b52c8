"""How exports of this team are read without a question, each to be forgotten."""

from __future__ import annotations

import streamlit as st

from app.services import mappings
from app.tables import TABLES
from app.ui.components.figure import escape
from app.ui.guard import Visit


def remembered(visit: Visit) -> None:
    """The list, and one button each."""
    saved = mappings.saved_mappings(visit.actor, engine=visit.engine, team_id=visit.team.id)
    if not saved:
        return
    with st.expander(f"Remembered exports ({len(saved)})", icon=":material/bookmark:", key="remembered"):
        st.caption("The next file with the same columns is read in the same way, without a question.")
        for view in saved:
            given = "" if not view.answers else ", 1 answer of yours" if view.answers == 1 else f", {view.answers} answers of yours"
            st.markdown(
                f"**{TABLES[view.table].label}**: {view.columns} columns{given}  \n"
                f":small[{escape(view.file_name)}, last used {view.used_on}]"
            )
            if st.button("Forget", icon=":material/bookmark_remove:", key=f"forget-{view.id}", type="tertiary"):
                mappings.forget_mapping(visit.actor, engine=visit.engine, mapping_id=view.id)
                st.rerun()
