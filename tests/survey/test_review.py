"""A practice is looked at again with the published numbers of two rounds."""

from __future__ import annotations

from dataclasses import replace

from app.survey.disclosure import publish
from app.survey.published import Published, Score
from app.survey.questionnaire import newest
from app.survey.review import Change, Review, review
from tests.survey.people import ROLES, several

ALL = newest()


def answered(sales: int, marketing: int, *, sales_people: int = 6, marketing_people: int = 6) -> Published:
    """A round about roles in which each side gives one answer throughout (5 the best)."""
    people = several("sales", *[(sales, sales, 6 - sales)] * sales_people)
    return publish(ROLES, people + several("marketing", *[(marketing, marketing, 6 - marketing)] * marketing_people))


def test_then_and_now() -> None:
    found = review("owner_for_each_step", then=answered(2, 3), now=answered(3, 4), questionnaire=ROLES)
    assert found == Review(
        (
            Change("roles", "Roles", "sales", Score(2.0), Score(3.0)),
            Change("roles", "Roles", "marketing", Score(3.0), Score(4.0)),
        ),
        (),
    )


def test_only_what_both_rounds_show_is_compared() -> None:
    found = review("owner_for_each_step", then=answered(2, 3), now=answered(3, 4, marketing_people=3), questionnaire=ROLES)
    assert [change.group for change in found.changes] == ["sales"]
    nothing = review(
        "owner_for_each_step", then=answered(2, 3, sales_people=2), now=answered(3, 4, marketing_people=2), questionnaire=ROLES
    )
    assert nothing == Review((), ("Roles: no group is shown in both rounds.",))


def test_other_words_and_other_subjects_are_not_compared() -> None:
    now = answered(3, 4)
    changed = replace(now, dimensions=tuple(replace(one, wording="other") for one in now.dimensions))
    found = review("owner_for_each_step", then=answered(2, 3), now=changed, questionnaire=ROLES)
    assert found == Review((), ("Roles: the two rounds asked in different words.",))
    whole = review("shared_target", then=answered(2, 3), now=now, questionnaire=ALL)
    assert whole == Review(
        (),
        (
            "Strategy and shared targets: one of the two rounds did not ask about it.",
            "Accountability: one of the two rounds did not ask about it.",
        ),
    )
