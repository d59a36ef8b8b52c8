"""Intervals of one proportion and of the difference of two.

Closed forms from the standard library: no import that a first page would have to wait for.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from app.statistics.intervals import Interval


def normal_quantile(level: float) -> float:
    """The two-sided standard normal quantile of a confidence level, 1.96 for .95. ValueError outside (0, 1)."""
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {level}")
    return NormalDist().inv_cdf((1 + level) / 2)


def wilson(successes: int, trials: int, *, level: float = 0.95) -> Interval:
    """The Wilson score interval of a proportion.

    Parameters
    ----------
    successes, trials
        0 <= successes <= trials, trials > 0; trials are taken to be independent.
    level
        Confidence level in (0, 1).

    Returns
    -------
    Interval
        On the scale 0–1. The lower limit is exactly 0 for no successes, the upper exactly 1 for only successes.

    Raises
    ------
    ValueError
        When there are no trials, or successes are not among them.

    Notes
    -----
    Centre (x + z²/2) / (n + z²), half width z / (n + z²) · sqrt(x (n - x) / n + z²/4). Its coverage is close to the level
    even for small n and proportions near 0 or 1, where the textbook (Wald) interval fails.

    References
    ----------
    Wilson (1927), doi:10.1080/01621459.1927.10502953; Newcombe (1998),
    doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E
    """
    check(successes, trials)
    z = normal_quantile(level)
    n, x = trials, successes
    centre = (x + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * sqrt(x * (n - x) / n + z * z / 4)
    low = 0.0 if x == 0 else max(0.0, centre - half)
    high = 1.0 if x == n else min(1.0, centre + half)
    return Interval(low, high, level, "Wilson score")


def newcombe_difference(x1: int, n1: int, x2: int, n2: int, *, level: float = 0.95) -> Interval:
    """The hybrid score interval of the difference p1 - p2 of two independent proportions.

    Returns
    -------
    Interval
        On the scale -1–1.

    Notes
    -----
    With (l, u) the Wilson limits of each arm: d - sqrt((p1 - l1)² + (u2 - p2)²) and d + sqrt((u1 - p1)² + (p2 - l2)²).

    References
    ----------
    Newcombe (1998), method 10, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    """
    first, second = wilson(x1, n1, level=level), wilson(x2, n2, level=level)
    p1, p2 = x1 / n1, x2 / n2
    low = p1 - p2 - sqrt((p1 - first.low) ** 2 + (second.high - p2) ** 2)
    high = p1 - p2 + sqrt((first.high - p1) ** 2 + (p2 - second.low) ** 2)
    return Interval(max(-1.0, low), min(1.0, high), level, "Newcombe hybrid score")


def check(successes: int, trials: int) -> None:
    """ValueError unless 0 <= successes <= trials and there are trials."""
    if trials <= 0:
        raise ValueError("a proportion needs at least one trial")
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is not a proportion")
