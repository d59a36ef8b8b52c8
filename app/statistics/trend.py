"""Whether a proportion rises or falls steadily over ordered groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from app.statistics.intervals import Absent
from app.statistics.proportions import check


@dataclass(frozen=True)
class Trend:
    """The standardised slope `z` (positive when the proportion rises) and the two-sided chance `p` of one as steep without a trend."""

    z: float
    p: float


def cochran_armitage(successes: Sequence[int], trials: Sequence[int], *, scores: Sequence[float] | None = None) -> Trend | Absent:
    """The Cochran-Armitage test for a linear trend in proportions.

    Parameters
    ----------
    successes, trials
        One of each for every group, in order; the trials are independent.
    scores
        Where each group lies; 0, 1, 2 … without them.

    Returns
    -------
    Trend or Absent
        Absent below three groups, and when all trials ended alike, so that nothing can rise or fall.

    Notes
    -----
    With p = Σx / Σn and t̄ = Σnt / Σn: z = Σ t (x − n p) / sqrt(p (1 − p) Σ n (t − t̄)²).

    References
    ----------
    Cochran (1954), doi:10.2307/3001616; Armitage (1955), doi:10.2307/3001775; Agresti (2002), Categorical Data Analysis, 5.3.5.
    """
    places = [float(score) for score in (scores if scores is not None else range(len(trials)))]
    if not len(successes) == len(trials) == len(places):
        raise ValueError("successes, trials and scores need one value for each group")
    for x, n in zip(successes, trials, strict=True):
        check(x, n)
    if len(trials) < 3:
        return Absent("A trend needs three periods or more.", "Choose shorter periods.", "too_few")
    total, rate = sum(trials), sum(successes) / sum(trials)
    middle = sum(n * t for n, t in zip(trials, places, strict=True)) / total
    variance = rate * (1 - rate) * sum(n * (t - middle) ** 2 for n, t in zip(trials, places, strict=True))
    if variance <= 0:
        return Absent("All records ended alike, so there is no trend to see.", "", "no_variation")
    z = sum(t * (x - n * rate) for x, n, t in zip(successes, trials, places, strict=True)) / sqrt(variance)
    return Trend(z, 2 * (1 - NormalDist().cdf(abs(z))))
