"""A workbook (.xlsx, .xlsm, .xlsb, .xls, .ods) as a `RawTable`: one sheet of it."""

from __future__ import annotations

import io
import tempfile
from itertools import chain
from typing import Any

import python_calamine as calamine

from app.errors import FileRefused
from app.ingest.archive import Part
from app.ingest.grid import Grid, grid_of, raw_of
from app.ingest.limits import Limits
from app.ingest.model import Answers, FileKind
from app.ingest.raw import RawTable

_DAMAGED = "The workbook is damaged and cannot be read."
_SAVE_AGAIN = "Open it in Excel and save it again."


def open_workbook(
    data: bytes, *, name: str, kind: FileKind, answers: Answers, limits: Limits, parts: dict[str, Part] | None = None
) -> RawTable:
    """Read one sheet of a workbook: the one asked for, or the visible one with the most filled cells.

    Parameters
    ----------
    parts
        What `app.ingest.archive.examine` told of each sheet of an .xlsx; other formats are measured as they are read.

    Raises
    ------
    FileRefused
        When the workbook is damaged or protected, when the sheet does not exist, or holds no table.
    """
    parts = parts or {}
    try:
        book = _opened(data, kind)
        sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
        filled = {sheet.name: parts[sheet.name].filled if sheet.name in parts else _area(book, sheet.name, kind) for sheet in sheets}
        chosen, notes = _choose(sheets, filled, answers, name)
        grid = _read_sheet(book.get_sheet_by_name(chosen), parts.get(chosen), name, limits)
    except calamine.PasswordError as error:
        raise FileRefused("The workbook is protected by a password.", "Save it without a password.", file=name) from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise FileRefused(_DAMAGED, _SAVE_AGAIN, file=name) from error
    names = tuple(sheet.name for sheet in sheets)
    return raw_of(grid, name=name, kind=kind, answers=answers, sheet=chosen, sheets=names, notes=notes)


def _opened(data: bytes, kind: FileKind) -> Any:
    """The reader's workbook. It tells a protected workbook from a damaged one only by a file with the right ending."""
    try:
        return calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except calamine.CalamineError:
        with tempfile.NamedTemporaryFile(suffix=f".{kind}") as file:
            file.write(data)
            file.flush()
            return calamine.CalamineWorkbook.from_path(file.name)


def _area(book: Any, sheet: str, kind: FileKind) -> int:
    """How many cells a sheet spans, where nothing better is known of it; an .xlsx without known parts is not measured."""
    if kind == "xlsx":
        return 0
    try:
        found = book.get_sheet_by_name(sheet)
    except (calamine.CalamineError, OSError, ValueError):
        return 0
    return int(found.height) * int(found.width)


def _choose(sheets: list[Any], filled: dict[str, int], answers: Answers, name: str) -> tuple[str, list[str]]:
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
    proposed = max(visible or names, key=lambda sheet: filled.get(sheet, 0))
    others = [sheet for sheet in visible if sheet != proposed and filled.get(sheet, 1)]
    if others:
        notes.append(f"The largest sheet, “{proposed}”, is read; the workbook also has {', '.join(f'“{sheet}”' for sheet in others)}.")
    return proposed, notes


def _read_sheet(sheet: Any, part: Part | None, name: str, limits: Limits) -> Grid:
    """Every row from the first of the sheet on. The reader leaves the empty columns in front out, and so must the places of errors."""
    width = 0 if sheet.end is None else int(sheet.end[1]) + 1
    height = 0 if sheet.end is None else int(sheet.end[0]) + 1
    if not width:
        raise FileRefused("The sheet is empty.", "Choose another sheet.", file=name)
    if width * height > limits.cells or height > limits.rows + 1_000:
        raise FileRefused(f"The sheet has {height:,} rows and {width:,} columns, which is too large.", "Export less.", file=name)
    rows = sheet.iter_rows()
    first: list[object] = next(rows, [])
    left = max(0, width - len(first))
    errors = {(row, column - left): text for (row, column), text in (part.errors if part is not None else {}).items()}
    return grid_of(chain([first], rows), width=width - left, height=height, errors=errors)
