"""Reports as they were made, and the addresses at which they can be read."""

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from app.clock import now
from app.storage.tables.base import Base, blob_key, new_id, team_key

ReportState = Literal["running", "done", "failed"]


class KeptReport(Base, table=True):
    """A report of a team, frozen: what was asked, what it rests on, its numbers and its bytes.

    `request` and `choice` are the JSON of what was asked. `data_sha256` is the hash of everything that was loaded, `edition` the
    benchmarks' and `code` the program's. `numbers` is the scorecard as JSON, for laying two reports side by side. `step` says how far the
    making is, `holder` who does it and `beat_at` its last sign of life; `error` is the sentence shown when it failed.
    """

    __tablename__ = "kept_report"
    __table_args__ = (
        team_key(),
        blob_key("pdf_sha256"),
        UniqueConstraint("organization_id", "id"),
        Index("ix_kept_report_organization_id_team_id", "organization_id", "team_id"),
        CheckConstraint("state IN ('running', 'done', 'failed')", name="state"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    team_id: str = Field(max_length=32)
    member_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", max_length=32)
    title: str = Field(max_length=200)
    request: str = Field(sa_type=Text)
    choice: str = Field(sa_type=Text)
    data_sha256: str = Field(max_length=64)
    edition: str = Field(max_length=40)
    code: str = Field(max_length=64)
    state: ReportState = Field(default="running", sa_type=Text)
    step: str = Field(default="waiting", max_length=20)
    holder: str = Field(max_length=200)
    beat_at: datetime = Field(default_factory=now)
    error: str | None = Field(default=None, sa_type=Text)
    numbers: str | None = Field(default=None, sa_type=Text)
    pdf_sha256: str | None = Field(default=None, max_length=64)
    created_at: datetime = Field(default_factory=now)
    finished_at: datetime | None = None


class ReportLink(Base, table=True):
    """A read-only address of one report. Only the hash of its token is kept."""

    __tablename__ = "report_link"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "report_id"], ["kept_report.organization_id", "kept_report.id"], ondelete="CASCADE"),
        Index("ix_report_link_organization_id_report_id", "organization_id", "report_id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    report_id: str = Field(max_length=32)
    member_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", max_length=32)
    token_sha256: str = Field(unique=True, max_length=64)
    expires_at: datetime
    revoked_at: datetime | None = None
    created_at: datetime = Field(default_factory=now)
