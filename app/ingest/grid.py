"""A rectangle of cells, as sheets and web pages hold one, as a `RawTable`: the head row found, what is no data set apart."""

from __future__ import annotations

import datetime
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from app.errors import FileRefused
from app.ingest.layout import Source, find_table, headings
from app.ingest.model import Answers, FileFacts, FileKind, LineKind
from app.ingest.raw import MAX_COMMENTS, RawTable

_KINDS: tuple[LineKind, ...] = ("head", "comment", "blank", "preamble", "total", "footer")
_BATCH = 20_000


@dataclass(frozen=True)
class Grid:
    """Cells as columns of text, named c0 … cn, which rows are blank, and for each column which cells were true dates."""

    cells: pa.Table
    blank: Sequence[bool]
    dates: Sequence[bytearray]


def grid_of(rows: Iterable[Sequence[object]], *, width: int, height: int, errors: dict[tuple[int, int], str] | None = None) -> Grid:
    """The grid of rows of Python values, read in batches, so that only one batch is held as Python values.

    Parameters
    ----------
    width, height
        The number of columns; a bound on the number of rows.
    errors
        (row, column) from 0 → the text of a cell that a program shows as an error and the reader gives as empty.
    """
    errors = errors or {}
    rows_with_errors = {row for row, _ in errors}
    batches: list[list[pa.Array]] = [[] for _ in range(width)]
    pending: list[list[str]] = []
    blank: list[bool] = []
    dates = [bytearray(height) for _ in range(width)]
    for number, row in enumerate(rows):
        texts: list[str] = []
        for column in range(width):
            value = row[column] if column < len(row) else ""
            if type(value) is str:
                texts.append(value)
            else:
                texts.append(cell_text(value))
                if isinstance(value, datetime.date) and number < height:
                    dates[column][number] = 1
        if number in rows_with_errors:
            for column in range(width):
                texts[column] = texts[column] or errors.get((number, column), "")
        blank.append(not any(text.strip() for text in texts))
        pending.append(texts)
        if len(pending) == _BATCH:
            _flush(pending, batches)
    _flush(pending, batches)
    columns = [pa.concat_arrays(arrays) for arrays in batches]
    return Grid(pa.table({f"c{i}": column for i, column in enumerate(columns)}), blank, dates)


def _flush(pending: list[list[str]], batches: list[list[pa.Array]]) -> None:
    for column, arrays in enumerate(batches):
        arrays.append(pa.array([row[column] for row in pending], pa.string()))
    pending.clear()


def cell_text(value: object) -> str:
    """A cell's value as text, without loss."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return "" if value is None else str(value)


def raw_of(
    grid: Grid,
    data: bytes,
    *,
    name: str,
    kind: FileKind,
    answers: Answers,
    sheet: str | None,
    sheets: tuple[str, ...] = (),
    notes: Sequence[str] = (),
) -> RawTable:
    """The table that a grid holds.

    Raises
    ------
    FileRefused
        When it has no row of data.
    """
    notes = list(notes)
    table = grid.cells
    size, width = table.num_rows, table.num_columns
    columns = table.columns
    first = [str(value) for value in table.column(0).to_pylist()] if size else []
    source = Source(
        fields=np.full(size, width, dtype=np.int64),
        blank=np.array(grid.blank, dtype=bool),
        hash=np.array([text.startswith("#") for text in first], dtype=bool),
        ends_empty=np.array([not text for text in table.column(width - 1).to_pylist()], dtype=bool),
        line=np.arange(1, size + 2, dtype=np.int64),
        cells=lambda index: [str(column[index].as_py()) for column in columns],
    )
    layout = find_table(source, name=name, head_line=answers.head_line)
    if not layout.data.any():
        raise FileRefused("The sheet has no rows of data.", "Choose another sheet, or export it again with its rows.", file=name)
    written = source.cells(layout.head) if layout.head is not None else []
    named = headings(written, width)
    taken = table.filter(pa.array(layout.data))
    rows = np.flatnonzero(layout.data)
    keep = [i for i in range(width) if (written and written[i].strip()) or any(text.strip() for text in taken.column(i).to_pylist())]
    if len(keep) < width:
        notes.append(f"{width - len(keep)} column(s) without heading and without values were left out.")
    dated = [
        position
        for position, column in enumerate(keep)
        if (flags := np.frombuffer(grid.dates[column], dtype=np.uint8)[rows]).any()
        and int(flags.sum()) == sum(1 for text in taken.column(column).to_pylist() if text)
    ]
    apart: Counter[LineKind] = Counter(layout.kinds.values())
    facts = FileFacts(
        name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        kind=kind,
        encoding=None,
        delimiter=None,
        sheet=sheet,
        sheets=sheets,
        head_line=0 if layout.head is None else layout.head + 1,
        lines=size,
        rows=taken.num_rows,
        columns=len(keep),
        apart=tuple((kind, apart[kind]) for kind in _KINDS if apart[kind]),
    )
    return RawTable(
        facts=facts,
        headings=tuple(named[i] for i in keep),
        cells=taken.select(keep).rename_columns([f"c{i}" for i in range(len(keep))]),
        lines=pa.array(rows + 1, pa.int64()),
        comments=layout.comments[:MAX_COMMENTS],
        unreadable=tuple((index + 1, reason) for index, reason in sorted(layout.unreadable.items())),
        date_columns=frozenset(dated),
        notes=(*notes, *layout.notes),
        data_lines=taken.num_rows,
        unreadable_lines=len(layout.unreadable),
        top=layout.top,
    )
