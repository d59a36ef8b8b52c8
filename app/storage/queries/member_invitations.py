"""Invitations of members."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from app.storage.engine import revealing
from app.storage.tables import MemberInvitation


def open_invitations(*, session: Session, organization_id: str, at: datetime) -> Sequence[MemberInvitation]:
    """The invitations that can still be used, newest first."""
    return session.exec(
        select(MemberInvitation)
        .where(
            MemberInvitation.organization_id == organization_id,
            col(MemberInvitation.used_at).is_(None),
            col(MemberInvitation.revoked_at).is_(None),
            MemberInvitation.expires_at > at,
        )
        .order_by(col(MemberInvitation.created_at).desc(), col(MemberInvitation.id))
    ).all()


def member_invitation(*, session: Session, organization_id: str, invitation_id: str) -> MemberInvitation | None:
    """One invitation of the organization."""
    return session.exec(
        select(MemberInvitation).where(MemberInvitation.organization_id == organization_id, MemberInvitation.id == invitation_id)
    ).one_or_none()


def member_invitation_by_token(*, session: Session, token_sha256: str) -> MemberInvitation | None:
    """The invitation with this token: asked across organizations, because whoever is invited is in none yet."""
    with revealing(session, "tokens", token_sha256):
        return session.exec(select(MemberInvitation).where(MemberInvitation.token_sha256 == token_sha256)).one_or_none()


def use(*, session: Session, organization_id: str, invitation_id: str, at: datetime) -> bool:
    """Use the invitation up; False when somebody was faster, it was taken back, or it is over."""
    changed = session.exec(
        update(MemberInvitation)
        .where(
            col(MemberInvitation.organization_id) == organization_id,
            col(MemberInvitation.id) == invitation_id,
            col(MemberInvitation.used_at).is_(None),
            col(MemberInvitation.revoked_at).is_(None),
            col(MemberInvitation.expires_at) > at,
        )
        .values(used_at=at, email=None)
    )
    return bool(changed.rowcount)
