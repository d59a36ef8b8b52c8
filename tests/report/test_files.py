"""Workbook, CSV, slides and board pack: numbers stay numbers, text stays text, and the same report gives the same files."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace

import openpyxl
import pytest
from pptx import Presentation

from app import wording
from app.report.content import Part, Picture, Report
from app.report.pack import board_pack
from app.report.slides import slides
from app.report.workbook import figure_csv, workbook
from tests.report.test_typeset import figure, report

FORMULA = '=HYPERLINK("http://x","y")'


@pytest.fixture(scope="module")
def made() -> Report:
    typed = replace(
        figure("Win rate by region"),
        key="win-rate-by-group",
        rows=(("North", wording.percent(0.31254)), (FORMULA, wording.percent(0.2)), ("@SUM(A1)", "not computed")),
    )
    plain = replace(figure("Definitions"), key="win-rate-by-definition", rows=(("=1+1", "x"),))
    base = report(FORMULA)
    return replace(base, summary=Part("summary", "Where we stand", ()), parts=(Part("a", "A", (Picture(typed), Picture(plain))),))


def test_numbers_are_numbers_and_formulas_are_text_in_the_workbook(made: Report) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(made)))
    assert book.sheetnames == ["About", "win-rate-by-group", "win-rate-by-definition"]
    sheet = book["win-rate-by-group"]
    assert (sheet["B4"].value, sheet["B4"].number_format) == (0.31254, "0.0 %")
    assert [sheet[place].value for place in ("A5", "A6", "B6")] == [FORMULA, "@SUM(A1)", "not computed"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert workbook(made) == workbook(made)


def test_csv_keeps_values_unrounded_and_disarms_formulas(made: Report) -> None:
    rows = list(csv.reader(io.StringIO(figure_csv(made.pictures[0]).decode("utf-8-sig"))))
    assert rows == [["Region", "Win rate"], ["North", "0.31254"], [f"'{FORMULA}", "0.2"], ["'@SUM(A1)", "not computed"]]


def test_slides_say_the_finding_and_carry_native_charts_and_tables(made: Report) -> None:
    deck = Presentation(io.BytesIO(slides(made)))
    titles = [slide.shapes.title.text for slide in deck.slides if slide.shapes.title is not None and slide.shapes.title.text]
    assert "Win rate by region" in titles
    charts = [shape for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    tables = [shape for slide in deck.slides for shape in slide.shapes if shape.has_table]
    pictures = [shape for slide in deck.slides for shape in slide.shapes if shape.shape_type == 13]
    assert (len(charts), len(tables), len(pictures)) == (1, 2, 1)
    assert tuple(charts[0].chart.plots[0].series[0].values)[:2] == (0.31254, 0.2)
    assert tables[0].table.cell(2, 0).text == FORMULA


def over_time(periods: int) -> Report:
    """A win rate of so many periods, the last of which is not over."""
    rows = [(f"{2000 + n}", wording.percent(0.3), wording.percent(0.2), wording.percent(0.4), "") for n in range(periods - 1)]
    drawn = replace(
        figure("Win rate over time"),
        key="win-rate-over-time",
        columns=("Period", "Win rate", "Likely from", "to", "Note"),
        rows=(*rows, ("last", wording.percent(0.1), wording.percent(0.0), wording.percent(0.9), "partial")),
    )
    return replace(report("x"), summary=Part("summary", "x", ()), parts=(Part("a", "A", (Picture(drawn),)),))


@pytest.mark.parametrize(
    ("periods", "rows"), [(13, [13]), (14, [7, 7]), (27, [9, 9, 9]), (66, [])], ids=["one slide", "two alike", "three alike", "none"]
)
def test_tables_are_shared_out_evenly_and_very_long_ones_left_to_the_workbook(periods: int, rows: list[int]) -> None:
    deck = Presentation(io.BytesIO(slides(over_time(periods))))
    assert [len(shape.table.rows) - 1 for slide in deck.slides for shape in slide.shapes if shape.has_table] == rows


def test_a_period_that_is_not_over_is_no_part_of_the_line() -> None:
    deck = Presentation(io.BytesIO(slides(over_time(3))))
    (chart,) = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    assert [(one.name, tuple(one.values)) for one in chart.plots[0].series] == [
        ("Win rate", (0.3, 0.3, None)),
        ("likely at least", (0.2, 0.2, None)),
        ("likely at most", (0.4, 0.4, None)),
        ("partial period", (None, None, 0.1)),
    ]


def test_the_pack_has_every_chart_in_every_form_and_is_the_same_each_time(made: Report) -> None:
    first = board_pack(made)
    names = zipfile.ZipFile(io.BytesIO(first)).namelist()
    assert names == sorted(
        [
            *(
                f"charts/{shape}/{name}.{kind}"
                for shape in ("16x9", "a4")
                for name in ("01-win-rate-by-group", "02-win-rate-by-definition")
                for kind in ("svg", "pdf", "png")
            ),
            "numbers/01-win-rate-by-group.csv",
            "numbers/02-win-rate-by-definition.csv",
            "numbers.xlsx",
            "slides.pptx",
            "alternative-texts.txt",
            "READ-ME.txt",
        ]
    )
    again, before = (zipfile.ZipFile(io.BytesIO(data)) for data in (board_pack(made), first))
    # vl-convert writes the entries of a PDF's resources in another order each time; nothing else may differ.
    assert [name for name in names if again.read(name) != before.read(name) and not name.endswith(".pdf")] == []
