"""What the scorecard returns: frozen, made of plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from app.benchmarks.catalogue import Claim, Reading
from app.benchmarks.comparison import Comparison, LevelComparison, RatioComparison, Verdict
from app.benchmarks.stakes import Stake
from app.services.scorecard.request import Request
from app.statistics.intervals import Absent, Interval

HeadlineKey = Literal["win_rate", "retention", "growth", "lead_conversion"]


@dataclass(frozen=True)
class Headline:
    """A number at the top: `value` is a share (a rate, or a growth of .12 for +12 %), None with its reason in `absent`.

    `parts` is (successes, trials) for a rate and (earlier, later) revenue for growth. `basis` says on how many of what it rests.
    """

    key: HeadlineKey
    label: str
    is_change: bool
    value: float | None
    interval: Interval | None
    parts: tuple[float, float] | None
    basis: str
    period: str
    definition: str
    small: bool
    absent: Absent | None
    note: str = ""


@dataclass(frozen=True)
class Outlook:
    """Where a claim would take a number, if it held: `after` is absent where that is impossible. `steps` is the arithmetic.

    `of` says what the number it starts from is of ("before", "in “South”"), `now` where the team is today, None when that is the start.
    """

    what: str
    before: float
    after: float | Absent
    steps: tuple[str, ...]
    is_change: bool = False
    of: str = ""
    now: float | None = None


@dataclass(frozen=True)
class ClaimLine:
    """One cited figure beside the team's own numbers.

    `comparison` is absent when there is nothing to compare; `outlook` and `stake` then still say what they can. `verdict` is the
    comparison's.
    """

    words: str
    plain: str
    claim: Claim
    reading: Reading
    comparison: Comparison | LevelComparison | RatioComparison | None
    absent: Absent | None
    outlook: Outlook | None
    stake: Stake | Absent | None

    @property
    def verdict(self) -> Verdict | None:
        """The verdict, when there is one."""
        return self.comparison.verdict if self.comparison is not None else None


@dataclass(frozen=True)
class SourceLine:
    """What is loaded of one table: label, rows, days covered, file system."""

    table: str
    label: str
    rows: int
    first: str | None
    last: str | None
    system: str | None


@dataclass(frozen=True)
class BreakDownLine:
    """One group of a break-down: the comparison within that group."""

    group: str
    comparison: Comparison | RatioComparison


@dataclass(frozen=True)
class BreakDown:
    """The comparison within the largest groups of a column, and how many groups there are in all."""

    lines: tuple[BreakDownLine, ...]
    groups: int


@dataclass(frozen=True)
class Scorecard:
    """Everything: the headlines, the five cited figures and the team's own ones, what is loaded, and what could not be computed."""

    request: Request
    edition: str
    headlines: tuple[Headline, ...]
    lines: tuple[ClaimLine, ...]
    sources: tuple[SourceLine, ...]
    currency: str | None
    covered: tuple[date, date] | None
    not_computable: tuple[tuple[str, Absent], ...]
