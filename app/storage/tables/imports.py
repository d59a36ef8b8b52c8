"""What a team brought: files, how they were read, the data of them that count, and benchmarks of its own."""

from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field

from app.clock import now
from app.storage.tables.base import Base, blob_key, new_id, team_key

UploadState = Literal["pending", "committed", "discarded"]
DatasetState = Literal["active", "replaced", "undone"]
ImportMode = Literal["replace", "extend"]
JobKind = Literal["read", "commit"]
JobState = Literal["running", "done", "failed", "cancelled"]


class Blob(Base, table=True):
    """Bytes by their hash: uploaded files, Parquet, rejected rows. One row per organization, so tenants share nothing.

    `size` and `sha256` are of the bytes themselves; `content` may be shorter, see `app.storage.queries.blobs`.
    """

    __tablename__ = "blob"

    organization_id: str = Field(foreign_key="organization.id", ondelete="CASCADE", primary_key=True, max_length=32)
    sha256: str = Field(primary_key=True, max_length=64)
    size: int
    content: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(default_factory=now)


class Upload(Base, table=True):
    """A file that is being imported: its bytes, the answers given so far, what was found and what was read.

    `inspected_for` and `prepared_for` are the hash of the answers that `inspection` and `prepared` belong to; they are
    stale when it is not the hash of `answers`. The bytes are let go when the upload is committed or discarded. `same_as_id` is
    the dataset that already held these rows when the commit changed nothing. `comparison` says what either mode would do to the
    dataset `compared_with` ("" when nothing was loaded). `recalled` says which saved mapping the answers were taken from.
    """

    __tablename__ = "upload"
    __table_args__ = (
        team_key(),
        blob_key("content_sha256"),
        blob_key("prepared_parquet_sha256"),
        blob_key("prepared_rejected_sha256"),
        Index(
            "ix_upload_one_pending",
            "team_id",
            "sha256",
            unique=True,
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_upload_organization_id_team_id", "organization_id", "team_id"),
        CheckConstraint("state IN ('pending', 'committed', 'discarded')", name="state"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    team_id: str = Field(max_length=32)
    member_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", max_length=32)
    file_name: str = Field(max_length=500)
    sha256: str = Field(max_length=64)
    size: int
    content_sha256: str | None = Field(default=None, max_length=64)
    answers: str = Field(sa_type=Text)
    inspection: str | None = Field(default=None, sa_type=Text)
    inspected_for: str | None = Field(default=None, max_length=64)
    prepared: str | None = Field(default=None, sa_type=Text)
    prepared_for: str | None = Field(default=None, max_length=64)
    prepared_parquet_sha256: str | None = Field(default=None, max_length=64)
    prepared_rejected_sha256: str | None = Field(default=None, max_length=64)
    comparison: str | None = Field(default=None, sa_type=Text)
    compared_with: str | None = Field(default=None, max_length=32)
    recalled: str | None = Field(default=None, sa_type=Text)
    same_as_id: str | None = Field(default=None, max_length=32)
    state: UploadState = Field(default="pending", sa_type=Text)
    created_at: datetime = Field(default_factory=now)


class ImportJob(Base, table=True):
    """The long work on one upload: reading it under its present answers, or committing it.

    `holder` is the process that does it and `beat_at` its last sign of life; a running job without one for a while belongs to whoever
    takes it. `answers_sha256` are the answers it was begun for. `error` is the JSON of what went wrong.
    """

    __tablename__ = "import_job"
    __table_args__ = (
        team_key(),
        UniqueConstraint("upload_id"),
        Index("ix_import_job_organization_id_team_id", "organization_id", "team_id"),
        CheckConstraint("kind IN ('read', 'commit')", name="kind"),
        CheckConstraint("state IN ('running', 'done', 'failed', 'cancelled')", name="state"),
        CheckConstraint("mode IN ('replace', 'extend')", name="mode"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    team_id: str = Field(max_length=32)
    upload_id: str = Field(foreign_key="upload.id", ondelete="CASCADE", max_length=32)
    member_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", max_length=32)
    kind: JobKind = Field(sa_type=Text)
    mode: ImportMode | None = Field(default=None, sa_type=Text)
    answers_sha256: str = Field(max_length=64)
    state: JobState = Field(default="running", sa_type=Text)
    step: str = Field(default="waiting", max_length=20)
    done: int = Field(default=0, sa_type=BigInteger)
    total: int = Field(default=0, sa_type=BigInteger)
    rows: int = Field(default=0, sa_type=BigInteger)
    error: str | None = Field(default=None, sa_type=Text)
    holder: str = Field(max_length=200)
    beat_at: datetime = Field(default_factory=now)
    attempts: int = 1
    created_at: datetime = Field(default_factory=now)


class SavedMapping(Base, table=True):
    """How a team's export of one shape was read last time, so that the next of the same shape needs no answers.

    `shape` is the hash of the headings. `mapping` is the JSON of what was decided and what the file settled by itself.
    """

    __tablename__ = "saved_mapping"
    __table_args__ = (
        team_key(),
        UniqueConstraint("team_id", "shape"),
        Index("ix_saved_mapping_organization_id_team_id", "organization_id", "team_id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    team_id: str = Field(max_length=32)
    table_name: str = Field(sa_type=Text)
    shape: str = Field(max_length=64)
    file_name: str = Field(max_length=500)
    mapping: str = Field(sa_type=Text)
    used_at: datetime = Field(default_factory=now)


class Dataset(Base, table=True):
    """One imported table. The active one of a team and table is the snapshot that every figure is computed from.

    `replaces_id` is the dataset that was active before; undo makes it active again. `upload_id` is unique: a double
    click makes one dataset. `account` says how many rows were new, updated, unchanged, kept and left behind.
    """

    __tablename__ = "dataset"
    __table_args__ = (
        team_key(),
        blob_key("parquet_sha256"),
        blob_key("rejected_sha256"),
        UniqueConstraint("team_id", "table_name", "sequence"),
        UniqueConstraint("upload_id"),
        Index(
            "ix_dataset_one_active",
            "team_id",
            "table_name",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
        Index("ix_dataset_organization_id_team_id", "organization_id", "team_id"),
        CheckConstraint("table_name IN ('deal', 'lead', 'customer', 'revenue_line', 'traffic', 'call')", name="table_name"),
        CheckConstraint("state IN ('active', 'replaced', 'undone')", name="state"),
        CheckConstraint("mode IN ('replace', 'extend')", name="mode"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    team_id: str = Field(max_length=32)
    table_name: str = Field(sa_type=Text)
    sequence: int
    state: DatasetState = Field(default="active", sa_type=Text)
    mode: ImportMode = Field(sa_type=Text)
    upload_id: str = Field(foreign_key="upload.id", ondelete="CASCADE", max_length=32)
    member_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", max_length=32)
    replaces_id: str | None = Field(default=None, foreign_key="dataset.id", ondelete="CASCADE", max_length=32)
    file_name: str = Field(max_length=500)
    file_sha256: str = Field(max_length=64)
    answers_sha256: str = Field(max_length=64)
    parquet_sha256: str = Field(max_length=64)
    rejected_sha256: str = Field(max_length=64)
    info: str = Field(sa_type=Text)
    receipt: str = Field(sa_type=Text)
    account: str = Field(sa_type=Text)
    created_at: datetime = Field(default_factory=now)


class Deletion(Base, table=True):
    """The record that imported data were deleted, when all else of them is gone: what it was, how much, and who did it."""

    __tablename__ = "deletion"
    __table_args__ = (team_key(), Index("ix_deletion_organization_id_team_id", "organization_id", "team_id"))

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    team_id: str = Field(max_length=32)
    member_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", max_length=32)
    table_name: str = Field(sa_type=Text)
    imports: int
    rows: int = Field(sa_type=BigInteger)
    bytes: int = Field(sa_type=BigInteger)
    file_names: str = Field(sa_type=Text)
    at: datetime = Field(default_factory=now)


class OwnClaim(Base, table=True):
    """A benchmark that the team brought itself; `fields` is the JSON of what was typed in."""

    __tablename__ = "own_claim"
    __table_args__ = (team_key(), Index("ix_own_claim_organization_id_team_id", "organization_id", "team_id"))

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    team_id: str = Field(max_length=32)
    member_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", max_length=32)
    fields: str = Field(sa_type=Text)
    created_at: datetime = Field(default_factory=now)
