"""Two tables put together by an id: what is loaded gains columns that another file has. Pure: tables in, table and receipt out.

No row of the loaded table comes or goes, and no value of it is overwritten. A column that was joined before newer rows came is filled
where it is blank, as long as the file says the same wherever both say something. Of an id that the other file has several times, the first
date is taken; other values only where all its rows agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.errors import ColumnError
from app.ingest.column import Column
from app.ingest.convert import TYPES
from app.ingest.date_patterns import DateFormat
from app.ingest.export_formats import Catalogue
from app.ingest.headings import fold
from app.ingest.model import Answers, Changed, JoinChoice, JoinCounts, Receipt, SetAside
from app.ingest.plan import Plan
from app.ingest.rejected import parquet_bytes, rejected_csv
from app.ingest.values import blank, moments, settle_dates, texts
from app.tables import MAX_SEGMENTS, TABLES, Segment, SnapshotInfo, segment_name

SHOWN_ROWS = 20
_ALONE, _DOUBLE, _BLANK = "no_partner", "double", "no_id"


@dataclass(frozen=True)
class Loaded:
    """A loaded table: its rows, what is known of it, and the headings its columns had in their file (stored column → heading)."""

    stored: pa.Table
    info: SnapshotInfo
    headings: dict[str, str]


@dataclass(frozen=True)
class Partner:
    """The other file, looked at: its plan, and which of its rows say that a deal was won (None: all of them do)."""

    plan: Plan
    won: pa.Array | None = None


@dataclass(frozen=True)
class Joined:
    """The table with what it gained, its receipt, and the rows of the file that gave nothing."""

    parquet: bytes
    info: SnapshotInfo
    receipt: Receipt
    rejected_csv: bytes


def key_column(plan: Plan, heading: str) -> Column:
    """The column of the other file with this heading; ColumnError when it has none."""
    for column in plan.columns:
        if column.heading == heading:
            return column
    raise ColumnError(f"No column is headed “{heading}”.", "Choose the file again.", file=plan.raw.facts.name)


@dataclass(frozen=True, eq=False)
class Match:
    """Rows matched by id. `where` (one for each loaded row) is the place of its id among the ids of the file, null for none.

    `group` (one for each row of the file) is the place of its id there, null where the row has no id or counts for nothing. `found`
    (one for each id of the file) says that a loaded row has it.
    """

    where: pa.Array
    group: pa.Array
    found: pa.Array
    keys: pa.Array


def match(loaded: Loaded, partner: Partner, *, key: str, other_key: str, catalogue: Catalogue) -> Match:
    """Match the loaded rows with the rows of the file, exactly as the ids are written."""
    column = key_column(partner.plan, other_key)
    ids = column.spread(pc.if_else(blank(column, catalogue), None, column.values))
    if partner.won is not None:
        ids = pc.if_else(pc.fill_null(partner.won, fill_value=False), ids, pa.scalar(None, pa.string()))
    encoded = ids.dictionary_encode()
    keys = encoded.dictionary.cast(pa.string())
    ours = loaded.stored[key].combine_chunks()
    where = pc.index_in(ours, value_set=keys, skip_nulls=True)
    return Match(where, encoded.indices, pc.is_in(keys, value_set=pc.unique(ours)), keys)


def counts(loaded: Loaded, partner: Partner, found: Match, *, key: str, double: pa.Array) -> JoinCounts:
    """How many rows and ids match; `double` says of each id of the file whether its rows disagree."""
    ours = loaded.stored[key].combine_chunks()
    matched = _number(pc.is_valid(found.where))
    empty = ours.null_count
    group = found.group
    paired = _at(found.found, group)
    twice = _at(double, group)
    return JoinCounts(
        rows=len(ours),
        matched=matched,
        alone=len(ours) - matched - empty,
        blank=empty,
        ids=int(pc.count_distinct(ours).as_py()),
        ids_matched=_number(found.found),
        other_rows=len(group),
        other_matched=_number(pc.and_(paired, pc.invert(twice))),
        other_alone=_number(pc.and_(pc.is_valid(group), pc.invert(paired))),
        other_double=_number(pc.and_(paired, twice)),
        other_blank=group.null_count,
    )


def _at(of_ids: pa.Array, group: pa.Array) -> pa.Array:
    return pc.fill_null(of_ids.take(group), fill_value=False)


def _number(mask: pa.Array) -> int:
    return int(pc.sum(pc.cast(mask, pa.int64())).as_py() or 0)


def disagreeing(found: Match, columns: list[pa.Array]) -> pa.Array:
    """For each id of the file whether its rows have different values in one of these columns."""
    result = np.zeros(len(found.keys), bool)
    for values in columns:
        rows = pa.table({"id": found.group, "value": values}).filter(pc.is_valid(found.group))
        several = rows.group_by("id").aggregate([("value", "count_distinct")])
        result[several["id"].to_numpy()] |= several["value_count_distinct"].to_numpy() > 1
    return pa.array(result)


def of_id(found: Match, values: pa.Array, double: pa.Array | None) -> pa.Array:
    """One value for each id of the file: the first date, else the one value its rows agree on."""
    rows = pa.table({"id": found.group, "value": values}).filter(pc.and_(pc.is_valid(found.group), pc.is_valid(values)))
    taken = rows.group_by("id", use_threads=False).aggregate([("value", "min" if double is None else "first")])
    result = pa.nulls(len(found.keys), values.type)
    if not taken.num_rows:
        return result
    place = pc.index_in(pa.array(np.arange(len(found.keys)), taken["id"].type), value_set=taken["id"].combine_chunks())
    laid = taken.column(1).combine_chunks().take(place)
    return laid if double is None else pc.if_else(double, pa.scalar(None, values.type), laid)


def completes(loaded: pa.ChunkedArray, gained: pa.Array) -> bool:
    """Whether `gained` fills blanks of a loaded column and says what the column says, at least once, wherever both say something."""
    ours = loaded.combine_chunks()
    both = pc.and_(pc.is_valid(ours), pc.is_valid(gained))
    fills = pc.and_(pc.is_null(ours), pc.is_valid(gained))
    agrees = pc.all(pc.equal(ours.filter(both), gained.filter(both))).as_py() if pc.any(both).as_py() else False
    return bool(agrees) and bool(pc.any(fills).as_py())


def field_values(plan: Plan, table: str, field: str, heading: str, catalogue: Catalogue, answers: Answers) -> pa.Array | None:
    """The cells of a column of the file as the field wants them, None when it cannot be said how they are written."""
    column = key_column(plan, heading)
    kind = TABLES[table].field(field).kind  # type: ignore[index]
    if kind == "moment":
        format = settle_dates(column, plan.raw, catalogue, answers=answers)
        if format.name is None:
            return None
        return moments(column, cast(DateFormat, format.name), plan.raw, catalogue, time_zone=answers.time_zone).values
    return texts(column)


def join(loaded: Loaded, partner: Partner, choice: JoinChoice, *, catalogue: Catalogue, answers: Answers) -> Joined:
    """Carry out a join.

    Raises
    ------
    ColumnError
        When the file lacks a column of the choice, or nothing matches.
    """
    plan = partner.plan
    found = match(loaded, partner, key=choice.key, other_key=choice.other_key, catalogue=catalogue)
    kept = {heading: texts(key_column(plan, heading)) for heading in choice.segments}
    stored = loaded.stored
    named = [(field, heading, field_values(plan, choice.table, field, heading, catalogue, answers)) for field, heading in choice.fields]
    plain = [values for _, _, values in named if values is not None and not pa.types.is_timestamp(values.type)]
    double = disagreeing(found, [*plain, *kept.values()])
    number = counts(loaded, partner, found, key=choice.key, double=double)
    if not number.matched:
        raise ColumnError(
            f"No “{choice.other_key}” is among what is loaded.", "Choose another file, or another column.", file=plan.raw.facts.name
        )
    changed: list[Changed] = []
    for field, heading, values in named:
        if values is None:
            raise ColumnError(
                "It is not known which comes first, the day or the month.", "Say so in the columns of the file.", column=heading
            )
        date = pa.types.is_timestamp(values.type)
        gained = of_id(found, values, None if date else double).take(found.where)
        kind = TYPES[TABLES[choice.table].field(field).kind]
        blank_before = stored[field].null_count
        stored = stored.set_column(stored.column_names.index(field), field, pc.coalesce(stored[field], pc.cast(gained, kind)))
        filled = blank_before - stored[field].null_count
        changed.append(Changed(heading, f"It fills “{TABLES[choice.table].field(field).label}”.", filled))
    if choice.converted:
        stored = _converted(stored, found, choice)
    stored, segments, completed = _segments(stored, loaded.info, found, kept, double)
    changed += completed
    aside = _aside(found, double)
    reasons = {
        _ALONE: f"Nothing that is loaded has this “{choice.other_key}”.",
        _DOUBLE: f"The “{choice.other_key}” comes again with other values, so it is not known which holds.",
        _BLANK: f"The row has no “{choice.other_key}”." if partner.won is None else f"The row has no “{choice.other_key}” or was not won.",
    }
    personal = {proposal.position for proposal in plan.proposals if proposal.role == "personal"}
    return Joined(
        parquet=parquet_bytes(stored),
        info=replace(loaded.info, segments=segments),
        receipt=_receipt(partner, choice, number, aside, reasons, tuple(changed), answers),
        rejected_csv=rejected_csv(plan.raw, aside, reasons, personal),
    )


def _converted(stored: pa.Table, found: Match, choice: JoinChoice) -> pa.Table:
    """Who is in the file became a customer; where the file dates it, who has a date."""
    dated = any(field == "converted_at" for field, _ in choice.fields)
    became = pc.is_valid(stored["converted_at"]) if dated else pa.chunked_array([pc.is_valid(found.where)])
    return stored.set_column(stored.column_names.index("converted"), "converted", became)


def _segments(
    stored: pa.Table, info: SnapshotInfo, found: Match, kept: dict[str, pa.Array], double: pa.Array
) -> tuple[pa.Table, tuple[Segment, ...], list[Changed]]:
    segments = list(info.segments)
    changed: list[Changed] = []
    for heading, values in kept.items():
        column = of_id(found, values, double).take(found.where)
        place = next((place for place, segment in enumerate(info.segments) if fold(segment.heading) == fold(heading)), None)
        if place is not None and completes(stored[info.segments[place].name], column):
            name = info.segments[place].name
            ours = stored[name]
            whole = pc.coalesce(ours, column)
            stored = stored.set_column(stored.column_names.index(name), name, whole)
            segments[place] = replace(segments[place], values=int(pc.count_distinct(whole).as_py()))
            changed.append(Changed(heading, "It fills blank cells of the column of this name.", ours.null_count - whole.null_count))
            continue
        if len(segments) == MAX_SEGMENTS:
            continue
        name = segment_name(len(segments))
        stored = stored.append_column(name, column)
        taken = {segment.heading for segment in segments}
        free = next(h for h in (heading, *(f"{heading} ({i})" for i in range(2, MAX_SEGMENTS + 3))) if h not in taken)
        segments.append(Segment(name, free, int(pc.count_distinct(column).as_py())))
    return stored, tuple(segments), changed


def _aside(found: Match, double: pa.Array) -> pa.Array:
    nothing = pa.scalar(None, pa.string())
    paired, twice = _at(found.found, found.group), _at(double, found.group)
    code = pc.if_else(pc.invert(paired), _ALONE, pc.if_else(twice, _DOUBLE, nothing))
    return pc.if_else(pc.is_null(found.group), _BLANK, code)


def _receipt(
    partner: Partner, choice: JoinChoice, number: JoinCounts, aside: pa.Array, reasons: dict[str, str], changed: tuple[Changed, ...],
    answers: Answers,
) -> Receipt:  # fmt: skip
    raw = partner.plan.raw
    weights = raw.weights if raw.weights is not None else pa.array(np.ones(len(aside), np.int64))
    lines = raw.lines.combine_chunks() if isinstance(raw.lines, pa.ChunkedArray) else raw.lines
    parts = []
    for code in pc.unique(pc.drop_null(aside)).to_pylist():
        mask = pc.fill_null(pc.equal(aside, code), fill_value=False)
        shown = tuple(lines.filter(mask).slice(0, SHOWN_ROWS).to_pylist())
        parts.append(SetAside(code, reasons[code], int(pc.sum(weights.filter(mask)).as_py() or 0), shown))
    parts += [SetAside("event", part.reason, len(part.lines), part.lines[:SHOWN_ROWS]) for part in raw.events_aside]
    if raw.unreadable:
        where = tuple(line for line, _ in raw.unreadable[:SHOWN_ROWS])
        parts.append(SetAside("unreadable_line", "The line does not fit the columns of the table.", len(raw.unreadable), where))
    used = int(pc.sum(weights.filter(pc.is_null(aside))).as_py() or 0)
    return Receipt(
        file=raw.facts,
        table=choice.table,
        system=partner.plan.system,
        answers=answers,
        mapping=choice.fields,
        segments=choice.segments,
        dropped_personal=(),
        ignored=(),
        rows_read=used + sum(part.count for part in parts),
        rows_used=used,
        set_aside=tuple(sorted(parts, key=lambda part: (-part.count, part.code))),
        changed=changed,
        amounts=None,
        stages=(),
        joined=number,
    )
