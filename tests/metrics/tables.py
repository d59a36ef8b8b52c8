"""Small canonical tables for tests: rows as dictionaries become a snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from app.metrics.engine import Engine, Snapshot
from app.tables import SOURCE_ROW, TABLES, Kind, Segment, SnapshotInfo, TableName

ARROW: dict[Kind, pa.DataType] = {
    "id": pa.string(),
    "text": pa.string(),
    "moment": pa.timestamp("us"),
    "money": pa.decimal128(18, 4),
    "count": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "outcome": pa.string(),
}
MAIN_DATE: dict[TableName, str] = {"deal": "closed", "lead": "created", "customer": "started", "revenue_line": "date", "traffic": "date"}


def schema(table: TableName, *, segments: Sequence[str] = ()) -> pa.Schema:
    """The Parquet schema of a canonical table with these segment columns."""
    fields = [(SOURCE_ROW, pa.int64()), *((f.name, ARROW[f.kind]) for f in TABLES[table].stored), *((s, pa.string()) for s in segments)]
    return pa.schema(fields)


def arrow(table: TableName, rows: Sequence[Mapping[str, Any]], *, segments: Sequence[str] = ()) -> pa.Table:
    """Rows as an Arrow table; ISO text becomes a moment, numbers become money; what is not named is null."""
    wanted = schema(table, segments=segments)

    def cell(name: str, value: Any, row: int) -> Any:
        if name == SOURCE_ROW:
            return row + 2
        if value is None:
            return None
        kind = wanted.field(name).type
        if pa.types.is_timestamp(kind):
            return datetime.fromisoformat(value)
        return Decimal(str(value)) if pa.types.is_decimal(kind) else value

    columns = {f.name: [cell(f.name, row.get(f.name), i) for i, row in enumerate(rows)] for f in wanted}
    return pa.table(columns, schema=wanted)


def snapshot(
    folder: Path, table: TableName, rows: Sequence[Mapping[str, Any]], *, segments: Mapping[str, str] | None = None, **info: Any
) -> Snapshot:
    """A snapshot of rows. `segments` maps stored names to headings; `info` overrides what would be worked out."""
    segments = segments or {}
    data = arrow(table, rows, segments=tuple(segments))
    sha = sha256(repr((table, rows)).encode()).hexdigest()
    path = folder / f"{sha}.parquet"
    pq.write_table(data, path)
    outcomes: dict[str, int] = {}
    for row in rows:
        if "outcome" in row:
            outcomes[row["outcome"]] = outcomes.get(row["outcome"], 0) + 1
    dates = sorted(row[MAIN_DATE[table]][:10] for row in rows if row.get(MAIN_DATE[table]))
    lost = [row.get("amount") for row in rows if row.get("outcome") == "lost"]
    known: dict[str, Any] = {
        "table": table,
        "rows": len(rows),
        "segments": tuple(Segment(name, heading, 2) for name, heading in segments.items()),
        "first": dates[0] if dates else None,
        "last": dates[-1] if dates else None,
        "extracted": dates[-1] if dates else None,
        "outcomes": tuple(outcomes.items()),
        "amounts_on_lost": any(lost) if lost else None,
    }
    return Engine(folder).open(path, info=SnapshotInfo(**{**known, **info}), sha256=sha)
