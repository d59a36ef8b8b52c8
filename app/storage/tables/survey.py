"""The survey: rounds, who is asked, answers, what was published, and what the team took up after it.

Invitations and answers have no key, no instant and no sequence in common, and the tables of both are kept in the order of a random
key (`sqlite_with_rowid=False`): SQLite would otherwise number the rows as they come. docs/decisions/018 says what an attacker can
still do.
"""

from datetime import date, datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field

from app.clock import now
from app.storage.tables.base import Base, new_id, team_key

RoundState = Literal["draft", "open", "closed"]
RoundWay = Literal["shared", "personal"]
RoundSide = Literal["sales", "marketing"]
PlannedState = Literal["open", "done", "dropped"]
InvitationKind = Literal["shared", "personal", "resumed"]


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
        team_key(),
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
    __table_args__ = (_round_key(), team_key(), UniqueConstraint("team_id", "sequence"))

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
        team_key(),
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
