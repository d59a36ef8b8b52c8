"""Logs in long form, one row a change, turned into one row a lead or deal with its dates.

Marketo hands out activities, Salesforce and HubSpot hand out histories of stages and fields, and funnels are kept as logs of steps. A log
is recognised by its columns and its repeated ids. The step is pure: a table of text in, a table of text out, and every event is either
in a record or set aside with a reason.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from app.ingest.column import Column, column_of
from app.ingest.date_patterns import DateFormat
from app.ingest.export_formats import Catalogue
from app.ingest.headings import singular, words
from app.ingest.model import Answers, Choice, Question
from app.ingest.raw import RawTable, SetAsideLines
from app.ingest.stages import stage_words
from app.ingest.values import blank, moments, settle_dates
from app.tables import LEAD

Kind = Literal["lead", "deal"]

STEPS: tuple[str, ...] = ("created", "mql_at", "first_contact_at", "accepted_at", "converted_at")
"""The dates of a lead that a step of a log can give, in the order in which a lead reaches them."""

_WHEN = (
    "activity date", "timestamp", "time stamp", "date entered", "entered on", "changed on", "changed at", "change date", "created date",
    "event time", "event date", "edit date", "date", "time",
)  # fmt: skip
_WHAT = ("new value", "to stage", "new stage", "to status", "new status", "stage name", "stage", "stage id", "status", "step", "value")
_FIELD = ("primary attribute value", "field event", "field", "attribute", "property", "property name", "name")
_WAS = ("old value", "from stage", "old stage", "from status")
_OF_DEAL = frozenset(["deal", "opportunity", "opp", "potential"])
_OF_LEAD = frozenset(["lead", "mql", "contact", "prospect", "person"])
_STATUS = frozenset(["status", "stage", "lifecycle", "stagename", "dealstage", "lifecyclestage", "leadstatus"])
_MANY = 60
_REPEATED = 1.3
_WIDE = 8
NEW_LEAD, CHANGE_DATA_VALUE = ("12", "new lead"), ("13", "change data value")
"""Marketo's activities “new lead” and “change data value”, by number and by name."""
CHANGE_STAGE = ("change revenue stage",)
"""Marketo's activity of a lead that moves on in a revenue model; its stage stands in its attributes."""
_WAY_OUT = (
    "Export the activities “New Lead” (12) and “Change Data Value” (13) as well, or the list of people with their dates "
    "(Database › Smart List › People › Export)."
)


@dataclass(frozen=True)
class Log:
    """Where a log keeps whose change it was (`key`), when, to what, of which attribute and from what; positions of columns.

    `sure` says that nothing but a log has these columns; otherwise the user is asked. `kind` is what the records would be, None where
    the headings do not say. `kept` are further columns that go with the record.
    """

    kind: Kind | None
    sure: bool
    key: int
    when: int
    what: int | None
    attribute: int | None = None
    was: int | None = None
    activity: int | None = None
    json: int | None = None
    kept: tuple[int, ...] = ()


@dataclass(frozen=True)
class Records:
    """A log as records: the table, the fields its columns fill, questions, and sentences worth reading."""

    raw: RawTable
    fields: dict[str, str]
    questions: tuple[Question, ...]
    notes: tuple[str, ...]


def find_log(columns: tuple[Column, ...]) -> Log | None:
    """The log a table is, None when it is none."""
    named = {column.position: _name(column.heading) for column in columns if not column.heading.startswith("_fivetran") and column.filled}
    by_name = {name: position for position, name in reversed(named.items())}
    if {"activity date", "lead id"} <= set(by_name) and {"activity type id", "activity type"} & set(by_name):
        return _marketo(by_name)
    key = _key(columns, named)
    when = next((by_name[name] for name in _WHEN if name in by_name and _dated(columns[by_name[name]])), None)
    what = next((by_name[name] for name in _WHAT if name in by_name and by_name[name] not in (key, when)), None)
    if key is None or when is None or what is None:
        return None
    was = next((by_name[name] for name in _WAS if name in by_name), None)
    attribute = next((by_name[name] for name in _FIELD if name in by_name and by_name[name] not in (key, when, what)), None)
    about = set(map(singular, words(columns[key].heading)))
    kind: Kind | None = "deal" if about & _OF_DEAL else "lead" if about & _OF_LEAD else None
    changes = was is not None or (attribute is not None and named[what] == "value")
    if not changes:
        attribute = None
        if len(named) > _WIDE or columns[what].more_than(_MANY) or columns[key].filled < _REPEATED * columns[key].distinct:
            return None
        own = any(columns[position].unique and "id" in name.split() for position, name in named.items())
        if not own and sum(_dated(columns[position]) for position in named) > 1:
            # Days of opening and closing on one row are a record, however often its id comes.
            return None
    used = {key, when, what, was, attribute}
    kept = tuple(
        column.position
        for column in columns
        if column.position in named and column.position not in used and column.filled and not _dated(column) and not column.unique
    )
    return Log(kind, changes and kind is not None, key, when, what, attribute, was, kept=kept if not changes else ())


