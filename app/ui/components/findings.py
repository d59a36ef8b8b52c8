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
            st.dataframe([dict(zip(finding.headings, row, strict=True)) for row in finding.rows], hide_index=True, width="stretch")
            if finding.count > len(finding.rows):
                st.caption(f"The first {wording.count(len(finding.rows))} of {wording.count(finding.count)}.")
