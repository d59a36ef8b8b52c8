"""Which column fills which field, and what becomes of the others.

Three ways, in this order: the heading is known (catalogue), its words name the field, the content gives the field away. Each
proposal has a confidence and a reason. One heading fills one field; where two columns are equally good the user is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.ingest.column import Column, looks_like
from app.ingest.export_formats import HOME_CURRENCY, NOT_A_SYSTEM, SEGMENT, Catalogue
from app.ingest.field_words import match_words, names_number
from app.ingest.headings import fold, words
from app.ingest.model import Answers, Choice, Question
from app.ingest.numbers import CURRENCY_CODES
from app.tables import TABLES, Field, TableName

ALONE = 0.8
"""What the words of a heading score that says little else."""
TIE = 0.03
ASKED_ON_TIE = frozenset(
    [
        "closed",
        "created",
        "amount",
        "date",
        "revenue",
        "customer",
        "sessions",
        "stage",
        "started",
        "churned",
        "first_contact_at",
        "converted_at",
        "accepted_at",
    ]
)


_EXPECTED = frozenset(
    [
        "expected", "est", "estimated", "forecast", "planned", "erwartet",
        "erwarteter", "erwartetes", "erw", "geplant", "geplanter", "prevu",
        "prevue", "prevista",
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """A column that may fill a field. `evidence` says on what ground: a known heading, its words, its content, or an offer only."""

    field: str
    position: int
    confidence: float
    reason: str
    evidence: str


@dataclass(frozen=True)
class Mapping:
    """The columns that fill fields (field → candidate), what is still open, and sentences worth reading."""

    fields: dict[str, Candidate]
    questions: tuple[Question, ...]
    notes: tuple[str, ...]


def propose(table: TableName, columns: tuple[Column, ...], catalogue: Catalogue, *, system: str | None, answers: Answers) -> Mapping:
    """Fill the fields of `table` from `columns`, the answers first."""
    by_heading = {column.heading: column for column in columns}
    fields: dict[str, Candidate] = {}
    closed_fields: set[str] = set()
    for name, heading in answers.fields.items():
        if name not in {field.name for field in TABLES[table].fields}:
            continue
        closed_fields.add(name)
        if heading is not None and heading in by_heading:
            fields[name] = Candidate(name, by_heading[heading].position, 1.0, "You chose this column.", "answer")
    set_apart = {heading for heading, role in answers.roles.items() if role != "field"}
    taken = {candidate.position for candidate in fields.values()}
    free = tuple(column for column in columns if column.position not in taken and column.heading not in set_apart)
    candidates = [
        candidate
        for column in free
        for field in TABLES[table].fields
        if field.name not in closed_fields
        for candidate in _candidates(table, field, column, catalogue, system)
    ]
    offered = [candidate for candidate in candidates if candidate.evidence == "offer"]
    candidates = sorted(
        (candidate for candidate in candidates if candidate.evidence != "offer"), key=lambda c: (-c.confidence, c.position, c.field)
    )
    questions: list[Question] = []
    for candidate in candidates:
        if candidate.field in fields or candidate.position in taken:
            continue
        fields[candidate.field] = candidate
        taken.add(candidate.position)
    for name in list(fields):
        rivals = [
            other
            for other in candidates
            if other.field == name
            and other.position not in taken
            and fields[name].evidence == other.evidence == "words"
            and fields[name].confidence - other.confidence < TIE
        ]
        if rivals and name in ASKED_ON_TIE:
            questions.append(_tie(table, name, (fields[name], *rivals), columns))
    unsure = set_apart | {columns[offer.position].heading for offer in offered}
    fields.update(_by_content(table, columns, fields, taken, closed_fields, unsure, catalogue))
    taken = {candidate.position for candidate in fields.values()}
    for offer in sorted(offered, key=lambda c: (c.field, -c.confidence, c.position)):
        asked = {question.answer_key for question in questions}
        if offer.field not in fields and offer.position not in taken and offer.field not in asked:
            questions.append(_offer(table, offer, columns))
    return Mapping(fields, tuple(questions), (*_notes(table, columns, fields, catalogue), *_unfit(table, free, fields, catalogue)))


def _candidates(table: TableName, field: Field, column: Column, catalogue: Catalogue, system: str | None) -> list[Candidate]:
    heading = column.heading
    if _vetoed(table, field, heading, catalogue):
        return []
    fit, doubt = content_fit(field, column)
    known = [k for k in catalogue.known(table, heading) if k.field == field.name or (k.field == HOME_CURRENCY and field.name == "amount")]
    sure = [k for k in known if k.evidence != "unverified"]
    if sure:
        own = [k for k in sure if k.system == system]
        best = (own or sure)[0]
        bonus = 0.01 if best.field == HOME_CURRENCY else 0.0
        confidence = (0.97 if own else 0.90) - min(0.05, 0.004 * best.rank) + bonus
        label = catalogue.systems[best.system].label
        written = "Other exports write" if best.system == NOT_A_SYSTEM else f"{label} writes"
        reason = f"{written} this heading for “{field.label}”." + doubt
        return [Candidate(field.name, column.position, round(confidence * fit, 3), reason, "heading")] if fit >= 0.5 else []
    score = match_words(table, field.name, _without_currency(heading))
    own_offers = [k for k in known if k.system == system]
    if own_offers or (known and system is None and not score):
        label = catalogue.systems[(own_offers or known)[0].system].label
        reason = f"{label} may use this heading for “{field.label}”, which is not confirmed." + doubt
        return [Candidate(field.name, column.position, 0.4 * fit, reason, "offer")] if fit >= 0.5 else []
    if score and fit >= 0.8:
        return [
            Candidate(
                field.name, column.position, round(score * fit, 3), f"The words of the heading name “{field.label}”." + doubt, "words"
            )
        ]
    return []


def _without_currency(heading: str) -> str:
    kept = [word for word in words(heading) if word.upper() not in CURRENCY_CODES or len(word) != 3]
    return " ".join(kept) or heading


def _vetoed(table: TableName, field: Field, heading: str, catalogue: Catalogue) -> bool:
    """Whether the heading must never fill the field, however well its words fit."""
    found = set(words(heading))
    if field.kind != "flag" and found & {"has", "is"} and field.name != "churned_flag":
        return True
    if field.name in ("account", "company", "customer") and (
        found & {"exe", "executive", "manager", "owner", "rep", "type", "status"}
        or (field.name == "company" and {"customer", "id"} <= found)
    ):
        return True
    if field.kind == "money" or field.name == "unit_price":
        return catalogue.traps.amount(heading) and not any(
            k.field == field.name and k.evidence != "unverified" for k in catalogue.known(table, heading) if k.system == "dynamics365"
        )
    if field.kind == "moment":
        expected = _EXPECTED & found
        known = any(k.field == field.name and k.evidence != "unverified" for k in catalogue.known(table, heading))
        last_change = fold(heading) in catalogue.traps.date_headings or (catalogue.traps.date(heading) and not known)
        return last_change or (bool(expected) and field.name != "expected_close")
    if field.kind == "count":
        return bool({"id", "code", "rate", "per", "source", "channel", "group", "score"} & found)
    if field.name == "status" and table == "deal":
        return bool({"payment", "invoice", "task", "lead", "email"} & found)
    if field.name == "name" and table == "deal" and "name" not in found and names_number(heading):
        return True
    if field.name == "source":
        return fold(heading) in catalogue.traps.source_headings or "id" in found
    if field.name == "converted_flag":
        return "date" in found or "at" in found
    if field.kind == "id" and field.name in ("id", "customer"):
        return bool({"parent", "external", "portal"} & found)
    return False


def content_fit(field: Field, column: Column) -> tuple[float, str]:
    """How well the cells hold what the field wants, in [0, 1], and the doubt as a sentence ("" when none)."""
    if not column.filled:
        return 0.9, " The column is empty."
    if field.kind == "moment":
        counted = max(column.compact_dates, column.serial_dates) if column.dates < 0.5 else 0.0
        share = max(column.dates, counted, 1.0 if column.true_dates else 0.0)
        if fold(column.heading) == "nth day":
            share = 1.0
    elif field.kind in ("money", "count", "number"):
        share = column.numbers if column.dates < 0.9 else 0.0
    elif field.kind == "flag":
        share = column.flags
    elif field.kind == "outcome":
        share = 0.0
    elif field.name in ("stage", "status", "churned_flag", "source", "lost_reason", "currency"):
        share = 0.0 if column.dates > 0.5 or column.more_than(200) or column.mails > 0.5 else 1.0
        if field.name in ("stage", "source") and column.numbers > 0.9 and column.more_than(20):
            share = 0.0
    elif field.name in ("account", "owner", "name", "company", "id", "customer"):
        share = 0.0 if column.dates > 0.9 and column.compact_dates < 0.5 else 1.0
    else:
        share = 1.0
    if share >= 0.97:
        return 1.0, ""
    return share, f" Only {share:.0%} of the cells look like it."


def _by_content(
    table: TableName,
    columns: tuple[Column, ...],
    fields: dict[str, Candidate],
    taken: set[int],
    closed_fields: set[str],
    set_apart: set[str],
    catalogue: Catalogue,
) -> dict[str, Candidate]:
    free = [column for column in columns if column.position not in taken and column.heading not in set_apart and column.filled]
    found: dict[str, Candidate] = {}
    if table == "deal" and not {"stage", "status", "won_flag"} & (set(fields) | closed_fields):
        certain = catalogue.stages.certain
        for column in free:
            if not column.more_than(50):
                outcomes = {certain.get(fold(word)) for word, _ in column.words()}
                if {"won", "lost"} <= outcomes:
                    found["stage"] = Candidate("stage", column.position, 0.6, "Its words say what was won and what was lost.", "content")
                    break
    if table in ("deal", "lead") and not {"id", "name"} & set(fields) and "id" not in closed_fields:
        for column in free:
            if column.unique and "id" in words(column.heading) and not column.dates:
                found["id"] = Candidate("id", column.position, 0.6, "Every row has its own value here.", "content")
                break
    if table in ("deal", "lead") and "id" not in {*fields, *found, *closed_fields}:
        for column in free:
            others = ("account", "company", "contact", "customer", "owner", *(("lead",) if table == "deal" else ("deal",)))
            if fold(column.heading).startswith(others):
                continue
            if _numbers_the_rows(column) and not catalogue.traps.personal(column.heading):
                repeats = column.filled - column.distinct
                doubt = f" {repeats:,} rows repeat one." if repeats else ""
                reason = f"The heading names a number, and nearly every row has its own.{doubt}"
                found["id"] = Candidate("id", column.position, 0.6, reason, "content")
                break
    if table == "customer" and "id" not in fields and "id" not in closed_fields:
        names = [c for c in columns if c.position == fields["name"].position] if "name" in fields else []
        for column in names:
            if column.unique:
                found["id"] = Candidate(
                    "id", column.position, 0.7, "Every row has its own name, and there is no other identifier.", "content"
                )
                fields.pop("name")
    if table in ("revenue_line", "traffic") and "date" not in fields and "date" not in closed_fields:
        dated = [column for column in free if column.dates > 0.97 and not catalogue.traps.date(column.heading)]
        if len(dated) == 1:
            found["date"] = Candidate("date", dated[0].position, 0.55, "It is the only column of dates.", "content")
    return found


def _numbers_the_rows(column: Column) -> bool:
    """Whether a column holds the number of each record; an export that lists records twice repeats some."""
    full = column.filled >= 0.95 * column.rows and column.distinct >= 0.9 * column.filled and column.filled > 1
    return full and names_number(column.heading) and not column.true_dates and column.dates < 0.5 and column.mails < 0.5


def _tie(table: TableName, field_name: str, rivals: tuple[Candidate, ...], columns: tuple[Column, ...]) -> Question:
    field = TABLES[table].field(field_name)
    headings = [columns[rival.position].heading for rival in rivals]
    return Question(
        key=f"field:{field_name}",
        kind="amount" if field.kind == "money" else "field",
        text=f"Several columns could be “{field.label}” ({field.meaning.rstrip('.')}). Which one is it?",
        choices=tuple(
            Choice(columns[rival.position].heading, columns[rival.position].heading, ", ".join(columns[rival.position].samples[:3]))
            for rival in rivals
        ),
        answer_in="fields",
        answer_key=field_name,
        column=headings[0],
        example=columns[rivals[0].position].samples[0] if columns[rivals[0].position].samples else None,
    )


def _offer(table: TableName, offer: Candidate, columns: tuple[Column, ...]) -> Question:
    field = TABLES[table].field(offer.field)
    column = columns[offer.position]
    return Question(
        key=f"field:{offer.field}",
        kind="field",
        text=f"Is “{column.heading}” the column for “{field.label}”? {offer.reason}",
        choices=(
            Choice(column.heading, f"Yes, use “{column.heading}”", ", ".join(column.samples[:3])),
            Choice("", "No, leave it out", f"“{field.label}” stays empty."),
        ),
        answer_in="fields",
        answer_key=offer.field,
        column=column.heading,
        example=column.samples[0] if column.samples else None,
    )


def _notes(table: TableName, columns: tuple[Column, ...], fields: dict[str, Candidate], catalogue: Catalogue) -> tuple[str, ...]:
    used = {candidate.position for candidate in fields.values()}
    notes = []
    money_like = ("amount", "value", "revenue", "probability")
    for column in columns:
        if column.position in used:
            continue
        names_money = any(word in fold(column.heading) for word in money_like)
        if table in ("deal", "customer", "revenue_line") and catalogue.traps.amount(column.heading) and names_money:
            notes.append(f"“{column.heading}” was left out of the amounts on purpose: it is no amount that was sold.")
        elif table in ("deal", "lead") and catalogue.traps.date(column.heading) and column.dates > 0.5:
            notes.append(f"“{column.heading}” was not taken as a date of the record on purpose: it is a last change or an activity.")
    amount = fields.get("amount")
    if amount is not None and any(k.field == HOME_CURRENCY for k in catalogue.known(table, columns[amount.position].heading)):
        notes.append(f"“{columns[amount.position].heading}” is used as the amount, because amounts in one currency can be added up.")
    return tuple(notes)


def _unfit(table: TableName, columns: tuple[Column, ...], fields: dict[str, Candidate], catalogue: Catalogue) -> tuple[str, ...]:
    """Columns that are named like a field and do not hold what it wants, so that nobody wonders why a date or an amount is missing."""
    used = {candidate.position for candidate in fields.values()}
    notes: dict[int, str] = {}
    for field in TABLES[table].fields:
        if field.name in fields or field.kind not in ("moment", "money", "number", "count"):
            continue
        for column in columns:
            sure = any(k.field == field.name and k.evidence != "unverified" for k in catalogue.known(table, column.heading))
            named = sure or match_words(table, field.name, column.heading) >= ALONE
            if column.position in used or not named or not column.filled or _vetoed(table, field, column.heading, catalogue):
                continue
            fit, doubt = content_fit(field, column)
            if 0 < fit < (0.5 if sure else 0.8):
                odd = next((text for text in column.samples if not looks_like(field.kind, text)), "")
                shown = f" (not “{odd}”)" if odd else ""
                notes.setdefault(
                    column.position,
                    f"“{column.heading}” is named like “{field.label}” but was not used.{doubt.rstrip('.')}{shown}. "
                    "Correct them in the export, or choose the column yourself: cells that cannot be read become blank.",
                )
    return tuple(notes[position] for position in sorted(notes))


def known_segment(table: TableName, heading: str, catalogue: Catalogue) -> bool:
    """Whether a system is known to keep a grouping under this heading."""
    return any(known.field == SEGMENT for known in catalogue.known(table, heading))
