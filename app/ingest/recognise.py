"""What kind of table a file holds and which system wrote it, with a stated confidence and the reason.

A file that is none of our tables (products, users, tasks, a survey) is not forced into one. Where two kinds are close the
user is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.ingest.column import Column
from app.ingest.export_formats import NOT_A_SYSTEM, Catalogue
from app.ingest.field_words import ENTITY_WORDS
from app.ingest.headings import fold, singular, words
from app.ingest.mapping import Mapping, propose
from app.ingest.model import Answers, Choice, FileFacts, Question
from app.tables import TABLES, TableName

SURE = 0.5
CLOSE = 0.15
_KEY_WORDS = frozenset(["id", "no", "number", "key", "code", "rechnungsnummer", "rechnungsnr", "fakturanummer", "fakturanr"])
"""Words that name a key; German writes the number of an invoice as one word."""
_TRAFFIC_SYSTEMS = ("ga4", "search_console")


@dataclass(frozen=True)
class Recognition:
    """The kind of table. `table` is None when none fits (`none_of_ours`) or two fit alike; then `question` asks.

    `scores` are the kinds that could be meant, best first, each in [0, 1].
    """

    table: TableName | None
    confidence: float
    reason: str
    none_of_ours: bool
    scores: tuple[tuple[TableName, float], ...]
    question: Question | None


def recognise_system(columns: tuple[Column, ...], catalogue: Catalogue) -> tuple[str | None, float]:
    """The system whose signature the headings carry, and how sure that is, in [0, 1]; (None, 0) when none stands out."""
    folded = [fold(column.heading) for column in columns]
    scores: list[tuple[float, int, str]] = []
    for system in catalogue.systems.values():
        if system.name == NOT_A_SYSTEM:
            continue
        signed = sum(heading in system.signature for heading in folded)
        known = {fold(k.heading) for k in system.headings if k.evidence != "unverified"}
        if signed:
            scores.append((signed + 0.3 * sum(heading in known for heading in folded), signed, system.name))
    scores.sort(key=lambda score: (-score[0], score[2]))
    if not scores or (scores[0][1] < 2 and not (scores[0][1] == 1 and len(columns) <= 4) and scores[0][0] < 2.4):
        return None, 0.0
    if len(scores) > 1 and scores[1][0] == scores[0][0]:
        return None, 0.0
    return scores[0][2], min(1.0, 0.4 + 0.12 * scores[0][0])


def recognise_table(columns: tuple[Column, ...], facts: FileFacts, catalogue: Catalogue, *, system: str | None) -> Recognition:
    """Which of our tables the file is, from its headings, its cells and (least) its name."""
    row_is, share = _row_entity(columns)
    named = _named(facts)
    none_word = next((word for word in row_is if ENTITY_WORDS.get(word, "") is None), None)
    scores: dict[TableName, float] = {}
    for name in TABLES:
        mapping = propose(name, columns, catalogue, system=system, answers=Answers())
        missing = _missing(name, mapping, columns, facts)
        if missing:
            continue
        entity = share.get(name, 0.0) - (share.get("none", 0.0) if name != "traffic" or not _channelled(columns, catalogue) else 0.0)
        cells = _content(name, mapping, columns, catalogue) + (0.25 if name == "traffic" and system in _TRAFFIC_SYSTEMS else 0.0)
        scores[name] = max(0.0, min(1.0, 0.45 * entity + 0.35 * _coverage(name, mapping) + 0.2 * _known(name, mapping) + cells))
    if "lead" in scores and "deal" not in scores:
        # An owner, a source and a day of creation without any stage: a lead, whatever else its company could be.
        known = propose("lead", columns, catalogue, system=system, answers=Answers()).fields
        sold = {"closed", "amount"} <= set(propose("deal", columns, catalogue, system=system, answers=Answers()).fields)
        scores["lead"] = min(1.0, scores["lead"] + 0.2 * ({"source", "owner", "created"} <= set(known) and not sold))
    ranked = tuple(
        sorted(((name, round(score, 3)) for name, score in scores.items() if score >= 0.2), key=lambda pair: (-pair[1], pair[0]))
    )
    ranked = _with_the_name(ranked, named)
    choices = tuple(Choice(name, TABLES[name].label, f"One row is {TABLES[name].one_row_is}.") for name in TABLES if name != "call")
    if not ranked or ranked[0][1] < 0.3:
        sales = _sales(columns, catalogue, system) if none_word is None else None
        if sales is not None:
            return sales
        what = (
            f"one row seems to be about “{none_word}”"
            if none_word
            else "its columns are not those of deals, leads, customers, revenue lines or web traffic"
        )
        reason = f"This file is none of the tables the scorecard uses: {what}."
        question = Question("table", "table", f"{reason} If it is one after all, which?", choices, "table", "table")
        return Recognition(None, 0.0, reason, none_of_ours=True, scores=ranked, question=question)
    best, score = ranked[0]
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    unsaid = _says_too_little(best, propose(best, columns, catalogue, system=system, answers=Answers()))
    other = next((word for word in named if ENTITY_WORDS.get(word, "") is None), None) if not any(map(_ours, named)) else None
    if other is not None and best != "traffic" and not _keyed(best, columns):
        unsaid = unsaid or f"the file is called “{facts.name}”"
    settled = best in map(ENTITY_WORDS.get, named)
    if (score - second < CLOSE and not settled) or (score < SURE - 0.1 and not settled) or unsaid:
        sales = None if row_is else _sales(columns, catalogue, system)
        if sales is not None:
            return sales
        close = tuple(name for name, value in ranked if score - value < CLOSE)
        if len(close) > 1:
            labels = " or ".join(TABLES[name].label.lower() for name in close)
            reason = f"The columns fit {labels}."
        else:
            reason = f"The columns fit {TABLES[best].label.lower()}, but {unsaid or 'not surely'}."
        ordered = tuple(sorted(choices, key=lambda choice: next((i for i, (name, _) in enumerate(ranked) if name == choice.value), 99)))
        question = Question("table", "table", f"{reason} What is one row of this file?", ordered, "table", "table")
        return Recognition(None, round(score, 2), reason, none_of_ours=False, scores=ranked, question=question)
    return Recognition(
        best,
        round(min(0.99, score + min(0.2, score - second)), 2),
        _why(best, row_is, columns),
        none_of_ours=False,
        scores=ranked,
        question=None,
    )


def _sales(columns: tuple[Column, ...], catalogue: Catalogue, system: str | None) -> Recognition | None:
    """A list that says who bought, when and for how much, and not whether a row is a deal or an invoice: it is asked. None for others."""

    def have(table: TableName) -> set[str]:
        return set(propose(table, columns, catalogue, system=system, answers=Answers()).fields)

    deal, line = have("deal"), have("revenue_line")
    likely: list[TableName] = []
    if {"closed", "amount"} <= deal and deal & {"id", "account", "name"}:
        likely.append("deal")
    if {"date", "amount", "customer"} <= line:
        likely.append("revenue_line")
    if not likely:
        return None
    losses = "" if deal & {"stage", "status", "won_flag"} else " There is no win rate without the lost ones."
    means = {
        "deal": f"One row is {TABLES['deal'].one_row_is}.{losses}",
        "revenue_line": f"One row is {TABLES['revenue_line'].one_row_is}. They give growth and retention.",
    }
    order = [*likely, *(name for name in TABLES if name not in likely and name != "call")]
    choices = tuple(Choice(name, TABLES[name].label, means.get(name, f"One row is {TABLES[name].one_row_is}.")) for name in order)
    reason = f"The columns fit {' or '.join(TABLES[name].label.lower() for name in likely)}, but not surely."
    question = Question("table", "table", f"{reason} What is one row of this file?", choices, "table", "table", proposed=likely[0])
    scores = tuple((name, 0.3) for name in likely)
    return Recognition(None, 0.3, reason, none_of_ours=False, scores=scores, question=question)


def _says_too_little(table: TableName, mapping: Mapping) -> str:
    """Why a file that fits `table` may be another all the same, "" when it says enough."""
    have = set(mapping.fields)
    if table == "deal" and not have & {"stage", "status", "won_flag"}:
        return "no column says what was lost"
    if table == "lead" and "created" not in have and not have & {"status", "converted_flag"}:
        return "no column says when a lead came in"
    if table == "customer" and not have & {"started", "churned", "churned_flag", "tenure_months", "revenue"}:
        return "no column says since when they are customers, what they pay or who has left: it may be any list of companies"
    return ""


def _why(table: TableName, row_is: list[str], columns: tuple[Column, ...]) -> str:
    named = next((word for word in row_is if ENTITY_WORDS.get(word, "") == table), None)
    label = TABLES[table].label
    if named:
        heading = next((c.heading for c in columns if named in map(singular, words(c.heading))), None)
        return f"{label}: the heading “{heading}” and the other columns fit." if heading else f"{label}: the columns fit."
    return f"{label}: the columns fit."


def _named(facts: FileFacts) -> list[str]:
    """What the file's name says one row is. It never decides: anybody renames a file."""
    about = _entities(words(facts.name.rsplit(".", 1)[0]))
    about = [word for word in about if word != "sale"] or about
    # A line item is a line of an invoice; "item" alone is what a shop sells.
    about = [word for word in about if word != "item" or "line" not in words(facts.name)]
    return about[:2] if "purchase" not in about else ["purchase"]


