"""Scores by hand: keying, the order of averaging, what is missing, the total and its bands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import AppError, CatalogueError
from app.statistics.agreement import Alpha
from app.statistics.intervals import Absent
from app.survey.model import BANDS, Answer, Response
from app.survey.questionnaire import Item, Questionnaire, newest
from app.survey.scoring import (
    DimensionScore,
    GuessedScore,
    ItemCounts,
    Total,
    band,
    checked_weights,
    dimension_score,
    guessed_score,
    index,
    item_counts,
    item_values,
    keyed,
    level,
    person_mean,
    person_means,
    reliability,
    total,
)

REVERSE = Item("nobody", "roles", True, None)


def sales(**answers: Answer) -> Response:
    return Response("sales", answers)


def test_keying() -> None:
    assert [keyed(REVERSE, answer) for answer in (1, 2, 3, 4, 5)] == [5, 4, 3, 2, 1]
    assert keyed(REVERSE, 1, points=4) == 4
    assert keyed(Item("owner", "roles", False, None), 4) == 4
    with pytest.raises(ValueError, match="6 is not on a scale of 1 to 5"):
        keyed(REVERSE, 6)


def test_a_person_s_mean_takes_what_was_answered(small: Questionnaire) -> None:
    # 5, 4 and 6 - 2 = 4
    assert person_mean(small, sales(owner=5, handover=4, nobody=2), "roles") == pytest.approx(13 / 3)
    assert person_mean(small, sales(owner=5, handover=None), "roles") == 5
    assert person_mean(small, sales(owner=None), "roles") is None
    assert person_mean(small, sales(), "roles") is None


def test_every_person_counts_the_same(small: Questionnaire) -> None:
    people = [sales(owner=5, handover=5, nobody=1), sales(owner=2), sales(owner=None, handover=None), sales(money=3)]
    assert person_means(small, people, "roles") == (5.0, 2.0)
    # (5 + 2) / 2 and not (5 + 5 + 5 + 2) / 4; two of six answers given are "I don't know"
    assert dimension_score(small, people, "roles") == DimensionScore("roles", people=2, mean=3.5, unknown=2 / 6)
    assert dimension_score(small, [sales(money=3)], "roles") == DimensionScore("roles", people=0, mean=None, unknown=None)
    assert dimension_score(small, [sales(owner=None)], "roles") == DimensionScore("roles", people=0, mean=None, unknown=1.0)


def test_counts_are_of_the_answers_as_given(small: Questionnaire) -> None:
    people = [sales(nobody=1), sales(nobody=1), sales(nobody=5), sales(nobody=None), sales()]
    counts = item_counts(small, people, REVERSE)
    assert counts == ItemCounts("nobody", given=(2, 0, 0, 0, 1), unknown=1, unanswered=1)
    assert counts.answered == 3
    assert item_values(small, people, REVERSE) == (5, 5, 1)


def test_the_total_is_the_weighted_mean_times_twenty() -> None:
    # (3.5 + 2.5) / 2 · 20 = 60; (3 · 3.5 + 2.5) / 4 · 20 = 65
    assert total({"roles": 3.5, "budget": 2.5}, {"roles": 1, "budget": 1}) == Total(60.0, "aligned")
    assert total({"roles": 3.5, "budget": 2.5}, {"roles": 3, "budget": 1}) == Total(65.0, "aligned")
    assert total({"roles": 3.5, "budget": 2.5}, {"roles": 0, "budget": 1}) == Total(50.0, "defined")


def test_a_missing_dimension_is_named_and_not_guessed() -> None:
    assert total({"roles": 3.5, "budget": None}, {"roles": 1, "budget": 1}) == Total(70.0, "aligned", missing=("budget",))
    assert total({"roles": 3.5, "budget": None}, {"roles": 1, "budget": 0}) == Total(70.0, "aligned")
    absent = total({"roles": None, "budget": 4.0}, {"roles": 1, "budget": 0})
    assert isinstance(absent, Absent)
    assert absent.code == "no_answers"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (20, "undefined"),
        (39.5, "undefined"),
        (39.999999, "undefined"),
        (40, "defined"),
        (59.9, "defined"),
        (60, "aligned"),
        (79.9, "aligned"),
        (80, "integrated"),
        (100, "integrated"),
    ],
)
def test_bands_are_half_open(value: float, expected: str) -> None:
    assert band(value) == expected
    assert level(value / 20) == expected


@pytest.mark.parametrize("value", [19.99, 100.01, float("nan")])
def test_no_band_outside(value: float) -> None:
    with pytest.raises(ValueError, match="between 20 and 100"):
        band(value)


@given(st.lists(st.floats(1, 5), min_size=1, max_size=8), st.data())
def test_a_total_never_leaves_its_range(means: list[float], data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.floats(0.01, 100), min_size=len(means), max_size=len(means)))
    ids = [str(n) for n in range(len(means))]
    found = total(dict(zip(ids, means, strict=True)), dict(zip(ids, weights, strict=True)))
    assert isinstance(found, Total)
    assert 20 <= found.value <= 100
    assert found.band in BANDS


def test_both_sides_have_one_voice_in_the_index() -> None:
    assert index(70, 50) == 60


def test_weights_are_checked(small: Questionnaire) -> None:
    assert checked_weights(small, {"roles": 3, "budget": 1}) == {"roles": 0.75, "budget": 0.25}
    assert checked_weights(small, small.equal_weights()) == {"roles": 0.5, "budget": 0.5}
    with pytest.raises(AppError, match="“budget” has no weight"):
        checked_weights(small, {"roles": 1})
    with pytest.raises(AppError, match="weight of “roles” is -1"):
        checked_weights(small, {"roles": -1, "budget": 1})
    with pytest.raises(AppError, match="All weights are 0"):
        checked_weights(small, {"roles": 0, "budget": 0})
    with pytest.raises(CatalogueError, match="no dimension “rolls”"):
        checked_weights(small, {"rolls": 1, "roles": 1, "budget": 1})


def test_guesses_about_the_other_side(small: Questionnaire) -> None:
    room = [
        Response("sales", {"owner": 2}, guesses={"roles": 4}),
        Response("sales", {"owner": 3}, guesses={"roles": 5}),
        Response("marketing", {"owner": 3, "handover": 2}),
    ]
    # Sales guesses (4 + 5) / 2, marketing says (3 + 2) / 2
    guessed = guessed_score(small, room, "roles", by="sales")
    assert guessed == GuessedScore("roles", "sales", people=2, guess=4.5, said=2.5)
    assert guessed.distance == 2.0
    none = guessed_score(small, room, "roles", by="marketing")
    assert isinstance(none, Absent)
    assert none.code == "no_guess"
    alone = guessed_score(small, room[:2], "roles", by="sales")
    assert isinstance(alone, Absent)
    assert alone.code == "no_answers"


def test_reliability_counts_whole_answers_only(small: Questionnaire) -> None:
    # Every item says the same: alpha 1, once the reverse item is turned round.
    people = [sales(owner=n % 5 + 1, handover=n % 5 + 1, nobody=5 - n % 5) for n in range(12)]
    people += [sales(owner=1, handover=5), sales(owner=1, handover=5, nobody=None)]
    alpha = reliability(small, people, dimension="roles")
    assert isinstance(alpha, Alpha)
    assert (alpha.value, alpha.people, alpha.items) == (pytest.approx(1.0), 12, 3)
    few = reliability(small, people[:9], dimension="roles")
    assert isinstance(few, Absent)
    assert few.code == "too_few"


def test_the_best_and_the_worst_answers_of_the_real_questionnaire() -> None:
    questionnaire = newest()
    for agree, expected in ((5, Total(100.0, "integrated")), (1, Total(20.0, "undefined"))):
        answers = {item.id: 6 - agree if item.reverse else agree for item in questionnaire.items}
        means = {d.id: dimension_score(questionnaire, [Response("sales", answers)], d.id).mean for d in questionnaire.dimensions}
        assert total(means, questionnaire.equal_weights()) == expected
