"""What a cited figure would mean for a number, with the arithmetic written out, and where it is impossible.

Every function takes its ratios and levels as arguments (they come from the catalogue) and works on shares: .2 is 20 %, -.07 a fall of 7 %.
Every result carries `steps`, the calculation as one line to print.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from app.statistics.intervals import Absent
from app.wording import MINUS, decimal, percent, points, signed_percent

_WHOLE = percent(1, digits=0)
_ROUNDING = 1e-12
"""1 / 1.38 × 1.38 is 1 to the last digit or beside it; a result this close to 100 % is 100 %."""


@dataclass(frozen=True)
class Applied:
    """A rate and what it would become; both are shares in [0, 1]."""

    before: float
    after: float
    steps: str


@dataclass(frozen=True)
class ChurnApplied:
    """A reduction of churn and what it does to retention; all shares in [0, 1].

    `retention_uplift` is the relative change of retention (.04 = 4 % more customers kept), None when nobody was kept before.
    """

    churn_before: float
    churn_after: float
    retention_before: float
    retention_after: float
    retention_uplift: float | None
    steps: str


@dataclass(frozen=True)
class RetentionReadings:
    """A figure on retention read twice: `quoted` as it is quoted, often impossible, and `meant`, as a reduction of churn.

    `sentence` says both in words.
    """

    quoted: Applied | Absent
    meant: ChurnApplied
    sentence: str


@dataclass(frozen=True)
class GrowthPair:
    """Two growth rates over a year: the gap (.39 = 39 points) and the ratio of the revenues of two firms that began equal."""

    aligned: float
    baseline: float
    gap: float
    revenue_ratio: float
    steps: str


@dataclass(frozen=True)
class GrowthReadings:
    """“24 % faster growth” read as a multiple of the growth rate and as points added to it; growth rates as shares."""

    before: float
    relative: float
    as_points: float
    relative_steps: str
    points_steps: str


@dataclass(frozen=True)
class Contrast:
    """Two published levels: their ratio, the relative change (.667 = 66.7 % more) and the difference (.14 = 14 points)."""

    aligned: float
    baseline: float
    ratio: float
    change: float
    difference: float
    steps: str


@dataclass(frozen=True)
class Denominator:
    """A win rate with and without “no decision” in the denominator; `difference` in points as a share."""

    with_no_decision: float
    without_no_decision: float
    difference: float
    steps: str


def ceiling_of(ratio: float) -> float | None:
    """Return the highest rate that can be multiplied by `ratio` without passing 100 %: 1 / ratio; None when there is no limit.

    Raises
    ------
    ValueError
        When `ratio` is not a finite number above 0.
    """
    _check_ratio(ratio)
    return 1 / ratio if ratio > 1 else None


def apply_ratio(rate: float, *, ratio: float, noun: str = "rate") -> Applied | Absent:
    """Multiply a rate by a claimed ratio.

    Parameters
    ----------
    rate
        The rate to start from, in [0, 1].
    ratio
        The claimed multiple, above 0.
    noun
        What the rate is called in the sentence, e.g. "win rate".

    Returns
    -------
    Applied or Absent
        Absent with the code "impossible" when the result would pass 100 %; its reason names the highest rate possible.

    Raises
    ------
    ValueError
        When `rate` is outside [0, 1] or `ratio` is not a finite number above 0.
    """
    _check_share(rate)
    highest = ceiling_of(ratio)
    after = rate * ratio
    steps = f"{percent(rate)} × {_times(ratio)} = {percent(after)}"
    if after > 1 + _ROUNDING and highest is not None:
        return Absent(
            f"{steps}, and no {noun} can be above {_WHOLE}. "
            f"It is impossible from any {noun} above 1 / {_times(ratio)} = {percent(highest)}.",
            code="impossible",
        )
    return Applied(rate, min(after, 1.0), steps)


def apply_points(rate: float, *, added: float, noun: str = "rate") -> Applied | Absent:
    """Add points to a rate: the reading that is set aside for a relative figure.

    Parameters
    ----------
    added
        The points as a share, .38 for 38 points.

    Returns
    -------
    Applied or Absent
        Absent with the code "impossible" when the result leaves 0 % to 100 %.
    """
    _check_share(rate)
    after = rate + added
    steps = f"{percent(rate)} {_joined(points(added))} = {percent(after)}"
    if not -_ROUNDING <= after <= 1 + _ROUNDING:
        return Absent(f"{steps}, and a {noun} lies between {percent(0, digits=0)} and {_WHOLE}.", code="impossible")
    return Applied(rate, min(max(after, 0.0), 1.0), steps)


def apply_to_churn(churn: float, *, ratio: float) -> ChurnApplied:
    """Multiply churn by a claimed ratio below 1 and say what remains of the customers.

    Parameters
    ----------
    churn
        Customers lost as a share of customers, in [0, 1].
    ratio
        What the churn is multiplied by, in (0, 1].

    Raises
    ------
    ValueError
        When `churn` is outside [0, 1] or `ratio` outside (0, 1].
    """
    _check_share(churn)
    _check_ratio(ratio)
    if ratio > 1:
        raise ValueError(f"{ratio} is no reduction of churn")
    lost = churn * ratio
    before, after = 1 - churn, 1 - lost
    return ChurnApplied(
        churn_before=churn,
        churn_after=lost,
        retention_before=before,
        retention_after=after,
        retention_uplift=after / before - 1 if before > 0 else None,
        steps=f"{percent(churn)} lost × {_times(ratio)} = {percent(lost)} lost; {_WHOLE} {MINUS} {percent(lost)} = {percent(after)} kept",
    )


def retention_readings(retention: float, *, quoted_ratio: float, churn_ratio: float) -> RetentionReadings:
    """Read a figure on retention both ways: as it is quoted, on retention, and as it was found, on churn.

    Parameters
    ----------
    retention
        The retention to start from, in [0, 1].
    quoted_ratio, churn_ratio
        What retention is multiplied by in the quotation, and what churn is multiplied by in the finding.
    """
    quoted = apply_ratio(retention, ratio=quoted_ratio, noun="retention")
    meant = apply_to_churn(1 - retention, ratio=churn_ratio)
    finding = (
        f"The published finding was {percent(1 - churn_ratio, digits=0)} fewer lost customers, "
        f"which takes {percent(retention)} to {percent(meant.retention_after)}."
    )
    start = f"{signed_percent(quoted_ratio - 1, digits=0)} retention"
    if isinstance(quoted, Absent):
        said = f"{start} is impossible from a baseline of {percent(retention)}."
    else:
        said = f"{start} would take {percent(retention)} to {percent(quoted.after)}, but that is a misquote."
    return RetentionReadings(quoted, meant, f"{said} {finding}")


def growth_pair(aligned: float, baseline: float) -> GrowthPair:
    """Set two growth rates side by side.

    Raises
    ------
    ValueError
        When a rate is not a finite number, or the baseline is a fall of 100 % or more, after which there is no revenue to compare with.
    """
    if not (isfinite(aligned) and isfinite(baseline)) or baseline <= -1 or aligned < -1:
        raise ValueError(f"{aligned} and {baseline} are no pair of growth rates")
    gap, ratio = aligned - baseline, (1 + aligned) / (1 + baseline)
    return GrowthPair(
        aligned=aligned,
        baseline=baseline,
        gap=gap,
        revenue_ratio=ratio,
        steps=(
            f"{signed_percent(aligned)} against {signed_percent(baseline)}: {_joined(points(gap)).removeprefix('+ ')} apart; "
            f"{_times(1 + aligned)} / {_times(1 + baseline)} = {_times(ratio)}"
        ),
    )


def growth_readings(growth: float, *, claimed_change: float) -> GrowthReadings:
    """Read “so many per cent faster” on a yearly growth rate in its two ways.

    Parameters
    ----------
    growth
        The growth rate to start from, as a share above -1.
    claimed_change
        The figure as a share, .24 for 24 %.

    Raises
    ------
    ValueError
        When `growth` is not above 0: a multiple of no growth, or of a fall, says nothing.
    """
    if not (isfinite(growth) and isfinite(claimed_change)) or growth <= 0:
        raise ValueError(f"{growth} is no growth that could be faster")
    relative, added = growth * (1 + claimed_change), growth + claimed_change
    return GrowthReadings(
        before=growth,
        relative=relative,
        as_points=added,
        relative_steps=f"{percent(growth)} × {_times(1 + claimed_change)} = {percent(relative)}",
        points_steps=f"{percent(growth)} {_joined(points(claimed_change))} = {percent(added)}",
    )


def contrast(aligned: float, baseline: float) -> Contrast:
    """Set two published levels side by side.

    Raises
    ------
    ValueError
        When a level is outside [0, 1] or the baseline is 0, of which nothing is a multiple.
    """
    _check_share(aligned)
    _check_share(baseline)
    if baseline == 0:
        raise ValueError("nothing is a multiple of 0")
    ratio = aligned / baseline
    return Contrast(
        aligned=aligned,
        baseline=baseline,
        ratio=ratio,
        change=ratio - 1,
        difference=aligned - baseline,
        steps=f"{percent(aligned)} / {percent(baseline)} = {_times(ratio)}, {signed_percent(ratio - 1)}, {points(aligned - baseline)}",
    )


def denominator_effect(won: float, lost: float, no_decision: float) -> Denominator:
    """Compute a win rate with and without “no decision” in the denominator.

    Parameters
    ----------
    won, lost, no_decision
        Numbers of deals, or shares of them; not negative, and some deal won or lost.

    Raises
    ------
    ValueError
        When a number is negative, or no deal was won or lost.
    """
    if min(won, lost, no_decision) < 0 or won + lost <= 0:
        raise ValueError("a win rate needs deals that were won or lost")
    inside, outside = won / (won + lost + no_decision), won / (won + lost)
    return Denominator(
        with_no_decision=inside,
        without_no_decision=outside,
        difference=outside - inside,
        steps=f"{won:,g} / ({won:,g} + {lost:,g}) = {percent(outside)}, with “no decision” {percent(inside)}",
    )


def _times(ratio: float) -> str:
    """Write a multiple with two digits, or three where it has them: 1.38, 0.64, 1.208."""
    text = decimal(ratio, digits=3)
    return text[:-1] if text.endswith("0") else text


def _joined(signed: str) -> str:
    """Set a sign apart from its number, as in a sum: "+38.0 points" → "+ 38.0 points"."""
    return f"{signed[0]} {signed[1:]}"


def _check_share(rate: float) -> None:
    if not 0 <= rate <= 1:
        raise ValueError(f"{rate} is not a share between 0 and 1")


def _check_ratio(ratio: float) -> None:
    if not (isfinite(ratio) and ratio > 0):
        raise ValueError(f"{ratio} is not a ratio above 0")
