"""A rectangle of cells, as sheets and web pages hold one, as a `RawTable`: the head row found, what is no data set apart."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from app.errors import FileRefused
from app.ingest.layout import Source, find_table, headings
from app.ingest.model import Answers, FileFacts, FileKind, LineKind
from app.ingest.raw import MAX_COMMENTS, RawTable

_KINDS: tuple[LineKind, ...] = ("head", "comment", "blank", "preamble", "total", "footer")
_NUMBERS: frozenset[type] = frozenset([int, float])
_BATCH = 20_000


@dataclass(frozen=True)
class Grid:
    """Cells as columns of text, named c0 … cn, which rows are blank, and for each column which cells were true dates or numbers."""

    cells: pa.Table
    blank: Sequence[bool]
    dates: Sequence[bytearray]
    numbers: Sequence[bytearray]


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
    arrays: list[list[pa.Array]] = [[] for _ in range(width)]
    blank: list[bool] = []
    dates = [bytearray(height) for _ in range(width)]
    numbers = [bytearray(height) for _ in range(width)]
    source = iter(rows)
    first = 0
    while batch := [_of_width(row, width) for row in islice(source, _BATCH)]:
        columns = [_texts(values, dates[position], numbers[position], first) for position, values in enumerate(zip(*batch, strict=True))]
        for (row, column), text in errors.items():
            if first <= row < first + len(batch) and column < width:
                columns[column][row - first] = columns[column][row - first] or text
        blank += [not "".join(texts).strip() for texts in zip(*columns, strict=True)]
        for texts, made in zip(columns, arrays, strict=True):
            made.append(pa.array(texts, pa.string()))
        first += len(batch)
    whole = [pa.concat_arrays(made) if made else pa.array([], pa.string()) for made in arrays]
    return Grid(pa.table({f"c{i}": column for i, column in enumerate(whole)}), blank, dates, numbers)


def _of_width(row: Sequence[object], width: int) -> Sequence[object]:
    return row if len(row) == width else [*row[:width], *("" for _ in range(width - len(row)))]


def _texts(values: Sequence[object], dates: bytearray, numbers: bytearray, first: int) -> list[str]:
    """The cells of one column as text; `dates` and `numbers` are told which of them, counted from row `first`, were true ones."""
    kinds = set(map(type, values))
    if any(issubclass(kind, datetime.date) for kind in kinds):
        for number, value in enumerate(values, start=first):
            if isinstance(value, datetime.date) and number < len(dates):
                dates[number] = 1
    if kinds & _NUMBERS:
        marks = bytes(type(value) in _NUMBERS for value in values)
        end = min(first + len(values), len(numbers))
        numbers[first:end] = marks[: max(0, end - first)]
    return [value if type(value) is str else cell_text(value) for value in values] if kinds != {str} else cast("list[str]", list(values))


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
    source = Source(
        fields=np.full(size, width, dtype=np.int64),
        blank=np.array(grid.blank, dtype=bool),
        hash=_marks(pc.starts_with(table.column(0), "#")),
        ends_empty=_marks(pc.equal(table.column(width - 1), "")),
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
    filled = {column: int(_marks(pc.not_equal(taken.column(column), "")).sum()) for column in keep}

    def typed(marks: Sequence[bytearray], column: int) -> int:
        return int(np.frombuffer(marks[column], dtype=np.uint8)[rows].sum())

    dated = [position for position, column in enumerate(keep) if 0 < typed(grid.dates, column) == filled[column]]
    numbered = [position for position, column in enumerate(keep) if 0 < typed(grid.numbers, column) == filled[column]]
    shown = [
        _apart_from_thousands(taken.column(column), np.frombuffer(grid.numbers[column], dtype=np.uint8)[rows])
        if 0 < typed(grid.numbers, column) < filled[column]
        else taken.column(column)
        for column in keep
    ]
    apart: Counter[LineKind] = Counter(layout.kinds.values())
    facts = FileFacts(
        name=name,
        sha256="",
        size=0,
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
        cells=pa.table({f"c{i}": column for i, column in enumerate(shown)}),
        lines=pa.array(rows + 1, pa.int64()),
        comments=layout.comments[:MAX_COMMENTS],
        unreadable=tuple((index + 1, reason) for index, reason in sorted(layout.unreadable.items())),
        date_columns=frozenset(dated),
        number_columns=frozenset(numbered),
        notes=(*notes, *layout.notes),
        data_lines=taken.num_rows,
        unreadable_lines=len(layout.unreadable),
        top=layout.top,
    )


def _marks(mask: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    return np.asarray(mask.to_numpy(), dtype=bool)


def _apart_from_thousands(column: pa.ChunkedArray, numbers: npt.NDArray[np.uint8]) -> pa.ChunkedArray:
    """A column of numbers and texts: the true number 1.234 becomes 1.2340, so that nobody takes its point for a thousands mark."""
    three = pc.match_substring_regex(column, r"^-?\d{1,3}\.\d{3}$")
    three = pc.and_(three, pa.chunked_array([pa.array(numbers.astype(bool))]))
    return pc.if_else(three, pc.binary_join_element_wise(column, "0", ""), column)
