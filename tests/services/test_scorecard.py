"""The scorecard on small tables: which spans may be compared, and a team's own levels."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.benchmarks.catalogue import Claim, Metric, custom_claim
from app.benchmarks.comparison import Comparison, LevelComparison, RatioComparison
from app.benchmarks.stakes import Stake
from app.metrics.engine import Engine
from app.metrics.model import Definition, Filters
from app.services.figures.account import Account
from app.services.figures.claims import comparison
from app.services.scorecard.build import scorecard
from app.services.scorecard.grouping import grouping
from app.services.scorecard.model import ClaimLine
from app.services.scorecard.request import Groups, Request
from app.services.scorecard.sources import Sources, no_windows_around
from app.services.scorecard.words import look_next, rates_sentence, stake_sentence
from app.statistics.intervals import Absent
from app.wording import percent
from tests.metrics.canonical import opened, stored

DAYS = [date(2024, 1, 1).toordinal() + 5 * n for n in range(146)]
"""Every fifth day of 2024 and 2025."""
CLOSED = [f"{date.fromordinal(day)}T00:00:00" for day in DAYS]
YEARS = (date(2024, 1, 1), date(2025, 1, 1)), (date(2025, 1, 1), date(2026, 1, 1))
SPANS = Request("before_after", *YEARS)


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """146 deals over two years, 40 % won in the first and 60 % in the second, and 100 customers of whom a tenth leaves each year."""
    engine = Engine(tmp_path)
    deals = stored(
        "deal",
        outcome=["won" if n % 10 < (4 if day < YEARS[1][0].toordinal() else 6) else "lost" for n, day in enumerate(DAYS)],
        closed=CLOSED,
        created=CLOSED,
        amount=[100] * 146,
        account=[f"A{n}" for n in range(146)],
        s0=["North" if n < 73 else "South" for n in range(146)],
    )
    customers = stored(
        "customer",
        id=[f"C{n}" for n in range(100)],
        started=["2023-06-01T00:00:00"] * 99 + ["2025-12-28T00:00:00"],
        churned=[f"{2024 + n % 2}-06-15T00:00:00" if n < 20 else None for n in range(100)],
    )
    return Sources(deals=opened(engine, tmp_path, "deal", deals), customers=opened(engine, tmp_path, "customer", customers))


def line(sources: Sources, request: Request, metric: str) -> ClaimLine:
    """The first cited figure that is held against a metric."""
    return next(found for found in scorecard(sources, request).lines if found.reading.metric == metric)


def test_two_whole_years_are_compared_without_a_remark_on_days(sources: Sources) -> None:
    found = line(sources, SPANS, "win_rate")
    assert isinstance(found.comparison, Comparison)
    assert not [caveat for caveat in found.comparison.caveats if "in part" in caveat]
    lost = line(sources, SPANS, "churn").comparison
    assert isinstance(lost, Comparison)
    assert (lost.baseline.successes, lost.baseline.trials, lost.observed.successes, lost.observed.trials) == (10, 99, 10, 89)


def test_customers_lost_are_called_so_once(sources: Sources) -> None:
    found = line(sources, SPANS, "churn")
    # 10 of 99, 10 of 89, and 10.1 % × 0.64.
    rates = "customers lost 10.1 % → 11.2 %; the claim would need 6.5 %"
    assert rates_sentence(found).replace("\xa0", " ") == rates
    figure = comparison(found, account=Account("all", "customers.csv"), period="", mode="light")
    assert figure is not None
    assert figure.title.replace("\xa0", " ").startswith(f"C{rates[1:]}: ")
    assert figure.n == "10 of 99 customers before, 10 of 89 after"


@pytest.mark.parametrize(
    ("before", "after", "covered"),
    [
        ((date(2023, 1, 1), date(2025, 1, 1)), YEARS[1], "1 Jan 2023 to 31 Dec 2024"),
        (YEARS[0], (date(2025, 1, 1), date(2027, 1, 1)), "1 Jan 2025 to 31 Dec 2026"),
    ],
)
def test_a_span_that_the_deals_cover_in_part_is_said(
    sources: Sources, before: tuple[date, date], after: tuple[date, date], covered: str
) -> None:
    found = line(sources, Request("before_after", before, after), "win_rate").comparison
    assert isinstance(found, Comparison)
    (said,) = [caveat for caveat in found.caveats if "in part" in caveat]
    assert covered in said.replace("\xa0", " ")


def test_a_span_without_any_deal_gives_a_reason(sources: Sources) -> None:
    found = line(sources, Request("before_after", YEARS[1], (date(2027, 1, 1), date(2028, 1, 1))), "win_rate")
    assert found.verdict is None
    assert found.absent is not None
    assert found.absent.code == "empty_arm"


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (YEARS[0], (date(2024, 7, 1), date(2025, 7, 1)), "overlapping"),
        (YEARS[1], YEARS[0], "backwards"),
    ],
)
@pytest.mark.parametrize("metric", ["win_rate", "churn"])
def test_spans_that_clash_are_refused(
    sources: Sources, metric: str, before: tuple[date, date], after: tuple[date, date], code: str
) -> None:
    found = line(sources, Request("before_after", before, after), metric)
    assert (found.comparison, found.absent.code if found.absent else None) == (None, code)


def test_customers_lost_need_spans_of_one_length(sources: Sources) -> None:
    found = line(sources, Request("before_after", (date(2024, 7, 1), date(2025, 1, 1)), YEARS[1]), "churn")
    assert (found.comparison, found.absent.code if found.absent else None) == (None, "unequal_spans")


def test_customers_lost_need_a_list_that_reaches_to_the_end(sources: Sources) -> None:
    found = line(sources, Request("before_after", YEARS[1], (date(2026, 1, 1), date(2027, 1, 1))), "churn")
    assert (found.comparison, found.absent.code if found.absent else None) == (None, "partial_period")


def test_deals_by_creation_day_say_that_late_ones_had_less_time(sources: Sources) -> None:
    found = line(sources, replace(SPANS, definition=Definition(by_date="created")), "win_rate").comparison
    assert isinstance(found, Comparison)
    assert any("less time to close" in caveat for caveat in found.caveats)


def level(metric: Metric, value: float) -> Claim:
    """A team's own level."""
    return custom_claim("Ours", metric=metric, kind="level", value=value, source="Trade body", year=2026, checked=date(2026, 11, 24))


