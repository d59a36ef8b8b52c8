"""What is asked of the scorecard. Plain values, so that it can stand in an address and in a cache key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from app.benchmarks.comparison import Way
from app.metrics.model import Definition, Filters

As = Literal["meaningful", "as_quoted"]


@dataclass(frozen=True)
class Groups:
    """Two groups of one column, by its heading: `observed` is held against `baseline`."""

    column: str
    observed: str
    baseline: str


@dataclass(frozen=True)
class Request:
    """One way to look at the numbers.

    `before` and `after` are spans of days (first, first after) for the way "before_after". The columns of `filters` are
    headings as people read them; they hold for every table that has such a column.
    """

    way: Way = "own_history"
    before: tuple[date, date] | None = None
    after: tuple[date, date] | None = None
    groups: Groups | None = None
    reading: As = "meaningful"
    definition: Definition = field(default_factory=Definition)
    filters: Filters = field(default_factory=Filters)
    edition: str = ""
