"""The win rate: won deals of closed deals, over time, by group and under every definition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from app.metrics import expressions
from app.metrics.engine import Snapshot
from app.metrics.model import MOST_GROUPS, OTHERS, SMALL, Definition, DialSetting, Filters, GroupRate, PeriodRate, WinRate
from app.metrics.periods import Coverage, Grain, coverage_of, period_of_month, periods_between
from app.statistics.intervals import Absent, Interval
from app.statistics.linearised import RatioSums, linear_interval

WINS_ONLY = Absent(
    "The file holds won deals only, so there is no win rate: every rate would read 100 %.",
    "Export the lost deals too: in the CRM, take the filter on the stage away.",
    "wins_only",
)
LOSSES_ONLY = Absent(
    "The file holds no won deal, so a win rate would read 0 %.", "Check the stage words, or export the won deals too.", "losses_only"
)
ONLY_OPEN = Absent(
    "Every deal of the file is still open, so there is no win rate.",
    "Export the won and lost deals too: in the CRM, take the filter on the stage away.",
    "only_open",
)
NO_AMOUNT_ON_LOST = Absent(
    "Lost deals carry no amount in this file, so a win rate by value would read 100 %.",
    "Use the win rate by count, or export the amount that lost deals had.",
    "no_amount_on_lost",
)
NO_AMOUNT = Absent("The file has no amounts.", "Export the amount of each deal.", "no_amount")
NOTHING_CLOSED = Absent("No deal was closed here.", "Choose a longer period or fewer filters.", "nothing_closed")
ALL_DEALS_ONLY = Absent(
    "A range by value is worked out for all deals together only.", "Use the win rate by count to see a range here.", "by_value"
)
NO_DATES = Absent("The deals carry no such date.", "Export the closing date (and the creation date) of each deal.", "no_date")

DEFINITIONS: tuple[Definition, ...] = tuple(
    Definition(weight, by_date, no_decision)
    for weight in ("count", "value")
    for by_date in ("closed", "created")
    for no_decision in ("out", "in")
)


@dataclass
class Tally:
    """Numbers and amounts of deals by outcome, added up."""

    n: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    amount: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    priced: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def merge(self, other: Tally) -> None:
        """Add another tally."""
        for mine, theirs in ((self.n, other.n), (self.priced, other.priced)):
            for outcome, number in theirs.items():
                mine[outcome] += number
        for outcome, amount in other.amount.items():
            self.amount[outcome] += amount

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a row of the engine (outcome, n, amount, priced)."""
        outcome = row["outcome"]
        self.n[outcome] += row["n"]
        self.amount[outcome] += row["amount"]
        self.priced[outcome] += row.get("priced", row["n"])


def label(definition: Definition) -> str:
    """A definition in a few words."""
    weight = "by count" if definition.weight == "count" else "by value"
    by_date = "by closing date" if definition.by_date == "closed" else "by creation date"
    return f"{weight}, {by_date}, no decision {'left out' if definition.no_decision == 'out' else 'counted as not won'}"


def sentence(definition: Definition) -> str:
    """A definition as the sentence printed beside every number."""
    what = "won deals" if definition.weight == "count" else "value of won deals"
    of = "won and lost deals" if definition.no_decision == "out" else "won, lost and no-decision deals"
    when = "by the day they closed" if definition.by_date == "closed" else "by the day they were created"
    return f"Win rate = {what} / {'' if definition.weight == 'count' else 'value of '}{of}, {when}; open deals are left out"


