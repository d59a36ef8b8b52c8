"""Heavy libraries, imported when they are first used and not when a module that may use them is.

The first page of a cold server needs neither charts nor counting when its results are kept already; importing Ibis, Altair and
pandas for it would double the time to the first page.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Later:
    """Stands for a module; the first look at an attribute imports it. Safe with threads, because Python's import is."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        """The attribute of the module."""
        return getattr(import_module(self._name), attribute)
