"""Whether a process still does its work: told by itself, by its number on this computer, by its silence."""

from __future__ import annotations

import os
import platform
from datetime import timedelta

import pytest

from app.clock import now
from app.services.holders import HOLDER, is_gone

LEASE = timedelta(seconds=20)
HERE = platform.node()


@pytest.mark.parametrize(
    ("holder", "silent", "gone"),
    [
        (HOLDER, timedelta(0), False),
        (HOLDER, LEASE * 2, True),
        ("", timedelta(0), True),
        (f"{HERE}/999999999/x", timedelta(0), True),
        # The number of this process, and another process: before a restart of the container it was that one's.
        (f"{HERE}/{os.getpid()}/x", timedelta(0), True),
        (f"{HERE}/{os.getppid()}/x", timedelta(0), False),
        # Some process has the number. If it were the holder it would have been heard of.
        (f"{HERE}/{os.getppid()}/x", LEASE * 2, True),
        ("elsewhere/7/x", LEASE / 2, False),
        ("elsewhere/7/x", LEASE * 2, True),
        ("without-a-number", LEASE / 2, False),
    ],
    ids=[
        "this one at work",
        "this one silent",
        "nobody",
        "no such number",
        "a number used again",
        "another here",
        "another here, silent",
        "elsewhere",
        "elsewhere, silent",
        "no number",
    ],
)
def test_who_is_gone(holder: str, silent: timedelta, gone: bool) -> None:
    assert is_gone(holder, beat_at=now() - silent, lease=LEASE) is gone
