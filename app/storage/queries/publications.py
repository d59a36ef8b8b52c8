"""What closed rounds publish."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from app.storage.tables import SurveyPublication


def publications(*, session: Session, organization_id: str, team_id: str) -> Sequence[SurveyPublication]:
    """The publications of a team in the order they were made."""
    return session.exec(
        select(SurveyPublication)
        .where(SurveyPublication.organization_id == organization_id, SurveyPublication.team_id == team_id)
        .order_by(col(SurveyPublication.sequence))
    ).all()


def add_publication(*, session: Session, organization_id: str, team_id: str, round_id: str, sequence: int, content: str) -> None:
    """Keep what a round publishes; the round is the primary key, so there is only ever one."""
    session.add(SurveyPublication(round_id=round_id, organization_id=organization_id, team_id=team_id, sequence=sequence, content=content))
    session.flush()