def _ours(word: str) -> bool:
    return ENTITY_WORDS.get(word, "") is not None


def _with_the_name(ranked: tuple[tuple[TableName, float], ...], named: list[str]) -> tuple[tuple[TableName, float], ...]:
    """Among kinds that fit about as well as the best, the one that the file is named after goes first."""
    close = [pair for pair in ranked if ranked[0][1] - pair[1] < CLOSE and pair[0] in map(ENTITY_WORDS.get, named)]
    return (*close[:1], *(pair for pair in ranked if pair not in close[:1]))


def _keyed(table: TableName, columns: tuple[Column, ...]) -> bool:
    """Whether a key with another value in every row is named after `table`."""
    return any(
        c.filled == c.rows
        and _KEY_WORDS & set(words(c.heading))
        and table in map(ENTITY_WORDS.get, _entities(words(c.heading)))
        and c.unique
        for c in columns
    )


def _row_entity(columns: tuple[Column, ...]) -> tuple[list[str], dict[str, float]]:
    """The words for what one row may be, strongest first, and for each of our tables (and "none") its share of the evidence."""
    votes: dict[str, float] = _of_ids(columns)
    keys = [c for c in columns if c.filled and _KEY_WORDS & set(words(c.heading))]
    unique = [c for c in keys if c.filled == c.rows and c.unique]
    for rank, column in enumerate(unique[:1] or keys[:1]):
        for word in _entities(words(column.heading)):
            votes[word] = votes.get(word, 0.0) + (3.0 if unique else 1.5) / (rank + 1)
    for column in columns:
        found = words(column.heading)
        for word in _entities(found[:1]) if len(found) > 1 else ():
            # "Stage Name" does not make a list of stages; a key or the file's name must say so.
            if word in ENTITY_WORDS and ENTITY_WORDS[word] is None and word not in votes:
                continue
            votes[word] = votes.get(word, 0.0) + 0.5
        if len(found) == 1 and column.filled == column.rows and column.numbers < 0.5 and _entities(found) and column.unique:
            for word in _entities(found):
                votes[word] = votes.get(word, 0.0) + 2.0
    if votes.get("purchase"):
        votes["purchase"] += votes.pop("order", 0.0)
    total = sum(votes.values()) or 1.0
    share: dict[str, float] = {}
    for word, vote in votes.items():
        if word == "sale":
            for table in ("deal", "revenue_line"):
                share[table] = share.get(table, 0.0) + 0.8 * vote / total
        elif word == "contract":
            for table in ("customer", "revenue_line"):
                share[table] = share.get(table, 0.0) + 0.8 * vote / total
        else:
            name = ENTITY_WORDS[word] or "none"
            share[name] = share.get(name, 0.0) + vote / total
    return [word for word, _ in sorted(votes.items(), key=lambda pair: (-pair[1], pair[0]))], share


