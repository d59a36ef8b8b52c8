"""The clock that deletes what organizations have kept long enough, and copies beside the database that nobody has fetched anew for a week.

Each server process has one: several hosts each keep copies of their own.
"""

from __future__ import annotations

from app.services import kept, retention
from app.settings import settings
from app.storage import cache as copies
from app.ui import cache
from app.ui.clock import Clock

SECONDS = 3_600.0


def clear() -> None:
    """Delete what there is to delete now."""
    folder = settings().cache_dir
    retention.delete_old(cache.database(), cache_dir=folder)
    copies.tidy(folder)
    kept.tidy(folder)


clearing_clock = Clock("deleting what was kept long enough", seconds=SECONDS, look=clear, at_once=True)
