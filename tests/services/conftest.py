"""An empty, upgraded database of either kind for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from app.services.actor import Actor, found_organization
from app.services.teams import list_teams
from app.storage import migrations
from app.storage.engine import make_engine


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without tables."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'app.db'}")
        yield engine
        engine.dispose()
        return
    server = make_url(request.getfixturevalue("postgres_url")).set(drivername="postgresql+psycopg")
    name = f"test_{uuid4().hex}"
    administration = create_engine(server, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine = make_engine(server.set(database=name))
    yield engine
    engine.dispose()
    with administration.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    administration.dispose()


@pytest.fixture
def engine(empty_engine: Engine) -> Engine:
    """A database at the newest revision."""
    migrations.upgrade(empty_engine)
    return empty_engine


@pytest.fixture
def owner(engine: Engine) -> Actor:
    """The owner of one organization."""
    return found_organization(engine, name="Acme", iss="https://id", sub="anna", display_name="Anna")


@pytest.fixture
def stranger(engine: Engine) -> Actor:
    """The owner of another organization."""
    return found_organization(engine, name="Other", iss="https://id", sub="olga", display_name="Olga")


@pytest.fixture
def team_id(engine: Engine, owner: Actor) -> str:
    """The first team of the owner."""
    return list_teams(owner, engine=engine)[0].id
