"""The ratio of two independent proportions: score interval, and the chance that it reaches a given value.

The score interval is implemented here because statsmodels 0.15.0 returns a wrong bound without a word when an arm is 100 %,
which is an everyday case for retention. The formulas are those of the references, tested against published values.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf, log, sqrt

from app.statistics.intervals import Interval
from app.statistics.proportions import check, normal_quantile

_FAR = 20.0
"""Limits are looked for between exp(-20) and exp(20); beyond that a ratio is 0 or infinite for every purpose."""


def ratio_interval(x1: int, n1: int, x2: int, n2: int, *, level: float = 0.95, correction: bool = True) -> Interval:
    """The score interval of the ratio (x1/n1) / (x2/n2).

    Parameters
    ----------
    x1, n1
        The numerator's arm (after, or the group in question).
    x2, n2
        The denominator's arm (before, or the group it is held against).
    correction
        True for Miettinen-Nurminen, which multiplies the variance by N / (N - 1); False for Koopman.

    Returns
    -------
    Interval
        Low is 0 when x1 is 0, high is infinite when x2 is 0, and both when both are.

    Notes
    -----
    For a ratio r the constrained maximum-likelihood estimates have a closed form: with A = N r, B = -(n1 r + x1 + n2 + x2 r),
    C = x1 + x2, p2 = (-B - sqrt(B² - 4AC)) / 2A and p1 = r p2. The score is
    z(r) = (x1/n1 - r x2/n2) / sqrt(p1 (1 - p1) / n1 + r² p2 (1 - p2) / n2), and the limits solve z(r) = ±z(1 - α/2).

    References
    ----------
    Miettinen and Nurminen (1985), doi:10.1002/sim.4780040211; Koopman (1984), doi:10.2307/2531405;
    recommended by Fagerland, Lydersen and Laake (2015), doi:10.1177/0962280211415469
    """
    check(x1, n1)
    check(x2, n2)
    z = normal_quantile(level)
    name = "Miettinen-Nurminen score" if correction else "Koopman score"
    if x1 == 0 and x2 == 0:
        return Interval(0.0, inf, level, name)

    def score(log_ratio: float) -> float:
        return _score(x1, n1, x2, n2, exp(log_ratio), correction=correction)

    observed = log((x1 / n1) / (x2 / n2)) if x1 and x2 else None
    low = 0.0 if x1 == 0 else exp(_root(lambda t: score(t) - z, -_FAR, _FAR if observed is None else observed))
    high = inf if x2 == 0 else exp(_root(lambda t: score(t) + z, -_FAR if observed is None else observed, _FAR))
    return Interval(low, high, level, name)


def probability_ratio_at_least(x1: int, n1: int, x2: int, n2: int, *, ratio: float) -> float:
    """The chance that the true ratio p1 / p2 is at least `ratio`, given the counts.

    Returns
    -------
    float
        In [0, 1]. The chance of *at most* `ratio` is one minus it.

    Notes
    -----
    Independent Jeffreys priors, so that p ~ Beta(x + 1/2, n - x + 1/2) in each arm; P(p1 >= c p2) is the integral over p2 of
    its density times the survival function of p1 at c p2, by Gauss-Legendre quadrature over the central mass of p2.
    """
    import numpy as np
    from numpy.polynomial.legendre import leggauss
    from scipy.special import betainc, betaincinv

    check(x1, n1)
    check(x2, n2)
    if ratio <= 0:
        raise ValueError("a claimed ratio is positive")

    a1, b1, a2, b2 = x1 + 0.5, n1 - x1 + 0.5, x2 + 0.5, n2 - x2 + 0.5
    # Quadrature in the quantile of p2, because its density has infinite ends at 0 and 1 when an arm is 0 % or 100 %.
    # A few hundred nodes in panels follow the survival function wherever it drops.
    nodes, weights = leggauss(40)
    edges = np.array(
        [0.0, 1e-9, 1e-6, 1e-4, 1e-3, 0.01, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 0.99, 0.999, 1 - 1e-4, 1 - 1e-6, 1 - 1e-9, 1.0]
    )
    half = np.diff(edges) / 2
    middle = (edges[:-1] + edges[1:]) / 2
    u = (middle[:, None] + half[:, None] * nodes[None, :]).ravel()
    w = (half[:, None] * weights[None, :]).ravel()
    p2 = betaincinv(a2, b2, u)
    at = np.clip(ratio * p2, 0.0, 1.0)
    survival = betainc(b1, a1, 1.0 - at)
    return float(min(max(float(np.sum(w * survival)), 0.0), 1.0))


def _score(x1: int, n1: int, x2: int, n2: int, r: float, *, correction: bool) -> float:
    total = n1 + n2
    a, b, c = total * r, -(n1 * r + x1 + n2 + x2 * r), x1 + x2
    p2 = (-b - sqrt(max(b * b - 4 * a * c, 0.0))) / (2 * a)
    p2 = min(max(p2, 0.0), 1.0)
    p1 = min(r * p2, 1.0)
    variance = p1 * (1 - p1) / n1 + r * r * p2 * (1 - p2) / n2
    if correction:
        variance *= total / (total - 1)
    distance = x1 / n1 - r * x2 / n2
    if variance <= 0:
        return 0.0 if distance == 0 else inf if distance > 0 else -inf
    return distance / sqrt(variance)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that falls from positive to negative crosses zero, by bisection to the last bit.

    The score is monotone in log ratio; sixty-odd halvings cost less than importing a root finder.
    """
    if function(low) <= 0:
        return low
    if function(high) >= 0:
        return high
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if function(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
