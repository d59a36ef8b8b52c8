"""The two steps of an import after the file is opened: look (`inspect`) and take (`read`). Same bytes and answers, same result."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.errors import AnswerNeeded, ColumnError, FileRefused
from app.ingest.convert import TYPES, Typed, convert
from app.ingest.currencies import money_field
from app.ingest.export_formats import catalogue
from app.ingest.findings import find
from app.ingest.model import AmountCheck, Answers, Changed, FoldedEvents, Inspection, Receipt, SetAside, StageWord, TypedTable
from app.ingest.plan import Plan, make_plan
from app.ingest.progress import tell
from app.ingest.raw import RawTable
from app.ingest.rejected import parquet_bytes, rejected_csv
from app.ingest.values import coded_texts, period_of, text_words
from app.tables import MAIN_DATE, OUTCOMES, SOURCE_ROW, TABLES, Outcome, Segment, SnapshotInfo, segment_name

SHOWN_ROWS = 20


def inspect(raw: RawTable, answers: Answers) -> Inspection:
    """What is known and proposed for an opened file, and which questions are open. Nothing is converted."""
    tell("columns", rows=raw.facts.rows)
    plan = make_plan(raw, answers, catalogue())
    return Inspection(
        file=raw.facts,
        table=plan.table,
        table_confidence=plan.confidence,
        table_reason=plan.reason,
        system=plan.system,
        system_label=catalogue().systems[plan.system].label if plan.system else None,
        columns=plan.proposals,
        stages=_stages(plan),
        questions=plan.questions,
        notes=plan.notes,
        missing=plan.missing,
        top=raw.top,
        stages_of=_stages_of(plan),
    )


def read(raw: RawTable, answers: Answers, *, today: date | None = None) -> TypedTable:
    """The file as a canonical table with its receipt.

    `today` caps the day up to which the file is taken to be complete (dates in the future are plans). Raises `AnswerNeeded` while a
    question is open, `FileRefused` when the file is none of the tables, `ColumnError` when a needed column is missing.
    """
    tell("columns", rows=raw.facts.rows)
    plan = make_plan(raw, answers, catalogue())
    if plan.table == "call":
        raise FileRefused(
            "These are calls, which the scorecard does not use yet.",
            "Choose an export of deals, leads, customers or invoices.",
            file=raw.facts.name,
        )
    if plan.table is None and plan.recognition is not None and plan.recognition.none_of_ours:
        raise FileRefused(plan.reason, "Choose another file, or say which table it is.", file=raw.facts.name)
    if plan.questions:
        question = plan.questions[0]
        choices = ", ".join(choice.label for choice in question.choices) or "a number"
        more = f" {len(plan.questions) - 1} more questions are open." if len(plan.questions) > 1 else ""
        raise AnswerNeeded(question.text, f"Choose one of: {choices}.{more}", file=raw.facts.name, column=question.column)
    typed = convert(plan, catalogue())
    tell("writing", rows=raw.facts.rows)
    used = pc.is_null(typed.aside)
    stored, segments = _store(plan, typed, used)
    if not stored.num_rows:
        raise ColumnError("No row can be used.", _why_none(typed), file=raw.facts.name)
    personal = {proposal.position for proposal in plan.proposals if proposal.role == "personal"}
    receipt = replace(_receipt(plan, typed, used, segments), findings=find(plan, typed, used, today))
    return TypedTable(
        parquet=parquet_bytes(stored),
        info=_info(plan, stored, segments, today),
        receipt=receipt,
        rejected_csv=rejected_csv(plan.raw, typed.aside, typed.reasons, personal),
    )


def _stages(plan: Plan) -> tuple[StageWord, ...]:
    return plan.words.get("status") or plan.words.get("stage") or plan.words.get("churned_flag") or ()


def _stages_of(plan: Plan) -> str:
    """The heading of the column whose words `_stages` are, "" when there are none."""
    field = next((name for name in ("status", "stage", "churned_flag") if plan.words.get(name)), None)
    column = None if field is None else plan.column(field)
    return "" if column is None else column.heading


def _why_none(typed: Typed) -> str:
    counted = pc.value_counts(pc.drop_null(typed.aside)).to_pylist() if len(typed.aside) else []
    if not counted:
        return "The file has a head row and no data."
    worst = max(counted, key=lambda item: item["counts"])
    return f"{worst['counts']:,} rows: {typed.reasons[worst['values']]}"


def _store(plan: Plan, typed: Typed, used: pa.Array) -> tuple[pa.Table, tuple[Segment, ...]]:
    assert plan.table is not None
    arrays: dict[str, pa.Array] = {}
    rows = plan.raw.cells.num_rows
    for field in TABLES[plan.table].stored:
        kind = TYPES[field.kind]
        array = typed.fields.get(field.name)
        if field.name == "currency" and plan.currency.code is not None and money_field(plan.table):
            places = pa.array(np.zeros(rows, np.int32))
            array = pa.DictionaryArray.from_arrays(places, pa.array([plan.currency.code]))
        if array is None:
            array = pa.nulls(rows, kind)
        arrays[field.name] = array if pa.types.is_dictionary(array.type) or array.type == kind else pc.cast(array, kind)
    lines = plan.raw.lines
    arrays[SOURCE_ROW] = pc.cast(lines.combine_chunks() if isinstance(lines, pa.ChunkedArray) else lines, pa.int64())
    headings: list[str] = []
    for proposal in plan.proposals:
        if proposal.role == "segment":
            column = plan.columns[proposal.position]
            arrays[segment_name(len(headings))] = coded_texts(column)
            typed.changed.extend(Changed(column.heading, what, cells) for what, cells in text_words(column))
            headings.append(proposal.heading)
    stored = pa.table(arrays)
    if not pc.all(used).as_py():
        stored = stored.filter(used)
    segments = tuple(Segment(segment_name(i), heading, _different(stored[segment_name(i)])) for i, heading in enumerate(headings))
    return stored, segments


def _different(column: pa.ChunkedArray) -> int:
    """How many different values a column has, nulls aside."""
    if pa.types.is_dictionary(column.type):
        column = pa.chunked_array([chunk.indices for chunk in column.chunks], column.type.index_type)
    return int(pc.count_distinct(column).as_py())


def _info(plan: Plan, stored: pa.Table, segments: tuple[Segment, ...], today: date | None) -> SnapshotInfo:
    assert plan.table is not None
    main = stored[MAIN_DATE[plan.table]]
    if plan.table == "deal":
        main = pc.if_else(pc.is_in(stored["outcome"], pa.array(["won", "lost", "no_decision"])), main, pa.scalar(None, pa.timestamp("us")))
    span = pc.min_max(main).as_py()
    moments = [stored[field.name] for field in TABLES[plan.table].stored if field.kind == "moment"]
    latest = [pc.max(_until(column, today)).as_py() for column in moments]
    known = [moment for moment in latest if moment is not None]
    outcomes: tuple[tuple[Outcome, int], ...] = ()
    amounts_on_lost = None
    if plan.table == "deal":
        counted = {item["values"]: item["counts"] for item in pc.value_counts(stored["outcome"]).to_pylist()}
        outcomes = tuple((outcome, counted[outcome]) for outcome in OUTCOMES if outcome in counted)
        lost = stored["amount"].filter(pc.equal(stored["outcome"], "lost"))
        if len(lost) and "amount" in plan.mapping.fields:
            amounts_on_lost = bool(pc.any(pc.not_equal(lost, pa.scalar(Decimal(0), lost.type))).as_py())
    return SnapshotInfo(
        table=plan.table,
        rows=stored.num_rows,
        segments=segments,
        currency=plan.currency.code,
        first=_iso(span["min"]),
        last=_iso(span["max"]),
        extracted=_iso(max(known)) if known else None,
        system=plan.system,
        outcomes=outcomes,
        amounts_on_lost=amounts_on_lost,
        period_stated=period_of(plan.raw),
    )


def _until(column: pa.ChunkedArray, today: date | None) -> pa.ChunkedArray:
    if today is None:
        return column
    end = pa.scalar(datetime(today.year, today.month, today.day, 23, 59, 59, 999_999), pa.timestamp("us"))
    return pc.if_else(pc.less_equal(column, end), column, pa.scalar(None, pa.timestamp("us")))


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.date().isoformat()


def _receipt(plan: Plan, typed: Typed, used: pa.Array, segments: tuple[Segment, ...]) -> Receipt:
    assert plan.table is not None
    lines = plan.raw.lines
    # A row made of a log stands for all its events, so that the law counts lines of the file.
    weights = plan.raw.weights if plan.raw.weights is not None else pa.array(np.ones(len(typed.aside), np.int64))
    aside = []
    for code in pc.unique(pc.drop_null(typed.aside)).to_pylist():
        mask = pc.fill_null(pc.equal(typed.aside, code), fill_value=False)
        aside.append(SetAside(code, typed.reasons[code], _total(weights.filter(mask)), tuple(_lines(lines, mask))))
    aside += [SetAside("event", part.reason, len(part.lines), part.lines[:SHOWN_ROWS]) for part in plan.raw.events_aside]
    rows_used = _total(weights.filter(used))
    if plan.raw.unreadable:
        where = tuple(line for line, _ in plan.raw.unreadable[:SHOWN_ROWS])
        aside.append(SetAside("unreadable_line", "The line does not fit the columns of the table.", len(plan.raw.unreadable), where))
    name = money_field(plan.table)
    amounts = None
    if name is not None and name in typed.fields:
        column = plan.column(name)
        heading = (
            column.heading
            if column is not None
            else " × ".join(c.heading for c in (plan.column("quantity"), plan.column("unit_price")) if c)
        )
        total = _sum(typed.fields[name])
        kept = total if pc.all(used).as_py() else _sum(typed.fields[name].filter(used))
        amounts = AmountCheck(heading, plan.currency.code, f"{total:f}", f"{kept:f}", f"{total - kept:f}")
    by_role = {role: tuple(p.heading for p in plan.proposals if p.role == role) for role in ("personal", "ignored")}
    return Receipt(
        file=plan.raw.facts,
        table=plan.table,
        system=plan.system,
        answers=plan.answers,
        mapping=tuple((candidate.field, plan.columns[candidate.position].heading) for candidate in plan.mapping.fields.values()),
        segments=tuple(segment.heading for segment in segments),
        dropped_personal=by_role["personal"],
        ignored=by_role["ignored"],
        rows_read=_total(weights) + sum(len(part.lines) for part in plan.raw.events_aside) + len(plan.raw.unreadable),
        rows_used=rows_used,
        set_aside=tuple(sorted(aside, key=lambda item: (-item.count, item.code))),
        changed=tuple(typed.changed),
        amounts=amounts,
        stages=_stages(plan),
        warnings=tuple(typed.warnings),
        folded=None if plan.raw.weights is None else FoldedEvents(rows_used, int(pc.sum(pc.cast(used, pa.int64())).as_py() or 0)),
    )


def _total(counts: pa.Array) -> int:
    return int(pc.sum(counts).as_py() or 0)


def _lines(lines: pa.Array, mask: pa.Array) -> list[int]:
    found: list[int] = lines.filter(mask).slice(0, SHOWN_ROWS).to_pylist()
    return found


def _sum(amounts: pa.Array) -> Decimal:
    total: Decimal = pc.sum(pc.cast(amounts, pa.decimal128(38, 4))).as_py() or Decimal(0)
    return total
