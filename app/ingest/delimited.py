"""A delimited text (CSV, TSV …) as a `RawTable`."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv

from app.errors import FileRefused
from app.ingest.code_pages import LABELS
from app.ingest.column_bytes import MANY, mostly_different, probed
from app.ingest.dialect import DELIMITERS, ESCAPED, Records, read_records
from app.ingest.encoding import Decoded, decode
from app.ingest.fields import Dialect
from app.ingest.layout import Layout, find_table
from app.ingest.limits import Limits
from app.ingest.model import Answers, Choice, FileFacts, LineKind, Question
from app.ingest.progress import tell
from app.ingest.raw import MAX_COMMENTS, RawTable
from app.ingest.source import Source
from app.ingest.table_head import headings

_NAMED = {"tab": b"\t", "\\t": b"\t", "comma": b",", "semicolon": b";", "bar": b"|", "pipe": b"|", "space": b" "}
_KINDS: tuple[LineKind, ...] = ("head", "comment", "blank", "preamble", "total", "footer")
_BLOCK = 8 * 1024 * 1024

_CODED = pa.dictionary(pa.int32(), pa.string())
_SPACE = "\u00a0".encode()
_LOOKED_AT = 200
_BYTES_A_CELL = 8

Ints = npt.NDArray[np.int64]


def open_delimited(data: bytes, *, name: str, answers: Answers, limits: Limits) -> RawTable:
    """Read a delimited text, whatever its encoding, delimiter and surroundings.

    Raises
    ------
    FileRefused
        When the file is empty, no text, no table, too large, or has no rows.
    """
    tell("opening", total=len(data))
    decoded = decode(data, name=name, encoding=answers.encoding)
    if not decoded.text or decoded.text.isspace():
        raise FileRefused("The file is empty.", "Export it again; nothing was imported.", file=name)
    records = _records(decoded.text, name, answers)
    if len(records) > limits.rows + 1_000:
        raise FileRefused(
            f"The file has {len(records):,} rows; at most {limits.rows:,} are read.",
            "Export a shorter period.",
            file=name,
        )
    tell("opening", done=len(data) // 2, total=len(data))
    layout = find_table(_source(records), name=name, head_line=answers.head_line)
    _check_size(layout, name, limits)
    written = list(layout.names or [cell.decode() for cell in records.split(layout.head)]) if layout.head is not None else []
    named = headings(written, layout.width)
    cells = _cells(records, layout)
    if not cells.num_rows:
        raise FileRefused("The file has no rows of data.", "Export it again with its rows; nothing was imported.", file=name)
    keep = _kept_columns(written, layout.width, cells)
    notes = list(layout.notes)
    if records.escaped:
        notes.append('Quotation marks written as \\" were read as quotation marks.')
    if len(keep) < layout.width:
        notes.append(f"{layout.width - len(keep)} column(s) without heading and without values were left out.")
        named = tuple(named[i] for i in keep)
        cells = cells.select(keep).rename_columns([f"c{i}" for i in range(len(keep))])
    return _raw(name, decoded, records, layout, named, cells, notes)


def _records(text: bytes, name: str, answers: Answers) -> Records:
    delimiter = _answered(answers.delimiter, name) or _announced(text)
    records = read_records(text, delimiter=delimiter)
    if records is None:
        raise FileRefused(
            "The delimiter of the file cannot be told: no character separates its lines into the same number of fields.",
            "Choose the delimiter, or export the file again.",
            file=name,
        )
    return records


def _answered(answer: str | None, name: str) -> bytes | None:
    if not answer:
        return None
    delimiter = _NAMED.get(answer.lower(), answer.encode())
    if len(delimiter) != 1 or delimiter in b'"\r\n' or delimiter.isalnum():
        raise FileRefused(f"“{answer}” cannot be a delimiter.", "Choose comma, semicolon, tab, bar or space.", file=name)
    return delimiter


def _announced(text: bytes) -> bytes | None:
    """The delimiter that Excel's own first line "sep=;" announces."""
    first = text[:16].split(b"\n", 1)[0].strip().strip(b'"')
    return first[4:5] if len(first) == 5 and first[:4].lower() == b"sep=" and first[4:5] in DELIMITERS else None


def _source(records: Records) -> Source:
    text, start, end = records.text, records.start, records.end
    size = len(text)
    whole = np.frombuffer(text, dtype=np.uint8)
    first = whole[np.minimum(start, size - 1)]
    empty = end <= start
    last = whole[np.maximum(end - 1, 0)]
    delimiter, quote = records.dialect.delimiter, records.dialect.quote
    light = delimiter + quote + b" \t"
    marks = np.zeros(256, dtype=bool)
    marks[list(light)] = True
    blank = empty.copy()
    for index in _perhaps_blank(whole, start, end, np.flatnonzero(~empty & marks[first] & marks[last]), light).tolist():
        piece = text[start[index] : end[index]].strip(light).strip(_SPACE)
        # A cell may hold a delimiter or a quote as its text, so what strips to nothing is split before it counts as blank.
        blank[index] = not piece and not any(cell.strip() for cell in map(bytes.decode, records.split(index)))
    ends_empty = ~empty & (last == delimiter[0]) if delimiter else np.zeros(len(records), dtype=bool)
    if quote and delimiter:
        doubled = ~empty & (last == quote[0]) & (end - start >= 3)
        before = whole[np.maximum(end - 2, 0)] == quote[0]
        ahead = whole[np.maximum(end - 3, 0)] == delimiter[0]
        ends_empty |= doubled & before & ahead
    hashed = ~empty & (first == ord("#"))
    if quote:
        second = whole[np.minimum(start + 1, size - 1)]
        hashed |= ~empty & (first == quote[0]) & (second == ord("#"))
    return Source(
        records.fields,
        blank,
        hashed,
        ends_empty,
        records.line,
        lambda index: [cell.decode() for cell in records.split(index)],
    )


