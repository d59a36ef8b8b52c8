"""From a settled plan to the canonical table: typed columns, rows set aside by reason, and what was changed.

Every row ends up in the table or in exactly one reason for being set aside; the first reason that applies is the one told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.errors import ColumnError
from app.ingest import numbers, values
from app.ingest.column import Column
from app.ingest.currencies import hundredths, in_one_currency, money_field, said_of_scale
from app.ingest.date_patterns import DateFormat
from app.ingest.export_formats import Catalogue
from app.ingest.headings import fold
from app.ingest.model import Changed
from app.ingest.outcomes import customer_churned, deal_outcomes, lead_converted, line_cancelled
from app.ingest.plan import Plan
from app.ingest.progress import tell
from app.ingest.raw import codes_of
from app.ingest.totals import total_lines
from app.tables import TABLES

TYPES: dict[str, pa.DataType] = {
    "id": pa.string(), "text": pa.string(), "moment": pa.timestamp("us"), "money": numbers.MONEY, "count": pa.int64(),
    "number": pa.float64(), "flag": pa.bool_(), "outcome": pa.string(),
}  # fmt: skip
NEEDED: dict[str, tuple[str, ...]] = {
    "deal": (),
    "lead": (),
    "customer": ("id",),
    "revenue_line": ("date", "amount"),
    "traffic": ("sessions",),
}


@dataclass
class Typed:
    """The columns while they are being converted.

    `fields` has one array for each field that is filled, as long as the file has rows. `aside` holds the code of the reason a row
    is set aside for, null while it is used; `reasons` gives the codes their sentences.
    """

    fields: dict[str, pa.Array] = field(default_factory=dict)
    unreadable: dict[str, pa.Array] = field(default_factory=dict)
    changed: list[Changed] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    aside: pa.Array = None
    other_currency: pa.Array | None = None

    def set_aside(self, mask: pa.Array, code: str, reason: str) -> None:
        """Set the rows of `mask` aside that are not set aside yet."""
        new = pc.and_(pc.fill_null(mask, fill_value=False), pc.is_null(self.aside))
        if pc.any(new).as_py():
            self.aside = pc.if_else(new, code, self.aside)
            self.reasons[code] = reason


def convert(plan: Plan, catalogue: Catalogue) -> Typed:
    """Convert all mapped columns of a plan without open questions; raise `ColumnError` when a needed one is missing."""
    assert plan.table is not None
    rows = plan.raw.cells.num_rows
    typed = Typed(aside=pa.nulls(rows, pa.string()))
    _need(plan)
    for done, name in enumerate(plan.mapping.fields):
        tell("converting", done=done, total=len(plan.mapping.fields), rows=rows)
        _field(plan, name, typed, catalogue)
    if plan.table == "deal":
        for column, format in plan.also_closed:
            more = values.moments(column, cast(DateFormat, format.name), plan.raw, catalogue, time_zone=plan.answers.time_zone)
            typed.fields["closed"] = pc.coalesce(typed.fields["closed"], more.values)
        deal_outcomes(plan, typed.fields, typed.changed)
    elif plan.table == "lead":
        lead_converted(plan, typed.fields, typed.changed, catalogue)
    elif plan.table == "customer":
        customer_churned(plan, typed.fields)
    elif plan.table == "revenue_line":
        _amount_of_line(plan, typed)
        line_cancelled(plan, typed.fields, catalogue)
    _without_totals(plan, typed)
    _one_currency(plan, typed)
    _choose_rows(plan, typed, catalogue)
    _warn(plan, typed)
    return typed


def _without_totals(plan: Plan, typed: Typed) -> None:
    """Set lines of totals aside before anything is summed: what they hold is in the other rows already."""
    assert plan.table is not None
    if plan.table == "traffic" or plan.raw.weights is not None:
        return
    name = money_field(plan.table)
    amounts = typed.fields.get(name) if name is not None else None
    totals = total_lines(plan.columns, amounts)
    typed.set_aside(totals, "total", "The line is a total of the other rows; it is in no sum.")
    if name is not None and amounts is not None and pc.any(totals).as_py():
        typed.fields[name] = pc.if_else(totals, None, amounts)


def _one_currency(plan: Plan, typed: Typed) -> None:
    """Convert the amounts to the one currency, or take out those of others."""
    assert plan.table is not None
    name = money_field(plan.table)
    if name is None or name not in typed.fields:
        return
    column = plan.column(name) or plan.column("unit_price")
    heading = column.heading if column is not None else name
    if plan.currency.of_team:
        cells = len(typed.fields[name]) - typed.fields[name].null_count
        typed.changed.append(Changed(heading, f"The file names no currency; the team's is taken: {plan.currency.code}.", cells))
    typed.fields[name], changed, warnings, typed.other_currency = in_one_currency(typed.fields[name], plan.currency, heading)
    typed.changed += changed
    typed.warnings += warnings


def _need(plan: Plan) -> None:
    assert plan.table is not None
    file = plan.raw.facts.name
    table = TABLES[plan.table]
    have = set(plan.mapping.fields)
    for name in NEEDED.get(plan.table, ()):
        worked_out = name == "amount" and {"quantity", "unit_price"} <= have
        if name not in have and not worked_out:
            label = table.field(name).label
            raise ColumnError(
                f"No column holds “{label}” ({table.field(name).meaning.rstrip('.')}).", "Choose its column or export it too.", file=file
            )


def _field(plan: Plan, name: str, typed: Typed, catalogue: Catalogue) -> None:
    assert plan.table is not None
    column = plan.column(name)
    assert column is not None
    kind = TABLES[plan.table].field(name).kind
    format = plan.formats[name].name or "" if name in plan.formats else ""
    if kind == "moment":
        read = values.moments(column, cast(DateFormat, format), plan.raw, catalogue, time_zone=plan.answers.time_zone)
    elif kind in ("money", "number", "count"):
        read = values.amounts(column, format, catalogue, money=kind == "money")
        if name == money_field(plan.table):
            read = _minor_units(plan, column, read, typed, catalogue)
        if kind == "count":
            whole = pc.equal(pc.round(read.values, 0), read.values)
            bad = pc.or_(read.unreadable, pc.fill_null(pc.invert(whole), fill_value=False))
            read = values.Converted(pc.cast(pc.if_else(whole, pc.round(read.values, 0), None), pa.int64()), bad, read.changed)
    elif kind == "flag":
        read = values.flags(column, catalogue)
    elif kind == "id":
        read = values.ids(column, catalogue)
        damaged = values.damaged_ids(column)
        if damaged:
            typed.warnings.append(
                f"{damaged:,} ids in “{column.heading}” look like 2.41E+18: a spreadsheet has cut their digits off, so they are left out. "
                "Export the file anew and do not open it in one."
            )
    else:
        read = values.Converted(values.coded_texts(column), pa.array(np.zeros(column.rows, bool)), tuple(values.text_words(column)))
    typed.fields[name] = read.values
    typed.unreadable[name] = read.unreadable
    typed.changed.extend(Changed(column.heading, what, cells) for what, cells in read.changed)
    bad = int(pc.sum(pc.cast(read.unreadable, pa.int64())).as_py() or 0)
    if bad and name not in NEEDED.get(plan.table, ()) and not (plan.table == "traffic" and name == "date"):
        typed.changed.append(Changed(column.heading, "Cells that could not be read became blank.", bad))


def _minor_units(plan: Plan, column: Column, read: values.Converted, typed: Typed, catalogue: Catalogue) -> values.Converted:
    """Stripe's API writes amounts in the smallest unit of the currency; its dashboard does not (known by the headings)."""
    assert plan.table is not None
    if plan.system != "stripe":
        return read
    known = [k for k in catalogue.known(plan.table, column.heading, system="stripe") if k.evidence == "api" and k.heading == column.heading]
    lower = plan.column("currency")
    coded = lower is not None and all(word == word.lower() for word, _ in lower.words())
    whole = pc.all(pc.equal(pc.round(read.values, 0), read.values)).as_py()
    if not known or not coded or not whole:
        return read
    factor = hundredths(plan.currency, column.rows)
    scaled = pc.cast(pc.round(pc.multiply(read.values, factor), 4), numbers.MONEY)
    cells = int(pc.sum(pc.cast(pc.not_equal(scaled, read.values), pa.int64())).as_py() or 0)
    if cells:
        typed.changed.append(Changed(column.heading, "Stripe's API writes hundredths; the amounts were divided by 100.", cells))
    return values.Converted(scaled, read.unreadable, read.changed)


