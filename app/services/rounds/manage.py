"""What a manager does with a round: set it up, say who is asked, open it, follow it. Closing is in `closed`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Engine
from sqlmodel import Session

from app.clock import now, today
from app.errors import AppError, NotFound
from app.services.actor import Actor, require
from app.services.limits import refuse_more_open_rounds
from app.services.rounds.closed import other_secret
from app.services.rounds.model import Link, NewRound, Person, Progress, RoundView
from app.services.rounds.sealing import RoundKeys, Unsealable, new_salt, token_hash
from app.services.rounds.views import check_minimum, check_new, end_of, row_of, view
from app.services.teams import team_row
from app.storage.engine import reading, transaction
from app.storage.queries import organizations, rounds, survey_answers
from app.storage.tables import ActionKind, SurveyRound, new_id
from app.survey.model import SIDES

SHARED = "shared link"
"""The name from which the token of a shared link is made; people have random names."""
MOST_PEOPLE = 5_000


def list_rounds(actor: Actor, *, engine: Engine, team_id: str) -> tuple[RoundView, ...]:
    """The rounds of a team, newest first."""
    with reading(engine, organization_id=actor.organization_id) as session:
        zone = team_row(session, actor, team_id).time_zone
        return tuple(
            view(row, time_zone=zone)
            for row in rounds.survey_rounds(session=session, organization_id=actor.organization_id, team_id=team_id)
        )


def read_round(actor: Actor, *, engine: Engine, round_id: str) -> RoundView:
    """One round; `NotFound` when the organization has none of that id."""
    with reading(engine, organization_id=actor.organization_id) as session:
        row = _row(session, actor, round_id)
        return view(row, time_zone=team_row(session, actor, row.team_id).time_zone)


def create_round(actor: Actor, *, engine: Engine, team_id: str, new: NewRound, people: Sequence[Person] = ()) -> RoundView:
    """Set up a round that is not open yet; managers and owners.

    Parameters
    ----------
    people
        Who gets a personal link; a person with the same e-mail address is asked once. For a shared link nobody is listed.

    Raises
    ------
    AppError
        When the round makes no sense: no name, no dimension, an unknown language, a last day that is over, a minimum below five.
    """
    require(actor, "manager")
    check_new(new)
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        team = team_row(session, actor, team_id)
        row = row_of(new, actor=actor, team_id=team_id)
        if new.closes_on is not None:
            row.closes_at = _end(new.closes_on, time_zone=team.time_zone)
        session.add(row)
        session.flush()
        _ask(session, row, people)
        _note(session, row, actor, "round_created")
        return view(row, time_zone=team.time_zone)


def open_round(actor: Actor, *, engine: Engine, secret: bytes, round_id: str) -> RoundView:
    """Open a round: from now on its links work and what it asks is fixed. Opening an open round changes nothing.

    Raises
    ------
    AppError
        When it is closed (for good), its last day is over, or it has personal links and nobody is listed.
    """
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        row = _locked(session, actor, round_id)
        if row.state == "closed":
            raise AppError("A closed round cannot be opened again.", "Start a new round.")
        if row.state == "open":
            return view(row)
        if row.closes_at is not None and row.closes_at <= now():
            raise AppError("The last day of this round is over.", "Choose a later day.")
        people = list(rounds.contacts(session=session, organization_id=actor.organization_id, round_id=row.id))
        if row.way == "personal" and not people:
            raise AppError("Nobody is listed for the personal links.", "Paste or upload the list of people, or use one shared link.")
        refuse_more_open_rounds(session=session, organization_id=actor.organization_id)
        salt = new_salt()
        keys = RoundKeys.of(secret=secret, salt=salt)
        rounds.add_salt(session=session, organization_id=actor.organization_id, round_id=row.id, salt=salt)
        zone = team_row(session, actor, row.team_id).time_zone
        row.state, row.seal, row.opened_on = "open", keys.seal, today(zone)
        session.add(row)
        if row.way == "shared":
            _invite_all(session, row, keys)
        for person in people:
            _invite(session, row, keys, person.id, person.side)
        _note(session, row, actor, "round_opened")
        return view(row)


def add_people(actor: Actor, *, engine: Engine, secret: bytes, round_id: str, people: Sequence[Person]) -> RoundView:
    """Ask more people, before or while the round is open; those already listed by their e-mail address are not asked twice."""
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = _locked(session, actor, round_id)
        if row.state == "closed":
            raise AppError("This round is closed.", "Start a new round.")
        added = _ask(session, row, people)
        if row.state == "open":
            keys = _keys(session, row, secret)
            for contact_id, person in added:
                _invite(session, row, keys, contact_id, person.side)
        return view(row)


def set_last_day(actor: Actor, *, engine: Engine, round_id: str, day: date | None) -> RoundView:
    """Choose the last day on which answers are taken, until the round is closed; None to close by hand."""
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = _locked(session, actor, round_id)
        if row.state == "closed":
            raise AppError("This round is closed.", "Start a new round.")
        zone = team_row(session, actor, row.team_id).time_zone
        row.closes_at = None if day is None else _end(day, time_zone=zone)
        session.add(row)
        return view(row, time_zone=zone)


def raise_minimum(actor: Actor, *, engine: Engine, round_id: str, minimum: int) -> RoundView:
    """Show only larger groups than promised. The number is never lowered once the round was opened, and fixed after the close."""
    require(actor, "manager")
    check_minimum(minimum)
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = _locked(session, actor, round_id)
        if row.state == "closed":
            raise AppError("This round is closed, and what is shown of it is fixed.", "Choose the number for the next round.")
        if row.state == "open" and minimum < row.minimum:
            raise AppError(
                f"People were promised that groups of fewer than {row.minimum} are not shown, so the number can only be raised.",
                "Choose a lower number for the next round.",
            )
        row.minimum = minimum
        session.add(row)
        return view(row)


def remove_round(actor: Actor, *, engine: Engine, round_id: str) -> None:
    """Remove a round that was never opened, with its list of people."""
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = _locked(session, actor, round_id)
        if row.state != "draft":
            raise AppError("Only a round that was never opened can be removed.", "Close it instead.")
        _note(session, row, actor, "round_removed")
        session.delete(row)


def progress(actor: Actor, *, engine: Engine, secret: bytes, round_id: str) -> Progress:
    """How many people of each side have answered something, rounded down to multiples of the minimum, while the round is open.

    The drafts are opened to tell the sides apart, because no table may say of a row whose side it is.
    """
    with reading(engine, organization_id=actor.organization_id) as session:
        row = _row(session, actor, round_id)
        if row.state != "open":
            return Progress(row.minimum, dict.fromkeys(SIDES, 0))
        keys = _keys(session, row, secret)
        found = survey_answers.drafts(session=session, organization_id=actor.organization_id, round_id=row.id)
        try:
            drafts = [keys.open_draft(sealed, key=key) for key, sealed in found]
        except Unsealable as error:
            raise other_secret() from error
    counted = Counter(draft.side for draft in drafts if draft.counts)
    return Progress(row.minimum, {side: counted[side] // row.minimum * row.minimum for side in SIDES})


def shared_path(actor: Actor, *, engine: Engine, secret: bytes, round_id: str) -> str | None:
    """The path of the shared link while the round is open, else None; a round of personal links has none."""
    with reading(engine, organization_id=actor.organization_id) as session:
        row = _row(session, actor, round_id)
        return f"/s/{_keys(session, row, secret).token(SHARED)}" if row.state == "open" and row.way == "shared" else None


def links(actor: Actor, *, engine: Engine, secret: bytes, round_id: str) -> tuple[Link, ...]:
    """Everybody's own link while the round is open, sales first, by name; managers and owners. Whoever has a link can answer with it."""
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        row = _row(session, actor, round_id)
        if row.state != "open":
            return ()
        keys = _keys(session, row, secret)
        return tuple(
            Link(Person(one.name, one.email, one.side), f"/s/{keys.token(one.id)}")
            for one in rounds.contacts(session=session, organization_id=actor.organization_id, round_id=row.id)
        )


