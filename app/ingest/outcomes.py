"""Fields that no column holds as such: a deal's outcome, whether a lead became a customer, who has left, what cancels a sale."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from app.ingest.export_formats import Catalogue
from app.ingest.headings import fold
from app.ingest.model import Changed
from app.ingest.plan import Plan
from app.ingest.stages import WITHOUT_STAGE

_CREDIT_ID = r"^[Cc]-?\d+$"


def _of_words(plan: Plan, field: str) -> pa.Array | None:
    """The outcome of each row's word in the column of `field`; null for blanks, None when the words decide nothing."""
    column = plan.column(field)
    words = plan.words.get(field)
    if column is None or words is None:
        return None
    outcome = {word.word: word.outcome for word in words}
    return column.spread(pa.array([outcome.get(word) for word in column.values.to_pylist()], pa.string()))


def deal_outcomes(plan: Plan, fields: dict[str, pa.Array], changed: list[Changed]) -> None:
    """Set `outcome`: status before flags before stage. The closing date of an open deal is only expected, so it goes."""
    rows = plan.raw.cells.num_rows
    found: list[pa.Array] = []
    status, stage = _of_words(plan, "status"), _of_words(plan, "stage")
    if status is not None:
        found.append(status)
    won, closed = fields.get("won_flag"), fields.get("closed_flag")
    if won is not None and closed is not None:
        found.append(pc.if_else(won, "won", pc.if_else(closed, "lost", "open")))
    elif won is not None:
        found.append(pc.if_else(won, "won", pa.scalar(None, pa.string())))
    if stage is not None:
        found.append(stage)
    if won is not None and closed is None and stage is None and status is None:
        found.append(pc.if_else(won, "won", "lost"))
    if plan.wins_only and plan.answers.stages.get(WITHOUT_STAGE) == "won":
        found.append(pa.array(["won"] * rows, pa.string()))
    elif plan.wins_only:
        found.append(pc.if_else(pc.is_valid(fields["closed"]), "won", pa.scalar(None, pa.string())))
    fields["outcome"] = pc.cast(pc.coalesce(*found, pa.nulls(rows, pa.string())), pa.string())
    if "closed" in fields:
        still_open = pc.fill_null(pc.equal(fields["outcome"], "open"), fill_value=False)
        expected = int(pc.sum(pc.cast(pc.and_(still_open, pc.is_valid(fields["closed"])), pa.int64())).as_py() or 0)
        column = plan.column("closed")
        if expected and column is not None:
            changed.append(Changed(column.heading, "The closing date of open deals is only expected and was left out.", expected))
        fields["closed"] = pc.if_else(still_open, pa.scalar(None, pa.timestamp("us")), fields["closed"])


def lead_converted(plan: Plan, fields: dict[str, pa.Array], changed: list[Changed], catalogue: Catalogue) -> None:
    """Set `converted` from the flag, else from a status that names customers, else from the date; then date and flag agree."""
    date = fields.get("converted_at")
    by_flag = fields.get("converted_flag")
    by_status = None
    column = plan.column("status")
    # Of a log the dates are what happened; the last status may be a later one.
    if column is not None and not (plan.raw.weights is not None and date is not None):
        values = [fold(word) for word in column.values.to_pylist()]
        if any(word in catalogue.status["lead_converted"] for word in values):
            by_status = column.spread(
                pa.array([word in catalogue.status["lead_converted"] if word else None for word in values], pa.bool_())
            )
    by_date = pc.is_valid(date) if date is not None else None
    ways = [way for way in (by_flag, by_status, by_date) if way is not None]
    if not ways:
        return
    fields["converted"] = pc.coalesce(*ways)
    if date is not None:
        no = pc.and_(pc.is_valid(date), pc.invert(pc.fill_null(fields["converted"], fill_value=False)))
        cells = int(pc.sum(pc.cast(no, pa.int64())).as_py() or 0)
        named = plan.column("converted_at")
        if cells and named is not None:
            changed.append(Changed(named.heading, "The date of leads that did not become customers was left out.", cells))
            fields["converted_at"] = pc.if_else(no, pa.scalar(None, pa.timestamp("us")), date)


def customer_churned(plan: Plan, fields: dict[str, pa.Array]) -> None:
    """Set `has_churned` from the flag or status words, else from the date."""
    ways: list[pa.Array] = []
    words = _of_words(plan, "churned_flag")
    if words is not None:
        left = pc.equal(words, "lost")
        ways.append(pc.if_else(pc.is_in(words, pa.array(["lost", "open", "won"])), left, pa.scalar(None, pa.bool_())))
    if "churned" in fields:
        ways.append(pc.is_valid(fields["churned"]))
    if ways:
        fields["has_churned"] = pc.coalesce(*ways)


def line_cancelled(plan: Plan, fields: dict[str, pa.Array], catalogue: Catalogue) -> None:
    """Set `cancelled`: a negative quantity (or amount, where there is no quantity), an invoice number C…, or a status that says so."""
    rows = plan.raw.cells.num_rows
    counted = fields.get("quantity", fields["amount"])
    cancelled = pc.fill_null(pc.less(counted, pa.scalar(Decimal(0), counted.type)), fill_value=False)
    if "id" in fields:
        named = pc.fill_null(pc.match_substring_regex(fields["id"], _CREDIT_ID), fill_value=False)
        share = (pc.mean(pc.cast(named, pa.float64())).as_py() or 0.0) if rows else 0.0
        # Where most invoice numbers begin with C it is how all invoices are numbered.
        if share < 0.5:
            cancelled = pc.or_(cancelled, named)
    column = plan.column("status")
    if column is not None:
        words = pa.array([fold(word) in catalogue.status["revenue_cancelled"] for word in column.values.to_pylist()], pa.bool_())
        cancelled = pc.or_(cancelled, column.spread(words))
    fields["cancelled"] = cancelled
