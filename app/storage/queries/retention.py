"""What is not in use any more and older than an organization keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, select

from app.storage.tables import Action, Dataset, Deletion, KeptReport, Member, MemberInvitation, Upload


def old_datasets(*, session: Session, organization_id: str, before: datetime) -> Sequence[Dataset]:
    """The imports that were replaced or taken back, oldest first, where both they and what replaced them came before."""
    later = select(Dataset.replaces_id).where(
        Dataset.organization_id == organization_id, col(Dataset.replaces_id).is_not(None), col(Dataset.created_at) >= before
    )
    return session.exec(
        select(Dataset)
        .where(
            Dataset.organization_id == organization_id,
            Dataset.state != "active",
            Dataset.created_at < before,
            col(Dataset.id).not_in(later),
        )
        .order_by(col(Dataset.created_at), col(Dataset.id))
    ).all()


def remove_old_uploads(*, session: Session, organization_id: str, before: datetime) -> int:
    """Remove the files from before that became no import; returns how many."""
    imported = select(Dataset.upload_id).where(Dataset.organization_id == organization_id)
    removed = session.exec(
        delete(Upload).where(
            col(Upload.organization_id) == organization_id, col(Upload.created_at) < before, col(Upload.id).not_in(imported)
        )
    )
    return int(removed.rowcount)


def remove_old_reports(*, session: Session, organization_id: str, before: datetime) -> int:
    """Remove the reports from before, with their links; returns how many."""
    removed = session.exec(
        delete(KeptReport).where(
            col(KeptReport.organization_id) == organization_id, col(KeptReport.created_at) < before, col(KeptReport.state) != "running"
        )
    )
    return int(removed.rowcount)


def remove_old_records(*, session: Session, organization_id: str, before: datetime) -> int:
    """Remove what was written down before of who did what, of deletions, of invitations that are over, and of people who have left."""
    number = 0
    for statement in (
        delete(Action).where(col(Action.organization_id) == organization_id, col(Action.at) < before),
        delete(Deletion).where(col(Deletion.organization_id) == organization_id, col(Deletion.at) < before),
        delete(MemberInvitation).where(col(MemberInvitation.organization_id) == organization_id, col(MemberInvitation.expires_at) < before),
        delete(Member).where(col(Member.organization_id) == organization_id, col(Member.removed_at) < before),
    ):
        number += int(session.exec(statement).rowcount)
    return number
