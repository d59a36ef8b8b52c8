"""What goes wrong quietly: partial spans, undated leavers, fractions of a second, many groups, files that vanish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.errors import NotComputable, NotFound
from app.metrics import expressions, growth, leads, retention, win_rate
from app.metrics.engine import Engine, Snapshot
from app.metrics.growth import Revenue
from app.metrics.model import BLANK, OTHERS, Definition, Filters
from app.statistics.intervals import Absent
from tests.metrics.canonical import info_of, opened, stored

Open = Callable[..., Snapshot]
ALL = Filters()
COUNT = Definition()
VALUE = Definition(weight="value")
IN = Definition(no_decision="in")


def days(*found: tuple[str, str], amount: str | None = "10") -> dict[str, list[Any]]:
    """Columns of deals from (outcome, day of closing)."""
    return {
        "outcome": [outcome for outcome, _ in found],
        "closed": [day for _, day in found],
        "created": ["2024-12-01"] * len(found),
        "amount": [amount] * len(found),
        "account": [f"A{i}" for i in range(len(found))],
    }


def test_wins_beside_deals_without_a_decision_have_a_rate_only_when_those_count(open_table: Open) -> None:
    deals = open_table("deal", **days(("won", "2025-01-10"), ("won", "2025-02-10"), ("no_decision", "2025-03-10")))
    assert win_rate.overall(deals, COUNT, ALL).absent == win_rate.WINS_ONLY
    # 2 of 3.
    assert win_rate.overall(deals, IN, ALL).value == 2 / 3


def test_losses_only_are_refused_too(open_table: Open) -> None:
    deals = open_table("deal", **days(("lost", "2025-01-10"), ("lost", "2025-02-10")))
    assert win_rate.overall(deals, COUNT, ALL).absent == win_rate.LOSSES_ONLY


def test_chosen_days_make_a_period_partial(open_table: Open) -> None:
    found = [("won" if m % 2 else "lost", f"2025-{m:02}-{d:02}") for m in range(1, 13) for d in (1, 15, 28)]
    deals = open_table("deal", **days(*found))
    chosen = Filters(date(2025, 2, 10), date(2025, 10, 1))
    quarters = win_rate.over_time(deals, COUNT, chosen, grain="quarter")
    assert not isinstance(quarters, Absent)
    # The first quarter keeps 15 and 28 February (lost) and all of March (won); the other two lie inside the days chosen.
    assert [(q.period.label, q.partial, q.rate.won, q.rate.closed) for q in quarters] == [
        ("2025 Q1", True, 3, 5),
        ("2025 Q2", False, 3, 9),
        ("2025 Q3", False, 6, 9),
    ]
    revenue = growth.revenue_of(None, deals)
    assert isinstance(revenue, Revenue)
    sums = growth.over_time(revenue, chosen, grain="quarter")
    assert not isinstance(sums, Absent)
    # Q1 is cut, so the step from it is not measured; then 30 → 60 is +100 %.
    assert [(p.period.label, p.revenue, p.growth, p.absent and p.absent.code) for p in sums] == [
        ("2025 Q1", 30.0, None, "no_earlier"),
        ("2025 Q2", 30.0, None, "partial_period"),
        ("2025 Q3", 60.0, 1.0, None),
    ]
    cohorts = leads.over_time(
        open_table("lead", created=[f"2025-{m:02}-{d:02}" for m in range(1, 13) for d in (1, 15, 28)], converted=[True] * 36),
        chosen,
        grain="quarter",
    )
    assert not isinstance(cohorts, Absent)
    assert [(c.period.label, c.partial, c.conversion.leads) for c in cohorts] == [
        ("2025 Q1", True, 5),
        ("2025 Q2", False, 9),
        ("2025 Q3", False, 9),
    ]


def test_cohorts_of_creation_tell_how_many_deals_are_still_open(open_table: Open) -> None:
    deals = open_table(
        "deal",
        outcome=["won", "lost", "open", "open"],
        created=["2025-01-05", "2025-01-06", "2025-04-05", "2025-01-07"],
        closed=["2025-02-01", "2025-03-01", None, None],
    )
    quarters = win_rate.over_time(deals, Definition(by_date="created"), ALL, grain="quarter")
    assert not isinstance(quarters, Absent)
    assert [(q.period.label, q.rate.value, q.rate.closed, q.rate.open, q.rate.absent and q.rate.absent.code) for q in quarters] == [
        ("2025 Q1", 0.5, 2, 1, None),
        ("2025 Q2", None, 0, 1, "nothing_closed"),
    ]


def test_a_rate_by_value_has_an_interval_or_says_why_not(open_table: Open) -> None:
    found = [("won" if i % 2 else "lost", f"2025-01-{i:02}") for i in range(1, 13)]
    named = open_table("deal", **days(*found))
    rate = win_rate.overall(named, VALUE, ALL)
    assert rate.value == 0.5
    assert rate.interval is not None
    assert rate.interval.low < 0.5 < rate.interval.high
    assert rate.interval_absent is None
    nameless = open_table("deal", **{**days(*found), "account": [None] * 6 + [""] * 6})
    rate = win_rate.overall(nameless, VALUE, ALL)
    # Without accounts each deal stands for itself. Twelve equal amounts, six won: sqrt((6 - 6 + 3) · 12 / 11) / 12 = .1508, and
    # .5 ± 1.96 · .1508 is .2045 to .7955 (Cochran 1977, 6.3).
    assert rate.interval is not None
    assert (rate.interval.low, rate.interval.high) == pytest.approx((0.2045, 0.7955), abs=5e-5)
    few = open_table("deal", **days(*found[:4]))
    rate = win_rate.overall(few, VALUE, ALL)
    assert (rate.value, rate.interval, rate.interval_absent and rate.interval_absent.code) == (0.5, None, "too_few")
    months = win_rate.over_time(named, VALUE, ALL, grain="month")
    assert not isinstance(months, Absent)
    assert [(m.rate.value, m.rate.interval_absent) for m in months] == [(0.5, win_rate.ALL_DEALS_ONLY)]


def test_won_and_closed_of_each_account(open_table: Open) -> None:
    deals = open_table(
        "deal",
        outcome=["won", "lost", "no_decision", "won", "open", "won"],
        closed=["2025-01-01", "2025-01-02", "2025-01-03", "2025-01-04", None, "2025-01-05"],
        account=["B", "B", "C", "A", "A", None],
        amount=["1.10", "2.20", "4", "8", "16", "32"],
    )
    by_count = win_rate.by_account(deals, COUNT, ALL)
    assert (by_count.accounts, by_count.won, by_count.closed) == (("A", "B"), (1.0, 1.0), (1.0, 2.0))
    by_value = win_rate.by_account(deals, replace(VALUE, no_decision="in"), ALL)
    assert (by_value.accounts, by_value.won) == (("A", "B", "C"), (8.0, 1.1, 0.0))
    assert by_value.closed == pytest.approx((8.0, 3.3, 4.0))


def test_beyond_sixty_groups_the_smallest_are_put_together(open_table: Open) -> None:
    # Group g00 has 70 deals, g01 69 … g69 one: 70 · 71 / 2 = 2,485 deals, one in each group won.
    outcome, owner = [], []
    for group in range(70):
        for deal in range(70 - group):
            outcome.append("lost" if deal else "won")
            owner.append(f"g{group:02}")
    deals = open_table("deal", outcome=outcome, owner=owner, closed=["2025-01-10"] * len(outcome))
    groups = win_rate.by_group(deals, COUNT, ALL, by="owner")
    assert len(groups) == 60
    assert [g.group for g in groups[:2]] == ["g00", "g01"]
    # g59 to g69 have 11 + 10 + … + 1 = 66 deals, 11 of them won.
    assert (groups[-1].group, groups[-1].rate.won, groups[-1].rate.closed) == (OTHERS, 11, 66)
    assert sum(g.rate.closed for g in groups) == 2485


def test_a_filter_on_nothing_lets_nothing_through(open_table: Open) -> None:
    deals = open_table("deal", **days(("won", "2025-01-10"), ("lost", "2025-02-10")), source=["Web", None])
    assert win_rate.overall(deals, COUNT, Filters(where=(("source", ()),))).absent == win_rate.NOTHING_CLOSED
    assert win_rate.overall(deals, COUNT, Filters(where=(("source", (BLANK,)),))).lost == 1


def test_a_file_of_open_deals_says_so(open_table: Open) -> None:
    deals = open_table("deal", outcome=["open", "open"], created=["2025-01-10", "2025-02-10"])
    assert win_rate.overall(deals, COUNT, ALL).absent == win_rate.ONLY_OPEN
    assert win_rate.over_time(deals, COUNT, ALL, grain="quarter") == win_rate.ONLY_OPEN


def test_a_filter_with_a_quotation_mark_is_a_value(open_table: Open) -> None:
    nasty = "x'); DROP TABLE t; --"
    deals = open_table("deal", **days(("won", "2025-01-10"), ("lost", "2025-02-10")), source=[nasty, "Web"])
    assert win_rate.overall(deals, COUNT, Filters(where=(("source", (nasty,)),))).won == 1
    assert win_rate.overall(deals, COUNT, ALL).closed == 2


def test_one_undated_leaver_does_not_hide_those_who_started_in_the_same_month(open_table: Open) -> None:
    customers = open_table(
        "customer",
        started=["2024-01-05", "2024-01-20", "2024-01-25", "2024-02-01"],
        churned=[None, None, "2024-05-01", None],
        has_churned=[False, True, True, None],
        revenue=["10", "20", "30", "40"],
    )
    # The second is gone without a day and cannot be placed; the first and the third were there on 1 April, the first on 1 July.
    quarters = retention.contracts_over_time(replace(customers, info=replace(customers.info, extracted="2024-09-30")), ALL, grain="quarter")
    assert not isinstance(quarters, Absent)
    assert [(q.period and q.period.label, q.kept, q.at_start, q.revenue_at_start) for q in quarters] == [
        ("2024 Q2", 2, 3, 80.0),
        ("2024 Q3", 2, 2, 50.0),
    ]


def test_a_leaving_day_to_come_has_not_happened(open_table: Open) -> None:
    customers = open_table("customer", started=["2024-01-05", "2024-01-20"], churned=["2024-03-01", "2026-12-31"], has_churned=[True, True])
    customers = replace(customers, info=replace(customers.info, extracted="2024-07-31"))
    times = retention.lifetimes(customers, ALL)
    assert not isinstance(times, Absent)
    # Two months until it left; six months from January to July, still there.
    assert sorted(zip(*times, strict=True)) == [(2.0, True), (6.0, False)]


def test_retention_of_a_span_that_is_not_over_is_absent(open_table: Open) -> None:
    customers = open_table(
        "customer", started=["2023-01-01", "2023-06-01"], churned=["2024-09-15", None], has_churned=[True, False], revenue=["10", "30"]
    )
    over = retention.contracts_in_span(customers, ALL, start=date(2023, 9, 1), end=date(2024, 9, 1))
    assert (over.kept, over.at_start, over.gross) == (2, 2, 1.0)
    running = retention.contracts_in_span(customers, ALL, start=date(2024, 1, 1), end=date(2025, 1, 1))
    assert (running.value, running.interval, running.absent) == (None, None, retention.PARTLY)
    # The last whole month is August 2024.
    assert retention.contracts_last_year(customers, ALL) == over


def lines(open_table: Open, *rows: tuple[str | None, str, str], **more: Any) -> Revenue:
    """Revenue lines of (customer, day, amount)."""
    revenue = growth.revenue_of(
        open_table("revenue_line", customer=[r[0] for r in rows], date=[r[1] for r in rows], amount=[r[2] for r in rows], **more), None
    )
    assert isinstance(revenue, Revenue)
    return revenue


def test_accounts_without_revenue_in_either_span_do_not_make_few_look_like_many(open_table: Open) -> None:
    first = [(f"old{i}", f"2024-12-{i + 1:02}", "5") for i in range(20)]
    rows = [*first, ("A", "2025-01-02", "100"), ("B", "2025-01-30", "50"), ("A", "2025-02-02", "120"), ("B", "2025-02-27", "60")]
    found = growth.between(
        lines(open_table, *rows),
        ALL,
        earlier=(date(2025, 1, 1), date(2025, 2, 1)),
        later=(date(2025, 2, 1), date(2025, 3, 1)),
    )
    assert (found.accounts, found.earlier_revenue, found.later_revenue) == (2, 150.0, 180.0)
    assert found.value == pytest.approx(0.2)
    assert (found.interval, found.interval_absent and found.interval_absent.code) == (None, "too_few")


def test_growth_over_three_years(open_table: Open) -> None:
    yearly = {2022: "100", 2023: "110", 2024: "144"}
    rows = [(f"C{c}", f"{year}-{month:02}-10", amount) for year, amount in yearly.items() for month in range(1, 13) for c in range(6)]
    revenue = lines(open_table, *rows)
    assert revenue.coverage is not None
    revenue = replace(revenue, coverage=replace(revenue.coverage, first=date(2022, 1, 1), last=date(2024, 12, 31)))
    found = growth.yearly(revenue, ALL, years=3)
    # 144 / 100 over two steps: √1.44 = 1.2.
    assert (found.years, found.value) == (3, pytest.approx(0.2))
    assert [(s.year, e.year, amount) for s, e, amount in found.spans] == [(2022, 2023, 7200.0), (2023, 2024, 7920.0), (2024, 2025, 10368.0)]
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((0.2, 0.2))
    short = growth.yearly(revenue, ALL, years=4)
    assert (short.years, short.value, short.absent and short.absent.code) == (3, None, "too_short")
    # 144 / 110 - 1 when only the last two years are chosen.
    assert growth.yearly(revenue, Filters(start=date(2023, 1, 1))).value == pytest.approx(144 / 110 - 1)


def test_a_history_of_less_than_two_years_is_held_against_the_same_months(open_table: Open) -> None:
    # October sells ten times as much as any other month, in both years; everything is 10 % more in the second.
    months = [(2024, m) for m in range(9, 13)] + [(2025, m) for m in range(1, 13)]
    rows = [
        (f"C{c}", f"{year}-{month:02}-10", f"{100 * (10 if month == 10 else 1) * (1.1 if (year, month) >= (2025, 9) else 1):.2f}")
        for year, month in months
        for c in range(6)
    ]
    revenue = lines(open_table, *rows)
    assert revenue.coverage is not None
    revenue = replace(revenue, coverage=replace(revenue.coverage, first=date(2024, 9, 1), last=date(2025, 12, 31)))
    found = growth.same_months(revenue, ALL)
    assert not isinstance(found, Absent)
    spans = (date(2024, 9, 1), date(2025, 1, 1)), (date(2025, 9, 1), date(2026, 1, 1))
    # 1,300 before, 1,430 since, of six customers each.
    assert (found.earlier, found.later, found.earlier_revenue, found.later_revenue) == (*spans, 7800.0, pytest.approx(8580.0))
    assert found.value == pytest.approx(0.1)
    assert growth.same_months(revenue, ALL, least=5) == growth.TOO_SHORT


def test_revenue_taken_back_is_taken_off(open_table: Open) -> None:
    revenue = lines(
        open_table, ("A", "2025-01-01", "100.10"), ("A", "2025-01-20", "-40.05"), (None, "2025-01-31", "7"), cancelled=[False, True, None]
    )
    months = growth.over_time(revenue, ALL, grain="month")
    assert not isinstance(months, Absent)
    assert [(m.period.label, round(m.revenue, 2), m.records) for m in months] == [("Jan 2025", 67.05, 3)]


def test_follow_up_with_fractions_of_a_second(open_table: Open) -> None:
    found = leads.follow_up(
        open_table(
            "lead",
            created=["2025-01-01T10:00:00.500000"] * 4,
            # Exactly five minutes, a millionth more, just before, and exactly one day.
            first_contact_at=[
                "2025-01-01T10:05:00.500000",
                "2025-01-01T10:05:00.500001",
                "2025-01-01T10:00:00.499999",
                "2025-01-02T10:00:00.500000",
            ],
        ),
        ALL,
    )
    assert (found.within_5_minutes, found.within_1_hour, found.within_24_hours, found.negative) == (1, 2, 3, 1)


def test_thirty_days_are_days_of_the_calendar(open_table: Open) -> None:
    found = leads.overall(
        open_table(
            "lead",
            created=["2025-01-01T23:59", "2025-01-01", "2025-01-01"],
            converted_at=["2025-01-31T00:01", "2025-01-31T23:59:59", "2025-02-01"],
            converted=[True, True, True],
        ),
        ALL,
    )
    assert (found.within_30_days, found.within_90_days) == (2, 3)


def test_a_file_that_has_left_the_cache_is_not_found(tmp_path: Path) -> None:
    table = stored("deal", outcome=["won", "lost"], closed=["2025-01-10", "2025-01-11"])
    engine = Engine(tmp_path)
    deals = opened(engine, tmp_path, "deal", table, info=info_of("deal", table))
    assert win_rate.overall(deals, COUNT, ALL).value == 0.5
    for path in tmp_path.glob("*.parquet"):
        path.unlink()
    with pytest.raises(NotFound, match="not on this machine"):
        win_rate.overall(deals, COUNT, ALL)
    engine.close()


def test_a_query_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    table = stored("deal", outcome=["won"] * 200_000, account=[f"A{i}" for i in range(200_000)], closed=["2025-01-10"] * 200_000)
    engine = Engine(tmp_path, seconds=0.3)
    deals = opened(engine, tmp_path, "deal", table)
    # Forty billion pairs.
    pairs = deals.table.cross_join(deals.table.view())
    endless = pairs.filter(pairs.source_row + pairs.source_row_right > 0).aggregate(n=lambda found: found.count())
    with pytest.raises(NotComputable, match="too long"):
        deals.collect(endless)
    # The next query is not disturbed.
    assert win_rate.overall(deals, COUNT, ALL).won == 200_000
    engine.close()


def test_a_snapshot_of_one_row_is_opened_twice(open_table: Open) -> None:
    first = open_table("deal", outcome=["won"], closed=["2025-01-10"])
    second = open_table("deal", outcome=["won"], closed=["2025-01-10"])
    assert first == second
    assert first.collect(expressions.deals_in_all(first.table, ALL, moment="closed")) == second.collect(
        expressions.deals_in_all(second.table, ALL, moment="closed")
    )


def test_ignored_deals_open_no_period(open_table: Open) -> None:
    deals = open_table("deal", **days(("won", "2025-01-10"), ("lost", "2025-02-10"), ("ignored", "2025-09-10")))
    months = win_rate.over_time(deals, COUNT, ALL, grain="month")
    assert not isinstance(months, Absent)
    assert [m.period.label for m in months] == ["Jan 2025", "Feb 2025"]


def test_thirty_is_not_small(open_table: Open) -> None:
    found = [("won" if i % 2 else "lost", f"2025-01-{i:02}") for i in range(1, 31)]
    assert not win_rate.overall(open_table("deal", **days(*found)), COUNT, ALL).small
    assert win_rate.overall(open_table("deal", **days(*found[:29])), COUNT, ALL).small


def test_who_leaves_after_the_period_or_is_not_marked_at_all_was_kept_in_it(open_table: Open) -> None:
    customers = open_table(
        "customer", started=["2024-01-05", "2024-01-06"], churned=["2024-07-01", None], has_churned=[True, None], revenue=["10", "20"]
    )
    customers = replace(customers, info=replace(customers.info, extracted="2024-09-30"))
    # The first left on the day after the second quarter.
    quarters = retention.contracts_over_time(customers, ALL, grain="quarter")
    assert not isinstance(quarters, Absent)
    assert [(q.period and q.period.label, q.kept, q.at_start) for q in quarters] == [("2024 Q2", 2, 2), ("2024 Q3", 1, 2)]
    spring = retention.contracts_in_span(customers, ALL, start=date(2024, 4, 1), end=date(2024, 7, 1))
    assert (spring.kept, spring.at_start, spring.gross) == (2, 2, 1.0)


def test_a_cohort_is_young_for_ninety_days(open_table: Open) -> None:
    found = open_table("lead", created=["2025-01-15", "2025-02-15", "2025-03-15", "2025-05-02"], converted=[True, False, True, False])
    cohorts = leads.over_time(found, ALL, grain="month")
    assert not isinstance(cohorts, Absent)
    # January ends on 1 February, 90 days later is 2 May, the last day known; February ends 28 days later.
    assert [(c.period.label, c.young) for c in cohorts] == [
        ("Jan 2025", False),
        ("Feb 2025", True),
        ("Mar 2025", True),
        ("Apr 2025", True),
        ("May 2025", True),
    ]
