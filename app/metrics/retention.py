"""Retention: customers kept, by contract dates, by buying again, or by a plain yes/no; and how long customers stay."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from app.metrics import expressions
from app.metrics.engine import Snapshot
from app.metrics.growth import Revenue
from app.metrics.model import SMALL, Filters, GroupRetention, Retention, RetentionKind
from app.metrics.periods import (
    MONTHS,
    Coverage,
    Grain,
    Period,
    month_index,
    months_before,
    period_of_month,
    periods_between,
    whole_months,
)
from app.statistics.intervals import Absent

if TYPE_CHECKING:
    from app.statistics.survival import SurvivalCurve

NO_CUSTOMERS = Absent(
    "No customers and no purchases are loaded.",
    "Upload a customer list with start and end dates (or a churned yes/no), or invoices that name the customer.",
    "no_table",
)
DEALS_ONLY = Absent(
    "Deals say who was won, not who stayed.",
    "Upload a customer list with start and end dates (or a churned yes/no), or invoices that name the customer.",
    "no_table",
)
NAMELESS = Absent(
    "The records name no customer, so nobody can be seen to come back.",
    "Upload a customer list, or export the customer of each record.",
    "no_account",
)
NO_DATES = Absent("The customer list has no start dates.", "Export the day each customer started.", "no_date")
NOBODY_LEFT = Absent(
    "No customer of this list has left, so retention would read 100 %: it is probably a list of present customers only.",
    "Export the customers who left too, with the day they left.",
    "stayers_only",
)
NOBODY_THERE = Absent("No customer was there at the start.", "Choose a later period.", "empty_arm")
CONSTANT = Absent(
    "The customer list says what each customer pays now, not what it paid before, so growth within customers is unknown.",
    "Upload invoices for net revenue retention.",
    "no_history",
)
NO_AMOUNTS = Absent("There are no amounts.", "Export what each customer pays.", "no_amount")
NO_WHOLE_MONTH = Absent("Not one whole month is covered.", "Upload a longer history.", "too_short")
PARTLY = Absent(
    "The records do not cover one of the spans from its first day to its last, so customers would seem lost who are not.",
    "Choose days that are loaded, or upload a longer history.",
    "partial_period",
)
SENTENCES: dict[RetentionKind, str] = {
    "contract": "Retention = customers at the start of the period who are still customers at its end / customers at its start",
    "repeat": "Retention = customers of a period who buy again in the next one / customers of the period; cancelled sales are left out",
    "flag": "Retention = customers not marked as gone / all customers of the list",
}


def kind_of(customers: Snapshot | None, revenue: Revenue | Absent) -> RetentionKind | Absent:
    """Which retention the loaded tables allow: contracts first, then flags, then repeat purchases.

    Purchases are revenue lines. A customer who signs no second deal within a quarter has not left, so deals alone give no retention.
    """
    if customers is not None:
        if customers.info.first is not None and _has_leavers(customers):
            return "contract"
        if _has_flags(customers):
            return "flag"
    if isinstance(revenue, Revenue) and revenue.kind == "lines" and revenue.coverage is not None:
        return "repeat"
    if customers is not None:
        return NOBODY_LEFT
    return DEALS_ONLY if isinstance(revenue, Revenue) and revenue.kind == "won_deals" else NO_CUSTOMERS


def made(
    kind: RetentionKind,
    kept: int,
    at_start: int,
    *,
    period: Period | None = None,
    partial: bool = False,
    revenue: float | None = None,
    revenue_kept: float | None = None,
    net_revenue: float | None = None,
) -> Retention:
    """A retention from counts, with its Wilson interval and revenue retention where there are amounts."""
    from app.statistics.proportions import wilson

    there = at_start > 0
    money = revenue is not None and revenue > 0
    return Retention(
        kind=kind,
        period=period,
        partial=partial,
        value=kept / at_start if there else None,
        kept=kept,
        at_start=at_start,
        interval=wilson(kept, at_start) if there else None,
        small=at_start < SMALL,
        gross=revenue_kept / revenue if money and revenue is not None and revenue_kept is not None else None,
        net=net_revenue / revenue if money and revenue is not None and net_revenue is not None else None,
        gross_absent=None if money else NO_AMOUNTS,
        net_absent=(None if net_revenue is not None else CONSTANT) if money else NO_AMOUNTS,
        revenue_at_start=revenue,
        absent=None if there else NOBODY_THERE,
    )


def contracts_over_time(customers: Snapshot, filters: Filters, *, grain: Grain) -> tuple[Retention, ...] | Absent:
    """Logo retention and GRR of each period, from start and end dates."""
    rows = customers.collect(expressions.customers(customers.table, filters))
    covered = coverage(customers)
    months = [r["started"] for r in rows if r["started"] is not None]
    if not months or covered is None:
        return NO_DATES
    result = []
    # In the first period nobody was there at its start, so it is left out.
    for period in periods_between(covered.first, covered.last, grain)[1:]:
        start, end = month_index(period.start), month_index(period.end)
        there = [r for r in rows if _dated(r) and r["started"] < start and (r["left"] is None or r["left"] >= start)]
        kept = [r for r in there if r["left"] is None or r["left"] >= end]
        partial = period.end > covered.last and not covered.covers(period)
        result.append(
            made(
                "contract",
                sum(r["n"] for r in kept),
                sum(r["n"] for r in there),
                period=period,
                partial=partial,
                revenue=sum(r["revenue"] for r in there),
                revenue_kept=sum(r["revenue"] for r in kept),
            )
        )
    return tuple(result)


def contracts_in_span(customers: Snapshot, filters: Filters, *, start: date, end: date) -> Retention:
    """Logo retention and GRR between two days (the second exclusive); Absent inside when the list does not reach to the second."""
    covered = coverage(customers)
    if covered is None:
        return replace(made("contract", 0, 0), absent=NO_DATES)
    if not covered.covers_span(max(start, covered.first), end):
        return replace(made("contract", 0, 0, partial=True), absent=PARTLY)
    row = customers.collect(expressions.customers_in_span(customers.table, filters, start=start, end=end))[0]
    return made("contract", row["kept"], row["at_start"], revenue=row["revenue"], revenue_kept=row["revenue_kept"])


def contracts_last_year(customers: Snapshot, filters: Filters) -> Retention:
    """Logo retention and GRR over the last twelve whole months."""
    covered = coverage(customers)
    whole = whole_months(covered) if covered is not None else None
    if whole is None:
        return replace(made("contract", 0, 0), absent=NO_DATES)
    return contracts_in_span(customers, filters, start=months_before(whole[1], 12), end=whole[1])


def flagged(customers: Snapshot, filters: Filters) -> Retention:
    """Retention from a yes/no: not gone / all with an answer."""
    return _from_flags(customers.collect(expressions.customers_flagged(customers.table, filters)))


def flagged_by_group(customers: Snapshot, filters: Filters, *, by: str) -> tuple[GroupRetention, ...]:
    """The same for each value of a group column, largest first."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in customers.collect(expressions.customers_flagged(customers.table, filters, by=by)):
        groups[row["group"]].append(row)
    found = [GroupRetention(group, _from_flags(rows)) for group, rows in groups.items()]
    return tuple(sorted(found, key=lambda g: (-g.retention.at_start, g.group)))


