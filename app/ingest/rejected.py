"""The bytes an import leaves behind: the Parquet of the rows used, and the CSV of the rows set aside."""

from __future__ import annotations

import csv
import io

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.ingest.raw import RawTable

BOM = b"\xef\xbb\xbf"
_FORMULA = r"^[\s]*[=+\-@\t\r＝＋－＠]"
_FEW_VALUES = ("outcome",)
_PLAIN_NUMBER = r"^[-+]?[\d.,\s]+$"


def parquet_bytes(table: pa.Table) -> bytes:
    """`table` as Parquet, compressed with zstd; the same table always gives the same bytes.

    Words that came coded are written as they are coded, and read as text again; of the other columns only those that repeat a few values
    are searched for them. Smallest and largest values are kept of dates, which are what rows are chosen by.
    """
    dates = [field.name for field in table.schema if pa.types.is_timestamp(field.type)]
    coded = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
    coded += [*dates, *(name for name in _FEW_VALUES if name in table.column_names and name not in coded)]
    whole = [field.name for field in table.schema if pa.types.is_int64(field.type) or pa.types.is_decimal(field.type)]
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        use_dictionary=coded,
        column_encoding=dict.fromkeys(whole, "DELTA_BINARY_PACKED"),
        store_decimal_as_integer=True,
        write_statistics=dates,
        # Readers then see plain text, not how it was held here.
        store_schema=False,
    )
    return bytes(sink.getvalue())


def harmless(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cells that a spreadsheet would run as a formula get an apostrophe in front; plain negative numbers stay."""
    runs = pc.and_(pc.match_substring_regex(cells, _FORMULA), pc.invert(pc.match_substring_regex(cells, _PLAIN_NUMBER)))
    return pc.if_else(runs, pc.binary_join_element_wise("'", cells, ""), cells)


def rejected_csv(raw: RawTable, aside: pa.Array, reasons: dict[str, str], personal: set[int]) -> bytes:
    """The rows set aside as CSV (UTF-8 with BOM): line, reason, the cells as read; personal columns left out."""
    kept = [position for position in range(len(raw.headings)) if position not in personal]
    rejected = pc.is_valid(aside)
    cells = [harmless(pc.cast(raw.cells.column(position).filter(rejected), pa.string())).to_pylist() for position in kept]
    why = [reasons[code] for code in aside.filter(rejected).to_pylist()]
    lines = raw.lines.filter(rejected).to_pylist()
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    head = pa.chunked_array([pa.array(["line", "reason", *(raw.headings[position] for position in kept)])])
    writer.writerow(harmless(head).to_pylist())
    writer.writerows(zip(lines, why, *cells, strict=True))
    writer.writerows((line, reason) for line, reason in raw.unreadable)
    writer.writerows((line, part.reason) for part in raw.events_aside for line in part.lines)
    return BOM + text.getvalue().encode("utf-8")
