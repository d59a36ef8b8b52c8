"""The report as a PDF: what is said is shown literally, the same report has the same bytes, and it can be read by machines."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pypdf
import pytest

from app.charts.figure import Figure, finish
from app.charts.shapes import values_by_label
from app.charts.shapes.values_by_label import LabelledValue
from app.charts.theme import palette
from app.report.content import Bullets, Card, Grid, Heading, KeyNumber, KeyNumbers, Paragraph, Part, Picture, Report
from app.report.glyphs import BOX, showable
from app.report.typeset import pdf

MARKUP = '#import "x" *bold* _soft_ $x^2$ @ref <label> \\ `code` = head // gone /* gone */ #read("/etc/passwd") \'q\' "q" [b] {c} ~ --'
NAMES = "Žluťoučký kůň, Ελλάδα, Москва, שלום, سلام, Müller & Søn"


def figure(title: str) -> Figure:
    chart = values_by_label.chart(
        [LabelledValue("North", 0.3, True), LabelledValue("South", 0.2, False)], colours=palette("light"), title="Win rate"
    )
    return Figure(
        key="win-rate-by-region",
        title=title,
        spec=finish(chart, mode="light"),
        alt=f"Two bars. {title}",
        n="120 deals",
        period="2025",
        definition="won / (won + lost)",
        filters="none",
        source="deals.csv",
        columns=("Region", "Win rate"),
        rows=(("North", "30.0 %"), ("South", "20.0 %")),
    )


def report(text: str) -> Report:
    blocks = (
        Paragraph(text, "lead"),
        KeyNumbers((KeyNumber(text, "63.2 %", text, text, text), KeyNumber("Growth", "no number"))),
        Bullets((text, "second"), numbered=True),
        Heading(text),
        Picture(figure(text), table=True),
        Grid(text, (text, "n"), ((text, "1"), ("b", "2")), numbers=(1,)),
        Card(text, text, ((text, text),)),
    )
    return Report(
        title="Alignment report",
        subtitle=text,
        team=text,
        facts=((text, text),),
        running=text,
        summary=Part("summary", text, blocks),
        parts=(Part("more", "More", blocks),),
    )


def text_of(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


@pytest.mark.parametrize("text", [MARKUP, NAMES], ids=["markup", "names"])
def test_what_a_user_typed_is_shown_literally(text: str) -> None:
    shown = "".join(text_of(pdf(report(text))).split())
    for word in text.split():
        # Right-to-left words come out of an extraction in the order they are drawn.
        assert word in shown or word[::-1] in shown or any("\u0590" <= sign <= "\u06ff" for sign in word), word


def test_the_same_report_has_the_same_bytes_and_is_tagged_with_embedded_fonts() -> None:
    first, second = pdf(report("Plain")), pdf(report("Plain"))
    assert first == second
    read = pypdf.PdfReader(io.BytesIO(first))
    root: Any = read.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] == pypdf.generic.BooleanObject(True)
    assert root["/Lang"] == "en"
    assert "/StructTreeRoot" in root
    assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()
    resources: list[Any] = [page["/Resources"] for page in read.pages]
    embedded = {str(font.get_object()["/BaseFont"]).split("+")[-1] for found in resources for font in found["/Font"].get_object().values()}
    assert embedded == {"LiberationSans", "LiberationSans-Bold"}


def test_paper_follows_the_reader() -> None:
    read = pypdf.PdfReader(io.BytesIO(pdf(replace(report("Plain"), paper="us-letter"))))
    assert [round(float(side)) for side in read.pages[0].mediabox[2:]] == [612, 792]


def test_signs_that_no_font_has_become_boxes_and_never_vanish() -> None:
    assert showable("Ada 東京 Müller") == f"Ada {BOX}{BOX} Müller"
    assert showable("a\u202eb\x00c\td") == "ab c d"
    assert BOX in text_of(pdf(report("東")))