def _marketo(by_name: dict[str, int]) -> Log | None:
    attribute, what, attributes = by_name.get("primary attribute value"), by_name.get("new value"), by_name.get("attributes")
    if attribute is None and what is None and attributes is None:
        return None
    return Log(
        "lead", sure=True, key=by_name["lead id"], when=by_name["activity date"], what=what, attribute=attribute,
        was=by_name.get("old value"), activity=by_name.get("activity type id", by_name.get("activity type")), json=attributes,
    )  # fmt: skip


def _name(heading: str) -> str:
    return " ".join(words(heading))


def _dated(column: Column) -> bool:
    return column.true_dates or max(column.dates, column.compact_dates) > 0.9


def _key(columns: tuple[Column, ...], named: dict[int, str]) -> int | None:
    """The column that says whose change a row is: an id that is named as one, of a lead or deal before any other, and repeated."""
    found: list[tuple[int, int]] = []
    for position in named:
        about = set(map(singular, words(columns[position].heading)))
        if "id" in about and not columns[position].unique and about & (_OF_DEAL | _OF_LEAD | {"record", "parent", "id"}):
            found.append((0 if about & (_OF_DEAL | _OF_LEAD) else 1, position))
    ours = [position for rank, position in sorted(found) if rank == 0]
    return ours[0] if ours else found[0][1] if len(found) == 1 and "record" in named[found[0][1]] else None


def question_of(log: Log, columns: tuple[Column, ...]) -> Question:
    """What the records of a log shall be, where its columns do not say for sure."""
    key = columns[log.key]
    text = f"This is a log: {key.filled:,} events of {key.distinct:,} different “{key.heading}”. What shall it become?"
    choices = [
        Choice("lead", "Leads", f"{key.filled:,} events become {key.distinct:,} leads, one row each with its dates."),
        Choice("deal", "Deals", f"{key.filled:,} events become {key.distinct:,} deals, one row each with its dates."),
    ]
    ordered = tuple(choices if log.kind != "deal" else reversed(choices))
    return Question("table", "table", text, ordered, "table", "table", key.heading, key.samples[0] if key.samples else None, key.filled)


