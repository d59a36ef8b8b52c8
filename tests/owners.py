"""The database as the owner of its tables sees it, whatever organization a row belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlmodel import Session

from app.storage.engine import make_engine, transaction


@contextmanager
def owners_engine(engine: Engine) -> Iterator[Engine]:
    """An engine on the same database: on PostgreSQL with the role that made it, where `engine` has the server's lesser one."""
    if engine.dialect.name == "sqlite":
        yield engine
        return
    owners = make_engine(engine.url.set(username="postgres"))
    yield owners
    owners.dispose()


@contextmanager
def everything(engine: Engine) -> Iterator[Session]:
    """A session that sees and changes the rows of all organizations."""
    with owners_engine(engine) as owners, transaction(owners, organization_id=None) as session:
        yield session
