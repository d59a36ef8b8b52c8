"""A report as slides: the title says the finding, charts are native where the program can edit them, numbers are native tables.

Lines over time and dots by group become charts of the slide program, with their likely range as further series. A chart that has no such
form stands as a picture in print size. Every slide carries the account of its chart, and the alternative text is set.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite
from typing import Any, cast

from app.charts.export import pictures_16_9
from app.charts.figure import Figure, wrap
from app.charts.theme import LIGHT
from app.report.content import Bullets, Grid, Heading, KeyNumbers, Paragraph, Report
from app.wording import Written

WIDTH, HEIGHT = 13.333, 7.5
"""Inches of a 16:9 slide."""
MARGIN = 0.7
TABLE_HEIGHT = 5.5
"""Inches of the highest table below a title; longer ones go on further slides."""
MOST_PARTS = 3
"""Slides that the numbers of one chart may take; longer tables (every month of five years) are for the workbook."""
ROW, FURTHER_LINE = 0.38, 0.2
"""Inches of a row of one line, and of each further line of its highest cell."""
CELL = 48
"""Characters of a cell beyond which a column is not made wider."""
SERIES = {"Likely from": "likely at least", "to": "likely at most"}
"""What columns are called as series, where no other column stands beside them."""
FONT = "Arial"


@dataclass(frozen=True)
class _Series:
    labels: tuple[str, ...]
    values: tuple[tuple[str, tuple[float | None, ...]], ...]
    is_line: bool
    partial: tuple[float | None, ...] = ()


def slides(report: Report) -> bytes:
    """The report as PPTX. The same report gives the same bytes.

    Raises
    ------
    ExportError
        When a chart cannot be made into a picture.
    """
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    deck.core_properties.title = f"{report.title}: {report.team}"[:255]
    deck.core_properties.author = "Alignment Scorecard"
    _cover(deck, report)
    _summary(deck, report)
    drawn = [figure for figure in report.pictures if _series(figure) is None]
    pictures = dict(zip((figure.key for figure in drawn), pictures_16_9(drawn), strict=True))
    for figure in report.pictures:
        _figure(deck, figure, pictures.get(figure.key))
    out = io.BytesIO()
    deck.save(out)
    return _without_time(out.getvalue())


def _cover(deck: Any, report: Report) -> None:
    slide = _blank(deck)
    _text(slide, "Alignment Scorecard", top=1.7, size=16, colour=LIGHT.accent, bold=True)
    _text(slide, report.team, top=2.2, size=40, bold=True, height=1.2)
    _text(slide, report.subtitle, top=3.5, size=20, colour=LIGHT.soft)
    _text(slide, "\n".join(f"{label}: {text}" for label, text in report.facts), top=4.5, size=13, height=2.3, colour=LIGHT.soft)


def _summary(deck: Any, report: Report) -> None:
    slide = _blank(deck)
    lead = next((block.text for block in report.summary.blocks if isinstance(block, Paragraph)), report.summary.title)
    _title(slide, lead)
    top = 1.7
    for block in report.summary.blocks:
        if isinstance(block, KeyNumbers):
            wide = (WIDTH - 2 * MARGIN) / len(block.items)
            for position, number in enumerate(block.items):
                left = MARGIN + position * wide
                _text(slide, number.label, left=left, top=top, width=wide - 0.2, size=14, colour=LIGHT.soft)
                _text(slide, number.value, left=left, top=top + 0.3, width=wide - 0.2, size=30, bold=True)
                _text(slide, f"{number.range}\n{number.basis}".strip(), left=left, top=top + 0.95, width=wide - 0.2, size=11, height=0.9)
            top += 2.1
        elif isinstance(block, Grid):
            _table(slide, block.columns, block.rows[:6], top=top)
            top += 0.4 * (len(block.rows[:6]) + 1) + 0.3
    said = [block for block in report.summary.blocks if isinstance(block, (Paragraph, Bullets, Heading))][1:]
    lines = [line for block in said for line in _lines(block)]
    if lines:
        slide = _blank(deck)
        _title(slide, "What is at stake, and what comes next")
        _text(slide, "\n".join(lines), top=1.5, size=18 if sum(map(len, lines)) < 900 else 16, height=5, apart=8)


def _lines(block: Paragraph | Bullets | Heading) -> list[str]:
    if isinstance(block, Bullets):
        return [f"{number}. {item}" if block.numbered else f"• {item}" for number, item in enumerate(block.items, 1)]
    return [f"{block.text}:" if isinstance(block, Heading) else block.text]


def _figure(deck: Any, figure: Figure, picture: bytes | None) -> None:
    from pptx.util import Inches

    slide = _blank(deck)
    _title(slide, figure.title)
    series = _series(figure)
    if series is not None:
        _native(slide, figure, series)
    elif picture is not None:
        shape = slide.shapes.add_picture(io.BytesIO(picture), Inches(MARGIN), Inches(1.55), width=Inches(WIDTH - 2 * MARGIN))
        most = Inches(4.75)
        if shape.height > most:
            shape.width, shape.height = int(shape.width * most / shape.height), most
        _describe(shape, figure.alt)
    _text(slide, figure.caption, top=6.45, size=10, colour=LIGHT.soft, height=0.8)
    slide.notes_slide.notes_text_frame.text = f"{figure.alt}\n\n{figure.caption}"
    rows = [["" if cell is None else str(cell) for cell in row] for row in figure.rows]
    parts = _parts(figure.columns, rows)
    if len(parts) > MOST_PARTS:
        return
    for number, part in enumerate(parts):
        slide = _blank(deck)
        _title(slide, f"The numbers: {figure.title}{', continued' if number else ''}")
        _table(slide, figure.columns, part, top=1.6)


def _parts(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Sequence[Sequence[str]]]:
    """The rows of a table in as few parts as slides can hold, of about the same height, so that none has a last row alone."""
    wide = _widths(columns, rows)
    heights = [ROW + FURTHER_LINE * (max(ceil((len(text) + 3) / width) for text, width in zip(row, wide, strict=True)) - 1) for row in rows]
    room = TABLE_HEIGHT - ROW
    parts = _filled(rows, heights, room)
    # The same number of slides, as evenly filled as the rows allow.
    even = _filled(rows, heights, min(sum(heights) / len(parts) + max(heights, default=0.0) / 2, room)) if parts else []
    return even if len(even) == len(parts) else parts


def _filled(rows: Sequence[Sequence[str]], heights: Sequence[float], room: float) -> list[Sequence[Sequence[str]]]:
    parts: list[Sequence[Sequence[str]]] = []
    own: list[Sequence[str]] = []
    filled = 0.0
    for row, high in zip(rows, heights, strict=True):
        if own and filled + high > room:
            parts.append(own)
            own, filled = [], 0.0
        own.append(row)
        filled += high
    return [*parts, own] if own else parts


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Characters of each column; a slide holds about 130 in all, so narrow columns share what is left."""
    longest = [max(min(max([len(columns[x]), *(len(row[x]) for row in rows)]), CELL), 8) + 3 for x in range(len(columns))]
    room = 130
    return [max(size * room // sum(longest), 1) for size in longest] if sum(longest) > room else longest


def _series(figure: Figure) -> _Series | None:
    """The figure as labels and series of numbers, when it is a line over time or dots by group; else None."""
    over_time, by_group = figure.key.endswith("-over-time"), figure.key.endswith("-by-group") and not figure.key.startswith("compare-")
    if not (over_time or by_group) or not figure.rows:
        return None
    numbers = [
        position
        for position in range(1, len(figure.columns))
        if any(isinstance(row[position], Written) and row[position].kind in ("share", "money") for row in figure.rows)  # type: ignore[union-attr]
    ]
    if not numbers:
        return None
    chosen = numbers[:3] if over_time else numbers[:1]
    # A period that is not over is no part of the line: joined to it, it would look like a fall.
    whole = [not (over_time and figure.columns[-1] == "Note" and row[-1]) for row in figure.rows]
    return _Series(
        tuple(str(row[0]) for row in figure.rows),
        tuple(
            (
                SERIES.get(figure.columns[position], figure.columns[position]),
                tuple(_number(row[position]) if full else None for row, full in zip(figure.rows, whole, strict=True)),
            )
            for position in chosen
        ),
        over_time,
        () if all(whole) else tuple(None if full else _number(row[chosen[0]]) for row, full in zip(figure.rows, whole, strict=True)),
    )


def _number(cell: object) -> float | None:
    return cell.value if isinstance(cell, Written) and isfinite(cell.value) else None


def _native(slide: Any, figure: Figure, series: _Series) -> None:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION
    from pptx.enum.dml import MSO_LINE
    from pptx.util import Inches, Pt

    share = any(isinstance(cell, Written) and cell.kind == "share" for row in figure.rows for cell in row)
    data: Any = cast(Any, CategoryChartData)(number_format="0.0 %" if share else "#,##0")
    data.categories = series.labels
    for name, values in series.values:
        data.add_series(name, values)
    if series.partial:
        data.add_series("partial period", series.partial)
    kind = (
        XL_CHART_TYPE.LINE_MARKERS
        if series.is_line and share
        else XL_CHART_TYPE.COLUMN_CLUSTERED
        if series.is_line
        else XL_CHART_TYPE.BAR_CLUSTERED
    )
    frame = slide.shapes.add_chart(kind, Inches(MARGIN), Inches(1.5), Inches(WIDTH - 2 * MARGIN), Inches(4.85), data)
    _describe(frame, figure.alt)
    chart = frame.chart
    chart.font.size, chart.font.name = Pt(12), FONT
    chart.has_legend = len(series.values) > 1 or bool(series.partial)
    if chart.has_legend:
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    chart.has_title = False
    values = chart.value_axis
    values.tick_labels.number_format, values.tick_labels.number_format_is_linked = "0 %" if share else "#,##0", False
    values.major_gridlines.format.line.color.rgb = values.format.line.color.rgb = _colour(LIGHT.grid)
    if share:
        numbers = [
            number for column in (*(column for _, column in series.values), series.partial) for number in column if number is not None
        ]
        values.minimum_scale, values.maximum_scale = _bounds(min(numbers), max(numbers), from_zero=kind == XL_CHART_TYPE.BAR_CLUSTERED)
    if kind == XL_CHART_TYPE.BAR_CLUSTERED:
        chart.category_axis.reverse_order = True
        # The labels stay at the foot, although the first group is at the top.
        values.tick_label_position = XL_TICK_LABEL_POSITION.HIGH
        chart.plots[0].gap_width = 80
    if kind == XL_CHART_TYPE.COLUMN_CLUSTERED:
        chart.plots[0].overlap, chart.plots[0].gap_width = 100, 40
    for number, drawn in enumerate(chart.plots[0].series):
        hollow = bool(series.partial) and number == len(series.values)
        colour = _colour(LIGHT.accent if number == 0 else LIGHT.muted)
        if kind == XL_CHART_TYPE.LINE_MARKERS:
            drawn.smooth = False
            drawn.format.line.color.rgb, drawn.format.line.width = colour, Pt(2.25 if number == 0 else 1)
            if hollow:
                drawn.format.line.fill.background()
                drawn.marker.style, drawn.marker.size = XL_MARKER_STYLE.DIAMOND, 9
                drawn.marker.format.line.color.rgb = _colour(LIGHT.muted)
            elif number:
                drawn.format.line.dash_style = MSO_LINE.DASH
                drawn.marker.style = XL_MARKER_STYLE.NONE
            drawn.marker.format.fill.solid()
            drawn.marker.format.fill.fore_color.rgb = _colour(LIGHT.muted) if hollow else colour
        else:
            drawn.format.fill.solid()
            drawn.format.fill.fore_color.rgb = _colour(LIGHT.paper) if hollow else colour
            drawn.format.line.color.rgb = _colour(LIGHT.accent)


def _bounds(low: float, high: float, *, from_zero: bool) -> tuple[float, float]:
    """Where an axis of shares begins and ends: whole tenths, never above one unless a value is."""
    first = 0.0 if from_zero else floor(low * 10) / 10
    last = ceil(high * 10) / 10
    return first, max(last if last > first else first + 0.1, high)


def _table(slide: Any, columns: Sequence[str], rows: Sequence[Sequence[str]], *, top: float) -> None:
    from pptx.util import Inches, Pt

    wide = WIDTH - 2 * MARGIN
    shape = slide.shapes.add_table(len(rows) + 1, len(columns), Inches(MARGIN), Inches(top), Inches(wide), Inches(ROW * (len(rows) + 1)))
    table = shape.table
    longest = _widths(columns, rows)
    for position, size in enumerate(longest):
        table.columns[position].width = Inches(wide * size / sum(longest))
    for number, row in enumerate([columns, *rows]):
        for position, text in enumerate(row):
            cell = table.cell(number, position)
            cell.text = _clean(text)
            cell.fill.solid()
            cell.fill.fore_color.rgb = _colour("#f3f5f7" if number == 0 else LIGHT.paper)
            for paragraph in cell.text_frame.paragraphs:
                paragraph.font.size, paragraph.font.name, paragraph.font.bold = Pt(12), FONT, number == 0
                paragraph.font.color.rgb = _colour(LIGHT.ink)


def _title(slide: Any, text: str) -> None:
    lines = wrap(text, 70)
    slide.shapes.title.text = _clean(" ".join(lines))
    _style(slide.shapes.title.text_frame, size=26 if len(lines) == 1 else 22, colour=LIGHT.ink, bold=True)


def _blank(deck: Any) -> Any:
    from pptx.enum.text import MSO_ANCHOR
    from pptx.util import Inches

    slide = deck.slides.add_slide(deck.slide_layouts[5])
    title = slide.shapes.title
    title.left, title.top, title.width, title.height = Inches(MARGIN), Inches(0.4), Inches(WIDTH - 2 * MARGIN), Inches(1.0)
    title.text_frame.word_wrap = True
    title.text_frame.vertical_anchor = MSO_ANCHOR.TOP
    return slide


def _text(
    slide: Any,
    text: str,
    *,
    top: float,
    size: int,
    left: float = MARGIN,
    width: float = WIDTH - 2 * MARGIN,
    height: float = 0.6,
    colour: str = LIGHT.ink,
    bold: bool = False,
    apart: int = 0,
) -> None:
    from pptx.util import Inches, Pt

    box = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(width), Inches(height)).text_frame
    box.word_wrap = True
    box.text = _clean(text)
    _style(box, size=size, colour=colour, bold=bold)
    for paragraph in box.paragraphs:
        paragraph.space_after = Pt(apart)


def _style(frame: Any, *, size: int, colour: str, bold: bool) -> None:
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Pt

    for paragraph in frame.paragraphs:
        paragraph.alignment = PP_ALIGN.LEFT
        paragraph.font.size, paragraph.font.name, paragraph.font.bold = Pt(size), FONT, bold
        paragraph.font.color.rgb = _colour(colour)


def _colour(hex_code: str) -> Any:
    from pptx.dml.color import RGBColor

    return cast(Any, RGBColor).from_string(hex_code.lstrip("#"))


def _describe(shape: Any, text: str) -> None:
    """Set the alternative text."""
    properties = shape._element.xpath(".//p:cNvPr")[0]
    properties.set("descr", _clean(text))


def _clean(text: str) -> str:
    """Text without the signs that XML cannot carry."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", " ", text)


def _without_time(data: bytes) -> bytes:
    """The same file with every moment of making taken out of its archive, and of the workbooks behind its charts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as read, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for entry in read.infolist():
            content = read.read(entry)
            if entry.filename.endswith(".xlsx"):
                content = _without_time(content)
            elif entry.filename == "docProps/core.xml":
                content = re.sub(rb"(W3CDTF\">)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", content)
            written.writestr(zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