def records_of(raw: RawTable, log: Log, columns: tuple[Column, ...], catalogue: Catalogue, *, kind: Kind, answers: Answers) -> Records:
    """The records of a log: one row for each id, in the order of their first event.

    A question about the order of day and month, or about the steps of the log, leaves the records empty of what it is about.
    """
    format = settle_dates(columns[log.when], raw, catalogue, answers=answers)
    if format.name is None and format.question is not None:
        return Records(raw, {}, (format.question,), ())
    read = moments(columns[log.when], cast(DateFormat, format.name), raw, catalogue, time_zone=answers.time_zone)
    notes = [what for what, _ in read.changed]
    events = _events(raw, log, columns, catalogue)
    reasons = np.full(raw.cells.num_rows, "", dtype=object)

    def without(mask: pa.Array, reason: str) -> None:
        chosen = pc.fill_null(mask, fill_value=False).to_numpy(zero_copy_only=False).astype(bool)
        reasons[chosen & (reasons == "")] = reason

    without(pc.is_null(events.ids), f"The event has no “{columns[log.key].heading}”.")
    without(pc.is_null(read.values), f"The event has no time in “{columns[log.when].heading}” that can be read.")
    without(pc.invert(events.tells), "The event says nothing about a stage or status.")
    rows = np.flatnonzero(reasons == "")
    if not len(rows):
        return Records(raw, {}, (), (_says_nothing(log, columns),))
    table = pa.table(
        {"id": events.ids, "when": read.values, "what": events.what, "kind": events.kind, "was": events.was, "row": np.arange(len(reasons))}
    ).take(rows)
    table = table.take(pc.sort_indices(table, sort_keys=[("id", "ascending"), ("when", "ascending"), ("row", "ascending")]))
    made = _leads(table, log, catalogue, answers) if kind == "lead" else _deals(table, log, columns, catalogue, answers)
    more = _kept(raw, log, columns, table)
    first = table.group_by("id", use_threads=False).aggregate([("row", "min"), ("id", "count")])
    place = pc.sort_indices(first["row_min"])
    first = first.take(place)
    ids = first["id"].combine_chunks()
    heading = columns[log.key].heading
    laid = {heading: ids, **{name: _laid(values, ids) for name, values in (*made.columns.items(), *more.items())}}
    cells = pa.table({f"c{i}": pc.fill_null(column, "") for i, column in enumerate(laid.values())})
    weight = first["id_count"].combine_chunks()
    aside = _lines_aside(raw, reasons)
    noun = "lead" if kind == "lead" else "deal"
    told = f"{len(rows):,} events became {len(ids):,} {noun}s, one row each with its dates."
    folded = replace(
        raw,
        headings=tuple(laid),
        cells=cells,
        lines=raw.lines.take(pa.array(first["row_min"].to_numpy())),
        date_columns=frozenset(),
        number_columns=frozenset(),
        weights=weight,
        events_aside=aside,
    )
    return Records(folded, {"id": heading, **made.fields}, made.questions, (told, *notes, *made.notes))


def _says_nothing(log: Log, columns: tuple[Column, ...]) -> str:
    """Why no record can be made of a log, and what to export instead where that is known."""
    said = "no event of this log says anything about a stage or status, so no lead or deal can be made of it."
    if log.activity is None:
        return said
    kinds = ", ".join(f"“{word}”" for word, _ in columns[log.activity].words()[:5] if word)
    return f"{said} All it holds is {kinds}. {_WAY_OUT}"


@dataclass(frozen=True)
class _Events:
    ids: pa.Array
    what: pa.Array
    kind: pa.Array
    was: pa.Array
    tells: pa.Array


def _events(raw: RawTable, log: Log, columns: tuple[Column, ...], catalogue: Catalogue) -> _Events:
    """Of each row its id, what it changed to, of which attribute (status, source, amount, created), from what, and whether it tells."""
    rows = raw.cells.num_rows
    key = columns[log.key]
    ids = key.spread(pc.if_else(blank(key, catalogue), None, key.values))
    nothing = pa.nulls(rows, pa.string())

    def text(position: int | None) -> pa.Array:
        return nothing if position is None else columns[position].spread(_real(columns[position]))

    attribute, what, was = text(log.attribute), text(log.what), text(log.was)
    if log.json is not None:
        inside = _inside(columns[log.json])
        what, was = pc.coalesce(what, inside[0]), pc.coalesce(was, inside[1])
    if log.attribute is None and log.activity is None:
        return _Events(ids, what, pa.array(["status"] * rows, pa.string()), was, pc.is_valid(what))
    kind = pa.array([_attribute(value) for value in attribute.to_pylist()], pa.string())
    if log.activity is not None:
        activity = columns[log.activity].spread(pc.utf8_lower(columns[log.activity].values))
        changed, new, moved = (pc.is_in(activity, pa.array(names)) for names in (CHANGE_DATA_VALUE, NEW_LEAD, CHANGE_STAGE))
        kind = pc.if_else(new, "created", pc.if_else(moved, "status", pc.if_else(changed, kind, pa.scalar(None, pa.string()))))
    return _Events(
        ids,
        what,
        kind,
        was,
        pc.or_(pc.fill_null(pc.equal(kind, "created"), fill_value=False), pc.and_(pc.is_valid(kind), pc.is_valid(what))),
    )


def _real(column: Column) -> pa.Array:
    """The different values, null for empty and for the word null, which Marketo writes for it."""
    return pc.if_else(pc.is_in(pc.utf8_lower(column.values), pa.array(["", "null"])), None, column.values)


