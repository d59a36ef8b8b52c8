"""Numbers as readers see them."""

from __future__ import annotations

from datetime import date
from math import inf, nan

import pytest

from app import wording
from app.statistics.intervals import Interval


def test_formats() -> None:
    assert wording.count(4238) == "4,238"
    assert wording.percent(4238 / 6711, digits=2) == "63.15\u00a0%"
    assert wording.percent(-0.034) == "\u22123.4\u00a0%"
    assert wording.signed_percent(0.12) == "+12.0\u00a0%"
    assert wording.points(0.021) == "+2.1\u00a0points"
    assert wording.change(0.64) == "\u221236.0\u00a0%"
    assert wording.change(inf) == "no limit"
    assert wording.money(10005534, "USD") == "USD\u00a010.01\u00a0million"
    assert wording.money(83210.4) == "83,210"
    assert wording.money(-12.5) == "\u221212.50"
    assert wording.money(2205175000) == "2.21\u00a0billion"
    assert wording.exact_money(1134672) == "1,134,672.00"
    assert wording.percent_range(Interval(0.62, 0.643)) == "62.0\u00a0% to 64.3\u00a0%"
    assert wording.change_range(Interval(0.9942, 1.5738)) == "\u22120.6\u00a0% to +57.4\u00a0%"
    assert wording.change_range(Interval(1.2, inf)) == "+20.0\u00a0% or more"
    assert wording.day_range(date(2017, 3, 1), date(2017, 12, 31)) == "1 Mar 2017 to 31 Dec 2017"


@pytest.mark.parametrize(
    ("style", "written"),
    [
        ("en", ("4,238", "\u22123.4\u00a0%", "EUR\u00a01.62\u00a0million", "12,345.60", "+0.4", "16.7 hours")),
        ("de", ("4.238", "\u22123,4\u00a0%", "EUR\u00a01,62\u00a0million", "12.345,60", "+0,4", "16,7 hours")),
        ("fr", ("4\u00a0238", "\u22123,4\u00a0%", "EUR\u00a01,62\u00a0million", "12\u00a0345,60", "+0,4", "16,7 hours")),
        ("ch", ("4\u2019238", "\u22123.4\u00a0%", "EUR\u00a01.62\u00a0million", "12\u2019345.60", "+0.4", "16.7 hours")),
    ],
)
def test_numbers_are_written_in_the_readers_style(style: wording.NumberStyle, written: tuple[str, ...]) -> None:
    with wording.numbers_as(style):
        assert (
            wording.count(4238),
            wording.percent(-0.034),
            wording.money(1_620_000, "EUR"),
            wording.exact_money(12345.6),
            wording.decimal(0.44, signed=True),
            wording.duration(1000),
        ) == written
        assert wording.count(4238).value == 4238
    assert wording.count(4238) == "4,238"


def test_our_own_prose_is_restyled_and_quotations_are_not() -> None:
    prose = "A churn of 10 % becomes 6.4 %, of 1,400.5 firms. “1,400 people”, they say, and 1.5 is left. See 2026-11."
    with wording.numbers_as("de"):
        assert (
            wording.restyled(prose)
            == "A churn of 10 % becomes 6,4 %, of 1.400,5 firms. “1,400 people”, they say, and 1,5 is left. See 2026-11."
        )
    assert wording.restyled(prose) == prose
    assert wording.restyled("Not -7 % or -1.5 but “-7 %”, 2014-15") == "Not \u22127 % or \u22121.5 but “-7 %”, 2014-15"


def test_a_share_that_is_no_number_never_reaches_the_screen() -> None:
    with pytest.raises(ValueError, match="not a number"):
        wording.percent(nan)


@pytest.mark.parametrize(("amount", "text"), [(999_499_999, "999.50\u00a0million"), (999_500_000, "1.00\u00a0billion"), (0, "0.00")])
def test_money_changes_its_unit_where_rounding_would(amount: float, text: str) -> None:
    assert wording.money(amount) == text
