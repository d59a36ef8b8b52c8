"""Processes of this computer, by their number."""

from __future__ import annotations

import os


def is_alive(pid: int) -> bool:
    """Whether a process has this number; True where that cannot be asked."""
    if os.name != "posix":
        # On Windows the question itself would end the process.
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
