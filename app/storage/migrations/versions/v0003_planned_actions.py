"""What a team takes up after a round."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"

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
)


def upgrade() -> None:
    """What a team takes up after a round."""
    with op.batch_alter_table("action") as action:
        action.drop_constraint(op.f("ck_action_what"), type_="check")
        action.create_check_constraint(op.f("ck_action_what"), f"what IN ({', '.join(repr(one) for one in ACTIONS)})")
    op.create_table(
        "planned_action",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("round_id", sa.String(length=32), nullable=True),
        sa.Column("member_id", sa.String(length=32), nullable=True),
        sa.Column("practice", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('open', 'done', 'dropped')", name=op.f("ck_planned_action_state")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_planned_action_member_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["round_id"], ["survey_round.id"], name=op.f("fk_planned_action_round_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["team.organization_id", "team.id"],
            name=op.f("fk_planned_action_organization_id_team_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_action")),
    )
    op.create_index("ix_planned_action_organization_id_team_id", "planned_action", ["organization_id", "team_id"], unique=False)
