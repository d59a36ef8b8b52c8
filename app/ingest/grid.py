"""A rectangle of cells, as sheets and web pages hold one, as a `RawTable`: the head row found, what is no data set apart."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from app.errors import FileRefused
from app.ingest.layout import find_table
from app.ingest.model import Answers, FileFacts, FileKind, LineKind
from app.ingest.raw import MAX_COMMENTS, RawTable
from app.ingest.source import Source
from app.ingest.table_head import headings

_KINDS: tuple[LineKind, ...] = ("head", "comment", "blank", "preamble", "total", "footer")
_NUMBERS: frozenset[type] = frozenset([int, float])
_BATCH = 20_000


@dataclass(frozen=True)
class Grid:
    """Cells as columns of text, named c0 … cn, which rows are blank, and for each column which cells were true dates or numbers."""

    cells: pa.Table
    blank: npt.NDArray[np.bool_]
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
    blank: list[npt.NDArray[np.bool_]] = []
    dates = [bytearray(height) for _ in range(width)]
    numbers = [bytearray(height) for _ in range(width)]
    source = iter(rows)
    first = 0
    while batch := list(islice(source, _BATCH)):
        if any(len(row) != width for row in batch):
            batch = [_of_width(row, width) for row in batch]
        columns = [_texts(values, dates[position], numbers[position], first) for position, values in enumerate(zip(*batch, strict=True))]
        for (row, column), text in errors.items():
            if first <= row < first + len(batch) and 0 <= column < width and not columns[column][row - first].as_py():
                texts = columns[column].to_pylist()
                texts[row - first] = text
                columns[column] = pa.array(texts, pa.string())
        blank.append(_blank(columns, len(batch)))
        for texts, made in zip(columns, arrays, strict=True):
            made.append(texts)
        first += len(batch)
    whole = [pa.concat_arrays(made) if made else pa.array([], pa.string()) for made in arrays]
    empty = np.concatenate(blank) if blank else np.zeros(0, bool)
    return Grid(pa.table({f"c{i}": column for i, column in enumerate(whole)}), empty, dates, numbers)


def _blank(columns: list[pa.Array], rows: int) -> npt.NDArray[np.bool_]:
    """Which rows hold nothing but spaces; after the first columns hardly any is left to be looked at."""
    left = np.arange(rows)
    for column in columns:
        texts = column if len(left) == rows else column.take(pa.array(left))
        left = left[_marks(pc.equal(pc.utf8_trim_whitespace(texts), ""))]
        if not len(left):
            break
    found = np.zeros(rows, bool)
    found[left] = True
    return found


def _of_width(row: Sequence[object], width: int) -> Sequence[object]:
    return row if len(row) == width else [*row[:width], *("" for _ in range(width - len(row)))]


def _texts(values: Sequence[object], dates: bytearray, numbers: bytearray, first: int) -> pa.Array:
    """The cells of one column as text; `dates` and `numbers` are told which of them, counted from row `first`, were true ones."""
    kinds = set(map(type, values))
    if kinds == {str}:
        return pa.array(values, pa.string())
    if any(issubclass(kind, datetime.date) for kind in kinds):
        for number, value in enumerate(values, start=first):
            if isinstance(value, datetime.date) and number < len(dates):
                dates[number] = 1
    if kinds & _NUMBERS:
        end = min(first + len(values), len(numbers))
        marks = b"\x01" * len(values) if kinds <= _NUMBERS else bytes(type(value) in _NUMBERS for value in values)
        numbers[first:end] = marks[: max(0, end - first)]
    if kinds == {float}:
        return _of_numbers(pa.array(values, pa.float64()))
    return pa.array([value if type(value) is str else cell_text(value) for value in values], pa.string())


def _of_numbers(values: pa.Array) -> pa.Array:
    """Numbers as `cell_text` writes them: whole ones without a point, the others in their shortest exact form."""
    sizes = pc.abs(values)
    whole = pc.and_(pc.less(sizes, 1e15), pc.equal(pc.floor(values), values))
    # Arrow writes larger and smaller ones with an exponent.
    plain = pc.or_(whole, pc.and_(pc.less(sizes, 1e9), pc.greater(sizes, 1e-3)))
    if not pc.all(plain).as_py():
        return pa.array(list(map(cell_text, values.to_pylist())), pa.string())
    texts = pc.cast(values, pa.string())
    return pc.if_else(whole, pc.cast(pc.cast(pc.if_else(whole, values, 0.0), pa.int64()), pa.string()), texts)


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
        blank=grid.blank,
        hash=_marks(pc.starts_with(table.column(0), "#")),
        ends_empty=_marks(pc.equal(table.column(width - 1), "")),
        line=np.arange(1, size + 2, dtype=np.int64),
        cells=lambda index: [str(column[index].as_py()) for column in columns],
    )
    layout = find_table(source, name=name, head_line=answers.head_line)
    if not layout.data.any():
        raise FileRefused("The sheet has no rows of data.", "Choose another sheet, or export it again with its rows.", file=name)
    written = list(layout.names or source.cells(layout.head)) if layout.head is not None else []
    named = headings(written, width)
    taken = table.filter(pa.array(layout.data))
    rows = np.flatnonzero(layout.data)
    keep = [
        i
        for i in range(width)
        if (written and written[i].strip()) or not _marks(pc.equal(pc.utf8_trim_whitespace(taken.column(i)), "")).all()
    ]
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


def _marks(mask: pa.ChunkedArray | pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(mask.to_numpy(zero_copy_only=False) if isinstance(mask, pa.Array) else mask.to_numpy(), dtype=bool)


def _apart_from_thousands(column: pa.ChunkedArray, numbers: npt.NDArray[np.uint8]) -> pa.ChunkedArray:
    """A column of numbers and texts: the true number 1.234 becomes 1.2340, so that nobody takes its point for a thousands mark."""
    three = pc.match_substring_regex(column, r"^-?\d{1,3}\.\d{3}$")
    three = pc.and_(three, pa.chunked_array([pa.array(numbers.astype(bool))]))
    return pc.if_else(three, pc.binary_join_element_wise(column, "0", ""), column)