def people(actor: Actor, *, engine: Engine, round_id: str) -> tuple[Person, ...]:
    """Who is listed, until the close; managers and owners."""
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        row = _row(session, actor, round_id)
        listed = rounds.contacts(session=session, organization_id=actor.organization_id, round_id=row.id)
        return tuple(Person(one.name, one.email, one.side) for one in listed)


def _ask(session: Session, row: SurveyRound, more: Sequence[Person]) -> list[tuple[str, Person]]:
    """Add people who are not listed yet, and count who is asked; gives (id, person) of the new ones."""
    if not more:
        return []
    if row.way != "personal":
        raise AppError("A round with one shared link has no list of people.", "Choose personal links, or leave the list out.")
    listed = list(rounds.contacts(session=session, organization_id=row.organization_id, round_id=row.id))
    known = {one.email.casefold() or f"\0{one.side}\0{one.name.casefold()}" for one in listed}
    added = []
    for person in more:
        mark = person.email.casefold() or f"\0{person.side}\0{person.name.casefold()}"
        if mark not in known:
            known.add(mark)
            added.append((new_id(), person))
    if len(listed) + len(added) > MOST_PEOPLE:
        raise AppError(f"A round can ask {MOST_PEOPLE:,} people at most by personal links.", "Use one shared link.")
    for contact_id, person in added:
        rounds.add_contact(
            session=session,
            organization_id=row.organization_id,
            round_id=row.id,
            contact_id=contact_id,
            name=person.name,
            email=person.email,
            side=person.side,
        )
    sides = Counter([*(one.side for one in listed), *(person.side for _, person in added)])
    row.invited_sales, row.invited_marketing = sides["sales"], sides["marketing"]
    session.add(row)
    session.flush()
    return added


