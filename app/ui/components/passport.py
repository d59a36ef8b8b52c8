"""Before any upload: paste the head row of an export, or tick what it has, and see which numbers it gives."""

from __future__ import annotations

import streamlit as st

from app.ingest.export_formats import catalogue
from app.ingest.head_row import HeadRow, read_head_row, stored_fields
from app.services.passport import NUMBERS, Missing, Passport, passport
from app.tables import IMPORTED, TABLES, TableName
from app.ui.components.figure import escape

PASTE, TICK = "Paste the head row", "Tick what you have"
_UNKNOWN = "Another system"


def passport_box() -> None:
    """The question and its answer; nothing of it is kept."""
    opened = st.expander("What will my export give me?", icon=":material/fact_check:", on_change="rerun", key="passport")
    if not opened.open:
        return
    with opened:
        st.markdown("Nothing is uploaded here. The names of the columns are enough.")
        way = st.segmented_control(
            "How do you want to say it?",
            [PASTE, TICK],
            default=PASTE,
            required=True,
            key="way",
        )
        head = _pasted() if way == PASTE else _ticked()
        if head is None:
            return
        system = None
        if head.system is None:
            names = {name: system.label for name, system in catalogue().systems.items() if name != "example_datasets"}
            system = st.selectbox(
                "Which system is it from?", [None, *names], format_func=lambda name: _UNKNOWN if name is None else names[name], key="system"
            )
        _show(passport(head, system=system))


def _pasted() -> HeadRow | None:
    text = st.text_area(
        "First line of the file", placeholder="Deal ID;Deal Name;Deal Stage;Amount;Close Date", max_chars=20_000, key="head", height=80
    )
    return read_head_row(text) if text and text.strip() else None


def _ticked() -> HeadRow | None:
    table: TableName | None = st.selectbox(
        "The export holds",
        list(IMPORTED),
        index=None,
        format_func=lambda name: TABLES[name].label,
        placeholder="Choose",
        key="ticked-table",
    )
    if table is None:
        return None
    wanted = {name for number in NUMBERS for way in number.ways if way.table == table for name in way.fields}
    fields = [field for field in TABLES[table].stored if field.name in wanted]
    labels = {field.name: field.label for field in fields}
    chosen = st.pills(
        "and it says", [field.name for field in fields], selection_mode="multi", format_func=labels.__getitem__, key=f"ticked-{table}"
    )
    return HeadRow(table, None, stored_fields(table, frozenset(chosen)), (), ())


def _show(found: Passport) -> None:
    head = found.head
    if head.table is None:
        st.markdown("**These are no columns the scorecard uses.** It takes deals, leads, customers, revenue lines and visits.")
        return
    system = f" from {found.system_label}" if found.system_label else ""
    st.markdown(f"Taken for **{TABLES[head.table].label.lower()}{escape(system)}**.")
    if head.mapping:
        labels = {field.name: field.label for field in TABLES[head.table].fields}
        st.caption(escape(", ".join(f"{heading} is {labels[name]}" for name, heading in head.mapping)))
    if found.given:
        st.markdown("**You will get**")
        st.markdown("  \n".join(f":material/check: {number.label}" for number in found.given))
    else:
        st.markdown("**This gives no number yet.**")
    if found.missing:
        st.markdown("**What gives the others**")
        st.markdown("\n".join(f"- {one.number.label}: {_needs(one)}" for one in found.missing))
        if any(one.menu and not one.menu_sure for one in found.missing):
            st.caption("Ways through a menu are as they usually are; nobody has confirmed them for your version.")


def _needs(one: Missing) -> str:
    columns = ", ".join(one.lacking)
    plural = "columns" if len(one.lacking) > 1 else "column"
    sentence = (
        f"the same export with the {plural} {columns}"
        if one.more_columns
        else f"an export of {TABLES[one.table].label.lower()} with {columns}"
    )
    if one.headings:
        sentence += f" (there: {escape(', '.join(one.headings))})"
    return f"{sentence}, {escape(one.menu)}" if one.menu else sentence
