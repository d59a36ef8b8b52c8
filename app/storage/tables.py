"""All tables of the database, in one module, on a base with its own registry.

SQLModel's default registry breaks when Streamlit drops and re-imports local modules at a hot reload, so the base has its
own and all tables live here. There is no `from __future__ import annotations` because SQLModel reads annotations at run time.

Identifiers are random (`new_id`), closed choices are text with a check constraint, instants are aware and in UTC.
Values made elsewhere (answers, inspections, receipts) are kept as JSON text; the services turn them into objects.
"""

from datetime import date, datetime
from typing import Literal
from uuid import uuid4

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, MetaData, Text, UniqueConstraint, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from app.clock import now

MemberRole = Literal["owner", "manager", "viewer"]
UploadState = Literal["pending", "committed", "discarded"]
DatasetState = Literal["active", "replaced", "undone"]
ImportMode = Literal["replace", "extend"]
JobKind = Literal["read", "commit"]
JobState = Literal["running", "done", "failed", "cancelled"]
ActionKind = Literal[
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
]
RoundState = Literal["draft", "open", "closed"]
RoundWay = Literal["shared", "personal"]
RoundSide = Literal["sales", "marketing"]
PlannedState = Literal["open", "done", "dropped"]
ReportState = Literal["running", "done", "failed"]
InvitationKind = Literal["shared", "personal", "resumed"]

_NAMES = {
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
}
"""Every constraint has a name, so that a migration can speak of it on both engines."""


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=_NAMES))):
    """Base of all tables; `Base.metadata` is the schema."""


def new_id() -> str:
    """A random identifier: 32 hexadecimal characters that nobody can guess or count."""
    return uuid4().hex


def _team_key(*, ondelete: str = "CASCADE") -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["organization_id", "team_id"], ["team.organization_id", "team.id"], ondelete=ondelete)


def _blob_key(column: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["organization_id", column], ["blob.organization_id", "blob.sha256"])


class Organization(Base, table=True):
    """The tenant. `key` is a well-known name where there is one ("local"), so that it is created once only.

    `retention_days` is after how many days what is not in use any more is deleted; None keeps it.
    """

    __tablename__ = "organization"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    key: str | None = Field(default=None, unique=True, max_length=100)
    name: str = Field(max_length=200)
    shows_example: bool = True
    retention_days: int | None = None
    created_at: datetime = Field(default_factory=now)


