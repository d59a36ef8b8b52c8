"""Reports of a team and the links to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from app.storage.engine import revealing
from app.storage.tables import KeptReport, ReportLink


def report(*, session: Session, organization_id: str, report_id: str) -> KeptReport | None:
    """One report of the organization."""
    return session.exec(select(KeptReport).where(KeptReport.organization_id == organization_id, KeptReport.id == report_id)).one_or_none()


def reports(*, session: Session, organization_id: str, team_id: str) -> Sequence[KeptReport]:
    """The reports of a team, newest first."""
    return session.exec(
        select(KeptReport)
        .where(KeptReport.organization_id == organization_id, KeptReport.team_id == team_id)
        .order_by(col(KeptReport.created_at).desc(), col(KeptReport.id))
    ).all()


def running_of(*, session: Session, organization_id: str) -> Sequence[KeptReport]:
    """The reports of an organization, of whatever team, that say they are being made."""
    return session.exec(select(KeptReport).where(KeptReport.organization_id == organization_id, KeptReport.state == "running")).all()


def beat(*, session: Session, organization_id: str, report_id: str, holder: str, at: datetime, step: str) -> bool:
    """Write how far a report is; False when it is no longer this holder's to make."""
    changed = session.exec(
        update(KeptReport)
        .where(
            col(KeptReport.organization_id) == organization_id,
            col(KeptReport.id) == report_id,
            col(KeptReport.holder) == holder,
            col(KeptReport.state) == "running",
        )
        .values(beat_at=at, step=step)
    )
    return bool(changed.rowcount)


def give_back(*, session: Session, organization_id: str, report_id: str, holder: str) -> None:
    """Let everybody know that this holder does not go on with a running report."""
    session.exec(
        update(KeptReport)
        .where(
            col(KeptReport.organization_id) == organization_id,
            col(KeptReport.id) == report_id,
            col(KeptReport.holder) == holder,
            col(KeptReport.state) == "running",
        )
        .values(holder="")
    )


def links(*, session: Session, organization_id: str, report_id: str) -> Sequence[ReportLink]:
    """The links to a report, newest first."""
    return session.exec(
        select(ReportLink)
        .where(ReportLink.organization_id == organization_id, ReportLink.report_id == report_id)
        .order_by(col(ReportLink.created_at).desc(), col(ReportLink.id))
    ).all()


def link(*, session: Session, organization_id: str, link_id: str) -> ReportLink | None:
    """One link of the organization."""
    return session.exec(select(ReportLink).where(ReportLink.organization_id == organization_id, ReportLink.id == link_id)).one_or_none()


def link_by_token(*, session: Session, token_sha256: str) -> ReportLink | None:
    """The link with this token: asked across organizations, because the token is all its reader has."""
    with revealing(session, "tokens", token_sha256):
        return session.exec(select(ReportLink).where(ReportLink.token_sha256 == token_sha256)).one_or_none()
