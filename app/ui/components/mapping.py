"""What each column is taken for, and what each stage word means, to be looked at and changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from app import wording
from app.ingest.model import ColumnProposal, Inspection, Role
from app.later import Later
from app.services import uploads
from app.services.uploads import UploadView
from app.tables import TABLES, Outcome
from app.ui.components.figure import escape
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
_SAMPLE = 24


def columns_editor(visit: Visit, upload: UploadView, found: Inspection) -> None:
    """A table of the file's columns, and a way to use one of them as something else."""
    if found.table is None:
        return
    fields = {field.name: field.label for field in TABLES[found.table].fields}
    used = [fields[c.field] if c.field in fields else ROLES.get(c.role, ROLES["ignored"]) for c in found.columns]
    # A table, whose cells break into lines, and not a grid, which would cut words and rows off.
    st.table(
        {
            "Column": [_column(c) for c in found.columns],
            "Used as": [_used(c, words) for c, words in zip(found.columns, used, strict=True)],
        },
        hide_index=True,
        alt="The columns of the file and what each is used as",
    )
    changed = _change(
        "column",
        [c.heading for c in found.columns],
        used,
        [*fields.values(), *ROLES.values()],
        labels=("Change a column", "Use it as", "Use it so"),
        upload=upload,
    )
    if changed is not None:
        _store_column(visit, upload, found, fields, position=changed[0], label=changed[1])


def _column(column: ColumnProposal) -> str:
    """The heading, and under it how many cells are filled and some of them."""
    shown = ", ".join(sample if len(sample) <= _SAMPLE else f"{sample[:_SAMPLE].rstrip()} …" for sample in column.samples[:3])
    return f"**{escape(column.heading)}** · :small[:gray[{wording.count(column.filled)} filled{': ' if shown else ''}{escape(shown)}]]"


def _used(column: ColumnProposal, words: str) -> str:
    """What a column is used as, and under it how it is read and why."""
    read = f"{escape(column.format.rstrip('.'))}. " if column.format else ""
    return f"**{escape(words)}** · :small[:gray[{read}{escape(column.reason)}]]"


def stages_editor(visit: Visit, upload: UploadView, found: Inspection) -> None:
    """A table of the words that say how a record ended, and a way to give one another meaning."""
    stage = next((column for column in found.columns if column.field == "stage"), None)
    if found.table == "deal" and stage is not None and found.stages_of not in ("", stage.heading):
        shown = f" ({', '.join(stage.samples)}{', …' if (stage.distinct or 0) > len(stage.samples) else ''})" if stage.samples else ""
        st.markdown(
            f"“{escape(found.stages_of)}” says which deals were won or lost. The stages in “{escape(stage.heading)}”{escape(shown)} are "
            "kept as they are and decide nothing."
        )
    means = [OUTCOME_WORDS[s.outcome] if s.outcome is not None else TO_ASK for s in found.stages]
    st.dataframe(
        pd.DataFrame(
            {
                "Word in your file": [s.word for s in found.stages],
                "Rows": [s.rows for s in found.stages],
                "Means": means,
                "Why": [s.reason for s in found.stages],
            }
        ),
        hide_index=True,
        width="stretch",
        alt="The words of the file that say how a record ended, and what each means",
    )
    changed = _change(
        "stage",
        [s.word for s in found.stages],
        means,
        [*OUTCOME_WORDS.values()],
        labels=("Change a word", "It means", "Use this meaning"),
        upload=upload,
    )
    if changed is not None:
        position, label = changed
        outcome = next(outcome for outcome, words in OUTCOME_WORDS.items() if words == label)
        stages = {**upload.answers.stages, found.stages[position].word: outcome}
        uploads.answer(visit.actor, engine=visit.engine, upload_id=upload.id, answers=replace(upload.answers, stages=stages))
        st.rerun()


def _change(
    what: str, items: list[str], now: list[str], options: list[str], *, labels: tuple[str, str, str], upload: UploadView
) -> tuple[int, str] | None:
    """(position, new meaning) of the item that the reader changes; None when nothing was changed."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        position = st.selectbox(labels[0], range(len(items)), format_func=lambda i: items[i] or "(blank)", key=f"{what}-{upload.id}")
        chosen = st.selectbox(
            labels[1],
            options,
            index=options.index(now[position]) if now[position] in options else None,
            placeholder="Choose",
            key=f"{what}-{upload.id}-{position}-{now[position]}",
        )
        pressed = st.button(labels[2], key=f"use-{what}", icon=":material/check:", disabled=chosen is None or chosen == now[position])
    return (position, chosen) if pressed and chosen is not None else None


def _store_column(visit: Visit, upload: UploadView, found: Inspection, fields: dict[str, str], *, position: int, label: str) -> None:
    column = found.columns[position]
    name = next((name for name, words in fields.items() if words == label), None)
    before = next((c for c in found.columns if c.field is not None and c.field == name), None)
    if before is not None:
        st.error(
            f"The column “{escape(before.heading)}” is used as “{label}” already. Change that one first.",
            icon=":material/error:",
        )
        return
    new_fields: dict[str, str | None] = dict(upload.answers.fields)
    new_roles: dict[str, Role] = dict(upload.answers.roles)
    if column.field is not None and new_fields.get(column.field, column.heading) == column.heading:
        new_fields[column.field] = None
    if name is not None:
        new_fields[name] = column.heading
        new_roles.pop(column.heading, None)
    else:
        new_roles[column.heading] = next(role for role, words in ROLES.items() if words == label)
    uploads.answer(
        visit.actor, engine=visit.engine, upload_id=upload.id, answers=replace(upload.answers, fields=new_fields, roles=new_roles)
    )
    st.rerun()
