"""Everything that is decided about a file before a value is converted: table, columns, formats, stage words, currency.

`make_plan` is the one place where the proposals come together; `app.ingest.steps` shows them (inspect) or carries them out (read).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from app.ingest.column import Column, columns_of
from app.ingest.currencies import Currency, money_field, said_of_scale, settle_currency
from app.ingest.export_formats import Catalogue
from app.ingest.headings import fold, singular, words
from app.ingest.history import Log, Records, find_log, question_of, records_of
from app.ingest.mapping import Mapping, propose
from app.ingest.model import Answers, ColumnProposal, Question, StageWord
from app.ingest.outcome_groups import ends
from app.ingest.raw import RawTable
from app.ingest.recognise import Recognition, recognise_system, recognise_table
from app.ingest.roles import propose_roles, unread_proposals
from app.ingest.stages import WITHOUT_STAGE, customer_questions, customer_words, stage_questions, stage_words, without_stages
from app.ingest.values import Format, period_of, settle, settle_dates, suggest
from app.tables import TABLES, TableName


@dataclass(frozen=True)
class Plan:
    """What will be done with a file, or which questions are still open."""

    raw: RawTable
    columns: tuple[Column, ...]
    table: TableName | None
    confidence: float
    reason: str
    recognition: Recognition | None
    system: str | None
    mapping: Mapping
    formats: dict[str, Format]
    also_closed: tuple[tuple[Column, Format], ...]
    words: dict[str, tuple[StageWord, ...]]
    currency: Currency
    proposals: tuple[ColumnProposal, ...]
    questions: tuple[Question, ...]
    notes: tuple[str, ...]
    missing: tuple[str, ...]
    wins_only: bool
    answers: Answers

    def column(self, field: str) -> Column | None:
        """The column that fills `field`, None when none does."""
        candidate = self.mapping.fields.get(field)
        return None if candidate is None else self.columns[candidate.position]


def make_plan(raw: RawTable, answers: Answers, catalogue: Catalogue) -> Plan:
    """Decide what can be decided about `raw`, in one fixed order, and collect the questions. The last plan is kept with the table."""
    known: Plan | None = raw.known.get("plan")
    if known is None or known.answers != answers:
        known = raw.known["plan"] = _made(raw, answers, catalogue)
    return known


def _made(raw: RawTable, answers: Answers, catalogue: Catalogue) -> Plan:
    columns = columns_of(raw, catalogue)
    system = answers.system if answers.system in catalogue.systems else recognise_system(columns, catalogue)[0]
    log = find_log(columns)
    records: Records | None = None
    if log is None:
        recognition = None if answers.table else recognise_table(columns, raw.facts, catalogue, system=system)
        table = answers.table or (recognition.table if recognition else None)
    else:
        recognition = _log_recognition(log, columns, answers)
        table = answers.table or (recognition.table if recognition else None)
        if table in ("lead", "deal"):
            records = records_of(raw, log, columns, catalogue, kind=table, answers=answers)
            if not records.fields:
                return _no_records(raw, answers, columns, system, table, records, catalogue)
            raw, columns = records.raw, columns_of(records.raw, catalogue)
    if table is None or table == "call":
        return _unsettled(raw, answers, columns, system, recognition, table, catalogue)
    mapping = _mapping(table, columns, catalogue, system, answers, records)
    mapped = {name: columns[candidate.position] for name, candidate in mapping.fields.items()}
    formats = _formats(table, mapped, raw, catalogue, answers)
    also_closed = _also_closed(table, columns, mapping, catalogue, system, answers)
    also_formats = tuple(settle_dates(column, raw, catalogue, answers=answers) for column in also_closed)
    unsaid = table == "deal" and not {"stage", "status", "won_flag"} & set(mapped)
    said = answers.stages.get(WITHOUT_STAGE) == "won"
    wins_only = unsaid and (said or ("closed" in mapped and _named_won(mapped["closed"].heading)))
    stage, stage_open = _stage_words(table, mapped, catalogue, system, answers)
    currency = settle_currency(table, mapped, columns, catalogue, answers)
    questions = [*raw.questions, *(records.questions if records is not None else ()), *mapping.questions]
    for name in sorted(formats):
        asked = formats[name].question
        if asked is not None:
            questions.append(asked)
    questions += [format.question for format in also_formats if format.question is not None]
    questions += stage_open
    if unsaid and not wins_only:
        questions.append(without_stages(raw.facts))
    questions += currency.questions
    shown = {mapping.fields[name].position: format.words for name, format in formats.items()}
    ended = ends(table, columns, mapping, stage, catalogue)
    proposals = propose_roles(table, columns, mapping, catalogue, answers=answers, formats=shown, ended=ended)
    notes = _more_notes(table, mapped, stage, catalogue, system, wins_only, columns)
    if also_closed:
        fills = " and ".join(f"“{column.heading}”" for column in also_closed)
        notes = (f"Where “{mapped['closed'].heading}” is blank, {fills} gives the closing date.", *notes)
        proposals = tuple(
            replace(p, reason=f"It gives the closing date where “{mapped['closed'].heading}” is blank.", confidence=0.9)
            if p.position in {column.position for column in also_closed}
            else p
            for p in proposals
        )
    return Plan(
        raw=raw,
        columns=columns,
        table=table,
        confidence=recognition.confidence if recognition else 1.0,
        reason=recognition.reason if recognition else "You chose this kind of table.",
        recognition=recognition,
        system=system,
        mapping=mapping,
        formats=formats,
        also_closed=tuple(zip(also_closed, also_formats, strict=True)),
        words=stage,
        currency=currency,
        proposals=proposals,
        questions=tuple(questions),
        notes=(*(records.notes if records is not None else ()), *mapping.notes, *notes),
        missing=_missing(table, mapped, raw, wins_only),
        wins_only=wins_only,
        answers=answers,
    )


def _log_recognition(log: Log, columns: tuple[Column, ...], answers: Answers) -> Recognition | None:
    """What a log becomes: what its columns say, else what the user says."""
    if answers.table is not None:
        return None
    key = columns[log.key]
    if log.sure and log.kind is not None:
        reason = f"{TABLES[log.kind].label}: a log of changes, with the id of each in “{key.heading}”."
        return Recognition(log.kind, 0.9, reason, none_of_ours=False, scores=((log.kind, 0.9),), question=None)
    question = question_of(log, columns)
    return Recognition(None, 0.5, question.text, none_of_ours=False, scores=(("lead", 0.5), ("deal", 0.5)), question=question)


def _mapping(
    table: TableName, columns: tuple[Column, ...], catalogue: Catalogue, system: str | None, answers: Answers, records: Records | None
) -> Mapping:
    """The columns that fill the fields; those that were made of a log are known beforehand."""
    if records is None:
        return propose(table, columns, catalogue, system=system, answers=answers)
    made = {name: heading for name, heading in records.fields.items() if name not in answers.fields}
    mapping = propose(table, columns, catalogue, system=system, answers=replace(answers, fields={**made, **answers.fields}))
    told = {
        name: replace(candidate, confidence=0.95, reason="It was worked out from the events of the log.") if name in made else candidate
        for name, candidate in mapping.fields.items()
    }
    return replace(mapping, fields=told)


def _no_records(
    raw: RawTable,
    answers: Answers,
    columns: tuple[Column, ...],
    system: str | None,
    table: TableName,
    records: Records,
    catalogue: Catalogue,
) -> Plan:
    """A log of which no record can be made, or not before a question is answered."""
    asked = bool(records.questions)
    reason = TABLES[table].label if asked else f"This file is none of the tables the scorecard uses: {records.notes[0]}"
    found = Recognition(table if asked else None, 0.9 if asked else 0.0, reason, none_of_ours=not asked, scores=(), question=None)
    plan = _unsettled(raw, answers, columns, system, found, table if asked else None, catalogue)
    return replace(plan, questions=(*plan.questions, *records.questions), notes=plan.notes if asked else (reason,))


def _unsettled(
    raw: RawTable,
    answers: Answers,
    columns: tuple[Column, ...],
    system: str | None,
    recognition: Recognition | None,
    table: TableName | None,
    catalogue: Catalogue,
) -> Plan:
    question = recognition.question if recognition else None
    call = table == "call"
    reason = "These are calls. The scorecard does not use calls yet." if call else recognition.reason if recognition else ""
    confidence = (recognition.confidence if recognition else 1.0) if call or recognition else 0.0
    return Plan(
        raw=raw,
        columns=columns,
        table=table,
        confidence=confidence,
        reason=reason,
        recognition=recognition,
        system=system,
        mapping=Mapping({}, (), ()),
        formats={},
        also_closed=(),
        words={},
        currency=Currency(None),
        proposals=unread_proposals(columns, catalogue),
        questions=(*raw.questions, *((question,) if question else ())),
        notes=(reason,) if call else (),
        missing=(),
        wins_only=False,
        answers=answers,
    )


def _also_closed(
    table: TableName, columns: tuple[Column, ...], mapping: Mapping, catalogue: Catalogue, system: str | None, answers: Answers
) -> tuple[Column, ...]:
    """Pipedrive keeps won and lost times apart: the columns that fill the closing date where the chosen one is blank."""
    chosen = mapping.fields.get("closed")
    if table != "deal" or system != "pipedrive" or chosen is None or chosen.evidence != "heading":
        return ()
    taken = {candidate.position for candidate in mapping.fields.values()}
    return tuple(
        column
        for column in columns
        if column.position not in taken
        and column.heading not in answers.roles
        and column.filled
        and any(k.field == "closed" and k.evidence != "unverified" for k in catalogue.known(table, column.heading, system=system))
    )


def _named_won(heading: str) -> bool:
    return bool({"won", "sale", "sold"} & set(map(singular, words(heading))))


def _formats(table: TableName, mapped: dict[str, Column], raw: RawTable, catalogue: Catalogue, answers: Answers) -> dict[str, Format]:
    formats: dict[str, Format] = {}
    for name, column in mapped.items():
        format = settle(TABLES[table].field(name), column, raw, catalogue, answers=answers)
        if format is not None:
            formats[name] = format
    for name, format in formats.items():
        if format.question is None:
            continue
        for other, settled in formats.items():
            like = (
                settled.name is not None
                and TABLES[table].field(other).kind == TABLES[table].field(name).kind
                and settled.shape == format.shape
            )
            if like and settled.name in {choice.value for choice in format.question.choices} and "no mark" not in settled.words:
                formats[name] = replace(format, question=suggest(format.question, str(settled.name), mapped[other].heading))
                break
    return formats


def _stage_words(
    table: TableName, mapped: dict[str, Column], catalogue: Catalogue, system: str | None, answers: Answers
) -> tuple[dict[str, tuple[StageWord, ...]], list[Question]]:
    found: dict[str, tuple[StageWord, ...]] = {}
    open_: list[Question] = []
    if table == "deal":
        decided = "won_flag" in mapped and "closed_flag" in mapped
        for name in ("status", "stage"):
            if name not in mapped or (name == "stage" and ("status" in found or decided)):
                continue
            known = stage_words(mapped[name], catalogue, system=system, answers=answers, closed=mapped.get("closed"))
            outcomes = {word.outcome for word in known}
            if name == "status" and "stage" in mapped and not outcomes & {"won", "lost"}:
                continue
            found[name] = known
            open_ += stage_questions(known, mapped[name].heading)
    if table == "customer" and "churned_flag" in mapped:
        found["churned_flag"] = customer_words(mapped["churned_flag"], catalogue, answers=answers)
        if "churned" not in mapped or any(word.outcome == "lost" for word in found["churned_flag"]):
            open_ += customer_questions(found["churned_flag"], mapped["churned_flag"].heading)
    return found, open_


def _more_notes(
    table: TableName,
    mapped: dict[str, Column],
    stage: dict[str, tuple[StageWord, ...]],
    catalogue: Catalogue,
    system: str | None,
    wins_only: bool,
    columns: tuple[Column, ...],
) -> tuple[str, ...]:
    notes: list[str] = []
    deciding = stage.get("status") or stage.get("stage") or ()
    settled = {word.outcome for word in deciding}
    if wins_only or (table == "deal" and deciding and None not in settled and "won" in settled and "lost" not in settled):
        notes.append("The file holds won deals and no lost ones, so a win rate cannot be computed from it.")
    if table == "traffic" and "sessions" in mapped and fold(mapped["sessions"].heading) == "clicks":
        notes.append("These are clicks in search results, not visits; they stand in for visits here.")
    notes.extend(
        f"“{column.heading}” is filled in {column.filled:,} of {column.rows:,} rows: each name seems to stand once, above its group. "
        "Export the details only, so that each row has its own; otherwise what is compared by it misses most rows."
        for name, column in mapped.items()
        if TABLES[table].field(name).kind == "text" and _named_once(column)
    )
    notes.extend(said for column in _amounts(table, mapped) if (said := said_of_scale(column.heading)) is not None)
    if table == "revenue_line" and "amount" not in mapped and {"quantity", "unit_price"} <= set(mapped):
        notes.append(f"There is no amount column: it is “{mapped['quantity'].heading}” × “{mapped['unit_price'].heading}”.")
    if system is not None:
        there = {fold(column.heading) for column in columns}
        notes.extend(note for note in catalogue.systems[system].notes if all(fold(named) in there for named in re.findall("“(.+?)”", note)))
    return tuple(notes)


def _named_once(column: Column) -> bool:
    """Whether a column looks like the names of groups of a report, each of which stands in the first row of its group alone."""
    return 2 <= column.filled < 0.5 * column.rows and column.unique and column.cell(0) != "" and column.filled < _GROUPS


def _amounts(table: TableName, mapped: dict[str, Column]) -> tuple[Column, ...]:
    """The columns of money."""
    return tuple(mapped[name] for name in (money_field(table), "unit_price") if name in mapped)


_GROUPS = 500

_MISSING: dict[TableName, tuple[tuple[frozenset[str], str], ...]] = {
    "deal": (
        (frozenset(["stage", "status", "won_flag"]), "No column says which deals were won or lost, so no win rate can be computed."),
        (frozenset(["closed"]), "No column says when deals closed, so nothing can be shown over time."),
        (frozenset(["amount"]), "No column holds the amount, so nothing can be computed by value."),
        (frozenset(["created"]), "No column says when deals were opened, so cohorts and the length of the cycle cannot be computed."),
        (
            frozenset(["id"]),
            "No column holds the deal's id, so a deal that is listed twice counts twice, and next month's export cannot update this one. "
            "Choose it under “How each column is read”, or export it too.",
        ),
    ),
    "lead": (
        (frozenset(["created"]), "No column says when leads came in, so nothing can be shown over time."),
        (frozenset(["converted_flag", "converted_at", "status"]), "No column says which leads became customers."),
        (frozenset(["first_contact_at"]), "No column says when sales first reached out, so the time to follow-up cannot be computed."),
    ),
    "customer": (
        (frozenset(["started", "tenure_months"]), "No column says since when a customer has been one."),
        (frozenset(["churned", "churned_flag"]), "No column says who has left, so retention cannot be computed."),
        (frozenset(["revenue"]), "No column holds recurring revenue, so retention by revenue cannot be computed."),
    ),
    "revenue_line": ((frozenset(["customer"]), "No column says who bought, so retention cannot be computed."),),
    "traffic": ((frozenset(["sessions"]), "No column counts the visits; the traffic acquisition report has it."),),
}


def _missing(table: TableName, mapped: dict[str, Column], raw: RawTable, wins_only: bool) -> tuple[str, ...]:
    have = set(mapped) | ({"stage"} if wins_only else set())
    sentences = [text for fields, text in _MISSING.get(table, ()) if not fields & have]
    if table == "traffic" and "date" not in have:
        stated = period_of(raw)
        sentences.append(
            f"The report has no days; it covers {stated[0]} to {stated[1]} as a whole."
            if stated
            else "No column says on which day the visits were."
        )
    return tuple(sentences)
