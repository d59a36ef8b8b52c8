"""What the metrics return: frozen results made of plain values. A number that cannot be had is None beside an `Absent`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from app.metrics.periods import Period
from app.statistics.intervals import Absent, Interval

SMALL = 30
"""A rate of fewer than this many records is marked as small."""

MOST_GROUPS = 60
"""So many groups of a break-down are shown by themselves; smaller ones are put together."""

OTHERS = "(all others)"
"""How the smaller groups of a long break-down are shown together."""

BLANK = "(blank)"
"""How a group without a name is shown."""


@dataclass(frozen=True)
class Filters:
    """Which rows count. `start` and `end` (exclusive) are days of the metric's date; `where` allows values of group columns."""

    start: date | None = None
    end: date | None = None
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def within(self, start: date, end: date) -> Filters:
        """The same filters on other days."""
        return Filters(start, end, self.where)

    def only(self, column: str, value: str) -> Filters:
        """The same filters, and one value of a column."""
        return Filters(self.start, self.end, (*((c, v) for c, v in self.where if c != column), (column, (value,))))


@dataclass(frozen=True)
class Definition:
    """How the win rate is defined: counted or by value, by closing or by creation date, "no decision" left out or counted as not won."""

    weight: Literal["count", "value"] = "count"
    by_date: Literal["closed", "created"] = "closed"
    no_decision: Literal["out", "in"] = "out"


@dataclass(frozen=True)
class WinRate:
    """The win rate of some deals: `value` = won / closed, in numbers or in money (`definition.weight`).

    `won`, `lost`, `no_decision` and `open` count deals; `closed` is the denominator's number of deals. The amounts are sums in the
    dataset's currency; `won_priced` won deals have an amount.
    `small` marks fewer than 30 closed deals. `interval_absent` says why a rate that is there has no interval.
    """

    value: float | None
    won: int
    closed: int
    lost: int
    no_decision: int
    open: int
    won_amount: float
    closed_amount: float
    interval: Interval | None
    definition: Definition
    small: bool
    absent: Absent | None = None
    interval_absent: Absent | None = None
    won_priced: int = 0

    @property
    def average_won(self) -> float | None:
        """The average amount of the won deals that have one; None where none has."""
        return self.won_amount / self.won_priced if self.won_priced and self.won_amount > 0 else None


@dataclass(frozen=True)
class PeriodRate:
    """The win rate of one period; `partial` when the data do not cover it whole."""

    period: Period
    partial: bool
    rate: WinRate


@dataclass(frozen=True)
class GroupRate:
    """The win rate of one group of a break-down."""

    group: str
    rate: WinRate


@dataclass(frozen=True)
class DialSetting:
    """The win rate under one definition, and how many points (0–1 scale) it lies from the one in use."""

    definition: Definition
    label: str
    rate: WinRate
    moved: float | None


RetentionKind = Literal["contract", "repeat", "flag"]


@dataclass(frozen=True)
class Retention:
    """Customers kept of customers at the start.

    `kind`: contract (start and end dates), repeat (bought again in the next period), flag (a yes/no without dates). `period` is
    None for a flag. For `repeat`, `period` is t, in which customers bought; they are kept when they buy in t + 1.
    `gross` and `net` are revenue retention (GRR, NRR) as shares, each None with its reason in `gross_absent`, `net_absent`.
    """

    kind: RetentionKind
    period: Period | None
    partial: bool
    value: float | None
    kept: int
    at_start: int
    interval: Interval | None
    small: bool
    gross: float | None = None
    net: float | None = None
    gross_absent: Absent | None = None
    net_absent: Absent | None = None
    revenue_at_start: float | None = None
    absent: Absent | None = None

    @property
    def lost(self) -> int:
        """Customers lost."""
        return self.at_start - self.kept

    @property
    def churn(self) -> float | None:
        """The share lost."""
        return None if self.value is None else 1 - self.value


@dataclass(frozen=True)
class GroupRetention:
    """Retention of one group of a break-down."""

    group: str
    retention: Retention


@dataclass(frozen=True)
class PeriodRevenue:
    """Revenue of a period and its growth over the period before it and over the same period a year earlier.

    Growth is None with a reason when either period is partial or the earlier one has no revenue.
    """

    period: Period
    partial: bool
    revenue: float
    records: int
    growth: float | None
    absent: Absent | None
    growth_over_year: float | None = None


@dataclass(frozen=True)
class Growth:
    """Growth between two spans of equal length: `value` = later / earlier - 1, with its interval by account."""

    earlier: tuple[date, date]
    later: tuple[date, date]
    earlier_revenue: float
    later_revenue: float
    value: float | None
    interval: Interval | None
    accounts: int
    absent: Absent | None = None
    interval_absent: Absent | None = None


@dataclass(frozen=True)
class YearlyGrowth:
    """CAGR over whole years (spans of twelve whole months, ending with the last one covered).

    `years` counts the spans, so growth has years - 1 steps. `spans` are the revenues, oldest first.
    """

    years: int
    spans: tuple[tuple[date, date, float], ...]
    value: float | None
    interval: Interval | None
    absent: Absent | None = None


@dataclass(frozen=True)
class Conversion:
    """Leads that became customers / all leads, of leads created in a span or group."""

    value: float | None
    converted: int
    leads: int
    interval: Interval | None
    small: bool
    within_30_days: int | None = None
    within_90_days: int | None = None
    absent: Absent | None = None


@dataclass(frozen=True)
class PeriodConversion:
    """Conversion of the leads created in one period; `young` while leads of it had less than 90 days to convert."""

    period: Period
    partial: bool
    young: bool
    conversion: Conversion


@dataclass(frozen=True)
class GroupConversion:
    """Conversion of one group."""

    group: str
    conversion: Conversion


@dataclass(frozen=True)
class FollowUp:
    """Time from a lead's creation to its first contact, in minutes.

    Negative times (contact before creation) are counted in `negative` and stay in median and mean. The shares "within" are of
    all leads, not only of contacted ones, and leave out negative times.
    """

    leads: int
    contacted: int
    negative: int
    median: float | None
    mean: float | None
    p90: float | None
    within_5_minutes: int
    within_1_hour: int
    within_24_hours: int
    absent: Absent | None = None


@dataclass(frozen=True)
class PeriodVisits:
    """Visits of a period."""

    period: Period
    partial: bool
    sessions: int


@dataclass(frozen=True)
class Visits:
    """Visits in all, by source and by period (empty when the report covers one span without days)."""

    sessions: int
    by_source: tuple[tuple[str, int], ...]
    by_period: tuple[PeriodVisits, ...]
