"""Rows that were used and deserve a look, with the rows themselves."""

from __future__ import annotations

import streamlit as st

from app import wording
from app.ingest.model import Receipt
from app.ui.components.figure import escape


def findings_box(receipt: Receipt) -> None:
    """What looks wrong in the rows used; each finding opens to its first rows."""
    if not receipt.findings:
        return
    st.markdown("**Worth a look in your CRM**")
    st.caption("These rows are used as they are. Mend them in the system they come from and import the export again.")
    for finding in receipt.findings:
        with st.expander(escape(finding.text), icon=":material/search:"):
            # A table, whose cells break into lines: on a telephone a grid would hide the last dates.
            st.table(
                {
                    escape(heading.capitalize() if place == 0 else heading): [escape(row[place]) for row in finding.rows]
                    for place, heading in enumerate(finding.headings)
                },
                hide_index=True,
            )
            if finding.count > len(finding.rows):
                st.caption(f"The first {wording.count(len(finding.rows))} of {wording.count(finding.count)}.")
