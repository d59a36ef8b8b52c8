"""The same files read by others: Python's csv module, openpyxl, DuckDB, and the published twins of the csv-spectrum set.

None of them is right where a file is damaged or stands beside titles and totals, so a row is compared where both have it: a row of the
import must be, cell by cell, the row that the other reader finds on the same line.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

from app.ingest.raw import RawTable

AGREES = "agrees"
_COLUMNS = 500


def compare(path: Path, raw: RawTable) -> str:
    """That both agree, or how many rows differ with the first of them, or why nobody else was asked."""
    kind, data = raw.facts.kind, path.read_bytes()
    published = path.parent.with_name("json") / f"{path.stem}.json"
    if published.exists():
        records = json.loads(published.read_bytes())
        return _difference(raw, dict(zip(raw.lines.to_pylist(), (list(map(str, record.values())) for record in records), strict=True)))
    if kind in ("xls", "xlsb", "ods") and path.with_suffix(".xlsx").exists():
        # The same sheet saved in another format, read by another reader.
        kind, data = "xlsx", path.with_suffix(".xlsx").read_bytes()
    if raw.notes and raw.notes[0].startswith("Unpacked"):
        return "not compared: packed"
    if kind == "csv":
        return _difference(raw, dict(_by_csv(data, raw)))
    if kind == "xlsx":
        try:
            return _difference(raw, dict(_by_openpyxl(data, raw)))
        except Exception as error:  # openpyxl stumbles over many of these files; that says nothing of the import.
            return f"not compared: openpyxl says {type(error).__name__}"
    if kind == "parquet":
        return _difference(raw, dict(_by_duckdb(data)))
    return f"not compared: no other reader of {kind}"


def _difference(raw: RawTable, other: dict[int, list[str]]) -> str:
    rows = zip(*(column.to_pylist() for column in raw.cells.columns), strict=True)
    lines = raw.lines.to_pylist()
    different: list[str] = []
    for line, row in zip(lines, rows, strict=True):
        mine, theirs = [cell for cell in map(_plain, row) if cell], [cell for cell in map(_plain, other.get(line, [])) if cell]
        if mine != theirs:
            different.append(f"line {line}: {mine[:6]} and {theirs[:6]}")
    return AGREES if not different else f"differs: {len(different)} of {len(lines)} rows, {different[0][:200]}"


def _plain(cell: str) -> str:
    """A cell without what readers write differently: spaces around it, line ends, noughts behind a decimal point."""
    text = cell.strip().replace("\r\n", "\n").replace("\r", "\n")
    if re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", text) and len(text) < 18 and not re.match(r"-?0\d", text):
        return f"{float(text):.10g}"
    return text


def _by_csv(data: bytes, raw: RawTable) -> Iterator[tuple[int, list[str]]]:
    text = data.decode(raw.facts.encoding or "utf-8", errors="replace").removeprefix("\ufeff")
    if raw.facts.delimiter is None:
        lines = io.StringIO(text, newline="")
        yield from ((number, [line.rstrip("\r\n")]) for number, line in enumerate(lines, start=1))
        return
    csv.field_size_limit(10**9)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=raw.facts.delimiter)
    line = 1
    for row in reader:
        yield line, row
        line = reader.line_num + 1


def _by_openpyxl(data: bytes, raw: RawTable) -> Iterator[tuple[int, list[str]]]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    sheet = book[raw.facts.sheet or book.sheetnames[0]]
    last = max(raw.lines.to_pylist())
    for number, row in enumerate(sheet.iter_rows(max_row=last, max_col=_COLUMNS, values_only=True), start=1):
        yield number, [_shown(value) for value in row]


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _by_duckdb(data: bytes) -> Iterator[tuple[int, list[str]]]:
    import duckdb

    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        file.write(data)
        file.flush()
        rows = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [file.name]).fetchall()
    yield from ((number, [_shown(value) for value in row]) for number, row in enumerate(rows, start=1))
