"""The arithmetic of the cited figures against the numbers worked out by hand."""

from __future__ import annotations

import pytest

from app.benchmarks.arithmetic import (
    Applied,
    ChurnApplied,
    Contrast,
    apply_points,
    apply_ratio,
    apply_to_churn,
    ceiling_of,
    contrast,
    denominator_effect,
    growth_pair,
    growth_readings,
    retention_readings,
)
from app.benchmarks.catalogue import Reading, load
from app.statistics.intervals import Absent
from app.statistics.proportions import wilson

EDITION = load("2026-11")


def reading(id: str) -> Reading:
    return EDITION.claim(id).reading


def ratio(id: str) -> float:
    found = reading(id).ratio
    assert found is not None, id
    return found


def quoted_ratio(id: str) -> float:
    found = EDITION.claim(id).quoted
    assert found is not None, id
    assert found.ratio is not None, id
    return found.ratio


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_ceilings() -> None:
    # 1 / 1.36 = 0.735294, 1 / 1.38 = 0.724638; a reduction has no ceiling.
    assert ceiling_of(quoted_ratio("R36b")) == pytest.approx(0.735294, abs=5e-7)
    assert ceiling_of(ratio("W38")) == pytest.approx(0.724638, abs=5e-7)
    assert ceiling_of(ratio("R36a")) is None


def test_a_relative_claim_multiplies() -> None:
    # 20 % × 1.38 = 27.6 %; 21 % × 1.38 = 28.98 %, printed as 29.0 %.
    twenty = apply_ratio(0.20, ratio=ratio("W38"), noun="win rate")
    assert isinstance(twenty, Applied)
    assert twenty.after == pytest.approx(0.276)
    assert plain(twenty.steps) == "20.0 % × 1.38 = 27.6 %"
    twenty_one = apply_ratio(0.21, ratio=ratio("W38"), noun="win rate")
    assert isinstance(twenty_one, Applied)
    assert twenty_one.after == pytest.approx(0.2898)
    assert plain(twenty_one.steps) == "21.0 % × 1.38 = 29.0 %"


def test_above_the_ceiling_it_is_impossible() -> None:
    # 75 % × 1.38 = 103.5 %; 1 / 1.38 = 72.46 %.
    found = apply_ratio(0.75, ratio=ratio("W38"), noun="win rate")
    assert isinstance(found, Absent)
    assert found.code == "impossible"
    assert plain(found.reason) == (
        "75.0 % × 1.38 = 103.5 %, and no win rate can be above 100 %. It is impossible from any win rate above 1 / 1.38 = 72.5 %."
    )


@pytest.mark.parametrize("id", ["W38", "MH10", "C67"])
def test_exactly_at_the_ceiling_it_reaches_one(id: str) -> None:
    highest = ceiling_of(ratio(id))
    assert highest is not None
    found = apply_ratio(highest, ratio=ratio(id))
    assert isinstance(found, Applied)
    assert found.after == pytest.approx(1.0)
    assert found.after <= 1
    assert isinstance(apply_ratio(highest + 1e-9, ratio=ratio(id)), Absent)


def test_as_points_a_win_rate_of_21_would_become_59() -> None:
    # 21 % + 38 points = 59 %: the reading that is set aside.
    (aside,) = EDITION.claim("W38").set_aside
    found = apply_points(0.21, added=aside.stated, noun="win rate")
    assert isinstance(found, Applied)
    assert found.after == pytest.approx(0.59)
    assert plain(found.steps) == "21.0 % + 38.0 points = 59.0 %"
    beyond = apply_points(0.70, added=aside.stated, noun="win rate")
    assert isinstance(beyond, Absent)
    assert beyond.code == "impossible"


