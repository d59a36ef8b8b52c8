"""Members of an organization: who is in, with which role; invitations, removal, and who owns it.

An organization never loses its last owner: whatever would take it away is refused, and two owners who give up at the same moment take
turns.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Engine
from sqlmodel import Session

from app.clock import now
from app.errors import AccessDenied, AppError, NotFound
from app.services.actor import FIRST_TEAM, Actor, found_organization, let_in, require
from app.services.sign_in import Identity
from app.storage.engine import enter, reading, transaction
from app.storage.queries import member_invitations, organizations, teams
from app.storage.tables import ActionKind, Member, MemberInvitation, MemberRole, new_id

ROLES: tuple[MemberRole, ...] = ("viewer", "manager", "owner")
TOKEN_BYTES = 24
"""192 random bits: nobody finds an invitation by trying."""
DAYS = 7
"""How long an invitation can be used."""
MOST_OPEN = 100
MOST_FOUNDED = 5
"""Organizations that one person may own and still found another."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class MemberView:
    """A member as listed. `me` is whoever asks."""

    id: str
    name: str
    role: MemberRole
    since: datetime
    me: bool


@dataclass(frozen=True)
class InvitationView:
    """An invitation that can still be used. Its link is shown once, when it is made."""

    id: str
    role: MemberRole
    email: str | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Offer:
    """What somebody with an invitation is offered. `only_for` says that it is for one e-mail address."""

    organization: str
    role: MemberRole
    only_for: bool


def organization_name(actor: Actor, *, engine: Engine) -> str:
    """What the actor's organization is called."""
    with reading(engine, organization_id=actor.organization_id) as session:
        row = organizations.organization(session=session, organization_id=actor.organization_id)
        if row is None:
            raise NotFound("This organization does not exist any more.")
        return row.name


def rename_organization(actor: Actor, *, engine: Engine, name: str) -> None:
    """Give the organization another name; owners only."""
    require(actor, "owner")
    name = _organization_name(name)
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = organizations.lock_organization(session=session, organization_id=actor.organization_id)
        if row is None:
            raise NotFound("This organization does not exist any more.")
        if row.name != name:
            row.name = name
            session.add(row)
            _record(session, actor, "organization_renamed", row.id)


def list_members(actor: Actor, *, engine: Engine) -> tuple[MemberView, ...]:
    """Everybody in the organization, by name."""
    with reading(engine, organization_id=actor.organization_id) as session:
        rows = organizations.members(session=session, organization_id=actor.organization_id)
        return tuple(MemberView(row.id, row.display_name, row.role, row.created_at, row.id == actor.member_id) for row in rows)


def set_role(actor: Actor, *, engine: Engine, member_id: str, role: MemberRole) -> None:
    """Give a member another role; owners only. The last owner stays one."""
    require(actor, "owner")
    _refuse_unknown(role)
    with transaction(engine, organization_id=actor.organization_id) as session:
        _still_owner(session, actor)
        row = _held(session, actor, member_id)
        if row.role == role:
            return
        if role != "owner":
            _refuse_last_owner(session, actor, row)
        row.role = role
        session.add(row)
        _record(session, actor, "role_changed", row.id)


def hand_over(actor: Actor, *, engine: Engine, member_id: str) -> None:
    """Make another member the owner in the actor's place, who stays as a manager."""
    require(actor, "owner")
    with transaction(engine, organization_id=actor.organization_id) as session:
        own = _still_owner(session, actor)
        row = _held(session, actor, member_id)
        if row.id == own.id:
            raise AppError("You are the owner already.", "Choose another member.")
        row.role, own.role = "owner", "manager"
        for changed in (row, own):
            session.add(changed)
            _record(session, actor, "role_changed", changed.id)


def remove_member(actor: Actor, *, engine: Engine, member_id: str) -> None:
    """Take a member out of the organization, from their next click on; owners only. What they did stays, with their name."""
    require(actor, "owner")
    with transaction(engine, organization_id=actor.organization_id) as session:
        _still_owner(session, actor)
        _remove(session, actor, member_id)


