"""The records of what was deleted."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from app.storage.tables import Deletion


def deletions(*, session: Session, organization_id: str, team_id: str) -> Sequence[Deletion]:
    """What was deleted of a team's data, newest first."""
    return session.exec(
        select(Deletion)
        .where(Deletion.organization_id == organization_id, Deletion.team_id == team_id)
        .order_by(col(Deletion.at).desc(), col(Deletion.id))
    ).all()
