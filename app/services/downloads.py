"""Tables as files for a spreadsheet: CSV that Excel opens rightly and in which no cell is a formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.later import Later
from app.tables import SOURCE_ROW, TABLES, SnapshotInfo

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq
else:
    pa, pa_csv, pq = Later("pyarrow"), Later("pyarrow.csv"), Later("pyarrow.parquet")


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
    headings = {field.name: field.label for field in TABLES[info.table].stored}
    headings |= {segment.name: segment.heading for segment in info.segments} | {SOURCE_ROW: "Row in the file"}
    columns = [harmless(column) if pa.types.is_string(column.type) else column for column in table.columns]
    names = harmless(pa.chunked_array([pa.array([headings.get(name, name) for name in table.column_names], pa.string())])).to_pylist()
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(pa.Table.from_arrays(columns, names=names), sink)
    return BOM + bytes(sink.getvalue().to_pybytes())
