"""Real files give the same rows on PostgreSQL as here, for every metric expression."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.csv
import pytest

from app.metrics.engine import Engine
from app.metrics.expressions import ALL
from app.tables import TableName
from tests.metrics import real_tables
from tests.metrics.canonical import opened

REAL: dict[TableName, tuple[str, ...]] = {
    "deal": ("maven_deals", "zoho_deals"),
    "lead": ("olist_leads", "saas_leads", "response_leads"),
    "customer": ("telco_customers",),
    "revenue_line": ("saas_lines", "retail_lines"),
}
SQL_TYPES = {
    pa.string(): "text",
    pa.int64(): "bigint",
    pa.float64(): "double precision",
    pa.bool_(): "boolean",
    pa.timestamp("us"): "timestamp",
    pa.decimal128(18, 4): "numeric(18, 4)",
}


@pytest.mark.parametrize("name", [name for names in REAL.values() for name in names])
def test_the_same_rows(name: str, shared_data: Path, postgres_url: str, metrics_engine: Engine, cache_dir: Path) -> None:
    table = next(table for table, names in REAL.items() if name in names)
    rows = getattr(real_tables, name)(shared_data)
    here = opened(metrics_engine, cache_dir, table, rows)
    backend = ibis.connect(postgres_url)
    try:
        _load(backend.con, name, rows)
        there = backend.table(name)
        for question, (about, expression) in ALL.items():
            if about == table:
                found, expected = backend.to_pyarrow(expression(there)).to_pylist(), here.collect(expression(here.table))
                assert sorted(map(_comparable, found)) == sorted(map(_comparable, expected)), question
    finally:
        backend.raw_sql(f'DROP TABLE IF EXISTS "{name}"')
        backend.disconnect()


def _load(connection: Any, name: str, rows: pa.Table) -> None:
    columns = ", ".join(f'"{field.name}" {SQL_TYPES[field.type]}' for field in rows.schema)
    text = io.BytesIO()
    pa.csv.write_csv(rows, text, pa.csv.WriteOptions(include_header=False))
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE TABLE "{name}" ({columns})')
        with cursor.copy(f'COPY "{name}" FROM STDIN (FORMAT csv)') as copy:
            copy.write(text.getvalue())
    connection.commit()


def _comparable(row: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((key, f"{value:.4f}" if isinstance(value, float) else repr(value)) for key, value in row.items())