def _perhaps_blank(whole: npt.NDArray[np.uint8], start: Ints, end: Ints, suspects: Ints, light: bytes) -> Ints:
    """Those of the suspects that may hold no text, told by their first bytes; nearly all of a table's rows are cleared by two or three."""
    bare = np.zeros(256, dtype=bool)
    bare[list(light + _SPACE)] = True
    for offset in range(1, _LOOKED_AT):
        if not len(suspects):
            break
        at = start[suspects] + offset
        suspects = suspects[(at >= end[suspects]) | bare[whole[np.minimum(at, len(whole) - 1)]]]
    return suspects


def _check_size(layout: Layout, name: str, limits: Limits) -> None:
    rows = int(layout.data.sum())
    if layout.width > limits.columns:
        raise FileRefused(f"The table has {layout.width:,} columns; at most {limits.columns:,} are read.", "Leave some out.", file=name)
    # A cell of a text takes bytes of the file, so unlike a sheet's it cannot be far away for free.
    if rows > limits.rows or rows * layout.width > max(limits.cells, limits.file_bytes // _BYTES_A_CELL):
        raise FileRefused(f"The table has {rows:,} rows of {layout.width:,} columns, which is too large.", "Export less.", file=name)


def _cells(records: Records, layout: Layout) -> pa.Table:
    """The rows as a table of text: parsed by Arrow, and by our own rules where Arrow counts other rows than we do."""
    special = {i for i in records.repaired if layout.data[i]} | set(layout.adjusted)
    rows = int(layout.data.sum())
    names = [f"c{i}" for i in range(layout.width)]
    if not rows:
        return pa.table({column: pa.array([], pa.string()) for column in names})
    if records.dialect.delimiter or not records.dialect.quote:
        try:
            types = _types(records, layout, special, names)
            parsed = _by_arrow(_region(records, layout, special), records, types)
        except pa.ArrowInvalid:
            parsed = None
        if parsed is not None and parsed.num_rows == rows:
            return _in_one_piece(_with_quotes(parsed, records))
    return _by_hand(records, layout, names)


def _types(records: Records, layout: Layout, special: set[int], names: list[str]) -> dict[str, pa.DataType]:
    """How each column is held: as text, and as codes of its different words where it is long and they come again and again.

    A table of millions of rows then takes half the memory, and its different words need not be looked for once more.
    """
    taken = np.flatnonzero(layout.data)
    if len(taken) < MANY or records.escaped:
        return dict.fromkeys(names, pa.string())
    looked_at = np.zeros(len(records), dtype=bool)
    looked_at[taken[probed(len(taken))]] = True
    part = _by_arrow(_region(records, replace(layout, data=looked_at), special), records, dict.fromkeys(names, pa.string()))
    return {name: pa.string() if mostly_different(part[name]) else _CODED for name in names}


def _in_one_piece(cells: pa.Table) -> pa.Table:
    """The same cells with each column in one piece, so that no later step has to copy it; one column is held twice at a time."""
    names, pieces = cells.column_names, []
    for _ in names:
        column, cells = cells.column(0), cells.remove_column(0)
        pieces.append(column.unify_dictionaries().combine_chunks() if column.num_chunks > 1 else column)
        del column
    return pa.table(dict(zip(names, pieces, strict=True)))


def _with_quotes(cells: pa.Table, records: Records) -> pa.Table:
    """The cells with their quotes in the place of the marks for them, where the file writes quotes behind a backslash."""
    if not records.escaped:
        return cells
    import pyarrow.compute as pc

    mark, quote = ESCAPED.decode(), records.escaped.decode()
    return pa.table({name: pc.replace_substring(cells[name], mark, quote) for name in cells.column_names})


def _region(records: Records, layout: Layout, special: set[int]) -> bytes | memoryview:
    """The bytes of the rows alone, in a form that needs no leniency. One slice of the text where nothing is in between."""
    taken = np.flatnonzero(layout.data)
    begin, end = int(taken[0]), int(taken[-1])
    view = memoryview(records.text)
    if not special and end - begin + 1 == len(taken):
        return view[int(records.start[begin]) : int(records.end[end])]
    pieces: list[bytes | memoryview] = []
    gaps = np.flatnonzero(np.diff(taken) > 1)
    for part in np.split(taken, gaps + 1):
        low = int(part[0])
        for index in sorted(i for i in special if low <= i <= int(part[-1])):
            if index > low:
                pieces.append(view[int(records.start[low]) : int(records.end[index - 1])])
            pieces.append(_written(_cells_of(records, layout, index), records.dialect))
            low = index + 1
        if low <= int(part[-1]):
            pieces.append(view[int(records.start[low]) : int(records.end[part[-1]])])
    return b"\n".join(pieces)


def _cells_of(records: Records, layout: Layout, index: int) -> list[str]:
    known = layout.adjusted.get(index)
    return known if known is not None else [cell.decode() for cell in records.split(index)]


def _written(cells: list[str], dialect: Dialect) -> bytes:
    quote, delimiter = dialect.quote.decode(), dialect.delimiter.decode()
    if not quote:
        return delimiter.join(cells).encode()
    return delimiter.join(f"{quote}{cell.replace(quote, quote * 2)}{quote}" for cell in cells).encode()


def _by_arrow(region: bytes | memoryview, records: Records, types: dict[str, pa.DataType]) -> pa.Table:
    dialect = records.dialect
    longest = int((records.end - records.start).max()) + 2
    return pacsv.read_csv(
        pa.BufferReader(pa.py_buffer(region)),
        # Several threads spend half as much time again, and the worker is one of two that share the machine.
        read_options=pacsv.ReadOptions(use_threads=False, column_names=list(types), block_size=max(_BLOCK, min(2 * longest, 2**31 - 1))),
        parse_options=pacsv.ParseOptions(
            # A single column needs a delimiter that never occurs: the unit separator is refused as text before this.
            delimiter=(dialect.delimiter or b"\x1f").decode(),
            quote_char=dialect.quote.decode() or False,
            double_quote=True,
            # Arrow takes a text apart on all cores only when it knows that every line end ends a record.
            newlines_in_values=bool((np.diff(records.line) > 1).any()),
        ),
        convert_options=pacsv.ConvertOptions(
            column_types=types,
            strings_can_be_null=False,
            null_values=[],
            check_utf8=False,
        ),
    )


def _by_hand(records: Records, layout: Layout, names: list[str]) -> pa.Table:
    columns: list[list[str]] = [[] for _ in names]
    for index in np.flatnonzero(layout.data).tolist():
        for column, cell in zip(columns, _cells_of(records, layout, index), strict=True):
            column.append(cell)
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(names, columns, strict=True)})


