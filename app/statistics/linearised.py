"""Intervals of a ratio of two sums, and of the ratio of two such ratios, from the sums alone.

For records that stand for themselves. Where records of one account go together, accounts are resampled (`app.statistics.resampling`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt

from app.statistics.intervals import Absent, Interval
from app.statistics.proportions import normal_quantile

FEWEST = 5
METHOD = "linearised, by record"


@dataclass(frozen=True)
class RatioSums:
    """Sums over `units` records of y, x, y², xy and x², e.g. y the won and x the closed amount of each deal."""

    units: int
    y: float
    x: float
    yy: float
    xy: float
    xx: float


def linear_interval(sums: RatioSums, *, level: float = 0.95) -> Interval | Absent:
    """The interval of y / x when every record is a draw of its own.

    Returns
    -------
    Interval or Absent
        Absent below five records, and where the denominators do not add up to more than 0.

    Notes
    -----
    The linearised (Taylor) standard error of a ratio of sums with R = y / x: sqrt((Σy² − 2RΣxy + R²Σx²) · n / (n − 1)) / x.

    References
    ----------
    Cochran (1977), Sampling Techniques, 6.3.
    """
    error = _error(sums)
    if isinstance(error, Absent):
        return error
    ratio, half = sums.y / sums.x, normal_quantile(level) * error
    return Interval(ratio - half, ratio + half, level, METHOD)


def linear_ratio_interval(first: RatioSums, second: RatioSums, *, level: float = 0.95) -> Interval | Absent:
    """The interval of (y1 / x1) / (y2 / x2) of two independent sets of records, on the scale of logarithms.

    Notes
    -----
    The variance of log R is (standard error of R / R)², and those of two independent logarithms add up (delta method).
    """
    errors = []
    for sums in (first, second):
        error = _error(sums)
        if isinstance(error, Absent):
            return error
        if sums.y <= 0:
            return Absent("One side adds up to nothing, and nothing can be a multiple of it.", "Choose a longer period.", "zero_baseline")
        errors.append(error / (sums.y / sums.x))
    middle = log((first.y / first.x) / (second.y / second.x))
    half = normal_quantile(level) * sqrt(errors[0] ** 2 + errors[1] ** 2)
    return Interval(exp(middle - half), exp(middle + half), level, METHOD)


def _error(sums: RatioSums) -> float | Absent:
    if sums.units < FEWEST:
        return Absent(f"Only {sums.units} records with an amount: too few for a likely range.", "Choose a longer period.", "too_few")
    if sums.x <= 0:
        return Absent("The side to compare with adds up to nothing.", "Choose another period.", "zero_baseline")
    ratio = sums.y / sums.x
    scatter = max(0.0, sums.yy - 2 * ratio * sums.xy + ratio**2 * sums.xx)
    return sqrt(scatter * sums.units / (sums.units - 1)) / sums.x
