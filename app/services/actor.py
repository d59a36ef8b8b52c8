"""Who asks: the member on whose behalf a use case runs, and what the role allows."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app.errors import AccessDenied
from app.services.limits import refuse_more_members
from app.storage.engine import reading, transaction
from app.storage.glance import LOCAL_KEY
from app.storage.queries import organizations, teams
from app.storage.tables import MemberRole, new_id

LOCAL_ISSUER = "local"
LOCAL_SUBJECT = "owner"
FIRST_TEAM = "My team"

_LOG = logging.getLogger(__name__)
_RANK: dict[MemberRole, int] = {"viewer": 0, "manager": 1, "owner": 2}


@dataclass(frozen=True)
class Actor:
    """A member of an organization with a role, established by the login (or by local mode), never by the page."""

    organization_id: str
    member_id: str
    role: MemberRole


def require(actor: Actor, role: MemberRole) -> None:
    """Refuse with `AccessDenied` unless the actor has this role or a higher one (viewer < manager < owner)."""
    if _RANK[actor.role] < _RANK[role]:
        _LOG.warning("refused: it needs the role %s, and was asked for by a %s", role, actor.role)
        raise AccessDenied(f"This needs the role “{role}”; yours is “{actor.role}”.", "Ask an owner of your organization.")


def local_actor(engine: Engine) -> Actor:
    """The one implied owner of local mode, with an organization and a first team; made on first use.

    It may be called by several processes at once and at any time: there is only ever one.
    """
    with reading(engine, organization_id=None) as session:
        found = _local(session)
    if found is not None:
        return found
    organization_id = new_id()
    try:
        with transaction(engine, organization_id=organization_id) as session:
            found = _local(session)
            if found is not None:
                return found
            return _found(
                session,
                organization_id,
                name="My company",
                key=LOCAL_KEY,
                iss=LOCAL_ISSUER,
                sub=LOCAL_SUBJECT,
                display_name="Owner",
                team=FIRST_TEAM,
            )
    except IntegrityError:
        # Another process was faster; the key of the local organization is unique.
        with reading(engine, organization_id=None) as session:
            found = _local(session)
        if found is None:
            raise
        return found


def found_organization(engine: Engine, *, name: str, iss: str, sub: str, display_name: str, team: str = FIRST_TEAM) -> Actor:
    """Make an organization with its owner and first team; for the command line and for sign-up."""
    organization_id = new_id()
    with transaction(engine, organization_id=organization_id) as session:
        return _found(session, organization_id, name=name, key=None, iss=iss, sub=sub, display_name=display_name, team=team)


def add_member(actor: Actor, *, engine: Engine, iss: str, sub: str, display_name: str, role: MemberRole) -> Actor:
    """Let a person into the actor's organization; owners only. A person who is in already keeps role and name."""
    require(actor, "owner")
    with transaction(engine, organization_id=actor.organization_id) as session:
        return let_in(session, actor.organization_id, iss=iss, sub=sub, display_name=display_name, role=role)


def actors_of(engine: Engine, *, iss: str, sub: str) -> tuple[Actor, ...]:
    """What a verified login may act as, oldest membership first; empty when the person is in no organization."""
    with reading(engine, organization_id=None) as session:
        return tuple(Actor(row.organization_id, row.id, row.role) for row in organizations.memberships(session=session, iss=iss, sub=sub))


def let_in(session: Session, organization_id: str, *, iss: str, sub: str, display_name: str, role: MemberRole) -> Actor:
    """Make a person a member, for use within this package; who was removed is let in again, and who is in keeps role and name."""
    row = organizations.known_member(session=session, organization_id=organization_id, iss=iss, sub=sub)
    if row is None or row.removed_at is not None:
        organizations.lock_organization(session=session, organization_id=organization_id)
        refuse_more_members(session=session, organization_id=organization_id)
    if row is None:
        row = organizations.add_member(
            session=session, organization_id=organization_id, iss=iss, sub=sub, display_name=display_name, role=role
        )
    elif row.removed_at is not None:
        row.removed_at, row.role, row.display_name = None, role, display_name
        session.add(row)
    return Actor(organization_id, row.id, row.role)


def _local(session: Session) -> Actor | None:
    row = organizations.organization_by_key(session=session, key=LOCAL_KEY)
    if row is None:
        return None
    for member in organizations.memberships(session=session, iss=LOCAL_ISSUER, sub=LOCAL_SUBJECT):
        if member.organization_id == row.id:
            return Actor(row.id, member.id, member.role)
    return None


def _found(
    session: Session, organization_id: str, *, name: str, key: str | None, iss: str, sub: str, display_name: str, team: str
) -> Actor:
    organization = organizations.add_organization(session=session, organization_id=organization_id, name=name, key=key)
    owner = organizations.add_member(
        session=session, organization_id=organization.id, iss=iss, sub=sub, display_name=display_name, role="owner"
    )
    teams.add_team(session=session, organization_id=organization.id, name=team)
    return Actor(organization.id, owner.id, owner.role)