def _attribute(value: str | None) -> str | None:
    if value is None:
        return None
    found = set(words(value))
    if value.casefold() == "created":
        return "created"
    if found & _STATUS or value.casefold() in _STATUS:
        return "status"
    if {"lead", "source"} <= found or value.casefold() in ("leadsource", "hs_analytics_source"):
        return "source"
    return "amount" if value.casefold() == "amount" else None


def _inside(column: Column) -> tuple[pa.Array, pa.Array]:
    """The new and the old value inside Marketo's JSON of attributes."""
    new: list[str | None] = []
    old: list[str | None] = []
    for cell in column.values.to_pylist():
        try:
            found = json.loads(cell) if cell.startswith("{") else {}
        except ValueError:
            found = {}
        said = {_name(str(name)): value for name, value in found.items()} if isinstance(found, dict) else {}
        new.append(_plain(said.get("new value", said.get("new stage"))))
        old.append(_plain(said.get("old value", said.get("old stage"))))
    return column.spread(pa.array(new, pa.string())), column.spread(pa.array(old, pa.string()))


def _plain(value: object) -> str | None:
    return None if value is None or str(value).casefold() in ("", "null") else str(value)


@dataclass(frozen=True)
class _Made:
    """Columns by heading as (id, value) tables; the fields they fill; questions; notes."""

    columns: dict[str, pa.Table]
    fields: dict[str, str]
    questions: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()


def _leads(table: pa.Table, log: Log, catalogue: Catalogue, answers: Answers) -> _Made:
    status = table.filter(pc.equal(table["kind"], "status"))
    counted = status.group_by("what").aggregate([("id", "count_distinct")])
    reached = dict(zip(counted["what"].to_pylist(), counted["id_count_distinct"].to_pylist(), strict=True))
    meaning, questions = _steps(reached, catalogue, answers, created=bool(pc.any(pc.equal(table["kind"], "created")).as_py()))
    step = pa.array([meaning.get(word) for word in status["what"].to_pylist()], pa.string())
    columns: dict[str, pa.Table] = {}
    fields: dict[str, str] = {}
    for field in STEPS:
        events = status.filter(pc.fill_null(pc.equal(step, field), fill_value=False))
        if field == "created":
            events = pa.concat_tables([table.filter(pc.equal(table["kind"], "created")), events])
        if events.num_rows:
            label = LEAD.field(field).label
            columns[label], fields[field] = _first_time(events), label
    notes: list[str] = []
    if status.num_rows:
        columns["Last status"], fields["status"] = _last(status), "Last status"
    elif log.activity is not None:
        notes.append(f"No activity says that a status changed, so only the day is known on which each lead came in. {_WAY_OUT}")
    sources = table.filter(pc.equal(table["kind"], "source"))
    if sources.num_rows:
        columns["Source"], fields["source"] = _first(sources), "Source"
    named = ", ".join(f"“{word}” is “{LEAD.field(field).label.lower()}”" for word, field in meaning.items() if field in STEPS)
    return _Made(columns, fields, questions, (*notes, *((f"Of its steps, {named}.",) if named else ())))


def _steps(
    reached: dict[str, int], catalogue: Catalogue, answers: Answers, *, created: bool
) -> tuple[dict[str, str], tuple[Question, ...]]:
    """Which word is which step (word → field), and a question for each step that no word names while words are left over."""
    meaning = {word: field for field, word in answers.steps.items() if word in reached and field in STEPS}
    for word in reached:
        known = catalogue.lead_step(word)
        if word not in meaning and known is not None and known not in answers.steps:
            meaning[word] = known
    unknown = [word for word in reached if word not in meaning]
    missing = [
        field for field in STEPS if field not in meaning.values() and field not in answers.steps and not (field == "created" and created)
    ]
    if not unknown:
        return meaning, ()
    ordered = sorted(unknown, key=lambda word: (-reached[word], word))
    choices = (
        *(Choice(word, word, f"{reached[word]:,} leads reached it.") for word in ordered),
        Choice("", "None of them", "It stays empty."),
    )
    return meaning, tuple(
        Question(
            f"step:{field}", "field",
            f"Which step of the log says “{LEAD.field(field).label}”? {LEAD.field(field).meaning}",
            choices, "steps", field, None, ordered[0], sum(reached.values()),
        )
        for field in missing
    )  # fmt: skip


