"""What a respondent does: open a link, begin, answer, send off. Nobody is signed in here; the token is all there is.

Saves are gathered and written by `app.services.rounds.writer`, many in one transaction. A save is merged into the person's draft in
that transaction, so it can be repeated, and any number of saves of one person at once leave one draft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Engine
from sqlmodel import Session

from app.clock import now
from app.errors import AppError
from app.services.rounds.closed import other_secret
from app.services.rounds.model import Changes, Outcome, RoundView
from app.services.rounds.sealing import Draft, RoundKeys, new_token, read_token, token_hash
from app.services.rounds.views import asked, view
from app.storage.engine import enter, reading, transaction
from app.storage.queries import rounds, survey_answers
from app.storage.tables import InvitationKind
from app.survey.model import SIDES, Answer, Side
from app.survey.questionnaire import POINTS, Questionnaire

LONGEST_COMMENT = 1_000
"""Characters; the page says so."""


@dataclass(frozen=True)
class Opened:
    """What a link opens.

    Parameters
    ----------
    round
        The round that is asked.
    kind
        "shared" for the link that everybody has; nothing is answered under it, but a link of one's own begins there.
    side
        The respondent's side; None under the shared link.
    answered
        What has an answer, from whichever device: "a:" and an item, "c:" or "g:" and a dimension.
    answers, comments, guesses
        What was given on the device that asks, and nothing else: whoever has the link on another device is not shown it.
    """

    round: RoundView
    kind: InvitationKind
    side: Side | None
    answered: frozenset[str]
    answers: Mapping[str, Answer]
    comments: Mapping[str, str]
    guesses: Mapping[str, int]


@dataclass(frozen=True)
class Save:
    """One save: whose (the token), from which device (its cookie, any text), and what changes."""

    token: str
    device: str
    changes: Changes


def open_link(engine: Engine, *, secret: bytes, token: str, device: str) -> Opened | None:
    """What a token opens, or None when it is unknown, used, or its round is not open: the caller cannot tell which.

    Raises
    ------
    ConfigurationError
        When the server's secret is not the one the round was opened with.
    """
    written = read_token(token)
    with reading(engine, organization_id=None) as session:
        marked = token_hash(written or token)
        found = rounds.invitations(session=session, token_hashes=[marked]).get(marked)
        if found is None or written is None:
            return None
        organization_id, round_id, kind, side = found.organization_id, found.round_id, found.kind, found.side
        enter(session, organization_id=organization_id)
        row = rounds.survey_round(session=session, organization_id=organization_id, round_id=round_id)
        if row is None:
            return None
        shown = view(row)
        if not takes_answers(shown):
            return None
        if kind == "shared":
            return Opened(shown, kind, None, frozenset(), {}, {}, {})
        keys = _keys(session, secret=secret, organization_id=organization_id, round_id=round_id, seal=row.seal)
        key = keys.draft_key(written)
        sealed = survey_answers.draft(session=session, organization_id=organization_id, round_id=round_id, key=key)
    if sealed is None:
        return Opened(shown, kind, side, frozenset(), {}, {}, {}) if side else None
    draft = keys.open_draft(sealed, key=key)
    if draft.finished_on is not None:
        return None
    mine = {entry for entry, tag in draft.seen_on.items() if tag == keys.device_tag(device)}
    every = [*(f"a:{one}" for one in draft.answers), *(f"c:{one}" for one in draft.comments), *(f"g:{one}" for one in draft.guesses)]
    return Opened(
        round=shown,
        kind=kind,
        side=draft.side,
        answered=frozenset(every),
        answers={item: value for item, value in draft.answers.items() if f"a:{item}" in mine},
        comments={dimension: body for dimension, body in draft.comments.items() if f"c:{dimension}" in mine},
        guesses={dimension: value for dimension, value in draft.guesses.items() if f"g:{dimension}" in mine},
    )


def begin(engine: Engine, *, secret: bytes, token: str, side: Side) -> str | None:
    """Begin under a shared link, on one side: the token of the respondent's own link, or None where `open_link` gives None.

    Beginning twice makes two links; one without an answer counts for nothing.
    """
    written = read_token(token)
    if written is None or side not in SIDES:
        return None
    marked, own = token_hash(written), new_token()
    with transaction(engine, organization_id=None) as session:
        found = rounds.invitations(session=session, token_hashes=[marked]).get(marked)
        if found is None or found.kind != "shared":
            return None
        organization_id, round_id = found.organization_id, found.round_id
        enter(session, organization_id=organization_id)
        row = rounds.hold_open(session=session, organization_id=organization_id, round_id=round_id)
        if row is None or not takes_answers(view(row)):
            return None
        keys = _keys(session, secret=secret, organization_id=organization_id, round_id=round_id, seal=row.seal)
        rounds.add_invitation(
            session=session, organization_id=organization_id, round_id=round_id, token_hash=token_hash(own), kind="resumed"
        )
        key = keys.draft_key(own)
        survey_answers.add_draft(
            session=session,
            organization_id=organization_id,
            round_id=round_id,
            key=key,
            sealed=keys.seal_draft(Draft(side), key=key),
        )
    return own


def apply(engine: Engine, *, secret: bytes, saves: Sequence[Save]) -> list[Outcome | AppError]:
    """Write several saves in one transaction.

    Returns
    -------
    list
        For each save in order: "saved", "finished", "unavailable" (see `Outcome`), or the AppError of a save that makes no sense (an
        unknown item, a number off the scale), which changes nothing.
    """
    outcomes: list[Outcome | AppError] = ["unavailable"] * len(saves)
    tokens = [read_token(save.token) for save in saves]
    with transaction(engine, organization_id=None) as session:
        known = rounds.invitations(session=session, token_hashes=[token_hash(token) for token in tokens if token])
        places: dict[tuple[str, str], list[int]] = {}
        for number, token in enumerate(tokens):
            found = known.get(token_hash(token)) if token else None
            if found is not None and found.kind != "shared":
                places.setdefault((found.organization_id, found.round_id), []).append(number)
        # In one order everywhere: two servers that write at once cannot wait for each other.
        for place in sorted(places):
            _apply_in_round(
                session,
                place,
                secret,
                {n: (str(tokens[n]), saves[n], known[token_hash(str(tokens[n]))].side) for n in places[place]},
                outcomes,
            )
    return outcomes


def takes_answers(shown: RoundView) -> bool:
    """Whether a round takes answers now: it is open and its last day is not over, though nobody may have closed it yet."""
    return shown.state == "open" and (shown.closes_at is None or now() < shown.closes_at)


def _apply_in_round(
    session: Session,
    place: tuple[str, str],
    secret: bytes,
    saves: Mapping[int, tuple[str, Save, Side | None]],
    outcomes: list[Outcome | AppError],
) -> None:
    organization_id, round_id = place
    enter(session, organization_id=organization_id)
    row = rounds.hold_open(session=session, organization_id=organization_id, round_id=round_id)
    if row is None or not takes_answers(view(row)):
        return
    shown = view(row)
    survey = asked(shown)
    keys = _keys(session, secret=secret, organization_id=organization_id, round_id=round_id, seal=row.seal)
    where = {number: keys.draft_key(token) for number, (token, _, _) in saves.items()}
    stored = survey_answers.some_drafts(
        session=session, organization_id=organization_id, round_id=round_id, keys=sorted(set(where.values()))
    )
    before = {key: keys.open_draft(sealed, key=key) for key, sealed in stored.items()}
    after = dict(before)
    for number, (_, save, side) in saves.items():
        key = where[number]
        draft = after.get(key) or (Draft(side) if side else None)
        if draft is None:
            continue
        try:
            outcome, after[key] = merged(draft, save.changes, tag=keys.device_tag(save.device), survey=survey, in_room=shown.in_room)
        except AppError as error:
            outcomes[number] = error
        else:
            outcomes[number] = outcome
    for key in sorted(key for key in after if after[key] != before.get(key)):
        write = survey_answers.change_draft if key in before else survey_answers.add_draft
        write(
            session=session,
            organization_id=organization_id,
            round_id=round_id,
            key=key,
            sealed=keys.seal_draft(after[key], key=key),
        )


def merged(draft: Draft, changes: Changes, *, tag: str, survey: Questionnaire, in_room: bool) -> tuple[Outcome, Draft]:
    """What becomes of a draft by one save.

    Parameters
    ----------
    tag
        The mark of the device that saves.
    survey
        What is asked in the round.
    in_room
        Whether guesses are taken.

    Raises
    ------
    AppError
        When something is answered that is not asked, or off the scale, or too long.
    """
    if draft.finished_on is not None:
        # The device that has sent everything off may say so again, because it may not have heard the answer.
        again = changes.finish and draft.finished_on == tag
        return ("finished" if again else "unavailable"), draft
    _check(changes, survey=survey, in_room=in_room)
    answers = {item: value for item, value in {**draft.answers, **changes.answers}.items() if item not in changes.taken_back}
    comments = {d: body for d, body in {**draft.comments, **{d: _clean(c) for d, c in changes.comments.items()}}.items() if body}
    guesses = {**draft.guesses, **changes.guesses}
    given = [*(f"a:{one}" for one in changes.answers), *(f"c:{one}" for one in changes.comments), *(f"g:{one}" for one in changes.guesses)]
    there = {*(f"a:{one}" for one in answers), *(f"c:{one}" for one in comments), *(f"g:{one}" for one in guesses)}
    seen_on = {entry: mark for entry, mark in {**draft.seen_on, **dict.fromkeys(given, tag)}.items() if entry in there}
    changed = replace(draft, answers=answers, comments=comments, guesses=guesses, seen_on=seen_on)
    return ("finished", replace(changed, finished_on=tag)) if changes.finish else ("saved", changed)


def _check(changes: Changes, *, survey: Questionnaire, in_room: bool) -> None:
    items = {item.id for item in survey.items}
    dimensions = {dimension.id for dimension in survey.dimensions}
    for item, value in changes.answers.items():
        if item not in items or not (value is None or _on_scale(value)):
            raise AppError("This answer belongs to no question of the round.", "Load the page again.")
    if not set(changes.taken_back) <= items:
        raise AppError("This answer belongs to no question of the round.", "Load the page again.")
    for dimension, body in changes.comments.items():
        if dimension not in dimensions:
            raise AppError("This comment belongs to no part of the round.", "Load the page again.")
        if len(body) > LONGEST_COMMENT:
            raise AppError(f"The comment is longer than {LONGEST_COMMENT:,} characters.", "Shorten it.")
    for dimension, value in changes.guesses.items():
        if not in_room or dimension not in dimensions or not _on_scale(value):
            raise AppError("This guess belongs to no part of the round.", "Load the page again.")


def _clean(body: str) -> str:
    """The text without what no database or page can hold: control characters, and halves of characters."""
    whole = body.replace("\r\n", "\n").encode("utf-8", "ignore").decode()
    return "".join(one for one in whole if one in "\n\t" or (ord(one) >= 32 and ord(one) != 127)).strip()


def _on_scale(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= POINTS


def _keys(session: Session, *, secret: bytes, organization_id: str, round_id: str, seal: str | None) -> RoundKeys:
    salt = rounds.salt(session=session, organization_id=organization_id, round_id=round_id)
    keys = RoundKeys.of(secret=secret, salt=salt or "")
    if keys.seal != seal:
        # Nothing is written that this round's own secret could not open at the close.
        raise other_secret()
    return keys
