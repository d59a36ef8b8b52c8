"""The zip archive that a workbook is, looked at as untrusted bytes before any reader opens it.

How many parts, how large, what they are called, whether they declare entities, and how far apart their cells are. A reader builds
the whole rectangle between the first and the last cell, so two cells in opposite corners of a sheet would cost hundreds of gigabytes.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

import numpy as np
import numpy.typing as npt
from defusedxml import ElementTree

from app.errors import FileRefused
from app.ingest.limits import Limits

_PIECE = 4 * 1024 * 1024
_OVERLAP = 8 * 1024
_UNDECIDED = 512
_MAX_PART_NAME = 400

_LETTERS, _DIGITS = 8, 9
_REACH = _LETTERS + _DIGITS + 2
_SPACES = np.zeros(256, bool)
_SPACES[list(b" \t\r\n")] = True

# Where a cell says that it stands, in any spelling that XML allows, with the end of the tag where the cell is empty.
_ANY = re.compile(rb"\br\s*=\s*[\"']\s*([A-Za-z]{1,8})(\d{1,9})\s*[\"']([^<>]{0,300}/>)?")
_ANY_ROW = re.compile(rb"<(?:\w+:)?row\b[^<>]*?\br\s*=\s*[\"']\s*(\d{1,9})")
_ODD = (b"r='", b"r =", b"r= ", b"r\t=", b"r=\t", b"r\n=", b"r=\n", b"r\r=", b"r=\r", b'r=" ')
"""Spellings that no program uses."""
_UNPLACED = (b"<c>", b"<c t=", b"<c s=", b":c>", b":c t=", b":c s=")
_ERROR_CELL = re.compile(
    rb"<(?:\w+:)?c\s(?=[^<>]*\bt=[\"']e[\"'])[^<>]*\br=[\"']([A-Z]{1,3})(\d{1,7})[\"'][^<>]*>"
    rb"(?:(?!</(?:\w+:)?c>).){0,4000}?<(?:\w+:)?v>([^<]{1,20})<",
    re.DOTALL,
)


Ints = npt.NDArray[np.int64]


@dataclass
class Part:
    """What one pass over a sheet's XML tells: how far its cells reach, how many are filled, and its error cells."""

    columns: int = 0
    rows: int = 0
    filled: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)


def kind_of(data: bytes, name: str, limits: Limits) -> Literal["xlsx", "xlsb", "ods", "zip"]:
    """Which workbook the archive is, or "zip" for an archive of other files, after a look at its directory only.

    Raises
    ------
    FileRefused
        When the archive is damaged, or too large or dangerous to open.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileRefused("The archive is damaged and cannot be opened.", "Export the table again.", file=name) from error
    _check_directory(members, len(data), name, limits)
    lowered = {member.filename.lower().lstrip("/").replace("\\", "/") for member in members}
    if "xl/workbook.bin" in lowered:
        return "xlsb"
    if "content.xml" in lowered and "mimetype" in lowered:
        return "ods"
    return "xlsx" if any(part.endswith("workbook.xml") for part in lowered) else "zip"


def examine(data: bytes, name: str, limits: Limits) -> dict[str, Part]:
    """Check a workbook's parts without unpacking them to disk, and return what is known of each sheet by its name.

    Empty for other workbooks than .xlsx, whose sheets are not written this way.

    Raises
    ------
    FileRefused
        When a part is damaged, declares entities, or spans more cells than may be read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            parts: dict[str, Part] = {}
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
    return FileRefused("The file unpacks to far more than its size, so it is not opened.", "Export the table as CSV.", file=name)


def _check_directory(members: list[zipfile.ZipInfo], packed: int, name: str, limits: Limits) -> None:
    if len(members) > limits.members:
        raise FileRefused(f"The archive has {len(members):,} parts, which no export has.", "Export the table as CSV.", file=name)
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise FileRefused("The archive holds two parts of the same name.", "Open it in Excel and save it again.", file=name)
    for part in names:
        path = PurePosixPath(part.replace("\\", "/"))
        if ".." in path.parts or re.match(r"[A-Za-z]:", part) or len(part) > _MAX_PART_NAME:
            raise FileRefused("The archive names parts outside itself.", "Export the table again as .xlsx or CSV.", file=name)
    total = sum(member.file_size for member in members)
    if total > limits.unpacked_bytes or (total > limits.ratio_floor_bytes and total > limits.ratio * max(1, packed)):
        raise _too_large(name)


