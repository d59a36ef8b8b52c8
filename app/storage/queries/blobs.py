"""Bytes by their hash, one store per organization. Large texts are kept compressed; `size` is of the bytes themselves."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from app.later import Later
from app.storage.tables import Blob, Dataset, KeptReport, Upload

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = Later("pyarrow")

CODEC = "lz4"
_WORTH_IT = 1024**2
"""Bytes from which on a text is compressed: a quarter of the pages to write, and to free when an import is over."""
_SAMPLE = 64 * 1024
_WELL = 0.7


def put(*, session: Session, organization_id: str, content: bytes, sha256: str | None = None) -> str:
    """Keep the bytes and return their SHA-256 (given when it is known); the same bytes are kept once."""
    sha256 = sha256 or hashlib.sha256(content).hexdigest()
    known = session.exec(select(Blob.sha256).where(Blob.organization_id == organization_id, Blob.sha256 == sha256)).one_or_none()
    if known is None:
        session.add(Blob(organization_id=organization_id, sha256=sha256, size=len(content), content=_packed(content)))
        session.flush()
    return sha256


def content(*, session: Session, organization_id: str, sha256: str) -> bytes | None:
    """The bytes of that hash that this organization has."""
    found = as_stored(session=session, organization_id=organization_id, sha256=sha256)
    if found is None:
        return None
    size, stored = found
    return stored if len(stored) == size else bytes(pa.decompress(stored, size, codec=CODEC, asbytes=True))


def as_stored(*, session: Session, organization_id: str, sha256: str) -> tuple[int, bytes] | None:
    """How many bytes those of that hash are, and how they are stored: themselves, or compressed with `CODEC` when that is fewer."""
    wanted = select(Blob.size, Blob.content).where(Blob.organization_id == organization_id, Blob.sha256 == sha256)
    found = session.exec(wanted).one_or_none()
    return None if found is None else (found[0], found[1])


def _packed(content: bytes) -> bytes:
    """The bytes, shorter where that is worth it; what is packed already (a workbook, Parquet, a PDF) stays as it is."""
    if len(content) < _WORTH_IT or len(pa.compress(content[:_SAMPLE], codec=CODEC, asbytes=True)) > _WELL * _SAMPLE:
        return content
    packed = bytes(pa.compress(content, codec=CODEC, asbytes=True))
    return packed if len(packed) < len(content) else content


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
