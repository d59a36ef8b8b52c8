"""Charts as SVG, PDF and PNG, made by vl-convert in worker processes.

vl-convert holds Python's interpreter lock while it works, so it never runs in the serving process. Two workers are started
at first use and kept; each conversion after the first takes some ten milliseconds.
"""

from __future__ import annotations

import atexit
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from concurrent.futures.process import BrokenProcessPool
from threading import Lock
from typing import Literal

from app.charts.figure import Figure, export_spec
from app.errors import ExportError

Format = Literal["svg", "pdf", "png"]
FORMATS: tuple[Format, ...] = ("svg", "pdf", "png")
MEDIA_TYPES: dict[Format, str] = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png"}
PRINT_PPI = 200
SECONDS = 30

_pool: ProcessPoolExecutor | None = None
_lock = Lock()


def export(figure: Figure, kind: Format) -> bytes:
    """The figure as a file, with title and caption burned in.

    SVG and PDF are vectors with selectable text; PNG has 200 dots per inch.

    Raises
    ------
    ExportError
        When the worker fails or takes longer than half a minute.
    """
    text = json.dumps(export_spec(figure))
    try:
        return _workers().submit(convert, text, kind).result(timeout=SECONDS)
    except BrokenProcessPool:
        stop()
        raise ExportError("The chart could not be made into a file.", "Try again in a moment.") from None
    except TooSlow:
        stop()
        raise ExportError("Making the chart's file took too long.", "Try again, or choose fewer groups.") from None
    except ValueError as wrong:
        raise ExportError("The chart could not be made into a file.", "Take the numbers from its table instead.") from wrong


def convert(spec: str, kind: Format) -> bytes:
    """Convert a Vega-Lite specification (JSON text) in this process; nothing is fetched from anywhere."""
    import vl_convert

    if kind == "svg":
        return vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]).encode()
    if kind == "pdf":
        return bytes(vl_convert.vegalite_to_pdf(spec, allowed_base_urls=[]))
    return bytes(vl_convert.vegalite_to_png(spec, ppi=PRINT_PPI, allowed_base_urls=[]))


def stop() -> None:
    """End the workers; the next export starts new ones."""
    global _pool
    with _lock:
        pool, _pool = _pool, None
    if pool is not None:
        pool.shutdown(wait=False, cancel_futures=True)


def _workers() -> ProcessPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            # Spawned, not forked: the serving process has threads, and a fork of them may hang.
            _pool = ProcessPoolExecutor(max_workers=2, mp_context=multiprocessing.get_context("spawn"))
            atexit.register(stop)
        return _pool
