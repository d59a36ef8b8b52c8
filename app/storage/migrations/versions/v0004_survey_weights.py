"""How much each dimension of the survey counts for a team."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """How much each dimension of the survey counts for a team; nothing said means that all count the same."""
    op.add_column("team", sa.Column("survey_weights", sa.Text(), nullable=True))
