"""Results on disk, so that a restarted server shows its first page at once. The folder can be deleted at any time.

A result is written as JSON with the names of its classes, and read back only into frozen dataclasses of this app. The file's name is
the hash of everything the result depends on, the version of the code included, so nothing stale is ever found.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from app.clock import now
from app.storage.cache import WEEK
from app.wording import Written

MOST = 4_000
"""Files kept; when there are more, the oldest half goes."""

MISSING = object()


def read(folder: Path, key: tuple[str, ...]) -> Any:
    """The result kept under `key`, or `MISSING`."""
    try:
        return _back(json.loads(_path(folder, key).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, ImportError):
        # Not there, or written by a version that knew other classes: it is made anew.
        return MISSING


def write(folder: Path, key: tuple[str, ...], value: object) -> None:
    """Keep a result. What cannot be kept (a full disk, a value that is not plain) is not, and nothing else happens."""
    path = _path(folder, key)
    try:
        text = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
        _tidy(path.parent)
    except (OSError, TypeError):
        return


def clear(folder: Path) -> None:
    """Remove every result, because some are made of data that somebody has deleted; the others are made anew."""
    shutil.rmtree(folder / "results", ignore_errors=True)


def tidy(folder: Path) -> None:
    """Remove the results that were written longer than a week ago; what is still shown is made anew."""
    for path in (folder / "results").glob("*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < now().timestamp() - WEEK:
                path.unlink()


def _path(folder: Path, key: tuple[str, ...]) -> Path:
    return folder / "results" / f"{sha256(json.dumps(key).encode()).hexdigest()}.json"


def _plain(value: object) -> Any:
    if isinstance(value, Written):
        return {"written": str(value), "value": value.value, "kind": value.kind}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, tuple):
        return {"tuple": [_plain(item) for item in value]}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {"dict": [[_plain(k), _plain(v)] for k, v in value.items()]}
    if is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        if not kind.__module__.startswith("app."):
            raise TypeError(f"{kind.__name__} is not of this app")
        return {"of": f"{kind.__module__}:{kind.__qualname__}", "with": {f.name: _plain(getattr(value, f.name)) for f in fields(value)}}
    raise TypeError(f"{type(value).__name__} is not a plain value")


def _back(plain: Any) -> Any:
    if isinstance(plain, list):
        return [_back(item) for item in plain]
    if not isinstance(plain, dict):
        return plain
    if "written" in plain:
        return Written(plain["written"], plain["value"], plain["kind"])
    if "day" in plain:
        return date.fromisoformat(plain["day"])
    if "tuple" in plain:
        return tuple(_back(item) for item in plain["tuple"])
    if "dict" in plain:
        return {_back(k): _back(v) for k, v in plain["dict"]}
    return _kind(plain["of"])(**{name: _back(item) for name, item in plain["with"].items()})


@cache
def _kind(name: str) -> Any:
    module, _, kind = name.partition(":")
    if not module.startswith("app."):
        raise TypeError(f"{name} is not of this app")
    found = getattr(import_module(module), kind)
    if not (isinstance(found, type) and is_dataclass(found) and found.__dataclass_params__.frozen):  # type: ignore[attr-defined]  # every dataclass has it
        raise TypeError(f"{name} is not a frozen dataclass")
    return found


def _tidy(folder: Path) -> None:
    with os.scandir(folder) as entries:
        found = [(entry.stat().st_mtime, entry.path) for entry in entries]
    if len(found) > MOST:
        for _, path in sorted(found)[: MOST // 2]:
            with contextlib.suppress(OSError):
                Path(path).unlink()
