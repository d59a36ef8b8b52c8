"""A practice is taken up once, by managers, with a name and a day; it is done, dropped or open again; and it is the team's alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text

from app.clock import today
from app.errors import AccessDenied, AppError, CatalogueError, NotFound
from app.services.actor import Actor, add_member
from app.services.planned_actions import MOST_OPEN, PlannedActionView, change_action, list_actions, plan_action, settle_action
from app.services.rounds.closed import record_closed_round
from app.services.rounds.model import NewRound
from app.services.teams import create_team
from app.storage.queries import organizations, planned_actions
from app.survey.practices import practices
from tests.owners import everything

DAY = date(2026, 6, 1)
SOON = today() + timedelta(days=30)


@pytest.fixture
def round_id(engine: Engine, owner: Actor, team_id: str) -> str:
    """A closed round of the team."""
    new = NewRound(name="Spring", questionnaire="2026-11", dimensions=("roles",), languages=("en",))
    return record_closed_round(owner, engine=engine, team_id=team_id, new=new, responses=(), opened_on=DAY, closed_on=DAY).id


def plan(
    actor: Actor, engine: Engine, team_id: str, round_id: str, practice_id: str = "weekly_talk", owner: str = "Anna", due: date = SOON
) -> PlannedActionView:
    return plan_action(
        actor,
        engine=engine,
        team_id=team_id,
        round_id=round_id,
        practice_id=practice_id,
        owner=owner,
        due=due,
        because=("Low marks for roles: sales 2.0 of 5.",),
    )


def test_a_practice_is_taken_up(engine: Engine, owner: Actor, team_id: str, round_id: str) -> None:
    planned = plan(owner, engine, team_id, round_id, owner="  Anna  Berg ")
    assert planned == PlannedActionView(
        id=planned.id,
        practice="weekly_talk",
        title="Talk for thirty minutes every week",
        because=("Low marks for roles: sales 2.0 of 5.",),
        owner="Anna Berg",
        due=SOON,
        state="open",
        round_id=round_id,
        planned_on=planned.planned_on,
        settled_on=None,
        note="",
    )
    assert list_actions(owner, engine=engine, team_id=team_id) == (planned,)
    assert not planned.late(SOON)
    assert planned.late(SOON + timedelta(days=1))
    with everything(engine) as session:
        kept = organizations.actions(session=session, organization_id=owner.organization_id)
        assert ("action_planned", planned.id) in [(one.what, one.subject) for one in kept]


def test_a_second_click_adds_nothing(engine: Engine, owner: Actor, team_id: str, round_id: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: plan(owner, engine, team_id, round_id).id, range(4)))
    assert len(set(found)) == 1
    assert len(list_actions(owner, engine=engine, team_id=team_id)) == 1


def test_what_is_due_first_stands_in_front(engine: Engine, owner: Actor, team_id: str, round_id: str) -> None:
    plan(owner, engine, team_id, round_id, "shared_target", due=SOON + timedelta(days=5))
    plan(owner, engine, team_id, round_id, "joint_review", due=SOON)
    assert [one.practice for one in list_actions(owner, engine=engine, team_id=team_id)] == ["joint_review", "shared_target"]


def test_done_dropped_and_open_again(engine: Engine, owner: Actor, team_id: str, round_id: str) -> None:
    planned = plan(owner, engine, team_id, round_id)
    done = settle_action(owner, engine=engine, action_id=planned.id, state="done", note=" Six of eight talks took place. ")
    assert (done.state, done.settled_on, done.note) == ("done", today(), "Six of eight talks took place.")
    assert not done.late(SOON + timedelta(days=9))
    with pytest.raises(AppError, match="This action is finished"):
        change_action(owner, engine=engine, action_id=planned.id, owner="Ben", due=SOON)
    # What is finished may be taken up anew, and then the finished one stays finished.
    again = plan(owner, engine, team_id, round_id)
    assert again.id != planned.id
    with pytest.raises(AppError, match="The same practice is open already"):
        settle_action(owner, engine=engine, action_id=planned.id, state="open")
    dropped = settle_action(owner, engine=engine, action_id=again.id, state="dropped")
    assert (dropped.state, dropped.settled_on) == ("dropped", today())
    opened = settle_action(owner, engine=engine, action_id=planned.id, state="open")
    assert (opened.state, opened.settled_on) == ("open", None)


def test_an_open_action_changes_hands(engine: Engine, owner: Actor, team_id: str, round_id: str) -> None:
    planned = plan(owner, engine, team_id, round_id)
    changed = change_action(owner, engine=engine, action_id=planned.id, owner="Ben", due=SOON + timedelta(days=7))
    assert (changed.owner, changed.due, changed.state) == ("Ben", SOON + timedelta(days=7), "open")
    with pytest.raises(AppError, match="Nobody is named"):
        change_action(owner, engine=engine, action_id=planned.id, owner=" ", due=SOON)


def test_a_click_whose_answer_was_lost_is_made_again_and_recorded_once(engine: Engine, owner: Actor, team_id: str, round_id: str) -> None:
    for _ in range(2):
        planned = plan(owner, engine, team_id, round_id)
    for _ in range(2):
        change_action(owner, engine=engine, action_id=planned.id, owner="Ben", due=SOON)
    for _ in range(2):
        settle_action(owner, engine=engine, action_id=planned.id, state="done", note=" Six talks. ")
    with everything(engine) as session:
        recorded = [row.what for row in organizations.actions(session=session, organization_id=owner.organization_id)]
    assert sorted(what for what in recorded if what.startswith("action_")) == ["action_changed", "action_changed", "action_planned"]


def test_what_makes_no_sense_is_refused(engine: Engine, owner: Actor, team_id: str, round_id: str) -> None:
    with pytest.raises(AppError, match="Nobody is named"):
        plan(owner, engine, team_id, round_id, owner=" ")
    with pytest.raises(AppError, match="longer than 200"):
        plan(owner, engine, team_id, round_id, owner="x" * 201)
    with pytest.raises(AppError, match="The day is over already"):
        plan(owner, engine, team_id, round_id, due=today() - timedelta(days=2))
    with pytest.raises(CatalogueError, match="no practice “nap”"):
        plan(owner, engine, team_id, round_id, "nap")
    with pytest.raises(NotFound, match="round"):
        plan(owner, engine, team_id, "0" * 32)
    other = create_team(owner, engine=engine, name="South")
    with pytest.raises(NotFound, match="round"):
        plan(owner, engine, other.id, round_id)
    assert list_actions(owner, engine=engine, team_id=team_id) == ()
    planned = plan(owner, engine, team_id, round_id)
    with pytest.raises(AppError, match="longer than 2,000"):
        settle_action(owner, engine=engine, action_id=planned.id, state="done", note="x" * 2_001)


def test_there_is_an_end_to_actions() -> None:
    assert len(practices()) <= MOST_OPEN, "every practice may be open once"


def test_a_viewer_reads_only(engine: Engine, owner: Actor, team_id: str, round_id: str) -> None:
    planned = plan(owner, engine, team_id, round_id)
    viewer = add_member(owner, engine=engine, iss="https://id", sub="vera", display_name="Vera", role="viewer")
    assert list_actions(viewer, engine=engine, team_id=team_id) == (planned,)
    with pytest.raises(AccessDenied):
        plan(viewer, engine, team_id, round_id, "joint_review")
    with pytest.raises(AccessDenied):
        change_action(viewer, engine=engine, action_id=planned.id, owner="Vera", due=SOON)
    with pytest.raises(AccessDenied):
        settle_action(viewer, engine=engine, action_id=planned.id, state="dropped")


def test_a_stranger_finds_nothing(engine: Engine, owner: Actor, stranger: Actor, team_id: str, round_id: str) -> None:
    planned = plan(owner, engine, team_id, round_id)
    with pytest.raises(NotFound):
        list_actions(stranger, engine=engine, team_id=team_id)
    with pytest.raises(NotFound):
        plan(stranger, engine, team_id, round_id)
    with pytest.raises(NotFound):
        change_action(stranger, engine=engine, action_id=planned.id, owner="Olga", due=SOON)
    with pytest.raises(NotFound):
        settle_action(stranger, engine=engine, action_id=planned.id, state="dropped")
    with everything(engine) as session:
        other = stranger.organization_id
        assert planned_actions.planned_action(session=session, organization_id=other, action_id=planned.id) is None
        assert list(planned_actions.planned_actions(session=session, organization_id=other, team_id=team_id)) == []
    assert list_actions(owner, engine=engine, team_id=team_id) == (planned,)


def test_an_action_outlives_its_round(engine: Engine, owner: Actor, team_id: str, round_id: str) -> None:
    planned = plan(owner, engine, team_id, round_id)
    with everything(engine) as session:
        session.execute(text("DELETE FROM survey_round WHERE id = :id"), {"id": round_id})
    assert [(one.id, one.round_id) for one in list_actions(owner, engine=engine, team_id=team_id)] == [(planned.id, None)]
