"""The long work on uploads: who does it, how far it is, whether it is still alive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from app.storage.engine import revealing
from app.storage.tables import ImportJob, JobState


def of_upload(*, session: Session, organization_id: str, upload_id: str) -> ImportJob | None:
    """The latest job of an upload."""
    return session.exec(
        select(ImportJob).where(ImportJob.organization_id == organization_id, ImportJob.upload_id == upload_id)
    ).one_or_none()


def running_of(*, session: Session, organization_id: str) -> Sequence[ImportJob]:
    """The jobs of an organization that say they run."""
    return session.exec(select(ImportJob).where(ImportJob.organization_id == organization_id, ImportJob.state == "running")).all()


def running(*, session: Session) -> Sequence[ImportJob]:
    """Every job that says it runs, oldest first: asked once when a process starts, to take up what another left behind."""
    with revealing(session, "clock", "running jobs"):
        return session.exec(
            select(ImportJob).where(ImportJob.state == "running").order_by(col(ImportJob.created_at), col(ImportJob.id))
        ).all()


def give_back(*, session: Session, organization_id: str, holder: str) -> None:
    """Let everybody know that this holder does its running jobs no more."""
    session.exec(
        update(ImportJob)
        .where(
            col(ImportJob.organization_id) == organization_id,
            col(ImportJob.holder) == holder,
            col(ImportJob.state) == "running",
        )
        .values(holder="")
    )


def end(*, session: Session, organization_id: str, upload_id: str, state: JobState) -> None:
    """End the running job of an upload in the transaction that leaves it nothing to do, however its process ends."""
    session.exec(
        update(ImportJob)
        .where(
            col(ImportJob.organization_id) == organization_id,
            col(ImportJob.upload_id) == upload_id,
            col(ImportJob.state) == "running",
        )
        .values(state=state)
    )


def beat(
    *, session: Session, organization_id: str, job_id: str, holder: str, at: datetime, step: str, done: int, total: int, rows: int
) -> bool:
    """Write how far a job is; False when it is no longer this holder's to do."""
    changed = session.exec(
        update(ImportJob)
        .where(
            col(ImportJob.organization_id) == organization_id,
            col(ImportJob.id) == job_id,
            col(ImportJob.holder) == holder,
            col(ImportJob.state) == "running",
        )
        .values(beat_at=at, step=step, done=done, total=total, rows=rows)
    )
    return bool(changed.rowcount)
