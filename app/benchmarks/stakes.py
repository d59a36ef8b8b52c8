"""What reaching a claim would be worth, with the arithmetic written out.

The arithmetic is done on the numbers as they are shown (rates to a hundredth of a percent, averages to a whole unit), so that whoever
works it out again from the page gets the same amount.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.wording import count, decimal, money, percent, points, signed_percent, whole_money


@dataclass(frozen=True)
class Stake:
    """What reaching the claim would be worth, with its arithmetic.

    `per` says in which time: "a year", or "in 10 months" where no more is covered. `goal` says from which number to which, as in
    "a win rate of 43.48 % instead of 40.91 %". `low` and `high` carry the likely range of the present rate through. `amount` 0 or
    less means the claim is reached already.
    """

    amount: float
    low: float | None
    high: float | None
    currency: str | None
    steps: tuple[str, ...]
    caveat: str
    per: str = "a year"
    goal: str = ""


STAKE_CAVEAT = "An association reported by others, carried over to your numbers. It is not a forecast and not a promise."


@dataclass(frozen=True)
class Now:
    """The rate a stake starts from: `rate` with its range, and what it is of, as in "after" or "in all closed deals"."""

    rate: float
    of: str
    low: float | None = None
    high: float | None = None


def win_stake(
    now: Now,
    *,
    target: float,
    closed: int,
    average: float,
    currency: str | None,
    months: int = 12,
    days: str = "",
    without_amount: str = "",
) -> Stake:
    """More deals won at the target rate, times the average won amount.

    Parameters
    ----------
    closed, months, days
        Deals closed in the last so many whole months, twelve or as many as are covered, and those days in words. Nothing is scaled
        up to a year.
    average
        Of the won deals that have an amount.
    without_amount
        How many won deals have none, in words.
    """
    goal = _goal("a win rate", target, now.rate, now.of)
    target, rate = _shown(target), _shown(now.rate)
    per, average = in_words(months), round(average)
    more = round((target - rate) * closed, 2)
    amount = more * average
    of = f"won deals with an amount{f' ({without_amount})' if without_amount else ''}"
    return Stake(
        amount=amount,
        low=None if now.high is None else (target - now.high) * closed * average,
        high=None if now.low is None else (target - now.low) * closed * average,
        currency=currency,
        steps=(
            f"{count(closed)} deals closed in {_months(months)}{f' ({days})' if days else ''} × "
            f"({percent(target, digits=2)} needed − {percent(rate, digits=2)} {now.of}) = {decimal(more, digits=2)} more won",
            f"{decimal(more, digits=2)} × {whole_money(average, currency)}, the average of the {of} = "
            f"{whole_money(amount, currency)} {per}",
        ),
        caveat=STAKE_CAVEAT,
        per=per,
        goal=goal,
    )


def value_stake(now: Now, *, target: float, closed: float, currency: str | None, months: int = 12, days: str = "") -> Stake:
    """More money won at the target rate by value, of the money closed (won and lost) in the last so many whole months."""
    goal = _goal("a win rate by value", target, now.rate, now.of)
    target, rate = _shown(target), _shown(now.rate)
    per, closed = in_words(months), round(closed)
    amount = (target - rate) * closed
    return Stake(
        amount=amount,
        low=None if now.high is None else (target - now.high) * closed,
        high=None if now.low is None else (target - now.low) * closed,
        currency=currency,
        steps=(
            f"{whole_money(closed, currency)} closed, won and lost, in {_months(months)}{f' ({days})' if days else ''} × "
            f"({percent(target, digits=2)} needed − {percent(rate, digits=2)} {now.of}) = {whole_money(amount, currency)} {per}",
        ),
        caveat=STAKE_CAVEAT,
        per=per,
        goal=goal,
    )


def in_words(months: int) -> str:
    """The time in words: a year for twelve months, else such as “in 10 months”."""
    return "a year" if months == 12 else f"in {_months(months)}"


def churn_stake(now: Now, *, customers: int, target: float, average: float, currency: str | None, days: str = "") -> Stake:
    """Customers kept at the target churn, times what a customer brings in a year."""
    goal = _goal("a share of customers lost", target, now.rate, now.of)
    target, rate = _shown(target), _shown(now.rate)
    kept, average = round((rate - target) * customers, 2), round(average)
    amount = kept * average
    return Stake(
        amount=amount,
        low=None if now.low is None else (now.low - target) * customers * average,
        high=None if now.high is None else (now.high - target) * customers * average,
        currency=currency,
        steps=(
            f"{count(customers)} customers{f' ({days})' if days else ''} × "
            f"({percent(rate, digits=2)} lost {now.of} − {percent(target, digits=2)} needed) = {decimal(kept, digits=2)} more kept",
            f"{decimal(kept, digits=2)} × {whole_money(average, currency)} a year, the average of a customer = "
            f"{whole_money(amount, currency)} a year",
        ),
        caveat=STAKE_CAVEAT,
        goal=goal,
    )


def growth_stake(*, revenue: float, growth: float, target: float, currency: str | None, days: str = "", of: str = "") -> Stake:
    """Revenue of another year at the target growth instead of the present one."""
    goal = f"growth of {signed_percent(target)} instead of {signed_percent(growth)}{f' {of}' if of else ''}"
    target, growth, revenue = _shown(target), _shown(growth), round(revenue)
    gap = target - growth
    amount = revenue * gap
    return Stake(
        amount=amount,
        low=None,
        high=None,
        currency=currency,
        steps=(
            f"From {signed_percent(growth, digits=2)} to {signed_percent(target, digits=2)} are {points(gap, digits=2).lstrip('+')}; "
            f"{whole_money(revenue, currency)}{f' of {days}' if days else ' of the last twelve months'} × "
            f"{percent(gap, digits=2)} = {whole_money(amount, currency)} in the next year",
        ),
        caveat=STAKE_CAVEAT,
        goal=goal,
    )


def money_of(stake: Stake) -> str:
    """The amount as it is written."""
    return str(money(stake.amount, stake.currency))


def _goal(what: str, target: float, rate: float, of: str) -> str:
    return f"{what} of {percent(target)} instead of {percent(rate)}{f' {of}' if of else ''}"


def _shown(rate: float) -> float:
    """The rate as it is shown in the arithmetic, to a hundredth of a percent."""
    return round(rate, 4)


def _months(months: int) -> str:
    return "1 month" if months == 1 else f"{months} months"
