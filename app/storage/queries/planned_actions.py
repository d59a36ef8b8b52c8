"""What a team took up after a round."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from app.storage.tables import PlannedAction


def planned_action(*, session: Session, organization_id: str, action_id: str) -> PlannedAction | None:
    """One planned action of the organization."""
    return session.exec(
        select(PlannedAction).where(PlannedAction.organization_id == organization_id, PlannedAction.id == action_id)
    ).one_or_none()


def planned_actions(*, session: Session, organization_id: str, team_id: str) -> Sequence[PlannedAction]:
    """The planned actions of a team, those that are due first in front."""
    return session.exec(
        select(PlannedAction)
        .where(PlannedAction.organization_id == organization_id, PlannedAction.team_id == team_id)
        .order_by(col(PlannedAction.due), col(PlannedAction.created_at), col(PlannedAction.id))
    ).all()
