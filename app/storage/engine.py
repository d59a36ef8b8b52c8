"""The connection to the database, and the only two ways to use it: `reading` and `transaction`.

Both say on whose behalf: PostgreSQL is told the organization at the beginning of each transaction, and its row-level security
(`app.storage.policies`) then shows and takes rows of that organization only. A session that does not know the organization yet sees no
row at all, except what a query that is made to find it `reveals`.

SQLite needs four things said to it. WAL, so that readers do not wait for the writer; `synchronous=FULL`, so that a commit
survives a power cut; `foreign_keys=ON`, because it is off by default; and `BEGIN IMMEDIATE` for whatever may write: a
deferred transaction that reads first and then writes is refused at once when somebody else has written in between, and
waiting does not help (96 of 100 commits were lost under load).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import StaticPool
from sqlmodel import Session

from app.errors import ConfigurationError

BUSY_TIMEOUT = 30_000
"""Milliseconds a SQLite writer waits for its turn. An import of the largest allowed file holds the lock for about a second."""

CONNECTIONS = 15
"""Connections to PostgreSQL that one process opens at most, as they are needed, and keeps: with many people at a time opening one more for
a moment and closing it again is what takes the time."""

_READS = "app_reads"
_ORGANIZATION = "scorecard.organization"
"""The setting of a PostgreSQL transaction that says on whose behalf it runs."""

Revealed = Literal["key", "login", "tokens", "clock"]


def make_engine(url: str | URL) -> Engine:
    """The engine for `url`. Its errors do not quote the values of a statement: a log must not hold what the database keeps apart.

    Parameters
    ----------
    url
        "sqlite:///path/to/file.db" (the folder is made when it is missing) or "postgresql://user@host/name".

    Returns
    -------
    Engine
        Made once per process; closed with `engine.dispose()`.

    Raises
    ------
    ConfigurationError
        When the address cannot be read, or names a database that is not supported.
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    return create_engine(
        address, hide_parameters=True, pool_pre_ping=True, pool_size=CONNECTIONS, max_overflow=0, connect_args={"connect_timeout": 10}
    )


@contextmanager
def transaction(engine: Engine, *, organization_id: str | None) -> Iterator[Session]:
    """A session whose changes are all kept at the end of the block, or none of them when it is left by an exception.

    Parameters
    ----------
    organization_id
        On whose behalf. None where only a login or a token is known yet: then nothing is seen until `enter` is called.
    """
    with Session(engine, expire_on_commit=False) as session:
        _announce(session, organization_id)
        with session.begin():
            yield session


@contextmanager
def reading(engine: Engine, *, organization_id: str | None) -> Iterator[Session]:
    """A session that sees one consistent state and cannot write; an attempt to is an error on both engines. `organization_id` as above."""
    options: dict[str, Any] = {_READS: True}
    if engine.dialect.name == "postgresql":
        options |= {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
    with Session(engine.execution_options(**options)) as session:
        _announce(session, organization_id)
        yield session


def enter(session: Session, *, organization_id: str) -> None:
    """Go on, on behalf of the organization that a login or a token has led to. What was written before is written before."""
    session.flush()
    session.info[_ORGANIZATION] = organization_id
    if session.in_transaction():
        _set(session.connection(), _ORGANIZATION, organization_id)


@contextmanager
def revealing(session: Session, what: Revealed, *values: str) -> Iterator[None]:
    """Let the queries of the block see the few rows that lead to an organization; nothing can be written through it.

    Parameters
    ----------
    what
        "key": the organization with this well-known name. "login": the memberships of this issuer and subject. "tokens": the invitation or
        link with one of these hashes. "clock": what a clock of the server asks for in all organizations; the value names it.
    """
    connection = session.connection()
    _set(connection, f"scorecard.{what}", "\n".join(values))
    yield
    _set(connection, f"scorecard.{what}", "")


def _announce(session: Session, organization_id: str | None) -> None:
    """Tell each transaction of the session the organization; the setting ends with the transaction, as the pool's connection does not."""
    session.info[_ORGANIZATION] = organization_id or ""

    def begun(session: Session, transaction: object, connection: Connection) -> None:
        _set(connection, _ORGANIZATION, session.info[_ORGANIZATION])

    if session.get_bind().dialect.name == "postgresql":
        event.listen(session, "after_begin", begun)


def _set(connection: Connection, name: str, value: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})


def checkpoint(engine: Engine) -> None:
    """Empty SQLite's log, in which a copy of what was deleted stands; PostgreSQL's autovacuum sees to its own."""
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()


def _address(url: str | URL) -> URL:
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(
            "The database address cannot be read.", "Write it as sqlite:///folder/file.db or postgresql://user:password@host/name."
        ) from error
    backend = address.drivername.partition("+")[0]
    if backend in ("postgres", "postgresql"):
        return address.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        return address.set(drivername="sqlite+pysqlite")
    raise ConfigurationError(f"The database “{backend}” is not supported.", "Use SQLite or PostgreSQL.")


def _sqlite(address: URL) -> Engine:
    arguments: dict[str, Any] = {"check_same_thread": False}
    if address.database in (None, "", ":memory:"):
        # A database in memory lives in one connection, so that one is shared.
        engine = create_engine(address, hide_parameters=True, connect_args=arguments, poolclass=StaticPool)
    else:
        Path(str(address.database)).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(address, hide_parameters=True, connect_args=arguments)

    @event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, record: object) -> None:
        # The driver's own BEGIN comes too late (before the first write) and is deferred; the "begin" event below does it instead.
        connection.isolation_level = None
        cursor = connection.cursor()
        for statement in (
            f"busy_timeout = {BUSY_TIMEOUT}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "trusted_schema = OFF",
        ):
            cursor.execute(f"PRAGMA {statement}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = bool(connection.get_execution_options().get(_READS))
        connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reads else 'OFF'}")
        connection.exec_driver_sql("BEGIN DEFERRED" if reads else "BEGIN IMMEDIATE")

    return engine
