"""How numbers are written for readers: the one home of every format, so that page, chart, file and command line agree.

English format unless `numbers_as` says otherwise: comma for thousands, point for decimals, a no-break space before the percent sign, a
true minus sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from math import inf, isinf, isnan
from typing import Literal, Self

from app.statistics.intervals import Interval

NBSP = "\u00a0"
MINUS = "\u2212"


NumberStyle = Literal["en", "de", "fr", "ch"]
MARKS: dict[NumberStyle, tuple[str, str]] = {"en": (",", "."), "de": (".", ","), "fr": (NBSP, ","), "ch": ("\u2019", ".")}
"""The marks of thousands and of decimals: English, German (and Spanish, Italian …), French, Swiss."""
STYLES: dict[NumberStyle, str] = {style: f"1{thousands}234{point}5".replace(NBSP, " ") for style, (thousands, point) in MARKS.items()}
"""Each style by an example, for a reader to choose from."""

_QUOTED_OR_NUMBER = re.compile(
    "\u201c[^\u201d]*\u201d|(?:(?<![\\w-])-)?(?:\\d{1,3}(?:,\\d{3})+(?:\\.\\d+)?|\\d+\\.\\d+)|(?<![\\w-])-(?=\\d)"
)
_style: ContextVar[NumberStyle] = ContextVar("number style", default="en")


@contextmanager
def numbers_as(style: NumberStyle) -> Iterator[None]:
    """Write numbers in another style within the block, in this thread: a report for a reader elsewhere. Words stay English."""
    before = _style.set(style)
    try:
        yield
    finally:
        _style.reset(before)


def number_style() -> NumberStyle:
    """The style that numbers are written in."""
    return _style.get()


def _marked(text: str) -> str:
    """A number as Python writes it, in the marks of the style, with a true minus sign."""
    thousands, point = MARKS[_style.get()]
    return text.translate({ord(","): thousands, ord("."): point, ord("-"): MINUS})


NumberKind = Literal["count", "share", "change", "points", "money", "decimal", "difference"]


class Written(str):
    """A number as it is written for readers, which still knows its value: a workbook's cell gets the number, a page the words.

    `kind` says how the value is to be read: "share" and "change" are fractions (.632 is 63.2 %), "points" a difference of fractions,
    "count", "money" and "decimal" plain numbers, "difference" one with its sign.
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
    return Written(_marked(f"{number:,.0f}"), number, "count")


def percent(share: float, *, digits: int = 1) -> Written:
    """A share as percent: .631501 → "63.2 %"; infinity → "no limit"."""
    if isinf(share):
        return Written("no limit", share, "share")
    if isnan(share):
        raise ValueError("a share that is not a number has no place on the screen")
    return Written(_marked(f"{share * 100:,.{digits}f}{NBSP}%"), share, "share")


def signed_percent(share: float, *, digits: int = 1) -> Written:
    """A change as percent with its sign: .12 → "+12.0 %", -.034 → "−3.4 %"."""
    text = "no limit" if isinf(share) else _marked(f"{_signed(share * 100, digits)}{NBSP}%")
    return Written(text, share, "change")


def _signed(number: float, digits: int) -> str:
    """A number with its sign; what rounds to nothing has none."""
    text = f"{number:+,.{digits}f}"
    return text if text.strip("+-0.,") else text.lstrip("+-")


def points(difference: float, *, digits: int = 1) -> Written:
    """A difference of two shares in percentage points: .021 → "+2.1 points"."""
    return Written(_marked(f"{_signed(difference * 100, digits)}{NBSP}points"), difference, "points")


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
    text = _marked(text).replace(" ", NBSP)
    return Written(f"{currency}{NBSP}{text}" if currency else text, amount, "money")


def whole_money(amount: float, currency: str | None = None) -> Written:
    """An amount to the whole unit, for arithmetic that is shown: 1073211.4 → "1,073,211"."""
    text = _marked(f"{amount:,.0f}")
    return Written(f"{currency}{NBSP}{text}" if currency else text, amount, "money")


def exact_money(amount: float, currency: str | None = None) -> Written:
    """An amount to the cent, for tables: 10005534 → "10,005,534.00"."""
    text = _marked(f"{amount:,.2f}")
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
    return _marked(text)


def decimal(number: float, *, digits: int = 1, signed: bool = False) -> Written:
    """A plain number with decimals: 3.44 → "3.4"; signed, 0.44 → "+0.4". Its value is rounded as well: no file says more than the page."""
    kind: NumberKind = "difference" if signed else "decimal" if digits else "count"
    return Written(_marked(f"{number:+,.{digits}f}" if signed else f"{number:,.{digits}f}"), round(number, digits), kind)


def restyled(prose: str) -> str:
    """Our own prose with its numbers in the style and true minus signs: "-6.4 %" → "−6,4 %". What is quoted stays as it was said."""
    thousands, point = MARKS[_style.get()]
    marks = {ord(","): thousands, ord("."): point, ord("-"): MINUS}
    return _QUOTED_OR_NUMBER.sub(lambda found: found[0] if found[0][0] == "\u201c" else found[0].translate(marks), prose)


def day(value: date) -> str:
    """A date: "1 Mar 2017"."""
    return f"{value.day} {value:%b %Y}"


def day_range(first: date, last: date) -> str:
    """A range of days, both included: "1 Mar 2017 to 31 Dec 2017"."""
    return f"{day(first)} to {day(last)}"


def likely_range_note() -> str:
    """The tooltip that explains every interval."""
    return (
        "The likely range is a 95 % confidence interval: as far as chance is concerned, a range made this way holds the true value "
        "19 times out of 20."
    )
