"""The scorecard as plain values for JSON: nothing is rounded, and nothing is left out but what is only for the screen."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from math import isinf
from typing import Any


def plain(value: object) -> Any:
    """`value` as dictionaries, lists and scalars. Days become ISO text; an interval without an upper limit has null there."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return None if isinf(value) else value
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
