"""One file that holds the whole database, and the way back from it, on both engines.

SQLite's own backup copies the pages while others write; PostgreSQL's `pg_dump` and `pg_restore` do it in their custom format. A restore
goes into an empty database only: what is there is never overwritten, so that a mistaken restore loses nothing.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, func, select, text
from sqlalchemy.engine import URL

from app.errors import AppError, ConfigurationError
from app.storage import migrations, policies
from app.storage.engine import make_engine
from app.storage.tables import Base

_SQLITE, _POSTGRESQL = b"SQLite format 3\0", b"PGDMP"
_DEBIAN = "/usr/lib/postgresql"
_LONGEST = 6 * 3_600
"""Seconds after which a dump or a restore is given up."""


@dataclass(frozen=True)
class Contents:
    """What a database or a backup of it holds: its schema's revision, and the number of rows by table."""

    revision: str
    rows: dict[str, int]


def back_up(url: str, *, out: Path) -> str:
    """Write the whole database to the file `out`, which must not be there yet, and return the SHA-256 of the file.

    Parameters
    ----------
    url
        The database, on PostgreSQL with the role that owns the tables: another would see no row to write.

    Raises
    ------
    AppError
        When the file is there already or cannot be written, or the database gives no backup.
    """
    if out.exists():
        raise AppError(f"{out} is there already, and a backup is never overwritten.", "Choose another name.")
    engine = make_engine(url)
    try:
        if not migrations.is_ready(engine):
            raise AppError(
                "The database is of another version than this app, or empty.", "Bring it up to date: python -m app database upgrade"
            )
        with tempfile.TemporaryDirectory(dir=_folder(out), prefix=".backup-") as folder:
            part = Path(folder) / "part"
            if engine.dialect.name == "sqlite":
                _copy_sqlite(Path(str(engine.url.database)), part)
            else:
                _dump(engine, part)
            part.chmod(0o600)
            part.replace(out)
    except OSError as error:
        raise AppError(f"{out} cannot be written ({error.strerror or error}).", "Choose another place.") from error
    finally:
        engine.dispose()
    with out.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def restore(url: str, *, file: Path, role: str | None = None) -> Contents:
    """Fill an empty database from a backup, bring it to this app's schema, and say what it holds.

    Parameters
    ----------
    url
        The database, on PostgreSQL with the role that is to own the tables.
    role
        On PostgreSQL, the server's role, which gets its rights again.

    Raises
    ------
    AppError
        When the file is no backup or one of the other engine, the database is not empty, or the restore fails; then it is left empty.
    """
    try:
        with file.open("rb") as opened:
            begins = opened.read(16)
    except OSError as error:
        raise AppError(f"{file} cannot be read ({error.strerror or error}).", "Give the path of a backup.") from error
    engine = make_engine(url)
    try:
        kind = "sqlite" if begins == _SQLITE else "postgresql" if begins.startswith(_POSTGRESQL) else None
        if kind is None:
            raise AppError(f"{file} is no backup of this app.", "Give a file that python -m app backup has written.")
        if kind != engine.dialect.name:
            names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
            raise AppError(
                f"{file} is a backup of {names[kind]}, and SCORECARD_DATABASE_URL names a database of {names[engine.dialect.name]}.",
                "A backup goes back into the engine it came from.",
            )
        if kind == "sqlite":
            _fill_sqlite(file, Path(str(engine.url.database)))
        else:
            _fill_postgresql(engine, file)
        migrations.upgrade(engine)
        if role is not None:
            with engine.begin() as connection:
                policies.grant(connection, role=role)
        return contents(engine)
    finally:
        engine.dispose()


