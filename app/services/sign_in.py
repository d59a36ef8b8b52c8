"""Who is signed in, asked anew at every click.

The login cookie of the web server lives for thirty days, cannot be taken back and is read at the start of a browser session only. So it
proves who signed in and when, and nothing more: whether that sign-in still holds stands in a row of our own. It is over after half an
hour without a click, after twelve hours, when the person signs out, and for whoever has a copy of the cookie as well.

A person is the pair of issuer and subject, never an e-mail address, which can change hands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app.clock import now
from app.errors import NotFound, SignedOut
from app.services.actor import Actor
from app.storage.engine import enter, reading, transaction
from app.storage.queries import organizations, sign_ins
from app.storage.tables import SignIn

IDLE = timedelta(minutes=30)
"""How long a sign-in holds without a click."""
LONGEST = timedelta(hours=12)
"""How long it holds at all."""
STEP = timedelta(minutes=1)
"""A click is written down when the last one is at least this old; so the idle time ends up to this much early, never late."""
KEPT = timedelta(hours=24)
"""How long the row of a sign-in stays; longer than any cookie could begin one again."""
AHEAD = timedelta(minutes=5)
"""How much the identity provider's clock may be ahead of ours."""

_OF_THIS_LOGIN = ("iss", "sub", "aud", "iat", "auth_time", "nonce", "sid", "jti", "at_hash")
"""What tells one sign-in of a person from another; the nonce alone does when the provider keeps to its protocol."""


@dataclass(frozen=True)
class Identity:
    """Who signed in, as the provider said it, and when. `email` is there only when the provider has verified it; `login` is a hash."""

    iss: str
    sub: str
    name: str
    email: str | None
    login: str
    issued_at: datetime


@dataclass(frozen=True)
class Membership:
    """What a person may act as in one organization."""

    actor: Actor
    organization: str


@dataclass(frozen=True)
class SignedIn:
    """A sign-in that holds: what the person may act as, oldest membership first, and as what now; None when in no organization."""

    memberships: tuple[Membership, ...]
    shown: Membership | None


def identity(claims: Mapping[str, object]) -> Identity:
    """Who the verified claims of a login speak of.

    Raises
    ------
    SignedOut
        When they speak of nobody, or lack what a sign-in needs: issuer, subject and instant.
    """
    iss, sub, issued = claims.get("iss"), claims.get("sub"), claims.get("iat")
    if (
        not (isinstance(iss, str) and iss and isinstance(sub, str) and sub)
        or isinstance(issued, bool)
        or not isinstance(issued, int | float)
    ):
        raise SignedOut("You are not signed in.")
    try:
        issued_at = datetime.fromtimestamp(issued, UTC)
    except (ValueError, OverflowError, OSError):
        raise SignedOut("You are not signed in.") from None
    known = {key: claims[key] for key in _OF_THIS_LOGIN if key in claims}
    email, name = claims.get("email"), claims.get("name") or claims.get("preferred_username") or claims.get("email")
    return Identity(
        iss=iss[:500],
        sub=sub[:255],
        name=(" ".join(name.split()) if isinstance(name, str) else "")[:200] or "Somebody without a name",
        email=email.strip().lower() if isinstance(email, str) and claims.get("email_verified") is True else None,
        login=sha256(json.dumps(known, sort_keys=True, default=str).encode()).hexdigest(),
        issued_at=issued_at,
    )