@pytest.mark.parametrize(
    ("churn", "after", "retention", "uplift"),
    [
        # churn × 0.64, retention = 1 - that, uplift = retention after / retention before - 1
        (0.05, 0.032, 0.968, 0.019),  # .968 / .95 = 1.0189
        (0.10, 0.064, 0.936, 0.040),  # .936 / .90 = 1.0400
        (0.15, 0.096, 0.904, 0.064),  # .904 / .85 = 1.0635
        (0.20, 0.128, 0.872, 0.090),  # .872 / .80 = 1.0900
        (0.30, 0.192, 0.808, 0.154),  # .808 / .70 = 1.1543
    ],
)
def test_fewer_customers_lost(churn: float, after: float, retention: float, uplift: float) -> None:
    found = apply_to_churn(churn, ratio=ratio("R36a"))
    assert found.churn_after == pytest.approx(after)
    assert found.retention_before == pytest.approx(1 - churn)
    assert found.retention_after == pytest.approx(retention)
    assert found.retention_uplift is not None
    assert round(found.retention_uplift, 3) == uplift


def test_the_steps_of_churn() -> None:
    # 10 % × 0.64 = 6.4 %; 100 % - 6.4 % = 93.6 %.
    found = apply_to_churn(0.10, ratio=ratio("R36a"))
    assert plain(found.steps) == "10.0 % lost × 0.64 = 6.4 % lost; 100 % − 6.4 % = 93.6 % kept"


def test_churn_at_its_ends() -> None:
    assert apply_to_churn(0.0, ratio=ratio("R36a")).retention_uplift == 0
    # Nobody was kept: .36 of all now are, and that is no multiple of nothing.
    everyone = apply_to_churn(1.0, ratio=ratio("R36a"))
    assert everyone.retention_after == pytest.approx(0.36)
    assert everyone.retention_uplift is None


def test_the_misquote_on_retention_beside_the_finding() -> None:
    # 90 % × 1.36 = 122.4 %, impossible; churn 10 % × 0.64 = 6.4 %, so 93.6 % kept.
    found = retention_readings(0.90, quoted_ratio=quoted_ratio("R36b"), churn_ratio=ratio("R36a"))
    assert isinstance(found.quoted, Absent)
    assert found.quoted.code == "impossible"
    assert "1 / 1.36 = 73.5 %" in plain(found.quoted.reason)
    assert isinstance(found.meant, ChurnApplied)
    assert found.meant.retention_after == pytest.approx(0.936)
    assert plain(found.sentence) == (
        "+36 % retention is impossible from a baseline of 90.0 %. "
        "The published finding was 36 % fewer lost customers, which takes 90.0 % to 93.6 %."
    )


def test_the_misquote_where_it_is_possible() -> None:
    # 70 % × 1.36 = 95.2 %; churn 30 % × 0.64 = 19.2 %, so 80.8 % kept.
    found = retention_readings(0.70, quoted_ratio=quoted_ratio("R36b"), churn_ratio=ratio("R36a"))
    assert isinstance(found.quoted, Applied)
    assert found.quoted.after == pytest.approx(0.952)
    assert plain(found.sentence) == (
        "+36 % retention would take 70.0 % to 95.2 %, but that is a misquote. "
        "The published finding was 36 % fewer lost customers, which takes 70.0 % to 80.8 %."
    )


@pytest.mark.parametrize(
    ("id", "gap", "revenue_ratio", "steps"),
    [
        # 32 - (-7) = 39; 1.32 / 0.93 = 1.41935
        ("G32", 0.39, 1.41935, "+32.0 % against −7.0 %: 39.0 points apart; 1.32 / 0.93 = 1.419"),
        # 20 - (-4) = 24; 1.20 / 0.96 = 1.25
        ("G20", 0.24, 1.25, "+20.0 % against −4.0 %: 24.0 points apart; 1.20 / 0.96 = 1.25"),
    ],
)
def test_pairs_of_growth_rates(id: str, gap: float, revenue_ratio: float, steps: str) -> None:
    levels = reading(id)
    assert levels.aligned_level is not None
    assert levels.baseline_level is not None
    found = growth_pair(levels.aligned_level, levels.baseline_level)
    assert found.gap == pytest.approx(gap)
    assert found.revenue_ratio == pytest.approx(revenue_ratio, abs=5e-6)
    assert plain(found.steps) == steps


def test_faster_growth_in_both_readings() -> None:
    # 10 % × 1.24 = 12.4 %; 10 % + 24 points = 34 %.
    claimed = reading("S24").stated
    assert claimed is not None
    found = growth_readings(0.10, claimed_change=claimed)
    assert found.relative == pytest.approx(0.124)
    assert found.as_points == pytest.approx(0.34)
    assert plain(found.relative_steps) == "10.0 % × 1.24 = 12.4 %"
    assert plain(found.points_steps) == "10.0 % + 24.0 points = 34.0 %"


