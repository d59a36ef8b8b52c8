"""How far the people of one group agree on a scale, and how far several items measure one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from statistics import fmean, variance
from typing import Literal

from app.statistics.intervals import Absent, Interval

FEWEST_FOR_ALPHA = 10

AgreementReading = Literal["camps", "none", "weak", "moderate", "strong", "very strong"]


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha of `items` items over `people` complete answers, with its interval, whose lower limit may be negative."""

    value: float
    interval: Interval
    people: int
    items: int


def r_wg(values: Sequence[float], *, points: int = 5) -> float | Absent:
    """Agreement on one item, against answers given at random over the scale.

    Parameters
    ----------
    values
        One answer a person, from 1 to `points`.

    Returns
    -------
    float or Absent
        1 when all agree, 0 when they differ as random answers do, negative when they differ more (two camps). Absent with code
        "too_few" below two persons.

    Notes
    -----
    1 - s² / σ², with s² the sample variance and σ² = (points² - 1) / 12 that of a uniform answer: 2 for five points.

    References
    ----------
    James, Demaree and Wolf (1984), doi:10.1037/0021-9010.69.1.85; overview: O'Neill (2017), doi:10.3389/fpsyg.2017.00777
    """
    return _few(values) or 1 - variance(values) / _uniform(points)


def r_wg_items(items: Sequence[Sequence[float]], *, points: int = 5) -> float | Absent:
    """Agreement on several items together: r*_wg(J), which does not grow with the number of items.

    Parameters
    ----------
    items
        For each item the answers it got, 1 to `points`. An item that fewer than two answered is left out.

    Returns
    -------
    float or Absent
        On the scale of `r_wg`. Absent with code "too_few" when no item has two answers.

    Notes
    -----
    1 - mean(s²) / σ², over the items.

    References
    ----------
    Lindell, Brandt and Whitney (1999), doi:10.1177/01466219922031257
    """
    spreads = [variance(values) for values in items if len(values) >= 2]
    if not spreads:
        return _few(())  # type: ignore[return-value]  # never None for nobody
    return 1 - fmean(spreads) / _uniform(points)


def a_wg(values: Sequence[float], *, points: int = 5) -> float | Absent:
    """Agreement on one item, against the largest disagreement that the mean allows.

    Returns
    -------
    float or Absent
        1 when all agree, -1 when half stand at each end. Absent with code "too_few" below two persons, and "mean_at_the_end" where the
        mean lies so near an end of the scale that so many persons could not disagree as the formula supposes.

    Notes
    -----
    1 - 2 s² / {[(H + L) M - M² - H L] · k / (k - 1)} for k persons with mean M on a scale from L to H; it holds for M from
    (L (k - 1) + H) / k to (H (k - 1) + L) / k. .70 and above is read as acceptable.

    References
    ----------
    Brown and Hauenstein (2005), doi:10.1177/1094428105275376
    """
    few = _few(values)
    if few:
        return few
    if len(set(values)) == 1:
        return 1.0
    low, high, k, mean = 1, points, len(values), fmean(values)
    if not (low * (k - 1) + high) / k <= mean <= (high * (k - 1) + low) / k:
        return Absent("Almost everybody chose the end of the scale, where this number says nothing.", code="mean_at_the_end")
    widest = ((high + low) * mean - mean * mean - high * low) * k / (k - 1)
    return 1 - 2 * variance(values) / widest


def mean_deviation(values: Sequence[float]) -> float | Absent:
    """AD: the mean distance of the answers from their mean, in points of the scale; Absent below two persons.

    References
    ----------
    Burke, Finkelstein and Dusig (1999), doi:10.1177/109442819921004
    """
    few = _few(values)
    if few:
        return few
    mean = fmean(values)
    return fmean(abs(value - mean) for value in values)


def agreement_reading(value: float) -> AgreementReading:
    """What an r_wg says in a word: up to .30 none, .50 weak, .70 moderate, .90 strong, above very strong; camps below 0.

    The limits are customary (LeBreton and Senter 2008, doi:10.1177/1094428106296642) and disputed; they order, they do not test.
    """
    limits: tuple[tuple[float, AgreementReading], ...] = ((0.30, "none"), (0.50, "weak"), (0.70, "moderate"), (0.90, "strong"))
    if value < 0:
        return "camps"
    return next((word for limit, word in limits if value <= limit), "very strong")


def cronbach_alpha(rows: Sequence[Sequence[float]], *, level: float = 0.95, fewest: int = FEWEST_FOR_ALPHA) -> Alpha | Absent:
    """Cronbach's alpha with the interval of Feldt.

    Parameters
    ----------
    rows
        One row a person, one value an item, all turned the same way and none missing.
    fewest
        Below so many persons there is no result: at 10 persons, 20 items and alpha .80 the interval is .56 to .94.

    Returns
    -------
    Alpha or Absent
        Absent with code "too_few", "one_item", or "no_spread" when everybody has the same sum.

    Notes
    -----
    k / (k - 1) · (1 - Σ s²(item) / s²(sum)). Limits 1 - (1 - alpha) F, with the quantiles of F at n - 1 and (n - 1)(k - 1) degrees
    of freedom.

    References
    ----------
    Cronbach (1951), doi:10.1007/BF02310555; Feldt, Woodruff and Salih (1987), doi:10.1177/014662168701100107
    """
    people = len(rows)
    if people < max(2, fewest):
        return Absent(f"Only {people} people answered every item, too few to tell.", f"At least {fewest} are needed.", "too_few")
    items = len(rows[0])
    if any(len(row) != items for row in rows):
        raise ValueError("every person needs a value for every item")
    if items < 2:
        return Absent("One item alone has no reliability of this kind.", code="one_item")
    spread = variance([sum(row) for row in rows])
    if spread == 0:
        return Absent("Everybody has the same sum, so nothing can be told apart.", code="no_spread")
    value = items / (items - 1) * (1 - sum(variance(column) for column in zip(*rows, strict=True)) / spread)
    return Alpha(value, alpha_interval(value, people=people, items=items, level=level), people, items)


def alpha_interval(alpha: float, *, people: int, items: int, level: float = 0.95) -> Interval:
    """The interval of an alpha from its value alone; see `cronbach_alpha`."""
    from scipy.special import fdtri

    first, second = people - 1, (people - 1) * (items - 1)
    low = 1 - (1 - alpha) * float(fdtri(first, second, (1 + level) / 2))
    high = 1 - (1 - alpha) * float(fdtri(first, second, (1 - level) / 2))
    return Interval(max(-inf, low), min(1.0, high), level, "Feldt")


def _uniform(points: int) -> float:
    if points < 2:
        raise ValueError("a scale has at least two points")
    return (points * points - 1) / 12


def _few(values: Sequence[float]) -> Absent | None:
    if len(values) >= 2:
        return None
    return Absent("Agreement needs the answers of at least two people.", code="too_few")