def _deals(table: pa.Table, log: Log, columns: tuple[Column, ...], catalogue: Catalogue, answers: Answers) -> _Made:
    status = table.filter(pc.equal(table["kind"], "status"))
    ids, what = status["id"].combine_chunks(), status["what"].combine_chunks()
    moved = np.ones(len(ids), bool)
    if len(ids) > 1:
        same = pc.and_(pc.equal(ids.slice(1), ids.slice(0, len(ids) - 1)), pc.equal(what.slice(1), what.slice(0, len(what) - 1)))
        moved[1:] = ~same.to_numpy(zero_copy_only=False)
    changes = status.filter(pa.array(moved))
    last = _last(changes)
    known = {
        word.word: word.outcome
        for word in stage_words(column_of("Stage", last["value"], catalogue), catalogue, system=None, answers=answers)
    }
    still_open = pa.array([known.get(word) == "open" for word in changes["what"].to_pylist()], pa.bool_())
    position = changes.group_by("id", use_threads=False).aggregate([("when", "max")])
    closing = changes.filter(pc.invert(still_open)).select(["id", "when"])
    ended = closing.join(position.rename_columns(["id", "latest"]), keys="id")
    ended = ended.filter(pc.equal(ended["when"], ended["latest"])).group_by("id").aggregate([("when", "max")])
    made = {"Stage": last, "Closed on": _texts(ended["id"], ended["when_max"])}
    fields = {"stage": "Stage", "closed": "Closed on"}
    began = table.filter(pc.or_(pc.equal(table["kind"], "created"), pc.and_(pc.equal(table["kind"], "status"), pc.is_null(table["was"]))))
    notes: tuple[str, ...] = ()
    if log.was is None:
        notes = ("The first event of a deal is taken as the day it was opened.",)
    if began.num_rows:
        made["Created on"], fields["created"] = _first_time(began), "Created on"
    amounts = table.filter(pc.equal(table["kind"], "amount"))
    if amounts.num_rows:
        made["Amount"], fields["amount"] = _last(amounts), "Amount"
    return _Made(made, fields, (), notes)


def _first_time(events: pa.Table) -> pa.Table:
    found = events.group_by("id", use_threads=False).aggregate([("when", "min")])
    return _texts(found["id"], found["when_min"])


def _texts(ids: pa.ChunkedArray, when: pa.ChunkedArray) -> pa.Table:
    return pa.table({"id": ids, "value": pc.cast(when, pa.string())})


def _first(events: pa.Table) -> pa.Table:
    found = events.group_by("id", use_threads=False).aggregate([("what", "first")])
    return pa.table({"id": found["id"], "value": found["what_first"]})


def _last(events: pa.Table) -> pa.Table:
    found = events.group_by("id", use_threads=False).aggregate([("what", "last")])
    return pa.table({"id": found["id"], "value": found["what_last"]})


def _kept(raw: RawTable, log: Log, columns: tuple[Column, ...], table: pa.Table) -> dict[str, pa.Table]:
    """The last filled value of each further column."""
    found = {}
    for position in log.kept:
        column = columns[position]
        values = column.spread(_real(column)).take(table["row"].combine_chunks())
        events = pa.table({"id": table["id"], "what": values})
        events = events.filter(pc.is_valid(events["what"]))
        if events.num_rows:
            found[column.heading] = _last(events)
    return found


def _laid(values: pa.Table, ids: pa.Array) -> pa.Array:
    """The value of each id, null where it has none."""
    where = pc.index_in(ids, value_set=values["id"].combine_chunks())
    return values["value"].combine_chunks().take(where)


def _lines_aside(raw: RawTable, reasons: NDArray[np.object_]) -> tuple[SetAsideLines, ...]:
    lines = raw.lines.to_numpy() if isinstance(raw.lines, pa.ChunkedArray) else raw.lines.to_numpy(zero_copy_only=False)
    texts = [str(reason) for reason in dict.fromkeys(reasons) if reason]
    return tuple(SetAsideLines(reason, tuple(int(line) for line in lines[reasons == reason])) for reason in texts)
