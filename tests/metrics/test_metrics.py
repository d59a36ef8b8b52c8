"""The metrics on small tables whose answers can be counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from app.errors import NotFound
from app.metrics import engine as engines
from app.metrics import growth, leads, retention, traffic, win_rate
from app.metrics.engine import Engine
from app.metrics.model import BLANK, Definition, Filters
from app.metrics.periods import Coverage, Period, coverage_of, month_index, period_of, periods_between, whole_months
from app.statistics.intervals import Absent
from app.tables import SnapshotInfo
from tests.metrics.canonical import snapshot

ALL = Filters()


def deal(outcome: str, closed: str | None, amount: float | None = None, *, account: str = "A", **more: object) -> dict[str, object]:
    return {"outcome": outcome, "closed": closed, "created": "2025-01-01", "amount": amount, "account": account, **more}


DEALS = [
    deal("won", "2025-01-10", 100, source="Web", s0="North"),
    deal("won", "2025-02-10", 300, source="Web", s0="South", account="B"),
    deal("lost", "2025-03-31T23:59:59", 50, source="", s0="South", account="B"),
    deal("won", "2025-04-01", 200, source="Mail", s0="North"),
    deal("lost", "2025-05-05", 150, source=None, s0="North"),
    deal("no_decision", "2025-06-28", 400, source="Mail", s0="North"),
    deal("open", None, 999, source="Mail", s0="North"),
    deal("ignored", "2025-06-01", 999, source="Mail", s0="North"),
]


def test_win_rate_by_every_definition(tmp_path: Path) -> None:
    deals = snapshot(tmp_path, "deal", DEALS)
    got = win_rate.overall(deals, Definition(), ALL)
    # won 3, lost 2, one no decision, one open; the ignored one is nowhere: 3 / 5.
    assert (got.value, got.won, got.closed, got.lost, got.no_decision, got.open) == (0.6, 3, 5, 2, 1, 1)
    assert got.small
    assert win_rate.overall(deals, Definition(no_decision="in"), ALL).value == 3 / 6
    # 600 / (600 + 200), and with no decision 600 / 1200.
    assert win_rate.overall(deals, Definition(weight="value"), ALL).value == 0.75
    assert win_rate.overall(deals, Definition(weight="value", no_decision="in"), ALL).value == 0.5
    dial = win_rate.dial(deals, Definition(), ALL)
    assert len(dial) == 8
    assert {d.moved for d in dial if d.definition == Definition()} == {0.0}
    assert next(d.moved for d in dial if d.definition == Definition(no_decision="in")) == pytest.approx(-0.1)


def test_win_rate_over_time_and_by_group(tmp_path: Path) -> None:
    deals = snapshot(tmp_path, "deal", DEALS, segments={"s0": "Region"})
    quarters = win_rate.over_time(deals, Definition(), ALL, grain="quarter")
    assert not isinstance(quarters, Absent)
    # A deal on the last second of March belongs to the first quarter.
    assert [(q.period.label, q.rate.won, q.rate.closed) for q in quarters] == [("2025 Q1", 2, 3), ("2025 Q2", 1, 2)]
    groups = win_rate.by_group(deals, Definition(), ALL, by="s0")
    assert [(g.group, g.rate.won, g.rate.closed) for g in groups] == [("North", 2, 3), ("South", 1, 2)]
    sources = win_rate.by_group(deals, Definition(), ALL, by="source")
    assert [(g.group, g.rate.won, g.rate.closed) for g in sources] == [(BLANK, 0, 2), ("Web", 2, 2), ("Mail", 1, 1)]
    north = Filters(where=(("s0", ("North",)),))
    assert win_rate.overall(deals, Definition(), north).closed == 3
    blank_or_mail = Filters(where=(("source", (BLANK, "Mail")),))
    assert win_rate.overall(deals, Definition(), blank_or_mail).closed == 3
    spring = Filters(date(2025, 4, 1), date(2025, 5, 5))
    assert (win_rate.overall(deals, Definition(), spring).won, win_rate.overall(deals, Definition(), spring).closed) == (1, 1)


def test_a_file_with_wins_only_has_no_win_rate(tmp_path: Path) -> None:
    deals = snapshot(tmp_path, "deal", [d for d in DEALS if d["outcome"] in ("won", "open")])
    got = win_rate.overall(deals, Definition(), ALL)
    assert got.value is None
    assert got.interval is None
    assert got.absent == win_rate.WINS_ONLY


def test_lost_deals_without_amounts_allow_no_rate_by_value(tmp_path: Path) -> None:
    deals = snapshot(tmp_path, "deal", [{**d, "amount": 0} if d["outcome"] == "lost" else d for d in DEALS])
    assert win_rate.overall(deals, Definition(weight="value"), ALL).absent == win_rate.NO_AMOUNT_ON_LOST
    assert win_rate.overall(deals, Definition(), ALL).value == 0.6


def test_revenue_growth_leaves_partial_periods_out(tmp_path: Path) -> None:
    lines = [
        {"customer": c, "date": f"{y}-{m:02}-15", "amount": 100 + y - 2023, "id": f"{c}{y}{m}"}
        for y in (2023, 2024)
        for m in range(1, 13)
        for c in "ABCDEF"
    ]
    lines += [{"customer": "A", "date": "2025-01-03", "amount": 7, "id": "late"}]
    revenue = growth.revenue_of(
        snapshot(tmp_path, "revenue_line", lines, first="2023-01-01", last="2025-01-03", extracted="2025-01-03"), None
    )
    assert not isinstance(revenue, Absent)
    years = growth.over_time(revenue, ALL, grain="year")
    assert not isinstance(years, Absent)
    # 72 × 100 and 72 × 101; 2025 has three days.
    assert [(y.period.label, y.partial, y.revenue) for y in years] == [
        ("2023", False, 7200.0),
        ("2024", False, 7272.0),
        ("2025", True, 7.0),
    ]
    assert years[1].growth == pytest.approx(0.01)
    assert years[2].growth is None
    assert years[2].absent == growth.PARTIAL
    last = growth.last_year(revenue, ALL)
    assert not isinstance(last, Absent)
    assert (last.earlier, last.later) == ((date(2023, 1, 1), date(2024, 1, 1)), (date(2024, 1, 1), date(2025, 1, 1)))
    assert last.value == pytest.approx(0.01)
    assert last.interval is not None
    # Every account grew by exactly one percent, so the range has no width.
    assert (last.interval.low, last.interval.high) == pytest.approx((0.01, 0.01))
    cagr = growth.yearly(revenue, ALL)
    assert (cagr.years, cagr.value) == (2, pytest.approx(0.01))


def test_cents_stay_exact(tmp_path: Path) -> None:
    lines = [{"customer": "A", "date": "2025-01-15", "amount": "0.10", "id": str(i)} for i in range(1000)]
    revenue = growth.revenue_of(snapshot(tmp_path, "revenue_line", lines), None)
    assert not isinstance(revenue, Absent)
    assert growth.by_month(revenue, ALL) == {month_index(date(2025, 1, 1)): (100.0, 1000)}


CUSTOMERS: list[dict[str, Any]] = [
    {"id": "1", "started": "2023-01-01", "churned": None, "has_churned": False, "revenue": 100},
    {"id": "2", "started": "2023-01-01", "churned": "2024-06-30", "has_churned": True, "revenue": 300},
    {"id": "3", "started": "2023-12-31", "churned": None, "has_churned": False, "revenue": 100},
    {"id": "4", "started": "2024-02-01", "churned": "2024-03-01", "has_churned": True, "revenue": 50},
    {"id": "5", "started": "2023-05-01", "churned": None, "has_churned": True, "revenue": 70},
]


def test_logo_retention_counts_those_there_at_the_start(tmp_path: Path) -> None:
    customers = snapshot(tmp_path, "customer", CUSTOMERS, extracted="2024-12-31")
    got = retention.contracts_in_span(customers, ALL, start=date(2024, 1, 1), end=date(2025, 1, 1))
    # 1, 2 and 3 were there on 1 January; 2 left; 4 came later; 5 is gone without a day and cannot be placed.
    assert (got.kept, got.at_start, got.lost) == (2, 3, 1)
    assert got.value == pytest.approx(2 / 3)
    assert got.gross == pytest.approx(200 / 500)
    assert got.net_absent == retention.CONSTANT
    years = retention.contracts_over_time(customers, ALL, grain="year")
    assert not isinstance(years, Absent)
    assert [(y.period and y.period.label, y.kept, y.at_start, y.partial) for y in years] == [("2024", 2, 3, False)]
    times = retention.lifetimes(customers, ALL)
    assert not isinstance(times, Absent)
    months, gone = times
    assert sorted(zip(months, gone, strict=True)) == [(1.0, True), (12.0, False), (17.0, True), (23.0, False)]


def test_retention_from_a_flag(tmp_path: Path) -> None:
    rows = [{"id": str(i), "has_churned": i < 3, "revenue": 10, "tenure_months": float(i), "s0": "x" if i % 2 else "y"} for i in range(10)]
    customers = snapshot(tmp_path, "customer", rows, segments={"s0": "Plan"})
    assert retention.kind_of(customers, growth.NO_REVENUE) == "flag"
    got = retention.flagged(customers, ALL)
    assert (got.kept, got.at_start, got.value, got.gross) == (7, 10, 0.7, 0.7)
    by_plan = retention.flagged_by_group(customers, ALL, by="s0")
    assert [(g.group, g.retention.kept, g.retention.at_start) for g in by_plan] == [("x", 4, 5), ("y", 3, 5)]
    times = retention.lifetimes(customers, ALL)
    assert not isinstance(times, Absent)
    months, gone = times
    assert (sum(gone), len(months)) == (3, 10)


def test_a_list_of_present_customers_is_no_retention(tmp_path: Path) -> None:
    stayers = [{**c, "churned": None, "has_churned": False} for c in CUSTOMERS]
    customers = snapshot(tmp_path, "customer", stayers)
    assert retention.kind_of(customers, growth.NO_REVENUE) == retention.NOBODY_LEFT


def test_repeat_purchases_leave_cancelled_and_blank_out(tmp_path: Path) -> None:
    lines = [
        {"id": "1", "customer": "A", "date": "2025-01-05", "amount": 100},
        {"id": "2", "customer": "A", "date": "2025-04-05", "amount": 40},
        {"id": "3", "customer": "B", "date": "2025-02-05", "amount": 100},
        {"id": "C4", "customer": "B", "date": "2025-05-05", "amount": -10, "cancelled": True},
        {"id": "5", "customer": "", "date": "2025-01-05", "amount": 5},
        {"id": "6", "customer": "C", "date": "2025-03-05", "amount": 10},
        {"id": "6", "customer": "C", "date": "2025-03-05", "amount": 10},
        {"id": "7", "customer": "C", "date": "2025-06-29", "amount": 50},
    ]
    revenue = growth.revenue_of(snapshot(tmp_path, "revenue_line", lines), None)
    assert not isinstance(revenue, Absent)
    quarters = retention.repeat_over_time(revenue, ALL, grain="quarter")
    assert not isinstance(quarters, Absent)
    first = quarters[0]
    # A, B and C bought in the first quarter; A and C again; B only cancelled.
    assert (first.kept, first.at_start) == (2, 3)
    # Revenue of the three: 100 + 100 + 20 = 220; afterwards 40 + 50 = 90, of which no customer keeps more than before: 40 + 20.
    assert (first.revenue_at_start, first.net, first.gross) == (220.0, pytest.approx(90 / 220), pytest.approx(60 / 220))
    again = retention.repeat_purchase_rate(revenue.snapshot, ALL)
    assert (again.kept, again.at_start) == (2, 3)
    halves = retention.repeat_in_span(revenue, ALL, start=date(2025, 1, 1), end=date(2025, 7, 1))
    assert (halves.kept, halves.at_start) == (2, 3)


LEADS: list[dict[str, Any]] = [
    {
        "id": "1",
        "created": "2025-01-01T10:00",
        "first_contact_at": "2025-01-01T10:04",
        "converted": True,
        "converted_at": "2025-01-20",
        "source": "Web",
    },
    {"id": "2", "created": "2025-01-01T10:00", "first_contact_at": "2025-01-01T12:00", "converted": False, "source": "Web"},
    {
        "id": "3",
        "created": "2025-02-01T10:00",
        "first_contact_at": "2025-02-01T09:00",
        "converted": True,
        "converted_at": "2025-04-20",
        "source": "Mail",
    },
    {"id": "4", "created": "2025-06-01T10:00", "first_contact_at": None, "converted": False, "source": None},
]


def test_leads(tmp_path: Path) -> None:
    found = snapshot(tmp_path, "lead", LEADS)
    got = leads.overall(found, ALL)
    assert (got.converted, got.leads, got.value, got.within_30_days, got.within_90_days) == (2, 4, 0.5, 1, 2)
    assert [(g.group, g.conversion.converted, g.conversion.leads) for g in leads.by_group(found, ALL, by="source")] == [
        ("Web", 1, 2),
        (BLANK, 0, 1),
        ("Mail", 1, 1),
    ]
    cohorts = leads.over_time(found, ALL, grain="quarter")
    assert not isinstance(cohorts, Absent)
    assert [(c.period.label, c.conversion.leads, c.young) for c in cohorts] == [("2025 Q1", 3, True), ("2025 Q2", 1, True)]
    times = leads.follow_up(found, ALL)
    # Minutes 4, 120 and -60: the median is 4, the mean 64 / 3; the negative one counts in neither share.
    assert (times.contacted, times.negative, times.median, times.mean) == (3, 1, 4.0, pytest.approx(64 / 3))
    assert (times.within_5_minutes, times.within_1_hour, times.within_24_hours) == (1, 1, 2)


def test_leads_that_tell_nothing_say_so(tmp_path: Path) -> None:
    found = snapshot(tmp_path, "lead", [{"id": "1", "created": "2025-01-01"}])
    assert leads.overall(found, ALL).absent == leads.NO_RESULT
    assert leads.follow_up(found, ALL).absent == leads.NO_CONTACT


def test_visits(tmp_path: Path) -> None:
    rows = [{"date": "2025-01-01", "sessions": 10, "source": "Direct"}, {"date": "2025-02-28", "sessions": 5, "source": "Mail"}]
    got = traffic.visits(snapshot(tmp_path, "traffic", rows), ALL, grain="month")
    assert (got.sessions, got.by_source) == (15, (("Direct", 10), ("Mail", 5)))
    assert [(p.period.label, p.sessions) for p in got.by_period] == [("Jan 2025", 10), ("Feb 2025", 5)]


def test_periods() -> None:
    assert period_of(date(2024, 2, 29), "quarter") == Period(date(2024, 1, 1), date(2024, 4, 1), "quarter")
    assert [p.label for p in periods_between(date(2024, 11, 5), date(2025, 2, 1), "month")] == [
        "Nov 2024",
        "Dec 2024",
        "Jan 2025",
        "Feb 2025",
    ]
    assert Coverage(date(2017, 3, 1), date(2017, 12, 31)).covers(period_of(date(2017, 3, 1), "quarter")) is False
    assert Coverage(date(2017, 1, 3), date(2017, 12, 29)).covers(period_of(date(2017, 1, 1), "year")) is True
    assert whole_months(Coverage(date(2025, 1, 10), date(2025, 4, 10))) == (date(2025, 2, 1), date(2025, 4, 1))
    # Eleven records a year: a gap of a hundred days means nothing.
    assert coverage_of(date(2025, 1, 1), date(2025, 12, 31), records=11).slack == 100


def test_the_engine_reads_its_folder_and_nothing_else(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    engine = Engine(tmp_path / "cache")
    for statement in (
        f"SELECT * FROM read_csv('{secret}')",
        "SET memory_limit = '20GB'",
        "INSTALL httpfs",
        f"COPY (SELECT 1) TO '{tmp_path / 'out.csv'}'",
        f"ATTACH '{tmp_path / 'other.db'}'",
    ):
        with pytest.raises(Exception, match=r"(?i)permission|configuration|disabled|locked"):
            engine._backend.raw_sql(statement)
    assert not (tmp_path / "out.csv").exists()
    with pytest.raises(NotFound):
        engine.open(tmp_path / "cache" / "none.parquet", info=SnapshotInfo("deal", 0), sha256="0" * 64)


def test_a_connection_is_made_anew_after_some_queries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its doors shut; expressions of before are counted, and those of tables that have gone meanwhile are not."""
    monkeypatch.setattr(engines, "QUERIES", 3)
    monkeypatch.setattr(engines, "MOST_TABLES", 1)
    deals = snapshot(tmp_path, "deal", DEALS)
    engine = deals.engine
    first = win_rate.overall(deals, Definition(), ALL)
    before = engine._backend.con
    waiting = deals.table.aggregate(n=deals.table.count())
    for _ in range(4):
        assert win_rate.overall(deals, Definition(), ALL) == first
        assert engine.collect(waiting) == [{"n": len(DEALS)}]
    assert engine._backend.con is not before
    with pytest.raises(Exception, match=r"(?i)permission|disabled"):
        engine._backend.raw_sql("SELECT * FROM read_csv('/etc/passwd')")
    other = engine.open(deals.path, info=deals.info, sha256="f" * 64)
    for _ in range(4):
        engine.collect(other.table.aggregate(n=other.table.count()))
    with pytest.raises(NotFound, match="Load the page again"):
        engine.collect(waiting)


def test_threads_take_turns(tmp_path: Path) -> None:
    deals = snapshot(tmp_path, "deal", DEALS)
    found: list[float | None] = []

    def ask() -> None:
        for _ in range(5):
            found.append(win_rate.overall(deals, replace(Definition()), ALL).value)

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [0.6] * 40
