"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """First tables."""
    op.create_table(
        "organization",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("shows_example", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
        sa.UniqueConstraint("key", name=op.f("uq_organization_key")),
    )
    op.create_table(
        "blob",
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_blob_organization_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("organization_id", "sha256", name=op.f("pk_blob")),
    )
    op.create_table(
        "member",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("iss", sa.String(length=500), nullable=False),
        sa.Column("sub", sa.String(length=255), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'manager', 'viewer')", name=op.f("ck_member_role")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_member_organization_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("organization_id", "iss", "sub", name=op.f("uq_member_organization_id_iss_sub")),
    )
    op.create_index("ix_member_iss_sub", "member", ["iss", "sub"], unique=False)

    op.create_table(
        "team",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("programme_start", sa.Date(), nullable=True),
        sa.Column("win_rate_definition", sa.Text(), nullable=False),
        sa.Column("is_example", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_team_organization_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("organization_id", "id", name=op.f("uq_team_organization_id_id")),
        sa.UniqueConstraint("organization_id", "name", name=op.f("uq_team_organization_id_name")),
    )
    op.create_index(
        "ix_team_one_example",
        "team",
        ["organization_id"],
        unique=True,
        sqlite_where=sa.text("is_example"),
        postgresql_where=sa.text("is_example"),
    )

    op.create_table(
        "action",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=True),
        sa.Column("member_id", sa.String(length=32), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "what IN ('imported', 'undone', 'team_created', 'team_changed', 'example_left', 'claim_added', 'claim_removed')",
            name=op.f("ck_action_what"),
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_action_member_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_action_organization_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_action_team_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
    )
    op.create_index("ix_action_organization_id_at", "action", ["organization_id", "at"], unique=False)

    op.create_table(
        "own_claim",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_own_claim_member_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["team.organization_id", "team.id"],
            name=op.f("fk_own_claim_organization_id_team_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_claim")),
    )
    op.create_index("ix_own_claim_organization_id_team_id", "own_claim", ["organization_id", "team_id"], unique=False)

    op.create_table(
        "upload",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=True),
        sa.Column("file_name", sa.String(length=500), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=True),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("inspection", sa.Text(), nullable=True),
        sa.Column("inspected_for", sa.String(length=64), nullable=True),
        sa.Column("prepared", sa.Text(), nullable=True),
        sa.Column("prepared_for", sa.String(length=64), nullable=True),
        sa.Column("prepared_parquet_sha256", sa.String(length=64), nullable=True),
        sa.Column("prepared_rejected_sha256", sa.String(length=64), nullable=True),
        sa.Column("same_as_id", sa.String(length=32), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('pending', 'committed', 'discarded')", name=op.f("ck_upload_state")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_upload_member_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["organization_id", "content_sha256"],
            ["blob.organization_id", "blob.sha256"],
            name=op.f("fk_upload_organization_id_content_sha256"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "prepared_parquet_sha256"],
            ["blob.organization_id", "blob.sha256"],
            name=op.f("fk_upload_organization_id_prepared_parquet_sha256"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "prepared_rejected_sha256"],
            ["blob.organization_id", "blob.sha256"],
            name=op.f("fk_upload_organization_id_prepared_rejected_sha256"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["team.organization_id", "team.id"],
            name=op.f("fk_upload_organization_id_team_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index(
        "ix_upload_one_pending",
        "upload",
        ["team_id", "sha256"],
        unique=True,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("ix_upload_organization_id_team_id", "upload", ["organization_id", "team_id"], unique=False)

    op.create_table(
        "dataset",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("upload_id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=True),
        sa.Column("replaces_id", sa.String(length=32), nullable=True),
        sa.Column("file_name", sa.String(length=500), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("answers_sha256", sa.String(length=64), nullable=False),
        sa.Column("parquet_sha256", sa.String(length=64), nullable=False),
        sa.Column("rejected_sha256", sa.String(length=64), nullable=False),
        sa.Column("info", sa.Text(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("mode IN ('replace', 'extend')", name=op.f("ck_dataset_mode")),
        sa.CheckConstraint("state IN ('active', 'replaced', 'undone')", name=op.f("ck_dataset_state")),
        sa.CheckConstraint(
            "table_name IN ('deal', 'lead', 'customer', 'revenue_line', 'traffic', 'call')", name=op.f("ck_dataset_table_name")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_dataset_member_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["organization_id", "parquet_sha256"],
            ["blob.organization_id", "blob.sha256"],
            name=op.f("fk_dataset_organization_id_parquet_sha256"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "rejected_sha256"],
            ["blob.organization_id", "blob.sha256"],
            name=op.f("fk_dataset_organization_id_rejected_sha256"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["team.organization_id", "team.id"],
            name=op.f("fk_dataset_organization_id_team_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["replaces_id"], ["dataset.id"], name=op.f("fk_dataset_replaces_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["upload_id"], ["upload.id"], name=op.f("fk_dataset_upload_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset")),
        sa.UniqueConstraint("team_id", "table_name", "sequence", name=op.f("uq_dataset_team_id_table_name_sequence")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_dataset_upload_id")),
    )
    op.create_index(
        "ix_dataset_one_active",
        "dataset",
        ["team_id", "table_name"],
        unique=True,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index("ix_dataset_organization_id_team_id", "dataset", ["organization_id", "team_id"], unique=False)
