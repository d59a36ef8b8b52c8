"""Intervals of money, by resampling whole accounts.

Revenue is made of a few large and many small accounts, so amounts are not resampled one by one: an account is drawn with all it
has. Fixed seed, so that the same data always give the same interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING

from app.statistics.intervals import Absent, Interval
from app.statistics.proportions import normal_quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 2000
SEED = 20060701
LINEAR_ABOVE = 20_000
FEWEST = 5
_CELLS = 4_000_000


def ratio_of_sums_interval(
    numerators: Sequence[float],
    denominators: Sequence[float],
    *,
    resamples: int = RESAMPLES,
    level: float = 0.95,
    seed: int = SEED,
) -> Interval | Absent:
    """The interval of sum(numerators) / sum(denominators) when whole accounts are drawn again.

    Parameters
    ----------
    numerators, denominators
        One value for each account, same length, e.g. its revenue after and before. An account may be 0 on one side.

    Returns
    -------
    Interval or Absent
        Absent with code "too_few" below five accounts, and "zero_baseline" when the denominators do not add up to more than 0.

    Notes
    -----
    Percentile bootstrap with accounts as the unit. Above 20,000 accounts the linearised (Taylor) standard error of a ratio of sums
    takes its place, sqrt(sum((y - R x)²) · n / (n - 1)) / sum(x); the two agree at that size.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13; Cochran (1977), Sampling Techniques, 6.3.
    """
    import numpy as np

    y, x = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    if y.shape != x.shape or y.ndim != 1:
        raise ValueError("numerators and denominators need one value for each account")
    accounts = len(y)
    if accounts < FEWEST:
        return Absent(f"Only {accounts} accounts: too few for a likely range.", "Add more records.", "too_few")
    if x.sum() <= 0:
        return Absent("The side to compare with adds up to nothing.", "Choose another period.", "zero_baseline")
    if accounts > LINEAR_ABOVE:
        ratio = float(y.sum() / x.sum())
        error = sqrt(float(((y - ratio * x) ** 2).sum()) * accounts / (accounts - 1)) / float(x.sum())
        z = normal_quantile(level)
        return Interval(ratio - z * error, ratio + z * error, level, "linearised, by account")
    sums = _resampled_sums([y, x], resamples=resamples, seed=seed)
    ratios = sums[sums[:, 1] > 0, 0] / sums[sums[:, 1] > 0, 1]
    if len(ratios) < resamples * 0.99:
        return Absent("The amounts hang on too few accounts for a likely range.", "Choose a longer period.", "too_few")
    tail = (1 - level) / 2
    low, high = np.quantile(ratios, [tail, 1 - tail])
    return Interval(float(low), float(high), level, "resampled by account")


def ratio_of_rates_interval(
    successes1: Sequence[float],
    trials1: Sequence[float],
    successes2: Sequence[float],
    trials2: Sequence[float],
    *,
    paired: bool,
    resamples: int = RESAMPLES,
    level: float = 0.95,
    seed: int = SEED,
) -> Interval | Absent:
    """The interval of (sum s1 / sum t1) / (sum s2 / sum t2) when whole accounts are drawn again.

    Parameters
    ----------
    successes1, trials1, successes2, trials2
        One value for each account. With `paired` the same accounts stand on both sides in the same order and are drawn together
        (before and after); otherwise the two sides are drawn on their own (groups).
    """
    import numpy as np

    s1, t1, s2, t2 = (np.asarray(v, dtype=float) for v in (successes1, trials1, successes2, trials2))
    if min(len(s1), len(s2)) < FEWEST:
        return Absent("Too few accounts for a range by account.", code="too_few")
    if paired:
        sums = _resampled_sums([s1, t1, s2, t2], resamples=resamples, seed=seed)
    else:
        first = _resampled_sums([s1, t1], resamples=resamples, seed=seed)
        sums = np.hstack([first, _resampled_sums([s2, t2], resamples=resamples, seed=seed + 1)])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = (sums[:, 0] / sums[:, 1]) / (sums[:, 2] / sums[:, 3])
    ratios = ratios[np.isfinite(ratios)]
    if len(ratios) < resamples * 0.99:
        return Absent("The records hang on too few accounts for a range by account.", code="too_few")
    tail = (1 - level) / 2
    low, high = np.quantile(ratios, [tail, 1 - tail])
    return Interval(float(low), float(high), level, "resampled by account")


def ratio_of_growths_interval(
    first: Sequence[float],
    second: Sequence[float],
    third: Sequence[float],
    *,
    resamples: int = RESAMPLES,
    level: float = 0.95,
    seed: int = SEED,
) -> Interval | Absent:
    """The interval of (third / second - 1) / (second / first - 1), sums over accounts, when whole accounts are drawn again.

    Returns
    -------
    Interval or Absent
        Absent with code "unclear_base" when the earlier growth is not clearly above zero: a multiple of nearly nothing says nothing.
    """
    import numpy as np

    columns = [np.asarray(v, dtype=float) for v in (first, second, third)]
    if len(columns[0]) < FEWEST:
        return Absent("Too few accounts for a likely range.", code="too_few")
    sums = _resampled_sums(columns, resamples=resamples, seed=seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        before, after = sums[:, 1] / sums[:, 0] - 1, sums[:, 2] / sums[:, 1] - 1
    tail = (1 - level) / 2
    if not np.all(np.isfinite(before)) or float(np.quantile(before, tail)) <= 0:
        return Absent(
            "The earlier growth is not clearly above zero, and a multiple of it would say nothing.",
            "Compare the two levels instead.",
            "unclear_base",
        )
    low, high = np.quantile(after / before, [tail, 1 - tail])
    return Interval(float(low), float(high), level, "resampled by account")


def _resampled_sums(columns: Sequence[NDArray[np.float64]], *, resamples: int, seed: int) -> NDArray[np.float64]:
    """The sums of each column over accounts drawn again, all columns together; shape (resamples, columns)."""
    import numpy as np

    values = np.column_stack(columns)
    accounts = len(values)
    random = np.random.default_rng(seed)
    chunk = max(1, _CELLS // accounts)
    sums = []
    for start in range(0, resamples, chunk):
        size = min(chunk, resamples - start)
        picks = random.integers(0, accounts, size=(size, accounts)) + np.arange(size)[:, None] * accounts
        times_drawn = np.bincount(picks.ravel(), minlength=size * accounts).reshape(size, accounts)
        sums.append(times_drawn.astype(float) @ values)
    return np.concatenate(sums)