def against(sources: Sources, request: Request, metric: Metric, value: float) -> LevelComparison | Absent:
    """What the scorecard says of one level."""
    found = scorecard(sources, request, own=(level(metric, value),)).lines[-1]
    assert not isinstance(found.comparison, (Comparison, RatioComparison))
    assert (found.outlook, found.stake) == (None, None) or found.comparison is not None
    return found.comparison if found.comparison is not None else found.absent or Absent("")


# 73 of 146 deals are won, or 43 of 73 in 2025: Wilson 49.7 to 59 and so on, far from 20 and 90.
@pytest.mark.parametrize(("value", "word"), [(20.0, "above"), (90.0, "falls_short"), (50.0, "cannot_tell")])
def test_a_win_rate_against_a_level(sources: Sources, value: float, word: str) -> None:
    found = against(sources, Request(), "win_rate", value)
    assert isinstance(found, LevelComparison)
    assert found.verdict is not None
    assert (found.verdict.word, found.other_level) == (word, None)


def test_a_level_is_held_against_the_days_after(sources: Sources) -> None:
    found = against(sources, SPANS, "win_rate", 50.0)
    assert isinstance(found, LevelComparison)
    assert found.observed == pytest.approx(sum(n % 10 < 6 for n, day in enumerate(DAYS) if day >= YEARS[1][0].toordinal()) / 72, abs=0.02)


def test_a_level_is_held_against_the_chosen_group(sources: Sources) -> None:
    assert sources.deals is not None
    label = sources.deals.info.segments[0].heading
    found = against(sources, Request("groups", groups=Groups(label, "South", "North")), "win_rate", 50.0)
    assert isinstance(found, LevelComparison)
    assert found.label.startswith("“South”")


