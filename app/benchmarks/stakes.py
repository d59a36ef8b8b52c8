"""What reaching a claim would be worth, with the arithmetic written out."""

from __future__ import annotations

from dataclasses import dataclass

from app.wording import count, money, percent, signed_percent


@dataclass(frozen=True)
class Stake:
    """What reaching a claim would be worth, with its arithmetic.

    `per` says in which time: "a year", or "in 10 months" where no more is covered. `low` and `high` carry
    the likely range of the starting rate through. `amount` 0 or less means the claim is reached already.
    """

    amount: float
    low: float | None
    high: float | None
    currency: str | None
    steps: tuple[str, ...]
    caveat: str
    per: str = "a year"


STAKE_CAVEAT = "An association reported by others, carried over to your numbers. It is not a forecast and not a promise."


def win_stake(
    *,
    closed: int,
    rate: float,
    target: float,
    average: float,
    currency: str | None,
    months: int = 12,
    low: float | None = None,
    high: float | None = None,
) -> Stake:
    """More deals won at the target rate, times the average won amount.

    Parameters
    ----------
    closed, months
        Deals closed in the last so many whole months, twelve or as many as are covered. Nothing is scaled up to a year.
    rate, target
        The win rate there and the one the claim leads to.
    low, high
        The likely range of the rate; a lower rate leaves a larger distance.
    """
    more = (target - rate) * closed
    per = in_words(months)
    return Stake(
        amount=more * average,
        low=None if high is None else (target - high) * closed * average,
        high=None if low is None else (target - low) * closed * average,
        currency=currency,
        steps=(
            f"{count(closed)} deals closed in {months} months × ({percent(target)} − {percent(rate)}) = {more:,.1f} more won",
            f"{more:,.1f} × {money(average, currency)} on average = {money(more * average, currency)} {per}",
        ),
        caveat=STAKE_CAVEAT,
        per=per,
    )


def in_words(months: int) -> str:
    """The time in words: a year for twelve months, else such as “in 10 months”."""
    return "a year" if months == 12 else "in 1 month" if months == 1 else f"in {months} months"


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
