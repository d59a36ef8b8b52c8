"""Teams: list, make, rename, and what is set per team (programme start, time zone, currency, win-rate definition)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlmodel import Session

from app.errors import AppError, NotFound
from app.metrics.model import Definition
from app.services.actor import Actor, require
from app.services.stored_json import from_json, to_json
from app.storage.engine import reading, transaction
from app.storage.queries import datasets, organizations
from app.storage.queries import teams as rows
from app.storage.tables import Team

EXAMPLE_NAME = "Example company"

_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class TeamView:
    """A team as it is shown. `programme_start` is the day the alignment programme began, None until it is set.

    `win_rate` is how the team counts its win rate unless somebody turns the dial on a page.
    """

    id: str
    name: str
    time_zone: str
    currency: str | None
    programme_start: date | None
    win_rate: Definition
    is_example: bool


@dataclass(frozen=True)
class Shown:
    """What a member sees: the team, the own teams by id, and the id of the example when it has data."""

    team: TeamView
    own: tuple[tuple[str, str], ...]
    example_id: str | None


def list_teams(actor: Actor, *, engine: Engine, with_example: bool = False) -> tuple[TeamView, ...]:
    """The teams of the organization in the order they were made; the example, when asked for, last."""
    with reading(engine, organization_id=actor.organization_id) as session:
        return tuple(
            _view(row) for row in rows.teams(session=session, organization_id=actor.organization_id) if with_example or not row.is_example
        )


def read_team(actor: Actor, *, engine: Engine, team_id: str) -> TeamView:
    """One team; `NotFound` when the organization has none of that id."""
    with reading(engine, organization_id=actor.organization_id) as session:
        return _view(team_row(session, actor, team_id))


def create_team(actor: Actor, *, engine: Engine, name: str, time_zone: str = "UTC", currency: str | None = None) -> TeamView:
    """Make a team; managers and owners. The name must be new within the organization."""
    require(actor, "manager")
    name, time_zone, currency = _name(name), _time_zone(time_zone), _currency(currency)
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        _refuse_taken(session, actor, name)
        row = rows.add_team(session=session, organization_id=actor.organization_id, name=name, time_zone=time_zone, currency=currency)
        organizations.record(
            session=session,
            organization_id=actor.organization_id,
            member_id=actor.member_id,
            team_id=row.id,
            what="team_created",
            subject=row.id,
        )
        return _view(row)


def rename_team(actor: Actor, *, engine: Engine, team_id: str, name: str) -> TeamView:
    """Give the team another name."""
    require(actor, "manager")
    name = _name(name)
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        row = team_row(session, actor, team_id)
        if row.name != name:
            _refuse_taken(session, actor, name)
            row.name = name
        return _changed(session, actor, row)


def set_programme_start(actor: Actor, *, engine: Engine, team_id: str, day: date | None) -> TeamView:
    """Say when the alignment programme began; None when it has not."""
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = team_row(session, actor, team_id)
        row.programme_start = day
        return _changed(session, actor, row)


def set_time_zone(actor: Actor, *, engine: Engine, team_id: str, time_zone: str) -> TeamView:
    """Set the IANA time zone in which the team's days begin and end. Tables that are loaded keep the one they were read in."""
    require(actor, "manager")
    time_zone = _time_zone(time_zone)
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = team_row(session, actor, team_id)
        row.time_zone = time_zone
        return _changed(session, actor, row)


def set_currency(actor: Actor, *, engine: Engine, team_id: str, currency: str | None) -> TeamView:
    """Set the currency (three letters) that amounts without one are in."""
    require(actor, "manager")
    currency = _currency(currency)
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = team_row(session, actor, team_id)
        row.currency = currency
        return _changed(session, actor, row)


def set_win_rate(actor: Actor, *, engine: Engine, team_id: str, definition: Definition) -> TeamView:
    """Set how the team counts its win rate by default."""
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = team_row(session, actor, team_id)
        row.win_rate_definition = to_json(definition)
        return _changed(session, actor, row)


def example_team(actor: Actor, *, engine: Engine) -> TeamView:
    """The team that holds the example data, made on first use. Anyone may look at it; only `app.services.commits` fills it."""
    with reading(engine, organization_id=actor.organization_id) as session:
        row = rows.example(session=session, organization_id=actor.organization_id)
        if row is not None:
            return _view(row)
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        row = rows.example(session=session, organization_id=actor.organization_id)
        if row is None:
            name = EXAMPLE_NAME
            while rows.team_named(session=session, organization_id=actor.organization_id, name=name) is not None:
                name += " (example)"
            row = rows.add_team(session=session, organization_id=actor.organization_id, name=name, is_example=True)
        return _view(row)


