"""Intervals of proportions against published values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from app.statistics.proportions import newcombe_difference, normal_quantile, wilson


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [
        (13, 16, 0.5699, 0.9341),  # contingencytables, test-ch2.R
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (5, 66, 0.033, 0.165),  # Forrester's five of 66
    ],
)
def test_wilson_published(x: int, n: int, low: float, high: float) -> None:
    got = wilson(x, n)
    assert (got.low, got.high) == pytest.approx((low, high), abs=5e-4 if n == 66 else 5e-5)
    assert (got.level, got.method) == (0.95, "Wilson score")


@pytest.mark.parametrize(
    ("arms", "low", "high"),
    [
        ((7, 34, 1, 34), 0.0189, 0.3404),  # Fagerland et al. 2015
        ((5, 56, 0, 29), -0.0381, 0.1926),  # ratesci
        ((56, 70, 48, 80), 0.0524, 0.3339),  # Newcombe 1998
    ],
)
def test_newcombe_published(arms: tuple[int, int, int, int], low: float, high: float) -> None:
    got = newcombe_difference(*arms)
    assert (got.low, got.high) == pytest.approx((low, high), abs=5.5e-5)


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, int]:
    """(successes, trials)."""
    n = draw(st.integers(1, 10**6))
    return draw(st.integers(0, n)), n


@given(shares())
def test_wilson_holds_its_estimate_and_agrees_with_statsmodels(share: tuple[int, int]) -> None:
    x, n = share
    got = wilson(x, n)
    assert 0 <= got.low <= x / n <= got.high <= 1
    assert (got.low, got.high) == pytest.approx(proportion_confint(x, n, method="wilson"), abs=1e-12)


@given(shares(), shares())
def test_the_difference_turns_round_with_its_arms(one: tuple[int, int], two: tuple[int, int]) -> None:
    got, back = newcombe_difference(*one, *two), newcombe_difference(*two, *one)
    assert (got.low, got.high) == pytest.approx((-back.high, -back.low), abs=1e-12)
    assert got.low <= one[0] / one[1] - two[0] / two[1] <= got.high


def test_newcombe_agrees_with_statsmodels() -> None:
    expected = confint_proportions_2indep(120, 400, 96, 400, compare="diff", method="newcomb")
    got = newcombe_difference(120, 400, 96, 400)
    assert (got.low, got.high) == pytest.approx(expected, abs=1e-9)


def test_no_trials_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one trial"):
        wilson(0, 0)
    with pytest.raises(ValueError, match="3 of 2 is not a proportion"):
        wilson(3, 2)
    with pytest.raises(ValueError, match="between 0 and 1"):
        normal_quantile(1.0)
