"""Actions: a practice is taken up, given to somebody else, and ended with a note; a click without an answer is made again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlmodel import select

from app.clock import today
from app.services.actor import Actor, found_organization
from app.services.planned_actions import change_action, plan_action, settle_action
from app.services.rounds.closed import record_closed_round
from app.services.teams import list_teams
from app.storage.engine import transaction
from app.storage.tables import Action, PlannedAction
from app.survey.practices import practices
from tests.kill_writes.play import Client, Found, Kind
from tests.kill_writes.process import database
from tests.survey_rounds import new_round

DAY = date(2026, 6, 1)


@dataclass(frozen=True)
class Click:
    """One write: the `step` of the action number `number` of a lane."""

    lane: int
    number: int
    step: str


def plan(who: list[Any], team_id: str, round_id: str, practice_id: str, owner: str, due: str, because: list[str]) -> str:
    """*Take it up*."""
    return plan_action(
        Actor(*who),
        engine=database(),
        team_id=team_id,
        round_id=round_id,
        practice_id=practice_id,
        owner=owner,
        due=date.fromisoformat(due),
        because=because,
    ).id


def change(who: list[Any], action_id: str, owner: str, due: str) -> str:
    """*Save* under *Change*."""
    return change_action(Actor(*who), engine=database(), action_id=action_id, owner=owner, due=date.fromisoformat(due)).id


def settle(who: list[Any], action_id: str, note: str) -> str:
    """*Mark as done*."""
    return settle_action(Actor(*who), engine=database(), action_id=action_id, state="done", note=note).id


STEPS = {"plan": plan, "change": change, "settle": settle}


class Actions(Kind):
    """Each lane is one team; its actions come one after the other, in three clicks each."""

    name = "action"

    def prepare(self) -> Sequence[Sequence[Click]]:
        """A closed round for every team."""
        self.places = []
        for lane in range(self.lanes):
            actor = found_organization(self.engine, name=f"Killed {lane}", iss="https://id", sub=f"anna {lane}", display_name="Anna")
            team_id = list_teams(actor, engine=self.engine)[0].id
            made = record_closed_round(
                actor, engine=self.engine, team_id=team_id, new=new_round(), responses=(), opened_on=DAY, closed_on=DAY
            )
            self.places.append(([actor.organization_id, actor.member_id, actor.role], team_id, made.id))
        self.ids: dict[tuple[int, int], str] = {}
        clicks = [[Click(lane, n // 3, tuple(STEPS)[n % 3]) for n in range(self.writes)] for lane in range(self.lanes)]
        return [lane[: self.writes // self.lanes + (number < self.writes % self.lanes)] for number, lane in enumerate(clicks)]

    def write(self, client: Client, what: Click) -> None:
        """Click, and click again when no page came back."""
        who, team_id, round_id = self.places[what.lane]
        key = (what.lane, what.number)
        if what.step == "plan":
            chosen = practices()[what.number % len(practices())].id
            owner, due, because = self._planned(key)
            asked: dict[str, Any] = {"who": who, "team_id": team_id, "round_id": round_id, "practice_id": chosen}
            self.ids[key] = client.ask("/actions/plan", **asked, owner=owner, due=due.isoformat(), because=because)
        elif what.step == "change":
            owner, due, _ = self._changed(key)
            client.ask("/actions/change", who=who, action_id=self.ids[key], owner=owner, due=due.isoformat())
        else:
            client.ask("/actions/settle", who=who, action_id=self.ids[key], note=self._note(key))
        self.acknowledged[key] = what.step

    def _planned(self, key: tuple[int, int]) -> tuple[str, date, list[str]]:
        return f"Anna {key[0]}-{key[1]}", self.day + timedelta(days=key[1] % 300), [f"Reason {key[0]}-{key[1]}."]

    def _changed(self, key: tuple[int, int]) -> tuple[str, date, list[str]]:
        owner, due, because = self._planned(key)
        return f"{owner} and Max", due + timedelta(days=1), because

    def _note(self, key: tuple[int, int]) -> str:
        return f"Seen in {key[0]}-{key[1]}: it works.\nGo on."

    def __init__(self, engine: Engine, **given: Any) -> None:
        super().__init__(engine, **given)
        self.day = today() + timedelta(days=2)
        self.acknowledged: dict[tuple[int, int], str] = {}

    def check(self, owner: Engine) -> tuple[int, Found]:
        """Every action as the last acknowledged click left it, and each click once in the record of who did what."""
        with transaction(owner, organization_id=None) as session:
            rows = session.exec(select(PlannedAction)).all()
            noted = Counter((row.subject, str(row.what)) for row in session.exec(select(Action)).all() if row.what.startswith("action_"))
        by_id = {row.id: row for row in rows}
        lost: list[str] = []
        half: list[str] = []
        doubled: list[str] = []
        stored = 0
        for key, step in self.acknowledged.items():
            row = by_id.pop(self.ids[key], None)
            if row is None:
                lost.append(f"action {key} is not there")
                continue
            person, due, because = self._planned(key) if step == "plan" else self._changed(key)
            wanted = (person, due, "done" if step == "settle" else "open", self._note(key) if step == "settle" else "", step == "settle")
            there = (row.owner, row.due, row.state, row.note, row.settled_on is not None)
            if there != wanted:
                half.append(f"action {key} is {there}, not {wanted}")
            if row.because != f'["{because[0]}"]':
                half.append(f"action {key} has the reasons {row.because}")
            clicks = 1 + list(STEPS).index(step)
            stored += clicks
            for what, number in (("action_planned", 1), ("action_changed", clicks - 1)):
                seen = noted.pop((row.id, what), 0)
                if seen != number:
                    (doubled if seen > number else lost).append(f"action {key}: {what} is recorded {seen} times, not {number}")
        left = [f"an action of “{row.owner}” that nobody was told of" for row in by_id.values()]
        left += [f"{what} is recorded of {subject}, which is not there" for subject, what in noted]
        return stored, Found(tuple(lost), tuple(half), tuple(doubled), tuple(left))
