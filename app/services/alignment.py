"""What the survey shows of a team: its closed rounds, each with what it publishes.

A round is published once, at its first use after the close, and what it publishes is kept with it: later code, other weights or another
look cannot publish a second, different set of numbers from the same answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Engine
from sqlmodel import Session

from app.services.actor import Actor
from app.services.rounds.closed import closed_comments, closed_responses, closed_rounds
from app.services.rounds.model import RoundView
from app.services.rounds.views import asked
from app.services.stored_json import from_json, to_json
from app.services.teams import team_row
from app.storage.engine import reading, transaction
from app.storage.queries import organizations, publications, rounds
from app.survey.between_rounds import Earlier
from app.survey.disclosure import publish
from app.survey.model import Side
from app.survey.published import Published

Results = tuple[tuple[RoundView, Published], ...]
"""The closed rounds of a team with what each publishes, the oldest first."""


def results(actor: Actor, *, engine: Engine, team_id: str) -> Results:
    """The closed rounds of a team with what each publishes, the oldest first; any member may see them.

    Raises
    ------
    NotFound
        When the organization has no such team.
    """
    closed = closed_rounds(actor, engine=engine, team_id=team_id)
    with reading(engine, organization_id=actor.organization_id) as session:
        found = _kept(actor, session=session, team_id=team_id)
    if any(one.id not in found for one in closed):
        found = _publish(actor, engine=engine, team_id=team_id, closed=closed)
    return tuple((one, found[one.id]) for one in closed if one.id in found)


def _kept(actor: Actor, *, session: Session, team_id: str) -> dict[str, Published]:
    return {
        row.round_id: from_json(Published, row.content)
        for row in publications.publications(session=session, organization_id=actor.organization_id, team_id=team_id)
    }


def _publish(actor: Actor, *, engine: Engine, team_id: str, closed: tuple[RoundView, ...]) -> dict[str, Published]:
    """Publish what has not been yet, in one transaction: two rounds published at once would not know of each other."""
    answers = {
        one.id: (closed_responses(actor, engine=engine, round_id=one.id), closed_comments(actor, engine=engine, round_id=one.id))
        for one in closed
    }
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        team_row(session, actor, team_id)
        found = _kept(actor, session=session, team_id=team_id)
        rolls = {
            row.id: _roll(row.roll) for row in rounds.survey_rounds(session=session, organization_id=actor.organization_id, team_id=team_id)
        }
        kept = publications.publications(session=session, organization_id=actor.organization_id, team_id=team_id)
        sequence = kept[-1].sequence + 1 if kept else 0
        for one in closed:
            if one.id in found or one.id not in rolls:
                continue
            responses, comments = answers[one.id]
            made = publish(
                asked(one),
                responses,
                minimum=one.minimum,
                invited=one.invited,
                people=rolls[one.id],
                earlier=[Earlier(published, rolls.get(id, {})) for id, published in found.items()],
                comments=[(comment.side, comment.dimension, comment.body) for comment in comments],
            )
            publications.add_publication(
                session=session,
                organization_id=actor.organization_id,
                team_id=team_id,
                round_id=one.id,
                sequence=sequence,
                content=to_json(made),
            )
            found[one.id] = made
            sequence += 1
        return found


def _roll(text: str | None) -> Mapping[Side, frozenset[str]]:
    """Marks of the people asked, by side; nothing where they are not known."""
    return {side: frozenset(marks) for side, marks in json.loads(text).items()} if text else {}
