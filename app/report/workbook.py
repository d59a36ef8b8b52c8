"""The numbers of a report as a workbook and as CSV: one sheet a chart, typed cells, and nothing that a spreadsheet would run.

Every text is written as text, so a cell that begins with an equals sign stays what it is. In CSV, where a program decides by itself
what a formula is, such a cell gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from math import ceil, isfinite
from typing import TYPE_CHECKING, Any

from app.charts.figure import Cell, Figure
from app.report.content import Grid, KeyNumbers, Report
from app.wording import NumberKind, Written

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

FORMATS: dict[NumberKind, str] = {
    "count": "#,##0",
    "share": "0.0 %",
    "change": "+0.0 %;-0.0 %;0.0 %",
    "points": "+0.000;-0.000;0.000",
    "money": "#,##0.00",
    "decimal": "#,##0.0",
    "difference": "+#,##0.0;-#,##0.0;0.0",
}
SHEET_NAME = 31
"""The longest name of a sheet that every program opens."""
WIDEST = 60
LINE_HEIGHT = 15
"""Points of a line of text."""


def workbook(report: Report) -> bytes:
    """The numbers as XLSX: a first sheet that says what this is, then one for each chart and each table of the summary.

    The same report gives the same bytes.
    """
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": f"{report.title}: {report.team}"[:255], "created": _NO_TIME})
    styles = _Styles(book)
    names = _Names()
    _about(book.add_worksheet(names.new("About")), report, styles)
    for figure in report.pictures:
        sheet = book.add_worksheet(names.new(figure.key))
        _sheet(sheet, figure.title, figure.columns, figure.rows, _account(figure), styles)
    for block in report.summary.blocks:
        if isinstance(block, Grid):
            _sheet(book.add_worksheet(names.new(block.title or "Summary")), block.title, block.columns, block.rows, (), styles)
    book.close()
    return out.getvalue()


def figure_csv(figure: Figure) -> bytes:
    """The numbers of one chart as CSV (UTF-8 with BOM): values unrounded, shares as fractions."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([harmless(column) for column in figure.columns])
    for row in figure.rows:
        writer.writerow([_plain(cell) for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def harmless(text: str) -> str:
    """Text that a spreadsheet would take for a formula, with an apostrophe in front."""
    return f"'{text}" if re.match(r"\s*[=+\-@\t\r|]", text) else text


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Written):
        return repr(cell.value) if isfinite(cell.value) else "no limit"
    return harmless(cell) if isinstance(cell, str) else repr(cell)


def _account(figure: Figure) -> tuple[tuple[str, str], ...]:
    return (
        ("Counted", figure.n),
        ("Period", figure.period),
        ("Definition", figure.definition),
        ("Filters", figure.filters),
        ("Source", figure.source),
        ("In words", figure.alt),
    )


class _Styles:
    """The formats of one workbook."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#F3F5F7", "text_wrap": True, "valign": "top"})
        self.number_head = book.add_format(
            {"bold": True, "bottom": 1, "bg_color": "#F3F5F7", "text_wrap": True, "valign": "top", "align": "right"}
        )
        # Text behind a number stands off from it.
        self.text = book.add_format({"indent": 1})
        self.soft = book.add_format({"font_color": "#55606D"})
        self.wrapped = book.add_format({"font_color": "#55606D", "text_wrap": True, "valign": "top"})
        self.numbers = {kind: book.add_format({"num_format": text}) for kind, text in FORMATS.items()}


class _Names:
    """Names of sheets: short, without signs that are not allowed, and none twice."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, wanted: str) -> str:
        base = re.sub(r"[\[\]:*?/\\']", " ", wanted).strip()[:SHEET_NAME] or "Sheet"
        name, number = base, 2
        while name.casefold() in self._taken:
            name = f"{base[: SHEET_NAME - 4]} {number}"
            number += 1
        self._taken.add(name.casefold())
        return name


def _about(sheet: Worksheet, report: Report, styles: _Styles) -> None:
    sheet.write_string(0, 0, f"{report.title}: {report.team}", styles.title)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 4, 24)
    row = 2
    for label, text in report.facts:
        sheet.write_string(row, 0, label, styles.soft)
        sheet.write_string(row, 1, text)
        row += 1
    row += 1
    for block in report.summary.blocks:
        if isinstance(block, KeyNumbers):
            for number in block.items:
                sheet.write_string(row, 0, number.label)
                _write(sheet, row, 1, number.value, styles)
                sheet.write_string(row, 2, number.range)
                sheet.write_string(row, 3, number.basis)
                row += 1
    _printed(sheet)


def _sheet(
    sheet: Worksheet,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    account: Sequence[tuple[str, str]],
    styles: _Styles,
) -> None:
    sheet.write_string(0, 0, title, styles.title)
    for position, column in enumerate(columns):
        is_number = any(position < len(row) and isinstance(row[position], (Written, int, float)) for row in rows)
        sheet.write_string(2, position, column, styles.number_head if is_number else styles.head)
        sheet.set_column(position, position, _width(columns, rows, position))
    for number, row in enumerate(rows, 3):
        for position, cell in enumerate(row):
            _write(sheet, number, position, cell, styles)
    sheet.freeze_panes(3, 1)
    width = 0
    for position in range(len(columns)):
        width += _width(columns, rows, position)
    for number, (label, text) in enumerate(account, 4 + len(rows)):
        line = f"{label}: {text}"
        if len(columns) < 2 or len(line) <= width:
            sheet.write_string(number, 0, line, styles.soft)
            continue
        # As wide as the table, so that it is read and printed below it.
        sheet.merge_range(number, 0, number, len(columns) - 1, "", styles.wrapped)
        sheet.write_string(number, 0, line, styles.wrapped)
        sheet.set_row(number, LINE_HEIGHT * ceil(len(line) * 1.1 / width))
    _printed(sheet)


def _width(columns: Sequence[str], rows: Sequence[Sequence[Cell]], position: int) -> int:
    """Characters of a column."""
    longest = max([len(columns[position]), *(len(str(row[position])) for row in rows if position < len(row) and row[position] is not None)])
    return min(longest + 3, WIDEST)


def _printed(sheet: Worksheet) -> None:
    """A sheet is printed as wide as its page."""
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _write(sheet: Worksheet, row: int, column: int, cell: Cell, styles: _Styles) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, Written) and isfinite(cell.value):
        sheet.write_number(row, column, cell.value, styles.numbers[cell.kind])
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell, styles.text if column else None)
    else:
        sheet.write_number(row, column, cell)


def _no_time() -> Any:
    from datetime import UTC, datetime

    return datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)


_NO_TIME = _no_time()
"""Put in the place of the moment of making, so that the same numbers give the same file."""
