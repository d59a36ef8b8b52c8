"""How long an organization keeps what is not in use any more; downloads and deletions in the record of who did what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"

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
    "exported",
    "data_deleted",
    "retention_changed",
    "cleared",
)


def upgrade() -> None:
    """How long an organization keeps what is not in use any more; downloads and deletions in the record of who did what."""
    with op.batch_alter_table("action") as action:
        action.drop_constraint(op.f("ck_action_what"), type_="check")
        action.create_check_constraint(op.f("ck_action_what"), f"what IN ({', '.join(repr(one) for one in ACTIONS)})")
    # Not as a batch: SQLite would make the table anew, and what hangs on the old one would go with it.
    op.add_column("organization", sa.Column("retention_days", sa.Integer(), nullable=True))
