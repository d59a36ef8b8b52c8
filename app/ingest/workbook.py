"""A workbook (.xlsx, .xlsm) as a `RawTable`.

Before the sheet is read, the archive is looked at as untrusted bytes: how many parts, how large, what they are called,
whether they declare entities, and how far apart their cells are. A reader builds the whole rectangle between the first
and the last cell, so two cells in opposite corners of a sheet would cost hundreds of gigabytes.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import re
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import python_calamine as calamine
from defusedxml import ElementTree

from app.errors import FileRefused
from app.ingest.layout import Source, find_table, headings
from app.ingest.limits import Limits
from app.ingest.model import Answers, FileFacts, LineKind
from app.ingest.raw import MAX_COMMENTS, RawTable

_KINDS: tuple[LineKind, ...] = ("head", "comment", "blank", "preamble", "total", "footer")
_PIECE = 4 * 1024 * 1024
_OVERLAP = 8 * 1024
_UNDECIDED = 512
_BATCH = 20_000
_MAX_PART_NAME = 400

# Cells that stand beyond column Z or row 9,999, in the plain spelling that every program writes …
_FAR_COLUMN = re.compile(rb'r="([A-Za-z]{2,8})\d')
_FAR_ROW = re.compile(rb'r="[A-Za-z]{1,8}(\d{5,9})"')
# … and in any spelling that XML allows, with the end of the tag where the cell is empty.
_ANY = re.compile(rb"\br\s*=\s*[\"']\s*([A-Za-z]{1,8})(\d{1,9})\s*[\"']([^<>]{0,300}/>)?")
_ANY_ROW = re.compile(rb"<(?:\w+:)?row\b[^<>]*?\br\s*=\s*[\"']\s*(\d{1,9})")
_ODD_SPELLINGS = (b"r='", b"r =", b"r\t=", b"r\n=", b"r\r=", b"r= ", b"r=\t", b"r=\n", b"r=\r", b'r=" ')
_UNPLACED = (b"<c>", b"<c t=", b"<c s=", b":c>", b":c t=", b":c s=")
_ERROR_CELL = re.compile(
    rb"<(?:\w+:)?c\s(?=[^<>]*\bt=[\"']e[\"'])[^<>]*\br=[\"']([A-Z]{1,3})(\d{1,7})[\"'][^<>]*>"
    rb"(?:(?!</(?:\w+:)?c>).){0,4000}?<(?:\w+:)?v>([^<]{1,20})<",
    re.DOTALL,
)


@dataclass
class _Part:
    """What one pass over a sheet's XML tells: how far its cells reach, how many are filled, and its error cells."""

    columns: int = 0
    rows: int = 0
    filled: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Read:
    """A sheet as columns of text, with one flag per cell for true dates."""

    cells: pa.Table
    blank: list[bool]
    dates: list[bytearray]


def open_workbook(data: bytes, *, name: str, answers: Answers, limits: Limits) -> RawTable:
    """Read one sheet of a workbook: the one asked for, or the visible one with the most filled cells.

    Raises
    ------
    FileRefused
        When the archive is damaged, protected or dangerous, when the sheet does not exist, or holds no table.
    """
    parts = _examine(data, name, limits)
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
        chosen, notes = _choose(sheets, parts, answers, name)
        part = parts.get(chosen)
        read = _read_sheet(book.get_sheet_by_name(chosen), part, name, limits)
    except calamine.PasswordError as error:
        raise FileRefused("The workbook is protected by a password.", "Save it without a password.", file=name) from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise FileRefused("The workbook is damaged and cannot be read.", "Open it in Excel and save it again.", file=name) from error
    return _raw(data, name, answers, chosen, tuple(sheet.name for sheet in sheets), read, notes)


