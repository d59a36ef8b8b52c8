"""How a team's exports were read before."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from app.storage.tables import SavedMapping


def saved_mapping(*, session: Session, organization_id: str, mapping_id: str) -> SavedMapping | None:
    """One saved mapping of the organization."""
    return session.exec(
        select(SavedMapping).where(SavedMapping.organization_id == organization_id, SavedMapping.id == mapping_id)
    ).one_or_none()


def saved_mappings(*, session: Session, organization_id: str, team_id: str) -> Sequence[SavedMapping]:
    """The saved mappings of a team, the one used last first."""
    return session.exec(
        select(SavedMapping)
        .where(SavedMapping.organization_id == organization_id, SavedMapping.team_id == team_id)
        .order_by(col(SavedMapping.used_at).desc(), col(SavedMapping.id))
    ).all()


def of_shape(*, session: Session, organization_id: str, team_id: str, shape: str) -> SavedMapping | None:
    """The saved mapping of one shape."""
    return session.exec(
        select(SavedMapping).where(
            SavedMapping.organization_id == organization_id, SavedMapping.team_id == team_id, SavedMapping.shape == shape
        )
    ).one_or_none()
