"""The numbers of a million deals through the app's metrics, against the same sums written by hand in SQL on bare DuckDB in the same run.

Both read the same Parquet file with the same threads and memory, take turns, and must find the same.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from math import isclose
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.metrics import growth, retention, win_rate
from app.metrics.engine import MEMORY, THREADS, Engine, Snapshot
from app.metrics.growth import Revenue
from app.metrics.model import Definition, Filters, WinRate
from app.statistics.intervals import Absent
from tests.metrics.canonical import opened, stored

ROWS = 1_000_000
ROUNDS = 5
SEED = 38
ACCOUNTS = 20_000
DAYS = 1_095
"""Three years from 1 January 2023 on."""
ALL, COUNT = Filters(), Definition()
BEFORE, AFTER = (date(2024, 1, 1), date(2025, 1, 1)), (date(2025, 1, 1), date(2026, 1, 1))

CLOSED = "outcome IN ('won', 'lost')"
RATE = "count(*) FILTER (outcome = 'won'), count(*), (sum(amount) FILTER (outcome = 'won'))::DOUBLE, sum(amount)::DOUBLE"
QUARTER = "year(closed) * 4 + quarter(closed) - 1"
BY_ACCOUNT = """
    SELECT account, count(*) FILTER (outcome = 'won'), count(*) FROM deals
    WHERE {closed} AND account <> '' AND closed >= '{first}' AND closed < '{end}' GROUP BY 1 ORDER BY 1"""
SQL = {
    "win rate": f"SELECT {RATE} FROM deals WHERE {CLOSED}",
    "win rate by quarter": f"SELECT {QUARTER} q, {RATE} FROM deals WHERE {CLOSED} GROUP BY q ORDER BY q",
    "win rate by segment": f"SELECT s0, {RATE} FROM deals WHERE {CLOSED} GROUP BY s0 ORDER BY count(*) DESC, s0",
    "revenue by quarter": f"SELECT {QUARTER} q, sum(amount)::DOUBLE, count(*) FROM deals WHERE outcome = 'won' GROUP BY q ORDER BY q",
    "accounts before": BY_ACCOUNT.format(closed=CLOSED, first=BEFORE[0], end=BEFORE[1]),
    "accounts after": BY_ACCOUNT.format(closed=CLOSED, first=AFTER[0], end=AFTER[1]),
    "bought again by quarter": f"""
        WITH each AS (
            SELECT account, {QUARTER} q, sum(amount)::DOUBLE revenue FROM deals WHERE outcome = 'won' AND account <> '' GROUP BY 1, 2
        )
        SELECT a.q, count(*), count(b.account), sum(a.revenue), sum(least(a.revenue, b.revenue)) FILTER (b.account IS NOT NULL)
        FROM each a LEFT JOIN each b ON b.account = a.account AND b.q = a.q + 1 GROUP BY a.q ORDER BY a.q""",
}
"""The same counts and sums as the metrics ask for, without what they say besides: how many are open, and how many carry an amount."""


def deals(rows: int = ROWS) -> pa.Table:
    """Deals in the canonical columns, the same for the same seed."""
    random = np.random.default_rng(SEED)
    created = np.datetime64("2023-01-01") + random.integers(0, DAYS - 90, rows).astype("timedelta64[D]")
    closed = created + random.integers(1, 90, rows).astype("timedelta64[D]")
    outcome = random.choice(["won", "lost", "open"], rows, p=[0.3, 0.5, 0.2])
    names = np.char.add("Account ", np.arange(ACCOUNTS).astype(str))
    cents = random.integers(10_000, 5_000_000, rows)
    return stored(
        "deal",
        id=pa.array(np.arange(rows)).cast(pa.string()),
        account=pa.array(names[random.integers(0, ACCOUNTS, rows)]),
        owner=pa.array(random.choice([f"Seller {number}" for number in range(40)], rows)),
        created=pa.array(created.astype("datetime64[us]")),
        closed=pc.if_else(pa.array(outcome == "open"), None, pa.array(closed.astype("datetime64[us]"))),
        outcome=pa.array(outcome),
        amount=pa.array(cents / 100),
        source=pa.array(random.choice(["Web", "Referral", "Event", "Partner"], rows)),
        s0=pa.chunked_array([pa.array(random.choice(["North", "South", "East", "West", "Centre"], rows))]),
    )


def asked(snapshot: Snapshot) -> dict[str, Callable[[], list[tuple[Any, ...]]]]:
    """Each number through the app's metrics, as the rows that the SQL gives."""
    revenue = growth.revenue_of(None, snapshot)
    if isinstance(revenue, Absent):
        raise AssertionError(revenue.reason)

    def overall() -> list[tuple[Any, ...]]:
        rate = win_rate.overall(snapshot, COUNT, ALL)
        return [_rate(rate)]

    def accounts(span: tuple[date, date]) -> list[tuple[Any, ...]]:
        found = win_rate.by_account(snapshot, COUNT, Filters(*span))
        return list(zip(found.accounts, found.won, found.closed, strict=True))

    def by_quarter() -> list[tuple[Any, ...]]:
        return [(_index(p.period.start), *_rate(p.rate)) for p in _there(win_rate.over_time(snapshot, COUNT, ALL, grain="quarter"))]

    def money(of: Revenue) -> list[tuple[Any, ...]]:
        return [(_index(p.period.start), p.revenue, p.records) for p in _there(growth.over_time(of, ALL, grain="quarter"))]

    def again(of: Revenue) -> list[tuple[Any, ...]]:
        found = _there(retention.repeat_over_time(of, ALL, grain="quarter"))
        return [
            (_index(step.period.start), step.at_start, step.kept, step.revenue_at_start, step.gross * step.revenue_at_start)
            for step in found
        ]

    return {
        "win rate": overall,
        "win rate by quarter": by_quarter,
        "win rate by segment": lambda: [(group.group, *_rate(group.rate)) for group in win_rate.by_group(snapshot, COUNT, ALL, by="s0")],
        "revenue by quarter": lambda: money(revenue),
        "accounts before": lambda: accounts(BEFORE),
        "accounts after": lambda: accounts(AFTER),
        "bought again by quarter": lambda: again(revenue),
    }


