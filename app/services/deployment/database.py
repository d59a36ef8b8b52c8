"""The database: PostgreSQL, a role that is held by its policies, and an encrypted way there."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from app.errors import ConfigurationError
from app.services.deployment.model import Finding
from app.settings import is_loopback
from app.storage import migrations, policies
from app.storage.engine import make_engine

CHECKED = ("verify-full", "verify-ca")
"""Values of sslmode that check whom one talks to."""


def check_database(url: str) -> tuple[Finding, ...]:
    """What must hold of the database at `url`.

    Raises
    ------
    ConfigurationError
        When it cannot be reached.
    """
    engine = make_engine(url)
    try:
        if engine.dialect.name != "postgresql":
            return (
                Finding(
                    "database",
                    "kind",
                    False,
                    "SQLite",
                    "Set SCORECARD_DATABASE_URL to a PostgreSQL database: SQLite knows no roles, and only one process may use it.",
                ),
            )
        return (Finding("database", "kind", True, "PostgreSQL", ""), *_roles(engine), _encryption(engine, url), _schema(engine))
    except SQLAlchemyError as error:
        raise ConfigurationError(f"The database cannot be reached ({type(error).__name__}).", "Check SCORECARD_DATABASE_URL.") from error
    finally:
        engine.dispose()


def _roles(engine: Engine) -> tuple[Finding, ...]:
    loose = policies.loose(engine)
    with engine.connect() as connection:
        missing = policies.missing(connection)
    return (
        Finding(
            "database",
            "role",
            loose is None,
            loose or "an ordinary role that owns nothing",
            "Give the server a role of its own, and let another own the tables: python -m app database prepare-role.",
        ),
        Finding(
            "database",
            "policies",
            not missing,
            f"not in place: {', '.join(missing)}" if missing else "in place",
            "Upgrade the database with the role that owns the tables: python -m app database upgrade.",
        ),
    )


def _encryption(engine: Engine, url: str) -> Finding:
    address = make_url(url)
    host = str(address.query.get("host", address.host or ""))
    if not host or host.startswith("/") or is_loopback(host):
        return Finding("database", "TLS", True, "on this computer", "")
    encrypted = policies.is_encrypted(engine)
    mode = str(address.query.get("sslmode", "prefer"))
    return Finding(
        "database",
        "TLS",
        encrypted and mode in CHECKED,
        f"{'encrypted' if encrypted else 'not encrypted'}, sslmode {mode}",
        "Add ?sslmode=verify-full&sslrootcert=system (or the file of its certificate) to SCORECARD_DATABASE_URL.",
    )


def _schema(engine: Engine) -> Finding:
    found = migrations.current(engine)
    return Finding(
        "database",
        "schema",
        found == migrations.head(),
        str(found or "empty"),
        f"Upgrade the database to {migrations.head()} before the servers are started.",
    )
