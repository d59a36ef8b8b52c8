"""How long an organization keeps what is not in use any more, and the deleting of what is older.

What is loaded, what rounds have published, planned steps and settings stay until somebody deletes them. Files that became no import,
imports that were replaced or taken back, reports, the record of who did what, and people who have left go when their time is over.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session

from app.clock import now
from app.errors import AppError, NotFound
from app.services.actor import Actor, require
from app.services.deletion import forget_copies, let_go
from app.storage.engine import reading, transaction
from app.storage.queries import blobs, organizations
from app.storage.queries import retention as old

CHOICES = (None, 90, 180, 365, 730, 1_825)
"""Days to choose from; None keeps everything."""
SHORTEST, LONGEST = 30, 3_650


def words(days: int | None) -> str:
    """How long that is."""
    if days is None:
        return "until somebody deletes them"
    years, rest = divmod(days, 365)
    if rest == 0:
        return f"{years} year{'s' * (years > 1)}"
    return f"{days} days"


def read_retention(actor: Actor, *, engine: Engine) -> int | None:
    """After how many days the organization deletes what is not in use; None when never."""
    with reading(engine, organization_id=actor.organization_id) as session:
        row = organizations.organization(session=session, organization_id=actor.organization_id)
        if row is None:
            raise NotFound("This organization does not exist any more.")
        return row.retention_days


def set_retention(actor: Actor, *, engine: Engine, days: int | None) -> None:
    """Set it; owners only. The clock of the server acts on it within an hour.

    Raises
    ------
    AppError
        When it is shorter than 30 days or longer than ten years.
    """
    require(actor, "owner")
    if days is not None and not SHORTEST <= days <= LONGEST:
        raise AppError(f"Things are kept from {SHORTEST} to {LONGEST:,} days.", "Choose a number in between, or keep everything.")
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = organizations.lock_organization(session=session, organization_id=actor.organization_id)
        if row is None:
            raise NotFound("This organization does not exist any more.")
        if row.retention_days != days:
            row.retention_days = days
            session.add(row)
            organizations.record(
                session=session,
                organization_id=actor.organization_id,
                member_id=actor.member_id,
                what="retention_changed",
                subject=words(days),
            )


def delete_old(engine: Engine, *, cache_dir: Path) -> int:
    """Delete what every organization has kept long enough; returns how many things went. Run by the clock of the server.

    Several servers may do it at once: each organization is done by one of them, and the others find nothing.
    """
    with reading(engine, organization_id=None) as session:
        due = organizations.with_retention(session=session)
    number = 0
    for organization_id in due:
        with transaction(engine, organization_id=organization_id) as session:
            row = organizations.lock_organization(session=session, organization_id=organization_id)
            if row is None or row.retention_days is None:
                continue
            gone, hashes = _delete_before(session, organization_id, now() - timedelta(days=row.retention_days))
            if gone:
                organizations.record(
                    session=session,
                    organization_id=organization_id,
                    member_id=None,
                    what="cleared",
                    subject="1 thing" if gone == 1 else f"{gone:,} things",
                )
        if hashes:
            forget_copies(cache_dir, hashes)
        number += gone
    return number


def _delete_before(session: Session, organization_id: str, before: datetime) -> tuple[int, tuple[str, ...]]:
    rows = old.old_datasets(session=session, organization_id=organization_id, before=before)
    gone, hashes = len(rows), let_go(session, organization_id, rows)
    for remove in (old.remove_old_uploads, old.remove_old_reports, old.remove_old_records):
        gone += remove(session=session, organization_id=organization_id, before=before)
    if gone:
        session.expire_all()
        blobs.clear_unused(session=session, organization_id=organization_id)
    return gone, hashes
