"""A report of the play company, warm, against the bare cost of its charts through vl-convert and its document through typst.

The baseline converts the same chart specifications in the same two worker processes and sets the same document once, without
content, checks or storage. Counting is left out of both: the material is gathered before.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from app.charts import workers
from app.charts.export import Drawing, convert, export
from app.charts.figure import print_spec
from app.ingest.gate import read_file
from app.ingest.limits import Limits
from app.metrics.engine import Engine
from app.metrics.model import Definition
from app.report.content import Report
from app.report.typeset import compile_pdf, document, pdf
from app.services.figures.composed import Context
from app.services.play_company import ANSWERS, generate, programme_start
from app.services.report.build import report_of
from app.services.report.material import Keeper, Material
from app.services.scorecard.build import scorecard
from app.services.scorecard.defaults import default_request
from app.services.scorecard.sources import of

ROUNDS = 7


def measure() -> Iterator[str]:
    """Yield one line for each measurement."""
    with tempfile.TemporaryDirectory() as folder:
        counting = Engine(Path(folder))
        found = material(counting, Path(folder))
        report = report_of(found)
        text, files = bare_input(report)
        pdf(report)
        bare(report, text, files)
        whole, alone = in_turns(lambda: made(found), lambda: bare(report, text, files))
        ratio = f"{whole:.2f} s; bare charts and document {alone:.2f} s; {whole / alone:.2f} x"
        yield f"report: {len(report.pictures)} charts, content and PDF {ratio}"
        for kind in ("svg", "pdf"):
            one, _ = in_turns(lambda kind=kind: export(report.pictures[0], kind), lambda: None)  # type: ignore[misc]
            yield f"one chart as {kind.upper()}: {one * 1000:.0f} ms"
        counting.close()
    workers.stop()


def material(counting: Engine, folder: Path) -> Material:
    """The play company, read and counted."""
    snapshots = []
    for file in generate():
        typed = read_file(file.text.encode(), name=file.name, answers=ANSWERS[file.name], limits=Limits(), today=date(2026, 11, 2))
        path = folder / f"{typed.info.table}.parquet"
        path.write_bytes(typed.parquet)
        snapshots.append(counting.open(path, info=typed.info, sha256=typed.info.table))
    sources = of(snapshots)
    request = default_request(sources, programme_start=programme_start(), definition=Definition())
    context = Context(tuple((snapshot.info.table, f"{snapshot.info.table}.csv") for snapshot in snapshots), programme_start(), "light")
    # Warm: the pages, or a report before, have made the figures of the tables.
    keeper = Keeper(folder, ("organization", "team", "loaded"), "code")
    return Material("Play company", True, scorecard(sources, request), sources, context, "0" * 12, date(2026, 11, 2), keeper=keeper)


def made(found: Material) -> bytes:
    """The report as the app makes it: its charts are drawn while the next ones are counted."""
    drawing = Drawing()
    return pdf(report_of(found, drawing=drawing), drawing=drawing)


def bare_input(report: Report) -> tuple[str, list[str]]:
    """The document as JSON and the charts' specifications as JSON."""
    return json.dumps(document(report)), [json.dumps(print_spec(figure)) for figure in report.pictures]


def bare(report: Report, text: str, specs: list[str]) -> None:
    """The same charts through vl-convert and the same document through typst, in the same workers."""
    made = [workers.submit(convert, spec, "svg") for spec in specs]
    files = {f"chart-{number:02}.svg": one.result() for number, one in enumerate(made)}
    workers.submit(compile_pdf, text, files).result()


def in_turns(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """The median seconds of two things done in turns."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for each, place in ((first, 0), (second, 1)):
            begun = time.perf_counter()
            each()
            seconds[place].append(time.perf_counter() - begun)
    return statistics.median(seconds[0]), statistics.median(seconds[1])
