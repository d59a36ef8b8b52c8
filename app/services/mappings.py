"""How a team's exports were read before, so that next month's needs no answers.

At each commit what was decided is saved under the shape of the file, which is its set of headings. A file of the same shape is read in the
same way. Of a file whose shape has changed, what is still there is read as
before, and only what has gone is asked about.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy import Engine
from sqlmodel import Session

from app.clock import now
from app.errors import FileError, NotFound
from app.ingest.headings import fold
from app.ingest.limits import Limits
from app.ingest.model import Answers, Inspection, Question
from app.services.actor import Actor, require
from app.services.preparation import InspectFile, Prepared, inspect
from app.services.shapes import (
    Recalled,
    SavedReading,
    alike,
    answered,
    format_name,
    headings_of,
    opened_as,
    pinned,
    shape_of,
    shape_questions,
    what_changed,
)
from app.services.stored_json import from_json, to_json
from app.services.teams import team_row
from app.services.uploads import answers_hash, content_later, pending_row
from app.storage.engine import reading, transaction
from app.storage.queries import mappings
from app.storage.tables import SavedMapping, Upload
from app.tables import TableName

ALIKE = 0.5
"""How much of two sets of headings must be common (Jaccard) for the one to count as the other, changed."""
_TRIED = 3


Saved = tuple[str, str, str, SavedReading]
"""Identifier, file name, day and reading of one that is saved."""


@dataclass(frozen=True)
class SavedMappingView:
    """A saved mapping as it is shown: the table, the file it was made with, its columns, and the day it was used last."""

    id: str
    table: TableName
    system: str | None
    file_name: str
    columns: int
    answers: int
    used_on: str


class _Look(Protocol):
    """The type of a look at the file under some answers."""

    def __call__(self, under: Answers) -> Inspection: ...


def saved_mappings(actor: Actor, *, engine: Engine, team_id: str) -> tuple[SavedMappingView, ...]:
    """How the team's exports are remembered, the one used last first."""
    with reading(engine, organization_id=actor.organization_id) as session:
        team_row(session, actor, team_id)
        found = []
        for row in mappings.saved_mappings(session=session, organization_id=actor.organization_id, team_id=team_id):
            saved = from_json(SavedReading, row.mapping)
            given = saved.answers
            answers = len(given.fields) + len(given.roles) + len(given.formats) + len(given.stages)
            answers += sum(value is not None for value in (given.table, given.encoding, given.delimiter, given.head_line, given.currency))
            found.append(
                SavedMappingView(row.id, saved.table, saved.system, row.file_name, len(saved.headings), answers, f"{row.used_at:%d %b %Y}")
            )
        return tuple(found)


def forget_mapping(actor: Actor, *, engine: Engine, mapping_id: str) -> None:
    """Forget how one shape of export is read; forgetting it twice changes nothing. What was imported stays."""
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = mappings.saved_mapping(session=session, organization_id=actor.organization_id, mapping_id=mapping_id)
        if row is None:
            raise NotFound("This is not remembered in your organization.", "Load the page again.")
        session.delete(row)


def recalled(actor: Actor, *, engine: Engine, upload_id: str) -> Recalled | None:
    """What an upload took over from last time; None when that was not looked for yet, or nothing fitted."""
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        row = pending_row(session, actor, upload_id)
        found = None if row.recalled is None else from_json(Recalled, row.recalled)
        return found if found is not None and found.mapping_id else None


def start_afresh(actor: Actor, *, engine: Engine, upload_id: str) -> None:
    """Read an upload as if nothing like it had been seen before. What is remembered stays, until this upload is imported."""
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = pending_row(session, actor, upload_id)
        row.recalled = to_json(Recalled())
        before = from_json(Answers, row.answers)
        row.answers = to_json(Answers(time_zone=before.time_zone, home_currency=before.home_currency))
        session.add(row)


def remember(session: Session, row: Upload, *, currency: str | None) -> None:
    """Save how an upload was read, in the transaction of its commit; nothing is saved of one that nobody looked at."""
    if row.inspection is None or row.inspected_for != answers_hash(row):
        return
    found, answers = from_json(Inspection, row.inspection), from_json(Answers, row.answers)
    if found.table is None or found.questions:
        return
    saved = SavedReading(
        answers=answers,
        table=found.table,
        system=found.system,
        headings=tuple(column.heading for column in found.columns),
        fields={column.field: column.heading for column in found.columns if column.field is not None},
        roles={column.heading: column.role for column in found.columns if column.role != "field"},
        formats={column.heading: format_name(column.format) for column in found.columns if column.format},
        stages={word.word: word.outcome for word in found.stages if word.outcome is not None},
        currency=currency,
    )
    shape = shape_of(saved.headings)
    known = mappings.of_shape(session=session, organization_id=row.organization_id, team_id=row.team_id, shape=shape)
    if known is None:
        known = SavedMapping(organization_id=row.organization_id, team_id=row.team_id, table_name="", shape=shape, file_name="", mapping="")
    else:
        # A word that this month's file does not have may come again.
        saved = replace(saved, stages={**from_json(SavedReading, known.mapping).stages, **saved.stages})
    known.table_name, known.file_name, known.mapping, known.used_at = found.table, row.file_name, to_json(saved), now()
    session.add(known)


