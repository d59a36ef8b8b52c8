"""What closed rounds publish."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from app.storage.tables import SurveyPublication, SurveyRemoved, SurveyRound


def publications(*, session: Session, organization_id: str, team_id: str) -> Sequence[SurveyPublication]:
    """The publications of a team in the order they were made."""
    return session.exec(
        select(SurveyPublication)
        .where(SurveyPublication.organization_id == organization_id, SurveyPublication.team_id == team_id)
        .order_by(col(SurveyPublication.sequence))
    ).all()


def with_rolls(
    *, session: Session, organization_id: str, team_id: str | None = None, round_id: str | None = None
) -> Sequence[tuple[SurveyPublication, str | None]]:
    """The publications of the organization, or of one team or round, in the order they were made, each with the roll of its round."""
    wanted = (
        select(SurveyPublication, SurveyRound.roll)
        .join(SurveyRound, col(SurveyRound.id) == col(SurveyPublication.round_id))
        .where(SurveyPublication.organization_id == organization_id)
        .order_by(col(SurveyPublication.team_id), col(SurveyPublication.sequence))
    )
    if team_id is not None:
        wanted = wanted.where(SurveyPublication.team_id == team_id)
    if round_id is not None:
        wanted = wanted.where(SurveyPublication.round_id == round_id)
    return session.exec(wanted).all()


def removed(*, session: Session, organization_id: str) -> Sequence[SurveyRemoved]:
    """What is kept of the publications of removed rounds, the oldest first."""
    return session.exec(
        select(SurveyRemoved)
        .where(SurveyRemoved.organization_id == organization_id)
        .order_by(col(SurveyRemoved.removed_at), col(SurveyRemoved.id))
    ).all()


def add_removed(*, session: Session, organization_id: str, team_id: str, content: str, roll: str | None) -> None:
    """Keep what a removed round has shown, without its answers and scores."""
    session.add(SurveyRemoved(organization_id=organization_id, team_id=team_id, content=content, roll=roll))


def add_publication(*, session: Session, organization_id: str, team_id: str, round_id: str, sequence: int, content: str) -> None:
    """Keep what a round publishes; the round is the primary key, so there is only ever one."""
    session.add(SurveyPublication(round_id=round_id, organization_id=organization_id, team_id=team_id, sequence=sequence, content=content))
    session.flush()