def _amount_of_line(plan: Plan, typed: Typed) -> None:
    if "amount" in typed.fields:
        return
    quantity, price = typed.fields["quantity"], typed.fields["unit_price"]
    product = pc.multiply(pc.cast(quantity, pa.decimal128(18, 4)), pc.cast(price, pa.decimal128(18, 4)))
    typed.fields["amount"] = pc.cast(pc.round(product, 4), numbers.MONEY)
    typed.unreadable["amount"] = pc.or_(typed.unreadable["quantity"], typed.unreadable["unit_price"])
    names = [column.heading for column in (plan.column("quantity"), plan.column("unit_price")) if column is not None]
    typed.changed.append(Changed(names[0], f"The amount was worked out as “{names[0]}” × “{names[1]}”.", plan.raw.cells.num_rows))


def _choose_rows(plan: Plan, typed: Typed, catalogue: Catalogue) -> None:
    """Set rows aside, reason by reason, in a fixed order."""
    assert plan.table is not None
    fields = typed.fields
    if "deleted_flag" in fields:
        typed.set_aside(fields["deleted_flag"], "deleted", "The row was deleted in the system it comes from.")
    if typed.other_currency is not None:
        typed.set_aside(typed.other_currency, "other_currency", f"The amount is not in {plan.currency.code}.")
    needed = list(NEEDED[plan.table]) + (["date"] if plan.table == "traffic" and "date" in fields else [])
    for name in needed:
        column = plan.column(name)
        heading = column.heading if column is not None else TABLES[plan.table].field(name).label
        label = TABLES[plan.table].field(name).label.lower()
        typed.set_aside(typed.unreadable[name], f"unreadable:{heading}", f"The {label} in “{heading}” cannot be read.")
        typed.set_aside(pc.is_null(fields[name]), f"no_{name}", f"The row has no {label}.")
    if plan.table == "deal":
        typed.set_aside(pc.is_null(fields["outcome"]), "no_stage", "The row does not say what became of the deal.")
    if plan.table == "revenue_line" and plan.system == "xero" and "id" in fields and "amount" in plan.mapping.fields:
        first = _first_of(fields["id"], None, pa.array(-np.arange(len(typed.aside))), typed.aside)
        typed.set_aside(
            pc.and_(pc.invert(first), pc.is_valid(fields["id"])),
            "repeated_total",
            "Xero repeats the invoice's total on each of its lines; it is counted once.",
        )
    ids = plan.column("id")
    if plan.table in ("deal", "lead", "customer") and "id" in fields and (ids is None or not ids.unique):
        newest = _first_of(fields["id"], _latest(plan, typed, catalogue), pa.array(np.arange(len(typed.aside))), typed.aside)
        repeated = pc.and_(pc.invert(newest), pc.is_valid(fields["id"]))
        if pc.any(repeated).as_py():
            typed.set_aside(_copies(plan, fields["id"], repeated), "duplicate", "The row is an exact copy of another row.")
            typed.set_aside(repeated, "older_version", "A newer row has the same id.")


