"""Agreement within a group and the reliability of several items, by hand and against published values."""

from __future__ import annotations

import pytest

from app.statistics.agreement import (
    Alpha,
    a_wg,
    agreement_reading,
    alpha_interval,
    cronbach_alpha,
    mean_deviation,
    r_wg,
    r_wg_items,
)
from app.statistics.intervals import Absent

# The example data of pingouin's `cronbach_alpha`: ten items, fifteen persons. Published: .5917188, interval .195 to .840.
PINGOUIN = [
    (3, 5, 7, 2, 6, 1, 4, 2, 6, 5, 4, 4, 5, 6, 4),
    (2, 4, 3, 4, 5, 2, 3, 4, 5, 4, 3, 2, 5, 5, 3),
    (4, 6, 5, 3, 6, 3, 5, 4, 5, 6, 5, 3, 6, 5, 5),
    (1, 3, 5, 3, 5, 4, 3, 3, 5, 4, 2, 2, 2, 4, 5),
    (4, 5, 6, 2, 4, 2, 5, 7, 1, 3, 5, 5, 3, 2, 3),
    (5, 1, 4, 2, 4, 5, 2, 2, 6, 5, 3, 3, 3, 2, 1),
    (1, 2, 3, 2, 4, 2, 1, 2, 5, 3, 2, 4, 2, 1, 3),
    (4, 5, 3, 6, 6, 3, 2, 4, 2, 1, 3, 2, 4, 4, 2),
    (3, 5, 6, 6, 7, 5, 4, 6, 3, 7, 4, 3, 4, 6, 3),
    (2, 5, 5, 3, 5, 2, 3, 5, 2, 2, 1, 4, 5, 5, 4),
]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([4, 4, 5, 3, 4], 0.75),  # s² = .5, 1 - .5 / 2
        ([1, 2, 3, 4, 5], -0.25),  # s² = 2.5
        ([1, 1, 1, 5, 5, 5], -1.4),  # s² = 4.8
        ([3, 3, 3], 1.0),
    ],
)
def test_r_wg(values: list[float], expected: float) -> None:
    assert r_wg(values) == pytest.approx(expected)


def test_r_wg_on_seven_points() -> None:
    # σ² = (49 - 1) / 12 = 4, s² = 1
    assert r_wg([3, 4, 5], points=7) == pytest.approx(0.75)


def test_r_wg_of_several_items_does_not_grow_with_their_number() -> None:
    # Mean variance (.5 + 2.5) / 2 = 1.5, so 1 - 1.5 / 2
    items = [[4, 4, 5, 3, 4], [1, 2, 3, 4, 5]]
    assert r_wg_items(items) == pytest.approx(0.25)
    assert r_wg_items(items * 5) == pytest.approx(0.25)
    assert r_wg_items([*items, [3]]) == pytest.approx(0.25)
    assert r_wg_items([[3], []]) == Absent("Agreement needs the answers of at least two people.", code="too_few")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # M = 4: 1 - 2 · .5 / ((6 · 4 - 16 - 5) · 5/4) = 1 - 1 / 3.75
        ([4, 4, 5, 3, 4], 0.7333333),
        # M = 3: 1 - 2 · 4.8 / ((18 - 9 - 5) · 6/5) = 1 - 9.6 / 4.8: the largest disagreement there is
        ([1, 1, 1, 5, 5, 5], -1.0),
        ([5, 5, 5], 1.0),
    ],
)
def test_a_wg(values: list[float], expected: float) -> None:
    assert a_wg(values) == pytest.approx(expected)


def test_a_wg_is_absent_at_the_end_of_the_scale() -> None:
    # Five persons: the formula holds up to a mean of (5 · 4 + 1) / 5 = 4.2.
    assert isinstance(a_wg([5, 5, 5, 5, 1]), float)
    absent = a_wg([5, 5, 5, 5, 4])
    assert isinstance(absent, Absent)
    assert absent.code == "mean_at_the_end"


def test_mean_deviation() -> None:
    assert mean_deviation([4, 4, 5, 3, 4]) == pytest.approx(0.40)


def test_one_person_agrees_with_nobody() -> None:
    for measure in (r_wg, a_wg, mean_deviation):
        assert measure([4]) == Absent("Agreement needs the answers of at least two people.", code="too_few")


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (-0.25, "camps"),
        (0, "none"),
        (0.3, "none"),
        (0.31, "weak"),
        (0.7, "moderate"),
        (0.71, "strong"),
        (0.9, "strong"),
        (0.91, "very strong"),
        (1, "very strong"),
    ],
)
def test_the_word_for_an_agreement(value: float, word: str) -> None:
    assert agreement_reading(value) == word


def test_alpha_with_feldts_interval() -> None:
    alpha = cronbach_alpha(list(zip(*PINGOUIN, strict=True)))
    assert isinstance(alpha, Alpha)
    assert (alpha.people, alpha.items, alpha.interval.method) == (15, 10, "Feldt")
    assert alpha.value == pytest.approx(0.5917188485995826, abs=1e-12)
    assert (alpha.interval.low, alpha.interval.high) == pytest.approx((0.195, 0.840), abs=5e-4)


@pytest.mark.parametrize(
    ("alpha", "people", "items", "low", "high"),
    [
        (0.85, 89, 7, 0.79706, 0.89317),  # statpsych's ci.cronbach: .7971, .8931
        (0.80, 10, 20, 0.56, 0.94),
        (0.80, 6, 20, 0.46, 0.97),
    ],
)
def test_the_interval_from_the_value_alone(alpha: float, people: int, items: int, low: float, high: float) -> None:
    got = alpha_interval(alpha, people=people, items=items)
    assert (got.low, got.high) == pytest.approx((low, high), abs=6e-3 if people < 20 else 1e-5)


def test_alpha_is_absent_with_a_reason() -> None:
    rows = list(zip(*PINGOUIN, strict=True))
    few = cronbach_alpha(rows[:9])
    assert few == Absent("Only 9 people answered every item, too few to tell.", "At least 10 are needed.", "too_few")
    assert cronbach_alpha([(1,)] * 12) == Absent("One item alone has no reliability of this kind.", code="one_item")
    assert cronbach_alpha([(1, 2)] * 12) == Absent("Everybody has the same sum, so nothing can be told apart.", code="no_spread")
    with pytest.raises(ValueError, match="every person needs a value"):
        cronbach_alpha([*rows, (1, 2)])
