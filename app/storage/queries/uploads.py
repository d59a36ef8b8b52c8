"""Files that are being imported."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete
from sqlmodel import Session, col, select

from app.storage.tables import Upload


def upload(*, session: Session, organization_id: str, upload_id: str) -> Upload | None:
    """One upload of the organization."""
    return session.exec(select(Upload).where(Upload.organization_id == organization_id, Upload.id == upload_id)).one_or_none()


def pending(*, session: Session, organization_id: str, team_id: str) -> Sequence[Upload]:
    """The uploads of a team that are neither committed nor discarded, newest first."""
    return session.exec(
        select(Upload)
        .where(Upload.organization_id == organization_id, Upload.team_id == team_id, Upload.state == "pending")
        .order_by(col(Upload.created_at).desc(), col(Upload.id))
    ).all()


def pending_of_file(*, session: Session, organization_id: str, team_id: str, sha256: str) -> Upload | None:
    """The pending upload of exactly these bytes."""
    return session.exec(
        select(Upload).where(
            Upload.organization_id == organization_id, Upload.team_id == team_id, Upload.sha256 == sha256, Upload.state == "pending"
        )
    ).one_or_none()


def add_upload(
    *,
    session: Session,
    organization_id: str,
    team_id: str,
    member_id: str | None,
    file_name: str,
    sha256: str,
    size: int,
    answers: str,
) -> Upload:
    """Add a pending upload whose bytes are already in the blobs."""
    row = Upload(
        organization_id=organization_id,
        team_id=team_id,
        member_id=member_id,
        file_name=file_name,
        sha256=sha256,
        size=size,
        content_sha256=sha256,
        answers=answers,
    )
    session.add(row)
    session.flush()
    return row


def remove(*, session: Session, organization_id: str, upload_id: str) -> None:
    """Remove an upload with the dataset it became and its job; the database does both in one statement."""
    session.exec(delete(Upload).where(col(Upload.organization_id) == organization_id, col(Upload.id) == upload_id))