def _invite(session: Session, row: SurveyRound, keys: RoundKeys, contact_id: str, side: str) -> None:
    rounds.add_invitation(
        session=session,
        organization_id=row.organization_id,
        round_id=row.id,
        token_hash=token_hash(keys.token(contact_id)),
        kind="personal",
        side="sales" if side == "sales" else "marketing",
    )


def _invite_all(session: Session, row: SurveyRound, keys: RoundKeys) -> None:
    rounds.add_invitation(
        session=session, organization_id=row.organization_id, round_id=row.id, token_hash=token_hash(keys.token(SHARED)), kind="shared"
    )


def _keys(session: Session, row: SurveyRound, secret: bytes) -> RoundKeys:
    """The keys of an open round; ConfigurationError when the server's secret is not the one it was opened with."""
    salt = rounds.salt(session=session, organization_id=row.organization_id, round_id=row.id)
    keys = RoundKeys.of(secret=secret, salt=salt or "")
    if row.state == "open" and row.seal != keys.seal:
        raise other_secret()
    return keys


def _end(day: date, *, time_zone: str) -> datetime:
    end = end_of(day, time_zone=time_zone)
    if end <= now():
        raise AppError("The last day is over already.", "Choose today or a later day.")
    return end


def _row(session: Session, actor: Actor, round_id: str) -> SurveyRound:
    row = rounds.survey_round(session=session, organization_id=actor.organization_id, round_id=round_id)
    if row is None:
        raise NotFound("This round does not exist in your organization.", "Load the page again.")
    return row


def _locked(session: Session, actor: Actor, round_id: str) -> SurveyRound:
    row = rounds.lock_round(session=session, organization_id=actor.organization_id, round_id=round_id)
    if row is None:
        raise NotFound("This round does not exist in your organization.", "Load the page again.")
    return row


def _note(session: Session, row: SurveyRound, actor: Actor, what: ActionKind) -> None:
    organizations.record(
        session=session,
        organization_id=row.organization_id,
        member_id=actor.member_id,
        team_id=row.team_id,
        what=what,
        subject=row.id,
    )