def contents(engine: Engine) -> Contents:
    """The revision and the rows of a database, as its owner sees them."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config(:name, 'on', true)"), {"name": policies.MAINTENANCE})
        rows = {
            table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
            for table in Base.metadata.sorted_tables
        }
    return Contents(migrations.current(engine) or "", rows)


def _folder(out: Path) -> Path:
    if not out.parent.is_dir():
        raise AppError(f"There is no folder {out.parent}.", "Make it, or choose another one.")
    return out.parent


def _copy_sqlite(source: Path, to: Path) -> None:
    with closing(sqlite3.connect(source)) as from_, closing(sqlite3.connect(to)) as copy:
        from_.backup(copy)
        # One file that needs no log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        _refuse_damaged(copy, to)


def _fill_sqlite(file: Path, to: Path) -> None:
    with closing(sqlite3.connect(to)) as target:
        if target.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise AppError(
                f"{to} holds data, and a restore never overwrites any.",
                "Stop the app, move this file and those beside it (-wal, -shm) away, and try again.",
            )
        try:
            with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as source:
                _refuse_damaged(source, file)
                _refuse_newer(source.execute("SELECT version_num FROM alembic_version").fetchone()[0])
                source.backup(target)
        except sqlite3.Error as error:
            raise AppError(f"{file} is damaged or no backup of this app ({error}).", "Take another backup.") from error


def _refuse_damaged(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise AppError(f"{path} is damaged: {found}.", "Take another backup.")


def _refuse_newer(revision: str) -> None:
    if revision not in migrations.revisions():
        raise AppError(
            f"The backup's schema is {revision}, which this version of the app does not know.", "Restore it with the version that wrote it."
        )


def _dump(engine: Engine, to: Path) -> None:
    with engine.connect() as connection:
        # Anybody but the owner would see no row, and the dump would be empty without a word.
        owns = connection.execute(
            text("SELECT pg_has_role(current_user, relowner, 'usage') FROM pg_class WHERE oid = 'organization'::regclass")
        ).scalar_one()
    if not owns:
        raise ConfigurationError(
            "This role does not own the tables, so a backup by it would be empty.",
            "Set SCORECARD_MIGRATION_URL to the address with the owner's role.",
        )
    _run(
        engine.url,
        "pg_dump",
        "--format=custom",
        "--enable-row-security",
        f"--file={to}",
        options=f"-c{policies.MAINTENANCE}=on",
    )
    _run(None, "pg_restore", "--list", str(to))


def _fill_postgresql(engine: Engine, file: Path) -> None:
    with engine.connect() as connection:
        if connection.execute(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).scalar_one():
            raise AppError(
                "The database holds tables, and a restore never overwrites any.",
                "Make an empty one (createdb), let the address name it, and try again.",
            )
    _run(engine.url, "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", str(file))


def _run(url: URL | None, program: str, *arguments: str, options: str = "") -> None:
    """Run one of PostgreSQL's programs. The password goes through a file that nobody else can read, and stands in no list of processes."""
    found = _program(program)
    with tempfile.TemporaryDirectory(prefix="scorecard-") as folder:
        command = [found, *arguments]
        if url is not None:
            secret = Path(folder) / "pass"
            secret.touch(0o600)
            secret.write_text(f"*:*:*:*:{_escaped(str(url.password or ''))}\n", encoding="utf-8")
            query = dict(url.query) | {"passfile": str(secret)} | ({"options": options} if options else {})
            shown = url.set(drivername="postgresql", password=None, query=query)
            command += ["--no-password", f"--dbname={shown.render_as_string(hide_password=False)}"]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_LONGEST, check=False)
        except subprocess.TimeoutExpired as error:
            raise AppError(f"{program} took longer than {_LONGEST // 3_600} hours.", "Look at the database, and try again.") from error
    if done.returncode:
        raise AppError(f"{program} failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}", "Nothing was kept of it.")


def _program(name: str) -> str:
    """The newest that is installed: an older one refuses a newer server."""
    debian = sorted(Path(_DEBIAN).glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = str(debian[-1]) if debian else shutil.which(name)
    if found is None:
        raise ConfigurationError(f"The program {name} is not installed.", "On Debian and Ubuntu: sudo apt-get install postgresql-client")
    return found


def _escaped(password: str) -> str:
    return password.replace("\\", "\\\\").replace(":", "\\:")
