"""The shape of an export, and what is different from the last one of it. Nothing here touches the database.

What was decided is never forced on a file that says otherwise: an earlier answer answers a question, and where the file settles
something by itself in another way than last time, that is told.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from app import wording
from app.ingest.headings import fold
from app.ingest.model import Answers, Choice, ColumnProposal, Inspection, Question, Role
from app.services.uploads import with_answer
from app.tables import TABLES, Outcome, TableName

RENAMED = 0.6
"""How like two headings must be (difflib's ratio) for the one to be proposed as the other's new name."""


@dataclass(frozen=True)
class SavedReading:
    """What is kept of how a file was read.

    `answers` are those given; the rest is what came of them and of the file: field → heading, heading → role, heading → format, stage
    word → outcome. No cell of the file is among them but the stage words.
    """

    answers: Answers
    table: TableName
    system: str | None
    headings: tuple[str, ...]
    fields: dict[str, str] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    stages: dict[str, Outcome] = field(default_factory=dict)
    currency: str | None = None


@dataclass(frozen=True)
class Recalled:
    """What an upload took over from last time, kept with it. `mapping_id` is "" when nothing fitted.

    `gone` are (field, heading) of columns that filled a field and are not in the file any more; `likely` names for such a heading the
    one that may be its new name. `gone_others` and `new` are headings. `told` are sentences about what is different.
    """

    mapping_id: str = ""
    file_name: str = ""
    day: str = ""
    same_shape: bool = False
    gone: tuple[tuple[str, str], ...] = ()
    likely: dict[str, str] = field(default_factory=dict)
    gone_others: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


def shape_of(headings: Iterable[str]) -> str:
    """The hash of a set of headings, whatever their order, case and spaces."""
    return hashlib.sha256(json.dumps(sorted(map(fold, headings)), ensure_ascii=False).encode()).hexdigest()


def headings_of(found: Inspection) -> tuple[str, ...]:
    """The headings of a file, in its order."""
    return tuple(column.heading for column in found.columns)


def alike(mine: set[str], saved: SavedReading) -> float:
    """How much two sets of headings have in common, in [0, 1] (Jaccard)."""
    theirs = set(map(fold, saved.headings))
    return len(mine & theirs) / max(1, len(mine | theirs))


def opened_as(answers: Answers, saved: SavedReading) -> Answers:
    """The answers, with the file opened as it was then."""
    given = saved.answers
    return replace(answers, encoding=given.encoding, delimiter=given.delimiter, sheet=given.sheet, head_line=given.head_line)


def pinned(before: SavedReading, shown: Inspection, answers: Answers) -> Answers:
    """Columns that would be used otherwise than last time are used as last time."""
    if shown.table != before.table:
        return answers
    there = {column.heading: column for column in shown.columns}
    fields, roles = dict(answers.fields), dict(answers.roles)
    for name, heading in before.fields.items():
        if heading in there and there[heading].field != name and name not in fields:
            fields[name] = heading
    for heading, role in before.roles.items():
        column = there.get(heading)
        if column is not None and column.role != role and heading not in roles and "gives the closing date" not in column.reason:
            roles[heading] = role
    return replace(answers, fields=fields, roles=roles)


def answered(before: SavedReading, shown: Inspection, answers: Answers) -> Answers:
    """The answers with what is open now answered by what came out last time, where that is among the choices."""
    for question in shown.questions:
        value = _earlier(before, question)
        if value is not None and value in {choice.value for choice in question.choices}:
            answers = with_answer(answers, question=question, value=value)
    return answers


def _earlier(before: SavedReading, question: Question) -> str | None:
    """What the question came to last time, None when it did not come up."""
    key = question.answer_key
    if question.answer_in == "stages":
        return before.stages.get(key)
    if question.answer_in == "formats":
        return before.answers.formats.get(key) or before.formats.get(key)
    if question.answer_in == "fields":
        return before.fields.get(key, "")
    if question.answer_in == "table":
        return before.table
    if question.answer_in == "currency":
        return before.answers.currency or before.currency
    if question.answer_in == "steps":
        return before.answers.steps.get(key)
    if question.answer_in == "encoding":
        return before.answers.encoding
    return None


def what_changed(before: SavedReading, shown: Inspection, start: Recalled) -> Recalled:
    """What is different from last time."""
    headings = headings_of(shown)
    folded = set(map(fold, headings))
    gone = [heading for heading in before.headings if fold(heading) not in folded]
    earlier = set(map(fold, before.headings))
    new = [column for column in shown.columns if fold(column.heading) not in earlier]
    filled = {heading: name for name, heading in before.fields.items()}
    told: list[str] = []
    for column in shown.columns:
        was, now_is = before.formats.get(column.heading), format_name(column.format)
        if was and now_is and column.field is not None and was != now_is:
            told.append(f"“{column.heading}” is written another way: {now_is}, last time {was}.")
    told += [
        f"“{word.word}” is a new word ({wording.count(word.rows)} rows), taken as “{word.outcome}”."
        for word in shown.stages
        if word.outcome is not None and word.word not in before.stages
    ]
    return replace(
        start,
        same_shape=not gone and not new,
        gone=tuple((filled[heading], heading) for heading in gone if heading in filled),
        likely=_likely(gone, new, before, shown),
        gone_others=tuple(heading for heading in gone if heading not in filled),
        new=tuple(column.heading for column in new),
        told=tuple(told),
    )


def _likely(gone: list[str], new: list[ColumnProposal], before: SavedReading, shown: Inspection) -> dict[str, str]:
    """For headings that have gone the new one that may be the same: it fills the same field, or is written much the same."""
    filled = {heading: name for name, heading in before.fields.items()}
    found: dict[str, str] = {}
    for heading in gone:
        same = [column.heading for column in new if column.field is not None and column.field == filled.get(heading)]
        like = sorted(
            ((SequenceMatcher(None, fold(heading), fold(column.heading)).ratio(), column.heading) for column in new), reverse=True
        )
        if same:
            found[heading] = same[0]
        elif like and like[0][0] >= RENAMED and like[0][1] not in found.values():
            found[heading] = like[0][1]
    return found


def shape_questions(recalled: Recalled | None, found: Inspection, answers: Answers) -> tuple[Question, ...]:
    """One question for each field whose column has gone, until it is answered: which column holds it now."""
    if recalled is None or found.table is None:
        return ()
    names = {one.name for one in TABLES[found.table].fields}
    asked = []
    for name, heading in recalled.gone:
        if name in answers.fields or name not in names:
            continue
        label = TABLES[found.table].field(name).label
        proposed = next((column.heading for column in found.columns if column.field == name), None)
        first = [one for one in (proposed, recalled.likely.get(heading)) if one is not None]
        taken = {column.heading for column in found.columns if column.field is not None and column.field != name}
        rest = [one for one in recalled.new if one not in taken]
        offered = list(dict.fromkeys([*first, *rest]))
        samples = {column.heading: ", ".join(column.samples[:3]) for column in found.columns}
        asked.append(
            Question(
                key=f"gone:{name}",
                kind="field",
                text=f"Last time “{label}” came from “{heading}”, which this file does not have. Which column is it now?",
                choices=(
                    *(Choice(one, one, samples.get(one, "")) for one in offered),
                    Choice("", "None of them", f"“{label}” stays empty."),
                ),
                answer_in="fields",
                answer_key=name,
                column=heading,
            )
        )
    return tuple(asked)


def format_name(words: str | None) -> str:
    """The format's own name of a column's words, such as "day first" of "day first: no month has 25 days"."""
    return "" if words is None else words.partition(":")[0].partition(",")[0].strip()