def _copies(plan: Plan, ids: pa.Array, repeated: pa.Array) -> pa.Array:
    """Which of the repeated rows say in every cell what another row says."""
    concerned = pc.is_in(ids, value_set=pc.unique(ids.filter(repeated)))
    names = plan.raw.cells.column_names
    rows = codes_of(plan.raw.cells.filter(concerned)).append_column(
        "row", pa.array(np.flatnonzero(concerned.to_numpy(zero_copy_only=False)))
    )
    counted = rows.group_by(names).aggregate([("row", "list"), ("row", "count")])
    same = pc.list_flatten(counted.filter(pc.greater(counted["row_count"], 1))["row_list"])
    return pc.and_(repeated, pc.is_in(pa.array(np.arange(len(ids))), value_set=same.combine_chunks()))


def _latest(plan: Plan, typed: Typed, catalogue: Catalogue) -> pa.Array | None:
    """When each row was last changed: a last-modified column where there is one, else the latest of its dates."""
    for column in plan.columns:
        if {"modified", "updated", "update", "modstamp"} & set(fold(column.heading).replace("_", " ").split()) and column.dates > 0.9:
            format = values.settle_dates(column, plan.raw, catalogue, answers=plan.answers)
            if format.name:
                return values.moments(column, cast(DateFormat, format.name), plan.raw, catalogue, time_zone=plan.answers.time_zone).values
    assert plan.table is not None
    moments = [array for name, array in typed.fields.items() if TABLES[plan.table].field(name).kind == "moment"]
    return pc.max_element_wise(*moments, skip_nulls=True) if moments else None