def measure() -> list[str]:
    """Lines of the report: medians of several rounds after one that warms up, and their ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = Engine(folder)
        snapshot = opened(engine, folder, "deal", deals())
        bare = duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY})
        bare.execute(f"CREATE VIEW deals AS SELECT * FROM read_parquet('{snapshot.path}')")
        numbers = asked(snapshot)
        ours: dict[str, list[float]] = {what: [] for what in SQL}
        hand: dict[str, list[float]] = {what: [] for what in SQL}
        for turn in range(ROUNDS + 1):
            for what, query in SQL.items():
                began = time.perf_counter()
                expected = bare.execute(query).fetchall()
                between = time.perf_counter()
                found = numbers[what]()
                ended = time.perf_counter()
                _same(what, found, expected)
                if turn:
                    hand[what].append(between - began)
                    ours[what].append(ended - between)
        bare.close()
        engine.close()
    lines = [_line(what, statistics.median(ours[what]), statistics.median(hand[what])) for what in SQL]
    totals = [statistics.median(map(sum, zip(*times.values(), strict=True))) for times in (ours, hand)]
    return [*lines, f"{_line('all numbers of 1,000,000 deals', *totals)} (goal 1.50)"]


def _same(what: str, found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
    if what == "bought again by quarter":
        # Nobody can have come back in the quarter after the last.
        expected = expected[:-1]
    if len(found) != len(expected) or not all(
        _close(a, b) for one, two in zip(found, expected, strict=True) for a, b in zip(one, two, strict=True)
    ):
        raise AssertionError(f"{what}: the app found {found[:3]} …, the SQL {expected[:3]} …")


def _close(ours: Any, hand: Any) -> bool:
    # Months are added up to quarters, and shares are multiplied out again, so the last digits of amounts may differ.
    return isclose(ours, hand, rel_tol=1e-9) if isinstance(ours, float) else bool(ours == hand)


def _rate(rate: WinRate) -> tuple[int, int, float, float]:
    return rate.won, rate.closed, rate.won_amount, rate.closed_amount


def _there(found: Any) -> Any:
    if isinstance(found, Absent):
        raise AssertionError(found.reason)
    return found


def _index(start: date) -> int:
    return start.year * 4 + (start.month - 1) // 3


def _line(what: str, ours: float, hand: float) -> str:
    return f"{what:<32} SQL {hand * 1000:7.1f} ms   this app {ours * 1000:7.1f} ms   ratio {ours / hand:.2f}"
