"""The one seam for time: everything that needs "now" or "today" takes it from here."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def today(time_zone: str = "UTC") -> date:
    """Today's date as people in `time_zone` (an IANA name) see it."""
    return now().astimezone(ZoneInfo(time_zone)).date()