def repeat_over_time(revenue: Revenue, filters: Filters, *, grain: Grain) -> tuple[Retention, ...] | Absent:
    """Customers of each period who bought again in the next, with GRR and NRR of the same customers."""
    rows = revenue.snapshot.collect(expressions.purchases_kept(revenue.records, filters, months=MONTHS[grain]))
    by_period = {period_of_month(row["period"], grain): row for row in rows}
    if not by_period or revenue.coverage is None:
        return NAMELESS
    covered = revenue.coverage.chosen(filters.start, filters.end)
    result = []
    for period in periods_between(min(by_period).start, max(by_period).start, grain)[:-1]:
        row = by_period.get(period, {"customers": 0, "again": 0, "revenue": 0.0, "revenue_after": 0.0, "kept_revenue": 0.0})
        partial = not (covered.covers(period) and covered.covers(period.next()))
        result.append(
            made(
                "repeat",
                row["again"],
                row["customers"],
                period=period,
                partial=partial,
                revenue=row["revenue"],
                revenue_kept=row["kept_revenue"],
                net_revenue=row["revenue_after"],
            )
        )
    return tuple(result)


def repeat_in_span(revenue: Revenue, filters: Filters, *, start: date, end: date) -> Retention:
    """Customers who bought in the first half of a span and again in its second half.

    One row a customer, so that the customers of a comparison are independent of each other. Absent inside when the records do not
    cover the span whole.
    """
    if revenue.coverage is None or not revenue.coverage.covers_span(start, end):
        return replace(made("repeat", 0, 0, partial=True), absent=PARTLY)
    middle = start + (end - start) / 2
    row = revenue.snapshot.collect(expressions.bought_in_both(revenue.records, filters, first=(start, middle), second=(middle, end)))[0]
    return made("repeat", row["again"] or 0, row["customers"] or 0)


