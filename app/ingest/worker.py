"""The process that opens one uploaded file, under limits, and ends. Started by `app.ingest.gate`, never imported by the app.

After it has looked at a large file it stays for a moment with what it has opened, because the next request is nearly always about the
same file: the answers to its questions, or to read it.

It is told a folder with `request.json` and `input`, and leaves `result.json` there, beside the files the result is made
of. Whatever a file does to it, memory exhausted, endless work, a crash inside a library, ends this process only.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shutil
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from app.ingest import progress

if TYPE_CHECKING:
    from app.ingest.join import Loaded
    from app.ingest.model import Answers
    from app.ingest.raw import RawTable

REQUEST, INPUT, RESULT = "request.json", "input", "result.json"
PARQUET, REJECTED, CELLS = "table.parquet", "rejected.csv", "cells.csv"
_SHOWN = 200
STAYS = 60.0
"""Seconds that it stays with an opened file. The parent asks for less, so that it never asks one that is just leaving."""
_OF_WHAT_IS_OPEN = frozenset(["table", "system", "fields", "roles", "formats", "stages", "steps", "currency", "rates", "time_zone"])
"""Answers about the columns and values of a file. Any other may change how it is opened."""
_opened: list[tuple[dict[str, Any], RawTable]] = []
"""The file as it was opened last, with the answers it was opened under."""


class _WithoutPandas:
    """Hides pandas: Arrow imports it by itself when it is installed, which takes a second and is not needed here."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is not used while a file is opened", name=name)
        return None


def main(folder: Path) -> None:
    """Do what `request.json` in the folder asks and write `result.json`."""
    sys.meta_path.insert(0, _WithoutPandas())
    asked = threading.Semaphore(0)
    first = True
    while True:
        request = json.loads((folder / REQUEST).read_bytes())
        if first and request.get("watched"):
            _end_with_the_parent(folder, asked)
        limit_process(request["limits"])
        first = False
        try:
            result = _ACTIONS[request["action"]](folder, request)
        except MemoryError:
            result = {"death": "memory"}
        except BaseException as error:  # A panic inside a compiled reader is no Exception, and must be answered as well.
            result = _failure(error)
        part = folder / f"{RESULT}.part"
        part.write_text(json.dumps(result, ensure_ascii=False))
        part.replace(folder / RESULT)
        if not request.get("stays") or "inspection" not in result or not asked.acquire(timeout=STAYS):
            return


def limit_process(limits: dict[str, Any]) -> None:
    """Limit memory and processor time, and leave no core file with somebody's customers in it.

    Where the system cannot (Windows; memory on macOS), the clock on the wall of the parent is the only limit.
    """
    try:
        import resource
    except ImportError:
        return
    memory, cpu = int(limits["memory_bytes"]), int(limits["cpu_seconds"])
    used = resource.getrusage(resource.RUSAGE_SELF)
    # Each request has the whole of the time; the hard limit must leave room for the next one. The signal at the soft one ends the process.
    until, hardest = int(used.ru_utime + used.ru_stime) + cpu, resource.getrlimit(resource.RLIMIT_CPU)[1]
    wanted = [(resource.RLIMIT_CORE, 0, 0), (resource.RLIMIT_CPU, until, hardest), (resource.RLIMIT_NOFILE, 64, 64)]
    if sys.platform == "linux":
        wanted.append((resource.RLIMIT_AS, memory, memory))
    for which, soft, hard in wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(which, (soft, hard))


def _end_with_the_parent(folder: Path, asked: threading.Semaphore) -> None:
    """End this process, and clear its folder, when the one that started it is gone: nobody is left to hear the answer.

    The parent holds the other end of standard input and writes a byte for each further request, so reading ends when the parent does,
    however that happened.
    """

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1):
            asked.release()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)

    threading.Thread(target=wait, name="parent", daemon=True).start()
    progress.listen(folder)


def _failure(error: BaseException) -> dict[str, Any]:
    from app.errors import AppError

    if isinstance(error, AppError):
        known = {name: getattr(error, name, None) for name in ("message", "remedy", "file", "column", "row")}
        return {"error": type(error).__name__, **known}
    # The message of an unforeseen error may quote a cell, so only its beginning goes into the log.
    frames = "".join(traceback.format_tb(error.__traceback__))
    return {"death": "defect", "traceback": f"{frames}{type(error).__name__}: {str(error)[:_SHOWN]}"}


