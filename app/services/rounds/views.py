"""Rounds from rows, rows from rounds, and the rules for what a round may be."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.errors import AppError
from app.services.actor import Actor
from app.services.rounds.model import SMALLEST_MINIMUM, NewRound, RoundView
from app.storage.tables import SurveyRound
from app.survey import questionnaire
from app.survey.model import SIDES, Side
from app.survey.questionnaire import Questionnaire

LARGEST_MINIMUM = 50
MOST_INVITED = 100_000


def view(row: SurveyRound, *, time_zone: str = "UTC") -> RoundView:
    """The round of a row; its last day is told as people in the time zone see it."""
    counts: tuple[tuple[Side, int | None], ...] = (("sales", row.invited_sales), ("marketing", row.invited_marketing))
    return RoundView(
        id=row.id,
        team_id=row.team_id,
        name=row.name,
        questionnaire=row.questionnaire,
        dimensions=tuple(json.loads(row.dimensions)),
        languages=tuple(json.loads(row.languages)),
        minimum=row.minimum,
        way=row.way,
        in_room=row.in_room,
        state=row.state,
        closes_at=row.closes_at,
        last_day=None if row.closes_at is None else (row.closes_at.astimezone(ZoneInfo(time_zone)) - timedelta(seconds=1)).date(),
        invited={side: number for side, number in counts if number is not None},
        opened_on=row.opened_on,
        closed_on=row.closed_on,
    )


def asked(shown: RoundView) -> Questionnaire:
    """The questionnaire of a round, cut down to what is asked in it."""
    return questionnaire.load(shown.questionnaire).only(shown.dimensions)


def check_new(new: NewRound) -> None:
    """Refuse a round that makes no sense, with an AppError that says why."""
    if not new.name.strip():
        raise AppError("A round needs a name.", "Type one, such as “Autumn 2026”.")
    if len(new.name) > 200:
        raise AppError("The name is longer than 200 characters.", "Choose a shorter one.")
    version = questionnaire.load(new.questionnaire)
    version.only(new.dimensions)
    if not new.languages:
        raise AppError("A round needs at least one language.", "Choose the languages your people read.")
    for language in new.languages:
        version.wording(language)
    check_minimum(new.minimum)
    if new.way not in ("shared", "personal"):
        raise AppError("A round is answered by one shared link or by personal links.", "Choose one of the two.")
    for side, number in new.invited.items():
        if side not in SIDES or not 0 <= number <= MOST_INVITED:
            raise AppError("The number of people asked makes no sense.", "Type how many people are asked on each side.")


def check_minimum(minimum: int) -> None:
    """Refuse a minimum group below five or beyond any use."""
    if not SMALLEST_MINIMUM <= minimum <= LARGEST_MINIMUM:
        raise AppError(
            f"The smallest group that is shown must be {SMALLEST_MINIMUM} to {LARGEST_MINIMUM} people.", "Choose a number in between."
        )


def row_of(new: NewRound, *, actor: Actor, team_id: str) -> SurveyRound:
    """A new row, not added yet; the caller has checked `new`."""
    every = [dimension.id for dimension in questionnaire.load(new.questionnaire).only(new.dimensions).dimensions]
    return SurveyRound(
        organization_id=actor.organization_id,
        team_id=team_id,
        member_id=actor.member_id,
        name=" ".join(new.name.split()),
        questionnaire=new.questionnaire,
        dimensions=json.dumps(every),
        languages=json.dumps(list(dict.fromkeys(new.languages))),
        minimum=new.minimum,
        way=new.way,
        in_room=new.in_room,
        invited_sales=new.invited.get("sales"),
        invited_marketing=new.invited.get("marketing"),
    )


def end_of(day: date, *, time_zone: str) -> datetime:
    """The first instant after a day, as people in the time zone see it."""
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(time_zone))
