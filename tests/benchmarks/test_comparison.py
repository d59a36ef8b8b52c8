"""Verdicts and comparisons, held against the worked example of two independent implementations."""

from __future__ import annotations

from math import inf

import pytest

from app.benchmarks.comparison import Arm, Words, arm, compare, compare_level, verdict_word
from app.statistics.intervals import Absent, Interval

WIN = Words(rate="win rate", many="closed deals")
LOSS = Words(rate="share of customers lost", many="customers")


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (1.38, 1.60, "above"),  # the whole interval at or above the claim
        (1.01, 1.38, "reaches"),  # better than nothing, and the claim is its upper end
        (1.10, 1.60, "reaches"),
        (1.00, 1.38, "cannot_tell"),  # holds both no change and the claim
        (0.99, 1.57, "cannot_tell"),
        (0.50, inf, "cannot_tell"),
        (1.05, 1.37, "falls_short"),  # better, but short of the claim
        (0.80, 1.20, "falls_short"),
        (0.50, 0.90, "falls_short"),  # worse
    ],
)
def test_the_verdict_table(low: float, high: float, word: str) -> None:
    assert verdict_word(Interval(low, high), 1.38) == word


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.40, 0.64, "above"),
        (0.50, 0.90, "reaches"),
        (0.64, 0.99, "reaches"),
        (0.60, 1.00, "cannot_tell"),
        (0.65, 1.20, "falls_short"),
        (1.10, 1.50, "falls_short"),
    ],
)
def test_a_claim_about_losing_fewer_is_mirrored(low: float, high: float, word: str) -> None:
    assert verdict_word(Interval(low, high), 0.64, lower_is_better=True) == word


def test_the_worked_example_is_inconclusive() -> None:
    # 120/400 = 30 % against 96/400 = 24 %: ratio 1.25, Miettinen-Nurminen .9942 to 1.5738, chance of 1.38 or more .19875.
    got = compare(arm("after", 120, 400), arm("before", 96, 400), claimed=1.38, lower_is_better=False, way="before_after", words=WIN)
    assert got.ratio == pytest.approx(1.25)
    assert got.interval is not None
    assert (got.interval.low, got.interval.high) == pytest.approx((0.9942, 1.5738), abs=5e-5)
    assert got.verdict is not None
    assert got.verdict.word == "cannot_tell"
    assert got.probability == pytest.approx(0.19875, abs=5e-5)
    assert got.target == pytest.approx(0.24 * 1.38)  # 33.1 %
    assert isinstance(got.needed, int | Absent)
    assert got.caveats == ("Other things changed with time too. A change after a date is not proof of its cause.",)


def test_a_large_clear_effect_is_above_the_claim() -> None:
    got = compare(arm("after", 6000, 10000), arm("before", 4000, 10000), claimed=1.38, lower_is_better=False, way="before_after", words=WIN)
    assert got.ratio == pytest.approx(1.5)
    assert got.verdict is not None
    assert got.verdict.word == "above"
    assert got.probability == pytest.approx(1.0, abs=1e-4)
    assert got.needed is None


def test_fewer_customers_lost() -> None:
    # 64 of 1000 lost against 100 of 1000: ratio .64, which is the claim itself, so the claim lies inside.
    got = compare(arm("after", 64, 1000), arm("before", 100, 1000), claimed=0.64, lower_is_better=True, way="before_after", words=LOSS)
    assert got.ratio == pytest.approx(0.64)
    assert got.verdict is not None
    assert got.verdict.word == "reaches"
    assert got.probability == pytest.approx(0.5, abs=0.03)


def test_a_claim_beyond_one_hundred_percent_is_impossible() -> None:
    # 80 % × 1.38 = 110.4 %; the ceiling is 1 / 1.38 = 72.5 %.
    got = compare(arm("A", 85, 100), arm("B", 80, 100), claimed=1.38, lower_is_better=False, way="groups", words=WIN)
    assert isinstance(got.target, Absent)
    assert got.target.code == "impossible"
    assert "110.4\u00a0%" in got.target.reason
    assert "72.5\u00a0%" in got.target.reason


@pytest.mark.parametrize(
    ("observed", "baseline", "code"),
    [((0, 0), (5, 10), "empty_arm"), ((5, 10), (0, 0), "empty_arm"), ((0, 10), (0, 10), "both_zero"), ((5, 10), (0, 10), "zero_baseline")],
)
def test_what_cannot_be_compared_says_why(observed: tuple[int, int], baseline: tuple[int, int], code: str) -> None:
    got = compare(arm("A", *observed), arm("B", *baseline), claimed=1.38, lower_is_better=False, way="groups", words=WIN)
    assert (got.ratio, got.interval, got.verdict, got.probability) == (None, None, None, None)
    assert got.absent is not None
    assert got.absent.code == code


def test_small_arms_are_marked() -> None:
    got = compare(arm("North", 10, 29), arm("South", 20, 60), claimed=1.38, lower_is_better=False, way="groups", words=WIN)
    assert got.observed.small
    assert not got.baseline.small
    assert got.caveats[-1] == "“North” has only 29 closed deals: a small group, read it with care."


def test_the_wider_interval_by_account_decides() -> None:
    one, two = arm("after", 3000, 5000), arm("before", 2500, 5000)
    # 60 % against 50 %: ratio 1.2, the score interval is narrow and lies below 1.38.
    alone = compare(one, two, claimed=1.38, lower_is_better=False, way="before_after", words=WIN)
    assert alone.verdict is not None
    assert alone.verdict.word == "falls_short"
    wide = Interval(0.9, 1.6, method="resampled by account")
    together = compare(one, two, claimed=1.38, lower_is_better=False, way="before_after", words=WIN, by_account=wide)
    assert together.interval == wide
    assert together.verdict is not None
    assert together.verdict.word == "cannot_tell"
    narrow = Interval(1.19, 1.21, method="resampled by account")
    kept = compare(one, two, claimed=1.38, lower_is_better=False, way="before_after", words=WIN, by_account=narrow)
    assert kept == alone
    # The chance follows the wider range: 1.2 with a range of .9 to 1.6 reaches 1.38 quite often, with the score's range never.
    # log(1.6 / .9) / 3.92 = .147 is the standard error, and (log 1.38 - log 1.2) / .147 = .95 gives .17.
    assert alone.probability == pytest.approx(0.0, abs=1e-6)
    assert together.probability == pytest.approx(0.17, abs=0.03)
    assert isinstance(together.needed, int | Absent)


def test_an_arm_that_is_no_share_is_refused() -> None:
    with pytest.raises(ValueError, match="11 of 10 is not a share"):
        arm("A", 11, 10)
    assert arm("A", 0, 0) == Arm("A", 0, 0, None, None, small=True)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(0.33, 0.5, "above"), (0.1, 0.4, "reaches"), (0.05, 0.2, "falls_short"), (-0.2, -0.1, "falls_short"), (-0.1, 0.4, "cannot_tell")],
)
def test_a_growth_rate_beside_two_levels(low: float, high: float, word: str) -> None:
    got = compare_level("Revenue growth", (low + high) / 2, Interval(low, high), aligned_level=0.32, other_level=-0.07)
    assert got.verdict is not None
    assert got.verdict.word == word


def test_a_growth_rate_without_a_range_has_no_verdict() -> None:
    why = Absent("Only one whole year is loaded.", "Upload two years.", "partial_period")
    got = compare_level("Revenue growth", None, None, aligned_level=0.32, other_level=-0.07, absent=why)
    assert got.verdict is None
    assert got.absent == why
