"""Small canonical tables for the tests of the metrics, stored as the import stores them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.metrics.engine import Engine, Snapshot
from app.tables import CLOSED, MAIN_DATE, OUTCOMES, SOURCE_ROW, TABLES, Kind, Outcome, Segment, SnapshotInfo, TableName

TYPES: dict[Kind, pa.DataType] = {
    "id": pa.string(),
    "text": pa.string(),
    "moment": pa.timestamp("us"),
    "money": pa.decimal128(18, 4),
    "count": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "outcome": pa.string(),
}


def moment(text: str | None) -> datetime | None:
    """A point in time from its ISO text."""
    return None if text is None else datetime.fromisoformat(text)


def stored(name: TableName, /, **columns: Sequence[Any]) -> pa.Table:
    """A canonical table of the given columns, all others empty; `s0`, `s1` … are segments. Money may be text."""
    rows = len(next(iter(columns.values())))
    arrays: dict[str, pa.Array] = {SOURCE_ROW: pa.array(range(2, rows + 2), pa.int64())}
    for field in TABLES[name].stored:
        values = columns.get(field.name)
        kind = TYPES[field.kind]
        if values is None:
            arrays[field.name] = pa.nulls(rows, kind)
        elif isinstance(values, (pa.Array, pa.ChunkedArray)):
            arrays[field.name] = values.cast(kind)
        elif field.kind == "money":
            arrays[field.name] = pa.array([None if v is None else Decimal(str(v)) for v in values], kind)
        elif field.kind == "moment":
            arrays[field.name] = pa.array([moment(v) if isinstance(v, str) else v for v in values], kind)
        else:
            arrays[field.name] = pa.array(values, kind)
    for column, values in columns.items():
        if column not in arrays:
            arrays[column] = values.cast(pa.string()) if isinstance(values, pa.ChunkedArray) else pa.array(values, pa.string())
    return pa.table(arrays)


def schema(name: TableName, *, segments: Sequence[str] = ()) -> pa.Schema:
    """The Parquet schema of a canonical table with these segment columns."""
    return arrow(name, (), segments=segments).schema


def arrow(name: TableName, rows: Sequence[Mapping[str, Any]], *, segments: Sequence[str] = ()) -> pa.Table:
    """The same table from rows as dictionaries; what a row does not name is null."""
    return stored(name, **{column: [row.get(column) for row in rows] for column in (*(f.name for f in TABLES[name].stored), *segments)})


def info_of(name: TableName, table: pa.Table) -> SnapshotInfo:
    """What the import knows of a table: days, outcomes, whether lost deals carry amounts."""
    main = table[MAIN_DATE[name]]
    outcomes: tuple[tuple[Outcome, int], ...] = ()
    amounts_on_lost = None
    if name == "deal":
        main = pc.if_else(pc.is_in(table["outcome"], pa.array(CLOSED)), main, pa.scalar(None, pa.timestamp("us")))
        counted = {item["values"]: item["counts"] for item in pc.value_counts(table["outcome"]).to_pylist()}
        outcomes = tuple((outcome, counted[outcome]) for outcome in OUTCOMES if outcome in counted)
        lost = [v for v in table.filter(pc.equal(table["outcome"], "lost"))["amount"].to_pylist() if v is not None]
        amounts_on_lost = any(lost) if lost else None
    latest = [pc.max(table[f.name]).as_py() for f in TABLES[name].stored if f.kind == "moment"]
    known = [m for m in latest if m is not None]
    return SnapshotInfo(
        table=name,
        rows=table.num_rows,
        first=day_of(pc.min(main).as_py()),
        last=day_of(pc.max(main).as_py()),
        extracted=day_of(max(known)) if known else None,
        outcomes=outcomes,
        amounts_on_lost=amounts_on_lost,
        segments=tuple(
            Segment(column, column, pc.count_distinct(table[column]).as_py())
            for column in table.column_names
            if re.fullmatch(r"s\d+", column)
        ),
    )


def day_of(value: datetime | None) -> str | None:
    """The ISO day of a moment."""
    return None if value is None else date(value.year, value.month, value.day).isoformat()


def opened(engine: Engine, folder: Path, name: TableName, table: pa.Table, *, info: SnapshotInfo | None = None) -> Snapshot:
    """The table written to the cache folder under its hash and opened."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    content = sink.getvalue().to_pybytes()
    sha256 = hashlib.sha256(content).hexdigest()
    path = folder / f"{sha256}.parquet"
    path.write_bytes(content)
    return engine.open(path, info=info or info_of(name, table), sha256=sha256)


def snapshot(
    folder: Path, name: TableName, rows: Sequence[Mapping[str, Any]], *, segments: Mapping[str, str] | None = None, **info: Any
) -> Snapshot:
    """Rows in an engine of their own. `segments` maps stored names to headings; `info` overrides what would be worked out."""
    headings = segments or {}
    table = arrow(name, rows, segments=tuple(headings))
    known = info_of(name, table)
    named = tuple(replace(segment, heading=headings[segment.name]) for segment in known.segments)
    return opened(Engine(folder), folder, name, table, info=replace(known, **{"segments": named, **info}))
