"""Sign-ins, which belong to a person and not to an organization: found by the verified login."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from app.storage.tables import SignIn


def sign_in(*, session: Session, login_sha256: str) -> SignIn | None:
    """The sign-in that a login cookie speaks of."""
    return session.exec(select(SignIn).where(SignIn.login_sha256 == login_sha256)).one_or_none()


def ended_everywhere_after(*, session: Session, iss: str, sub: str, at: datetime) -> bool:
    """Whether the person has ended all sign-ins at `at` or later."""
    found = session.exec(
        select(SignIn.id).where(SignIn.iss == iss, SignIn.sub == sub, col(SignIn.everywhere), col(SignIn.ended_at) >= at).limit(1)
    )
    return found.one_or_none() is not None


def seen(*, session: Session, login_sha256: str, at: datetime) -> None:
    """Write down the latest click of a sign-in that has not ended."""
    session.exec(update(SignIn).where(col(SignIn.login_sha256) == login_sha256, col(SignIn.ended_at).is_(None)).values(seen_at=at))


def end_sign_ins(*, session: Session, iss: str, sub: str, at: datetime) -> int:
    """End every sign-in of the person; returns how many were not ended yet."""
    changed = session.exec(
        update(SignIn)
        .where(col(SignIn.iss) == iss, col(SignIn.sub) == sub, col(SignIn.ended_at).is_(None))
        .values(ended_at=at, everywhere=True)
    )
    return int(changed.rowcount)


def forget_sign_ins(*, session: Session, before: datetime) -> None:
    """Remove the sign-ins that began before."""
    session.exec(delete(SignIn).where(col(SignIn.started_at) < before))
