"""What a head row alone says of an export: the kind of table, the system, and which fields its columns would fill.

The same rules decide as for a whole file (`app.ingest.plan`), over a table that has no cell filled: headings that only their cells give
away are not known here, and the file itself may say more.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass

import pyarrow as pa

from app.ingest.export_formats import catalogue
from app.ingest.model import Answers, FileFacts
from app.ingest.plan import Plan, make_plan
from app.ingest.raw import RawTable
from app.ingest.table_head import headings as unique_headings
from app.tables import TableName

_SEPARATORS = "\t;,|\n"

WORKED_OUT: dict[TableName, dict[str, tuple[frozenset[str], ...]]] = {
    "deal": {"outcome": (frozenset(["stage"]), frozenset(["status"]), frozenset(["won_flag"]))},
    "lead": {"converted": (frozenset(["converted_flag"]), frozenset(["converted_at"]), frozenset(["status"]))},
    "customer": {
        "has_churned": (frozenset(["churned_flag"]), frozenset(["churned"])),
        "started": (frozenset(["started"]), frozenset(["tenure_months"])),
    },
    "revenue_line": {"amount": (frozenset(["amount"]), frozenset(["quantity", "unit_price"]))},
}
"""Stored fields that are worked out from others, and each set of fields that is enough (`app.ingest.outcomes`, `app.ingest.convert`)."""


@dataclass(frozen=True)
class HeadRow:
    """What a head row would be taken for. `fields` are the stored fields it fills, `mapping` (field, heading) of its columns."""

    table: TableName | None
    system: str | None
    fields: frozenset[str]
    mapping: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]


def read_head_row(text: str) -> HeadRow:
    """What the columns of a pasted head row are; separated by tab, semicolon, comma, bar or lines, whichever occurs most."""
    text = text.strip("\ufeff \r\n")
    first = max(_SEPARATORS, key=text.count)
    if first == "\n" or text.count(first) == 0:
        written = [line.strip() for line in text.splitlines() if line.strip()]
    else:
        written = next(csv.reader(text.splitlines()[:1], delimiter=first), [])
    return head_row_of([heading.strip() for heading in written if heading.strip()])


def head_row_of(written: list[str]) -> HeadRow:
    """What these headings are; several kinds of table may fit, then it is the one that fits best."""
    if not written:
        return HeadRow(None, None, frozenset(), (), ())
    raw = _table_of(list(unique_headings(written, len(written))))
    plan = make_plan(raw, Answers(), catalogue())
    if plan.table is None and plan.recognition is not None and plan.recognition.scores:
        plan = make_plan(raw, Answers(table=plan.recognition.scores[0][0]), catalogue())
    if plan.table is None or plan.table == "call":
        return HeadRow(None, plan.system, frozenset(), (), raw.headings)
    mapping = tuple((name, raw.headings[candidate.position]) for name, candidate in plan.mapping.fields.items())
    used = {heading for _, heading in mapping}
    return HeadRow(
        table=plan.table,
        system=plan.system,
        fields=stored_fields(plan.table, frozenset(name for name, _ in mapping) | _offered(plan)),
        mapping=mapping,
        unused=tuple(heading for heading in raw.headings if heading not in used),
    )


def stored_fields(table: TableName, filled: frozenset[str]) -> frozenset[str]:
    """The stored fields of `table` that columns for these fields give."""
    worked_out = WORKED_OUT.get(table, {})
    return filled | {name for name, ways in worked_out.items() if any(way <= filled for way in ways)}


def _offered(plan: Plan) -> frozenset[str]:
    """Fields that several columns could fill: the file is asked about, and then it has them."""
    return frozenset(question.answer_key for question in plan.mapping.questions if len(question.choices) > 1 and question.choices[-1].value)


def _table_of(written: list[str]) -> RawTable:
    facts = FileFacts(
        name="",
        sha256=hashlib.sha256("\n".join(written).encode()).hexdigest(),
        size=0,
        kind="csv",
        encoding=None,
        delimiter=None,
        sheet=None,
        sheets=(),
        head_line=1,
        lines=2,
        rows=1,
        columns=len(written),
        apart=(("head", 1),),
    )
    cells = pa.table({f"c{i}": pa.array([""], pa.string()) for i in range(len(written))})
    return RawTable(facts=facts, headings=tuple(written), cells=cells, lines=pa.array([2], pa.int64()), data_lines=1)