def _first_of(ids: pa.Array, version: pa.Array | None, order: pa.Array, aside: pa.Array) -> pa.Array:
    """True for the one row of each id (among rows not set aside) with the greatest version, then the greatest order."""
    position = np.arange(len(ids))
    encoded = pc.dictionary_encode(ids)
    if len(encoded.dictionary) + encoded.null_count == len(ids):
        return pa.array(np.ones(len(ids), bool))
    table = pa.table(
        {"id": ids, "version": version if version is not None else pa.nulls(len(ids), pa.int64()), "order": order, "row": position}
    )
    live = table.filter(pc.and_(pc.is_null(aside), pc.is_valid(ids)))
    sorted_ = live.take(pc.sort_indices(live, sort_keys=[("id", "ascending"), ("version", "descending"), ("order", "descending")]))
    names = sorted_["id"].combine_chunks()
    first = np.ones(len(names), bool)
    if len(names) > 1:
        first[1:] = pc.not_equal(names.slice(1), names.slice(0, len(names) - 1)).to_numpy(zero_copy_only=False)
    kept = np.zeros(len(ids), bool)
    kept[sorted_["row"].to_numpy()[first]] = True
    untouched = pc.invert(pc.and_(pc.is_null(aside), pc.is_valid(ids))).to_numpy(zero_copy_only=False)
    return pa.array(kept | untouched)


def _warn(plan: Plan, typed: Typed) -> None:
    used = pc.is_null(typed.aside)
    for name in (money_field(plan.table or "deal"), "unit_price"):
        column = plan.column(name) if name is not None else None
        if column is not None and (said := said_of_scale(column.heading)) is not None:
            typed.warnings.append(said)

    def rows(mask: Callable[[], pa.Array]) -> int:
        return int(pc.sum(pc.cast(pc.and_(pc.fill_null(mask(), fill_value=False), used), pa.int64())).as_py() or 0)

    fields = typed.fields
    if plan.table == "deal":
        ended = pc.is_in(fields["outcome"], pa.array(["won", "lost", "no_decision"]))
        undated = rows(lambda: pc.and_(ended, pc.is_null(fields["closed"]))) if "closed" in fields else 0
        if undated:
            typed.warnings.append(f"{undated:,} closed deals have no closing date: they count in totals, not in any period.")
        if rows(lambda: pc.equal(fields["outcome"], "won")) and not rows(lambda: pc.equal(fields["outcome"], "lost")):
            typed.warnings.append("The file holds won deals and no lost ones, so a win rate cannot be computed from it.")
    if plan.table == "revenue_line" or "id" not in fields:
        names = plan.raw.cells.column_names
        counted = codes_of(plan.raw.cells).group_by(names).aggregate([([], "count_all")])
        repeated = plan.raw.cells.num_rows - counted.num_rows
        if repeated:
            typed.warnings.append(
                f"{repeated:,} rows are exact copies of another row. They are kept, because nothing says that they are mistakes."
            )
