"""Read-only links to a report: a random address, for some days, that can be taken back at any time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Engine

from app.clock import now
from app.errors import AppError, NotFound
from app.services.actor import Actor, require
from app.services.downloads import Download
from app.services.report.kept import file_name, pdf_of
from app.storage.engine import enter, reading, transaction
from app.storage.queries import organizations, reports
from app.storage.tables import ReportLink

TOKEN_BYTES = 24
"""192 random bits: nobody finds an address by trying."""
LONGEST_DAYS = 365
MOST_LINKS = 20


@dataclass(frozen=True)
class LinkView:
    """A link as it is listed. The address itself is shown once, when it is made; only its hash is kept."""

    id: str
    report_id: str
    expires_at: datetime
    created_at: datetime
    live: bool


def share(actor: Actor, *, engine: Engine, report_id: str, days: int = 30) -> tuple[LinkView, str]:
    """A new link to a finished report, and its token.

    Raises
    ------
    AppError
        When the report is not finished, or `days` is not between 1 and 365.
    """
    require(actor, "manager")
    if not 1 <= days <= LONGEST_DAYS:
        raise AppError(f"A link lives from 1 to {LONGEST_DAYS} days.", "Choose a number in between.")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction(engine, organization_id=actor.organization_id) as session:
        report = reports.report(session=session, organization_id=actor.organization_id, report_id=report_id)
        if report is None:
            raise NotFound("This report does not exist in your organization.", "Load the page again.")
        if report.state != "done":
            raise AppError("This report is not finished.", "Wait for it, or make it again.")
        known = reports.links(session=session, organization_id=actor.organization_id, report_id=report_id)
        if len([row for row in known if _live(row)]) >= MOST_LINKS:
            raise AppError(f"A report has at most {MOST_LINKS} links.", "Take one back first.")
        row = ReportLink(
            organization_id=actor.organization_id,
            report_id=report_id,
            member_id=actor.member_id,
            token_sha256=_hash(token),
            expires_at=now() + timedelta(days=days),
        )
        session.add(row)
        organizations.record(
            session=session,
            organization_id=actor.organization_id,
            member_id=actor.member_id,
            team_id=report.team_id,
            what="report_shared",
            subject=report_id,
        )
        return _view(row), token


def list_links(actor: Actor, *, engine: Engine, report_id: str) -> tuple[LinkView, ...]:
    """The links of a report, newest first."""
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        if reports.report(session=session, organization_id=actor.organization_id, report_id=report_id) is None:
            raise NotFound("This report does not exist in your organization.", "Load the page again.")
        return tuple(_view(row) for row in reports.links(session=session, organization_id=actor.organization_id, report_id=report_id))


def revoke(actor: Actor, *, engine: Engine, link_id: str) -> None:
    """Take a link back; from now on it answers as if it had never been. Doing it twice changes nothing."""
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = reports.link(session=session, organization_id=actor.organization_id, link_id=link_id)
        if row is None:
            raise NotFound("This link does not exist in your organization.", "Load the page again.")
        if row.revoked_at is None:
            row.revoked_at = now()
            session.add(row)
            organizations.record(
                session=session,
                organization_id=actor.organization_id,
                member_id=actor.member_id,
                what="report_link_revoked",
                subject=row.report_id,
            )


def shared_report(*, engine: Engine, token: str) -> Download | None:
    """What a reader with this token may see: one finished report and nothing else. None for an unknown, ended or revoked token alike."""
    with reading(engine, organization_id=None) as session:
        row = reports.link_by_token(session=session, token_sha256=_hash(token))
        if row is None or not _live(row):
            return None
        enter(session, organization_id=row.organization_id)
        report = reports.report(session=session, organization_id=row.organization_id, report_id=row.report_id)
        if report is None or report.state != "done":
            return None
        return Download(file_name(report), "application/pdf", pdf_of(session, report))


def _live(row: ReportLink) -> bool:
    return row.revoked_at is None and row.expires_at > now()


def _view(row: ReportLink) -> LinkView:
    return LinkView(row.id, row.report_id, row.expires_at, row.created_at, _live(row))


def _hash(token: str) -> str:
    return sha256(b"report link\0" + token.encode()).hexdigest()
