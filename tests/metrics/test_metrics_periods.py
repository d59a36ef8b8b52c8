"""Periods tile the calendar; what is partial follows from the days the data cover."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.metrics.periods import (
    GRAINS,
    Coverage,
    Grain,
    coverage_of,
    first_day,
    month_index,
    months_before,
    period_of,
    period_of_month,
    periods_between,
    whole_months,
)

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@given(DAYS, st.sampled_from(GRAINS))
def test_a_day_lies_in_its_period_and_periods_touch(day: date, grain: Grain) -> None:
    period = period_of(day, grain)
    assert period.start <= day < period.end
    assert period.next().start == period.end
    assert period.next().previous() == period
    assert period_of_month(month_index(day), grain) == period
    assert first_day(month_index(day)) == day.replace(day=1)


@given(DAYS, st.integers(0, 3000), st.sampled_from(GRAINS))
def test_periods_between_two_days_have_no_gap(first: date, length: int, grain: Grain) -> None:
    last = min(first + timedelta(days=length), date(2091, 12, 31))
    periods = periods_between(first, last, grain)
    assert periods[0] == period_of(first, grain)
    assert periods[-1] == period_of(last, grain)
    assert all(a.end == b.start for a, b in pairwise(periods))


@pytest.mark.parametrize(("grain", "label"), [("month", "May 2017"), ("quarter", "2017 Q2"), ("year", "2017")])
def test_labels(grain: Grain, label: str) -> None:
    assert period_of(date(2017, 5, 31), grain).label == label


def test_a_long_weekend_is_no_gap_but_a_missing_month_is() -> None:
    # Daily records from Tuesday 3 January to Friday 29 December 2017.
    daily = coverage_of(date(2017, 1, 3), date(2017, 12, 29), records=1000)
    assert daily.slack == 4
    assert [daily.covers(p) for p in periods_between(daily.first, daily.last, "quarter")] == [True, True, True, True]
    late = coverage_of(date(2017, 3, 1), date(2017, 12, 31), records=6711)
    assert [late.covers(p) for p in periods_between(late.first, late.last, "quarter")] == [False, True, True, True]
    early = coverage_of(date(2017, 1, 2), date(2017, 12, 9), records=6711)
    assert [early.covers(p) for p in periods_between(early.first, early.last, "quarter")] == [True, True, True, False]


def test_rare_records_get_more_slack_but_never_more_than_a_third() -> None:
    # Twelve records in a year: 365 / 12 · 3 = 91 days, of which a month allows 31 // 3 = 10 and a quarter 30.
    rare = coverage_of(date(2025, 1, 1), date(2025, 12, 31), records=12)
    assert rare.slack == 91
    assert Coverage(date(2025, 1, 11), date(2025, 12, 31), 91).covers(period_of(date(2025, 1, 1), "month"))
    assert not Coverage(date(2025, 1, 12), date(2025, 12, 31), 91).covers(period_of(date(2025, 1, 1), "month"))
    assert Coverage(date(2025, 1, 31), date(2025, 12, 31), 91).covers(period_of(date(2025, 1, 1), "quarter"))
    assert not Coverage(date(2025, 2, 1), date(2025, 12, 31), 91).covers(period_of(date(2025, 1, 1), "quarter"))


def test_chosen_days_cut_without_slack() -> None:
    whole = Coverage(date(2025, 1, 1), date(2025, 12, 31))
    first = period_of(date(2025, 1, 1), "quarter")
    assert whole.chosen(date(2025, 1, 1), date(2025, 4, 1)).covers(first)
    assert not whole.chosen(date(2025, 1, 2), None).covers(first)
    assert not whole.chosen(None, date(2025, 3, 31)).covers(first)
    assert whole_months(whole.chosen(date(2025, 1, 2), date(2025, 6, 30))) == (date(2025, 2, 1), date(2025, 6, 1))


def test_months_before() -> None:
    assert months_before(date(2025, 3, 31), 12) == date(2024, 3, 1)
    assert months_before(date(2025, 1, 15), 1) == date(2024, 12, 1)
