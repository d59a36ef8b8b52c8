"""Scores by hand: keying, what is missing, weights, reliability, and the bands of the total."""

from __future__ import annotations

import pytest

from app.errors import AppError, CatalogueError
from app.statistics.agreement import Alpha
from app.statistics.intervals import Absent
from app.survey.disclosure import publish
from app.survey.model import Answer, Response, Side
from app.survey.published import Score, band, index, total
from app.survey.questionnaire import Item, Questionnaire, newest
from app.survey.scoring import checked_weights, keyed, person_mean, person_means, reliability

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


def test_persons_without_a_point_have_no_mean(small: Questionnaire) -> None:
    people = [sales(owner=5, handover=5, nobody=1), sales(owner=2), sales(owner=None, handover=None), sales(money=3)]
    assert person_means(small, people, "roles") == (5.0, 2.0)


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (20, "undefined"),
        (39.5, "undefined"),
        (39.999, "undefined"),
        (40, "defined"),
        (59.9, "defined"),
        (60, "aligned"),
        (79.9, "aligned"),
        (80, "integrated"),
        (100, "integrated"),
    ],
)
def test_bands_are_half_open(total: float, expected: str) -> None:
    assert band(total / 20) == expected


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
    # Where all answer 5 or all 1 the average is not told beyond 4.5 and 1.5: 20 times that.
    questionnaire = newest()
    sides: tuple[Side, ...] = ("sales", "marketing")
    for agree, expected in ((5, Score(90.0, "or_higher")), (1, Score(30.0, "or_lower"))):
        answers: dict[str, Answer] = {item.id: 6 - agree if item.reverse else agree for item in questionnaire.items}
        published = publish(questionnaire, [Response(side, answers) for side in sides for _ in range(5)])
        assert [total(published, side) for side in sides] == [expected, expected]
        assert index(published) == expected
