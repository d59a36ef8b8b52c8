"""The score interval of a ratio against published values, arms of 0 % and 100 % included."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from app.statistics.ratios import probability_ratio_at_least, ratio_interval

Arms = tuple[int, int, int, int]

# (arms, Miettinen-Nurminen, Koopman); values that no publication gives are computed independently from the same formulas.
TABLE: list[tuple[Arms, tuple[float, float], tuple[float, float]]] = [
    ((7, 34, 1, 34), (1.2086, 43.0330), (1.2209, 42.5757)),  # Fagerland et al. 2015, PropCIs
    ((56, 70, 48, 80), (1.0790, 1.6721), (1.0798, 1.6708)),
    ((9, 10, 3, 10), (1.3280, 8.6919), (1.3532, 8.4677)),
    ((36, 40, 16, 80), (2.9346, 7.1663), (2.9396, 7.1522)),  # Koopman 1984, Nam 1995: 2.940, 7.152
    ((0, 16, 15, 72), (0, 0.9715), (0, 0.9619)),
    ((10, 10, 0, 20), (6.0328, inf), (6.2064, inf)),
    ((5, 56, 0, 29), (0.7175, inf), (0.7257, inf)),
    ((6, 7, 2, 7), (1.0637, 11.1478), (1.1026, 10.6660)),
    ((10, 10, 0, 10), (3.4730, inf), (3.6032, inf)),
    ((48, 50, 30, 30), (0.8645, 1.0864), (0.8654, 1.0848)),  # an arm of 100 %
    ((10, 10, 7, 10), (0.9581, 2.5650), (0.9742, 2.5203)),
    ((29, 55, 11, 11), (0.3970, 0.7422), (0.3979, 0.7389)),  # ratesci test3.R: .397, .742
]


@pytest.mark.parametrize(("arms", "miettinen_nurminen", "koopman"), TABLE)
def test_score_intervals(arms: Arms, miettinen_nurminen: tuple[float, float], koopman: tuple[float, float]) -> None:
    got = ratio_interval(*arms)
    assert (got.low, got.high) == pytest.approx(miettinen_nurminen, abs=6e-5)
    assert got.method == "Miettinen-Nurminen score"
    plain = ratio_interval(*arms, correction=False)
    assert (plain.low, plain.high) == pytest.approx(koopman, abs=6e-5)


@pytest.mark.parametrize(
    ("arms", "low", "high", "correction"),
    [
        ((24, 73, 53, 65), 0.280, 0.560, True),  # ratesci
        ((7, 18, 1, 18), 1.296, 42.544, True),  # ratesci
        ((8, 15, 4, 15), 0.815, 5.336, False),  # Gart and Nam 1988
        ((6, 10, 6, 20), 0.844, 4.594, False),  # Gart and Nam 1988
        ((7, 34, 1, 34), 1.220853, 42.575718, False),  # PropCIs
        ((120, 400, 96, 400), 0.9942, 1.5738, True),
        ((120, 400, 96, 400), 0.9944, 1.5736, False),
    ],
)
def test_score_intervals_published(arms: Arms, low: float, high: float, correction: bool) -> None:
    got = ratio_interval(*arms, correction=correction)
    assert (got.low, got.high) == pytest.approx((low, high), abs=6e-4 if low in (0.280, 1.296, 0.815, 0.844) else 6e-5)


def test_the_library_is_wrong_where_an_arm_is_full() -> None:
    wrong = confint_proportions_2indep(29, 55, 11, 11, compare="ratio", method="score", correction=True)
    assert abs(np.real(wrong[0]) - 0.397) > 0.2
    assert ratio_interval(29, 55, 11, 11).low == pytest.approx(0.397, abs=5e-4)


@st.composite
def arms(draw: st.DrawFn) -> Arms:
    """Two arms, edges included."""
    n1, n2 = draw(st.integers(1, 5000)), draw(st.integers(1, 5000))
    return draw(st.integers(0, n1)), n1, draw(st.integers(0, n2)), n2


@given(arms())
@settings(deadline=None)
def test_the_interval_holds_the_estimate_and_turns_round(a: Arms) -> None:
    x1, n1, x2, n2 = a
    got = ratio_interval(*a)
    assert 0 <= got.low <= got.high
    if x1 and x2:
        assert got.low <= (x1 / n1) / (x2 / n2) * (1 + 1e-9)
        assert got.high >= (x1 / n1) / (x2 / n2) * (1 - 1e-9)
        back = ratio_interval(x2, n2, x1, n1)
        assert (1 / back.high, 1 / back.low) == pytest.approx((got.low, got.high), rel=1e-6)
    assert (got.low == 0) == (x1 == 0)
    assert (got.high == inf) == (x2 == 0)


def test_the_chance_of_reaching_a_ratio() -> None:
    # Jeffreys priors: P(RR >= 1.38) = .19875, P(RR > 1) = .97209.
    assert probability_ratio_at_least(120, 400, 96, 400, ratio=1.38) == pytest.approx(0.19875, abs=5e-6)
    assert probability_ratio_at_least(120, 400, 96, 400, ratio=1.0) == pytest.approx(0.97209, abs=5e-6)


@given(arms(), st.floats(0.2, 5))
@settings(deadline=None, max_examples=40)
def test_the_chance_agrees_with_drawing(a: Arms, ratio: float) -> None:
    x1, n1, x2, n2 = a
    got = probability_ratio_at_least(*a, ratio=ratio)
    random = np.random.default_rng(7)
    one = random.beta(x1 + 0.5, n1 - x1 + 0.5, 40_000)
    two = random.beta(x2 + 0.5, n2 - x2 + 0.5, 40_000)
    # Four standard errors of 40,000 draws are at most .01.
    assert got == pytest.approx(float(np.mean(one >= ratio * two)), abs=0.0125)


def test_the_chance_stays_right_for_very_many_records() -> None:
    assert probability_ratio_at_least(300_000, 1_000_000, 240_000, 1_000_000, ratio=1.25) == pytest.approx(0.5, abs=0.01)
    assert probability_ratio_at_least(300_000, 1_000_000, 240_000, 1_000_000, ratio=1.38) == pytest.approx(0.0, abs=1e-9)
