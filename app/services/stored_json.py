"""Frozen dataclasses to JSON text and back, for what is kept in the database.

Unlike the import's own codec, which refuses what it does not know, this one reads what an older or a newer version wrote: a
field that the text lacks takes its default, and one that the class lacks is passed over. Both occur during a rolling deploy.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import date
from hashlib import sha256
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from app.wire import json_scalar, to_plain

T = TypeVar("T")


def to_json(value: object) -> str:
    """A frozen dataclass of plain values as JSON text, the same text for equal values."""
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"not a dataclass instance: {value!r}")
    return json.dumps(to_plain(value, scalar=_scalar), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_json(kind: type[T], text: str) -> T:
    """The dataclass `kind` that `to_json` made `text` from; ValueError when the text does not fit."""
    return cast(T, _build(kind, json.loads(text)))


def hash_of(value: object) -> str:
    """SHA-256 of a dataclass's JSON text, to tell whether two are the same."""
    return sha256(to_json(value).encode()).hexdigest()


def _scalar(value: object) -> Any:
    return value.isoformat() if isinstance(value, date) else json_scalar(value)


def _build(hint: Any, value: Any) -> Any:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        if value is None:
            return None
        rest = [part for part in get_args(hint) if part is not NoneType]
        if len(rest) == 1:
            return _build(rest[0], value)
        # A value or the reason why there is none: the class is the one that has a field for every name.
        kinds = [part for part in rest if is_dataclass(part) and isinstance(value, dict) and value.keys() <= {f.name for f in fields(part)}]
        return _build(kinds[0], value) if kinds else value
    if origin is Literal:
        if value not in get_args(hint):
            raise ValueError(f"{value!r} is none of {get_args(hint)}")
        return value
    if origin is tuple:
        parts = get_args(hint)
        if len(parts) == 2 and parts[1] is Ellipsis:
            return tuple(_build(parts[0], item) for item in value)
        return tuple(_build(part, item) for part, item in zip(parts, value, strict=True))
    if origin is dict:
        inner = get_args(hint)[1]
        return {key: _build(inner, item) for key, item in value.items()}
    if hint is date:
        return date.fromisoformat(value)
    if is_dataclass(hint):
        kind = cast("type[Any]", hint)
        hints = get_type_hints(kind)
        return kind(**{field.name: _build(hints[field.name], value[field.name]) for field in fields(kind) if field.name in value})
    return value
