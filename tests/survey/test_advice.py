"""Different answers get different advice, its reasons are published numbers, and the practices are whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.benchmarks import catalogue
from app.errors import CatalogueError
from app.statistics.intervals import Absent
from app.survey.advice import Advice, advise, findings
from app.survey.disclosure import publish
from app.survey.model import Answer, Response, Side
from app.survey.practices import practice, practices
from app.survey.published import Published
from app.survey.questionnaire import FOLDER, load, newest, versions

ALL = newest()


def side(name: Side, people: int, level: int, other: Mapping[str, int | None] | None = None, *, apart: str = "") -> list[Response]:
    """So many people who see everything at `level` but the dimensions in `other`; those of `apart` fall into two camps, 1 and 5."""
    found = []
    for number in range(people):
        answers: dict[str, Answer] = {}
        for item in ALL.items:
            sees = (other or {}).get(item.dimension, level)
            if item.dimension == apart:
                sees = 1 if number % 2 else 5
            answers[item.id] = sees if sees is None or not item.reverse else 6 - sees
        found.append(Response(name, answers))
    return found


def published(*sides: list[Response]) -> Published:
    return publish(ALL, [person for people in sides for person in people])


def advised(*sides: list[Response]) -> Advice:
    found = advise(published(*sides), ALL, practices())
    assert isinstance(found, Advice)
    return found


def ids(advice: Advice) -> list[str]:
    return [step.practice.id for step in advice.steps]


def test_a_low_score_of_both_sides() -> None:
    advice = advised(side("sales", 6, 4, {"budget": 2}), side("marketing", 6, 4, {"budget": 2}))
    assert ids(advice) == ["plan_money_together", "move_money_quarterly"]
    # A score of 4 asks for nothing, one of 1.5 for all: 2.0 of 2.5 points.
    assert [(one.sign, one.strength, one.sentence) for one in advice.steps[0].findings] == [
        ("low", 0.8, "Low marks for budget: sales 2.0 and marketing 2.0 of 5.")
    ]
    assert advice.unseen == ()


def test_sides_that_see_it_differently() -> None:
    advice = advised(side("sales", 6, 4), side("marketing", 6, 4, {"service_level_agreement": 2}))
    assert ids(advice)[0] == "service_level_agreement"
    assert [one.sentence for one in advice.steps[0].findings] == [
        "Sales rates service-level agreement 2.0 points higher than marketing does, too much for chance.",
        "Low marks for service-level agreement: marketing 2.0 of 5 (sales 4.0).",
    ]


def test_a_mark_in_the_middle_is_not_called_low_because_the_other_side_is() -> None:
    found = findings(published(side("sales", 6, 2), side("marketing", 6, 3)).dimension("budget"), ALL)
    assert [one.sentence for one in found if one.sign == "low"] == ["Low marks for budget: sales 2.0 of 5 (marketing 3.0)."]


def test_many_who_do_not_know() -> None:
    people = [
        *side("sales", 5, 4, {"customer_insight": None}),
        *side("sales", 5, 4),
        *side("marketing", 10, 4),
    ]
    advice = advised(people)
    assert ids(advice)[0] == "customers_words"
    assert [one.sentence for one in advice.steps[0].findings] == [
        "On customer insight, about 50\u00a0% of the answers of sales are “I don't know”."
    ]


def test_people_of_one_side_far_apart() -> None:
    advice = advised(side("sales", 10, 4, apart="technology"), side("marketing", 10, 4))
    assert ids(advice)[0] == "one_set_of_numbers"
    assert "Within sales, people are far apart on technology and data." in [one.sentence for one in advice.steps[0].findings]


def test_two_answer_sets_get_different_advice() -> None:
    first = advised(side("sales", 6, 4, {"roles": 1}), side("marketing", 6, 4, {"communication": 2}))
    second = advised(side("sales", 6, 4, {"customer_insight": 2}), side("marketing", 6, 4, {"technology": 2, "budget": 3}))
    assert ids(first) == ["owner_for_each_step", "weekly_talk"]
    assert ids(second) == ["customers_words", "one_set_of_numbers", "plan_money_together"]


def test_the_advice_is_spread_over_what_is_wrong() -> None:
    advice = advised(side("sales", 8, 2), side("marketing", 8, 2))
    assert len(advice.steps) == 3
    raised = [{d.id for d in ALL.dimensions if step.practice.id in d.practices} for step in advice.steps]
    assert not raised[0] & raised[1] & raised[2]
    assert advice.steps[0].urgency >= advice.steps[1].urgency >= advice.steps[2].urgency


def test_what_is_planned_already_is_left_out() -> None:
    found = published(side("sales", 6, 4, {"budget": 2}), side("marketing", 6, 4, {"budget": 2}))
    advice = advise(found, ALL, practices(), leave_out={"plan_money_together"})
    assert isinstance(advice, Advice)
    assert ids(advice) == ["move_money_quarterly"]


def test_weights_put_first_what_counts_more() -> None:
    found = published(side("sales", 6, 4, {"budget": 2, "roles": 2}), side("marketing", 6, 4, {"budget": 2, "roles": 2}))
    heavy = ALL.equal_weights() | {"budget": 3.0}
    light = ALL.equal_weights() | {"budget": 0.0}
    first, second = (advise(found, ALL, practices(), weights=weights) for weights in (heavy, light))
    assert isinstance(first, Advice)
    assert isinstance(second, Advice)
    assert ids(first)[0] == "plan_money_together"
    assert "plan_money_together" not in ids(second)


def test_where_all_is_well_nothing_is_advised() -> None:
    found = advise(published(side("sales", 6, 4), side("marketing", 6, 4)), ALL, practices())
    assert isinstance(found, Absent)
    assert found.code == "nothing_stands_out"


def test_too_few_answers_give_no_advice() -> None:
    found = advise(published(side("sales", 2, 1), side("marketing", 2, 5)), ALL, practices())
    assert isinstance(found, Absent)
    assert found.code == "nothing_shown"


def test_one_small_side_gives_advice_from_what_is_shown() -> None:
    advice = advised(side("sales", 8, 4, {"budget": 2}), side("marketing", 3, 1))
    assert {one.sentence for step in advice.steps for one in step.findings} == {"Low marks for budget: sales 2.0 of 5."}


def test_near_the_end_of_the_scale_no_more_is_said_than_is_published() -> None:
    advice = advised(side("sales", 6, 4, {"budget": 1}), side("marketing", 6, 4))
    found = [one for one in findings(published(side("sales", 6, 1), side("marketing", 6, 4)).dimension("budget"), ALL) if one.sign == "low"]
    assert found[0].sentence == "Low marks for budget: sales 1.5 or lower of 5 (marketing 4.0)."
    assert ids(advice)[0] == "plan_money_together"


def test_a_pulse_round_is_advised_on_what_it_asked() -> None:
    part = ALL.only(["budget", "roles"])
    people = [*side("sales", 6, 2), *side("marketing", 6, 2)]
    asked = {item.id for item in part.items}
    answers = [Response(one.side, {id: answer for id, answer in one.answers.items() if id in asked}) for one in people]
    advice = advise(publish(part, answers), part, practices())
    assert isinstance(advice, Advice)
    assert {one.dimension for step in advice.steps for one in step.findings} == {"budget", "roles"}


# --- The practices --------------------------------------------------------------------------------------------------


def test_every_dimension_names_practices_there_are() -> None:
    known = {practice.id for practice in practices()}
    named = {id for version in versions() for dimension in load(version).dimensions for id in dimension.practices}
    assert named == known
    assert len(known) == 20
    assert practice("weekly_talk").answers == ("low", "gap", "split", "unknown")
    with pytest.raises(CatalogueError, match="no practice “nap”"):
        practice("nap")


def test_the_six_practices_of_the_article_are_there() -> None:
    assert {practice.article for practice in practices()} - {""} == {
        "Talk every week",
        "Plan the money together",
        "Bring technology into play",
        "Agree on service levels",
        "One strategy, shared targets and incentives",
        "Listen to the customers' words",
    }


def test_every_claim_is_in_the_catalogue_and_no_misquote() -> None:
    edition = catalogue.load(catalogue.editions()[-1])
    for each in practices():
        for claim in each.claims:
            assert edition.claim(claim).usable_as != "misquote_only"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('answers = ["split"]\neffort = "hours"', 'answers = ["split"]\neffort = "years"', "“years” is not one of hours, days, weeks."),
        (
            'answers = ["gap", "split", "unknown"]\neffort = "hours"',
            'answers = ["low"]\neffort = "hours"',
            "“low” is not one of gap, unknown",
        ),
        ('title = "Share one target"', 'titel = "Share one target"', "field “practices.shared_target.title”: it is missing."),
        ('title = "Share one target"', 'title = ""', "field “practices.shared_target.title”: it is empty."),
    ],
)
def test_a_wrong_practice_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (FOLDER / "practices.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "practices.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogueError, match=re.escape(message)):
        practices(path=path)
