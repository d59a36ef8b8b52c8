"""The rank-based gap of two groups against published values, the libraries, and its edges."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import brunnermunzel
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.nonparametric import rank_compare_2indep

from app.statistics.gap import RankGap, effect_size, holm, rank_gap
from app.statistics.intervals import Absent

# Pain scores, the example of Brunner and Munzel (R: lawstat::brunner.munzel.test).
X = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1]
Y = [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4]

answers = st.lists(st.sampled_from([1, 4 / 3, 2, 3, 10 / 3, 4, 5]), min_size=2, max_size=25)


def gap(first: list[float], second: list[float]) -> RankGap:
    found = rank_gap(first, second)
    assert isinstance(found, RankGap)
    return found


def test_the_published_example() -> None:
    found = gap(list(Y), list(X))
    assert (found.first, found.second, found.interval.method) == (11, 14, "Brunner-Munzel")
    assert found.superiority == pytest.approx(0.788961, abs=1e-6)
    assert (found.interval.low, found.interval.high) == pytest.approx((0.5952169, 0.9827052), abs=1e-7)
    assert found.p == pytest.approx(0.005786209, abs=1e-9)
    assert found.delta == pytest.approx(0.5779, abs=5e-5)
    assert (found.delta_interval.low, found.delta_interval.high) == pytest.approx((0.1904338, 0.9654104), abs=2e-7)
    assert found.size == "large"


@pytest.mark.parametrize(
    ("first", "delta", "word"),
    [
        # effsize's tests of Cliff's delta
        ([10, 10, 20, 20, 20, 30, 30, 30, 40, 50], -0.25, "small"),
        ([10, 20, 20, 20, 30, 30, 30, 40, 50, 100], -0.0666667, "negligible"),
    ],
)
def test_cliffs_delta(first: list[float], delta: float, word: str) -> None:
    found = gap(first, [10, 20, 30, 40, 40, 50])
    assert found.delta == pytest.approx(delta, abs=1e-6)
    assert found.size == word


def test_the_mann_whitney_example_of_scipy() -> None:
    # U = 17 of 5 · 4 pairs, so delta = 2 · 17 / 20 - 1
    assert gap([19, 22, 16, 29, 24], [20, 11, 17, 12]).delta == pytest.approx(0.70)


@given(answers, answers)
@settings(deadline=None, max_examples=40)
def test_the_libraries_say_the_same_where_there_is_a_variance(first: list[float], second: list[float]) -> None:
    found = gap(first, second)
    assert 0 <= found.interval.low <= found.superiority <= found.interval.high <= 1
    if found.interval.method != "Brunner-Munzel":
        return
    library = rank_compare_2indep(first, second)
    low, high = library.conf_int()
    assert found.superiority == pytest.approx(library.prob1)
    assert (found.interval.low, found.interval.high) == pytest.approx((max(0.0, low), min(1.0, high)), abs=1e-9)
    assert found.p == pytest.approx(brunnermunzel(first, second).pvalue, abs=1e-9)


@given(answers, answers)
@settings(deadline=None, max_examples=40)
def test_turning_the_groups_round_turns_the_gap_round(first: list[float], second: list[float]) -> None:
    one, other = gap(first, second), gap(second, first)
    assert one.delta == pytest.approx(-other.delta)
    assert one.p == pytest.approx(other.p)
    assert one.interval.low == pytest.approx(1 - other.interval.high)


def test_no_overlap_still_has_a_width() -> None:
    found = gap([5, 5, 5, 5, 4], [1, 2, 2, 3, 1])
    assert (found.superiority, found.interval.high, found.interval.method) == (1.0, 1.0, "Newcombe, method 5")
    # At p = 1 the lower limit solves (θ - 1)² = z² θ (1 - θ) / 25 · (1 + 4 ((1 - θ) / (2 - θ) + θ / (1 + θ))).
    theta = found.interval.low
    bracket = 1 + 4 * ((1 - theta) / (2 - theta) + theta / (1 + theta))
    assert (theta - 1) ** 2 == pytest.approx(1.959964**2 * theta * (1 - theta) / 25 * bracket, abs=1e-6)
    assert theta == pytest.approx(0.6427, abs=1e-4)
    assert found.p == pytest.approx(2 / 252)
    below = gap([1, 2, 2, 3, 1], [5, 5, 5, 5, 4])
    assert (below.superiority, below.interval.low, below.interval.high) == (0.0, 0.0, pytest.approx(1 - theta))


def test_all_equal_is_no_gap_and_no_certainty() -> None:
    found = gap([3] * 5, [3] * 8)
    assert (found.superiority, found.delta, found.p, found.size) == (0.5, 0.0, 1.0, "negligible")
    assert (found.interval.low, found.interval.high) == pytest.approx((0.2272, 0.7728), abs=1e-4)


def test_one_person_is_no_group() -> None:
    assert rank_gap([3], [1, 2, 3]) == Absent("A comparison needs at least two people on each side.", "Wait for more answers.", "too_few")


def test_holm() -> None:
    # Sorted .005 .01 .03 .04: · 4 = .02, · 3 = .03, · 2 = .06, · 1 = .04 but not below .06
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.6, 0.7]) == pytest.approx((1.0, 1.0))
    assert holm([]) == ()


@pytest.mark.parametrize("p_values", [[0.2], [0.5, 0.5, 0.01], [0.001, 0.9, 0.02, 0.02, 0.0004, 0.3, 1.0, 0.0]], ids=len)
def test_holm_as_the_library(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


@pytest.mark.parametrize(
    ("delta", "word"), [(0.146, "negligible"), (-0.147, "small"), (0.33, "medium"), (-0.473, "medium"), (0.474, "large"), (-1, "large")]
)
def test_the_word_for_an_effect(delta: float, word: str) -> None:
    assert effect_size(delta) == word
