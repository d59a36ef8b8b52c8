"""What one look at the embedded database's file tells, by the driver alone.

Most starts find everything as the last one left it. Seeing that must not cost the import of SQLAlchemy: the server listens first, and
loads the rest while the browser loads its own.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

LOCAL_KEY = "local"
"""The well-known name of the one organization of an app without a login."""

_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_EXAMPLE = """
    SELECT count(*) FROM dataset
    JOIN team ON team.id = dataset.team_id AND team.organization_id = dataset.organization_id
    JOIN organization ON organization.id = team.organization_id
    WHERE organization.key = ? AND team.is_example AND dataset.state = 'active'"""


def newest_revision() -> str:
    """The revision of the schema that this code needs."""
    return max(path.name[1:5] for path in _VERSIONS.glob("v[0-9][0-9][0-9][0-9]_*.py"))


def is_current(url: str) -> bool:
    """Whether `url` names a SQLite file that is at the newest revision. False for any other database: ask it itself."""
    return _answer(url, "SELECT version_num FROM alembic_version") == newest_revision()


def example_tables(url: str) -> int:
    """How many tables the example company of an app without a login has in a SQLite file; 0 when nobody can tell."""
    found = _answer(url, _EXAMPLE, LOCAL_KEY)
    return found if isinstance(found, int) else 0


def _answer(url: str, query: str, *values: str) -> object:
    scheme, _, file = url.partition(":///")
    if scheme not in ("sqlite", "sqlite+pysqlite") or not Path(file).is_file():
        return None
    try:
        # Not read-only: after a power cut the log beside the file must be taken in before anything can be read.
        with closing(sqlite3.connect(file, timeout=5)) as connection:
            row = connection.execute(query, values).fetchone()
    except sqlite3.Error:
        return None
    return None if row is None else row[0]
