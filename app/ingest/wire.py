"""The import's values as JSON and back, by their types. No pickle ever crosses a process boundary."""

from __future__ import annotations

import dataclasses
import json
import types
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from app import wire

T = TypeVar("T")


class WireError(ValueError):
    """The JSON does not fit the type."""


def to_json(value: object) -> str:
    """`value` (a dataclass of plain values, or plain values) as JSON text. Raises TypeError for anything else."""
    return json.dumps(to_plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def from_json(kind: type[T], text: str | bytes) -> T:
    """The value of type `kind` written in `text`.

    Raises
    ------
    WireError
        When the text is no JSON or does not fit the type: a missing or unknown field, a wrong kind of value.
    """
    try:
        plain = json.loads(text)
    except ValueError as error:
        raise WireError("This is not JSON.") from error
    value: T = from_plain(kind, plain)
    return value


def to_plain(value: object) -> Any:
    """`value` as dicts, lists and scalars. Sets become sorted lists."""
    return wire.to_plain(value, scalar=wire.json_scalar)


def from_plain(kind: Any, plain: Any) -> Any:
    """The value of type `kind` that `to_plain` turned into `plain`. Raises WireError when it does not fit."""
    origin = get_origin(kind)
    if kind is Any or kind is object:
        return plain
    if origin is Literal:
        if plain not in get_args(kind):
            raise WireError(f"{plain!r} is none of {get_args(kind)}")
        return plain
    if origin in (Union, types.UnionType):
        return _union(kind, plain)
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, plain)
    if origin in (tuple, list, set, frozenset):
        return _sequence(origin, get_args(kind), plain)
    if origin is dict:
        if not isinstance(plain, dict):
            raise WireError(f"{plain!r} is no object")
        _, item_kind = get_args(kind)
        return {key: from_plain(item_kind, item) for key, item in plain.items()}
    return _scalar(kind, plain)


def _scalar(kind: Any, plain: Any) -> Any:
    if kind is type(None) and plain is None:
        return None
    if kind is float and isinstance(plain, int | float) and not isinstance(plain, bool):
        return float(plain)
    if kind in (str, bool, int) and type(plain) is kind:
        return plain
    raise WireError(f"{plain!r} is no {getattr(kind, '__name__', kind)}")


def _union(kind: Any, plain: Any) -> Any:
    for option in get_args(kind):
        try:
            return from_plain(option, plain)
        except WireError:
            continue
    raise WireError(f"{plain!r} fits none of {kind}")


def _sequence(origin: Any, arguments: tuple[Any, ...], plain: Any) -> Any:
    if not isinstance(plain, list):
        raise WireError(f"{plain!r} is no list")
    if origin is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
        if len(plain) != len(arguments):
            raise WireError(f"expected {len(arguments)} values, got {len(plain)}")
        return tuple(from_plain(item_kind, item) for item_kind, item in zip(arguments, plain, strict=True))
    return origin(from_plain(arguments[0], item) for item in plain)


def _dataclass(kind: Any, plain: Any) -> Any:
    if not isinstance(plain, dict):
        raise WireError(f"{plain!r} is no {kind.__name__}")
    hints = _hints(kind)
    unknown = set(plain) - set(hints)
    if unknown:
        raise WireError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    try:
        return kind(**{name: from_plain(hints[name], item) for name, item in plain.items()})
    except TypeError as error:
        raise WireError(str(error)) from error


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
