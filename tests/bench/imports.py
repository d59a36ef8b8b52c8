"""End-to-end import of generated deals, against bare readers of the same file in the same run.

CSV: upload, inspection and reading in the worker, and the commit to storage, against DuckDB's `read_csv` and a Parquet of what it read.
XLSX: the same against calamine alone. Processor time (of this process and the workers) stands beside: it says the same on a busy machine.
The largest CSV is also set against the smaller one: five times the rows are to cost five times as much.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from app.metrics.engine import MEMORY, THREADS
from app.services import commits, preparation, uploads
from app.services.actor import local_actor
from app.services.teams import list_teams
from app.settings import read
from app.storage import migrations
from app.storage.engine import make_engine
from tests.bench.servers import ROOT

ROWS, MANY, SHEET_ROWS = 1_000_000, 5_000_000, 100_000
SEED = 38
TICK = 0.05
DAYS = 1_095
LIMITS = read({}).limits()
"""The limits of somebody who has set nothing."""
CALAMINE = """
import sys, python_calamine
book = python_calamine.CalamineWorkbook.from_path(sys.argv[1])
print(len(book.get_sheet_by_index(0).to_python()))
"""


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, seconds of processor time, and the most memory (MB) that a child held; 0 where the system does not tell."""

    seconds: float
    processor: float
    peak_mb: float


def deals(rows: int) -> pa.Table:
    """An export of deals as a CRM writes it, the same for the same number of rows: ids, names, dates, a stage, amounts, groups."""
    random = np.random.default_rng(SEED)
    day = np.datetime64("2023-01-01")
    created = day + random.integers(0, DAYS - 90, rows).astype("timedelta64[D]")
    closed = created + random.integers(1, 90, rows).astype("timedelta64[D]")
    stage = random.choice(["Closed Won", "Closed Lost", "Negotiation"], rows, p=[0.3, 0.5, 0.2])
    cents = random.integers(10_000, 5_000_000, rows)
    accounts = np.char.add("Account ", np.arange(20_000).astype(str))
    ids = np.char.add("006", np.char.zfill(np.arange(rows).astype(str), 12))
    columns = {
        "Opportunity ID": pa.array(ids),
        "Opportunity Name": pa.array(np.char.add("Deal ", np.arange(rows).astype(str))),
        "Account Name": pa.array(accounts[random.integers(0, len(accounts), rows)]),
        "Opportunity Owner": pa.array(random.choice([f"Seller {number}" for number in range(40)], rows)),
        "Created Date": pa.array(created.astype(str)),
        "Close Date": pa.array(closed.astype(str)),
        "Stage": pa.array(stage),
        "Amount": pa.array(cents / 100),
        "Lead Source": pa.array(random.choice(["Web", "Referral", "Event", "Partner"], rows)),
        "Region": pa.array(random.choice(["North", "South", "East", "West", "Centre"], rows)),
    }
    return pa.table(columns)


def imported(path: Path, folder: Path) -> tuple[int, Cost]:
    """Rows loaded by the app, and what it cost from the bytes of the upload to the end of the commit."""
    engine = make_engine(f"sqlite:///{(folder / 'app.db').as_posix()}")
    migrations.upgrade(engine)
    actor = local_actor(engine)
    [team] = list_teams(actor, engine=engine)
    data = path.read_bytes()

    def run() -> int:
        upload = uploads.start_upload(actor, engine=engine, team_id=team.id, data=data, name=path.name, limits=LIMITS)
        found = preparation.inspect(actor, engine=engine, upload_id=upload.id, limits=LIMITS)
        if found.questions:
            raise AssertionError(found.questions[0].text)
        preparation.prepare(actor, engine=engine, upload_id=upload.id, limits=LIMITS)
        return commits.commit_upload(actor, engine=engine, upload_id=upload.id, limits=LIMITS).dataset.info.rows

    try:
        return _measured(run)
    finally:
        engine.dispose()


