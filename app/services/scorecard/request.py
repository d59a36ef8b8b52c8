"""What is asked of the scorecard. Plain values, so that it can stand in an address and in a cache key."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from app.benchmarks.sentences import Way
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

    @property
    def of_claims(self) -> Request:
        """The request as the cited figures are compared under: two spans of days take the place of a filter on days, whole."""
        if self.way != "before_after" or (self.filters.start is None and self.filters.end is None):
            return self
        return replace(self, filters=Filters(None, None, self.filters.where))
