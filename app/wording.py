"""How numbers are written for readers: the one home of every format, so that page, chart, file and command line agree.

English format: comma for thousands, point for decimals, a no-break space before the percent sign, a true minus sign.
"""

from __future__ import annotations

from datetime import date
from math import inf, isinf, isnan
from typing import Literal, Self

from app.statistics.intervals import Interval

NBSP = "\u00a0"
MINUS = "\u2212"


NumberKind = Literal["count", "share", "change", "points", "money"]


class Written(str):
    """A number as it is written for readers, which still knows its value: a workbook's cell gets the number, a page the words.

    `kind` says how the value is to be read: "share" and "change" are fractions (.632 is 63.2 %), "points" a difference of fractions,
    "count" and "money" plain numbers.
    """

    value: float
    kind: NumberKind

    def __new__(cls, text: str, value: float, kind: NumberKind) -> Self:
        """`text` for readers, `value` for programs."""
        made = super().__new__(cls, text)
        made.value, made.kind = value, kind
        return made

    def __reduce__(self) -> tuple[type[Self], tuple[str, float, NumberKind]]:
        return type(self), (str(self), self.value, self.kind)


def count(number: float) -> Written:
    """A whole number: 4238 → "4,238"."""
    return Written(f"{number:,.0f}".replace("-", MINUS), number, "count")


def percent(share: float, *, digits: int = 1) -> Written:
    """A share as percent: .631501 → "63.2 %"; infinity → "no limit"."""
    if isinf(share):
        return Written("no limit", share, "share")
    if isnan(share):
        raise ValueError("a share that is not a number has no place on the screen")
    return Written(f"{share * 100:,.{digits}f}{NBSP}%".replace("-", MINUS), share, "share")


def signed_percent(share: float, *, digits: int = 1) -> Written:
    """A change as percent with its sign: .12 → "+12.0 %", -.034 → "−3.4 %"."""
    text = "no limit" if isinf(share) else f"{share * 100:+,.{digits}f}{NBSP}%".replace("-", MINUS)
    return Written(text, share, "change")


def points(difference: float, *, digits: int = 1) -> Written:
    """A difference of two shares in percentage points: .021 → "+2.1 points"."""
    return Written(f"{difference * 100:+,.{digits}f}{NBSP}points".replace("-", MINUS), difference, "points")


def change(ratio: float, *, digits: int = 1) -> Written:
    """A ratio as a relative change: 1.25 → "+25.0 %"; infinity → "no limit"."""
    return signed_percent(ratio - 1, digits=digits)


def money(amount: float, currency: str | None = None) -> Written:
    """An amount rounded as its size deserves: 10005534 → "10.01 million", 83210.4 → "83,210"; the code goes in front."""
    size = abs(amount)
    if size >= 999_500_000:
        text = f"{amount / 1e9:,.2f} billion"
    elif size >= 1_000_000:
        text = f"{amount / 1e6:,.2f} million"
    elif size >= 100:
        text = f"{amount:,.0f}"
    else:
        text = f"{amount:,.2f}"
    text = text.replace("-", MINUS).replace(" ", NBSP)
    return Written(f"{currency}{NBSP}{text}" if currency else text, amount, "money")


def whole_money(amount: float, currency: str | None = None) -> Written:
    """An amount to the whole unit, for arithmetic that is shown: 1073211.4 → "1,073,211"."""
    text = f"{amount:,.0f}".replace("-", MINUS)
    return Written(f"{currency}{NBSP}{text}" if currency else text, amount, "money")


def exact_money(amount: float, currency: str | None = None) -> Written:
    """An amount to the cent, for tables: 10005534 → "10,005,534.00"."""
    text = f"{amount:,.2f}".replace("-", MINUS)
    return Written(f"{currency}{NBSP}{text}" if currency else text, amount, "money")


def percent_range(interval: Interval, *, digits: int = 1) -> str:
    """An interval of shares: "62.0 % to 64.3 %"."""
    return f"{percent(interval.low, digits=digits)} to {percent(interval.high, digits=digits)}"


def signed_range(interval: Interval, *, digits: int = 1) -> str:
    """An interval of changes: "+5.0 % to +18.0 %"."""
    return f"{signed_percent(interval.low, digits=digits)} to {signed_percent(interval.high, digits=digits)}"


def change_range(interval: Interval, *, digits: int = 1) -> str:
    """An interval of ratios as relative changes: "−0.6 % to +57.4 %", or "+20.0 % or more" without an upper limit."""
    if interval.high == inf:
        return f"{change(interval.low, digits=digits)} or more"
    return f"{change(interval.low, digits=digits)} to {change(interval.high, digits=digits)}"


def duration(minutes: float) -> str:
    """A length of time from its minutes: 90 → "90 minutes", 1000 → "16.7 hours", 5000 → "3.5 days"."""
    if minutes < 120:
        text = f"{minutes:,.0f} minutes"
    elif minutes < 48 * 60:
        text = f"{minutes / 60:,.1f} hours"
    else:
        text = f"{minutes / 1440:,.1f} days"
    return text.replace("-", MINUS)


def day(value: date) -> str:
    """A date: "1 Mar 2017"."""
    return f"{value.day} {value:%b %Y}"


def day_range(first: date, last: date) -> str:
    """A range of days, both included: "1 Mar 2017 to 31 Dec 2017"."""
    return f"{day(first)} to {day(last)}"


def likely_range_note() -> str:
    """The tooltip that explains every interval."""
    return (
        "The likely range is a 95 % confidence interval: with so many records, chance alone would leave the true value "
        "inside a range made this way 19 times out of 20."
    )