def check(engine: Engine, who: Identity, *, click: bool = True) -> SignedIn:
    """What the person may act as, now.

    Parameters
    ----------
    click
        Whether somebody has done something. What a page asks by itself does not keep a sign-in alive.

    Raises
    ------
    SignedOut
        When the sign-in is over, with the reason.
    """
    at = now()
    with reading(engine, organization_id=None) as session:
        row = sign_ins.sign_in(session=session, login_sha256=who.login)
        every = organizations.named_memberships(session=session, iss=who.iss, sub=who.sub)
    if row is None:
        row = _begin(engine, who, at)
    _refuse_over(row, at)
    found = tuple(
        Membership(Actor(member.organization_id, member.id, member.role), name)
        for member, name in every
        if member.not_before is None or row.started_at >= member.not_before
    )
    if every and not found:
        raise SignedOut("An owner of your organization has signed you out.", "Sign in again.")
    if click and at - row.seen_at >= STEP:
        with transaction(engine, organization_id=None) as session:
            sign_ins.seen(session=session, login_sha256=who.login, at=at)
    shown = next((one for one in found if one.actor.organization_id == row.chosen_id), found[0] if found else None)
    return SignedIn(found, shown)


def end(engine: Engine, who: Identity) -> None:
    """Sign out: the sign-in is over, in every tab and for every copy of its cookie. Doing it twice changes nothing."""
    at = now()
    with transaction(engine, organization_id=None) as session:
        row = sign_ins.sign_in(session=session, login_sha256=who.login)
        if row is None:
            # Never seen here, so that the cookie could begin it: it is ended before it began.
            row = _row(who, at)
        row.ended_at = row.ended_at or at
        session.add(row)


def end_everywhere(engine: Engine, who: Identity) -> int:
    """Sign the person out wherever they are signed in, here included; returns how many sign-ins that were."""
    at = now()
    with transaction(engine, organization_id=None) as session:
        ended = sign_ins.end_sign_ins(session=session, iss=who.iss, sub=who.sub, at=at)
        for member in organizations.memberships(session=session, iss=who.iss, sub=who.sub):
            enter(session, organization_id=member.organization_id)
            organizations.record(
                session=session,
                organization_id=member.organization_id,
                member_id=member.id,
                what="signed_out_everywhere",
                subject=member.id,
            )
    return ended


def choose(engine: Engine, who: Identity, *, organization_id: str) -> None:
    """Show another of the person's organizations from now on, in every tab of this sign-in."""
    with transaction(engine, organization_id=None) as session:
        row = sign_ins.sign_in(session=session, login_sha256=who.login)
        if row is None or organization_id not in _organizations_of(session, who):
            raise NotFound("You are not in this organization.", "Choose another one.")
        row.chosen_id = organization_id
        session.add(row)


def _begin(engine: Engine, who: Identity, at: datetime) -> SignIn:
    if at - who.issued_at >= IDLE or who.issued_at - at > AHEAD:
        raise SignedOut("Your last sign-in is over.", "Sign in again.")
    try:
        with transaction(engine, organization_id=None) as session:
            sign_ins.forget_sign_ins(session=session, before=at - KEPT)
            if sign_ins.ended_everywhere_after(session=session, iss=who.iss, sub=who.sub, at=who.issued_at):
                raise SignedOut("You have signed out everywhere.", "Sign in again.")
            row = _row(who, at)
            session.add(row)
            session.flush()
            return row
    except IntegrityError:
        # Another tab was faster; a login has one row.
        with reading(engine, organization_id=None) as session:
            found = sign_ins.sign_in(session=session, login_sha256=who.login)
        if found is None:
            raise
        return found


def _row(who: Identity, at: datetime) -> SignIn:
    return SignIn(login_sha256=who.login, iss=who.iss, sub=who.sub, started_at=min(who.issued_at, at), seen_at=at)


def _refuse_over(row: SignIn, at: datetime) -> None:
    if row.ended_at is not None:
        raise SignedOut("You have signed out.")
    if at - row.started_at >= LONGEST:
        raise SignedOut(f"A sign-in holds for {LONGEST // timedelta(hours=1)} hours, and yours is over.", "Sign in again.")
    if at - row.seen_at >= IDLE:
        raise SignedOut(f"You were signed out after {IDLE // timedelta(minutes=1)} minutes without a click.", "Sign in again.")


def _organizations_of(session: Session, who: Identity) -> set[str]:
    return {row.organization_id for row in organizations.memberships(session=session, iss=who.iss, sub=who.sub)}