def recall(
    actor: Actor, *, engine: Engine, upload_id: str, found: Inspection, limits: Limits, inspect_file: InspectFile
) -> tuple[Inspection, Recalled | None]:
    """Read an upload as the last of its shape was read; done once an upload, before anybody has answered anything.

    Returns
    -------
    tuple of Inspection and Recalled
        The inspection under the answers taken over, and what was taken over; `found` and None when nothing was.
    """
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        row = pending_row(session, actor, upload_id)
        if row.recalled is not None:
            known = from_json(Recalled, row.recalled)
            return found, known if known.mapping_id else None
        answers = from_json(Answers, row.answers)
        data, name = content_later(engine, actor, row), row.file_name
        saved = [
            (one.id, one.file_name, f"{one.used_at:%d %b %Y}", from_json(SavedReading, one.mapping))
            for one in mappings.saved_mappings(session=session, organization_id=actor.organization_id, team_id=row.team_id)
        ]

    def look(under: Answers) -> Inspection:
        return inspect_file(data, name=name, answers=under, limits=limits)

    untouched = answers == Answers(time_zone=answers.time_zone, home_currency=answers.home_currency)
    result, chosen = answers, Recalled()
    match = _match(saved, found, answers, look) if saved and untouched else None
    if match is not None:
        (mapping_id, file_name, day, before), opened, shown = match
        result, shown = _as_before(before, opened, shown, look)
        chosen = what_changed(before, shown, Recalled(mapping_id=mapping_id, file_name=file_name, day=day))
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = pending_row(session, actor, upload_id)
        if from_json(Answers, row.answers) != answers:
            return found, None
        row.answers, row.recalled = to_json(result), to_json(chosen)
        session.add(row)
    if result != answers:
        found = inspect(actor, engine=engine, upload_id=upload_id, limits=limits, inspect_file=inspect_file)
    return found, chosen if chosen.mapping_id else None


def _match(saved: list[Saved], found: Inspection, answers: Answers, look: _Look) -> tuple[Saved, Answers, Inspection] | None:
    """The saved reading that fits, the answers under which the file is opened, and what is seen then."""
    shape = shape_of(headings_of(found))
    for one in saved:
        if shape_of(one[3].headings) == shape:
            return one, opened_as(answers, one[3]), found
    # The headings may only come out right once the file is opened as somebody said it must be.
    for one in [one for one in saved if opened_as(answers, one[3]) != answers][:_TRIED]:
        under = opened_as(answers, one[3])
        try:
            shown = look(under)
        except FileError:
            continue
        if shape_of(headings_of(shown)) == shape_of(one[3].headings):
            return one, under, shown
    mine = set(map(fold, headings_of(found)))
    best = max(saved, key=lambda one: alike(mine, one[3]))
    if alike(mine, best[3]) < ALIKE or found.table not in (None, best[3].table):
        return None
    return best, answers, found


def _as_before(before: SavedReading, answers: Answers, shown: Inspection, look: _Look) -> tuple[Answers, Inspection]:
    """The answers under which the file is read as last time: those given then, and to what is asked what came out then."""
    there = set(headings_of(shown))
    given = before.answers
    answers = replace(
        answers,
        table=given.table,
        system=given.system,
        fields={name: heading for name, heading in given.fields.items() if heading is None or heading in there},
        roles={heading: role for heading, role in given.roles.items() if heading in there},
        stages=dict(given.stages),
        steps=dict(given.steps),
        currency=given.currency,
    )
    for _ in range(4):
        asked = answered(before, shown, pinned(before, shown, answers))
        if asked == answers and shown.table is not None:
            break
        try:
            shown, answers = look(asked), asked
        except FileError:
            break
    return answers, shown


def open_questions(actor: Actor, *, engine: Engine, upload_id: str, found: Inspection) -> tuple[Question, ...]:
    """All that is to be answered about an upload: what the file leaves open, and what has changed since last time."""
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        row = pending_row(session, actor, upload_id)
        known = None if row.recalled is None else from_json(Recalled, row.recalled)
        about = shape_questions(known, found, from_json(Answers, row.answers))
    keys = {(question.answer_in, question.answer_key) for question in about}
    return (*about, *(question for question in found.questions if (question.answer_in, question.answer_key) not in keys))


def as_before(recalled: Recalled | None, prepared: Prepared) -> bool:
    """Whether an upload may be imported without a click.

    It has the shape of one imported before, says nothing otherwise, every cell of it could be read, it is not loaded already, and none of
    the loaded rows would go.
    """
    if recalled is None or not recalled.same_shape or recalled.told or prepared.notes or prepared.same_as is not None:
        return False
    unread = any(part.code.startswith("unreadable") for part in prepared.receipt.set_aside)
    blanked = any("could not be read" in change.what for change in prepared.receipt.changed)
    account = prepared.extending if prepared.mode == "extend" else prepared.replacing
    return not unread and not blanked and (account is None or account.dropped == 0)
