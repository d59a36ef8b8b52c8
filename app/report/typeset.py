"""A report as PDF, set by Typst from data and vector charts.

The layout is one file of our own, `template.typ`. What the report says goes in as JSON, so text that a user typed is shown as it was typed
and can never become an instruction. The PDF is tagged (PDF/UA-1), its text can be selected, its fonts are embedded, and the
same report gives the same bytes: no time, no machine and no font of the machine goes into it.
"""

from __future__ import annotations

import json
from concurrent.futures import TimeoutError as TooSlow
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.charts import workers
from app.charts.export import Drawing
from app.charts.figure import Figure
from app.charts.paper import STANDARD, fonts
from app.errors import ExportError
from app.report.content import Block, Bullets, Card, Grid, Heading, KeyNumbers, Paragraph, Part, Picture, Report
from app.report.glyphs import showable

HERE = Path(__file__).parent
TEMPLATE = HERE / "template.typ"
SECONDS = 60

_KINDS: dict[type[Block], str] = {
    Paragraph: "paragraph",
    Bullets: "bullets",
    KeyNumbers: "key_numbers",
    Picture: "picture",
    Grid: "grid",
    Card: "card",
    Heading: "heading",
}


def pdf(report: Report, *, drawing: Drawing | None = None) -> bytes:
    """The report as a tagged PDF.

    Parameters
    ----------
    drawing
        Where its charts have begun to be drawn, if they have.

    Raises
    ------
    ExportError
        When a chart or the document cannot be made, or takes longer than a minute.
    """
    pictures = report.pictures
    files = {_file(number): svg for number, svg in enumerate((drawing or Drawing()).finish(pictures))}
    data = json.dumps(document(report), ensure_ascii=False)
    try:
        return workers.submit(compile_pdf, data, files).result(timeout=SECONDS)
    except BrokenProcessPool:
        workers.stop()
        raise ExportError("The report could not be made.", "Try again in a moment.") from None
    except TooSlow:
        workers.stop()
        raise ExportError("Making the report took too long.", "Try again, or leave parts out.") from None
    except RuntimeError as wrong:
        raise ExportError("The report could not be made.", "Leave out the part that was added last, and try again.") from wrong


def compile_pdf(data: str, files: dict[str, bytes]) -> bytes:
    """Set the document in this process: `data` is the report as JSON, `files` its charts by name."""
    import typst

    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "main.typ").write_bytes(TEMPLATE.read_bytes())
        (root / "report.json").write_text(data, encoding="utf-8")
        for name, content in files.items():
            (root / name).write_bytes(content)
        return typst.compile(root / "main.typ", root=root, font_paths=fonts(), format="pdf", pdf_standards=STANDARD, timestamp=0)


def document(report: Report) -> dict[str, Any]:
    """The report as the template reads it."""
    numbers = {id(figure): number for number, figure in enumerate(report.pictures)}
    told: dict[str, Any] = _shown(
        {
            "title": report.title,
            "subtitle": report.subtitle,
            "team": report.team,
            "facts": report.facts,
            "running": report.running,
            "paper": report.paper,
            "language": report.language,
            "summary": _part(report.summary, numbers),
            "parts": [_part(part, numbers) for part in report.parts],
        }
    )
    return told


def _shown(value: Any) -> Any:
    """The same data with every text made of signs that the fonts have."""
    if isinstance(value, str):
        return showable(value)
    if isinstance(value, dict):
        return {key: _shown(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shown(inner) for inner in value]
    return value


def _part(part: Part, numbers: dict[int, int]) -> dict[str, Any]:
    return {"title": part.title, "new_page": part.new_page, "blocks": [_block(block, numbers) for block in part.blocks]}


def _block(block: Block, numbers: dict[int, int]) -> dict[str, Any]:
    if isinstance(block, Picture):
        return {"kind": "picture", **_picture(block.figure, table=block.table), "file": _file(numbers[id(block.figure)])}
    return {"kind": _KINDS[type(block)], **asdict(block)}


def _picture(figure: Figure, *, table: bool) -> dict[str, Any]:
    rows = [["" if cell is None else str(cell) for cell in row] for row in figure.rows] if table else []
    return {
        "title": figure.title,
        "alt": figure.alt,
        "caption": figure.caption,
        "columns": figure.columns,
        "rows": rows,
        "numbers": list(range(1, len(figure.columns))),
    }


def _file(number: int) -> str:
    return f"chart-{number:02}.svg"
