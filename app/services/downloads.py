"""Tables as files for a spreadsheet: a workbook, and CSV in which no cell is a formula and a day is written as a day."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.errors import AppError
from app.later import Later
from app.tables import SOURCE_ROW, TABLES, SnapshotInfo

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq
else:
    pa, pc, pa_csv, pq = Later("pyarrow"), Later("pyarrow.compute"), Later("pyarrow.csv"), Later("pyarrow.parquet")

SHEET_ROWS = 1_048_575
NO_TIME = datetime(1980, 1, 1, tzinfo=UTC)
"""When every workbook says that it was made, so that the same content is the same bytes."""


@dataclass(frozen=True)
class Download:
    """A file to be handed to the member. The name carries part of the content's hash, so that no two contents share one."""

    name: str
    media_type: str
    content: bytes


def table_csv(parquet: bytes, *, info: SnapshotInfo) -> bytes:
    """The stored table as CSV (UTF-8 with byte order mark): headings in words, the user's own columns under their own headings."""
    from app.ingest.rejected import BOM, harmless

    table = pq.read_table(pa.BufferReader(parquet))
    columns = [harmless(column) if pa.types.is_string(column.type) else _written(column) for column in table.columns]
    names = harmless(pa.chunked_array([pa.array(_headings(table, info), pa.string())])).to_pylist()
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(pa.Table.from_arrays(columns, names=names), sink)
    return BOM + bytes(sink.getvalue().to_pybytes())


def table_workbook(parquet: bytes, *, info: SnapshotInfo) -> bytes:
    """The stored table as XLSX, whose dates and amounts are dates and numbers in the reader's own way of writing them.

    Raises
    ------
    AppError
        When the table has more rows than a sheet holds (`SHEET_ROWS`).
    """
    import xlsxwriter

    table = pq.read_table(pa.BufferReader(parquet))
    if table.num_rows > SHEET_ROWS:
        raise AppError(f"A sheet holds {SHEET_ROWS:,} rows, this table has {table.num_rows:,}.", "Take the CSV.")
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"created": NO_TIME})
    bold, sheet = book.add_format({"bold": True}), book.add_worksheet(TABLES[info.table].label)
    sheet.freeze_panes(1, 0)
    formats = [book.add_format({"num_format": _sheet_format(column)}) for column in table.columns]
    for place, heading in enumerate(_headings(table, info)):
        sheet.set_column(place, place, min(40, max(12, len(heading) + 2)))
        sheet.write_string(0, place, heading, bold)
    row = 0
    for batch in table.to_batches(max_chunksize=10_000):
        columns = [column.to_pylist() for column in batch.columns]
        for cells in zip(*columns, strict=True):
            row += 1
            for place, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(row, place, cell[:32_767])
                elif isinstance(cell, datetime) and cell.year >= 1900:
                    sheet.write_datetime(row, place, cell, formats[place])
                elif isinstance(cell, bool):
                    sheet.write_boolean(row, place, cell)
                elif isinstance(cell, datetime):
                    sheet.write_string(row, place, str(cell))
                elif cell is not None:
                    sheet.write_number(row, place, float(cell), formats[place])
    book.close()
    return out.getvalue()


def harmless_text(text: str) -> str:
    """A text that a spreadsheet would run as a formula gets an apostrophe in front."""
    return f"'{text}" if text.lstrip()[:1] in tuple("=+-@＝＋－＠") or text[:1] in ("\t", "\r") else text


def _headings(table: pa.Table, info: SnapshotInfo) -> list[str]:
    headings = {field.name: field.label for field in TABLES[info.table].stored}
    headings |= {segment.name: segment.heading for segment in info.segments} | {SOURCE_ROW: "Row in the file"}
    return [headings.get(name, name) for name in table.column_names]


def _days(column: pa.ChunkedArray) -> bool:
    """Whether every moment of a column is a day without a time."""
    found = pc.all(pc.equal(column, pc.floor_temporal(column, unit="day"))).as_py()
    return found is not False


def _written(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_timestamp(column.type):
        return column
    return pc.strftime(column.cast(pa.timestamp("s"), safe=False), format="%Y-%m-%d" if _days(column) else "%Y-%m-%d %H:%M:%S")


def _sheet_format(column: pa.ChunkedArray) -> str:
    if pa.types.is_timestamp(column.type):
        return "yyyy-mm-dd" if _days(column) else "yyyy-mm-dd hh:mm"
    return "#,##0.00" if pa.types.is_decimal(column.type) else "General"
