"""The test for a trend in proportions against a published table."""

from __future__ import annotations

import pytest

from app.statistics.intervals import Absent
from app.statistics.trend import Trend, cochran_armitage

# Malformed of all infants by the mother's drinks a day: Agresti (2002), Categorical Data Analysis, table 3.8.
MALFORMED = [48, 38, 5, 1, 1]
INFANTS = [17066 + 48, 14464 + 38, 788 + 5, 126 + 1, 37 + 1]


@pytest.mark.parametrize(
    ("scores", "squared", "p"),
    # Agresti gives z² = 6.57 (p .010) for the drinks themselves, and 1.83 (p .18) for equally spaced scores.
    [((0, 0.5, 1.5, 4.0, 7.0), 6.57, 0.0104), (None, 1.83, 0.18)],
    ids=["drinks", "equally spaced"],
)
def test_the_published_table(scores: tuple[float, ...] | None, squared: float, p: float) -> None:
    found = cochran_armitage(MALFORMED, INFANTS, scores=scores)
    assert isinstance(found, Trend)
    assert found.z**2 == pytest.approx(squared, abs=0.005)
    assert found.p == pytest.approx(p, abs=0.005)


def test_a_fall_has_a_negative_slope() -> None:
    found = cochran_armitage([30, 20, 10], [50, 50, 50])
    assert isinstance(found, Trend)
    # Σt(x - np) = 0·10 + 1·0 + 2·(-10) = -20, variance .4·.6·(50 + 0 + 50) = 24, and -20 / sqrt(24) = -4.082.
    assert found.z == pytest.approx(-4.0825, abs=5e-5)


@pytest.mark.parametrize(("successes", "trials", "code"), [([1, 2], [5, 5], "too_few"), ([5, 5, 5], [5, 5, 5], "no_variation")])
def test_where_there_is_no_trend_to_test(successes: list[int], trials: list[int], code: str) -> None:
    found = cochran_armitage(successes, trials)
    assert isinstance(found, Absent)
    assert found.code == code


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one value for each group"):
        cochran_armitage([1, 2, 3], [5, 5])
