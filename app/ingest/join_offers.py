"""Which joins another file offers to what is loaded: where ids meet, and what would be gained. Offered, never made unasked."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from app.ingest.column import Column
from app.ingest.export_formats import Catalogue
from app.ingest.headings import fold, singular, words
from app.ingest.join import Loaded, Match, Partner, completes, counts, disagreeing, field_values, match, of_id
from app.ingest.mapping import propose
from app.ingest.model import Answers, JoinChoice, JoinOffer
from app.ingest.outcome_groups import tells_the_end
from app.ingest.plan import Plan, make_plan
from app.ingest.raw import RawTable
from app.ingest.roles import FEW, LONG_TEXT
from app.ingest.values import texts
from app.tables import TABLES, TableName

_KEYS: dict[TableName, tuple[str, ...]] = {
    "deal": ("id", "account", "owner", "source"),
    "lead": ("id", "company", "owner", "source"),
    "customer": ("id", "name"),
    "revenue_line": ("customer", "id"),
}
_GAINED: dict[TableName, tuple[str, ...]] = {
    "deal": ("account", "owner", "created", "source", "lost_reason"),
    "lead": ("created", "source", "mql_at", "assigned_at", "first_contact_at", "accepted_at", "converted_at", "owner", "company"),
    "customer": ("started", "churned"),
    "revenue_line": ("customer",),
}
_ENOUGH = 0.5
_NAMED_ENOUGH = 0.02
_OFFERED = 3


def offers(loaded: tuple[Loaded, ...], raw: RawTable, answers: Answers, catalogue: Catalogue) -> tuple[JoinOffer, ...]:
    """The joins worth offering, the one that gains most first; at most one for each key of a loaded table."""
    plan = make_plan(raw, answers, catalogue)
    found: list[tuple[float, JoinOffer]] = []
    for side in loaded:
        if side.info.table in _KEYS:
            found += _of_table(side, plan, catalogue, answers)
    found.sort(key=lambda pair: -pair[0])
    return tuple(offer for _, offer in found[:_OFFERED])


def partner_of(plan: Plan, *, converted: bool) -> Partner:
    """The other file; for the question who became a customer, only its won deals count."""
    if not converted or plan.table != "deal":
        return Partner(plan)
    words_of = plan.words.get("status") or plan.words.get("stage")
    column = plan.column("status" if "status" in plan.words else "stage")
    if not words_of or column is None:
        return Partner(plan)
    outcome = {word.word: word.outcome for word in words_of}
    return Partner(plan, column.spread(pa.array([outcome.get(word) == "won" for word in column.values.to_pylist()], pa.bool_())))


def _of_table(side: Loaded, plan: Plan, catalogue: Catalogue, answers: Answers) -> list[tuple[float, JoinOffer]]:
    table = side.info.table
    best: dict[str, tuple[float, JoinOffer]] = {}
    for key in (*_KEYS[table], *(segment.name for segment in side.info.segments)):
        if key not in side.stored.column_names or side.stored[key].null_count == side.stored.num_rows:
            continue
        for column in plan.columns:
            closeness = _closeness(side, key, column, plan, catalogue)
            if not closeness:
                continue
            offer = _offer(side, key, column, plan, catalogue, answers)
            if offer is not None and closeness > best.get(key, (0.0,))[0]:
                best[key] = (closeness + len(offer.choice.fields) + 2 * offer.choice.converted, offer)
    return list(best.values())


def _closeness(side: Loaded, key: str, column: Column, plan: Plan, catalogue: Catalogue) -> float:
    """How surely a stored column and a column of the file hold the same ids, 0 when they do not."""
    if not column.more_than(1) or max(column.dates, column.compact_dates if column.dates else 0.0) > 0.8 or column.length > LONG_TEXT:
        return 0.0
    found = match(side, Partner(plan), key=key, other_key=column.heading, catalogue=catalogue)
    paired = sum(value is True for value in found.found.to_pylist())
    ours = int(pc.count_distinct(side.stored[key]).as_py())
    theirs = len(found.keys)
    if not paired or not ours or not theirs:
        return 0.0
    named = _same_name(side.headings.get(key, ""), column.heading)
    share = max(paired / ours, paired / theirs)
    if named and share >= _NAMED_ENOUGH:
        return 1.0 + share
    # Short codes and numbers meet by chance; names and long ids do not.
    if column.numbers > 0.5 or column.length < 4 or paired < 3:
        return 0.0
    return share if share >= _ENOUGH else 0.0


def _same_name(ours: str, theirs: str) -> bool:
    mine, other = ({singular(word) for word in words(text)} for text in (ours, theirs))
    return bool(mine) and (fold(ours) == fold(theirs) or mine == other)


def _offer(side: Loaded, key: str, column: Column, plan: Plan, catalogue: Catalogue, answers: Answers) -> JoinOffer | None:
    table = side.info.table
    found = match(side, Partner(plan), key=key, other_key=column.heading, catalogue=catalogue)
    fields = _fields(side, key, column, plan, found, catalogue, answers)
    blank = side.stored["converted"].null_count if table == "lead" and key == "id" else 0
    # Leads that came after an earlier join lack it; what dates the others says it of them as well.
    unsaid = blank == side.stored.num_rows or (blank > 0 and "converted_at" in dict(fields))
    converted = unsaid and _tells_who_bought(plan, fields)
    if converted and plan.raw.weights is None:
        # What is known of customers alone, such as their seller, would compare customers with nobody.
        fields = tuple((name, heading) for name, heading in fields if TABLES[table].field(name).kind == "moment")
    partner = partner_of(plan, converted=converted)
    if partner.won is not None:
        found = match(side, partner, key=key, other_key=column.heading, catalogue=catalogue)
    taken = {heading for _, heading in fields} | {column.heading}
    # Where being in the file is what makes a customer, its other columns only repeat who became one.
    groups = () if converted else plan.columns
    segments = tuple(c.heading for c in groups if c.heading not in taken and _groups(side, c, found, catalogue))
    if not fields and not segments and not converted:
        return None
    choice = JoinChoice(table, key, column.heading, fields, segments, converted)
    plain = [texts(c) for c in plan.columns if c.heading in segments]
    plain += [
        texts(c) for c in plan.columns for field, heading in fields if heading == c.heading and TABLES[table].field(field).kind != "moment"
    ]
    number = counts(side, partner, found, key=key, double=disagreeing(found, plain))
    if not number.other_matched and not (converted or fields):
        return None
    labels = [TABLES[table].field(field).label for field, _ in fields]
    gained = (*labels, *(("Became a customer",) if converted and "converted_at" not in dict(fields) else ()), *segments)
    label = _label(side, key)
    noun = TABLES[table].label.lower()
    text = (
        f"{number.ids_matched:,} of {number.ids:,} different “{label}” of the {noun} are in “{column.heading}” of this file. "
        f"The {noun} would gain {_list(gained)}."
    )
    there = {fold(segment.heading) for segment in side.info.segments}
    partly = [TABLES[table].field(field).label for field, _ in fields if side.stored[field].null_count < side.stored.num_rows]
    partly += [heading for heading in segments if fold(heading) in there]
    if partly:
        text += f" Only blank cells of {_list(tuple(partly))} are filled; the others agree with this file."
    if converted:
        became = _became(side, plan, found, fields, catalogue, answers)
        text += f" {became:,} leads count as customers then, the other {number.rows - became:,} do not."
    return JoinOffer(choice, label, gained, number, text)


def _fields(
    side: Loaded, key: str, column: Column, plan: Plan, ids: Match, catalogue: Catalogue, answers: Answers
) -> tuple[tuple[str, str], ...]:
    """The fields that the loaded table lacks, in all rows or in those that came later, and the file has.

    Only an id of the table itself brings dates.
    """
    table = side.info.table
    lacking = [name for name in _GAINED[table] if side.stored[name].null_count and (key == "id" or table == "revenue_line")]
    if plan.raw.weights is not None:
        mapped = {name: candidate.position for name, candidate in plan.mapping.fields.items()} if plan.table == table else {}
    else:
        mapping = propose(table, plan.columns, catalogue, system=plan.system, answers=Answers())
        mapped = {name: candidate.position for name, candidate in mapping.fields.items()}
    if table == "lead" and "converted_at" not in mapped:
        bought = {"deal": "closed", "customer": "started", "revenue_line": "date"}
        as_deals = propose("deal", plan.columns, catalogue, system=plan.system, answers=Answers()).fields
        chosen = plan.mapping.fields.get(bought.get(plan.table or "", ""))
        if chosen is None and plan.table is None and not {"stage", "status"} & set(as_deals):
            chosen = as_deals.get("closed")
        if chosen is not None:
            mapped["converted_at"] = chosen.position
    found = []
    for name in lacking:
        position = mapped.get(name)
        if position is None or plan.columns[position].heading == column.heading:
            continue
        heading = plan.columns[position].heading
        values = field_values(plan, table, name, heading, catalogue, answers)
        # Only won deals make customers.
        won = name == "converted_at"
        of = match(side, partner_of(plan, converted=True), key=key, other_key=column.heading, catalogue=catalogue) if won else ids
        if values is not None and (side.stored[name].null_count == side.stored.num_rows or _fills(side, name, values, of)):
            found.append((name, heading))
    return tuple(found)


def _fills(side: Loaded, field: str, values: pa.Array, ids: Match) -> bool:
    """Whether the values of the file complete a field that is loaded for some rows."""
    double = None if pa.types.is_timestamp(values.type) else disagreeing(ids, [values])
    return completes(side.stored[field], pc.cast(of_id(ids, values, double).take(ids.where), side.stored[field].type))


def _tells_who_bought(plan: Plan, fields: tuple[tuple[str, str], ...]) -> bool:
    if any(question.kind == "stage_word" for question in plan.questions):
        return False
    return "converted_at" in dict(fields) or plan.table in ("customer", "revenue_line")


def _groups(side: Loaded, column: Column, found: Match, catalogue: Catalogue) -> bool:
    """Whether the joined column would be one to compare groups by."""
    traps = catalogue.traps
    if not column.filled or column.dates > 0.5 or column.true_dates or column.mails > 0.5 or column.length > LONG_TEXT:
        return False
    if (column.numbers > 0.97 and column.more_than(FEW // 10)) or traps.amount(column.heading) or traps.personal(column.heading):
        return False
    if {"id", "key", "timestamp"} & set(words(column.heading)) and column.more_than(50):
        return False
    values = texts(column)
    joined = of_id(found, values, disagreeing(found, [values])).take(found.where)
    loaded = next((segment.name for segment in side.info.segments if fold(segment.heading) == fold(column.heading)), None)
    if loaded is not None:
        return completes(side.stored[loaded], joined)
    told = _ended(side)
    if told is not None and tells_the_end(joined, told):
        return False
    different = int(pc.count_distinct(joined).as_py())
    filled = len(joined) - joined.null_count
    return 2 <= different <= FEW and different <= max(2.0, 0.5 * filled)


def _ended(side: Loaded) -> pa.Array | None:
    """How each loaded row ended, None when its table does not say."""
    if side.info.table == "deal":
        outcome = side.stored["outcome"].combine_chunks()
        return pc.if_else(pc.is_in(outcome, pa.array(["won", "lost"])), pc.equal(outcome, "won"), pa.scalar(None, pa.bool_()))
    if side.info.table in ("lead", "customer"):
        return side.stored["converted" if side.info.table == "lead" else "has_churned"].combine_chunks()
    return None


def _became(side: Loaded, plan: Plan, found: Match, fields: tuple[tuple[str, str], ...], catalogue: Catalogue, answers: Answers) -> int:
    """How many leads would count as customers: those in the file, with a date where it gives one."""
    place = found.where
    dated = dict(fields).get("converted_at")
    values = None if dated is None else field_values(plan, side.info.table, "converted_at", dated, catalogue, answers)
    told = place if values is None else pc.coalesce(side.stored["converted_at"].combine_chunks(), of_id(found, values, None).take(place))
    return int(len(told) - told.null_count)


def _label(side: Loaded, key: str) -> str:
    heading = side.headings.get(key)
    if heading:
        return heading
    return TABLES[side.info.table].field(key).label


def _list(names: tuple[str, ...]) -> str:
    quoted = [f"“{name}”" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
