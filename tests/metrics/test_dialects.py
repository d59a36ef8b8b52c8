"""Every metric expression compiles for every warehouse and gives the same rows on two engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis
import pytest

from app.metrics.expressions import ALL
from app.tables import TABLES, TableName
from tests.metrics.canonical import arrow, schema, snapshot
from tests.metrics.test_metrics import CUSTOMERS, DEALS, LEADS

LINES: list[dict[str, Any]] = [
    {"id": "1", "customer": "A", "date": "2025-01-05", "amount": "100.10", "cancelled": False},
    {"id": "2", "customer": "A", "date": "2025-07-05", "amount": "40.20", "cancelled": None},
    {"id": "C3", "customer": "A", "date": "2025-08-05", "amount": "-10", "cancelled": True},
    {"id": "4", "customer": "B", "date": "2025-02-05", "amount": "7", "cancelled": False},
    {"id": "5", "customer": None, "date": "2025-02-06", "amount": "3", "cancelled": False},
]
ROWS: dict[TableName, list[dict[str, Any]]] = {
    "deal": [dict(d, source=d.get("source") or "Web") for d in DEALS],
    "lead": [
        *LEADS,
        # Fractions of a second, on both sides of the hour, and a contact in the same second.
        {"id": "5", "created": "2025-03-01T10:00:00.250001", "first_contact_at": "2025-03-01T11:00:00.250001", "converted": None},
        {"id": "6", "created": "2025-03-01T10:00:00.250001", "first_contact_at": "2025-03-01T11:00:00.250002", "source": ""},
        {"id": "7", "created": "2025-03-01T10:00:00.900000", "first_contact_at": "2025-03-01T10:00:00.100000", "converted": False},
        {"id": "8", "created": "2025-03-01T23:59:59.999999", "converted_at": "2025-03-31T00:00:01", "converted": True, "source": "Mail"},
    ],
    "customer": [dict(c, tenure_months=float(i)) for i, c in enumerate(CUSTOMERS)],
    "revenue_line": LINES,
    "traffic": [{"date": "2025-01-01", "sessions": 10, "source": "Direct"}, {"date": None, "sessions": 5, "source": None}],
}


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "snowflake", "bigquery", "databricks", "trino"])
@pytest.mark.parametrize("name", ALL)
def test_compiles(name: str, dialect: str) -> None:
    table, expression = ALL[name]
    unbound = ibis.table(ibis.expr.schema.Schema.from_pyarrow(schema(table, segments=("s0",))), name=TABLES[table].name)
    sql = str(ibis.to_sql(expression(unbound), dialect=dialect))
    assert sql.lstrip().upper().startswith(("SELECT", "WITH"))
    assert "/" not in sql


@pytest.mark.parametrize("name", ALL)
def test_the_same_rows_on_postgresql(name: str, postgres_url: str, tmp_path: Path) -> None:
    table, expression = ALL[name]
    rows = ROWS[table]
    here = snapshot(tmp_path, table, rows, segments={"s0": "Region"})
    expected = here.collect(expression(here.table))
    backend = ibis.connect(postgres_url)
    try:
        there = backend.create_table(f"t_{name}", arrow(table, rows, segments=("s0",)), overwrite=True)
        found = backend.to_pyarrow(expression(there)).to_pylist()
        backend.drop_table(f"t_{name}")
    finally:
        backend.disconnect()
    assert sorted(map(_comparable, found)) == sorted(map(_comparable, expected))


def _comparable(row: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((k, f"{v:.6f}" if isinstance(v, float) else repr(v)) for k, v in row.items())
