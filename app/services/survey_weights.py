"""How much each dimension of the survey counts for a team; all the same unless the team says otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Engine

from app.errors import AppError
from app.services.actor import Actor, require
from app.services.teams import team_row
from app.storage.engine import reading, transaction
from app.storage.queries import organizations
from app.survey.questionnaire import Questionnaire, newest
from app.survey.scoring import checked_weights

LARGEST = 10.0


def read_weights(actor: Actor, *, engine: Engine, team_id: str, questionnaire: Questionnaire) -> dict[str, float]:
    """The weight of each dimension that was asked, as the team set it; 1 for each where nothing is said.

    A dimension that a version has and the team said nothing of counts 1.
    """
    with reading(engine, organization_id=actor.organization_id) as session:
        kept = team_row(session, actor, team_id).survey_weights
    said: dict[str, float] = json.loads(kept) if kept else {}
    return {id: float(said.get(id, weight)) for id, weight in questionnaire.equal_weights().items()}


def set_weights(actor: Actor, *, engine: Engine, team_id: str, weights: Mapping[str, float]) -> None:
    """Say how much each dimension counts; managers and owners.

    Raises
    ------
    AppError
        When a dimension has no weight, a weight is negative or above 10, or all are 0.
    """
    require(actor, "manager")
    version = newest()
    checked_weights(version, weights)
    for id, weight in weights.items():
        if weight > LARGEST:
            raise AppError(f"The weight of “{id}” is {weight:g}.", f"Give a number from 0 to {LARGEST:g}.")
    given = {dimension.id: float(weights[dimension.id]) for dimension in version.dimensions}
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = team_row(session, actor, team_id)
        row.survey_weights = None if len(set(given.values())) == 1 else json.dumps(given)
        session.add(row)
        organizations.record(
            session=session,
            organization_id=actor.organization_id,
            member_id=actor.member_id,
            team_id=row.id,
            what="team_changed",
            subject=row.id,
        )