class Member(Base, table=True):
    """A person in an organization, known by the issuer and subject of the login.

    Who is removed keeps the row, so that the record of who did what keeps its names; `removed_at` then says since when. Sign-ins that began
    before `not_before`, if an owner has set it, do not lead here. `team_id` is the team that the member has chosen to see; it has no key,
    because a team that is gone is simply no longer chosen.
    """

    __tablename__ = "member"
    __table_args__ = (
        UniqueConstraint("organization_id", "iss", "sub"),
        Index("ix_member_iss_sub", "iss", "sub"),
        CheckConstraint("role IN ('owner', 'manager', 'viewer')", name="role"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(foreign_key="organization.id", ondelete="CASCADE", max_length=32)
    iss: str = Field(max_length=500)
    sub: str = Field(max_length=255)
    display_name: str = Field(max_length=200)
    role: MemberRole = Field(sa_type=Text)
    team_id: str | None = Field(default=None, max_length=32)
    created_at: datetime = Field(default_factory=now)
    removed_at: datetime | None = None
    not_before: datetime | None = None


class MemberInvitation(Base, table=True):
    """A link by which one person may become a member. Only the hash of its token is kept.

    `email`, where there is one, is the address that the person's login must have verified; it is forgotten when the link is used or taken
    back.
    """

    __tablename__ = "member_invitation"
    __table_args__ = (
        Index("ix_member_invitation_organization_id", "organization_id"),
        CheckConstraint("role IN ('owner', 'manager', 'viewer')", name="role"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(foreign_key="organization.id", ondelete="CASCADE", max_length=32)
    member_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", max_length=32)
    role: MemberRole = Field(sa_type=Text)
    email: str | None = Field(default=None, max_length=320)
    token_sha256: str = Field(unique=True, max_length=64)
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None
    created_at: datetime = Field(default_factory=now)


class SignIn(Base, table=True):
    """One sign-in of one person: what the login cookie must lead to, in whatever browser it is, for a page to be shown.

    `login_sha256` is the hash of what the identity provider said at this sign-in. `seen_at` is the last click, to the minute.
    `chosen_id` is the organization that is shown, of those the person is in. A row stays for a day, so that the cookie it ended cannot
    begin another; `everywhere` marks one that was ended with all others of the person.
    """

    __tablename__ = "sign_in"
    __table_args__ = (Index("ix_sign_in_iss_sub", "iss", "sub"), Index("ix_sign_in_started_at", "started_at"))

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    login_sha256: str = Field(unique=True, max_length=64)
    iss: str = Field(max_length=500)
    sub: str = Field(max_length=255)
    chosen_id: str | None = Field(default=None, foreign_key="organization.id", ondelete="SET NULL", max_length=32)
    started_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None
    everywhere: bool = False


class Team(Base, table=True):
    """A sales side and a marketing side that share a number. `programme_start`: when the alignment programme began.

    `survey_weights` is a JSON object, how much each dimension of the survey counts; None while all count the same.
    """

    __tablename__ = "team"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "name"),
        Index("ix_team_one_example", "organization_id", unique=True, sqlite_where=text("is_example"), postgresql_where=text("is_example")),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(foreign_key="organization.id", ondelete="CASCADE", max_length=32)
    name: str = Field(max_length=200)
    time_zone: str = Field(default="UTC", max_length=64)
    currency: str | None = Field(default=None, max_length=3)
    programme_start: date | None = None
    win_rate_definition: str = Field(default="{}", sa_type=Text)
    survey_weights: str | None = Field(default=None, sa_type=Text)
    is_example: bool = False
    created_at: datetime = Field(default_factory=now)


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
        _team_key(),
        _blob_key("content_sha256"),
        _blob_key("prepared_parquet_sha256"),
        _blob_key("prepared_rejected_sha256"),
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
        _team_key(),
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
        _team_key(),
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
        _team_key(),
        _blob_key("parquet_sha256"),
        _blob_key("rejected_sha256"),
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
    __table_args__ = (_team_key(), Index("ix_deletion_organization_id_team_id", "organization_id", "team_id"))

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
    __table_args__ = (_team_key(), Index("ix_own_claim_organization_id_team_id", "organization_id", "team_id"))

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    team_id: str = Field(max_length=32)
    member_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", max_length=32)
    fields: str = Field(sa_type=Text)
    created_at: datetime = Field(default_factory=now)


class Action(Base, table=True):
    """Who did what and when; `subject` is the id of what it was done to."""

    __tablename__ = "action"
    __table_args__ = (
        Index("ix_action_organization_id_at", "organization_id", "at"),
        CheckConstraint(
            "what IN ('imported', 'undone', 'team_created', 'team_changed', 'example_left', 'claim_added', 'claim_removed', "
            "'round_created', 'round_opened', 'round_closed', 'round_removed', 'action_planned', 'action_changed', "
            "'report_made', 'report_shared', 'report_link_revoked', 'report_removed', 'organization_renamed', 'team_removed', "
            "'member_invited', 'invitation_revoked', 'member_joined', 'member_removed', 'role_changed', 'signed_out_everywhere', "
            "'exported', 'data_deleted', 'retention_changed', 'cleared')",
            name="what",
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(foreign_key="organization.id", ondelete="CASCADE", max_length=32)
    team_id: str | None = Field(default=None, foreign_key="team.id", ondelete="SET NULL", max_length=32)
    member_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", max_length=32)
    what: ActionKind = Field(sa_type=Text)
    subject: str = Field(max_length=64)
    at: datetime = Field(default_factory=now)


# --- The survey -----------------------------------------------------------------------------------------------------
#
# Invitations and answers have no key, no instant and no sequence in common, and the tables of both are kept in the order of a random
# key (`sqlite_with_rowid=False`): SQLite would otherwise number the rows as they come. docs/decisions/018 says what an attacker can
# still do.


def _round_key() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["organization_id", "round_id"], ["survey_round.organization_id", "survey_round.id"], ondelete="CASCADE")


class SurveyRound(Base, table=True):
    """One run of the survey. What is asked is fixed when it is opened; a closed round is never opened again.

    `roll` is JSON, for personal links: by side, marks of the people asked, made with the server's secret, so that rounds of nearly the
    same people are noticed. `dimensions` and `languages` are JSON lists. `invited_sales` and `invited_marketing` are how many people were
    asked, None when nobody said. `seal` tells whether the server's secret is still the one that the answers were sealed with.
    """

    __tablename__ = "survey_round"
    __table_args__ = (
        _team_key(),
        UniqueConstraint("organization_id", "id"),
        Index("ix_survey_round_organization_id_team_id", "organization_id", "team_id"),
        CheckConstraint("state IN ('draft', 'open', 'closed')", name="state"),
        CheckConstraint("way IN ('shared', 'personal')", name="way"),
        CheckConstraint("minimum >= 5", name="minimum"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    team_id: str = Field(max_length=32)
    member_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", max_length=32)
    name: str = Field(max_length=200)
    questionnaire: str = Field(max_length=32)
    dimensions: str = Field(sa_type=Text)
    languages: str = Field(sa_type=Text)
    minimum: int = 5
    way: RoundWay = Field(sa_type=Text)
    in_room: bool = False
    state: RoundState = Field(default="draft", sa_type=Text)
    closes_at: datetime | None = None
    invited_sales: int | None = None
    invited_marketing: int | None = None
    seal: str | None = Field(default=None, max_length=64)
    roll: str | None = Field(default=None, sa_type=Text)
    opened_on: date | None = None
    closed_on: date | None = None
    created_at: datetime = Field(default_factory=now)


class SurveyKey(Base, table=True):
    """What joins a token to its draft together with the server's secret, which is not in the database; destroyed at the close."""

    __tablename__ = "survey_key"
    __table_args__ = (_round_key(), {"sqlite_with_rowid": False})

    round_id: str = Field(primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    salt: str = Field(max_length=64)


class SurveyContact(Base, table=True):
    """Somebody who is asked by a personal link, kept until the close. Nothing here says whether the person has answered."""

    __tablename__ = "survey_contact"
    __table_args__ = (
        _round_key(),
        Index("ix_survey_contact_organization_id_round_id", "organization_id", "round_id"),
        CheckConstraint("side IN ('sales', 'marketing')", name="side"),
        {"sqlite_with_rowid": False},
    )

    id: str = Field(primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    round_id: str = Field(max_length=32)
    name: str = Field(max_length=200)
    email: str = Field(max_length=320)
    side: RoundSide = Field(sa_type=Text)


class SurveyInvitation(Base, table=True):
    """A link that opens a round, by the hash of its token; deleted at the close. `side` is known for personal links only."""

    __tablename__ = "survey_invitation"
    __table_args__ = (
        _round_key(),
        Index("ix_survey_invitation_organization_id_round_id", "organization_id", "round_id"),
        CheckConstraint("kind IN ('shared', 'personal', 'resumed')", name="kind"),
        CheckConstraint("side IN ('sales', 'marketing')", name="side"),
        {"sqlite_with_rowid": False},
    )

    token_hash: str = Field(primary_key=True, max_length=64)
    organization_id: str = Field(max_length=32)
    round_id: str = Field(max_length=32)
    kind: InvitationKind = Field(sa_type=Text)
    side: RoundSide | None = Field(default=None, sa_type=Text)


class SurveyDraft(Base, table=True):
    """One person's answers while the round is open, sealed: without the server's secret nobody reads them or finds whose they are."""

    __tablename__ = "survey_draft"
    __table_args__ = (
        _round_key(),
        Index("ix_survey_draft_organization_id_round_id", "organization_id", "round_id"),
        {"sqlite_with_rowid": False},
    )

    key: str = Field(primary_key=True, max_length=64)
    organization_id: str = Field(max_length=32)
    round_id: str = Field(max_length=32)
    sealed: bytes = Field(sa_type=LargeBinary)


class SurveyResponse(Base, table=True):
    """One person's answers after the close, under a new random id, written in random order together with all others of the round."""

    __tablename__ = "survey_response"
    __table_args__ = (
        _round_key(),
        Index("ix_survey_response_organization_id_round_id", "organization_id", "round_id"),
        CheckConstraint("side IN ('sales', 'marketing')", name="side"),
        {"sqlite_with_rowid": False},
    )

    id: str = Field(primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    round_id: str = Field(max_length=32)
    side: RoundSide = Field(sa_type=Text)
    answers: str = Field(sa_type=Text)
    guesses: str = Field(sa_type=Text)


class SurveyComment(Base, table=True):
    """One comment after the close; nothing joins it to the other answers of the person who wrote it."""

    __tablename__ = "survey_comment"
    __table_args__ = (
        _round_key(),
        Index("ix_survey_comment_organization_id_round_id", "organization_id", "round_id"),
        CheckConstraint("side IN ('sales', 'marketing')", name="side"),
        {"sqlite_with_rowid": False},
    )

    id: str = Field(primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    round_id: str = Field(max_length=32)
    side: RoundSide = Field(sa_type=Text)
    dimension: str = Field(max_length=64)
    body: str = Field(sa_type=Text)


class SurveyPublication(Base, table=True):
    """What a closed round publishes, as JSON: made once, and never made again by other rules. `sequence` is the order within the team."""

    __tablename__ = "survey_publication"
    __table_args__ = (_round_key(), _team_key(), UniqueConstraint("team_id", "sequence"))

    round_id: str = Field(primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    team_id: str = Field(max_length=32)
    sequence: int
    content: str = Field(sa_type=Text)


class SurveyRemoved(Base, table=True):
    """What is kept of a publication whose round was removed: of which groups it showed which items, as JSON, and the roll.

    There is no answer and no score in it. Without it, a round could be removed and nearly the same people asked again, and the
    difference would be the answers of those who came or left.
    `team_id` may be that of a team that is gone.
    """

    __tablename__ = "survey_removed"
    __table_args__ = (Index("ix_survey_removed_organization_id", "organization_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(foreign_key="organization.id", ondelete="CASCADE", max_length=32)
    team_id: str = Field(max_length=32)
    content: str = Field(sa_type=Text)
    roll: str | None = Field(default=None, sa_type=Text)
    removed_at: datetime = Field(default_factory=now)


class PlannedAction(Base, table=True):
    """A practice that the team took up after a round, with who sees to it until when.

    `title` and `because` (a JSON list of sentences) are kept as they were read when it was planned: practices and wording may change.
    `note` is what the team wrote when it was done or dropped.
    """

    __tablename__ = "planned_action"
    __table_args__ = (
        _team_key(),
        Index("ix_planned_action_organization_id_team_id", "organization_id", "team_id"),
        CheckConstraint("state IN ('open', 'done', 'dropped')", name="state"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    team_id: str = Field(max_length=32)
    round_id: str | None = Field(default=None, foreign_key="survey_round.id", ondelete="SET NULL", max_length=32)
    member_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", max_length=32)
    practice: str = Field(max_length=64)
    title: str = Field(max_length=200)
    because: str = Field(sa_type=Text)
    owner: str = Field(max_length=200)
    due: date
    state: PlannedState = Field(default="open", sa_type=Text)
    settled_on: date | None = None
    note: str = Field(default="", sa_type=Text)
    created_at: datetime = Field(default_factory=now)


# --- Reports --------------------------------------------------------------------------------------------------------


class KeptReport(Base, table=True):
    """A report of a team, frozen: what was asked, what it rests on, its numbers and its bytes.

    `request` and `choice` are the JSON of what was asked. `data_sha256` is the hash of everything that was loaded, `edition` the
    benchmarks' and `code` the program's. `numbers` is the scorecard as JSON, for laying two reports side by side. `step` says how far the
    making is, `holder` who does it and `beat_at` its last sign of life; `error` is the sentence shown when it failed.
    """

    __tablename__ = "kept_report"
    __table_args__ = (
        _team_key(),
        _blob_key("pdf_sha256"),
        UniqueConstraint("organization_id", "id"),
        Index("ix_kept_report_organization_id_team_id", "organization_id", "team_id"),
        CheckConstraint("state IN ('running', 'done', 'failed')", name="state"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    team_id: str = Field(max_length=32)
    member_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", max_length=32)
    title: str = Field(max_length=200)
    request: str = Field(sa_type=Text)
    choice: str = Field(sa_type=Text)
    data_sha256: str = Field(max_length=64)
    edition: str = Field(max_length=40)
    code: str = Field(max_length=64)
    state: ReportState = Field(default="running", sa_type=Text)
    step: str = Field(default="waiting", max_length=20)
    holder: str = Field(max_length=200)
    beat_at: datetime = Field(default_factory=now)
    error: str | None = Field(default=None, sa_type=Text)
    numbers: str | None = Field(default=None, sa_type=Text)
    pdf_sha256: str | None = Field(default=None, max_length=64)
    created_at: datetime = Field(default_factory=now)
    finished_at: datetime | None = None


class ReportLink(Base, table=True):
    """A read-only address of one report. Only the hash of its token is kept."""

    __tablename__ = "report_link"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "report_id"], ["kept_report.organization_id", "kept_report.id"], ondelete="CASCADE"),
        Index("ix_report_link_organization_id_report_id", "organization_id", "report_id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    organization_id: str = Field(max_length=32)
    report_id: str = Field(max_length=32)
    member_id: str | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL", max_length=32)
    token_sha256: str = Field(unique=True, max_length=64)
    expires_at: datetime
    revoked_at: datetime | None = None
    created_at: datetime = Field(default_factory=now)
