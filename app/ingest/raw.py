"""The opened file, before any meaning is given to it: headings and cells as text, and where each row stands.

Whatever the file was (a CSV in some encoding, a sheet of a workbook), the steps after this one see only a `RawTable`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from app.ingest.model import FileFacts, Question

MAX_COMMENTS = 50


@dataclass(frozen=True)
class SetAsideLines:
    """Lines of a log that are in no record, and why."""

    reason: str
    lines: tuple[int, ...]


@dataclass(frozen=True)
class RawTable:
    """A table of text.

    Parameters
    ----------
    facts
        How the file was opened. `facts.rows` is the number of rows in `cells`, `facts.columns` its number of columns.
    headings
        One for each column: as written, stripped, in Unicode normal form C. Unique: a repeated heading gets " (2)", an
        empty one becomes "column 4" (counted from 1).
    cells
        One string column for each heading, named "c0" … "cn". No nulls: an empty cell is "". The text is exactly as in
        the file, without the quotes around it. A long column of words that come again and again is held as a dictionary
        of them, in one piece. Cells of a workbook become text: dates in ISO form ("2025-10-14" or
        "2025-10-14 09:12:00"), whole numbers without ".0", other numbers in their shortest exact form, booleans as
        TRUE or FALSE, errors as their code.
    lines
        int64, one for each row: the physical line on which the record starts (CSV) or the row of the sheet, from 1.
    comments
        The text of comment and preamble lines (some systems write the period covered there), at most `MAX_COMMENTS`.
    unreadable
        (line, reason) of records that could not be laid into the columns. They are kept, to be reported as set aside.
    date_columns
        Positions (from 0) of workbook columns whose cells were true dates.
    number_columns
        Positions of columns of a workbook or Parquet file whose cells were true numbers: their point is a decimal point.
    questions
        What the opening itself could not settle: the encoding.
    notes
        Sentences worth showing: another table in the same file, empty columns left out.
    top
        (line, cells) of the first records as they stand in the file, head row and all, to point at the head row.
    data_lines, unreadable_lines
        How many lines of the file the rows and the unreadable records take up; a record may span several lines.
    weights, events_aside
        Of a log that was turned into records: how many events each row was made of (int64, one for each row; None for any other
        file), and the events that are in no row. `facts.rows` stays the number of events.
    """

    facts: FileFacts
    headings: tuple[str, ...]
    cells: pa.Table
    lines: pa.ChunkedArray | pa.Array
    comments: tuple[str, ...] = ()
    unreadable: tuple[tuple[int, str], ...] = ()
    date_columns: frozenset[int] = field(default_factory=frozenset)
    number_columns: frozenset[int] = field(default_factory=frozenset)
    notes: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    data_lines: int = 0
    unreadable_lines: int = 0
    top: tuple[tuple[int, tuple[str, ...]], ...] = ()
    weights: pa.Array | None = None
    events_aside: tuple[SetAsideLines, ...] = ()
    known: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was found out about this table already; a changed copy begins with nothing."""


def codes_of(cells: pa.Table) -> pa.Table:
    """The table with codes in the place of words where it holds codes: rows are the same where their codes are."""
    columns = [
        pa.chunked_array([chunk.indices for chunk in column.chunks]) if pa.types.is_dictionary(column.type) else column
        for column in cells.columns
    ]
    return pa.table(dict(zip(cells.column_names, columns, strict=True)))


def lines_reconcile(raw: RawTable) -> bool:
    """Whether every line of the file is accounted for: lines = rows' lines + lines set apart + unreadable lines."""
    apart = sum(count for _, count in raw.facts.apart)
    return raw.facts.lines == raw.data_lines + apart + raw.unreadable_lines
