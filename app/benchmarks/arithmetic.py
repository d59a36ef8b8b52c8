"""What a claim would lead to, with every step written out, and where it is arithmetically impossible."""

from __future__ import annotations

from dataclasses import dataclass

from app.benchmarks.catalogue import Claim
from app.statistics.intervals import Absent
from app.wording import count, money, percent, signed_percent


@dataclass(frozen=True)
class Outlook:
    """Where a claim would take a rate or an amount, if it held. `steps` is the arithmetic, one line each."""

    before: float
    after: float
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Stake:
    """What reaching a claim would be worth in a year, with its arithmetic.

    `low` and `high` carry the likely range of the starting rate through. `amount` 0 or less means the claim is reached already.
    """

    amount: float
    low: float | None
    high: float | None
    currency: str | None
    steps: tuple[str, ...]
    caveat: str


STAKE_CAVEAT = "An association reported by others, carried over to your numbers. It is not a forecast and not a promise."


def ceiling(ratio: float) -> float:
    """The highest rate from which a rise by `ratio` is possible: 1 / ratio."""
    return 1 / ratio


def apply_ratio(rate: float, claim: Claim, *, noun: str) -> Outlook | Absent:
    """A relative claim multiplies: 20 % × 1.38 = 27.6 %.

    Parameters
    ----------
    rate
        The rate the claim speaks of, in [0, 1]: won of closed, kept of customers, or, for a churn claim, lost of customers.

    Returns
    -------
    Outlook or Absent
        Absent with code "impossible" when the result would be above 100 %.
    """
    ratio = claim.ratio
    if ratio is None:
        return Absent("This figure is no ratio, so it cannot be applied.", code="no_ratio")
    after = rate * ratio
    if after > 1:
        return Absent(
            f"{percent(rate)} × {ratio:.2f} = {percent(after)}, and no {noun} can be above 100 %. "
            f"It is impossible above a {noun} of {percent(ceiling(ratio))} (1 / {ratio:.2f}).",
            code="impossible",
        )
    return Outlook(rate, after, (f"{percent(rate)} × {ratio:.2f} = {percent(after)}",))


def apply_to_churn(churn: float, claim: Claim) -> Outlook | Absent:
    """A claim about losing fewer acts on churn: 10 % × 0.64 = 6.4 % lost, so 93.6 % kept. `before` and `after` are churn."""
    found = apply_ratio(churn, claim, noun="churn")
    if isinstance(found, Absent):
        return found
    kept_before, kept_after = 1 - churn, 1 - found.after
    steps = (
        f"{percent(churn)} lost × {claim.ratio:.2f} = {percent(found.after)} lost",
        f"100 % − {percent(found.after)} = {percent(kept_after)} kept, from {percent(kept_before)}",
    )
    uplift = (f"That is {signed_percent(kept_after / kept_before - 1)} of retention",) if kept_before > 0 else ()
    return Outlook(churn, found.after, (*steps, *uplift))


def pair_of_levels(claim: Claim) -> tuple[float, float, tuple[str, ...]]:
    """(gap in points as a share, ratio of the two revenues after a year, steps) of a pair of growth rates."""
    if claim.aligned_level is None or claim.other_level is None:
        raise ValueError(f"{claim.id} is no pair of levels")
    gap = claim.aligned_level - claim.other_level
    ratio = (1 + claim.aligned_level) / (1 + claim.other_level)
    return (
        gap,
        ratio,
        (
            f"{signed_percent(claim.aligned_level, digits=0)} beside {signed_percent(claim.other_level, digits=0)}: "
            f"{gap * 100:.0f} points apart",
            f"After a year {1 + claim.aligned_level:.2f} / {1 + claim.other_level:.2f} = {ratio:.2f} to one",
        ),
    )


def win_stake(
    *,
    closed: int,
    rate: float,
    target: float,
    average: float,
    currency: str | None,
    low: float | None = None,
    high: float | None = None,
) -> Stake:
    """More deals won in a year at the target rate, times the average won amount.

    Parameters
    ----------
    closed
        Deals closed in the last twelve months.
    rate, target
        The win rate there and the one the claim leads to.
    low, high
        The likely range of the rate; a lower rate leaves a larger distance.
    """
    more = (target - rate) * closed
    return Stake(
        amount=more * average,
        low=None if high is None else (target - high) * closed * average,
        high=None if low is None else (target - low) * closed * average,
        currency=currency,
        steps=(
            f"{count(closed)} deals closed in twelve months × ({percent(target)} − {percent(rate)}) = {more:,.1f} more won",
            f"{more:,.1f} × {money(average, currency)} on average = {money(more * average, currency)} a year",
        ),
        caveat=STAKE_CAVEAT,
    )


def churn_stake(
    *,
    customers: int,
    churn: float,
    target: float,
    average: float,
    currency: str | None,
    low: float | None = None,
    high: float | None = None,
) -> Stake:
    """Customers kept in a year at the target churn, times what a customer brings in a year."""
    kept = (churn - target) * customers
    return Stake(
        amount=kept * average,
        low=None if low is None else (low - target) * customers * average,
        high=None if high is None else (high - target) * customers * average,
        currency=currency,
        steps=(
            f"{count(customers)} customers × ({percent(churn)} − {percent(target)}) = {kept:,.1f} more kept",
            f"{kept:,.1f} × {money(average, currency)} a year = {money(kept * average, currency)} a year",
        ),
        caveat=STAKE_CAVEAT,
    )


def growth_stake(*, revenue: float, growth: float, target: float, currency: str | None) -> Stake:
    """Revenue of another year at the target growth instead of the present one."""
    amount = revenue * (target - growth)
    return Stake(
        amount=amount,
        low=None,
        high=None,
        currency=currency,
        steps=(
            f"{money(revenue, currency)} of the last twelve months × ({signed_percent(target)} − {signed_percent(growth)}) "
            f"= {money(amount, currency)} in the next year",
        ),
        caveat=STAKE_CAVEAT,
    )