def sign_out_member(actor: Actor, *, engine: Engine, member_id: str) -> None:
    """End a member's sign-ins as far as they lead to this organization, from the next click on; owners only. They may sign in again."""
    require(actor, "owner")
    with transaction(engine, organization_id=actor.organization_id) as session:
        _still_owner(session, actor)
        row = _held(session, actor, member_id)
        row.not_before = now()
        session.add(row)
        _record(session, actor, "signed_out_everywhere", row.id)


def leave(actor: Actor, *, engine: Engine) -> None:
    """Leave the organization; anybody but its last owner may."""
    with transaction(engine, organization_id=actor.organization_id) as session:
        _remove(session, actor, actor.member_id)


def invite(actor: Actor, *, engine: Engine, role: MemberRole, email: str = "") -> tuple[InvitationView, str]:
    """A new invitation and its token, for one person and seven days; owners only.

    Parameters
    ----------
    email
        The address that the login of whoever uses it must have verified; "" when the link is enough.
    """
    require(actor, "owner")
    _refuse_unknown(role)
    address = _email(email)
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        at = now()
        if len(member_invitations.open_invitations(session=session, organization_id=actor.organization_id, at=at)) >= MOST_OPEN:
            raise AppError(f"There are {MOST_OPEN} open invitations, and more are not kept.", "Take one back first.")
        row, token = _invitation(session, actor.organization_id, actor.member_id, role, address, at)
        _record(session, actor, "member_invited", row.id)
        return _view(row), token


def list_invitations(actor: Actor, *, engine: Engine) -> tuple[InvitationView, ...]:
    """The invitations that can still be used, newest first; owners only."""
    require(actor, "owner")
    with reading(engine, organization_id=actor.organization_id) as session:
        found = member_invitations.open_invitations(session=session, organization_id=actor.organization_id, at=now())
        return tuple(_view(row) for row in found)


def revoke_invitation(actor: Actor, *, engine: Engine, invitation_id: str) -> None:
    """Take an invitation back; from now on its link answers as if it had never been. Doing it twice changes nothing."""
    require(actor, "owner")
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = member_invitations.member_invitation(session=session, organization_id=actor.organization_id, invitation_id=invitation_id)
        if row is None:
            raise NotFound("This invitation does not exist in your organization.", "Load the page again.")
        if row.used_at is None and row.revoked_at is None:
            row.revoked_at, row.email = now(), None
            session.add(row)
            _record(session, actor, "invitation_revoked", row.id)


def offered(engine: Engine, *, token: str) -> Offer | None:
    """What the invitation with this token offers. None for one that is unknown, used, over or taken back alike."""
    with reading(engine, organization_id=None) as session:
        row = member_invitations.member_invitation_by_token(session=session, token_sha256=_hash(token))
        if row is None or not _usable(row):
            return None
        enter(session, organization_id=row.organization_id)
        organization = organizations.organization(session=session, organization_id=row.organization_id)
        return None if organization is None else Offer(organization.name, row.role, row.email is not None)


def accept(engine: Engine, who: Identity, *, token: str) -> Actor:
    """Become a member by an invitation. Who is in already stays what they are, and the invitation stays open.

    Raises
    ------
    NotFound
        When the invitation cannot be used: unknown, used, over or taken back alike.
    AccessDenied
        When it is for an e-mail address that this login has not verified.
    """
    with transaction(engine, organization_id=None) as session:
        row = member_invitations.member_invitation_by_token(session=session, token_sha256=_hash(token))
        if row is None or not _usable(row):
            raise _no_invitation()
        organization_id, role = row.organization_id, row.role
        enter(session, organization_id=organization_id)
        if row.email is not None and row.email != who.email:
            raise AccessDenied(
                "This invitation is for another e-mail address than the one you signed in with.",
                "Sign in with that address, or ask for an invitation without one.",
            )
        known = organizations.known_member(session=session, organization_id=organization_id, iss=who.iss, sub=who.sub)
        if known is not None and known.removed_at is None:
            return Actor(organization_id, known.id, known.role)
        if not member_invitations.use(session=session, organization_id=organization_id, invitation_id=row.id, at=now()):
            raise _no_invitation()
        actor = let_in(session, organization_id, iss=who.iss, sub=who.sub, display_name=who.name, role=role)
        _record(session, actor, "member_joined", actor.member_id)
        return actor


