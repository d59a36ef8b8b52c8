"""One locked engine for all tests of the metrics, and a way to open a table in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.metrics.engine import Engine, Snapshot
from app.tables import TableName
from tests.metrics.canonical import opened, stored

Open = Callable[..., Snapshot]


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The only folder the engine may read."""
    return tmp_path_factory.mktemp("parquet")


@pytest.fixture(scope="session")
def metrics_engine(cache_dir: Path) -> Iterator[Engine]:
    """A locked engine over it."""
    engine = Engine(cache_dir)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def open_table(metrics_engine: Engine, cache_dir: Path) -> Open:
    """`open_table(name, column=[…], …)` stores a canonical table and opens it."""

    def open_(name: TableName, **columns: Any) -> Snapshot:
        return opened(metrics_engine, cache_dir, name, stored(name, **columns))

    return open_
