"""Workbooks: cells as text, the table inside a sheet, and archives that must not be opened."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from app.errors import FileRefused
from app.ingest.limits import Limits
from app.ingest.model import Answers
from app.ingest.opening import open_file
from app.ingest.raw import RawTable, lines_reconcile

_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_SPREADSHEET}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SPREADSHEET}.worksheet+xml"/></Types>'
)


def opened(data: bytes, *, answers: Answers | None = None, limits: Limits | None = None) -> RawTable:
    raw = open_file(data, name="report.xlsx", answers=answers or Answers(), limits=limits or Limits())
    assert lines_reconcile(raw)
    assert raw.cells.num_rows == raw.facts.rows == len(raw.lines)
    return raw


def rows(raw: RawTable) -> list[list[str]]:
    return [list(row.values()) for row in raw.cells.to_pylist()]


def workbook(**sheets: Sequence[Sequence[object]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, table in sheets.items():
        sheet = book.create_sheet(name)
        for row in table:
            sheet.append(row)
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def archive(sheet: str, **parts: str) -> bytes:
    """The smallest workbook with this XML as its sheet, and other parts by name."""
    out = io.BytesIO()
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", _TYPES)
        made.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        made.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{relation}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        made.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{relation}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        made.writestr("xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>')
        for name, text in parts.items():
            made.writestr(name, text)
    return out.getvalue()


def test_cells_become_text_without_loss() -> None:
    day, moment = datetime.date(2025, 10, 14), datetime.datetime(2025, 10, 14, 9, 12)
    book = workbook(
        S=[
            ["Id", "Closed", "At", "Amount", "Rate", "Won", "Long id", "Note"],
            ["006", day, moment, 1054, 0.1, True, "00012", " kept "],
            ["007", day, moment, 12.5, 1e-7, False, "00013", "a\nb"],
        ]
    )
    raw = opened(saved(book))
    assert rows(raw) == [
        ["006", "2025-10-14", "2025-10-14 09:12:00", "1054", "0.1", "TRUE", "00012", " kept "],
        ["007", "2025-10-14", "2025-10-14 09:12:00", "12.5", "1e-07", "FALSE", "00013", "a\nb"],
    ]
    assert raw.date_columns == frozenset({1, 2})
    assert raw.lines.to_pylist() == [2, 3]
    assert (raw.facts.kind, raw.facts.sheet, raw.facts.encoding, raw.facts.lines) == ("xlsx", "S", None, 3)


def test_the_point_of_a_true_number_is_never_a_thousands_mark() -> None:
    book = workbook(S=[["Id", "Amount", "Mixed"], ["1", 1.234, 1.234], ["2", 2.345, "1.234"], ["3", 5.5, "n/a"]])
    raw = opened(saved(book))
    assert raw.number_columns == frozenset({1})
    # In a column of numbers and texts a fourth decimal keeps the two apart.
    assert [row[1:] for row in rows(raw)] == [["1.234", "1.2340"], ["2.345", "1.234"], ["5.5", "n/a"]]


def test_error_cells_keep_their_code() -> None:
    head = '<row r="1"><c r="A1" t="inlineStr"><is><t>Deal</t></is></c><c r="B1" t="inlineStr"><is><t>Amount</t></is></c></row>'
    data = '<row r="2"><c r="A2"><v>5</v></c><c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
    assert rows(opened(archive(head + data))) == [["5", "#DIV/0!"]]


def test_error_cells_stand_where_they_are_beside_an_empty_column() -> None:
    cells = '<c r="{0}{1}" t="inlineStr"><is><t>{2}</t></is></c>'
    head = f'<row r="3">{cells.format("C", 3, "Deal")}{cells.format("D", 3, "Amount")}</row>'
    data = '<row r="4"><c r="C4"><v>5</v></c><c r="D4" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
    raw = opened(archive(head + data))
    assert (raw.headings, rows(raw), raw.facts.head_line) == (("Deal", "Amount"), [["5", "#DIV/0!"]], 3)


def test_a_formatted_report_begins_below_its_titles_and_beside_an_empty_column() -> None:
    table: list[list[object]] = [
        [None],
        [None, "Won deals"],
        [None, "As of 2026-10-20", None, "Generated by Ann Lee"],
        [None],
        [None, "Filtered By"],
        [None, "Show: All opportunities"],
        [None],
        [None, "Opportunity Name", "Stage", "Close Date", "Amount"],
        [None, "A", "Closed Won", datetime.date(2026, 1, 5), 10],
        [None, "B", "Closed Lost", datetime.date(2026, 1, 6), 20.5],
        [None, "Total", None, None, 30.5],
        [None],
        [None, "Confidential Information - Do Not Distribute"],
    ]
    raw = opened(saved(workbook(Report=table)))
    assert raw.headings == ("Opportunity Name", "Stage", "Close Date", "Amount")
    assert rows(raw) == [["A", "Closed Won", "2026-01-05", "10"], ["B", "Closed Lost", "2026-01-06", "20.5"]]
    assert raw.facts.head_line == 8
    assert raw.facts.apart == (("head", 1), ("blank", 4), ("preamble", 4), ("total", 1), ("footer", 1))
    assert raw.date_columns == frozenset({2})


def test_the_largest_visible_sheet_is_proposed_and_another_can_be_chosen() -> None:
    book = workbook(
        Cover=[["Title", "x"], ["a", "b"]], Deals=[["Id", "Stage"]] + [[f"d{i}", "Won"] for i in range(9)], Secret=[["k", "v"]] * 50
    )
    book["Secret"].sheet_state = "hidden"
    data = saved(book)
    proposed = opened(data)
    assert (proposed.facts.sheet, proposed.facts.sheets, proposed.facts.rows) == ("Deals", ("Cover", "Deals", "Secret"), 9)
    assert proposed.notes == ("Hidden in the workbook: “Secret”.", "The largest sheet, “Deals”, is read; the workbook also has “Cover”.")
    assert opened(data, answers=Answers(sheet="Cover")).facts.rows == 1
    with pytest.raises(FileRefused, match="no sheet “Nope”"):
        opened(data, answers=Answers(sheet="Nope"))


@pytest.mark.parametrize(
    "far",
    [
        '<c r="XFD1048576"><v>1</v></c>',
        "<c r='XFD1048576'><v>1</v></c>",
        '<c r = "XFD1048576" t="n"><v>1</v></c>',
        '<c t="n"  r="xfd1048576"><v>1</v></c>',
    ],
)
def test_a_far_cell_is_refused_however_it_is_written(far: str) -> None:
    sheet = f'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">{far}</row>'
    with pytest.raises(FileRefused, match="1,048,576 rows and 16,384 columns"):
        opened(archive(sheet))


def test_a_far_cell_is_refused_wherever_the_sheet_is_kept_and_behind_leading_zeros() -> None:
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="XFD1048576"><v>1</v></c><c r="A000000000"><v>1</v></c></row>'
    with pytest.raises(FileRefused, match="1,048,576 rows"):
        opened(archive(far))
    hidden = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive(far))) as made, zipfile.ZipFile(hidden, "w", zipfile.ZIP_DEFLATED) as moved:
        for part in made.namelist():
            text = made.read(part).replace(b"worksheets/sheet1.xml", b"media/picture.png")
            moved.writestr(part.replace("worksheets/sheet1.xml", "media/picture.png"), text)
    with pytest.raises(FileRefused, match="1,048,576 rows"):
        opened(hidden.getvalue())


def test_a_formatted_but_empty_far_cell_does_no_harm() -> None:
    sheet = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>Deal</t></is></c><c r="XFD1" s="1"/></row>'
        '<row r="2"><c r="A2"><v>5</v></c></row><row r="1048576"><c r="A1048576" s="1"/></row>'
    )
    assert rows(opened(archive(sheet))) == [["5"]]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (archive("", **{"xl/sharedStrings.xml": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><sst/>'}), "declares entities"),
        (archive("", **{"../evil.xml": "<a/>"}), "parts outside itself"),
        (archive("", **{"xl/workbook.bin": "x"}), "sheet is empty|damaged"),
        (archive("", **{"a.xml": "<a>" + "0" * 20_000_000 + "</a>"}), "unpacks to far more"),
        (archive("")[:-30], "damaged"),
        (archive("not xml <<<"), "damaged|empty|no sheet"),
        (archive(""), "empty"),
    ],
)
def test_dangerous_and_damaged_archives_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        opened(data)


def test_too_many_parts_are_refused() -> None:
    with pytest.raises(FileRefused, match="has 6 parts"):
        opened(archive("", **{"a.xml": "<a/>"}), limits=Limits(members=5))


def test_odd_workbooks_are_read_or_refused(shared_torture: Path) -> None:
    files = sorted((shared_torture / "excel-odd" / "tests").iterdir())
    assert len(files) > 100
    read = 0
    for file in files:
        try:
            opened(file.read_bytes())
            read += 1
        except FileRefused as refusal:
            assert refusal.remedy, file
    assert read >= 50


def test_dates_of_1904_are_the_same_days(shared_torture: Path) -> None:
    folder = shared_torture / "excel-odd" / "tests"
    assert rows(opened((folder / "date_1904.xlsx").read_bytes()))[:2] == [["2021-01-01", "15"], ["2021-01-02", "16"]]
    assert rows(opened((folder / "date.xlsx").read_bytes()))[:2] == [["2021-01-01", "15"], ["2021-01-02", "16"]]