def _scan_part(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, limits: Limits) -> tuple[Part, int]:
    """Read one part piece by piece: refuse declarations of entities; measure how far a sheet's cells reach."""
    part = Part()
    size = 0
    kept = b""
    wide = False
    with archive.open(member) as stream:
        while piece := stream.read(_PIECE):
            wide = wide or (size == 0 and piece[:2] in (b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00"))
            size += len(piece)
            if wide:
                # UTF-16: every word looked for is plain ASCII, so without the zeros it reads as in UTF-8.
                piece = piece.replace(b"\x00", b"")
            window = kept + piece
            # A single byte is found much faster than several.
            if b"!" in window and (b"<!DOCTYPE" in window or b"<!ENTITY" in window):
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


def _look_over(window: bytes, seen: int, part: Part) -> None:
    """Add what `window` shows: a bound on how far cells reach, filled or not; how many are filled; error cells.

    The first `seen` bytes of the window were the end of the one before.
    """
    columns, rows = 26, 9_999
    look = _Look(window)
    odd = look.odd and _oddly_spelled(window)
    if odd:
        for letters, digits, _ in _ANY.findall(window):
            columns, rows = max(columns, _column(letters)), max(rows, int(digits))
    else:
        column, row = look.farthest()
        columns, rows = max(columns, column), max(rows, row)
    if odd or any(spelling in window for spelling in _UNPLACED if look.unplaced):
        rows = max(rows, max(map(int, _ANY_ROW.findall(window)), default=0))
    part.columns, part.rows = max(part.columns, columns), max(part.rows, rows)
    part.filled += look.filled(seen)
    if b't="e"' in window or b"t='e'" in window:
        for found in _ERROR_CELL.finditer(window):
            position = (int(found.group(2)) - 1, _column(found.group(1)) - 1)
            part.errors[position] = found.group(3).decode("utf-8", "replace")


class _Look:
    """A piece of XML by its equals signs and its ends of tags, looked at all together.

    `odd` says that an attribute may be spelled as no program spells it, `unplaced` that a cell may be without its place.
    """

    def __init__(self, window: bytes) -> None:
        # Zeros behind the end, so that what stands a few bytes further on can be asked for everywhere.
        self._text = np.frombuffer(window + bytes(_REACH), np.uint8)
        self._equals = np.flatnonzero(self._text == ord("="))
        self._ends = np.flatnonzero(self._text == ord(">"))
        before, after, second = self._at(self._equals, -1), self._at(self._equals, 1), self._at(self._equals, 2)
        self.odd = bool((_SPACES[before] | _SPACES[after] | (after == ord("'")) | ((after == ord('"')) & _SPACES[second])).any())
        named = ((before == ord("t")) | (before == ord("s"))) & (self._at(self._equals, -2) == ord(" "))
        bare = (self._at(self._ends, -1) == ord("c")) & (self._at(self._ends, -2) != ord("/"))
        self.unplaced = bool((named & (self._at(self._equals, -3) == ord("c"))).any() or bare.any())
        self._places = self._equals[(before == ord("r")) & (after == ord('"'))] + 2

    def _at(self, places: Ints, distance: int) -> npt.NDArray[np.uint8]:
        return self._text[np.maximum(places + distance, 0)] if len(places) else np.zeros(0, np.uint8)

    def farthest(self) -> tuple[int, int]:
        """The last column and the last row that a cell names, (0, 0) where none does."""
        column = np.zeros(len(self._places), np.int64)
        row = np.zeros(len(self._places), np.int64)
        at = self._places
        reads = np.ones(len(at), bool)
        for distance in range(_LETTERS + _DIGITS):
            byte = self._at(at, distance)
            letter, digit = (byte | 32) - ord("a"), byte - ord("0")
            is_letter, is_digit = reads & (letter < 26) & (row == 0) & (distance < _LETTERS), reads & (digit < 10)
            column = np.where(is_letter, column * 26 + letter + 1, column)
            row = np.where(is_digit & (column > 0), row * 10 + digit, row)
            reads = is_letter | (is_digit & (column > 0))
            if not reads.any():
                break
        real = row > 0
        return int(column[real].max(initial=0)), int(row[real].max(initial=0))

    def filled(self, seen: int) -> int:
        """How many cells behind the first `seen` bytes hold something."""
        ends = self._ends[self._ends >= seen]
        last, second, third = (self._at(ends, -distance) for distance in (1, 2, 3))
        value = last == ord("v")
        plain, named = int((value & (second == ord("<"))).sum()), int((value & (second == ord(":"))).sum())
        return plain + named // 2 + int(((last == ord("s")) & (second == ord("i")) & (third == ord("<"))).sum())


def _oddly_spelled(window: bytes) -> bool:
    return any(spelling in window for spelling in _ODD)


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
