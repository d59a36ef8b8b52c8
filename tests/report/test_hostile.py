"""What nobody should type, typed everywhere: shown as it is, in every kind of file, with nothing run and nothing lost."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pypdf
import pytest
from pptx import Presentation

from app.charts.export import Drawing
from app.report.content import Grid, Part, Report
from app.report.glyphs import BOX, showable
from app.report.slides import slides
from app.report.typeset import pdf
from app.report.workbook import figure_csv, workbook
from tests.report.test_typeset import figure, report

OWN = [
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+1-1",
    "<script>alert(1)</script>",
    "]]><!ENTITY x SYSTEM 'file:///etc/passwd'>&x;",
    '#read("/etc/passwd")',
    "\\u{202e}txt.exe",
    "\u202egpj.exe",
    "a\x00b\x07c\x1bd",
    "ud800: \ud800",
    "A" * 400,
    "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤ ̖t̝͕̳̣̻̪͞h̼͓̲̦̳̘̲e͇̣̰̦̬͎ ̢̼̻̱̘h͚͎͙̜̣̲ͅi̦̲̣̰̤v̻͍e̺̭̳̪̰-m̢iͅn̖̺̞̲̯̰d̵̼̟͙̩̼̘̳",
    "السلام عليكم وشركاه",
    "田中さん 🍕",
    "{{datum.x}} ${process.exit()} %s %n",
    "",
]


def filled(texts: list[str]) -> Report:
    """A report with each text in a table, and the first ones in every other field."""
    base = report(texts[3])
    rows = tuple((str(number), text) for number, text in enumerate(texts))
    return replace(base, parts=(*base.parts, Part("all", "All", (Grid("All", ("n", "text"), rows),))))


def check(texts: list[str]) -> None:
    made = filled(texts)
    shown = "".join("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf(made))).pages).split())
    for text in texts:
        plain = showable(text)
        if plain.isascii():
            assert "".join(plain.split()) in shown, repr(text)
    deck = Presentation(io.BytesIO(slides(made)))
    assert len(deck.slides) > 2
    book = openpyxl.load_workbook(io.BytesIO(workbook(made)))
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    with zipfile.ZipFile(io.BytesIO(workbook(made))) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())


def test_hostile_text_in_every_file() -> None:
    check(OWN)


def test_hostile_text_in_a_chart_is_drawn_and_never_run() -> None:
    for text in OWN[:8]:
        drawn = replace(figure(text), rows=((text, text),))
        svg = Drawing().finish([drawn])[0].decode()
        assert "<script" not in svg
        assert figure_csv(drawn).decode("utf-8-sig").splitlines()[1][0] in "'\"\\<]#" or not text.startswith(("=", "+", "-", "@"))


def test_the_list_of_naughty_strings(shared_torture: Path) -> None:
    texts = json.loads((shared_torture / "blns" / "blns.json").read_text(encoding="utf-8"))
    assert len(texts) > 400
    check([*OWN[:4], *texts])


@pytest.mark.parametrize("text", ["日本", "🍕"], ids=["cjk", "emoji"])
def test_what_no_font_has_is_a_box(text: str) -> None:
    assert set(showable(text)) == {BOX}
