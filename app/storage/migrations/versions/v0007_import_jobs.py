"""Import jobs, saved mappings, deletions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"


def upgrade() -> None:
    """Import jobs, saved mappings, deletions."""
    op.create_table(
        "deletion",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=True),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("imports", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("file_names", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_deletion_member_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["team.organization_id", "team.id"],
            name=op.f("fk_deletion_organization_id_team_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion")),
    )
    op.create_index("ix_deletion_organization_id_team_id", "deletion", ["organization_id", "team_id"], unique=False)
    op.create_table(
        "saved_mapping",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("shape", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=500), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["team.organization_id", "team.id"],
            name=op.f("fk_saved_mapping_organization_id_team_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_mapping")),
        sa.UniqueConstraint("team_id", "shape", name=op.f("uq_saved_mapping_team_id_shape")),
    )
    op.create_index("ix_saved_mapping_organization_id_team_id", "saved_mapping", ["organization_id", "team_id"], unique=False)
    op.create_table(
        "import_job",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("upload_id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column("answers_sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('read', 'commit')", name=op.f("ck_import_job_kind")),
        sa.CheckConstraint("mode IN ('replace', 'extend')", name=op.f("ck_import_job_mode")),
        sa.CheckConstraint("state IN ('running', 'done', 'failed', 'cancelled')", name=op.f("ck_import_job_state")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_import_job_member_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["team.organization_id", "team.id"],
            name=op.f("fk_import_job_organization_id_team_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["upload_id"], ["upload.id"], name=op.f("fk_import_job_upload_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_job")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_import_job_upload_id")),
    )
    op.create_index("ix_import_job_organization_id_team_id", "import_job", ["organization_id", "team_id"], unique=False)
    op.add_column("upload", sa.Column("comparison", sa.Text(), nullable=True))
    op.add_column("upload", sa.Column("compared_with", sa.String(length=32), nullable=True))
    op.add_column("upload", sa.Column("recalled", sa.Text(), nullable=True))