_STRIPE_IDS = {
    "in": "invoice", "ch": "charge", "py": "payment", "pi": "payment", "cus": "customer", "il": "invoice", "cn": "note", "re": "refund",
    "card": "card", "pm": "method", "si": "item", "du": "dispute", "dp": "dispute", "di": "discount", "price": "price", "plan": "plan",
    "prod": "product", "txn": "balance", "po": "payout", "tr": "transfer", "cnli": "note", "ii": "item",
}  # fmt: skip
_STRIPE_ID = re.compile(r"([a-z]{2,5})_(?=\w*\d)\w{6,}")


def _of_ids(columns: tuple[Column, ...]) -> dict[str, float]:
    """What the ids of the rows say they are: Stripe begins each id with the kind of its object ("cn_1PgZ…" is a credit note)."""
    key = next((c for c in columns if words(c.heading) == ("id",) and c.filled == c.rows and c.unique), None)
    if key is None:
        return {}
    kinds = {found[1] if (found := _STRIPE_ID.fullmatch(text)) else "" for text in key.samples}
    word = _STRIPE_IDS.get(next(iter(kinds)), "") if len(kinds) == 1 else ""
    return {word: 4.0} if word else {}


def _entities(found: tuple[str, ...]) -> list[str]:
    kept = [singular(word) for word in found]
    return [word for word in kept if word in ENTITY_WORDS or word in ("sale", "contract")]


def _missing(table: TableName, mapping: Mapping, columns: tuple[Column, ...], facts: FileFacts) -> str:
    """Why the file cannot be this table, "" when it can."""
    have = set(mapping.fields)
    if table == "deal" and not have & {"stage", "status", "won_flag"}:
        closed = mapping.fields.get("closed")
        if closed is None or not {"won", "sale", "sold"} & set(map(singular, words(columns[closed.position].heading))):
            return "no column says what was won"
    if table == "deal" and len(have & {"id", "name", "account", "amount", "closed", "created"}) < 2:
        return "too few columns of a deal"
    if table == "lead" and (
        not have & {"created", "status", "converted_flag", "converted_at"} or not have & {"id", "source", "status", "company"}
    ):
        return "no column says when a lead came or what became of it"
    if table == "customer" and not have & {"id", "name"}:
        return "no customer"
    if table == "revenue_line" and ("date" not in have or not ("amount" in have or {"quantity", "unit_price"} <= have)):
        return "no date or no amount"
    if table == "traffic" and (not have & {"sessions", "users"} or not (have & {"date", "source"} or facts.period_stated)):
        return "no visits"
    if table == "call" and len(have) < 3:
        return "no calls"
    return ""