def by_duckdb(path: Path, folder: Path) -> tuple[int, Cost]:
    """Rows that bare DuckDB reads and writes to a Parquet, and what it cost."""

    def run() -> int:
        with duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY}) as connection:
            target = folder / "bare.parquet"
            connection.execute(f"COPY (FROM read_csv('{path}')) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
            [(rows,)] = connection.execute(f"SELECT count(*) FROM '{target}'").fetchall()
            return int(rows)

    return _measured(run)


def by_calamine(path: Path) -> tuple[int, Cost]:
    """Rows that bare calamine reads in a process of its own, as the app's worker is one, and what it cost."""

    def run() -> int:
        done = subprocess.run([sys.executable, "-c", CALAMINE, str(path)], capture_output=True, text=True, check=True, cwd=ROOT)
        return int(done.stdout) - 1

    return _measured(run)


def measure() -> Iterator[str]:
    """Lines of the report, one import after the other; `SCORECARD_TEST_BENCH_ROWS` leaves the largest out when it is smaller."""
    most = int(os.environ.get("SCORECARD_TEST_BENCH_ROWS", MANY))
    before: tuple[int, Cost] | None = None
    for rows in (ROWS, MANY):
        if rows > most:
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            path = folder / "deals.csv"
            pa_csv.write_csv(deals(rows), path)
            size = path.stat().st_size / 1024**2
            baseline = by_duckdb(path, folder)
            ours = imported(path, folder)
            yield _line(f"CSV of {rows:,} rows, {size:.0f} MB", "DuckDB", baseline, ours, "goal 2.00")
            if before is not None:
                (fewer, less), (_, cost) = before, ours
                yield (
                    f"{rows:,} rows against {fewer:,}: {rows / fewer:.1f} times the rows, {cost.seconds / less.seconds:.1f} times the "
                    f"seconds, {cost.processor / less.processor:.1f} times the processor time"
                )
            before = ours
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "deals.xlsx"
        _workbook(deals(SHEET_ROWS), path)
        yield _line(f"XLSX of {SHEET_ROWS:,} rows", "calamine", by_calamine(path), imported(path, folder), "goal 1.50")


def _measured(run: Callable[[], int]) -> tuple[int, Cost]:
    held, done = [0], threading.Event()
    watching = threading.Thread(target=_watch_children, args=(held, done), daemon=True)
    before, began = _processor(), time.perf_counter()
    watching.start()
    try:
        rows = run()
    finally:
        done.set()
        watching.join()
    seconds = time.perf_counter() - began
    return rows, Cost(seconds, _processor() - before, max(held) / 1024)


def _watch_children(held: list[int], done: threading.Event) -> None:
    """Note the most memory (kB) that each child has held; what the system says of ended children begins with this process's own."""
    while not done.wait(TICK):
        for children in Path("/proc/self/task").glob("*/children"):
            with suppress(OSError, ValueError, IndexError):
                for child in children.read_text().split():
                    status = Path(f"/proc/{child}/status").read_text()
                    held.append(int(status.split("VmHWM:")[1].split()[0]))


def _processor() -> float:
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def _workbook(table: pa.Table, path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, table.column_names)
        for number, row in enumerate(zip(*(column.to_pylist() for column in table.columns), strict=True), start=1):
            sheet.write_row(number, 0, row)


def _line(what: str, bare: str, baseline: tuple[int, Cost], ours: tuple[int, Cost], goal: str) -> str:
    (expected, base), (rows, cost) = baseline, ours
    if rows != expected:
        raise AssertionError(f"{what}: the app loaded {rows:,} rows, {bare} {expected:,}")
    return (
        f"{what:<28} {bare} {base.seconds:6.2f} s (processor {base.processor:.2f})   this app {cost.seconds:6.2f} s "
        f"(processor {cost.processor:.2f})   ratio {cost.seconds / base.seconds:.2f}, of processor time "
        f"{cost.processor / base.processor:.2f} ({goal}); worker at most {cost.peak_mb:.0f} MB"
    )