def test_fewer_customers_lost_than_the_level_is_better(sources: Sources) -> None:
    found = against(sources, Request(), "churn", 60.0)
    assert isinstance(found, LevelComparison)
    assert found.verdict is not None
    assert found.verdict.word == "above"
    assert "lies below the benchmark of 60.0 %, which is better" in found.verdict.sentence.replace("\xa0", " ")


def test_growth_against_a_level(sources: Sources) -> None:
    found = against(sources, Request(), "revenue_growth", 10.0)
    assert isinstance(found, LevelComparison)
    assert found.is_change


def test_deals_alone_give_no_customers_lost(sources: Sources) -> None:
    found = against(replace(sources, customers=None), Request(), "churn", 10.0)
    assert isinstance(found, Absent)
    assert found.reason == "Deals say who was won, not who stayed."


def test_one_figure_tells_one_story(sources: Sources) -> None:
    found = line(sources, SPANS, "win_rate")
    comparison = found.comparison
    assert isinstance(comparison, Comparison)
    assert isinstance(comparison.target, float)
    first, then = comparison.baseline.rate, comparison.observed.rate
    assert found.outlook is not None
    assert (found.outlook.before, found.outlook.after, found.outlook.now) == (first, comparison.target, then)
    assert rates_sentence(found) == f"{percent(first or 0)} → {percent(then or 0)}; the claim would need {percent(comparison.target)}"


def test_the_arithmetic_adds_up_from_what_is_shown(sources: Sources) -> None:
    found = line(sources, Request(), "win_rate").stake
    assert isinstance(found, Stake)
    numbers = [[float(n.replace(",", "")) for n in re.findall(r"[\d,]+\.?\d*", step.replace("\u00a0", " "))] for step in found.steps]
    closed, target, rate, more = numbers[0][0], *numbers[0][-3:]
    assert more == pytest.approx(closed * (target - rate) / 100, abs=0.005)
    assert (numbers[1][0], numbers[1][-1]) == (more, pytest.approx(more * numbers[1][1], abs=0.5))
    assert found.amount == pytest.approx(more * numbers[1][1])
    assert "instead of" in stake_sentence(found)


def test_won_deals_without_an_amount_do_not_lower_the_average(sources: Sources, tmp_path: Path) -> None:
    assert sources.deals is not None
    deals = stored(
        "deal",
        outcome=["won" if n % 2 else "lost" for n in range(146)],
        closed=CLOSED,
        amount=[None if n % 4 == 1 else 100 for n in range(146)],
        account=[f"A{n}" for n in range(146)],
    )
    found = line(Sources(deals=opened(sources.deals.engine, tmp_path, "deal", deals)), Request(), "win_rate").stake
    assert isinstance(found, Stake)
    # Of 2025, 36 or 37 deals are won and half of them have no amount; the others have 100 each.
    assert "100, the average of the won deals with an amount (18 of 36 have none)" in found.steps[1].replace("\u00a0", " ")


def test_win_rates_by_value_are_compared_by_value(sources: Sources) -> None:
    found = line(sources, replace(SPANS, definition=Definition(weight="value")), "win_rate")
    counted = line(sources, SPANS, "win_rate").comparison
    assert isinstance(found.comparison, RatioComparison)
    assert isinstance(counted, Comparison)
    # Every deal has the same amount, so that both ratios are one; its range comes from accounts.
    assert found.comparison.ratio == pytest.approx(counted.ratio)
    assert found.comparison.interval is not None
    assert found.comparison.interval.method == "resampled by account"
    assert found.verdict is not None
    assert found.outlook is not None
    assert found.outlook.what == "Win rate by value"


def test_win_rates_by_value_without_accounts_have_a_range_of_their_own(sources: Sources, tmp_path: Path) -> None:
    assert sources.deals is not None
    deals = stored("deal", outcome=["won" if n % 3 else "lost" for n in range(146)], closed=CLOSED, amount=[100 + n for n in range(146)])
    only = Sources(deals=opened(sources.deals.engine, tmp_path, "deal", deals))
    found = line(only, replace(SPANS, definition=Definition(weight="value")), "win_rate").comparison
    assert isinstance(found, RatioComparison)
    assert found.interval is not None
    assert found.interval.method == "linearised, by record"
    assert any("name no account" in caveat for caveat in found.caveats)


