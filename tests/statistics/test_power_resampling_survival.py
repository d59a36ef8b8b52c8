"""Sample sizes, money by account, and survival, against published or independently computed values."""

from __future__ import annotations

import numpy as np
import pytest

from app.statistics.intervals import Absent, Interval
from app.statistics.power import closings_still_needed, sample_size_per_arm
from app.statistics.ratios import ratio_interval
from app.statistics.resampling import ratio_of_rates_interval, ratio_of_sums_interval
from app.statistics.survival import kaplan_meier, log_rank


@pytest.mark.parametrize(("base", "n"), [(0.15, 708), (0.21, 461), (0.25, 363), (0.30, 277), (0.473, 119)])
def test_sample_sizes(base: float, n: int) -> None:
    # To detect a ratio of 1.38 with 80 % power, one-sided .025.
    assert sample_size_per_arm(base, 1.38) == n


def test_needed_is_where_the_interval_lets_go_of_one_end() -> None:
    needed = closings_still_needed(120, 400, 96, 400, ratio=1.38)
    assert isinstance(needed, int)
    assert needed > 0

    def is_open(more: int) -> bool:
        interval = ratio_interval(round(0.3 * (400 + more)), 400 + more, 96, 400)
        return interval.contains(1.0) and interval.contains(1.38)

    assert not is_open(needed)
    assert is_open(needed - max(2, needed // 100))


def test_needed_of_a_settled_comparison_is_none_more() -> None:
    assert closings_still_needed(600, 1000, 400, 1000, ratio=1.38) == 0


def test_a_small_past_can_never_be_outgrown() -> None:
    got = closings_still_needed(12, 40, 5, 20, ratio=1.38)
    assert isinstance(got, Absent)
    assert got.code == "never_settled"


def test_money_by_account_agrees_with_the_linearised_error() -> None:
    random = np.random.default_rng(3)
    before = random.lognormal(8, 1, 4000)
    after = before * random.lognormal(0.1, 0.3, 4000)
    got = ratio_of_sums_interval(after.tolist(), before.tolist())
    assert isinstance(got, Interval)
    assert got.method == "resampled by account"
    ratio = after.sum() / before.sum()
    error = np.sqrt(((after - ratio * before) ** 2).sum() * 4000 / 3999) / before.sum()
    assert (got.low, got.high) == pytest.approx((ratio - 1.96 * error, ratio + 1.96 * error), rel=4e-3)
    assert got == ratio_of_sums_interval(after.tolist(), before.tolist())  # the same data, the same interval
    many = ratio_of_sums_interval(np.tile(after, 6).tolist(), np.tile(before, 6).tolist())
    assert isinstance(many, Interval)
    assert many.method == "linearised, by account"


def test_money_without_a_base_or_with_few_accounts_is_absent() -> None:
    few = ratio_of_sums_interval([1, 2, 3], [1, 2, 3])
    assert isinstance(few, Absent)
    assert few.code == "too_few"
    nothing = ratio_of_sums_interval([1.0] * 10, [0.0] * 10)
    assert isinstance(nothing, Absent)
    assert nothing.code == "zero_baseline"


def test_accounts_that_go_together_widen_the_range() -> None:
    # 40 accounts with 50 deals each; all deals of an account are won or lost together.
    trials = [50.0] * 40
    won_after = [50.0 if i % 2 else 0.0 for i in range(40)]
    won_before = [50.0 if i % 5 < 2 else 0.0 for i in range(40)]
    together = ratio_of_rates_interval(won_after, trials, won_before, trials, paired=False)
    assert isinstance(together, Interval)
    alone = ratio_interval(1000, 2000, 800, 2000)
    assert together.high / together.low > 3 * (alone.high / alone.low - 1)


# Freireich et al.: weeks to relapse with 6-MP (+ = censored) and with placebo; textbook values, R package KMsurv, drug6mp.
TREATED = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [True, True, True, False, True, False, True, False, False, True, True, False, False, False, True, True] + [False] * 5
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_kaplan_meier_freireich() -> None:
    curve = kaplan_meier([float(t) for t in TREATED], RELAPSED)
    expected = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    assert {t: curve.at(t) for t in expected} == pytest.approx(expected, abs=5e-5)
    assert curve.median == 23.0
    assert (curve.subjects, curve.events) == (21, 9)
    chi2, p = log_rank([float(t) for t in TREATED], RELAPSED, [float(t) for t in PLACEBO], [True] * 21)
    assert chi2 == pytest.approx(16.79, abs=0.005)
    assert p < 0.0001


def test_nobody_left_yet() -> None:
    curve = kaplan_meier([1.0, 2.0, 3.0], [False, False, False])
    assert curve.at(3) == 1.0
    assert isinstance(curve.median, Absent)
    assert all(point.low <= point.survival <= point.high for point in curve.points)
