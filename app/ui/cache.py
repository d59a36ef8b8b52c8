"""The only door to a cache. Its key is (organization, team, what is loaded, what is asked, version of the code).

What is kept is made of frozen values, so one object can serve every session. A kept value carries its organization and is checked
when it is handed out. Frames, arrays and bytes are never part of a key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Condition
from typing import Any, TypeVar

from cachetools import LRUCache, cached
from sqlalchemy import Engine

from app.metrics.engine import Engine as Counting
from app.services import kept as on_disk
from app.services.actor import Actor, local_actor
from app.settings import settings
from app.storage.engine import make_engine

T = TypeVar("T")

ENTRIES = 1_000
"""Results kept in one process; the least recently used go first."""


@dataclass(frozen=True)
class _Kept:
    organization_id: str
    value: Any


def result(organization_id: str, team_id: str, loaded: str, what: str, *asked: object, make: Callable[[], T], keep: bool = True) -> T:
    """The result `make` gives, made once for each key.

    Parameters
    ----------
    organization_id, team_id
        Whose result it is.
    loaded
        The hash of everything loaded for the team (`app.services.snapshots.snapshot_key`).
    what, asked
        Which result, and every parameter it depends on: frozen dataclasses and plain values.
    make
        Computes the result; it may use nothing that the key does not name.
    keep
        Whether it is kept on disk too, for the next start.

    Raises
    ------
    TypeError
        When a parameter is not a plain value.
    RuntimeError
        When what was kept belongs to another organization, which cannot happen unless the key is wrong.
    """
    for parameter in asked:
        _refuse_unplain(parameter)
    key = (organization_id, team_id, loaded, what, repr(asked), code_version())

    def once() -> _Kept:
        value = on_disk.read(settings().cache_dir, key) if keep else on_disk.MISSING
        if value is on_disk.MISSING:
            value = make()
            if keep:
                on_disk.write(settings().cache_dir, key, value)
        return _Kept(organization_id, value)

    kept = _kept(key, once)
    if kept.organization_id != organization_id:
        raise RuntimeError("a cached result belongs to another organization")
    value: T = kept.value
    return value


def forget_results() -> None:
    """Let go of every result that is kept in this process."""
    _kept.cache_clear()


def kept_results() -> int:
    """How many results are kept in this process."""
    return len(_kept.cache)


def database() -> Engine:
    """The engine of the database, made once for each process and address."""
    return _database(settings().database_url)


def counting() -> Counting:
    """The engine that counts, made once for each process and folder."""
    return _counting(settings().cache_dir)


def local_owner(engine: Engine) -> Actor:
    """The one implied owner of local mode, looked up once for each process and database."""
    return _local_owner(engine)


def forget_local_owner() -> None:
    """Look the implied owner up again: the organization has been deleted."""
    _local_owner.cache_clear()


@cache
def _database(url: str) -> Engine:
    return make_engine(url)


@cache
def _counting(folder: Path) -> Counting:
    return Counting(folder)


@cache
def _local_owner(engine: Engine) -> Actor:
    return local_actor(engine)


@cache
def code_version() -> str:
    """A hash of the app's code and data, so that a new version never shows what an old one computed."""
    digest = sha256()
    root = Path(__file__).resolve().parents[2]
    for folder, pattern in (("app", "*.py"), ("data", "*.toml")):
        for path in sorted((root / folder).rglob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


@cached(LRUCache[tuple[str, ...], _Kept](ENTRIES), key=lambda key, make: key, condition=Condition())
def _kept(key: tuple[str, ...], make: Callable[[], _Kept]) -> _Kept:
    """What is kept under a key; whoever else asks for the same waits for the first."""
    return make()


def _refuse_unplain(value: object) -> None:
    if value is None or isinstance(value, (str, int, float, bool, date)):
        return
    if isinstance(value, tuple):
        for item in value:
            _refuse_unplain(item)
        return
    if is_dataclass(value) and not isinstance(value, type):
        for name in value.__dataclass_fields__:
            _refuse_unplain(getattr(value, name))
        return
    raise TypeError(f"{type(value).__name__} cannot be part of a cache key")
