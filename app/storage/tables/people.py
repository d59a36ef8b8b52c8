"""Organizations, who is in them, their teams, and the record of who did what."""

from datetime import date, datetime
from typing import Literal

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from app.clock import now
from app.storage.tables.base import Base, new_id

MemberRole = Literal["owner", "manager", "viewer"]
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
