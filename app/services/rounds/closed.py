"""After the close: the one way from open to closed, and what a closed round holds, for `app.survey.disclosure` to decide what is shown.

Nothing here is for a page: what a page, a file or a command shows of answers has passed through the disclosure rules first.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from random import SystemRandom
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from app.clock import now, today
from app.errors import AppError, ConfigurationError, NotFound
from app.services.actor import Actor, require
from app.services.rounds.model import Comment, NewRound, RoundView
from app.services.rounds.sealing import RoundKeys, Unsealable
from app.services.rounds.views import check_new, row_of, view
from app.services.teams import team_row
from app.storage import policies
from app.storage.engine import checkpoint, reading, transaction
from app.storage.queries import organizations, rounds, survey_answers, teams
from app.storage.tables import RoundSide, SurveyContact, SurveyRound, new_id
from app.survey.model import SIDES, Response

logger = logging.getLogger(__name__)

_random = SystemRandom()


def closed_rounds(actor: Actor, *, engine: Engine, team_id: str) -> tuple[RoundView, ...]:
    """The closed rounds of a team in the order they were closed, the oldest first."""
    with reading(engine, organization_id=actor.organization_id) as session:
        team_row(session, actor, team_id)
        found = [
            view(row)
            for row in rounds.survey_rounds(session=session, organization_id=actor.organization_id, team_id=team_id)
            if row.state == "closed"
        ]
    return tuple(sorted(found, key=lambda one: (one.closed_on or date.min, one.opened_on or date.min, one.id)))


def closed_responses(actor: Actor, *, engine: Engine, round_id: str) -> tuple[Response, ...]:
    """What was answered in a closed round, one `Response` a person, without comments, in random order.

    Raises
    ------
    NotFound
        When the organization has no such round.
    AppError
        When the round is not closed: before that nobody sees an answer.
    """
    with reading(engine, organization_id=actor.organization_id) as session:
        _closed(session, actor, round_id)
        return tuple(
            Response(side=row.side, answers=json.loads(row.answers), guesses=json.loads(row.guesses))
            for row in survey_answers.responses(session=session, organization_id=actor.organization_id, round_id=round_id)
        )


def closed_comments(actor: Actor, *, engine: Engine, round_id: str) -> tuple[Comment, ...]:
    """The comments of a closed round in random order; they cannot be joined to the rest of a person's answers. Errors as above."""
    with reading(engine, organization_id=actor.organization_id) as session:
        _closed(session, actor, round_id)
        return tuple(
            Comment(row.side, row.dimension, row.body)
            for row in survey_answers.comments(session=session, organization_id=actor.organization_id, round_id=round_id)
        )


def record_closed_round(
    actor: Actor, *, engine: Engine, team_id: str, new: NewRound, responses: Sequence[Response], opened_on: date, closed_on: date
) -> RoundView:
    """Keep a round that took place elsewhere (imported answers, the play company) as a closed one; managers and owners.

    Comments may stand with a response; they are kept apart from it as those of any other round are.
    """
    require(actor, "manager")
    check_new(new)
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        team_row(session, actor, team_id)
        row = row_of(new, actor=actor, team_id=team_id)
        row.state, row.opened_on, row.closed_on = "closed", opened_on, closed_on
        session.add(row)
        session.flush()
        _write(session, row, responses)
        _note(session, row, member_id=actor.member_id)
        return view(row)


def close_round(actor: Actor, *, engine: Engine, secret: bytes, round_id: str) -> RoundView:
    """Close a round for good; managers and owners. Closing a closed round changes nothing.

    Raises
    ------
    AppError
        When the round was never opened.
    ConfigurationError
        When the server's secret is not the one the answers were sealed with; then nothing changes.
    """
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = rounds.lock_round(session=session, organization_id=actor.organization_id, round_id=round_id)
        if row is None:
            raise NotFound("This round does not exist in your organization.", "Load the page again.")
        if row.state == "draft":
            raise AppError("This round was never opened, so there is nothing to close.", "Open it, or remove it.")
        if row.state == "open":
            _close(session, row, secret=secret, member_id=actor.member_id)
        closed = view(row)
    _clear_traces(engine)
    return closed


def close_due(engine: Engine, *, secret: bytes) -> int:
    """Close every round whose last day is over, and return how many; run by the clock of the server and before rounds are listed.

    A round that was sealed with another secret stays as it is, and the log says so.
    """
    with reading(engine, organization_id=None) as session:
        due = list(rounds.due(session=session, at=now()))
    number = 0
    for organization_id, round_id in due:
        try:
            with transaction(engine, organization_id=organization_id) as session:
                row = rounds.lock_round(session=session, organization_id=organization_id, round_id=round_id)
                if row is None or row.state != "open":
                    continue
                _close(session, row, secret=secret, member_id=None)
        except ConfigurationError:
            logger.exception("a round of the survey could not be closed")
        else:
            number += 1
    if number:
        _clear_traces(engine)
    return number


