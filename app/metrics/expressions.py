"""Every question the metrics put to an engine, as Ibis expressions that only count and add.

No ratio is computed inside an engine: Ibis 12 silently returns 0.0 for some on PostgreSQL, and engines differ on division by
zero. Months are whole numbers (`periods.month_index`), times are seconds, so that all dialects agree. `ALL` lists each
expression with its table, and tests compile it for every dialect and run it on two engines.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Literal

from app.later import Later
from app.metrics.model import BLANK, Filters
from app.tables import CLOSED, TableName

if TYPE_CHECKING:
    import ibis
    import ibis.expr.types as ir
else:
    ibis = Later("ibis")

DAY = 86_400


def month_of(moment: ir.TimestampColumn) -> ir.IntegerColumn:
    """Year × 12 + month - 1 of a moment, as a 64-bit whole number."""
    return (moment.year() * 12 + moment.month() - 1).cast("int64")


def chosen(table: ir.Table, filters: Filters, *, moment: str | None) -> ir.Table:
    """The rows that the filters let through; days are compared with the column `moment`."""
    if moment is not None and filters.start is not None:
        table = table.filter(table[moment] >= _midnight(filters.start))
    if moment is not None and filters.end is not None:
        table = table.filter(table[moment] < _midnight(filters.end))
    for column, values in filters.where:
        named = [value for value in values if value != BLANK]
        allowed = table[column].isin(named)
        if BLANK in values:
            allowed = allowed | (table[column].isnull()) | (table[column] == "")
        table = table.filter(allowed)
    return table


def deals(table: ir.Table, filters: Filters, *, moment: str, by: str | None = None) -> ir.Table:
    """Deals by month of `moment`, outcome and, if asked, a group: number, number with an amount, sum of amounts."""
    rows = chosen(table, filters, moment=moment)
    rows = rows.filter(rows.outcome != "ignored")
    keys: dict[str, ir.Value] = {"month": month_of(rows[moment]), "outcome": rows.outcome}
    if by is not None:
        keys["group"] = _group(rows, by)
    return rows.group_by(**keys).aggregate(n=rows.count(), priced=rows.amount.count(), amount=_sum(rows.amount))


def deals_in_all(table: ir.Table, filters: Filters, *, moment: str, by: str | None = None) -> ir.Table:
    """Deals by outcome and, if asked, a group: number, number with an amount, sum of amounts."""
    rows = chosen(table, filters, moment=moment if filters.start or filters.end else None)
    rows = rows.filter(rows.outcome != "ignored") if by is not None else rows
    keys: dict[str, ir.Value] = {"outcome": rows.outcome}
    if by is not None:
        keys["group"] = _group(rows, by)
    return rows.group_by(**keys).aggregate(n=rows.count(), priced=rows.amount.count(), amount=_sum(rows.amount))


def deals_in_money(table: ir.Table, filters: Filters, *, moment: str) -> ir.Table:
    """Closed deals by outcome: number with an amount, sum of amounts and of their squares."""
    rows = chosen(table, filters, moment=moment if filters.start or filters.end else None)
    rows = rows.filter(rows.outcome.isin(list(CLOSED)) & rows.amount.notnull())
    amount = rows.amount.cast("float64")
    return rows.group_by(outcome=rows.outcome).aggregate(n=rows.count(), amount=_sum(rows.amount), squares=(amount * amount).sum())


def deals_by_account(table: ir.Table, filters: Filters, *, moment: str, weight: Literal["count", "value"] = "count") -> ir.Table:
    """One row an account: number of its closed deals (won, lost, no_decision) and, by value, the sum of their amounts (won_amount …).

    Deals without an account are left out.
    """
    rows = chosen(table, filters, moment=moment)
    rows = rows.filter(rows.outcome.isin(list(CLOSED)) & rows.account.notnull() & (rows.account != ""))
    numbers = {outcome: _count(rows.outcome == outcome) for outcome in CLOSED}
    amounts: dict[str, ir.Value] = {}
    if weight == "value":
        # Adding up amounts costs twice as much as counting, so it is done for whom it is asked.
        amounts = {f"{outcome}_amount": _sum(ibis.ifelse(rows.outcome == outcome, rows.amount, 0)) for outcome in CLOSED}
    return rows.group_by(account=rows.account).aggregate(**numbers, **amounts)


def won_revenue(table: ir.Table) -> ir.Table:
    """Won deals as revenue: who, when, how much."""
    rows = table.filter(table.outcome == "won")
    return rows.select(customer=rows.account, date=rows.closed, amount=rows.amount, bought=ibis.literal(True), **_groups(rows))


def lines_revenue(table: ir.Table) -> ir.Table:
    """Revenue lines as revenue: who, when, how much; a cancelled line counts in money but is no purchase."""
    bought = ~table.cancelled.fill_null(False)
    return table.select(customer=table.customer, date=table.date, amount=table.amount, bought=bought, **_groups(table))


def revenue_by_month(revenue: ir.Table, filters: Filters) -> ir.Table:
    """Revenue by month: sum and number of records."""
    rows = chosen(revenue, filters, moment="date")
    rows = rows.filter(rows.date.notnull())
    return rows.group_by(month=month_of(rows.date)).aggregate(n=rows.count(), amount=_sum(rows.amount))


def revenue_by_customer(revenue: ir.Table, filters: Filters, *, spans: tuple[tuple[date, date], ...]) -> ir.Table:
    """Revenue of each customer in each span, as columns span0, span1 …; blank customers together in one row."""
    rows = chosen(revenue, filters, moment=None)
    rows = rows.filter(rows.date.notnull())
    sums = {
        f"span{position}": _sum(ibis.ifelse((rows.date >= _midnight(start)) & (rows.date < _midnight(end)), rows.amount, 0))
        for position, (start, end) in enumerate(spans)
    }
    return rows.group_by(customer=rows.customer.fill_null("")).aggregate(**sums)


def purchases_kept(revenue: ir.Table, filters: Filters, *, months: int) -> ir.Table:
    """Customers of each period t of so many months, how many of them bought again in t + 1, and their revenue in both.

    `period` is the index of the first month of the period. Blank customers are left out. `kept_revenue` adds the smaller of both
    revenues, so that growth of one customer does not hide the loss of another.
    """
    rows = chosen(revenue, filters, moment="date")
    rows = rows.filter(rows.date.notnull() & rows.customer.notnull() & (rows.customer != ""))
    month = month_of(rows.date)
    each = rows.group_by(customer=rows.customer, period=(month - month % months).cast("int64")).aggregate(
        revenue=_sum(rows.amount), bought=_count(rows.bought)
    )
    each = each.filter(each.bought > 0)
    after = each.select(customer_after=each.customer, period_after=each.period - months, revenue_after=each.revenue)
    both = each.left_join(after, (each.customer == after.customer_after) & (each.period == after.period_after))
    again = both.customer_after.notnull()
    return both.group_by(period=both.period).aggregate(
        customers=both.count(),
        again=_count(again),
        revenue=_sum(both.revenue),
        revenue_after=_sum(both.revenue_after.fill_null(0)),
        kept_revenue=_sum(ibis.ifelse(again, ibis.least(both.revenue, both.revenue_after), 0)),
    )


def bought_in_both(revenue: ir.Table, filters: Filters, *, first: tuple[date, date], second: tuple[date, date]) -> ir.Table:
    """One row: customers who bought in the first span, and those of them who bought in the second as well."""
    rows = chosen(revenue, filters, moment=None)
    rows = rows.filter(rows.date.notnull() & rows.customer.notnull() & (rows.customer != "") & rows.bought)
    each = rows.group_by(customer=rows.customer).aggregate(
        early=_count((rows.date >= _midnight(first[0])) & (rows.date < _midnight(first[1]))),
        late=_count((rows.date >= _midnight(second[0])) & (rows.date < _midnight(second[1]))),
    )
    return each.aggregate(customers=_count(each.early > 0), again=_count((each.early > 0) & (each.late > 0)))


def repeat_buyers(table: ir.Table, filters: Filters) -> ir.Table:
    """One row: customers with a purchase, and those with more than one invoice (or day, where lines carry no number)."""
    rows = chosen(table, filters, moment="date")
    rows = rows.filter(rows.customer.notnull() & (rows.customer != "") & ~rows.cancelled.fill_null(False))
    each = rows.group_by(customer=rows.customer).aggregate(invoices=rows.id.nunique(), days=rows.date.nunique())
    times = ibis.ifelse(each.invoices > 0, each.invoices, each.days)
    return each.aggregate(customers=each.count(), again=_count(times > 1))


def customers(table: ir.Table, filters: Filters, *, by: str | None = None) -> ir.Table:
    """Customers by month started, month left (null: still there) and whether they are marked as gone: number and recurring revenue."""
    rows = chosen(table, filters, moment=None)
    gone = rows.has_churned.fill_null(False)
    keys: dict[str, ir.Value] = {"started": month_of(rows.started), "left": month_of(rows.churned), "gone": gone}
    if by is not None:
        keys["group"] = _group(rows, by)
    return rows.group_by(**keys).aggregate(n=rows.count(), revenue=_sum(rows.revenue))


def customers_in_span(table: ir.Table, filters: Filters, *, start: date, end: date) -> ir.Table:
    """One row: customers there on the first day of a span, those still there at its end, and the recurring revenue of both."""
    rows = chosen(table, filters, moment=None)
    there = (rows.started < _midnight(start)) & (rows.churned.isnull() | (rows.churned >= _midnight(start)))
    # A customer who is flagged as gone without a day cannot be placed in time, and is left out.
    undated = rows.churned.isnull() & rows.has_churned.fill_null(False)
    kept = there & (rows.churned.isnull() | (rows.churned >= _midnight(end)))
    return rows.aggregate(
        at_start=_count(there & ~undated),
        kept=_count(kept & ~undated),
        undated=_count(undated),
        revenue=_sum(ibis.ifelse(there & ~undated, rows.revenue, 0)),
        revenue_kept=_sum(ibis.ifelse(kept & ~undated, rows.revenue, 0)),
    )


def customers_flagged(table: ir.Table, filters: Filters, *, by: str | None = None) -> ir.Table:
    """Customers by whether they have left: number and recurring revenue."""
    rows = chosen(table, filters, moment=None)
    keys: dict[str, ir.Value] = {"gone": rows.has_churned}
    if by is not None:
        keys["group"] = _group(rows, by)
    return rows.group_by(**keys).aggregate(n=rows.count(), revenue=_sum(rows.revenue))


def tenures(table: ir.Table, filters: Filters) -> ir.Table:
    """Customers by whole months of tenure and whether they have left, for exports without dates."""
    rows = chosen(table, filters, moment=None)
    rows = rows.filter(rows.tenure_months.notnull() & rows.has_churned.notnull())
    return rows.group_by(months=rows.tenure_months.round().cast("int64"), gone=rows.has_churned).aggregate(n=rows.count())


def leads(table: ir.Table, filters: Filters, *, by: str | None = None) -> ir.Table:
    """Leads by month created: number, how many converted, and how many within 30 and 90 days.

    Days are those of the calendar, because many exports give the lead's day without its time.
    """
    rows = chosen(table, filters, moment="created" if filters.start or filters.end else None)
    seconds = _seconds(rows.created.truncate("D"), rows.converted_at.truncate("D"))
    keys: dict[str, ir.Value] = {"month": month_of(rows.created)}
    if by is not None:
        keys["group"] = _group(rows, by)
    return rows.group_by(**keys).aggregate(
        n=rows.count(),
        told=_count(rows.converted.notnull()),
        converted=_count(rows.converted.fill_null(False)),
        dated=_count(rows.converted_at.notnull() & rows.created.notnull()),
        in_30=_count(rows.converted.fill_null(False) & (seconds <= 30 * DAY)),
        in_90=_count(rows.converted.fill_null(False) & (seconds <= 90 * DAY)),
    )


def follow_up(table: ir.Table, filters: Filters) -> ir.Table:
    """One row: leads, contacted leads, negative times, the sum of seconds, and how many were contacted within a time."""
    rows = chosen(table, filters, moment="created" if filters.start or filters.end else None)
    seconds = _seconds(rows.created, rows.first_contact_at)

    def within(limit: int) -> ir.Scalar:
        return _count((rows.first_contact_at >= rows.created) & (rows.first_contact_at <= rows.created + ibis.interval(seconds=limit)))

    return rows.aggregate(
        leads=rows.count(),
        contacted=seconds.count(),
        negative=_count(rows.first_contact_at < rows.created),
        seconds=seconds.sum().cast("float64"),
        in_5m=within(300),
        in_1h=within(3600),
        in_24h=within(DAY),
    )


def follow_up_times(table: ir.Table, filters: Filters) -> ir.Table:
    """How many leads had which time to first contact, in whole seconds: the histogram that median and percentiles are read from."""
    rows = chosen(table, filters, moment="created" if filters.start or filters.end else None)
    rows = rows.select(seconds=_seconds(rows.created, rows.first_contact_at))
    rows = rows.filter(rows.seconds.notnull())
    return rows.group_by(seconds=rows.seconds).aggregate(n=rows.count())


def visits(table: ir.Table, filters: Filters) -> ir.Table:
    """Visits by month and source."""
    rows = chosen(table, filters, moment="date" if filters.start or filters.end else None)
    return rows.group_by(month=month_of(rows.date), source=_group(rows, "source")).aggregate(sessions=rows.sessions.sum(), n=rows.count())


def outcomes_by_group(table: ir.Table, *, by: str) -> ir.Table:
    """How many deals of each value of a group column ended how."""
    return table.group_by(group=_group(table, by), outcome=table.outcome).aggregate(n=table.count())


def group_sizes(table: ir.Table, *, by: str) -> ir.Table:
    """How many rows each value of a group column has."""
    return table.group_by(group=_group(table, by)).aggregate(n=table.count())


SPAN = (date(2025, 1, 1), date(2025, 7, 1))
NEXT_SPAN = (date(2025, 7, 1), date(2026, 1, 1))
_SOME = Filters(date(2025, 1, 1), date(2026, 1, 1), (("source", ("Web", BLANK)),))
_NONE = Filters()

ALL: dict[str, tuple[TableName, Callable[[ir.Table], ir.Table]]] = {
    "deals": ("deal", lambda t: deals(t, _SOME, moment="closed", by="source")),
    "deals_created": ("deal", lambda t: deals(t, _NONE, moment="created")),
    "deals_in_all": ("deal", lambda t: deals_in_all(t, _SOME, moment="closed")),
    "deals_in_all_by_group": ("deal", lambda t: deals_in_all(t, _SOME, moment="closed", by="source")),
    "deals_in_money": ("deal", lambda t: deals_in_money(t, _SOME, moment="closed")),
    "deals_by_account": ("deal", lambda t: deals_by_account(t, _SOME, moment="closed")),
    "deals_by_account_in_money": ("deal", lambda t: deals_by_account(t, _SOME, moment="closed", weight="value")),
    "won_revenue_by_month": ("deal", lambda t: revenue_by_month(won_revenue(t), _NONE)),
    "won_revenue_by_customer": ("deal", lambda t: revenue_by_customer(won_revenue(t), _NONE, spans=(SPAN, NEXT_SPAN))),
    "revenue_by_month": ("revenue_line", lambda t: revenue_by_month(lines_revenue(t), _NONE)),
    "revenue_by_customer": ("revenue_line", lambda t: revenue_by_customer(lines_revenue(t), _NONE, spans=(SPAN, NEXT_SPAN))),
    "purchases_kept": ("revenue_line", lambda t: purchases_kept(lines_revenue(t), _NONE, months=3)),
    "bought_in_both": ("revenue_line", lambda t: bought_in_both(lines_revenue(t), _NONE, first=SPAN, second=NEXT_SPAN)),
    "repeat_buyers": ("revenue_line", lambda t: repeat_buyers(t, _NONE)),
    "customers": ("customer", lambda t: customers(t, _NONE)),
    "customers_in_span": ("customer", lambda t: customers_in_span(t, _NONE, start=SPAN[0], end=SPAN[1])),
    "customers_flagged": ("customer", lambda t: customers_flagged(t, _NONE)),
    "tenures": ("customer", lambda t: tenures(t, _NONE)),
    "leads": ("lead", lambda t: leads(t, _SOME, by="source")),
    "follow_up": ("lead", lambda t: follow_up(t, _NONE)),
    "follow_up_times": ("lead", lambda t: follow_up_times(t, _NONE)),
    "visits": ("traffic", lambda t: visits(t, _NONE)),
    "outcomes_by_group": ("deal", lambda t: outcomes_by_group(t, by="source")),
    "group_sizes": ("deal", lambda t: group_sizes(t, by="source")),
}
"""name → (table, expression of it): what the dialect tests walk through."""


def _midnight(day: date) -> ir.TimestampScalar:
    return ibis.timestamp(day.isoformat())


def _sum(column: ir.NumericColumn) -> ir.Scalar:
    # Exact decimals are added up first; only the finished sum becomes a float, which holds cents exactly up to 10^13.
    return column.sum().fill_null(0).cast("float64")


def _count(condition: ir.BooleanValue) -> ir.Scalar:
    # PostgreSQL casts no truth value to a 64-bit number; a case counts the same everywhere, and counts unknown as no.
    return ibis.ifelse(condition, 1, 0).sum().fill_null(0)


def _seconds(start: ir.TimestampColumn, end: ir.TimestampColumn) -> ir.IntegerColumn:
    # Cut to whole seconds first: DuckDB and PostgreSQL give fractions where Ibis promises a whole number.
    start, end = start.truncate("s"), end.truncate("s")
    return (end.epoch_seconds() - start.epoch_seconds()).cast("int64")


def _group(table: ir.Table, by: str) -> ir.StringColumn:
    column: ir.StringColumn = table[by].fill_null("").nullif("").fill_null(BLANK)
    return column


def _groups(table: ir.Table) -> dict[str, ir.Value]:
    """The columns people compare by, so that filters still work on revenue."""
    return {name: table[name] for name in table.columns if name in {"owner", "source", "status", "lost_reason"} or _is_segment(name)}


def _is_segment(name: str) -> bool:
    return name[:1] == "s" and name[1:].isdigit()
