"""Dataclasses of plain values as dictionaries, lists and scalars for JSON: one walk for all who write them, each with its own scalars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any


def to_plain(value: object, *, scalar: Callable[[object], Any]) -> Any:
    """`value` as dictionaries, lists and scalars; the keys of dictionaries become text.

    Parameters
    ----------
    value
        A dataclass, a dictionary, a list, a tuple or a set of such values, or a scalar.
    scalar
        What becomes of everything else, e.g. of a day or of a number without limit. It raises TypeError for what cannot be written.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name), scalar=scalar) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): to_plain(item, scalar=scalar) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item, scalar=scalar) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(to_plain(item, scalar=scalar) for item in value)
    return scalar(value)


def json_scalar(value: object) -> Any:
    """A value that JSON has itself, as it is. Raises TypeError for anything else."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
