"""Sign-ins, invitations of members, removed members, the team a member has chosen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"

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
    "organization_renamed",
    "team_removed",
    "member_invited",
    "invitation_revoked",
    "member_joined",
    "member_removed",
    "role_changed",
    "signed_out_everywhere",
)


def upgrade() -> None:
    """Sign-ins, invitations of members, removed members, the team a member has chosen."""
    with op.batch_alter_table("action") as action:
        action.drop_constraint(op.f("ck_action_what"), type_="check")
        action.create_check_constraint(op.f("ck_action_what"), f"what IN ({', '.join(repr(one) for one in ACTIONS)})")
    op.add_column("member", sa.Column("team_id", sa.String(length=32), nullable=True))
    op.add_column("member", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "member_invitation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'manager', 'viewer')", name=op.f("ck_member_invitation_role")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_member_invitation_member_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_member_invitation_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_invitation")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_member_invitation_token_sha256")),
    )
    op.create_index("ix_member_invitation_organization_id", "member_invitation", ["organization_id"], unique=False)
    op.create_table(
        "sign_in",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("login_sha256", sa.String(length=64), nullable=False),
        sa.Column("iss", sa.String(length=500), nullable=False),
        sa.Column("sub", sa.String(length=255), nullable=False),
        sa.Column("chosen_id", sa.String(length=32), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("everywhere", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["chosen_id"], ["organization.id"], name=op.f("fk_sign_in_chosen_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("login_sha256", name=op.f("uq_sign_in_login_sha256")),
    )
    op.create_index("ix_sign_in_iss_sub", "sign_in", ["iss", "sub"], unique=False)
    op.create_index("ix_sign_in_started_at", "sign_in", ["started_at"], unique=False)
