"""The receipt of an import: every row and every amount is somewhere."""

from __future__ import annotations

import streamlit as st

from app import wording
from app.ingest.model import Receipt
from app.ui.components.figure import escape
from app.ui.components.findings import findings_box


def receipt_box(receipt: Receipt) -> None:
    """Rows read, used and set aside; the sum of the amounts; what was changed."""
    with st.container(border=True):
        st.markdown("**Receipt**")
        aside = receipt.rows_read - receipt.rows_used
        st.markdown(
            f"{wording.count(receipt.rows_read)} rows read = **{wording.count(receipt.rows_used)} used** + {wording.count(aside)} set aside"
        )
        if receipt.folded is not None:
            folded = receipt.folded
            st.markdown(f"{wording.count(folded.events)} events became **{wording.count(folded.records)} rows**, one for each id")
        if receipt.joined is not None:
            counts = receipt.joined
            st.markdown(
                f"{wording.count(counts.rows)} loaded rows = **{wording.count(counts.matched)} matched** + {wording.count(counts.alone)} "
                f"without a partner in the file + {wording.count(counts.blank)} without an id"
            )
        for part in receipt.set_aside:
            lines = ", ".join(str(row) for row in part.rows[:5]) + (" …" if part.count > 5 else "")
            where = f"{'line' if part.count == 1 else 'lines'} {lines}"
            st.caption(f"{wording.count(part.count)} set aside: {escape(part.reason)} ({where})")
        totals = dict(receipt.file.apart).get("total", 0)
        if totals:
            st.caption(f"{wording.count(totals)} {'line' if totals == 1 else 'lines'} of totals left out: in no sum and no count.")
        if receipt.amounts is not None:
            amounts = receipt.amounts
            currency = f"{amounts.currency} " if amounts.currency else ""
            st.markdown(
                f"Sum of “{escape(amounts.column)}”: {escape(currency)}{_sum(amounts.read)} read = **{_sum(amounts.used)} used** "
                f"+ {_sum(amounts.set_aside)} set aside"
            )
            st.caption("Compare this sum with the total your CRM shows for the same list.")
        for change in receipt.changed:
            cells = f"{wording.count(change.cells)} {'cell' if change.cells == 1 else 'cells'}"
            st.caption(f"“{escape(change.column)}”: {escape(change.what)} ({cells})")
        if receipt.segments:
            st.caption(f"Kept to compare groups: {escape(', '.join(receipt.segments))}")
        if receipt.dropped_personal:
            st.caption(f"Dropped because personal: {escape(', '.join(receipt.dropped_personal))}")
        for warning in receipt.warnings:
            st.caption(f":material/warning: {escape(warning)}")
        findings_box(receipt)


def _sum(amount: str) -> str:
    return wording.exact_money(float(amount))
