"""Row-level security of PostgreSQL: the second lock under the organization that every query names.

Each table with an `organization_id` shows and takes, for everybody and its owner too (FORCE), only rows of the organization that the
transaction was begun for (`app.storage.engine`). Three doors are left, each as narrow as its use:

- what leads from a login, a token or a well-known name to an organization is seen by who has exactly that (`REVEALED`), and never written;
- a clock of the server sees which organizations it is to work for;
- the owner of the tables sees everything while it says that it does maintenance: migrations, and the dump of a backup.

The policies follow from the tables in the code and are put in place with every upgrade, so a new table has them without a thought.
No role is named in them, so a backup can be restored where the roles are called otherwise. The server's own role is neither owner nor
superuser and may only read and write rows (`grant`); superusers and roles with BYPASSRLS pass every policy by.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, Table, text

from app.storage.tables import Base

MAINTENANCE = "scorecard.maintenance"
"""The setting under which the owner of the tables sees all rows; it does nothing for anybody else."""

_PERSON = "removed_at IS NULL AND iss = split_part({login}, chr(10), 1) AND sub = split_part({login}, chr(10), 2)"
REVEALED = {
    "organization": (
        "key = {key} OR (retention_days IS NOT NULL AND {clock} = 'retention') "
        f"OR id IN (SELECT member.organization_id FROM member WHERE {_PERSON})"
    ),
    "member": _PERSON,
    "member_invitation": "token_sha256 = ANY (string_to_array({tokens}, chr(10)))",
    "survey_invitation": "token_hash = ANY (string_to_array({tokens}, chr(10)))",
    "report_link": "token_sha256 = ANY (string_to_array({tokens}, chr(10)))",
    "survey_round": "state = 'open' AND closes_at IS NOT NULL AND {clock} = 'open rounds'",
    "import_job": "state = 'running' AND {clock} = 'running jobs'",
}
"""By table, which rows `app.storage.engine.revealing` lets a query see before the organization is known."""

TIDIED = ("survey_draft", "survey_key", "survey_contact", "survey_invitation")
"""Tables whose deleted rows are to be gone from the files soon: the server's role may not vacuum before PostgreSQL 17."""

_POLICIES = ("tenant", "revealed", "maintenance")


def tenant_tables() -> tuple[Table, ...]:
    """The tables whose rows belong to an organization, the organization's own among them."""
    return tuple(table for table in Base.metadata.sorted_tables if table.name == "organization" or "organization_id" in table.columns)


