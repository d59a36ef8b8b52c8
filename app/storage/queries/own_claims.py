"""Benchmarks that a team brought itself."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from app.storage.tables import OwnClaim


def own_claim(*, session: Session, organization_id: str, claim_id: str) -> OwnClaim | None:
    """One claim of the organization."""
    return session.exec(select(OwnClaim).where(OwnClaim.organization_id == organization_id, OwnClaim.id == claim_id)).one_or_none()


def own_claims(*, session: Session, organization_id: str, team_id: str) -> Sequence[OwnClaim]:
    """The claims of a team, oldest first."""
    return session.exec(
        select(OwnClaim)
        .where(OwnClaim.organization_id == organization_id, OwnClaim.team_id == team_id)
        .order_by(col(OwnClaim.created_at), col(OwnClaim.id))
    ).all()


def add_own_claim(*, session: Session, organization_id: str, team_id: str, member_id: str | None, fields: str) -> OwnClaim:
    """Add a claim; `fields` is JSON."""
    row = OwnClaim(organization_id=organization_id, team_id=team_id, member_id=member_id, fields=fields)
    session.add(row)
    session.flush()
    return row
