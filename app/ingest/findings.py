"""Rows that are used and deserve a look: dates in the wrong order or of another age, amounts out of scale, wins without an amount.

Nothing is corrected and nothing is left out; each finding says how many rows, and shows the first of them as they stand in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from app.ingest.convert import Typed
from app.ingest.currencies import money_field
from app.ingest.model import Finding
from app.ingest.plan import Plan
from app.tables import CLOSED, TABLES

SHOWN_ROWS = 20
FIRST_YEAR = 1990
_YEARS_AHEAD = 10
_ENOUGH = 20
_TIMES_MEDIAN = 50

_BEFORE: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "deal": (("closed_before_created", "closed", "created", "deals were closed before they were opened."),),
    "lead": (
        (
            "contact_before_created",
            "first_contact_at",
            "created",
            "leads were contacted before they came in: the time to follow-up is negative.",
        ),
        ("converted_before_created", "converted_at", "created", "leads became customers before they came in."),
        ("mql_before_created", "mql_at", "created", "leads were qualified before they came in."),
        ("accepted_before_created", "accepted_at", "created", "leads were accepted before they came in."),
    ),
    "customer": (("left_before_started", "churned", "started", "customers left before they started."),),
}
_ONE = (
    ("rows have", "row has"), ("lines have", "line has"), ("deals have", "deal has"), ("deals were", "deal was"),
    ("leads were", "lead was"), ("leads became customers", "lead became a customer"), ("leads", "lead"),
    ("customers left", "customer left"), ("they were", "it was"), ("they count as wins", "it counts as a win"), ("they came", "it came"),
    ("they started", "it started"), ("and add nothing", "and adds nothing"),
)  # fmt: skip
_NAMES = ("id", "customer", "account", "company", "name")


def find(plan: Plan, typed: Typed, used: pa.Array, today: date | None) -> tuple[Finding, ...]:
    """The findings of a converted file, the most frequent first."""
    found = [
        finding for code, text, mask, fields in _looks(plan, typed, today) if (finding := _finding(plan, code, text, mask, fields, used))
    ]
    return tuple(sorted(found, key=lambda finding: (-finding.count, finding.code)))


def _looks(plan: Plan, typed: Typed, today: date | None) -> Iterator[tuple[str, str, pa.Array, tuple[str, ...]]]:
    """Every look: its code, what is said after the number, which rows, and which fields show it."""
    assert plan.table is not None
    fields = typed.fields
    for code, later, earlier, text in _BEFORE.get(plan.table, ()):
        if later in fields and earlier in fields:
            # A day without a time of day may stand before a time of the same day.
            yield code, text, pc.less(_day(fields[later]), _day(fields[earlier])), (later, earlier)
    last = date(2100, 1, 1) if today is None else today + timedelta(days=365 * _YEARS_AHEAD)
    for field in TABLES[plan.table].stored:
        if field.kind == "moment" and field.name in fields:
            early = pc.less(fields[field.name], _moment(date(FIRST_YEAR, 1, 1)))
            late = pc.greater(fields[field.name], _moment(last))
            text = f"rows have a date in “{field.label}” before {FIRST_YEAR} or after {last.year}."
            yield f"implausible_date:{field.name}", text, pc.or_(early, late), (field.name,)
    if today is not None:
        yield from _in_the_future(plan, fields, today)
    money = money_field(plan.table)
    if money is not None and money in fields:
        yield from _amounts(plan, fields, money)


def _in_the_future(plan: Plan, fields: dict[str, pa.Array], today: date) -> Iterator[tuple[str, str, pa.Array, tuple[str, ...]]]:
    tomorrow = _moment(today + timedelta(days=1))
    if plan.table == "deal" and "closed" in fields:
        ended = pc.is_in(fields["outcome"], pa.array(CLOSED))
        text = "closed deals have a closing date that is still to come."
        yield "closed_in_future", text, pc.and_(ended, pc.greater_equal(fields["closed"], tomorrow)), ("closed",)
    if plan.table == "lead" and "created" in fields:
        yield (
            "created_in_future",
            "leads came in on a day that is still to come.",
            pc.greater_equal(fields["created"], tomorrow),
            ("created",),
        )
    if plan.table == "revenue_line" and "date" in fields:
        yield "date_in_future", "lines have a date that is still to come.", pc.greater_equal(fields["date"], tomorrow), ("date",)


def _amounts(plan: Plan, fields: dict[str, pa.Array], money: str) -> Iterator[tuple[str, str, pa.Array, tuple[str, ...]]]:
    amounts = fields[money]
    zero = pa.scalar(Decimal(0), amounts.type)
    if plan.table in ("deal", "customer"):
        yield "negative_amount", "rows have a negative amount.", pc.less(amounts, zero), (money,)
    if plan.table == "deal":
        won = pc.equal(fields["outcome"], "won")
        nothing = pc.or_(pc.is_null(amounts), pc.fill_null(pc.equal(amounts, zero), fill_value=False))
        yield (
            "won_without_amount",
            "won deals have no amount: they count as wins and add nothing to revenue.",
            pc.and_(won, nothing),
            (money,),
        )
    limit = _limit(amounts)
    if limit is not None:
        text = f"rows have an amount far out of scale, above {limit:,.0f}."
        yield "amount_out_of_scale", text, pc.greater(pc.cast(pc.abs(amounts), pa.float64()), limit), (money,)


def _limit(amounts: pa.Array) -> float | None:
    """The amount above which one is out of scale: 50 medians, and three spreads of the middle half (as a ratio) above it."""
    size = pc.abs(pc.cast(amounts.drop_null(), pa.float64()))
    size = size.filter(pc.greater(size, 0.0))
    if len(size) < _ENOUGH:
        return None
    low, middle, high = pc.quantile(size, q=[0.25, 0.5, 0.75]).to_pylist()
    return float(max(_TIMES_MEDIAN * middle, high * (high / low) ** 3))


def _day(moments: pa.Array) -> pa.Array:
    return pc.floor_temporal(moments, unit="day")


def _moment(day: date) -> pa.Scalar:
    return pa.scalar(datetime(day.year, day.month, day.day), pa.timestamp("us"))


def _of_one(text: str) -> str:
    """A sentence about several rows, said of one."""
    for several, one in _ONE:
        text = re.sub(rf"\b{several}\b", one, text)
    return text


def _finding(plan: Plan, code: str, text: str, mask: pa.Array, fields: tuple[str, ...], used: pa.Array) -> Finding | None:
    mask = pc.and_(pc.fill_null(mask, fill_value=False), used)
    count = int(pc.sum(pc.cast(mask, pa.int64())).as_py() or 0)
    if not count:
        return None
    names = [name for name in _NAMES if plan.column(name) is not None][:1]
    shown = ("quantity", "unit_price") if fields == ("amount",) and plan.column("amount") is None else fields
    columns = [column for name in (*names, *shown) if (column := plan.column(name)) is not None]
    rows = plan.raw.cells.select([f"c{column.position}" for column in columns]).filter(mask).slice(0, SHOWN_ROWS)
    lines = plan.raw.lines.filter(mask).slice(0, SHOWN_ROWS).to_pylist()
    cells = [rows.column(place).to_pylist() for place in range(rows.num_columns)]
    return Finding(
        code=code,
        text=f"{count:,} {_of_one(text) if count == 1 else text}",
        count=count,
        headings=("line", *(column.heading for column in columns)),
        rows=tuple((str(line), *values) for line, *values in zip(lines, *cells, strict=True)),
    )
