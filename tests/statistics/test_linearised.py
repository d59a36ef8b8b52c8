"""Ranges of ratios of sums from the sums alone."""

from __future__ import annotations

import pytest

from app.statistics.intervals import Absent, Interval
from app.statistics.linearised import RatioSums, linear_interval, linear_ratio_interval

# Ten deals of 100, four of them won: Σy = 400, Σx = 1,000, Σy² = Σxy = 40,000, Σx² = 100,000.
TEN = RatioSums(10, 400.0, 1_000.0, 40_000.0, 40_000.0, 100_000.0)


def test_equal_amounts_give_nearly_the_textbook_range_of_a_proportion() -> None:
    # Σ(y - .4x)² = 40,000 - .8·40,000 + .16·100,000 = 24,000; sqrt(24,000 · 10 / 9) / 1,000 = .1633 (Cochran 1977, 6.3);
    # .4 ± 1.96 · .1633 is .0799 to .7201.
    found = linear_interval(TEN)
    assert isinstance(found, Interval)
    assert (found.low, found.high, found.method) == (
        pytest.approx(0.0799, abs=5e-5),
        pytest.approx(0.7201, abs=5e-5),
        "linearised, by record",
    )


def test_the_ratio_of_two_adds_their_variances_on_the_log_scale() -> None:
    # Both have a relative error of .1633 / .4 = .40825; sqrt(2) · .40825 = .57735, and exp(±1.96 · .57735) is .3225 to 3.1005.
    found = linear_ratio_interval(TEN, TEN)
    assert isinstance(found, Interval)
    assert (found.low, found.high) == pytest.approx((0.32253, 3.10049), abs=5e-4)


@pytest.mark.parametrize(
    ("sums", "code"),
    [(RatioSums(4, 1.0, 2.0, 1.0, 1.0, 2.0), "too_few"), (RatioSums(9, 0.0, 0.0, 0.0, 0.0, 0.0), "zero_baseline")],
    ids=["four records", "nothing closed"],
)
def test_where_there_is_no_range(sums: RatioSums, code: str) -> None:
    for found in (linear_interval(sums), linear_ratio_interval(sums, TEN), linear_ratio_interval(TEN, sums)):
        assert isinstance(found, Absent)
        assert found.code == code


def test_nothing_is_a_multiple_of_nothing_won() -> None:
    found = linear_ratio_interval(TEN, RatioSums(10, 0.0, 1_000.0, 0.0, 0.0, 100_000.0))
    assert isinstance(found, Absent)
    assert found.code == "zero_baseline"
