"""The survey's rounds, links, drafts and answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"

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
)


def upgrade() -> None:
    """The survey's rounds, links, drafts and answers."""
    with op.batch_alter_table("action") as action:
        action.drop_constraint(op.f("ck_action_what"), type_="check")
        action.create_check_constraint(op.f("ck_action_what"), f"what IN ({', '.join(repr(one) for one in ACTIONS)})")
    op.create_table(
        "survey_round",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("questionnaire", sa.String(length=32), nullable=False),
        sa.Column("dimensions", sa.Text(), nullable=False),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("in_room", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("invited_sales", sa.Integer(), nullable=True),
        sa.Column("invited_marketing", sa.Integer(), nullable=True),
        sa.Column("seal", sa.String(length=64), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'open', 'closed')", name=op.f("ck_survey_round_state")),
        sa.CheckConstraint("way IN ('shared', 'personal')", name=op.f("ck_survey_round_way")),
        sa.CheckConstraint("minimum >= 5", name=op.f("ck_survey_round_minimum")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_survey_round_member_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["team.organization_id", "team.id"],
            name=op.f("fk_survey_round_organization_id_team_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_round")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_survey_round_organization_id_id")),
    )
    op.create_index("ix_survey_round_organization_id_team_id", "survey_round", ["organization_id", "team_id"], unique=False)
    op.create_table(
        "survey_comment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("dimension", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.CheckConstraint("side IN ('sales', 'marketing')", name=op.f("ck_survey_comment_side")),
        sa.ForeignKeyConstraint(
            ["organization_id", "round_id"],
            ["survey_round.organization_id", "survey_round.id"],
            name=op.f("fk_survey_comment_organization_id_round_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_comment")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_survey_comment_organization_id_round_id", "survey_comment", ["organization_id", "round_id"], unique=False)
    op.create_table(
        "survey_contact",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.CheckConstraint("side IN ('sales', 'marketing')", name=op.f("ck_survey_contact_side")),
        sa.ForeignKeyConstraint(
            ["organization_id", "round_id"],
            ["survey_round.organization_id", "survey_round.id"],
            name=op.f("fk_survey_contact_organization_id_round_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_contact")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_survey_contact_organization_id_round_id", "survey_contact", ["organization_id", "round_id"], unique=False)
    op.create_table(
        "survey_draft",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "round_id"],
            ["survey_round.organization_id", "survey_round.id"],
            name=op.f("fk_survey_draft_organization_id_round_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_survey_draft")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_survey_draft_organization_id_round_id", "survey_draft", ["organization_id", "round_id"], unique=False)
    op.create_table(
        "survey_invitation",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('shared', 'personal', 'resumed')", name=op.f("ck_survey_invitation_kind")),
        sa.CheckConstraint("side IN ('sales', 'marketing')", name=op.f("ck_survey_invitation_side")),
        sa.ForeignKeyConstraint(
            ["organization_id", "round_id"],
            ["survey_round.organization_id", "survey_round.id"],
            name=op.f("fk_survey_invitation_organization_id_round_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_survey_invitation")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_survey_invitation_organization_id_round_id", "survey_invitation", ["organization_id", "round_id"], unique=False)
    op.create_table(
        "survey_key",
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "round_id"],
            ["survey_round.organization_id", "survey_round.id"],
            name=op.f("fk_survey_key_organization_id_round_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_survey_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "survey_response",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("guesses", sa.Text(), nullable=False),
        sa.CheckConstraint("side IN ('sales', 'marketing')", name=op.f("ck_survey_response_side")),
        sa.ForeignKeyConstraint(
            ["organization_id", "round_id"],
            ["survey_round.organization_id", "survey_round.id"],
            name=op.f("fk_survey_response_organization_id_round_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_response")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_survey_response_organization_id_round_id", "survey_response", ["organization_id", "round_id"], unique=False)
