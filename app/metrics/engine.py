"""DuckDB behind Ibis, locked: it reads the Parquet cache and nothing else.

Ibis connects first, then the doors are shut: only the cache folder may be read, no extension is loaded, no setting can be
changed any more. One connection serves the process; queries take turns, because they are short, use every thread of the engine
and their results are cached. A query that runs too long is stopped, so that the others get their turn.

DuckDB 2.0 keeps about half a kilobyte of each query over a Parquet file until its connection ends. So the connection ends after some
thousands of queries and another takes its place, in which a table is opened again when it is next counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock, Timer
from typing import TYPE_CHECKING, Any, TypeVar

from app.errors import NotComputable, NotFound
from app.later import Later
from app.tables import SnapshotInfo

if TYPE_CHECKING:
    import duckdb
    import ibis
    import ibis.expr.types as ir
else:
    duckdb, ibis = Later("duckdb"), Later("ibis")

T = TypeVar("T")

MEMORY = "1GB"
THREADS = 2
SECONDS = 60.0
MOST_FOUND = 500
MOST_TABLES = 500
QUERIES = 5_000
"""Queries of one connection."""

GONE = ("The stored table is not on this machine.", "Load the page again.")


@dataclass(frozen=True)
class Snapshot:
    """One stored table, ready to be counted: what is known of it, the hash of its Parquet, and the Ibis table over it."""

    info: SnapshotInfo
    sha256: str
    path: Path = field(compare=False)
    engine: Engine = field(compare=False, repr=False)

    @property
    def table(self) -> ir.Table:
        """The Ibis table over the stored file, looked at when it is first counted."""
        return self.engine.table(self)

    def once(self, what: str, make: Callable[[], T]) -> T:
        """What `make` finds out about the stored file, found out once: a stored file never changes."""
        return self.engine.once((self.sha256, what), make)

    def collect(self, expression: ir.Table) -> list[dict[str, Any]]:
        """The rows of an aggregate, as dictionaries."""
        return self.engine.collect(expression)


class Engine:
    """A locked DuckDB connection over one folder of Parquet files.

    Parameters
    ----------
    cache_dir
        The only folder that may be read. What does not fit into memory is spilled below it.
    seconds
        How long one query may take.
    """

    def __init__(self, cache_dir: Path, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._folder = cache_dir.resolve()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = RLock()
        self._tables: dict[str, tuple[ir.Table, Path]] = {}
        self._opened: set[str] = set()
        self._connected: Any = None
        self._asked = 0
        self._found: dict[tuple[str, str], Any] = {}

    @property
    def _backend(self) -> Any:
        """The connection, made at the first question: a page whose results are kept asks none."""
        with self._lock:
            if self._connected is None:
                backend = ibis.duckdb.connect(threads=THREADS, memory_limit=MEMORY)
                self._lock_up(backend)
                self._connected = backend
            elif self._asked >= QUERIES:
                # The same object with another connection: the tables that are in expressions already are tables of it.
                self._connected.disconnect()
                self._connected.reconnect()
                self._lock_up(self._connected)
            return self._connected

    def _lock_up(self, backend: Any) -> None:
        """Shut the doors of a new connection, in which no table is open yet."""
        folder = str(self._folder).replace("'", "''")
        for statement in (
            f"SET temp_directory = '{folder}/.spill'",
            f"SET allowed_directories = ['{folder}']",
            "SET autoinstall_known_extensions = false",
            "SET autoload_known_extensions = false",
            "SET allow_community_extensions = false",
            "SET python_enable_replacements = false",
            "SET enable_external_access = false",
            "SET lock_configuration = true",
        ):
            backend.raw_sql(statement)
        self._opened.clear()
        for name in list(self._tables)[:-MOST_TABLES]:
            del self._tables[name]
        self._asked = 0

    def open(self, path: Path, *, info: SnapshotInfo, sha256: str) -> Snapshot:
        """A snapshot over a Parquet file of the folder; NotFound when it is not there."""
        if not path.exists():
            raise NotFound(*GONE)
        return Snapshot(info=info, sha256=sha256, path=path.resolve(), engine=self)

    def once(self, key: tuple[str, str], make: Callable[[], T]) -> T:
        """What `make` gives, made once for each key, which names a stored file by its hash."""
        with self._lock:
            if key not in self._found:
                if len(self._found) >= MOST_FOUND:
                    self._found.clear()
                self._found[key] = make()
            found: T = self._found[key]
            return found

    def table(self, snapshot: Snapshot) -> ir.Table:
        """The Ibis table over a snapshot's file."""
        name = f"t_{snapshot.sha256[:32]}"
        with self._lock:
            known = self._tables.pop(name, None)
            if known is None:
                if not snapshot.path.exists():
                    raise NotFound(*GONE)
                known = self._read(self._backend, name, snapshot.path), snapshot.path
            # The table used last stands last.
            self._tables[name] = known
            return known[0]

    def _read(self, backend: Any, name: str, path: Path) -> ir.Table:
        table: ir.Table = backend.read_parquet(str(path), table_name=name)
        self._opened.add(name)
        return table

    def _open_again(self, backend: Any, expression: ir.Table) -> None:
        """Open the tables of an expression that was made for the connection before."""
        for table in expression.op().find(ibis.expr.operations.DatabaseTable):
            if table.name not in self._opened:
                if table.name not in self._tables:
                    raise NotFound(*GONE)
                self._read(backend, table.name, self._tables[table.name][1])

    def collect(self, expression: ir.Table) -> list[dict[str, Any]]:
        """Run an aggregate and fetch its rows, in the order of its keys.

        Raises
        ------
        NotFound
            When the stored file has left the cache folder since it was opened.
        NotComputable
            When the query took too long.
        """
        with self._lock:
            backend = self._backend
            self._asked += 1
            watch = Timer(self._seconds, backend.con.interrupt)
            watch.daemon = True
            watch.start()
            try:
                self._open_again(backend, expression)
                found = backend.to_pyarrow(expression)
                # Threads hand over rows in any order. Sums of floats and resampled accounts follow the order, and the same
                # records must give the same number to the last digit on every page.
                keys = [
                    (name, "ascending") for name, kind in zip(found.column_names, found.schema.types, strict=True) if str(kind) != "double"
                ]
                rows: list[dict[str, Any]] = (found.sort_by(keys) if keys else found).to_pylist()
            except duckdb.InterruptException as error:
                raise NotComputable("Counting took too long and was stopped.", "Choose a shorter period or fewer groups.") from error
            except duckdb.IOException as error:
                # A full disk is another matter, and a defect of the installation.
                if "No files found" not in str(error):
                    raise
                raise NotFound(*GONE) from error
            finally:
                watch.cancel()
        return rows

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connected is not None:
                self._connected.disconnect()
            self._connected = None
            self._tables.clear()
            self._opened.clear()