@pytest.mark.parametrize(
    ("id", "change", "difference"),
    [
        ("C67", 0.667, 0.14),  # 35 / 21 = 1.6667; 35 - 21 = 14
        ("M208", 2.111, 0.19),  # 28 / 9 = 3.1111; 28 - 9 = 19
        ("A108", 1.083, 0.39),  # 75 / 36 = 2.0833; 75 - 36 = 39
        ("MH10", 0.208, 0.05),  # 29 / 24 = 1.2083; 29 - 24 = 5
    ],
)
def test_published_levels(id: str, change: float, difference: float) -> None:
    levels = reading(id)
    assert levels.aligned_level is not None
    assert levels.baseline_level is not None
    found = contrast(levels.aligned_level, levels.baseline_level)
    assert isinstance(found, Contrast)
    assert round(found.change, 3) == change
    assert found.difference == pytest.approx(difference)
    assert found.ratio == pytest.approx(ratio(id))


def test_the_steps_of_two_levels() -> None:
    # 35 / 21 = 1.667
    assert plain(contrast(0.35, 0.21).steps) == "35.0 % / 21.0 % = 1.667, +66.7 %, +14.0 points"


def test_the_denominator_of_a_win_rate() -> None:
    # 47.3 / (47.3 + 32.0) = 47.3 / 79.3 = 59.6 %; the rise of 12.3 points lies within the 10 to 15 that one page names.
    claim = EDITION.claim("BR-FORECAST-18")
    won, lost, none = (claim.value(label).value for label in ("Won, 2018", "Lost, 2018", "No decision, 2018"))
    found = denominator_effect(won, lost, none)
    context = EDITION.claim("BR-DENOMINATOR")
    assert round(found.without_no_decision, 3) == context.value("Win rate of 2018 without “no decision”").value == 0.596
    assert found.with_no_decision == pytest.approx(0.473)
    named = context.value("Rise, according to one page")
    assert named.high is not None
    assert named.value < found.difference < named.high
    assert plain(denominator_effect(473, 320, 207).steps) == "473 / (473 + 320) = 59.6 %, with “no decision” 47.3 %"


def test_the_likely_range_of_five_in_sixty_six() -> None:
    # The Wilson score interval of 5 / 66 at 95 % is 3.3 % to 16.5 %.
    stated = EDITION.claim("F8").value("Likely range of 5 in 66")
    found = wilson(5, 66)
    assert (round(found.low, 3), round(found.high, 3)) == (stated.value, stated.high)


@pytest.mark.parametrize("rate", [-0.01, 1.01, float("nan")])
def test_a_rate_outside_zero_and_one_is_a_defect(rate: float) -> None:
    with pytest.raises(ValueError, match="not a share"):
        apply_ratio(rate, ratio=ratio("W38"))
    with pytest.raises(ValueError, match="not a share"):
        apply_to_churn(rate, ratio=ratio("R36a"))
    with pytest.raises(ValueError, match="not a share"):
        apply_points(rate, added=0.1)
    with pytest.raises(ValueError, match="not a share"):
        contrast(rate, 0.5)


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("inf"), float("nan")])
def test_a_ratio_that_is_none_is_a_defect(wrong: float) -> None:
    with pytest.raises(ValueError, match="not a ratio above 0"):
        ceiling_of(wrong)


def test_what_says_nothing_is_a_defect() -> None:
    with pytest.raises(ValueError, match="no reduction"):
        apply_to_churn(0.1, ratio=1.1)
    with pytest.raises(ValueError, match="no growth that could be faster"):
        growth_readings(0.0, claimed_change=0.1)
    with pytest.raises(ValueError, match="no pair of growth rates"):
        growth_pair(0.1, -1.0)
    with pytest.raises(ValueError, match="multiple of 0"):
        contrast(0.5, 0.0)
    with pytest.raises(ValueError, match="won or lost"):
        denominator_effect(0, 0, 5)