def repeat_purchase_rate(lines: Snapshot, filters: Filters) -> Retention:
    """Customers with more than one invoice / customers with one, over the whole time loaded."""
    row = lines.collect(expressions.repeat_buyers(lines.table, filters))[0]
    return made("repeat", row["again"] or 0, row["customers"] or 0)


def lifetimes(customers: Snapshot, filters: Filters) -> tuple[tuple[float, ...], tuple[bool, ...]] | Absent:
    """(months as a customer, has left) of each customer, from dates or from tenure and flag; in whole months.

    Customers who are still there are watched until the last day covered.
    """
    months: list[float] = []
    gone: list[bool] = []
    covered = coverage(customers)
    if covered is not None:
        last = month_index(covered.last)
        for row in customers.collect(expressions.customers(customers.table, filters)):
            if _dated(row):
                # A leaving day after the last day covered is announced, and has not happened yet.
                left = row["left"] is not None and row["left"] <= last
                length = (row["left"] if left else last) - row["started"]
                if length >= 0:
                    months += [float(length)] * row["n"]
                    gone += [left] * row["n"]
    else:
        for row in customers.collect(expressions.tenures(customers.table, filters)):
            months += [float(row["months"])] * row["n"]
            gone += [bool(row["gone"])] * row["n"]
    if not months or not any(gone):
        return NOBODY_LEFT if months else NO_DATES
    return tuple(months), tuple(gone)


def survival(customers: Snapshot, filters: Filters) -> SurvivalCurve | Absent:
    """How large a share is still there after so many months (Kaplan-Meier); Absent when nobody left or no times are known."""
    from app.statistics.survival import kaplan_meier

    found = lifetimes(customers, filters)
    return found if isinstance(found, Absent) else kaplan_meier(*found)


def coverage(customers: Snapshot) -> Coverage | None:
    """From the first start to the last day known of a customer list; None without start dates."""
    info = customers.info
    if info.first is None or info.last is None:
        return None
    last = max(d for d in (info.last, info.extracted) if d is not None)
    return Coverage(date.fromisoformat(info.first), date.fromisoformat(last), 7)


def _dated(row: dict[str, Any]) -> bool:
    # A customer marked as gone without a day cannot be placed in time.
    return row["started"] is not None and not (row["left"] is None and row["gone"])


def _has_leavers(customers: Snapshot) -> bool:
    rows = customers.collect(expressions.customers(customers.table, Filters()))
    return any(row["left"] is not None and row["started"] is not None for row in rows)


def _has_flags(customers: Snapshot) -> bool:
    rows = customers.collect(expressions.customers_flagged(customers.table, Filters()))
    return {True, False} <= {row["gone"] for row in rows}


def _from_flags(rows: list[dict[str, Any]]) -> Retention:
    kept = sum(row["n"] for row in rows if row["gone"] is False)
    gone = sum(row["n"] for row in rows if row["gone"] is True)
    revenue = sum(row["revenue"] for row in rows if row["gone"] is not None)
    revenue_kept = sum(row["revenue"] for row in rows if row["gone"] is False)
    return made("flag", kept, kept + gone, revenue=revenue, revenue_kept=revenue_kept)