def _examine(data: bytes, name: str, limits: Limits) -> dict[str, _Part]:
    """Check the archive without unpacking it to disk, and return what is known of each sheet by its name."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_directory(members, len(data), name, limits)
            parts: dict[str, _Part] = {}
            unpacked = 0
            for member in members:
                # Every part is looked at as if it were a sheet: which one is, is told by other parts of the same file.
                part, size = _scan_part(archive, member, name, limits)
                parts[member.filename.lstrip("/")] = part
                unpacked += size
                if unpacked > limits.unpacked_bytes:
                    raise _too_large(name)
            return {sheet: parts[path] for sheet, path in _sheet_paths(archive).items() if path in parts}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise FileRefused(
            "The workbook is damaged or protected and cannot be read.", "Open it in Excel and save it again.", file=name
        ) from error


def _too_large(name: str) -> FileRefused:
    return FileRefused("The workbook unpacks to far more than its size, so it is not opened.", "Export the table as CSV.", file=name)


def _check_directory(members: list[zipfile.ZipInfo], packed: int, name: str, limits: Limits) -> None:
    if len(members) > limits.members:
        raise FileRefused(f"The workbook has {len(members):,} parts, which no export has.", "Export the table as CSV.", file=name)
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise FileRefused("The workbook holds two parts of the same name.", "Open it in Excel and save it again.", file=name)
    for part in names:
        path = PurePosixPath(part.replace("\\", "/"))
        if ".." in path.parts or re.match(r"[A-Za-z]:", part) or len(part) > _MAX_PART_NAME:
            raise FileRefused("The archive names parts outside itself.", "Export the table again as .xlsx or CSV.", file=name)
    lowered = {part.lower().lstrip("/").replace("\\", "/") for part in names}
    if "xl/workbook.bin" in lowered:
        raise FileRefused("This is a binary workbook (.xlsb).", "Save it as .xlsx or CSV.", file=name)
    if "content.xml" in lowered and "mimetype" in lowered:
        raise FileRefused("This is an OpenDocument file.", "Save it as .xlsx or CSV.", file=name)
    if not any(part.endswith("workbook.xml") for part in lowered):
        raise FileRefused("This is an archive, not a workbook.", "Unpack it and choose the table inside.", file=name)
    total = sum(member.file_size for member in members)
    if total > limits.unpacked_bytes or (total > limits.ratio_floor_bytes and total > limits.ratio * max(1, packed)):
        raise _too_large(name)


def _scan_part(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, limits: Limits) -> tuple[_Part, int]:
    """Read one part piece by piece: refuse declarations of entities; measure how far a sheet's cells reach."""
    part = _Part()
    size = 0
    kept = b""
    with archive.open(member) as stream:
        while piece := stream.read(_PIECE):
            if size == 0 and piece[:2] in (b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00"):
                raise FileRefused("The workbook is written in an unusual encoding.", "Open it in Excel and save it again.", file=name)
            size += len(piece)
            window = kept + piece
            if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                raise FileRefused("The workbook declares entities, which no export does.", "Export the table as CSV.", file=name)
            _look_over(window, len(kept), part)
            kept = window[-_OVERLAP:]
    if part.columns * part.rows > limits.cells:
        part.columns, part.rows = _farthest(archive, member)
    if part.columns * part.rows > limits.cells:
        raise FileRefused(
            f"A sheet spans {part.rows:,} rows and {part.columns:,} columns because of a cell far from the others.",
            "Delete the empty rows and columns around the table, or export it as CSV.",
            file=name,
        )
    return part, size


def _look_over(window: bytes, seen: int, part: _Part) -> None:
    """Add what `window` shows: a bound on how far cells reach, filled or not; how many are filled; error cells.

    The first `seen` bytes of the window were the end of the one before.
    """
    columns, rows = 26, 9_999
    if _oddly_spelled(window):
        for letters, digits, _ in _ANY.findall(window):
            columns, rows = max(columns, _column(letters)), max(rows, int(digits))
    else:
        for letters in set(_FAR_COLUMN.findall(window)):
            columns = max(columns, _column(letters))
        rows = max(rows, max(map(int, _FAR_ROW.findall(window)), default=0))
    if _oddly_spelled(window) or any(spelling in window for spelling in _UNPLACED):
        rows = max(rows, max(map(int, _ANY_ROW.findall(window)), default=0))
    part.columns, part.rows = max(part.columns, columns), max(part.rows, rows)
    fresh = window[seen:]
    part.filled += fresh.count(b"<v>") + fresh.count(b":v>") // 2 + fresh.count(b"<is>")
    if b't="e"' in window or b"t='e'" in window:
        for found in _ERROR_CELL.finditer(window):
            position = (int(found.group(2)) - 1, _column(found.group(1)) - 1)
            part.errors[position] = found.group(3).decode("utf-8", "replace")


def _oddly_spelled(window: bytes) -> bool:
    return any(spelling in window for spelling in _ODD_SPELLINGS)


def _farthest(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> tuple[int, int]:
    """The last column and row with a cell that holds something: a cell that is only formatted is not read."""
    columns = rows = 1
    kept = b""
    with archive.open(member) as stream:
        while True:
            piece = stream.read(_PIECE)
            window = kept + piece
            # What begins at the very end of the window may go on in the next one, which begins with this end.
            limit = len(window) - (_UNDECIDED if piece else 0)
            for found in _ANY.finditer(window):
                letters, digits, empty = found.groups()
                if not empty and found.start() < limit:
                    columns, rows = max(columns, _column(letters)), max(rows, int(digits))
            if any(spelling in window for spelling in _UNPLACED):
                rows = max(rows, max(map(int, _ANY_ROW.findall(window)), default=0))
            kept = window[-_OVERLAP:]
            if not piece:
                return columns, rows


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _sheet_paths(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name → part name. Empty when the workbook is put together in an unusual way; then nothing depends on it."""
    names = {part.lstrip("/"): part for part in archive.namelist()}
    try:
        workbook = ElementTree.fromstring(archive.read(names["xl/workbook.xml"]))
        relations = ElementTree.fromstring(archive.read(names["xl/_rels/workbook.xml.rels"]))
    except (KeyError, ElementTree.ParseError):
        return {}
    targets: dict[str, str] = {}
    for relation in relations.iter():
        target = relation.get("Target", "")
        targets[relation.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    paths: dict[str, str] = {}
    for element in workbook.iter():
        if element.tag.rpartition("}")[2] == "sheet":
            reference = next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == "id"), "")
            paths[element.get("name", "")] = targets.get(reference, "")
    return paths


def _choose(sheets: list[Any], parts: dict[str, _Part], answers: Answers, name: str) -> tuple[str, list[str]]:
    """The sheet to read and what to say about the others."""
    names = [sheet.name for sheet in sheets]
    if not names:
        raise FileRefused("The workbook has no sheet with cells.", "Choose another file.", file=name)
    visible = [sheet.name for sheet in sheets if sheet.visible == calamine.SheetVisibleEnum.Visible]
    hidden = [sheet for sheet in names if sheet not in visible]
    notes = [f"Hidden in the workbook: {', '.join(f'“{sheet}”' for sheet in hidden)}."] if hidden else []
    if answers.sheet is not None:
        if answers.sheet not in names:
            raise FileRefused(f"The workbook has no sheet “{answers.sheet}”.", f"It has: {', '.join(names)}.", file=name)
        return answers.sheet, notes
    proposed = max(visible or names, key=lambda sheet: parts[sheet].filled if sheet in parts else 0)
    others = [sheet for sheet in visible if sheet != proposed and (sheet not in parts or parts[sheet].filled)]
    if others:
        notes.append(f"The largest sheet, “{proposed}”, is read; the workbook also has {', '.join(f'“{sheet}”' for sheet in others)}.")
    return proposed, notes


def _read_sheet(sheet: Any, part: _Part | None, name: str, limits: Limits) -> _Read:
    """Every row from A1 on, in batches, so that only one batch is held as Python values."""
    width = 0 if sheet.end is None else int(sheet.end[1]) + 1
    height = 0 if sheet.end is None else int(sheet.end[0]) + 1
    if not width:
        raise FileRefused("The sheet is empty.", "Choose another sheet.", file=name)
    if width * height > limits.cells or height > limits.rows + 1_000:
        raise FileRefused(f"The sheet has {height:,} rows and {width:,} columns, which is too large.", "Export less.", file=name)
    errors = part.errors if part is not None else {}
    rows_with_errors = {row for row, _ in errors}
    batches: list[list[pa.Array]] = [[] for _ in range(width)]
    pending: list[list[str]] = []
    blank: list[bool] = []
    dates = [bytearray(height) for _ in range(width)]
    for number, row in enumerate(sheet.iter_rows()):
        texts: list[str] = []
        for column in range(width):
            value = row[column] if column < len(row) else ""
            if type(value) is str:
                texts.append(value)
            else:
                texts.append(_text(value))
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
    return _Read(pa.table({f"c{i}": column for i, column in enumerate(columns)}), blank, dates)


def _flush(pending: list[list[str]], batches: list[list[pa.Array]]) -> None:
    for column, arrays in enumerate(batches):
        arrays.append(pa.array([row[column] for row in pending], pa.string()))
    pending.clear()


def _text(value: object) -> str:
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


def _raw(data: bytes, name: str, answers: Answers, sheet: str, sheets: tuple[str, ...], read: _Read, notes: list[str]) -> RawTable:
    table = read.cells
    size, width = table.num_rows, table.num_columns
    columns = table.columns
    first = [str(value) for value in table.column(0).to_pylist()] if size else []
    source = Source(
        fields=np.full(size, width, dtype=np.int64),
        blank=np.array(read.blank, dtype=bool),
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
        if (flags := np.frombuffer(read.dates[column], dtype=np.uint8)[rows]).any()
        and int(flags.sum()) == sum(1 for text in taken.column(column).to_pylist() if text)
    ]
    apart: Counter[LineKind] = Counter(layout.kinds.values())
    facts = FileFacts(
        name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        kind="xlsx",
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
    )