def _open(folder: Path, request: dict[str, Any]) -> tuple[RawTable, Answers]:
    from app.ingest.content import unpacked
    from app.ingest.limits import Limits
    from app.ingest.model import Answers
    from app.ingest.opening import open_file
    from app.ingest.raw import lines_reconcile
    from app.ingest.wire import from_plain

    answers: Answers = from_plain(Answers, request["answers"])
    limits = from_plain(Limits, request["limits"])
    opening = {name: answer for name, answer in request["answers"].items() if name not in _OF_WHAT_IS_OPEN}
    if _opened and _opened[0][0] == opening:
        return _opened[0][1], answers
    _opened.clear()
    data = unpacked((folder / INPUT).read_bytes(), size=request["size"])
    raw = open_file(data, name=request["name"], answers=answers, limits=limits, sha256=request["sha256"])
    if not lines_reconcile(raw):
        # The law of the import: no line of a file may vanish. A file that breaks it is a defect, and is not imported.
        raise AssertionError("a line of the file is not accounted for")
    if request.get("stays"):
        _opened.append((opening, raw))
    return raw, answers


def _inspect(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    from app.ingest import steps
    from app.ingest.wire import to_plain

    raw, answers = _open(folder, request)
    inspection = steps.inspect(raw, answers)
    told = tuple(note for note in raw.notes if note not in inspection.notes)
    return {"inspection": to_plain(replace(inspection, notes=told + inspection.notes))}


def _read(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    from app.ingest import steps
    from app.ingest.wire import to_plain

    raw, answers = _open(folder, request)
    today = request["today"]
    table = steps.read(raw, answers, today=None if today is None else datetime.date.fromisoformat(today))
    (folder / PARQUET).write_bytes(table.parquet)
    (folder / REJECTED).write_bytes(table.rejected_csv)
    return {"info": to_plain(table.info), "receipt": to_plain(table.receipt)}


def _decode(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.csv as pacsv

    raw, _ = _open(folder, request)
    with (folder / CELLS).open("wb") as out:
        schema = pa.schema([(heading, pa.string()) for heading in raw.headings])
        pacsv.write_csv(raw.cells.rename_columns(list(raw.headings)).cast(schema), out)
    return {"rows": raw.facts.rows}


def _loaded(folder: Path, request: dict[str, Any]) -> tuple[Loaded, ...]:
    import pyarrow.parquet as pq

    from app.ingest.join import Loaded
    from app.ingest.model import LoadedTable
    from app.ingest.wire import from_plain

    sides = []
    for number, plain in enumerate(request["loaded"]):
        table: LoadedTable = from_plain(LoadedTable, plain)
        headings = dict(table.headings) | {segment.name: segment.heading for segment in table.info.segments}
        sides.append(Loaded(pq.read_table(folder / f"loaded-{number}.parquet"), table.info, headings))
    return tuple(sides)


def _offer(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    from app.ingest.export_formats import catalogue
    from app.ingest.join_offers import offers
    from app.ingest.wire import to_plain

    raw, answers = _open(folder, request)
    return {"offers": to_plain(offers(_loaded(folder, request), raw, answers, catalogue()))}


def _join(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    from app.ingest.export_formats import catalogue
    from app.ingest.join import join
    from app.ingest.join_offers import partner_of
    from app.ingest.model import JoinChoice
    from app.ingest.plan import make_plan
    from app.ingest.wire import from_plain, to_plain

    raw, answers = _open(folder, request)
    choice: JoinChoice = from_plain(JoinChoice, request["choice"])
    partner = partner_of(make_plan(raw, answers, catalogue()), converted=choice.converted)
    joined = join(_loaded(folder, request)[0], partner, choice, catalogue=catalogue(), answers=answers)
    (folder / PARQUET).write_bytes(joined.parquet)
    (folder / REJECTED).write_bytes(joined.rejected_csv)
    return {"info": to_plain(joined.info), "receipt": to_plain(joined.receipt)}


_ACTIONS: dict[str, Callable[[Path, dict[str, Any]], dict[str, Any]]] = {
    "inspect": _inspect,
    "read": _read,
    "decode": _decode,
    "offer": _offer,
    "join": _join,
}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
