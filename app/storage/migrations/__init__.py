"""Schema changes: `upgrade`, `current`, `head`, `check`. Alembic, driven from Python, without an alembic.ini.

Migrations are small and only ever add ("expand"): the version before runs on the schema of the version after, so that
a rolling deploy loses nothing. What is no longer used is dropped one release later. There is no downgrade: undo is a restore.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import ProgrammingError

from app.errors import ConfigurationError
from app.storage import glance, policies
from app.storage.engine import reading
from app.storage.tables import Base

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

_ADVISORY_LOCK = 7_402_118
"""Any number, the same in all replicas: only one of them upgrades a PostgreSQL database at a time."""
_MAY_NOT = "42501"
"""PostgreSQL's code of what a role may not do."""


def upgrade(engine: Engine, *, revision: str = "head") -> str:
    """Bring the database to `revision`, all steps in one transaction, and return the revision it is at.

    Several processes may call it at once: one upgrades, the others wait and find nothing to do.

    Raises
    ------
    ConfigurationError
        When there is something to do and the database's role may not do it.
    """
    if revision == "head" and is_ready(engine):
        return head()
    # Alembic is imported only when there is something to do: at most starts there is not.
    from alembic import command
    from alembic.migration import MigrationContext

    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                # Readers must not queue behind a lock that an upgrade cannot get.
                connection.execute(text("SET LOCAL lock_timeout = '5s'"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
                # A step that touches rows is for the rows of all organizations.
                connection.execute(text("SELECT set_config(:name, 'on', true)"), {"name": policies.MAINTENANCE})
            command.upgrade(_config(connection), revision)
            reached = MigrationContext.configure(connection).get_current_revision()
            if reached == head():
                policies.apply(connection)
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != _MAY_NOT:
            raise
        raise ConfigurationError(
            f"The database is at {current(engine) or 'no version'}, this app needs {head()}, and its role may not change tables.",
            "Run python -m app database upgrade with SCORECARD_MIGRATION_URL, the address with the role that owns the tables.",
        ) from error
    if reached is None:
        raise RuntimeError("the upgrade left no revision behind")
    return reached


def current(engine: Engine) -> str | None:
    """The revision of the database, or None when it is empty."""
    with reading(engine, organization_id=None) as session:
        connection = session.connection()
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found


def head() -> str:
    """The revision this code needs."""
    return glance.newest_revision()


def revisions() -> tuple[str, ...]:
    """All revisions, oldest first."""
    return tuple(script.revision for script in reversed(list(_scripts().walk_revisions())))


def is_ready(engine: Engine) -> bool:
    """Whether the database is at the revision that this code needs, with its policies; part of the readiness answer."""
    if current(engine) != head():
        return False
    with reading(engine, organization_id=None) as session:
        return not policies.missing(session.connection())


def check(engine: Engine) -> list[str]:
    """What differs between the tables in the code and those in the database; empty when nothing does."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with reading(engine, organization_id=None) as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True, "target_metadata": Base.metadata})
        differences: list[Any] = compare_metadata(context, Base.metadata)
        unguarded = policies.missing(session.connection())
    return [repr(difference) for difference in differences] + [f"the policies of {table}" for table in unguarded]


def _scripts() -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
