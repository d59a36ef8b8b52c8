"""The scorecard as plain values for JSON: nothing is rounded, and nothing is left out but what is only for the screen."""

from __future__ import annotations

from datetime import date
from math import isinf
from typing import Any

from app.wire import json_scalar, to_plain


def plain(value: object) -> Any:
    """`value` as dictionaries, lists and scalars. Days become ISO text; an interval without an upper limit has null there."""
    return to_plain(value, scalar=_scalar)


def _scalar(value: object) -> Any:
    if isinstance(value, float) and isinf(value):
        return None
    return value.isoformat() if isinstance(value, date) else json_scalar(value)
