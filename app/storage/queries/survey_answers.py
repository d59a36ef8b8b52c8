"""Answers: sealed drafts while a round is open, and what they become at the close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, insert, update
from sqlmodel import Session, col, select

from app.storage.tables import RoundSide, SurveyComment, SurveyDraft, SurveyKey, SurveyResponse


def drafts(*, session: Session, organization_id: str, round_id: str) -> Sequence[tuple[str, bytes]]:
    """(key, sealed content) of every draft of a round, in the order of their keys, which is random."""
    return session.exec(
        select(SurveyDraft.key, SurveyDraft.sealed)
        .where(SurveyDraft.organization_id == organization_id, SurveyDraft.round_id == round_id)
        .order_by(col(SurveyDraft.key))
    ).all()


def some_drafts(*, session: Session, organization_id: str, round_id: str, keys: Sequence[str]) -> Mapping[str, bytes]:
    """The sealed content of these drafts by key, held until the end of the transaction; those that are not there yet are left out."""
    found = session.exec(
        select(SurveyDraft.key, SurveyDraft.sealed)
        .where(SurveyDraft.organization_id == organization_id, SurveyDraft.round_id == round_id, col(SurveyDraft.key).in_(keys))
        .order_by(col(SurveyDraft.key))
        .with_for_update()
    )
    return dict(found.all())


def draft(*, session: Session, organization_id: str, round_id: str, key: str) -> bytes | None:
    """The sealed content of one draft."""
    return session.exec(
        select(SurveyDraft.sealed).where(
            SurveyDraft.organization_id == organization_id, SurveyDraft.round_id == round_id, SurveyDraft.key == key
        )
    ).one_or_none()


def add_draft(*, session: Session, organization_id: str, round_id: str, key: str, sealed: bytes) -> None:
    """Add a draft; the key is the primary key, so a second one for the same person is an error."""
    session.execute(insert(SurveyDraft).values(key=key, organization_id=organization_id, round_id=round_id, sealed=sealed))


def change_draft(*, session: Session, organization_id: str, round_id: str, key: str, sealed: bytes) -> None:
    """Replace a draft's content."""
    session.execute(
        update(SurveyDraft)
        .where(col(SurveyDraft.organization_id) == organization_id, col(SurveyDraft.round_id) == round_id, col(SurveyDraft.key) == key)
        .values(sealed=sealed)
    )


def destroy_drafts(*, session: Session, organization_id: str, round_id: str) -> None:
    """Remove the drafts and the salt that joined them to tokens."""
    for table in (SurveyDraft, SurveyKey):
        session.execute(delete(table).where(col(table.organization_id) == organization_id, col(table.round_id) == round_id))


def add_responses(*, session: Session, organization_id: str, round_id: str, responses: Sequence[tuple[str, RoundSide, str, str]]) -> None:
    """Add (id, side, answers, guesses) in the order given, which the caller has made random."""
    rows = [
        {"id": id_, "organization_id": organization_id, "round_id": round_id, "side": side, "answers": answers, "guesses": guesses}
        for id_, side, answers, guesses in responses
    ]
    if rows:
        session.execute(insert(SurveyResponse), rows)


def add_comments(*, session: Session, organization_id: str, round_id: str, comments: Sequence[tuple[str, RoundSide, str, str]]) -> None:
    """Add (id, side, dimension, body) in the order given, which the caller has made random."""
    rows = [
        {"id": id_, "organization_id": organization_id, "round_id": round_id, "side": side, "dimension": dimension, "body": body}
        for id_, side, dimension, body in comments
    ]
    if rows:
        session.execute(insert(SurveyComment), rows)


def responses(*, session: Session, organization_id: str, round_id: str) -> Sequence[SurveyResponse]:
    """The answers of a closed round, in the order of their random ids."""
    return session.exec(
        select(SurveyResponse)
        .where(SurveyResponse.organization_id == organization_id, SurveyResponse.round_id == round_id)
        .order_by(col(SurveyResponse.id))
    ).all()


def comments(*, session: Session, organization_id: str, round_id: str) -> Sequence[SurveyComment]:
    """The comments of a closed round, in the order of their random ids."""
    return session.exec(
        select(SurveyComment)
        .where(SurveyComment.organization_id == organization_id, SurveyComment.round_id == round_id)
        .order_by(col(SurveyComment.id))
    ).all()