def test_two_spans_take_the_place_of_a_filter_on_days(sources: Sources) -> None:
    late = replace(SPANS, filters=Filters(date(2025, 6, 1), None))
    filtered, whole = scorecard(sources, late), scorecard(sources, SPANS)
    assert [one.comparison for one in filtered.lines] == [one.comparison for one in whole.lines]
    assert [one.outlook for one in filtered.lines] == [one.outlook for one in whole.lines]
    assert filtered.headlines[0].parts != whole.headlines[0].parts


def test_growth_of_two_groups_is_that_of_the_chosen_one_everywhere(sources: Sources, tmp_path: Path) -> None:
    assert sources.deals is not None
    amounts = [(300 if day >= YEARS[1][0].toordinal() else 200) if n % 2 else 100 for n, day in enumerate(DAYS)]
    deals = stored(
        "deal", outcome=["won"] * 140 + ["lost"] * 6, closed=CLOSED, amount=amounts, s0=["N" if n % 2 else "S" for n in range(146)]
    )
    only = Sources(deals=opened(sources.deals.engine, tmp_path, "deal", deals))
    found = next(
        one for one in scorecard(only, Request("groups", groups=Groups("s0", "N", "S"))).lines if one.reading.metric == "revenue_growth"
    )
    assert isinstance(found.comparison, LevelComparison)
    # 33 won deals of 300 in 2025 against 37 of 200 in 2024; the others fell, and do not count.
    assert found.comparison.observed == pytest.approx(33 * 300 / (37 * 200) - 1)
    assert found.outlook is not None
    assert found.outlook.before == found.comparison.observed


def test_a_quarter_is_never_held_against_a_figure_about_a_year(sources: Sources) -> None:
    half = Request(filters=Filters(date(2025, 1, 1), None))
    found = line(sources, half, "revenue_growth")
    assert (found.comparison, found.outlook, found.stake) == (None, None, None)
    assert found.absent is not None
    assert found.absent.code == "too_short"


def test_the_largest_distance_in_money_is_the_one_to_look_at(sources: Sources) -> None:
    found = scorecard(sources, Request())
    stakes = {one.words: one.stake.amount for one in found.lines if isinstance(one.stake, Stake)}
    assert max(stakes, key=lambda words: stakes[words]) in look_next(found)[1]


@pytest.mark.parametrize(
    ("since", "code"),
    [
        (date(2020, 1, 1), "outside"),
        (date(2027, 1, 1), "outside"),
        (date(2025, 12, 20), "too_near"),
        (date(2025, 1, 1), None),
        (None, None),
    ],
)
def test_a_programme_day_that_does_not_fit_says_why(sources: Sources, since: date | None, code: str | None) -> None:
    found = no_windows_around(sources.coverage(), since)
    assert (found.code if found is not None else None) == code


def test_columns_that_repeat_the_end_are_not_offered_as_groups(sources: Sources, tmp_path: Path) -> None:
    assert sources.deals is not None
    outcome = ["won" if n % 2 else "lost" for n in range(146)]
    deals = stored(
        "deal",
        outcome=outcome,
        closed=CLOSED,
        owner=["Ann" if n % 3 else "Bob" for n in range(146)],
        lost_reason=["Price" if one == "lost" else None for one in outcome],
        s0=[f"Deal {n // 3}" for n in range(146)],
        s1=["North" if n < 73 else "South" for n in range(146)],
        s2=[f"Deal {n}" for n in range(146)],
        s3=["0" if one == "lost" else "100" for one in outcome],
    )
    found = grouping(opened(sources.deals.engine, tmp_path, "deal", deals))
    # Two well-filled values first, then many; the empty source is not offered at all.
    assert [(column.label, column.values) for column in found.offered] == [("s1", 2), ("Owner", 2), ("s0", 49)]
    assert {label for label, _ in found.aside} == {"s2", "s3", "Reason lost"}
