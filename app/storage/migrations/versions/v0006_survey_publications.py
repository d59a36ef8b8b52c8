"""What a closed round publishes, and who was asked, as marks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"


def upgrade() -> None:
    """What a closed round publishes, and who was asked, as marks."""
    with op.batch_alter_table("survey_round") as survey_round:
        survey_round.add_column(sa.Column("roll", sa.Text(), nullable=True))
    op.create_table(
        "survey_publication",
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "round_id"],
            ["survey_round.organization_id", "survey_round.id"],
            name=op.f("fk_survey_publication_organization_id_round_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["team.organization_id", "team.id"],
            name=op.f("fk_survey_publication_organization_id_team_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_survey_publication")),
        sa.UniqueConstraint("team_id", "sequence", name=op.f("uq_survey_publication_team_id_sequence")),
    )
