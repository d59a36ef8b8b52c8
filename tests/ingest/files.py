"""Small files for the tests of the import, and real ones opened as the import opens them."""

from __future__ import annotations

from pathlib import Path

from app.ingest.limits import Limits
from app.ingest.model import Answers
from app.ingest.opening import open_file
from app.ingest.raw import RawTable


def csv_of(headings: list[str], *rows: list[str], name: str = "file.csv") -> RawTable:
    """A table written as CSV and opened again."""

    def line(cells: list[str]) -> str:
        return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)

    text = "\r\n".join(line(cells) for cells in (headings, *rows)) + "\r\n"
    return open_file(text.encode("utf-8"), name=name, answers=Answers(), limits=Limits())


def opened(path: Path) -> RawTable:
    """A real file, opened."""
    return open_file(path.read_bytes(), name=path.name, answers=Answers(), limits=Limits())
