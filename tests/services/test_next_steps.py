"""The page's content: advice after the latest round, what is to be looked at first, what became of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from app.clock import today
from app.services.actor import Actor
from app.services.next_steps import NO_ROUND, ActionLine, next_steps
from app.services.planned_actions import plan_action, settle_action
from app.services.rounds.closed import record_closed_round
from app.services.rounds.model import NewRound, RoundView
from app.services.rounds.views import asked
from app.survey.advice import Advice
from app.survey.disclosure import publish
from app.survey.model import Answer, Response, Side
from app.survey.practices import practice
from app.survey.published import Published, Score
from app.survey.review import Change, Review

DIMENSIONS = ("communication", "budget")
SOON = today() + timedelta(days=30)

Result = tuple[RoundView, Published]


def held(owner: Actor, engine: Engine, team_id: str, name: str, month: int, **levels: int) -> Result:
    """A closed round in which six people of each side see each dimension at its level."""
    new = NewRound(name=name, questionnaire="2026-11", dimensions=DIMENSIONS, languages=("en",))
    sides: tuple[Side, ...] = ("sales", "marketing")
    day = date(2026, month, 1)
    shown = record_closed_round(owner, engine=engine, team_id=team_id, new=new, responses=(), opened_on=day, closed_on=day)
    questionnaire = asked(shown)
    answers: dict[str, Answer] = {
        item.id: 6 - levels[item.dimension] if item.reverse else levels[item.dimension] for item in questionnaire.items
    }
    return shown, publish(questionnaire, [Response(side, answers) for side in sides for _ in range(6)])


def ids(advice: object) -> list[str]:
    assert isinstance(advice, Advice)
    return [step.practice.id for step in advice.steps]


@pytest.fixture
def spring(engine: Engine, owner: Actor, team_id: str) -> Result:
    """The first round: little talk, money well planned."""
    return held(owner, engine, team_id, "Spring", 4, communication=2, budget=4)


def test_before_the_first_round(engine: Engine, owner: Actor, team_id: str) -> None:
    found = next_steps(owner, engine=engine, team_id=team_id, results=())
    assert (found.round, found.advice, found.to_review, found.under_way, found.finished) == (None, NO_ROUND, (), (), ())


def test_what_is_taken_up_stays_on_the_list_and_is_marked(engine: Engine, owner: Actor, team_id: str, spring: Result) -> None:
    before = next_steps(owner, engine=engine, team_id=team_id, results=[spring])
    assert ids(before.advice) == ["weekly_talk", "problem_within_days"]
    planned = plan_action(owner, engine=engine, team_id=team_id, round_id=spring[0].id, practice_id="weekly_talk", owner="Anna", due=SOON)
    after = next_steps(owner, engine=engine, team_id=team_id, results=[spring])
    assert after.advice == before.advice
    assert after.taken == {"weekly_talk": planned}
    assert after.under_way == (ActionLine(planned, practice("weekly_talk")),)
    assert after.to_review == after.finished == ()


def test_the_next_round_looks_at_it_first(engine: Engine, owner: Actor, team_id: str, spring: Result) -> None:
    planned = plan_action(owner, engine=engine, team_id=team_id, round_id=spring[0].id, practice_id="weekly_talk", owner="Anna", due=SOON)
    autumn = held(owner, engine, team_id, "Autumn", 10, communication=3, budget=2)
    found = next_steps(owner, engine=engine, team_id=team_id, results=[spring, autumn])
    changed = Review(
        (
            Change("communication", "Communication", "sales", Score(2.0), Score(3.0)),
            Change("communication", "Communication", "marketing", Score(2.0), Score(3.0)),
        ),
        (),
    )
    assert found.round == autumn[0]
    assert found.to_review == (ActionLine(planned, practice("weekly_talk"), changed),)
    assert found.under_way == ()
    # The talk is under way already, so something else is advised.
    assert ids(found.advice)[0] == "plan_money_together"
    assert "weekly_talk" not in ids(found.advice)

    done = settle_action(owner, engine=engine, action_id=planned.id, state="done", note="Six talks took place.")
    later = next_steps(owner, engine=engine, team_id=team_id, results=[spring, autumn])
    assert later.to_review == ()
    assert later.finished == (ActionLine(done, practice("weekly_talk"), changed),)


def test_an_action_of_a_round_that_is_gone_is_still_looked_at(engine: Engine, owner: Actor, team_id: str, spring: Result) -> None:
    planned = plan_action(owner, engine=engine, team_id=team_id, round_id=spring[0].id, practice_id="weekly_talk", owner="Anna", due=SOON)
    autumn = held(owner, engine, team_id, "Autumn", 10, communication=3, budget=2)
    found = next_steps(owner, engine=engine, team_id=team_id, results=[autumn])
    assert found.to_review == (ActionLine(planned, practice("weekly_talk")),)
