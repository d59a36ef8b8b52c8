"""How far two groups stand apart on a scale of ordered answers: by ranks, so that no distance between the answers is supposed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, sqrt
from statistics import fmean, variance
from typing import Literal

from app.statistics.intervals import Absent, Interval
from app.statistics.proportions import normal_quantile

EffectSize = Literal["negligible", "small", "medium", "large"]
FEWEST = 2


@dataclass(frozen=True)
class RankGap:
    """How the first group's answers stand to the second's.

    Parameters
    ----------
    first, second
        The sizes of the groups.
    superiority
        P(first > second) + P(equal) / 2 for one person drawn from each: .5 when neither stands higher.
    interval
        Its confidence interval, within 0 to 1.
    p
        Two-sided p-value of "neither stands higher", not corrected for several comparisons; see `holm`.
    """

    first: int
    second: int
    superiority: float
    interval: Interval
    p: float

    @property
    def delta(self) -> float:
        """Cliff's delta, P(first > second) - P(first < second): 0 when neither stands higher, 1 when all of the first do."""
        return 2 * self.superiority - 1

    @property
    def delta_interval(self) -> Interval:
        """The interval of `delta`."""
        at = self.interval
        return Interval(2 * at.low - 1, 2 * at.high - 1, at.level, at.method)

    @property
    def size(self) -> EffectSize:
        """`delta` in a word."""
        return effect_size(self.delta)


def rank_gap(first: Sequence[float], second: Sequence[float], *, level: float = 0.95) -> RankGap | Absent:
    """Compare two independent groups by ranks.

    Parameters
    ----------
    first, second
        One value a person, e.g. a mean of several answers; ties are welcome.

    Returns
    -------
    RankGap or Absent
        Absent with code "too_few" when a group has fewer than two values.

    Notes
    -----
    Brunner and Munzel's test: the placements of each group in the other give the variance, Satterthwaite's degrees of freedom the t
    distribution. It supposes neither equal spread nor a distance between the answers. Limits beyond 0 or 1 are cut.

    The variance is 0 where the groups do not overlap and where all answers are equal. The interval is then Newcombe's (method 5), which
    has a width in both cases, and the p-value that of the permutations: 2 / C(n1 + n2, n1) without overlap, 1 when all are equal.

    References
    ----------
    Brunner and Munzel (2000), doi:10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U;
    Newcombe (2006), part 2, doi:10.1002/sim.2324
    """
    n1, n2 = len(first), len(second)
    if min(n1, n2) < FEWEST:
        return Absent("A comparison needs at least two people on each side.", "Wait for more answers.", "too_few")
    placed_first, placed_second = _placements(first, second), _placements(second, first)
    superiority = fmean(placed_first)
    part1, part2 = variance(placed_first) / n1, variance(placed_second) / n2
    if part1 + part2 == 0:
        return RankGap(n1, n2, superiority, _newcombe(superiority, n1, n2, level=level), _p_without_variance(superiority, n1, n2))
    from scipy.special import stdtr, stdtrit

    error = sqrt(part1 + part2)
    freedom = (part1 + part2) ** 2 / (part1**2 / (n1 - 1) + part2**2 / (n2 - 1))
    half = float(stdtrit(freedom, (1 + level) / 2)) * error
    interval = Interval(max(0.0, superiority - half), min(1.0, superiority + half), level, "Brunner-Munzel")
    return RankGap(n1, n2, superiority, interval, 2 * float(stdtr(freedom, -abs(superiority - 0.5) / error)))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """P-values corrected for being looked at together, in the order given.

    Notes
    -----
    The smallest of m is multiplied by m, the next by m - 1, …, none smaller than the one before and none above 1. Holds whatever
    the comparisons have to do with each other.

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 65-70.
    """
    corrected = [1.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return tuple(corrected)


def effect_size(delta: float) -> EffectSize:
    """Cliff's delta in a word, by the customary limits .147, .33 and .474 (Romano and others 2006)."""
    limits: tuple[tuple[float, EffectSize], ...] = ((0.147, "negligible"), (0.33, "small"), (0.474, "medium"))
    return next((word for limit, word in limits if abs(delta) < limit), "large")


def _placements(values: Sequence[float], others: Sequence[float]) -> list[float]:
    """For each value the share of the other group below it, ties by half."""
    ordered = sorted(others)
    return [(bisect_left(ordered, value) + bisect_right(ordered, value)) / (2 * len(ordered)) for value in values]


def _p_without_variance(superiority: float, n1: int, n2: int) -> float:
    return 1.0 if superiority == 0.5 else min(1.0, 2 / comb(n1 + n2, n1))


def _newcombe(superiority: float, n1: int, n2: int, *, level: float) -> Interval:
    """Where |θ - p| = z sqrt(V(θ)), with the variance of Hanley and McNeil and both groups' sizes replaced by their mean in its bracket."""
    z, size = normal_quantile(level), (n1 + n2) / 2

    def inside(theta: float) -> bool:
        bracket = 1 + (size - 1) * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return (theta - superiority) ** 2 <= z * z * theta * (1 - theta) / (n1 * n2) * bracket

    def limit(outer: float) -> float:
        inner = superiority
        for _ in range(60):
            middle = (inner + outer) / 2
            inner, outer = (middle, outer) if inside(middle) else (inner, middle)
        return inner

    return Interval(0.0 if superiority == 0 else limit(0.0), 1.0 if superiority == 1 else limit(1.0), level, "Newcombe, method 5")
