"""Who does the long work that stands in the database: the process, by its computer and its number, and whether it still does it."""

from __future__ import annotations

import os
import platform
import secrets
from datetime import datetime, timedelta

from app.clock import now
from app.processes import is_alive

HOLDER = f"{platform.node()}/{os.getpid()}/{secrets.token_hex(8)}"
"""This process, and no other before or after it that has the same number."""


def is_gone(holder: str, *, beat_at: datetime, lease: timedelta) -> bool:
    """Whether another process does its work no more: given back (""), its process has ended, or silent for longer than the lease.

    A process of this computer that has ended is known at once. One that seems to live may be a stranger with its number, so the lease
    holds for it as well.
    """
    if not holder or beat_at < now() - lease:
        return True
    node, _, rest = holder.partition("/")
    pid = rest.partition("/")[0]
    if not pid or holder == HOLDER or node != platform.node():
        return False
    return int(pid) == os.getpid() or not is_alive(int(pid))
