"""The board pack: every chart as SVG, PDF and PNG in two shapes, the numbers as XLSX and CSV, the slides, and the alternative texts."""

from __future__ import annotations

import io
import zipfile

from app.charts.export import FORMATS, SHAPES, batch
from app.report.content import Report
from app.report.slides import slides
from app.report.workbook import figure_csv, workbook

README = """{title}: {team}

{facts}

charts/a4 and charts/16x9   every chart as SVG, PDF (vectors, text can be selected) and PNG (200 dots per inch), caption inside
numbers.xlsx                one sheet a chart, with definition and source
numbers/*.csv               the same numbers, unrounded; shares are fractions
slides.pptx                 the charts and tables, to be edited
alternative-texts.txt       what each chart shows, for readers who cannot see it

Charts are numbered in the order of the report: 01-win-rate-over-time and so on.
"""


def board_pack(report: Report) -> bytes:
    """Everything of a report for slides and spreadsheets, as one ZIP.

    Raises
    ------
    ExportError
        When a chart cannot be made.
    """
    files: dict[str, bytes] = {}
    pictures = report.pictures
    wanted = [(figure, kind, shape) for figure in pictures for shape in SHAPES for kind in FORMATS]
    names = {figure.key: f"{number:02}-{figure.key}" for number, figure in enumerate(pictures, 1)}
    for (figure, kind, shape), content in zip(wanted, batch(wanted), strict=True):
        files[f"charts/{shape}/{names[figure.key]}.{kind}"] = content
    for figure in pictures:
        files[f"numbers/{names[figure.key]}.csv"] = figure_csv(figure)
    files["numbers.xlsx"] = workbook(report)
    files["slides.pptx"] = slides(report)
    texts = "\n\n".join(f"{names[figure.key]}\n{figure.title}\n{figure.alt}\n{figure.caption}" for figure in pictures)
    files["alternative-texts.txt"] = texts.encode()
    facts = "\n".join(f"{label}: {text}" for label, text in report.facts)
    files["READ-ME.txt"] = README.format(title=report.title, team=report.team, facts=facts).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            packed = zipfile.ZIP_STORED if name.endswith((".png", ".xlsx", ".pptx")) else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), files[name], packed)
    return out.getvalue()
