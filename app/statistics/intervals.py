"""The two small values that every computed result is made of: an interval, and an absence with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """A confidence interval.

    `low` and `high` are on the scale of the estimate (a share in [0, 1], a ratio in [0, inf], money …);
    `high` may be ``math.inf``. `level` is the confidence, .95 unless said otherwise. `method` is the
    name of the method as printed beside the number, e.g. "Wilson score".
    """

    low: float
    high: float
    level: float = 0.95
    method: str = ""

    def contains(self, value: float) -> bool:
        """Whether `value` lies inside, bounds included."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Absent:
    """Why a number is not there. Never 0, never -1, never a guess.

    Parameters
    ----------
    reason
        One plain sentence: what is missing.
    remedy
        One plain sentence: which export or which answer would supply it; "" when nothing can.
    code
        A short stable word for programs and tests, e.g. "wins_only", "no_table", "too_few", "partial_period".
    """

    reason: str
    remedy: str = ""
    code: str = ""