def _close(session: Session, row: SurveyRound, *, secret: bytes, member_id: str | None) -> None:
    """From sealed drafts to answers under new ids in random order, in the transaction that destroys what joined them to tokens."""
    mine: dict[str, Any] = {"session": session, "organization_id": row.organization_id, "round_id": row.id}
    if session.connection().dialect.name == "sqlite":
        # What is deleted is overwritten in the file.
        session.connection().exec_driver_sql("PRAGMA secure_delete = ON")
    salt = rounds.salt(**mine)
    keys = RoundKeys.of(secret=secret, salt=salt or "")
    try:
        drafts = [keys.open_draft(sealed, key=key) for key, sealed in survey_answers.drafts(**mine)]
    except Unsealable as error:
        raise other_secret() from error
    _write(session, row, [Response(d.side, d.answers, d.comments, d.guesses) for d in drafts if d.counts])
    survey_answers.destroy_drafts(**mine)
    if row.way == "personal":
        row.roll = _roll(rounds.contacts(**mine), secret=secret, organization_id=row.organization_id)
    rounds.forget_people(**mine)
    team = teams.team(session=session, organization_id=row.organization_id, team_id=row.team_id)
    row.state, row.closed_on, row.seal = "closed", today(team.time_zone if team else "UTC"), None
    session.add(row)
    _note(session, row, member_id=member_id)


def _roll(people: Iterable[SurveyContact], *, secret: bytes, organization_id: str) -> str:
    """Who was asked, by side, as marks that only this server can make: the same person has the same mark in every round."""
    marks: dict[str, list[str]] = {side: [] for side in SIDES}
    for person in people:
        address = f"{organization_id}\0{person.email.strip().lower()}".encode()
        marks[person.side].append(hmac.digest(secret, address, "sha256").hex()[:32])
    return json.dumps({side: sorted(of_side) for side, of_side in marks.items()})


def other_secret() -> ConfigurationError:
    """The error of a server whose secret is not the one a round was opened with."""
    return ConfigurationError(
        "The answers of this round were sealed with another secret than this server's.",
        "Restore SCORECARD_SECRET or the file “secret” of the data folder as it was when the round was opened.",
    )


def _write(session: Session, row: SurveyRound, responses: Iterable[Response]) -> None:
    """Write answers under new ids in random order, and the comments apart from them in a random order of their own."""
    answers: list[tuple[str, RoundSide, str, str]] = []
    comments: list[tuple[str, RoundSide, str, str]] = []
    for response in responses:
        answers.append((new_id(), response.side, _json(response.answers), _json(response.guesses)))
        comments += [(new_id(), response.side, dimension, body) for dimension, body in response.comments.items()]
    _random.shuffle(answers)
    _random.shuffle(comments)
    survey_answers.add_responses(session=session, organization_id=row.organization_id, round_id=row.id, responses=answers)
    survey_answers.add_comments(session=session, organization_id=row.organization_id, round_id=row.id, comments=comments)


def _json(values: Mapping[str, object]) -> str:
    # Sorted: the order in which the questions were answered is nobody's business.
    return json.dumps(dict(values), sort_keys=True, separators=(",", ":"))


def _note(session: Session, row: SurveyRound, *, member_id: str | None) -> None:
    organizations.record(
        session=session,
        organization_id=row.organization_id,
        member_id=member_id,
        team_id=row.team_id,
        what="round_closed",
        subject=row.id,
    )


def _closed(session: Session, actor: Actor, round_id: str) -> SurveyRound:
    row = rounds.survey_round(session=session, organization_id=actor.organization_id, round_id=round_id)
    if row is None:
        raise NotFound("This round does not exist in your organization.", "Load the page again.")
    if row.state != "closed":
        raise AppError("Nothing of a round is seen before it is closed.", "Close the round first.")
    return row


def _clear_traces(engine: Engine) -> None:
    """Remove from the files what the close has deleted: SQLite's log, and the dead rows that PostgreSQL keeps until it tidies up.

    A role that owns nothing may not vacuum before PostgreSQL 17, and is only warned; there autovacuum of these tables begins at the first
    dead row (`app.storage.policies.TIDIED`).
    """
    try:
        if engine.dialect.name == "sqlite":
            checkpoint(engine)
        else:
            policies.vacuum(engine)
    except Exception:  # the round is closed all the same, and the next close tidies up as well
        logger.exception("the traces of a closed round could not be removed at once")