def found(engine: Engine, who: Identity, *, name: str, is_open: bool) -> Actor:
    """Found an organization with the person as its owner.

    Parameters
    ----------
    is_open
        Whether people may found organizations here (a setting).
    """
    if not is_open:
        raise AccessDenied("New organizations are not founded here by their members.", "Ask for an invitation.")
    name = _organization_name(name)
    with reading(engine, organization_id=None) as session:
        owned = [row for row in organizations.memberships(session=session, iss=who.iss, sub=who.sub) if row.role == "owner"]
    if len(owned) >= MOST_FOUNDED:
        raise AppError(f"You own {MOST_FOUNDED} organizations, and nobody founds more.", "Hand one over first.")
    return found_organization(engine, name=name, iss=who.iss, sub=who.sub, display_name=who.name)


def found_for_somebody(engine: Engine, *, name: str, email: str = "") -> str:
    """Found an organization that nobody is in yet, and give the token of the invitation of its owner; for the command line."""
    name, address = _organization_name(name), _email(email)
    organization_id = new_id()
    with transaction(engine, organization_id=organization_id) as session:
        row = organizations.add_organization(session=session, organization_id=organization_id, name=name)
        teams.add_team(session=session, organization_id=row.id, name=FIRST_TEAM)
        _, token = _invitation(session, row.id, None, "owner", address, now())
        return token


def _remove(session: Session, actor: Actor, member_id: str) -> None:
    row = _held(session, actor, member_id)
    _refuse_last_owner(session, actor, row)
    row.removed_at = now()
    session.add(row)
    _record(session, actor, "member_removed", row.id)


def _still_owner(session: Session, actor: Actor) -> Member:
    """The actor's row, once the organization is held: another owner may have been faster."""
    row = _held(session, actor, actor.member_id)
    require(Actor(row.organization_id, row.id, row.role), "owner")
    return row


def _held(session: Session, actor: Actor, member_id: str) -> Member:
    """A present member of the actor's organization, which is held until the end of the transaction."""
    organizations.lock_organization(session=session, organization_id=actor.organization_id)
    row = organizations.member(session=session, organization_id=actor.organization_id, member_id=member_id)
    if row is None or row.removed_at is not None:
        raise NotFound("This person is not in your organization.", "Load the page again.")
    return row


def _refuse_last_owner(session: Session, actor: Actor, row: Member) -> None:
    every = organizations.members(session=session, organization_id=actor.organization_id)
    if row.role == "owner" and sum(one.role == "owner" for one in every) == 1:
        raise AppError("An organization needs an owner, and this is its only one.", "Make another member an owner first.")


def _refuse_unknown(role: str) -> None:
    if role not in ROLES:
        raise AppError(f"“{role}” is no role.", "Choose viewer, manager or owner.")


def _invitation(
    session: Session, organization_id: str, member_id: str | None, role: MemberRole, email: str | None, at: datetime
) -> tuple[MemberInvitation, str]:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = MemberInvitation(
        organization_id=organization_id,
        member_id=member_id,
        role=role,
        email=email,
        token_sha256=_hash(token),
        created_at=at,
        expires_at=at + timedelta(days=DAYS),
    )
    session.add(row)
    session.flush()
    return row, token


def _record(session: Session, actor: Actor, what: ActionKind, subject: str) -> None:
    organizations.record(session=session, organization_id=actor.organization_id, member_id=actor.member_id, what=what, subject=subject)


def _usable(row: MemberInvitation) -> bool:
    return row.used_at is None and row.revoked_at is None and row.expires_at > now()


def _no_invitation() -> NotFound:
    return NotFound("This invitation cannot be used.", "It may be over, used or taken back. Ask whoever sent it for a new one.")


def _view(row: MemberInvitation) -> InvitationView:
    return InvitationView(row.id, row.role, row.email, row.created_at, row.expires_at)


def _hash(token: str) -> str:
    return sha256(b"member invitation\0" + token.encode("utf-8", "replace")).hexdigest()


def _email(email: str) -> str | None:
    address = email.strip().lower()
    if not address:
        return None
    if len(address) > 320 or not _EMAIL.fullmatch(address):
        raise AppError(f"“{email}” is no e-mail address.", "Write it as name@example.com, or leave it empty.")
    return address


def _organization_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise AppError("An organization needs a name.", "Type one.")
    if len(name) > 200:
        raise AppError("The name is longer than 200 characters.", "Choose a shorter one.")
    return name
