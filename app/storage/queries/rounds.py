"""Rounds of the survey, who is asked, and the links that open them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from app.storage.engine import revealing
from app.storage.tables import InvitationKind, RoundSide, SurveyContact, SurveyInvitation, SurveyKey, SurveyRound


def survey_round(*, session: Session, organization_id: str, round_id: str) -> SurveyRound | None:
    """One round of the organization."""
    return session.exec(select(SurveyRound).where(SurveyRound.organization_id == organization_id, SurveyRound.id == round_id)).one_or_none()


def count_open(*, session: Session, organization_id: str) -> int:
    """How many rounds of the organization are open."""
    found = session.exec(
        select(func.count()).select_from(SurveyRound).where(SurveyRound.organization_id == organization_id, SurveyRound.state == "open")
    ).one()
    return int(found)


def lock_round(*, session: Session, organization_id: str, round_id: str) -> SurveyRound | None:
    """The round, held until the end of the transaction: no answer is saved meanwhile."""
    return session.exec(
        select(SurveyRound).where(SurveyRound.organization_id == organization_id, SurveyRound.id == round_id).with_for_update()
    ).one_or_none()


def hold_open(*, session: Session, organization_id: str, round_id: str) -> SurveyRound | None:
    """The round, kept from being closed until the end of the transaction; others may hold it as well."""
    return session.exec(
        select(SurveyRound).where(SurveyRound.organization_id == organization_id, SurveyRound.id == round_id).with_for_update(read=True)
    ).one_or_none()


def survey_rounds(*, session: Session, organization_id: str, team_id: str) -> Sequence[SurveyRound]:
    """The rounds of a team, newest first."""
    return session.exec(
        select(SurveyRound)
        .where(SurveyRound.organization_id == organization_id, SurveyRound.team_id == team_id)
        .order_by(col(SurveyRound.created_at).desc(), col(SurveyRound.id))
    ).all()


def due(*, session: Session, at: datetime) -> Sequence[tuple[str, str]]:
    """(organization, round) of every open round whose last day is over: the closing clock asks across organizations."""
    with revealing(session, "clock", "open rounds"):
        return session.exec(
            select(SurveyRound.organization_id, SurveyRound.id)
            .where(SurveyRound.state == "open", col(SurveyRound.closes_at).is_not(None), col(SurveyRound.closes_at) <= at)
            .order_by(col(SurveyRound.id))
        ).all()


def salt(*, session: Session, organization_id: str, round_id: str) -> str | None:
    """The round's salt; None before it is opened and for good after the close."""
    return session.exec(
        select(SurveyKey.salt).where(SurveyKey.organization_id == organization_id, SurveyKey.round_id == round_id)
    ).one_or_none()


def add_salt(*, session: Session, organization_id: str, round_id: str, salt: str) -> None:
    """Keep the round's salt."""
    session.add(SurveyKey(organization_id=organization_id, round_id=round_id, salt=salt))


def contacts(*, session: Session, organization_id: str, round_id: str) -> Sequence[SurveyContact]:
    """Who is asked by a personal link, by side and name."""
    return session.exec(
        select(SurveyContact)
        .where(SurveyContact.organization_id == organization_id, SurveyContact.round_id == round_id)
        .order_by(col(SurveyContact.side).desc(), col(SurveyContact.name), col(SurveyContact.email), col(SurveyContact.id))
    ).all()


def forget_people(*, session: Session, organization_id: str, round_id: str) -> None:
    """Remove who is asked and every link, for good."""
    for table in (SurveyContact, SurveyInvitation):
        session.execute(delete(table).where(col(table.organization_id) == organization_id, col(table.round_id) == round_id))


def add_contact(
    *, session: Session, organization_id: str, round_id: str, contact_id: str, name: str, email: str, side: RoundSide
) -> SurveyContact:
    """Add somebody who is asked."""
    row = SurveyContact(id=contact_id, organization_id=organization_id, round_id=round_id, name=name, email=email, side=side)
    session.add(row)
    return row


def add_invitation(
    *, session: Session, organization_id: str, round_id: str, token_hash: str, kind: InvitationKind, side: RoundSide | None = None
) -> None:
    """Add a link, by the hash of its token."""
    session.add(SurveyInvitation(token_hash=token_hash, organization_id=organization_id, round_id=round_id, kind=kind, side=side))


def invitations(*, session: Session, token_hashes: Sequence[str]) -> Mapping[str, SurveyInvitation]:
    """Links by the hash of their tokens; unknown ones are left out.

    A respondent comes with nothing but the token, so it is what finds the organization.
    """
    with revealing(session, "tokens", *token_hashes):
        found = session.exec(select(SurveyInvitation).where(col(SurveyInvitation.token_hash).in_(token_hashes))).all()
    return {row.token_hash: row for row in found}
