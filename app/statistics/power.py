"""How many observations a comparison needs, and how many more."""

from __future__ import annotations

from math import ceil, sqrt
from statistics import NormalDist

from app.statistics.intervals import Absent
from app.statistics.proportions import check
from app.statistics.ratios import ratio_interval

MOST = 10_000_000


def sample_size_per_arm(base_rate: float, ratio: float, *, power: float = 0.8, alpha: float = 0.025) -> int:
    """Observations needed in each of two equal arms to detect `ratio` over `base_rate`, rounded up.

    Parameters
    ----------
    base_rate
        The rate of the comparison arm, in (0, 1).
    ratio
        The ratio to detect; base_rate × ratio must stay in (0, 1).
    power, alpha
        The chance to detect it when it is there, and the one-sided error.

    Notes
    -----
    The textbook normal formula (z_α sqrt(2 p̄ q̄) + z_β sqrt(p1 q1 + p2 q2))² / (p1 - p2)², Fleiss (1981).
    """
    p2, p1 = base_rate, base_rate * ratio
    if not 0 < p2 < 1 or not 0 < p1 < 1 or p1 == p2:
        raise ValueError(f"{base_rate} × {ratio} leaves no two different rates between 0 and 1")
    normal = NormalDist()
    z_alpha, z_beta = normal.inv_cdf(1 - alpha), normal.inv_cdf(power)
    mean = (p1 + p2) / 2
    root = z_alpha * sqrt(2 * mean * (1 - mean)) + z_beta * sqrt(p1 * (1 - p1) + p2 * (1 - p2))
    return ceil(root**2 / (p1 - p2) ** 2)


def closings_still_needed(x1: int, n1: int, x2: int, n2: int, *, ratio: float) -> int | Absent:
    """How many more observations in the observed arm would be expected to settle an open comparison.

    The comparison is open while the Miettinen-Nurminen interval of the ratio holds both 1 and `ratio`. If the observed rate
    stays what it is, the interval narrows as observations come in; the answer is the smallest number after which it no longer
    holds both. The comparison arm is the past and does not grow.

    Returns
    -------
    int or Absent
        Absent when no number would settle it, because the comparison arm alone leaves too wide a range.
    """
    check(x1, n1)
    check(x2, n2)
    rate = x1 / n1

    def is_settled(more: int) -> bool:
        trials = n1 + more
        interval = ratio_interval(round(rate * trials), trials, x2, n2)
        return not (interval.contains(1.0) and interval.contains(ratio))

    if is_settled(0):
        return 0
    if not is_settled(MOST):
        return Absent(
            "However many more come in, the comparison side stays too small to settle it.",
            "Choose a comparison side with more records.",
            "never_settled",
        )
    low, high = 0, 1
    while not is_settled(high):
        low, high = high, high * 2
    while high - low > max(1, low // 200):
        middle = (low + high) // 2
        low, high = (low, middle) if is_settled(middle) else (middle, high)
    return high
