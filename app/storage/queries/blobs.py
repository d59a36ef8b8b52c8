"""Bytes by their hash, one store per organization."""

from __future__ import annotations

import hashlib

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from app.storage.tables import Blob, Dataset, KeptReport, Upload


def put(*, session: Session, organization_id: str, content: bytes) -> str:
    """Keep the bytes and return their SHA-256; the same bytes are kept once."""
    sha256 = hashlib.sha256(content).hexdigest()
    known = session.exec(select(Blob.sha256).where(Blob.organization_id == organization_id, Blob.sha256 == sha256)).one_or_none()
    if known is None:
        session.add(Blob(organization_id=organization_id, sha256=sha256, size=len(content), content=content))
        session.flush()
    return sha256


def content(*, session: Session, organization_id: str, sha256: str) -> bytes | None:
    """The bytes of that hash that this organization has."""
    return session.exec(select(Blob.content).where(Blob.organization_id == organization_id, Blob.sha256 == sha256)).one_or_none()


def total_size(*, session: Session, organization_id: str) -> int:
    """The bytes of all blobs of the organization."""
    return int(session.exec(select(func.coalesce(func.sum(Blob.size), 0)).where(Blob.organization_id == organization_id)).one())


def clear_unused(*, session: Session, organization_id: str) -> int:
    """Remove the bytes that no dataset, no report and no pending upload speaks of; returns how many were removed.

    The caller holds the organization (`lock_organization`), so that no import is about to speak of them.
    """
    session.flush()
    speaking = (
        select(Upload.content_sha256).where(Upload.organization_id == organization_id, col(Upload.content_sha256).is_not(None)),
        select(Upload.prepared_parquet_sha256).where(
            Upload.organization_id == organization_id, col(Upload.prepared_parquet_sha256).is_not(None)
        ),
        select(Upload.prepared_rejected_sha256).where(
            Upload.organization_id == organization_id, col(Upload.prepared_rejected_sha256).is_not(None)
        ),
        select(Dataset.parquet_sha256).where(Dataset.organization_id == organization_id),
        select(Dataset.rejected_sha256).where(Dataset.organization_id == organization_id),
        select(KeptReport.pdf_sha256).where(KeptReport.organization_id == organization_id, col(KeptReport.pdf_sha256).is_not(None)),
    )
    unused = (col(Blob.sha256).not_in(used) for used in speaking)
    removed = session.exec(delete(Blob).where(col(Blob.organization_id) == organization_id, *unused))
    return int(removed.rowcount)
