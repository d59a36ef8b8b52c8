"""Revenue and its growth: from revenue lines where there are some, else from won deals by the day they closed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Literal

from app.metrics import expressions, win_rate
from app.metrics.engine import Snapshot
from app.metrics.model import Filters, Growth, PeriodRevenue, YearlyGrowth
from app.metrics.periods import Coverage, Grain, Period, coverage_of, months_before, period_of_month, periods_between, whole_months
from app.statistics.intervals import Absent, Interval

if TYPE_CHECKING:
    import ibis.expr.types as ir

NO_REVENUE = Absent("No revenue is loaded.", "Upload invoices or orders, or deals with amounts.", "no_table")
PARTIAL = Absent("One of the two periods is not covered whole, so they are not compared.", "Wait for the period to end.", "partial_period")
NO_EARLIER = Absent("There is no earlier period to compare with.", "Upload a longer history.", "no_earlier")
NOTHING_EARLIER = Absent("The earlier period has no revenue.", "Choose another period.", "zero_baseline")
TOO_SHORT = Absent("Two whole years of revenue are needed.", "Upload a longer history.", "too_short")


@dataclass(frozen=True)
class Revenue:
    """Revenue records ready to be added up: who, when, how much."""

    kind: Literal["lines", "won_deals"]
    snapshot: Snapshot
    coverage: Coverage | None

    @property
    def records(self) -> ir.Table:
        """The records as the Ibis table that is counted."""
        table = self.snapshot.table
        return expressions.lines_revenue(table) if self.kind == "lines" else expressions.won_revenue(table)

    def within(self, filters: Filters) -> Revenue:
        """The same revenue, covered no longer than the days of the filters."""
        return self if self.coverage is None else replace(self, coverage=self.coverage.chosen(filters.start, filters.end))

    @property
    def sentence(self) -> str:
        """What revenue is here, as printed beside every number."""
        if self.kind == "lines":
            return "Revenue = sum of all revenue lines by their date, cancellations taken off"
        return "Revenue = sum of the amounts of won deals by the day they closed"


def revenue_of(lines: Snapshot | None, deals: Snapshot | None) -> Revenue | Absent:
    """The best revenue there is; Absent when neither lines nor deals with amounts are loaded."""
    if lines is not None:
        return Revenue("lines", lines, _covered(lines))
    if deals is not None:
        return Revenue("won_deals", deals, win_rate.coverage(deals))
    return NO_REVENUE


def by_month(revenue: Revenue, filters: Filters) -> dict[int, tuple[float, int]]:
    """Revenue and number of records by month index."""
    rows = revenue.snapshot.collect(expressions.revenue_by_month(revenue.records, filters))
    return {row["month"]: (row["amount"], row["n"]) for row in rows}


def over_time(revenue: Revenue, filters: Filters, *, grain: Grain) -> tuple[PeriodRevenue, ...] | Absent:
    """Revenue of each period and its growth over the one before; partial periods are marked and never compared."""
    months = by_month(revenue, filters)
    if not months or revenue.coverage is None:
        return NO_REVENUE
    sums: dict[Period, tuple[float, int]] = {}
    for month, (amount, n) in months.items():
        period = period_of_month(month, grain)
        before = sums.get(period, (0.0, 0))
        sums[period] = (before[0] + amount, before[1] + n)
    if not any(amount for amount, _ in sums.values()):
        return Absent("No record carries an amount.", "Export the amounts too.", "no_amount")
    result: list[PeriodRevenue] = []
    covered = revenue.coverage.chosen(filters.start, filters.end)
    whole = {p: covered.covers(p) for p in periods_between(min(sums).start, max(sums).start, grain)}
    for period, is_whole in whole.items():
        amount, n = sums.get(period, (0.0, 0))
        growth, absent = _growth(period, period.previous(), sums, whole)
        over_year, _ = _growth(period, period_of_month((period.start.year - 1) * 12 + period.start.month - 1, grain), sums, whole)
        result.append(PeriodRevenue(period, not is_whole, amount, n, growth, absent, over_year))
    return tuple(result)


def between(revenue: Revenue, filters: Filters, *, earlier: tuple[date, date], later: tuple[date, date]) -> Growth:
    """Growth from one span of days to another of equal length, with its interval by account.

    Spans are (first day, first day after). Blank customers count in the sums and as one account in the interval. Growth is Absent
    ("partial_period") when the data do not cover both spans; days chosen in the filters play no part, the spans take their place.
    """
    from app.statistics.resampling import ratio_of_sums_interval

    if revenue.coverage is None:
        return Growth(earlier, later, 0.0, 0.0, None, None, 0, NO_REVENUE)
    found_rows = revenue.snapshot.collect(expressions.revenue_by_customer(revenue.records, filters, spans=(earlier, later)))
    # Accounts without revenue in either span say nothing about growth, and must not make few accounts look like many.
    rows = [row for row in found_rows if row["span0"] or row["span1"]]
    before = [row["span0"] for row in rows]
    after = [row["span1"] for row in rows]
    total_before, total_after = sum(before), sum(after)
    named = sum(1 for row in rows if row["customer"])
    if not rows or (not total_before and not total_after):
        return Growth(earlier, later, 0.0, 0.0, None, None, named, NO_REVENUE)
    if not all(revenue.coverage.covers_span(*span) for span in (earlier, later)):
        return Growth(earlier, later, total_before, total_after, None, None, named, PARTIAL)
    if total_before <= 0:
        return Growth(earlier, later, total_before, total_after, None, None, named, NOTHING_EARLIER)
    value = total_after / total_before - 1
    if not named:
        unnamed = Absent("The records name no account, so there is no likely range.", "Export the account of each record.", "no_account")
        return Growth(earlier, later, total_before, total_after, value, None, 0, None, unnamed)
    found = ratio_of_sums_interval(after, before)
    if isinstance(found, Absent):
        return Growth(earlier, later, total_before, total_after, value, None, named, None, found)
    shifted = Interval(found.low - 1, found.high - 1, found.level, found.method)
    return Growth(earlier, later, total_before, total_after, value, shifted, named)


def by_customer(revenue: Revenue, filters: Filters, *, spans: tuple[tuple[date, date], ...]) -> tuple[list[float], ...]:
    """Revenue of each customer in each span: one list a span, customers in the same order; blank customers are one."""
    rows = revenue.snapshot.collect(expressions.revenue_by_customer(revenue.records, filters, spans=spans))
    return tuple([float(row[f"span{position}"]) for row in rows] for position in range(len(spans)))


def last_year(revenue: Revenue, filters: Filters) -> Growth | Absent:
    """The last twelve whole months against the twelve before."""
    spans = yearly_spans(revenue.coverage)
    if len(spans) < 2:
        return TOO_SHORT
    return between(revenue, filters, earlier=spans[-2], later=spans[-1])


def same_months(revenue: Revenue, filters: Filters, *, least: int = 3) -> Growth | Absent:
    """The last whole months against the same months a year before, so that both sides hold the same seasons.

    As many months as are loaded twice, at most twelve; Absent when there are fewer than `least`.
    """
    whole = whole_months(revenue.coverage) if revenue.coverage is not None else None
    if whole is None:
        return TOO_SHORT
    first, end = whole
    months = min(12, (end.year - first.year) * 12 + end.month - first.month - 12)
    if months < least:
        return TOO_SHORT
    later = (months_before(end, months), end)
    return between(revenue, filters, earlier=(months_before(later[0], 12), months_before(end, 12)), later=later)


def yearly(revenue: Revenue, filters: Filters, *, years: int | None = None) -> YearlyGrowth:
    """CAGR over whole years of twelve months, counted back from the last whole month.

    All of them, or exactly the last `years`; Absent when there are fewer. The days of the filters cut the years too.
    """
    covered = revenue.coverage.chosen(filters.start, filters.end) if revenue.coverage is not None else None
    spans = yearly_spans(covered)
    if years is not None:
        if len(spans) < years:
            short = Absent(f"{years} whole years of revenue are needed; {len(spans)} are loaded.", TOO_SHORT.remedy, "too_short")
            return YearlyGrowth(len(spans), (), None, None, short)
        spans = spans[-years:]
    months = by_month(revenue, filters)
    sums = tuple(
        (start, end, sum(a for m, (a, _) in months.items() if start <= date(m // 12, m % 12 + 1, 1) < end)) for start, end in spans
    )
    if len(sums) < 2:
        return YearlyGrowth(len(sums), sums, None, None, TOO_SHORT)
    first, last = sums[0][2], sums[-1][2]
    if first <= 0 or last <= 0:
        return YearlyGrowth(len(sums), sums, None, None, NOTHING_EARLIER)
    steps = len(sums) - 1
    growth = between(revenue, filters, earlier=spans[0], later=spans[-1])
    interval = None
    if growth.interval is not None:
        # The yearly rate rises with the ratio of the ends, so the limits go through the same root.
        low, high = ((1 + max(limit, -1.0)) ** (1 / steps) - 1 for limit in (growth.interval.low, growth.interval.high))
        interval = Interval(low, high, growth.interval.level, growth.interval.method)
    return YearlyGrowth(len(sums), sums, (last / first) ** (1 / steps) - 1, interval)


def yearly_spans(coverage: Coverage | None) -> tuple[tuple[date, date], ...]:
    """Spans of twelve whole months, oldest first, ending with the last whole month."""
    whole = whole_months(coverage) if coverage is not None else None
    if whole is None:
        return ()
    first, end = whole
    spans: list[tuple[date, date]] = []
    while months_before(end, 12) >= first:
        spans.insert(0, (months_before(end, 12), end))
        end = months_before(end, 12)
    return tuple(spans)


def _growth(
    period: Period, before: Period, sums: dict[Period, tuple[float, int]], whole: dict[Period, bool]
) -> tuple[float | None, Absent | None]:
    if before not in whole:
        return None, NO_EARLIER
    if not whole[period] or not whole[before]:
        return None, PARTIAL
    earlier = sums.get(before, (0.0, 0))[0]
    if earlier <= 0:
        return None, NOTHING_EARLIER
    return sums.get(period, (0.0, 0))[0] / earlier - 1, None


def _covered(snapshot: Snapshot) -> Coverage | None:
    info = snapshot.info
    if info.first is None or info.last is None:
        return None
    first, last = date.fromisoformat(info.first), date.fromisoformat(info.last)
    known = max(last, date.fromisoformat(info.extracted)) if info.extracted else last
    return replace(coverage_of(first, last, records=info.rows), last=known)