def _kept_columns(written: list[str], width: int, cells: pa.Table) -> list[int]:
    """The positions of the columns that have a heading or any text. Without a head row the text alone decides."""
    unnamed = [i for i in range(width) if i >= len(written) or not written[i].strip()]
    if not unnamed:
        return list(range(width))
    # Imported here because it costs 25 ms and most files have no column without heading.
    import pyarrow.compute as pc

    text = {i: pc.cast(cells.column(i), pa.string()) for i in unnamed}
    empty = {i for i in unnamed if (pc.sum(pc.binary_length(pc.utf8_trim_whitespace(text[i]))).as_py() or 0) == 0}
    return [i for i in range(width) if i not in empty]


def _encoding_question(decoded: Decoded) -> tuple[Question, ...]:
    if not decoded.rivals:
        return ()
    return (
        Question(
            key="encoding",
            kind="encoding",
            text="The file does not say in which characters it is written. Which of these reads right?",
            choices=tuple(Choice(encoding, "  ·  ".join(words), LABELS[encoding]) for encoding, words in decoded.rivals),
            answer_in="encoding",
            answer_key="",
        ),
    )


def _raw(
    name: str,
    decoded: Decoded,
    records: Records,
    layout: Layout,
    named: tuple[str, ...],
    cells: pa.Table,
    notes: list[str],
) -> RawTable:
    spans = np.diff(records.line)
    apart: Counter[LineKind] = Counter()
    for index, kind in layout.kinds.items():
        apart[kind] += int(spans[index])
    unreadable = tuple((int(records.line[index]), reason) for index, reason in sorted(layout.unreadable.items()))
    facts = FileFacts(
        name=name,
        sha256="",
        size=0,
        kind="csv",
        encoding=decoded.encoding,
        delimiter=records.dialect.delimiter.decode() or None,
        sheet=None,
        sheets=(),
        head_line=0 if layout.head is None else int(records.line[layout.head]),
        lines=records.lines,
        rows=cells.num_rows,
        columns=len(named),
        apart=tuple((kind, apart[kind]) for kind in _KINDS if apart[kind]),
        encoding_reason=decoded.reason,
    )
    return RawTable(
        facts=facts,
        headings=named,
        cells=cells,
        lines=pa.array(records.line[:-1][layout.data]),
        comments=layout.comments[:MAX_COMMENTS],
        unreadable=unreadable,
        notes=tuple(notes),
        questions=_encoding_question(decoded),
        data_lines=int(spans[layout.data].sum()),
        unreadable_lines=sum(int(spans[index]) for index in layout.unreadable),
        top=layout.top,
    )