def leave_example(actor: Actor, *, engine: Engine) -> TeamView:
    """Stop showing the example; returns the team that is shown from now on. Doing it twice changes nothing."""
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        organization = organizations.lock_organization(session=session, organization_id=actor.organization_id)
        if organization is None:
            raise NotFound("This organization does not exist any more.")
        if organization.shows_example:
            organization.shows_example = False
            organizations.record(
                session=session,
                organization_id=actor.organization_id,
                member_id=actor.member_id,
                what="example_left",
                subject=organization.id,
            )
        _choose(session, actor, None)
        session.flush()
        return shown_in(session, actor).team


def show_example(actor: Actor, *, engine: Engine) -> TeamView:
    """Show the example again, when it has data. Doing it twice changes nothing."""
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        organization = organizations.lock_organization(session=session, organization_id=actor.organization_id)
        if organization is None:
            raise NotFound("This organization does not exist any more.")
        organization.shows_example = True
        _choose(session, actor, None)
        session.flush()
        found = shown_in(session, actor)
        if not found.team.is_example and found.example_id is not None:
            # Another team has data, so that the example is shown only to whoever asks for it.
            _choose(session, actor, found.example_id)
            session.flush()
            found = shown_in(session, actor)
        return found.team


def choose_team(actor: Actor, *, engine: Engine, team_id: str) -> TeamView:
    """Show another team to this member from now on, on every device."""
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = team_row(session, actor, team_id)
        _choose(session, actor, row.id)
        return _view(row)


def shown_team(actor: Actor, *, engine: Engine) -> TeamView:
    """The team to show: see `shown`."""
    return shown(actor, engine=engine).team


def shown(actor: Actor, *, engine: Engine) -> Shown:
    """The team to show, and those to choose from.

    It is the one that the member has chosen. Where there is none, it is the example, once it has data, as long as no team of the
    organization's own has any and nobody has left the example; otherwise the first own team with data, or the first own team.
    """
    with reading(engine, organization_id=actor.organization_id) as session:
        return shown_in(session, actor)


def team_row(session: Session, actor: Actor, team_id: str) -> Team:
    """The row of a team of the actor's organization, for use within this package; `NotFound` otherwise."""
    row = rows.team(session=session, organization_id=actor.organization_id, team_id=team_id)
    if row is None:
        raise NotFound("This team does not exist in your organization.", "Choose another team.")
    return row


def shown_in(session: Session, actor: Actor) -> Shown:
    """What `shown` says, in a session that is open already, for use within this package."""
    every = rows.teams(session=session, organization_id=actor.organization_id)
    organization = organizations.organization(session=session, organization_id=actor.organization_id)
    if organization is None or not every:
        raise NotFound("This organization has no team.", "Make one.")
    loaded = datasets.teams_with_data(session=session, organization_id=actor.organization_id)
    with_data = [row for row in every if row.id in loaded]
    own = [row for row in every if not row.is_example]
    own_with_data = [row for row in with_data if not row.is_example]
    example = [row for row in with_data if row.is_example]
    member = organizations.member(session=session, organization_id=actor.organization_id, member_id=actor.member_id)
    chosen = [row for row in (*own, *example) if member is not None and row.id == member.team_id]
    if chosen:
        team = chosen[0]
    elif own_with_data:
        team = own_with_data[0]
    elif (organization.shows_example and example) or not own:
        team = (example or list(every))[0]
    else:
        team = own[0]
    return Shown(_view(team), tuple((row.id, row.name) for row in own), example[0].id if example else None)


def _choose(session: Session, actor: Actor, team_id: str | None) -> None:
    member = organizations.member(session=session, organization_id=actor.organization_id, member_id=actor.member_id)
    if member is not None and member.team_id != team_id:
        member.team_id = team_id
        session.add(member)


def _changed(session: Session, actor: Actor, row: Team) -> TeamView:
    session.add(row)
    organizations.record(
        session=session,
        organization_id=actor.organization_id,
        member_id=actor.member_id,
        team_id=row.id,
        what="team_changed",
        subject=row.id,
    )
    session.flush()
    return _view(row)


def _view(row: Team) -> TeamView:
    return TeamView(
        id=row.id,
        name=row.name,
        time_zone=row.time_zone,
        currency=row.currency,
        programme_start=row.programme_start,
        win_rate=from_json(Definition, row.win_rate_definition),
        is_example=row.is_example,
    )


def _refuse_taken(session: Session, actor: Actor, name: str) -> None:
    if rows.team_named(session=session, organization_id=actor.organization_id, name=name) is not None:
        raise AppError(f"There is a team called “{name}” already.", "Choose another name.")


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise AppError("A team needs a name.", "Type one.")
    if len(name) > 200:
        raise AppError("The name is longer than 200 characters.", "Choose a shorter one.")
    return name


def _time_zone(time_zone: str) -> str:
    try:
        ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise AppError(f"“{time_zone}” is no time zone.", "Choose one from the list, such as Europe/Berlin.") from error
    return time_zone


def _currency(currency: str | None) -> str | None:
    if currency is None or not currency.strip():
        return None
    code = currency.strip().upper()
    if not _CURRENCY.fullmatch(code):
        raise AppError(f"“{currency}” is no currency code.", "Use the three letters, such as EUR or USD.")
    return code
