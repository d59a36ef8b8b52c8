"""Kept reports and the links to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"

ACTIONS = (
    "imported",
    "undone",
    "team_created",
    "team_changed",
    "example_left",
    "claim_added",
    "claim_removed",
    "round_created",
    "round_opened",
    "round_closed",
    "round_removed",
    "action_planned",
    "action_changed",
    "report_made",
    "report_shared",
    "report_link_revoked",
    "report_removed",
)


def upgrade() -> None:
    """Kept reports and the links to them."""
    with op.batch_alter_table("action") as action:
        action.drop_constraint(op.f("ck_action_what"), type_="check")
        action.create_check_constraint(op.f("ck_action_what"), f"what IN ({', '.join(repr(one) for one in ACTIONS)})")
    op.create_table(
        "kept_report",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("data_sha256", sa.String(length=64), nullable=False),
        sa.Column("edition", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("numbers", sa.Text(), nullable=True),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('running', 'done', 'failed')", name=op.f("ck_kept_report_state")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_kept_report_member_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["organization_id", "pdf_sha256"],
            ["blob.organization_id", "blob.sha256"],
            name=op.f("fk_kept_report_organization_id_pdf_sha256"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["team.organization_id", "team.id"],
            name=op.f("fk_kept_report_organization_id_team_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_report")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_kept_report_organization_id_id")),
    )
    op.create_index("ix_kept_report_organization_id_team_id", "kept_report", ["organization_id", "team_id"], unique=False)
    op.create_table(
        "report_link",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("report_id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=True),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_report_link_member_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["organization_id", "report_id"],
            ["kept_report.organization_id", "kept_report.id"],
            name=op.f("fk_report_link_organization_id_report_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_link")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_report_link_token_sha256")),
    )
    op.create_index("ix_report_link_organization_id_report_id", "report_link", ["organization_id", "report_id"], unique=False)
