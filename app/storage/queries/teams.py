"""Teams of an organization."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from app.storage.tables import Team


def team(*, session: Session, organization_id: str, team_id: str) -> Team | None:
    """One team of the organization."""
    return session.exec(select(Team).where(Team.organization_id == organization_id, Team.id == team_id)).one_or_none()


def teams(*, session: Session, organization_id: str) -> Sequence[Team]:
    """All teams of the organization in the order they were made; the example, where there is one, last."""
    return session.exec(
        select(Team).where(Team.organization_id == organization_id).order_by(col(Team.is_example), col(Team.created_at), col(Team.id))
    ).all()


def team_named(*, session: Session, organization_id: str, name: str) -> Team | None:
    """The team of that name."""
    return session.exec(select(Team).where(Team.organization_id == organization_id, Team.name == name)).one_or_none()


def example(*, session: Session, organization_id: str) -> Team | None:
    """The example team, once it has been made."""
    return session.exec(select(Team).where(Team.organization_id == organization_id, col(Team.is_example))).one_or_none()


def add_team(
    *, session: Session, organization_id: str, name: str, time_zone: str = "UTC", currency: str | None = None, is_example: bool = False
) -> Team:
    """Add a team."""
    row = Team(organization_id=organization_id, name=name, time_zone=time_zone, currency=currency, is_example=is_example)
    session.add(row)
    session.flush()
    return row
