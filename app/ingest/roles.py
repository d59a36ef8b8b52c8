"""What becomes of the columns that fill no field: kept to compare groups by, dropped as personal, or ignored."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from app.ingest.column import Column
from app.ingest.export_formats import Catalogue
from app.ingest.headings import fold, words
from app.ingest.mapping import Mapping, known_segment
from app.ingest.model import Answers, ColumnProposal, Role
from app.ingest.outcome_groups import tells_the_end
from app.tables import MAX_SEGMENTS, TABLES, TableName

FEW = 200
OF_ROWS = 0.2
LONG_TEXT = 60
REPEATED = 5
"""A long text that stands in so many rows on average is the name of a group and nothing that somebody wrote."""


def propose_roles(
    table: TableName,
    columns: tuple[Column, ...],
    mapping: Mapping,
    catalogue: Catalogue,
    *,
    answers: Answers,
    formats: dict[int, str],
    ended: pa.Array | None = None,
) -> tuple[ColumnProposal, ...]:
    """A proposal for every column; `formats` says in words how the mapped ones will be read, `ended` how each row ended."""
    by_position = {candidate.position: candidate for candidate in mapping.fields.values()}
    proposals: list[ColumnProposal] = []
    segments = 0
    for column in columns:
        candidate = by_position.get(column.position)
        if candidate is not None:
            proposals.append(
                _proposal(column, "field", candidate.field, candidate.confidence, candidate.reason, formats.get(column.position))
            )
            continue
        role, confidence, reason = _role(table, column, catalogue, answers)
        if role == "segment" and column.heading not in answers.roles and _repeats_the_end(column, ended, catalogue):
            role, confidence, reason = "ignored", 0.9, "It only repeats how each record ended, so groups of it would compare nothing."
        if role == "segment":
            segments += 1
            if segments > MAX_SEGMENTS:
                role, confidence, reason = (
                    "ignored",
                    0.5,
                    f"The first {MAX_SEGMENTS} columns to compare groups by are kept; this is one more.",
                )
        proposals.append(_proposal(column, role, None, confidence, reason, None))
    return tuple(proposals)


def _repeats_the_end(column: Column, ended: pa.Array | None, catalogue: Catalogue) -> bool:
    if catalogue.traps.outcome(column.heading):
        return True
    if ended is None:
        return False
    blank = pc.equal(column.values, "")
    if column.places is None:
        return tells_the_end(pc.if_else(blank, None, column.values), ended)
    # Numbers of the words are put together faster than the words.
    return tells_the_end(pc.if_else(blank.take(column.places), None, column.places), ended)


def _role(table: TableName, column: Column, catalogue: Catalogue, answers: Answers) -> tuple[Role, float, str]:
    chosen = answers.roles.get(column.heading)
    if chosen in ("segment", "personal", "ignored"):
        return chosen, 1.0, "You chose this."
    if not column.filled:
        return "ignored", 0.95, "The column is empty."
    own_people = bool({"owner", "rep", "seller", "agent", "executive"} & set(words(column.heading)))
    if column.mails > 0.5 and not own_people:
        return "personal", 0.95, "It holds e-mail addresses, which no metric needs."
    says_little = column.flags > 0.5 or (column.rows > 50 and not column.more_than(5)) or (column.numbers > 0.97 and column.length < 4)
    if catalogue.traps.personal(column.heading) and not own_people and not says_little:
        return "personal", 0.9, "The heading names something about a person, which no metric needs."
    if catalogue.traps.amount(column.heading) and column.numbers > 0.9 and column.more_than(2):
        return "ignored", 0.9, f"It is not “{_money_label(table)}” and no group to compare by."
    if not column.more_than(1):
        return "ignored", 0.9, "Every row has the same value."
    if column.dates > 0.8 or column.true_dates:
        return "ignored", 0.8, "It holds dates that no metric uses."
    if ({"id", "key", "number", "no"} & set(words(column.heading)) and column.more_than(50)) or column.unique:
        return "ignored", 0.8, "It identifies records rather than grouping them."
    if column.numbers > 0.97 and (column.more_than(20) or {"amount", "value", "price", "revenue", "total"} & set(words(column.heading))):
        return "ignored", 0.7, "It holds numbers, no groups."
    if column.length > LONG_TEXT and column.distinct * REPEATED > column.filled:
        return "ignored", 0.8, "It holds free text."
    if (column.distinct <= FEW and column.distinct <= max(2.0, 0.5 * column.filled)) or column.distinct < OF_ROWS * column.rows:
        known = known_segment(table, column.heading, catalogue)
        reason = (
            "It is a known way to group these records." if known else f"It has {column.distinct:,} different values to compare groups by."
        )
        return "segment", 0.9 if known else 0.7, reason
    return "ignored", 0.6, f"It has too many different values ({column.distinct:,}) to compare groups by."


def _money_label(table: TableName) -> str:
    return next((field.label for field in TABLES[table].fields if field.kind == "money"), "Amount")


def _proposal(column: Column, role: Role, field: str | None, confidence: float, reason: str, format: str | None) -> ColumnProposal:
    return ColumnProposal(
        position=column.position,
        heading=column.heading,
        role=role,
        field=field,
        confidence=confidence,
        reason=reason,
        format=format,
        samples=column.samples if role != "personal" else tuple("•••" for _ in column.samples[:1]),
        filled=column.filled,
        distinct=column.counted,
    )


def unread_proposals(columns: tuple[Column, ...], catalogue: Catalogue) -> tuple[ColumnProposal, ...]:
    """What is shown of the columns while the kind of table is not settled."""
    return tuple(
        _proposal(column, "personal", None, 0.9, "It holds something about a person.", None)
        if column.mails > 0.5 or (catalogue.traps.personal(column.heading) and fold(column.heading))
        else _proposal(column, "ignored", None, 0.0, "It is looked at as soon as the kind of table is settled.", None)
        for column in columns
    )
