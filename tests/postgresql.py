"""A PostgreSQL server of our own for the length of a test run or a measurement, and databases in it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

APP_ROLE = "scorecard_app"
"""The role that a server of the app connects with: it reads and writes rows, and owns nothing."""


@contextmanager
def server() -> Iterator[str]:
    """A PostgreSQL server of this process alone, on the loopback address, as postgresql://user@host:port/postgres.

    Its user may create databases. The server ends with the process however that ends.
    """
    programs = binaries()
    if programs is None:
        raise RuntimeError("PostgreSQL is not installed.")
    user = _lent()
    folder = Path(tempfile.mkdtemp(prefix="scorecard-pg-"))
    if user:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        command = [*user, str(programs / program), *arguments]
        log = folder.with_suffix(".log")
        with log.open("ab") as out:
            done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=60, check=False)
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{log.read_text(encoding='utf-8', errors='replace')}")

    run(
        "initdb",
        "--pgdata",
        str(data),
        "--username",
        "postgres",
        "--auth",
        "trust",
        "--no-sync",
        "--encoding",
        "UTF8",
        "--locale",
        "C.UTF-8",
    )
    # Holds the other end of a pipe: when this process is gone, even killed, the pipe closes and the server is stopped.
    stop = f'read _; "$@" stop --pgdata "{data}" --mode immediate --silent; rm -rf "{folder}" "{folder.with_suffix(".log")}"'
    with subprocess.Popen(
        ["sh", "-c", stop, "sh", *user, str(programs / "pg_ctl")],
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as watch:
        try:
            port = _start(run, data=data, folder=folder)
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            watch.communicate(timeout=60)


def _start(run: Any, *, data: Path, folder: Path) -> int:
    """Start the server and give its port; tried again when somebody takes the free port first."""
    for attempt in range(3):
        port = _free_port()
        # What is lost in a crash is of no use here, so nothing waits for the disk.
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off -c max_connections=60"
        try:
            run("pg_ctl", "start", "--pgdata", str(data), "--wait", "--silent", "--log", str(folder / "log"), "--options", options)
        except RuntimeError:
            if attempt == 2:
                raise
            time.sleep(0.2)
        else:
            return port
    raise AssertionError("the last attempt returns or raises")


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL server programs: Debian's, else those on the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if debian:
        return debian[-1].parent
    found = shutil.which("initdb")
    return None if found is None else Path(found).resolve().parent


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def upgraded(address: str, name: str) -> str:
    """Make a database at the newest revision, whose rows the server's role may read and write; gives its address for that role."""
    from sqlalchemy import text

    from app.storage import migrations, policies
    from app.storage.engine import make_engine

    administer(address, f"CREATE DATABASE {name}")
    engine = make_engine(database(address, name))
    migrations.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {APP_ROLE} LOGIN"))
        policies.grant(connection, role=APP_ROLE)
    engine.dispose()
    return database(address.replace("//postgres@", f"//{APP_ROLE}@"), name)


def restart(address: str) -> None:
    """End the server at this administrator's address as a crash ends it, and start it again: it recovers from its log."""
    import psycopg

    programs = binaries()
    assert programs is not None
    with psycopg.connect(address) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    data = Path(row[0])
    user = _lent()
    command = [*user, str(programs / "pg_ctl"), "restart", "--pgdata", str(data), "--mode", "immediate", "--wait", "--silent"]
    subprocess.run([*command, "--log", str(data.parent / "log")], cwd="/", stdin=subprocess.DEVNULL, timeout=120, check=True)


def _lent() -> list[str]:
    """What stands before a program of PostgreSQL, which refuses to run as root: root lends it to the user that the package made."""
    return ["runuser", "-u", "postgres", "--"] if os.name == "posix" and os.geteuid() == 0 else []


def database(address: str, name: str) -> str:
    """The address of another database of the same server."""
    return f"{address.rpartition('/')[0]}/{name}"


def administer(address: str, statement: str) -> None:
    """Make or remove a database, which no transaction may surround."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement.encode())
