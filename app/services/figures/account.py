"""What every figure says about itself: where its records come from and what was filtered out."""

from __future__ import annotations

from dataclasses import dataclass

from app.metrics.model import Filters
from app.services.systems import system_name
from app.tables import SnapshotInfo
from app.wording import count, day


@dataclass(frozen=True)
class Account:
    """Source and filters in words, for captions."""

    source: str
    filters: str


def account_of(info: SnapshotInfo, *, file_name: str, filters: Filters) -> Account:
    """The account of a figure made from one table."""
    system = f" ({system_name(info.system)})" if info.system else ""
    return Account(f"{file_name or info.table}{system}, {count(info.rows)} rows", filters_in_words(filters))


def filters_in_words(filters: Filters) -> str:
    """Filters as a reader would say them; "none" when there are none."""
    parts = []
    if filters.start is not None:
        parts.append(f"from {day(filters.start)}")
    if filters.end is not None:
        parts.append(f"before {day(filters.end)}")
    parts += [f"{label} is {' or '.join(values)}" for label, values in filters.where]
    return "; ".join(parts) or "none"