def rate_of(
    tally: Tally, definition: Definition, *, refusal: Absent | None = None, interval: Interval | Absent | None = ALL_DEALS_ONLY
) -> WinRate:
    """The win rate of a tally. `refusal` is why the whole file allows none; `interval` takes the place of Wilson's by value."""
    won, lost, undecided = tally.n["won"], tally.n["lost"], tally.n["no_decision"]
    counted_in = definition.no_decision == "in"
    closed = won + lost + (undecided if counted_in else 0)
    won_amount = tally.amount["won"]
    closed_amount = won_amount + tally.amount["lost"] + (tally.amount["no_decision"] if counted_in else 0.0)
    absent = refusal
    if absent is None and closed == 0:
        absent = NOTHING_CLOSED
    if absent is None and definition.weight == "value" and closed_amount <= 0:
        absent = NO_AMOUNT
    value: float | None = None
    found: Interval | Absent | None = None
    if absent is None:
        if definition.weight == "count":
            from app.statistics.proportions import wilson

            value, found = won / closed, wilson(won, closed)
        else:
            value, found = won_amount / closed_amount, interval
    return WinRate(
        value=value,
        won=won,
        closed=closed,
        lost=lost,
        no_decision=undecided,
        open=tally.n["open"],
        won_amount=won_amount,
        closed_amount=closed_amount,
        interval=found if isinstance(found, Interval) else None,
        definition=definition,
        small=closed < SMALL,
        absent=absent,
        interval_absent=found if isinstance(found, Absent) else None,
        won_priced=tally.priced["won"],
    )


def refusal(snapshot: Snapshot, definition: Definition) -> Absent | None:
    """Why the file as a whole allows no win rate under a definition; None when it does."""
    outcomes = dict(snapshot.info.outcomes)
    if outcomes.get("open", 0) == sum(outcomes.values()) > 0:
        return ONLY_OPEN
    not_won = outcomes.get("lost", 0) + (outcomes.get("no_decision", 0) if definition.no_decision == "in" else 0)
    if outcomes.get("won", 0) and not not_won:
        return WINS_ONLY
    if outcomes.get("lost", 0) and not outcomes.get("won", 0):
        return LOSSES_ONLY
    if definition.weight == "value" and snapshot.info.amounts_on_lost is False:
        return NO_AMOUNT_ON_LOST
    return None


def coverage(snapshot: Snapshot) -> Coverage | None:
    """From when to when closed deals are taken to be complete; None without closing dates."""
    info = snapshot.info
    if info.first is None or info.last is None:
        return None
    closed = sum(n for outcome, n in info.outcomes if outcome in ("won", "lost", "no_decision"))
    first, last = date.fromisoformat(info.first), date.fromisoformat(info.last)
    # The file goes on to the day it was extracted: open deals created later prove that nothing closed is missing until then.
    known = max(last, date.fromisoformat(info.extracted)) if info.extracted else last
    return replace(coverage_of(first, last, records=closed), last=known)


def overall(snapshot: Snapshot, definition: Definition, filters: Filters) -> WinRate:
    """The win rate of all deals the filters let through."""
    tally = Tally()
    for row in snapshot.collect(expressions.deals_in_all(snapshot.table, filters, moment=definition.by_date)):
        tally.add(row)
    return rate_of(tally, definition, refusal=refusal(snapshot, definition), interval=_value_interval(snapshot, definition, filters))


def over_time(snapshot: Snapshot, definition: Definition, filters: Filters, *, grain: Grain) -> tuple[PeriodRate, ...] | Absent:
    """The win rate of each period, gaps included; Absent when the deals carry no such date."""
    rows = snapshot.collect(expressions.deals(snapshot.table, filters, moment=definition.by_date))
    return by_period(snapshot, rows, definition, filters, grain=grain)


def by_period(
    snapshot: Snapshot, rows: Iterable[Mapping[str, Any]], definition: Definition, filters: Filters, *, grain: Grain
) -> tuple[PeriodRate, ...] | Absent:
    """Roll rows by month up to periods. By creation date, `open` says how many deals of a period are not decided yet."""
    tallies: dict[Any, Tally] = defaultdict(Tally)
    for row in rows:
        if row["month"] is not None and (row["outcome"] != "open" or definition.by_date == "created"):
            tallies[period_of_month(row["month"], grain)].add(row)
    why = refusal(snapshot, definition)
    known = coverage(snapshot)
    covered = known.chosen(filters.start, filters.end) if known is not None else None
    if not tallies or covered is None:
        return why or NO_DATES
    return tuple(
        PeriodRate(p, not covered.covers(p), rate_of(tallies.get(p, Tally()), definition, refusal=why))
        for p in periods_between(min(tallies).start, max(tallies).start, grain)
    )


