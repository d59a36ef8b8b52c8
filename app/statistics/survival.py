"""How long customers stay: the Kaplan-Meier estimate, which counts customers who are still there rightly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

from app.statistics.intervals import Absent


@dataclass(frozen=True)
class SurvivalPoint:
    """At `time`: how many were still watched just before it, how many left then, the share surviving it, its interval."""

    time: float
    at_risk: int
    events: int
    survival: float
    low: float
    high: float


@dataclass(frozen=True)
class SurvivalCurve:
    """The estimate at every time at which somebody left or was last seen, and the median time, where half are gone."""

    points: tuple[SurvivalPoint, ...]
    median: float | Absent
    subjects: int
    events: int

    def at(self, time: float) -> float:
        """The share that survives `time`."""
        share = 1.0
        for point in self.points:
            if point.time > time:
                break
            share = point.survival
        return share


def kaplan_meier(durations: Sequence[float], events: Sequence[bool], *, level: float = 0.95) -> SurvivalCurve:
    """The Kaplan-Meier estimate with its exponential Greenwood (log-log) interval, by lifelines.

    Parameters
    ----------
    durations
        How long each subject was watched, >= 0, any unit of time.
    events
        True where the subject left at the end of its duration, False where it was still there (censored).

    Raises
    ------
    ValueError
        When there is no subject, or the lengths differ.

    References
    ----------
    Kaplan and Meier (1958), doi:10.1080/01621459.1958.10501452
    """
    if not durations or len(durations) != len(events):
        raise ValueError("survival needs one duration and one event for each of at least one subject")
    from lifelines import KaplanMeierFitter

    fitter = KaplanMeierFitter(alpha=1 - level)
    fitter.fit(list(durations), event_observed=list(events))
    table = fitter.event_table
    estimate = fitter.survival_function_.iloc[:, 0]
    bounds = fitter.confidence_interval_survival_function_
    points = tuple(
        SurvivalPoint(
            time=float(time),
            at_risk=int(table.loc[time, "at_risk"]),
            events=int(table.loc[time, "observed"]),
            survival=float(estimate.loc[time]),
            low=_within(bounds.loc[time].iloc[0], float(estimate.loc[time])),
            high=_within(bounds.loc[time].iloc[1], float(estimate.loc[time])),
        )
        for time in estimate.index
    )
    half = next((p.time for p in points if p.survival <= 0.5), None)
    median = half if half is not None else Absent("More than half are still there, so the median is not reached yet.", code="not_reached")
    return SurvivalCurve(points, median, len(durations), int(sum(bool(e) for e in events)))


def log_rank(
    durations1: Sequence[float], events1: Sequence[bool], durations2: Sequence[float], events2: Sequence[bool]
) -> tuple[float, float]:
    """The log-rank test of two groups: (chi-squared with one degree of freedom, p-value), by lifelines."""
    from lifelines.statistics import logrank_test

    result = logrank_test(list(durations1), list(durations2), event_observed_A=list(events1), event_observed_B=list(events2))
    return float(result.test_statistic), float(result.p_value)


def _within(bound: float, estimate: float) -> float:
    # Before anybody has left, and after everybody has, the log-log interval is undefined: it is the estimate itself.
    return estimate if isnan(float(bound)) else float(bound)
