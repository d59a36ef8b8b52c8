"""The instant before which a member's sign-ins do not lead to the organization."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"


def upgrade() -> None:
    """The instant before which a member's sign-ins do not lead to the organization; none until an owner sets it."""
    op.add_column("member", sa.Column("not_before", sa.DateTime(timezone=True), nullable=True))