def by_group(snapshot: Snapshot, definition: Definition, filters: Filters, *, by: str) -> tuple[GroupRate, ...]:
    """The win rate of each value of a group column, largest group first; beyond sixty groups the smallest are put together, last."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for row in snapshot.collect(expressions.deals_in_all(snapshot.table, filters, moment=definition.by_date, by=by)):
        tallies[row["group"]].add(row)
    why = refusal(snapshot, definition)
    groups = [GroupRate(group, rate_of(tally, definition, refusal=why)) for group, tally in tallies.items()]
    groups = sorted((g for g in groups if g.rate.closed), key=lambda g: (-g.rate.closed, g.group))
    if len(groups) > MOST_GROUPS:
        rest = Tally()
        for group in groups[MOST_GROUPS - 1 :]:
            rest.merge(tallies[group.group])
        groups = [*groups[: MOST_GROUPS - 1], GroupRate(OTHERS, rate_of(rest, definition, refusal=why))]
    return tuple(groups)


def dial(snapshot: Snapshot, chosen: Definition, filters: Filters) -> tuple[DialSetting, ...]:
    """The win rate under every definition, and how far each lies from the chosen one."""
    tallies: dict[str, Tally] = {}
    for moment in ("closed", "created"):
        if filters.start is None and filters.end is None and tallies:
            # Without chosen days the date decides nothing for all deals together.
            tallies[moment] = tallies["closed"]
            continue
        tallies[moment] = Tally()
        for row in snapshot.collect(expressions.deals_in_all(snapshot.table, filters, moment=moment)):
            tallies[moment].add(row)
    rates = {d: rate_of(tallies[d.by_date], d, refusal=refusal(snapshot, d)) for d in DEFINITIONS}
    base = rates[chosen].value
    return tuple(
        DialSetting(d, label(d), rate, None if base is None or rate.value is None else rate.value - base) for d, rate in rates.items()
    )


@dataclass(frozen=True)
class AccountRates:
    """Won and closed deals of each account, in the order of `accounts`."""

    accounts: tuple[str, ...]
    won: tuple[float, ...]
    closed: tuple[float, ...]


def by_account(snapshot: Snapshot, definition: Definition, filters: Filters) -> AccountRates:
    """Won and closed (in numbers, or in money by value) of each account."""
    counted = ("won", "lost") if definition.no_decision == "out" else ("won", "lost", "no_decision")
    suffix = "" if definition.weight == "count" else "_amount"
    rows = snapshot.collect(expressions.deals_by_account(snapshot.table, filters, moment=definition.by_date, weight=definition.weight))
    rows = [row for row in rows if any(row[outcome] for outcome in counted)]
    return AccountRates(
        tuple(row["account"] for row in rows),
        tuple(float(row[f"won{suffix}"]) for row in rows),
        tuple(float(sum(row[f"{outcome}{suffix}"] for outcome in counted)) for row in rows),
    )


def value_sums(snapshot: Snapshot, definition: Definition, filters: Filters) -> RatioSums:
    """The sums that the range of a win rate by value is worked out from, where deals stand for themselves (no account is named)."""
    rows = snapshot.collect(expressions.deals_in_money(snapshot.table, filters, moment=definition.by_date))
    counted = ("won", "lost") if definition.no_decision == "out" else ("won", "lost", "no_decision")
    by_outcome = {row["outcome"]: row for row in rows}
    won = by_outcome.get("won", {"n": 0, "amount": 0.0, "squares": 0.0})
    closed = [by_outcome[outcome] for outcome in counted if outcome in by_outcome]
    return RatioSums(
        units=sum(row["n"] for row in closed),
        y=won["amount"],
        x=sum(row["amount"] for row in closed),
        yy=won["squares"],
        # A deal's won amount is its amount or nothing, so the products add up to the squares of the won ones.
        xy=won["squares"],
        xx=sum(row["squares"] for row in closed),
    )


def _value_interval(snapshot: Snapshot, definition: Definition, filters: Filters) -> Interval | Absent | None:
    if definition.weight == "count" or refusal(snapshot, definition) is not None:
        return None
    from app.statistics.resampling import ratio_of_sums_interval

    rates = by_account(snapshot, definition, filters)
    if rates.accounts:
        return ratio_of_sums_interval(rates.won, rates.closed)
    found = linear_interval(value_sums(snapshot, definition, filters))
    return found if isinstance(found, Absent) else replace(found, low=max(found.low, 0.0), high=min(found.high, 1.0))