_WEIGHTS: dict[TableName, dict[str, float]] = {
    "deal": {
        "stage": 3,
        "status": 2,
        "won_flag": 2,
        "closed": 2,
        "amount": 2,
        "id": 1,
        "owner": 1,
        "created": 1,
        "account": 1,
        "lost_reason": 1,
        "name": 1,
    },
    "lead": {
        "created": 2,
        "source": 2,
        "status": 2,
        "id": 1,
        "owner": 1,
        "first_contact_at": 2,
        "converted_flag": 1,
        "converted_at": 1,
        "mql_at": 1,
    },
    "customer": {"id": 2, "name": 1, "started": 2, "churned": 2, "churned_flag": 2, "tenure_months": 2, "revenue": 2},
    "revenue_line": {"date": 2, "amount": 3, "customer": 3, "id": 2, "quantity": 2, "unit_price": 2},
    "traffic": {"sessions": 4, "date": 2, "source": 3, "users": 2, "key_events": 1},
    "call": {"id": 2, "date": 2, "outcome": 2, "duration": 2, "speaker": 2, "text": 2},
}
_HANDED_OVER = frozenset(["mql_at", "assigned_at", "first_contact_at", "contact_attempts", "accepted_at"])
_STAFF = frozenset(["salary", "wage", "payroll", "hire", "hiredate", "gehalt", "salaire", "salario"])
_ENOUGH: dict[TableName, float] = {"deal": 9, "lead": 7, "customer": 6, "revenue_line": 8, "traffic": 6, "call": 6}


def _coverage(table: TableName, mapping: Mapping) -> float:
    return min(1.0, sum(_WEIGHTS[table].get(name, 0) * candidate.confidence for name, candidate in mapping.fields.items()) / _ENOUGH[table])


def _known(table: TableName, mapping: Mapping) -> float:
    """The share of mapped fields whose heading the recognised system writes."""
    sure = [candidate for candidate in mapping.fields.values() if candidate.evidence == "heading" and candidate.confidence > 0.9]
    return min(1.0, len(sure) / 4)


def _channelled(columns: tuple[Column, ...], catalogue: Catalogue) -> bool:
    return any(
        {fold(word) for word, _ in column.words()} & catalogue.channels for column in columns if column.filled and not column.more_than(50)
    ) or any(fold(column.heading) in catalogue.systems["search_console"].signature for column in columns)


def _content(table: TableName, mapping: Mapping, columns: tuple[Column, ...], catalogue: Catalogue) -> float:
    if table == "deal":
        if {"won_flag", "closed_flag", "amount"} <= set(mapping.fields):
            return 0.35
        for name in ("stage", "status"):
            candidate = mapping.fields.get(name)
            if candidate is not None and not columns[candidate.position].more_than(100):
                stages = catalogue.stages
                known = {**stages.unverified, **stages.certain}
                outcomes = {known.get(fold(word)) for word, _ in columns[candidate.position].words()}
                if {"won", "lost"} <= outcomes and "amount" in mapping.fields:
                    return 0.35 if {"closed", "created"} & set(mapping.fields) else 0.2
    if table == "traffic" and _channelled(columns, catalogue) and len(mapping.fields) >= 2:
        return 0.4
    if table == "revenue_line" and {"quantity", "unit_price", "date"} <= set(mapping.fields):
        return 0.25
    if table == "call" and {"from", "to", "duration"} <= {fold(column.heading) for column in columns}:
        # Two ends and how long it took: nothing but calls is kept so.
        return 0.45
    if table == "call" and {"date", "duration"} <= set(mapping.fields):
        return 0.2
    if table == "customer" and any(_STAFF & set(map(singular, words(column.heading))) for column in columns):
        # Who works somewhere has a first and a last day too.
        return -0.6
    if table == "customer" and "id" in mapping.fields:
        key = columns[mapping.fields["id"].position]
        if key.distinct < 0.9 * key.filled:
            return -0.3
        if set(mapping.fields) & {"churned", "churned_flag", "tenure_months"}:
            return 0.15
    if table == "lead" and len(set(mapping.fields) & _HANDED_OVER) >= 2:
        return 0.35
    if table == "lead" and {"status", "created"} <= set(mapping.fields) and set(mapping.fields) & {"converted_flag", "converted_at"}:
        return 0.15
    return 0.0
