"""Organizations, their members, and the record of who did what."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, select

from app.storage.engine import revealing
from app.storage.tables import Action, ActionKind, Member, MemberRole, Organization


def organization_by_key(*, session: Session, key: str) -> Organization | None:
    """The organization with a well-known name, such as "local"."""
    with revealing(session, "key", key):
        return session.exec(select(Organization).where(Organization.key == key)).one_or_none()


def organization(*, session: Session, organization_id: str) -> Organization | None:
    """The organization itself."""
    return session.get(Organization, organization_id)


def lock_organization(*, session: Session, organization_id: str) -> Organization | None:
    """The organization, held until the end of the transaction, so that its imports take turns.

    SQLite has one writer anyway; on PostgreSQL this is what keeps the choice of the active dataset and the clearing of
    unused blobs from crossing each other.
    """
    return session.exec(select(Organization).where(Organization.id == organization_id).with_for_update()).one_or_none()


def add_organization(*, session: Session, organization_id: str, name: str, key: str | None = None) -> Organization:
    """Add an organization; its new id is what the transaction runs on behalf of."""
    row = Organization(id=organization_id, name=name, key=key)
    session.add(row)
    session.flush()
    return row


def add_member(*, session: Session, organization_id: str, iss: str, sub: str, display_name: str, role: MemberRole) -> Member:
    """Add a member, known by issuer and subject of the login."""
    row = Member(organization_id=organization_id, iss=iss, sub=sub, display_name=display_name, role=role)
    session.add(row)
    session.flush()
    return row


def memberships(*, session: Session, iss: str, sub: str) -> Sequence[Member]:
    """Every membership of one person, oldest first: asked across organizations, by the verified login."""
    with revealing(session, "login", iss, sub):
        return session.exec(
            select(Member)
            .where(Member.iss == iss, Member.sub == sub, col(Member.removed_at).is_(None))
            .order_by(col(Member.created_at), col(Member.id))
        ).all()


def named_memberships(*, session: Session, iss: str, sub: str) -> Sequence[tuple[Member, str]]:
    """Every membership of one person with the organization's name, oldest first: asked across organizations, by the verified login."""
    with revealing(session, "login", iss, sub):
        found = session.exec(
            select(Member, Organization.name)
            .join(Organization, col(Member.organization_id) == col(Organization.id))
            .where(Member.iss == iss, Member.sub == sub, col(Member.removed_at).is_(None))
            .order_by(col(Member.created_at), col(Member.id))
        ).all()
    return [(row[0], row[1]) for row in found]


def known_member(*, session: Session, organization_id: str, iss: str, sub: str) -> Member | None:
    """The person's row in the organization, removed or not."""
    return session.exec(select(Member).where(Member.organization_id == organization_id, Member.iss == iss, Member.sub == sub)).one_or_none()


def member(*, session: Session, organization_id: str, member_id: str) -> Member | None:
    """Whoever is or was a member of the organization."""
    return session.exec(select(Member).where(Member.organization_id == organization_id, Member.id == member_id)).one_or_none()


def members(*, session: Session, organization_id: str) -> Sequence[Member]:
    """All present members of the organization, by name."""
    return session.exec(
        select(Member)
        .where(Member.organization_id == organization_id, col(Member.removed_at).is_(None))
        .order_by(col(Member.display_name), col(Member.id))
    ).all()


def record(
    *, session: Session, organization_id: str, member_id: str | None, what: ActionKind, subject: str, team_id: str | None = None
) -> None:
    """Write down who did what to which thing."""
    session.add(Action(organization_id=organization_id, member_id=member_id, team_id=team_id, what=what, subject=subject))


def actions(
    *, session: Session, organization_id: str, kinds: Collection[ActionKind] | None = None, limit: int | None = 100
) -> Sequence[Action]:
    """The latest actions in the organization, newest first; of some kinds only, or every one there is where no limit is given."""
    wanted = select(Action).where(Action.organization_id == organization_id)
    if kinds is not None:
        wanted = wanted.where(col(Action.what).in_(kinds))
    return session.exec(wanted.order_by(col(Action.at).desc(), col(Action.id)).limit(limit)).all()


def with_retention(*, session: Session) -> Sequence[str]:
    """The organizations that have said how long to keep things: the clock that deletes asks across organizations."""
    with revealing(session, "clock", "retention"):
        return session.exec(
            select(Organization.id).where(col(Organization.retention_days).is_not(None)).order_by(col(Organization.id))
        ).all()
