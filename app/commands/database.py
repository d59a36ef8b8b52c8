"""`python -m app database`: bring the database to this app's schema, look whether it is right, give the server's role its rights."""

from __future__ import annotations

import argparse
import sys

from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from app.errors import AppError, ConfigurationError
from app.settings import PREFIX, settings
from app.storage import migrations, policies
from app.storage.engine import make_engine

NAME = "database"
HELP = "upgrade the database, check it, or prepare the role that the server connects with"

WHAT = {
    "upgrade": "bring the tables and their policies to what this version of the app needs",
    "check": "say what differs from that; the exit status is 1 when anything does",
    "prepare-role": f"PostgreSQL: make the role of {PREFIX}DATABASE_URL where it is missing, and let it read and write rows, and no more",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(f"{name}: {what}" for name, what in WHAT.items())
    parser.add_argument("what", choices=tuple(WHAT), help="what to do")


def run(options: argparse.Namespace) -> int:
    """Do it, as the owner of the tables."""
    chosen = settings()
    engine = make_engine(chosen.owner_url)
    try:
        if options.what == "upgrade":
            sys.stdout.write(f"The database is at {migrations.upgrade(engine)}.\n")
            return 0
        if options.what == "prepare-role":
            role, made = prepare_role(engine, server=chosen.database_url)
            sys.stdout.write(f"The role {role} {'was made and' if made else ''} may read and write rows.\n".replace("  ", " "))
            return 0
        wrong = problems(engine, server=chosen.database_url)
    finally:
        engine.dispose()
    sys.stdout.writelines(f"{one}\n" for one in wrong or (f"The database is at {migrations.head()}, and nothing differs.",))
    return 1 if wrong else 0


def problems(engine: Engine, *, server: str) -> list[str]:
    """What is not as this version of the app needs it, in sentences."""
    current = migrations.current(engine)
    if current != migrations.head():
        return [f"The database is at {current or 'no version'}, and this app needs {migrations.head()}."]
    wrong = [f"Differs: {one}." for one in migrations.check(engine)]
    with_role = make_engine(server)
    try:
        loose = policies.loose(with_role)
    finally:
        with_role.dispose()
    return wrong + ([loose] if loose else [])


def prepare_role(owners: Engine, *, server: str) -> tuple[str, bool]:
    """Give the server's role its rights, once the tables are there, and make it where it is missing; returns its name, and whether it was.

    Raises
    ------
    ConfigurationError
        When both addresses name the same role, or the owner may not make roles.
    """
    from sqlalchemy.exc import ProgrammingError

    address = make_url(server)
    role, password = address.username, str(address.password or "")
    if owners.dialect.name != "postgresql" or not role or role == owners.url.username:
        raise ConfigurationError(
            "A role of its own needs PostgreSQL and two addresses with different users.",
            f"Set {PREFIX}DATABASE_URL with the server's role and {PREFIX}MIGRATION_URL with the role that owns the tables.",
        )
    migrations.upgrade(owners)
    try:
        with owners.begin() as connection:
            made = policies.make_role(connection, role=role, password=password)
            policies.grant(connection, role=role)
    except ProgrammingError as error:
        raise AppError(
            f"The role {role} could not be prepared: {str(error.orig).splitlines()[0]}.",
            f"Make it as the database's administrator (CREATE ROLE {role} LOGIN PASSWORD '…'), and try again.",
        ) from error
    return role, made
