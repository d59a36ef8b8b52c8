"""A table in a web page: what many programs save under the name .xls.

The page is parsed by lxml without entities, scripts or the network. The largest table that holds no other is read; cells that span
columns stand once, at their upper left corner, as in a sheet. A word below the head that spans rows is said of each of them; a number
may be the sum of them, so it stands once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lxml import etree, html

from app.errors import FileRefused
from app.ingest.column import looks_like
from app.ingest.encoding import decode
from app.ingest.grid import grid_of, raw_of
from app.ingest.limits import Limits
from app.ingest.model import Answers
from app.ingest.raw import RawTable

_SPACE = re.compile(r"[ \t\r\n\f]+")
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_DECLARED = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]{2,40})", re.IGNORECASE)
_MOST_SPAN = 1_000
_NOT_TEXT = ("script", "style", "template", "head")


def open_web_table(data: bytes, *, name: str, answers: Answers, limits: Limits) -> RawTable:
    """The largest table of a web page.

    Raises
    ------
    FileRefused
        When the page has no table, or one that is too large.
    """
    declared = _DECLARED.search(data[:4_096])
    encoding = answers.encoding or (_known(declared.group(1).decode()) if declared else None)
    text = decode(data, name=name, encoding=encoding).text
    try:
        page = html.document_fromstring(text, parser=html.HTMLParser(no_network=True, huge_tree=False, recover=True, encoding="utf-8"))
    except (ValueError, etree.LxmlError) as error:
        raise FileRefused("The web page cannot be read.", "Export the table as CSV.", file=name) from error
    tables = [table for table in page.iter("table") if next(table.iterdescendants("table"), None) is None]
    if not tables:
        raise FileRefused("This is a web page without a table.", "Export the table as CSV or as an Excel workbook (.xlsx).", file=name)
    read = [_rows(table, name, limits) for table in tables]
    rows, repeated = max(read, key=lambda table: sum(1 for row in table[0] for cell in row if cell))
    width = max((len(row) for row in rows), default=0)
    if not width:
        raise FileRefused("The table in this web page is empty.", "Export it again with its rows.", file=name)
    notes = ["This is a web page with a table in it, although it may be named like a workbook."]
    if len(tables) > 1:
        notes.append(f"The page holds {len(tables)} tables; the largest one is read.")
    if repeated:
        cells = "1 cell" if repeated == 1 else f"{repeated:,} cells"
        notes.append(f"Words in cells that span several rows were read for each of these rows, in {cells}; numbers were not.")
    return raw_of(grid_of(rows, width=width, height=len(rows)), name=name, kind="html", answers=answers, sheet=None, notes=notes)


def _known(encoding: str) -> str | None:
    import codecs

    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return None


@dataclass(frozen=True)
class _Spanning:
    """A cell below the head that spans rows: where it stands, how many rows it has, and its words."""

    row: int
    column: int
    down: int
    text: str


def _rows(table: Any, name: str, limits: Limits) -> tuple[list[list[str]], int]:
    """The cells of each row, and how many of them repeat a cell above that spans their row."""
    taken: dict[int, int] = {}
    spanning: list[_Spanning] = []
    rows: list[list[str]] = []
    cells = 0
    for row in table.iter("tr"):
        texts: list[str] = []
        column = 0

        def skip(column: int, texts: list[str]) -> int:
            while taken.get(column, 0) > 0:
                taken[column] -= 1
                texts.append("")
                column += 1
            return column

        for cell in row.iterchildren("td", "th"):
            column = skip(column, texts)
            across, down = _span(cell, "colspan"), _span(cell, "rowspan")
            text = _text(cell)
            if down > 1 and text and cell.tag == "td" and row.getparent().tag != "thead" and not looks_like("number", text):
                spanning.append(_Spanning(len(rows), column, down, text))
            texts.extend([text, *[""] * (across - 1)])
            for covered in range(column, column + across):
                taken[covered] = down - 1
            column += across
        skip(column, texts)
        rows.append(texts)
        cells += len(texts)
        if cells > limits.cells or len(rows) > limits.rows + 1_000 or len(texts) > limits.columns + _MOST_SPAN:
            raise FileRefused("The table in this web page is too large.", "Export it as CSV.", file=name)
    return rows, _repeat(spanning, rows)


def _repeat(spanning: list[_Spanning], rows: list[list[str]]) -> int:
    """Write what spans several rows into each of them that says something itself; returns into how many cells."""
    head = next((number for number, row in enumerate(rows) if sum(map(bool, row)) > 1), len(rows))
    own = [any(row) for row in rows]
    repeated = 0
    for cell in spanning:
        if cell.row <= head:
            continue
        for number in range(cell.row + 1, min(cell.row + cell.down, len(rows))):
            if own[number] and cell.column < len(rows[number]):
                rows[number][cell.column] = cell.text
                repeated += 1
    return repeated


def _span(cell: Any, attribute: str) -> int:
    value = str(cell.get(attribute, "1")).strip()
    return min(max(int(value), 1), _MOST_SPAN) if value.isdigit() and len(value) <= 6 else 1


def _text(cell: Any) -> str:
    """What a reader sees of the cell: line breaks kept, hidden parts left out."""
    pieces: list[str] = []
    _collect(cell, pieces)
    return _SPACE.sub(" ", "".join(pieces)).replace("\xa0", " ").replace("\v", "\n").strip()


def _collect(node: Any, pieces: list[str]) -> None:
    if not isinstance(node.tag, str) or node.tag in _NOT_TEXT or _HIDDEN.search(node.get("style", "")):
        return
    if node.text:
        pieces.append(node.text)
    for child in node:
        if child.tag == "br":
            pieces.append("\v")
        _collect(child, pieces)
        if child.tail:
            pieces.append(child.tail)