def apply(connection: Connection) -> None:
    """Put the policies in place, as the owner of the tables; nothing is locked where they stand already. SQLite has none."""
    if connection.dialect.name != "postgresql":
        return
    known = _in_place(connection)
    wanted = _wanted()
    for table in tenant_tables():
        if known.get(table.name) == wanted[table.name]:
            continue
        name = _quoted(table.name)
        for policy in _POLICIES:
            connection.execute(text(f"DROP POLICY IF EXISTS {policy} ON {name}"))
        for policy, (command, condition) in _of_table(table).items():
            connection.execute(text(f"CREATE POLICY {policy} ON {name} FOR {command} USING ({condition})"))
        connection.execute(text(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"))
        comment = wanted[table.name].replace("'", "''")
        connection.execute(text(f"COMMENT ON POLICY tenant ON {name} IS '{comment}'"))
        if table.name in TIDIED:
            connection.execute(text(f"ALTER TABLE {name} SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0)"))


def missing(connection: Connection) -> list[str]:
    """The tables whose policies are not those of this code; empty on SQLite."""
    if connection.dialect.name != "postgresql":
        return []
    known = _in_place(connection)
    return [name for name, wanted in _wanted().items() if known.get(name) != wanted]


def loose(engine: Engine) -> str | None:
    """Why the role of this connection is not held by the policies, in one sentence; None when it is, and on SQLite."""
    if engine.dialect.name != "postgresql":
        return None
    with engine.connect() as connection:
        passes = connection.execute(text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")).scalar_one()
        owns = connection.execute(
            text("SELECT count(*) FROM pg_class WHERE relname = 'organization' AND pg_has_role(current_user, relowner, 'usage')")
        ).scalar_one()
    if passes:
        return "The database role is a superuser or has BYPASSRLS, so that no policy holds it."
    return "The database role owns the tables, so that it can take the policies away." if owns else None


def grant(connection: Connection, *, role: str) -> None:
    """Let `role` read and write rows of the app's tables, those of later upgrades too, and nothing else; as the owner of the tables."""
    quoted = _quoted(role)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {quoted}",
    ):
        connection.execute(text(statement))
    if connection.execute(text("SELECT to_regclass('public.alembic_version') IS NOT NULL")).scalar_one():
        connection.execute(text(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {quoted}"))
        if connection.dialect.server_version_info is not None and connection.dialect.server_version_info >= (17,):
            connection.execute(text(f"GRANT MAINTAIN ON {', '.join(TIDIED)} TO {quoted}"))


def make_role(connection: Connection, *, role: str, password: str) -> bool:
    """Make the role the server connects with, where it is missing; whether it was. As somebody who may make roles."""
    from psycopg import sql

    if connection.execute(text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role}).scalar_one():
        return False
    driver: Any = connection.connection.driver_connection
    statement = sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role))
    if password:
        # Only the verifier goes to the server, so the password stands in no log of statements.
        verifier = driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
        statement += sql.SQL(" PASSWORD {}").format(sql.Literal(verifier))
    driver.execute(statement)
    return True


def vacuum(engine: Engine) -> None:
    """Take the deleted rows of the `TIDIED` tables out of PostgreSQL's files now."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"VACUUM {', '.join(TIDIED)}"))


def is_encrypted(engine: Engine) -> bool:
    """Whether PostgreSQL says that what goes over this connection is encrypted."""
    with engine.connect() as connection:
        return bool(connection.execute(text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")).scalar_one())


def _of_table(table: Table) -> dict[str, tuple[str, str]]:
    """By policy, the command it is for and its condition."""
    own = "id" if table.name == "organization" else "organization_id"
    owner = f"pg_has_role((SELECT relowner FROM pg_class WHERE oid = '{table.name}'::regclass), 'usage')"
    found = {
        "tenant": ("ALL", f"{own} = {_setting('organization')}"),
        "maintenance": ("ALL", f"current_setting('{MAINTENANCE}', true) = 'on' AND {owner}"),
    }
    if table.name in REVEALED:
        settings = {name: _setting(name) for name in ("key", "login", "tokens", "clock")}
        found["revealed"] = ("SELECT", REVEALED[table.name].format(**settings))
    return found


def _wanted() -> dict[str, str]:
    """By table, its policies in one line: kept as a comment in the database, which writes conditions in its own way."""
    return {
        table.name: "; ".join(f"{policy} {command} {condition}" for policy, (command, condition) in sorted(_of_table(table).items()))
        for table in tenant_tables()
    }


def _in_place(connection: Connection) -> dict[str, str]:
    """By table, what is written beside its policies, where row-level security is on and forced and every policy is there."""
    rows = connection.execute(
        text(
            "SELECT c.relname, obj_description(p.oid, 'pg_policy'), "
            "(SELECT count(*) FROM pg_policy every WHERE every.polrelid = c.oid) "
            "FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'tenant' "
            "WHERE c.relrowsecurity AND c.relforcerowsecurity AND c.relnamespace = current_schema()::regnamespace"
        )
    )
    number = {table.name: len(_of_table(table)) for table in tenant_tables()}
    return {name: told or "" for name, told, policies in rows if policies == number.get(name)}


def _setting(name: str) -> str:
    return f"current_setting('scorecard.{name}', true)"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
