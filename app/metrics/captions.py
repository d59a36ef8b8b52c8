"""What was counted, in words, for the line under a chart or a table."""

from __future__ import annotations

from datetime import timedelta

from app.metrics.model import Filters
from app.tables import TABLES, SnapshotInfo, TableName
from app.wording import count, day, day_range

MOST_NAMED = 5
"""So many values of a filter are named; more are counted."""

DATED: dict[TableName, str] = {
    "deal": "closed",
    "lead": "created",
    "customer": "customers since",
    "revenue_line": "dated",
    "traffic": "visits of",
    "call": "calls of",
}
"""What the days of a filter say about a row, when nothing else is said."""


def describe(filters: Filters, info: SnapshotInfo, *, dated: str | None = None) -> str:
    """The filters in words: "closed 1 Jan 2025 to 31 Mar 2025; Region: North, South"; "" when all rows count.

    Parameters
    ----------
    info
        Of the table that is filtered; gives the user's own headings to segments.
    dated
        What the days are, e.g. "created" for a win rate by creation date; the table's main date without it.
    """
    word = dated or DATED[info.table]
    parts: list[str] = []
    last = filters.end - timedelta(days=1) if filters.end is not None else None
    if filters.start is not None and last is not None:
        parts.append(f"{word} {day_range(filters.start, last)}")
    elif filters.start is not None:
        parts.append(f"{word} {day(filters.start)} or later")
    elif last is not None:
        parts.append(f"{word} {day(last)} or earlier")
    for column, values in filters.where:
        named = ", ".join(values) if len(values) <= MOST_NAMED else f"{count(len(values))} values"
        parts.append(f"{heading(column, info)}: {named or 'none'}")
    return "; ".join(parts)


def heading(column: str, info: SnapshotInfo) -> str:
    """What a group column is called on screen: the user's heading of a segment, the label of a canonical field."""
    for segment in info.segments:
        if segment.name == column:
            return segment.heading
    return TABLES[info.table].field(column).label
