"""Charts as SVG, PDF and PNG, made in the worker processes: drawn by vl-convert, and as PDF set by Typst."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooSlow
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Literal

from app.charts import workers
from app.charts.figure import Figure, export_spec, print_spec
from app.charts.paper import chart_pdf
from app.errors import ExportError

Format = Literal["svg", "pdf", "png"]
Drawn = Literal["svg", "png"]
FORMATS: tuple[Format, ...] = ("svg", "pdf", "png")
MEDIA_TYPES: dict[Format, str] = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png"}
PRINT_PPI = 200
Shape = Literal["a4", "16x9"]
SHAPES: dict[Shape, tuple[int, int]] = {"a4": (640, 320), "16x9": (900, 330)}
"""Width and height in points of a chart for a page of paper and for a slide."""
SECONDS = 60
FIRST_SECONDS = 180
"""For the first file after a start, which waits for the workers on a machine that may be busy."""
_NAMED = re.compile(r'<(?:clipPath|linearGradient|radialGradient) id="((?:clip|gradient_)[0-9]+)"')
_MENTIONED = re.compile(r'(id="|url\(#)((?:clip|gradient_)[0-9]+)(?=["\)])')


def export(figure: Figure, kind: Format) -> bytes:
    """The figure as a file, with title and caption burned in.

    SVG and PDF are vectors with selectable text; PNG has 200 dots per inch.

    Raises
    ------
    ExportError
        When the worker fails or takes longer than a minute (three for the first file).
    """
    return _results([_submitted(figure, kind, export_spec(figure))])[0]


class Drawing:
    """Figures as SVG without title and caption, for a document that sets those itself.

    A figure that has begun is drawn by the workers while the next one is still being counted.
    """

    def __init__(self) -> None:
        self._begun: dict[int, tuple[Figure, Future[bytes]]] = {}

    def begin(self, figure: Figure) -> None:
        """Hand a figure to the workers, once."""
        if id(figure) not in self._begun:
            # The figure is kept, or another one could take over its identity.
            self._begun[id(figure)] = figure, workers.submit(convert, json.dumps(print_spec(figure)), "svg")

    def finish(self, figures: Sequence[Figure]) -> tuple[bytes, ...]:
        """The figures in this order, those that have not begun too.

        Raises
        ------
        ExportError
            When a worker fails or takes longer than a minute (three for the first file).
        """
        for figure in figures:
            self.begin(figure)
        return tuple(_results([self._begun[id(figure)][1] for figure in figures]))


def batch(wanted: Sequence[tuple[Figure, Format, Shape]]) -> tuple[bytes, ...]:
    """Many files at once, in the order asked for, with title and caption burned in.

    Raises
    ------
    ExportError
        When a worker fails or takes longer than a minute (three for the first file).
    """
    made = []
    for figure, kind, shape in wanted:
        width, height = SHAPES[shape]
        made.append(_submitted(figure, kind, export_spec(figure, width=width, height=height)))
    return tuple(_results(made))


def pictures_16_9(figures: Sequence[Figure]) -> tuple[bytes, ...]:
    """Each figure as a PNG for a slide, without title and caption."""
    width, height = SHAPES["16x9"]
    specs = [json.dumps({**print_spec(figure, width=width, height=height), "background": "white"}) for figure in figures]
    return tuple(_results([workers.submit(convert, spec, "png") for spec in specs]))


def _submitted(figure: Figure, kind: Format, spec: dict[str, Any]) -> Future[bytes]:
    if kind == "pdf":
        return workers.submit(_as_pdf, json.dumps(spec), figure.title, figure.alt)
    return workers.submit(convert, json.dumps(spec), kind)


def _as_pdf(spec: str, title: str, alt: str) -> bytes:
    return chart_pdf(convert(spec, "svg"), title=title, alt=alt)


def _results(made: list[Future[bytes]]) -> list[bytes]:
    try:
        return [one.result(timeout=SECONDS if workers.has_worked() else FIRST_SECONDS) for one in made]
    except BrokenProcessPool:
        workers.stop()
        raise ExportError("The chart could not be made into a file.", "Try again in a moment.") from None
    except TooSlow:
        workers.stop()
        raise ExportError("Making the chart's file took too long.", "Try again, or choose fewer groups.") from None
    except ValueError as wrong:
        raise ExportError("The chart could not be made into a file.", "Take the numbers from its table instead.") from wrong


def convert(spec: str, kind: Drawn) -> bytes:
    """Draw a Vega-Lite specification (JSON text) in this process; nothing is fetched from anywhere."""
    import vl_convert

    if kind == "svg":
        return _numbered_anew(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])).encode()
    return bytes(vl_convert.vegalite_to_png(spec, ppi=PRINT_PPI, allowed_base_urls=[]))


def _numbered_anew(svg: str) -> str:
    """The same picture with its clips and gradients numbered from 1: Vega goes on counting from one picture of a process to the next."""
    numbers: dict[str, str] = {}
    for name in _NAMED.findall(svg):
        numbers.setdefault(name, f"{name.rstrip('0123456789')}{len(numbers) + 1}")
    return _MENTIONED.sub(lambda found: f"{found[1]}{numbers.get(found[2], found[2])}", svg)
