"""Answers from a file: read under the limits of every other file, then published like those of any other round."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine

from app.ingest.gate import decode_file
from app.ingest.limits import Limits
from app.services.actor import Actor, require
from app.services.rounds.closed import record_closed_round
from app.services.rounds.model import NewRound, RoundView
from app.survey.answer_sheet import AnswerSheet, SheetAnswers, read_sheet
from app.survey.disclosure import SMALLEST, publish
from app.survey.model import Side
from app.survey.published import Published
from app.survey.questionnaire import Questionnaire, load, newest

NOTHING_SAID = SheetAnswers()


@dataclass(frozen=True)
class FileSummary:
    """What a file of answers holds, told without any answer: how its columns were read and how many people are on each side."""

    columns: tuple[tuple[str, str], ...]
    side_column: str
    ignored: tuple[str, ...]
    missing: tuple[str, ...]
    people: int
    empty: int
    dimensions: tuple[str, ...]


def summary(data: bytes, *, name: str, limits: Limits, given: SheetAnswers = NOTHING_SAID, version: str | None = None) -> FileSummary:
    """How a file of answers is read.

    Raises
    ------
    FileError
        When it cannot be read, or a question about it is open (`AnswerNeeded`).
    """
    asked = _asked(version)
    return _summary(_sheet(data, name=name, limits=limits, given=given, asked=asked), asked)


def publish_file(
    data: bytes,
    *,
    name: str,
    limits: Limits,
    given: SheetAnswers = NOTHING_SAID,
    version: str | None = None,
    minimum: int = SMALLEST,
    invited: Mapping[Side, int] | None = None,
) -> tuple[FileSummary, Questionnaire, Published]:
    """What the answers of a file publish, without a database; errors as for `summary`."""
    asked = _asked(version)
    sheet = _sheet(data, name=name, limits=limits, given=given, asked=asked)
    held = asked.only(sheet.dimensions(asked))
    return _summary(sheet, asked), held, publish(held, sheet.responses, minimum=minimum, invited=invited)


def import_file(
    actor: Actor,
    *,
    engine: Engine,
    team_id: str,
    data: bytes,
    name: str,
    limits: Limits,
    round_name: str,
    closed_on: date,
    given: SheetAnswers = NOTHING_SAID,
    version: str | None = None,
    minimum: int = SMALLEST,
    invited: Mapping[Side, int] | None = None,
) -> RoundView:
    """Keep the answers of a file as a closed round; managers and owners. Errors as for `summary`."""
    require(actor, "manager")
    asked = _asked(version)
    sheet = _sheet(data, name=name, limits=limits, given=given, asked=asked)
    new = NewRound(
        name=round_name,
        questionnaire=asked.version,
        dimensions=sheet.dimensions(asked),
        languages=asked.languages,
        minimum=minimum,
        invited=invited or {},
    )
    return record_closed_round(
        actor, engine=engine, team_id=team_id, new=new, responses=sheet.responses, opened_on=closed_on, closed_on=closed_on
    )


def _asked(version: str | None) -> Questionnaire:
    return newest() if version is None else load(version)


def _sheet(data: bytes, *, name: str, limits: Limits, given: SheetAnswers, asked: Questionnaire) -> AnswerSheet:
    text = decode_file(data, name=name, limits=limits).decode()
    # Cells may be longer than the reader's default allows; the gate has limited them already.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    lines = list(csv.reader(io.StringIO(text, newline="")))
    return read_sheet(lines[0], lines[1:], questionnaire=asked, given=given, file=name)


def _summary(sheet: AnswerSheet, asked: Questionnaire) -> FileSummary:
    return FileSummary(
        columns=sheet.columns,
        side_column=sheet.side_column,
        ignored=sheet.ignored,
        missing=sheet.missing,
        people=len(sheet.responses),
        empty=sheet.empty,
        dimensions=sheet.dimensions(asked),
    )
