"""The scorecard on small tables: which spans may be compared, and a team's own levels."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.benchmarks.catalogue import Claim, Metric, custom_claim
from app.benchmarks.comparison import Comparison, LevelComparison, RatioComparison
from app.metrics.engine import Engine
from app.metrics.model import Definition
from app.services.scorecard.build import scorecard
from app.services.scorecard.model import ClaimLine
from app.services.scorecard.request import Groups, Request
from app.services.scorecard.sources import Sources
from app.statistics.intervals import Absent
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


def test_a_yearly_level_of_customers_lost_is_not_held_against_repeat_purchases(sources: Sources) -> None:
    found = against(replace(sources, customers=None), Request(), "churn", 10.0)
    assert isinstance(found, Absent)
    assert found.code == "no_contract"
