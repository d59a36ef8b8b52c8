"""What the survey shows of a team: its closed rounds, each with what it publishes.

A round is published once, at its first use after the close, and what it publishes is kept with it: later code, other weights or another
look cannot publish a second, different set of numbers from the same answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

from sqlalchemy import Engine
from sqlmodel import Session

from app.errors import AppError, NotFound
from app.services.actor import Actor, require
from app.services.rounds.closed import closed_comments, closed_responses, closed_rounds
from app.services.rounds.model import RoundView
from app.services.rounds.views import asked
from app.services.stored_json import from_json, to_json
from app.services.teams import team_row
from app.storage.engine import reading, transaction
from app.storage.queries import organizations, publications, rounds
from app.storage.tables import Team
from app.survey.between_rounds import Earlier, Shown, shown_of
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
        row.round_id: _read(row.content)
        for row in publications.publications(session=session, organization_id=actor.organization_id, team_id=team_id)
    }


@lru_cache(maxsize=64)
def _read(content: str) -> Published:
    """What a round publishes, of its text: the text never changes, and reading it takes longer than the rest of a page."""
    return from_json(Published, content)


def _publish(actor: Actor, *, engine: Engine, team_id: str, closed: tuple[RoundView, ...]) -> dict[str, Published]:
    """Publish what has not been yet, in one transaction: two rounds published at once would not know of each other."""
    answers = {
        one.id: (closed_responses(actor, engine=engine, round_id=one.id), closed_comments(actor, engine=engine, round_id=one.id))
        for one in closed
    }
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        team = team_row(session, actor, team_id)
        found = _kept(actor, session=session, team_id=team_id)
        rolls = {
            row.id: _roll(row.roll) for row in rounds.survey_rounds(session=session, organization_id=actor.organization_id, team_id=team_id)
        }
        kept = publications.publications(session=session, organization_id=actor.organization_id, team_id=team_id)
        sequence = kept[-1].sequence + 1 if kept else 0
        earlier = _earlier(session, actor, team)
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
                earlier=earlier,
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
            earlier.append(Earlier(shown_of(made), rolls[one.id]))
            sequence += 1
        return found


def remove_closed_round(actor: Actor, *, engine: Engine, round_id: str) -> None:
    """Remove a closed round with its answers and comments, for good; managers and owners.

    What it has shown cannot be taken back, so later rounds of nearly the same people are held against it as if it were there.

    Raises
    ------
    AppError
        When the round is not closed, or is the example's.
    """
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        row = rounds.lock_round(session=session, organization_id=actor.organization_id, round_id=round_id)
        if row is None:
            raise NotFound("This round does not exist in your organization.", "Load the page again.")
        if row.state != "closed":
            raise AppError("This round is not closed.", "Close it first; a round that was never opened is removed beside its name.")
        if team_row(session, actor, row.team_id).is_example:
            raise AppError("The example company cannot be changed.", "Choose your own team.")
        remember_shown(session, organization_id=actor.organization_id, round_id=round_id)
        organizations.record(
            session=session,
            organization_id=actor.organization_id,
            member_id=actor.member_id,
            team_id=row.team_id,
            what="round_removed",
            subject=row.id,
        )
        session.delete(row)


def remember_shown(session: Session, *, organization_id: str, team_id: str | None = None, round_id: str | None = None) -> None:
    """Keep, of a round or a team that is about to be removed, which items of which people it has shown; no answer, no score."""
    for row, roll in publications.with_rolls(session=session, organization_id=organization_id, team_id=team_id, round_id=round_id):
        content = to_json(shown_of(from_json(Published, row.content)))
        publications.add_removed(session=session, organization_id=organization_id, team_id=row.team_id, content=content, roll=roll)
    session.flush()


def _earlier(session: Session, actor: Actor, team: Team) -> list[Earlier]:
    """What has been shown of the organization's people: by this team's rounds, by other teams', and by rounds that are gone."""
    found = [
        Earlier(shown_of(from_json(Published, row.content)), _roll(roll), elsewhere=row.team_id != team.id)
        for row, roll in publications.with_rolls(session=session, organization_id=actor.organization_id)
    ]
    for gone in publications.removed(session=session, organization_id=actor.organization_id):
        # A team that was made after a removal may be the removed one under another name.
        elsewhere = gone.team_id != team.id and team.created_at <= gone.removed_at
        found.append(Earlier(from_json(Shown, gone.content), _roll(gone.roll), elsewhere=elsewhere))
    return found


def _roll(text: str | None) -> Mapping[Side, frozenset[str]]:
    """Marks of the people asked, by side; nothing where they are not known."""
    return {side: frozenset(marks) for side, marks in json.loads(text).items()} if text else {}
