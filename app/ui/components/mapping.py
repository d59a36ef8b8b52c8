"""What each column is taken for, and what each stage word means, to be looked at and changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from app.ingest.model import Inspection, Role
from app.later import Later
from app.services import imports
from app.services.imports import UploadView
from app.tables import OUTCOMES, TABLES, Outcome
from app.ui.guard import Visit

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Later("pandas")

ROLES: dict[Role, str] = {
    "segment": "Kept to compare groups",
    "personal": "Personal: dropped",
    "ignored": "Not used",
}
OUTCOME_WORDS: dict[Outcome, str] = {
    "won": "Won",
    "lost": "Lost",
    "no_decision": "No decision",
    "open": "Still open",
    "ignored": "Leave these rows out",
}
TO_ASK = "?"


def columns_editor(visit: Visit, upload: UploadView, found: Inspection) -> None:
    """A table of the file's columns; the second column can be changed."""
    if found.table is None:
        return
    fields = {field.name: field.label for field in TABLES[found.table].fields}
    words = [*fields.values(), *ROLES.values()]
    frame = pd.DataFrame(
        {
            "Column": [c.heading for c in found.columns],
            "Used as": [fields[c.field] if c.field in fields else ROLES.get(c.role, ROLES["ignored"]) for c in found.columns],
            "Why": [c.reason for c in found.columns],
            "Read as": [c.format or "" for c in found.columns],
            "Samples": [", ".join(c.samples[:3]) for c in found.columns],
            "Filled": [c.filled for c in found.columns],
        }
    )
    edited = st.data_editor(
        frame,
        hide_index=True,
        width="stretch",
        disabled=["Column", "Why", "Read as", "Samples", "Filled"],
        column_config={
            "Used as": st.column_config.SelectboxColumn("Used as", options=words, required=True, width="medium"),
            "Filled": st.column_config.NumberColumn("Filled", format="%d"),
        },
        key=f"columns-{upload.id}-{hash(upload.answers.table)}",
        alt="The columns of the file and what each is used as",
    )
    if st.button("Use these columns", key="use_columns", icon=":material/check:", disabled=bool(edited.equals(frame))):
        _store_columns(visit, upload, found, fields, [str(value) for value in edited["Used as"]])


def stages_editor(visit: Visit, upload: UploadView, found: Inspection) -> None:
    """A table of the stage words; their meaning can be changed."""
    frame = pd.DataFrame(
        {
            "Word in your file": [s.word for s in found.stages],
            "Rows": [s.rows for s in found.stages],
            "Means": [OUTCOME_WORDS[s.outcome] if s.outcome is not None else TO_ASK for s in found.stages],
            "Why": [s.reason for s in found.stages],
        }
    )
    edited = st.data_editor(
        frame,
        hide_index=True,
        width="stretch",
        disabled=["Word in your file", "Rows", "Why"],
        column_config={"Means": st.column_config.SelectboxColumn("Means", options=[*OUTCOME_WORDS.values()], required=True)},
        key=f"stages-{upload.id}",
        alt="The stage words of the file and what each means",
    )
    if st.button("Use these meanings", key="use_stages", icon=":material/check:", disabled=bool(edited.equals(frame))):
        back = {label: outcome for outcome, label in OUTCOME_WORDS.items()}
        stages = dict(upload.answers.stages)
        for stage, word in zip(found.stages, edited["Means"], strict=True):
            outcome = back.get(str(word))
            if outcome in OUTCOMES and outcome != stage.outcome:
                stages[stage.word] = outcome
        imports.answer(visit.actor, engine=visit.engine, upload_id=upload.id, answers=replace(upload.answers, stages=stages))
        st.rerun()


def _store_columns(visit: Visit, upload: UploadView, found: Inspection, fields: dict[str, str], chosen: list[str]) -> None:
    by_label = {label: name for name, label in fields.items()}
    roles = {label: role for role, label in ROLES.items()}
    twice = sorted({label for label in chosen if label in by_label and chosen.count(label) > 1})
    if twice:
        st.error(f"Two columns are used as “{twice[0]}”. Only one can be.", icon=":material/error:")
        return
    new_fields: dict[str, str | None] = dict(upload.answers.fields)
    new_roles: dict[str, Role] = dict(upload.answers.roles)
    for column, label in zip(found.columns, chosen, strict=True):
        before = fields[column.field] if column.field in fields else ROLES.get(column.role, ROLES["ignored"])
        if label == before:
            continue
        if column.field is not None and new_fields.get(column.field, column.heading) == column.heading:
            new_fields[column.field] = None
        if label in by_label:
            new_fields[by_label[label]] = column.heading
            new_roles.pop(column.heading, None)
        else:
            new_roles[column.heading] = roles[label]
    imports.answer(
        visit.actor, engine=visit.engine, upload_id=upload.id, answers=replace(upload.answers, fields=new_fields, roles=new_roles)
    )
    st.rerun()
