"""Rows come in the order of their keys, however the engine's threads took turns, so that sums and resampling give the same digits."""

from __future__ import annotations

from datetime import date, datetime

from app.metrics import expressions, growth
from app.metrics.growth import Revenue
from app.metrics.model import Filters
from tests.metrics.conftest import Open

CUSTOMERS = 4_000
SPANS = ((date(2024, 1, 1), date(2025, 1, 1)), (date(2025, 1, 1), date(2026, 1, 1)))


def test_rows_of_customers_come_in_their_order(open_table: Open) -> None:
    # 7,919 is prime to the number of customers, so they come by turns and each comes 50 times.
    turns = [turn * 7_919 % CUSTOMERS for turn in range(50 * CUSTOMERS)]
    lines = open_table(
        "revenue_line",
        id=[str(turn) for turn in range(len(turns))],
        customer=[f"C{customer:04}" for customer in turns],
        date=[datetime(2024 + place % 2, 1 + place % 12, 1 + place % 28) for place in range(len(turns))],
        amount=[f"{1 + customer % 97}.{place % 100:02}" for place, customer in enumerate(turns)],
        cancelled=[False] * len(turns),
    )
    revenue = growth.revenue_of(lines, None)
    assert isinstance(revenue, Revenue)
    asked = expressions.revenue_by_customer(revenue.records, Filters(), spans=SPANS)
    found = lines.collect(asked)
    assert [row["customer"] for row in found] == sorted({f"C{customer:04}" for customer in range(CUSTOMERS)})
    assert all(lines.collect(asked) == found for _ in range(3))
