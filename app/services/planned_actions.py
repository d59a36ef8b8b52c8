"""What a team takes up after a round: a practice with somebody who sees to it and a day, until it is done or dropped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine
from sqlmodel import Session

from app.clock import today
from app.errors import AppError, NotFound
from app.services.actor import Actor, require
from app.services.teams import team_row
from app.storage.engine import reading, transaction
from app.storage.queries import organizations, rounds
from app.storage.queries import planned_actions as rows
from app.storage.tables import ActionKind, PlannedAction, PlannedState
from app.survey.practices import practice

MOST_OPEN = 20
"""Open actions that one team may have; whoever has more does none of them."""
LONGEST_NOTE = 2_000
LONGEST_OWNER = 200


@dataclass(frozen=True)
class PlannedActionView:
    """A practice that was taken up. `because` are the reasons as they stood then; `planned_on` is the day it was taken up.

    `round_id` is the round whose results it followed from, None when that round is gone. `note` is what the team wrote at the end.
    """

    id: str
    practice: str
    title: str
    because: tuple[str, ...]
    owner: str
    due: date
    state: PlannedState
    round_id: str | None
    planned_on: date
    settled_on: date | None
    note: str

    def late(self, day: date) -> bool:
        """Whether it is still open after its day."""
        return self.state == "open" and self.due < day


def list_actions(actor: Actor, *, engine: Engine, team_id: str) -> tuple[PlannedActionView, ...]:
    """Everything the team took up, what is due first in front."""
    with reading(engine, organization_id=actor.organization_id) as session:
        team_row(session, actor, team_id)
        return tuple(_view(row) for row in rows.planned_actions(session=session, organization_id=actor.organization_id, team_id=team_id))


def plan_action(
    actor: Actor,
    *,
    engine: Engine,
    team_id: str,
    round_id: str,
    practice_id: str,
    owner: str,
    due: date,
    because: Sequence[str] = (),
) -> PlannedActionView:
    """Take up a practice; managers and owners. A practice that is open already stays as it is, so a second click adds nothing.

    Raises
    ------
    AppError
        When nobody is named, the day is over, or too many actions are open.
    NotFound
        When the round or the team is not the organization's, or the round is another team's.
    """
    require(actor, "manager")
    chosen = practice(practice_id)
    owner = _owner(owner)
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        team = team_row(session, actor, team_id)
        if due < today(team.time_zone):
            raise AppError("The day is over already.", "Choose today or a later day.")
        asked = rounds.survey_round(session=session, organization_id=actor.organization_id, round_id=round_id)
        if asked is None or asked.team_id != team_id:
            raise NotFound("This round does not exist in your team.", "Load the page again.")
        known = rows.planned_actions(session=session, organization_id=actor.organization_id, team_id=team_id)
        opened = [row for row in known if row.state == "open"]
        for row in opened:
            if row.practice == chosen.id:
                return _view(row)
        if len(opened) >= MOST_OPEN:
            raise AppError(f"{MOST_OPEN} actions are open already.", "Finish or drop one first.")
        row = PlannedAction(
            organization_id=actor.organization_id,
            team_id=team_id,
            round_id=round_id,
            member_id=actor.member_id,
            practice=chosen.id,
            title=chosen.title,
            because=json.dumps(list(because), ensure_ascii=False),
            owner=owner,
            due=due,
        )
        session.add(row)
        session.flush()
        _note(session, actor, row, "action_planned")
        return _view(row)


def change_action(actor: Actor, *, engine: Engine, action_id: str, owner: str, due: date) -> PlannedActionView:
    """Give an open action to somebody else or another day, which may be over: a day that was kept is entered late now and then.

    Doing it twice changes nothing, and is recorded once.
    """
    require(actor, "manager")
    owner = _owner(owner)
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = _row(session, actor, action_id)
        if row.state != "open":
            raise AppError("This action is finished.", "Open it again first.")
        if (row.owner, row.due) == (owner, due):
            return _view(row)
        row.owner, row.due = owner, due
        session.add(row)
        _note(session, actor, row, "action_changed")
        return _view(row)


def settle_action(actor: Actor, *, engine: Engine, action_id: str, state: PlannedState, note: str = "") -> PlannedActionView:
    """Say that an action is done or dropped, with a note; or open it again. The same state twice changes the note alone.

    Doing it twice changes nothing, and is recorded once.
    """
    require(actor, "manager")
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise AppError(f"The note is longer than {LONGEST_NOTE:,} characters.", "Shorten it.")
    if state not in ("open", "done", "dropped"):
        raise AppError("An action is open, done or dropped.", "Choose one of the three.")
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        row = _row(session, actor, action_id)
        if (row.state, row.note) == (state, note):
            return _view(row)
        if state == "open" and row.state != "open":
            _refuse_twice(session, actor, row)
        if state != row.state:
            row.settled_on = None if state == "open" else today(team_row(session, actor, row.team_id).time_zone)
        row.state, row.note = state, note
        session.add(row)
        _note(session, actor, row, "action_changed")
        return _view(row)


def _refuse_twice(session: Session, actor: Actor, row: PlannedAction) -> None:
    for other in rows.planned_actions(session=session, organization_id=actor.organization_id, team_id=row.team_id):
        if other.state == "open" and other.practice == row.practice:
            raise AppError("The same practice is open already.", "Finish or drop that action first.")


def _owner(owner: str) -> str:
    owner = " ".join(owner.split())
    if not owner:
        raise AppError("Nobody is named who sees to it.", "Type a name; an action without one is not done.")
    if len(owner) > LONGEST_OWNER:
        raise AppError(f"The name is longer than {LONGEST_OWNER} characters.", "Shorten it.")
    return owner


def _row(session: Session, actor: Actor, action_id: str) -> PlannedAction:
    row = rows.planned_action(session=session, organization_id=actor.organization_id, action_id=action_id)
    if row is None:
        raise NotFound("This action does not exist in your organization.", "Load the page again.")
    return row


def _note(session: Session, actor: Actor, row: PlannedAction, what: ActionKind) -> None:
    organizations.record(
        session=session,
        organization_id=actor.organization_id,
        member_id=actor.member_id,
        team_id=row.team_id,
        what=what,
        subject=row.id,
    )


def _view(row: PlannedAction) -> PlannedActionView:
    return PlannedActionView(
        id=row.id,
        practice=row.practice,
        title=row.title,
        because=tuple(json.loads(row.because)),
        owner=row.owner,
        due=row.due,
        state=row.state,
        round_id=row.round_id,
        planned_on=row.created_at.date(),
        settled_on=row.settled_on,
        note=row.note,
    )
