"""Files that are no delimited text: old and open workbooks, web pages, Parquet, and packed files."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.errors import FileRefused
from app.ingest.limits import Limits
from app.ingest.model import Answers
from app.ingest.opening import open_file
from app.ingest.raw import RawTable, lines_reconcile

DEALS_CSV = "Deal ID,Account,Stage,Amount\nD1,Ada,Won,100\nD2,Bell,Lost,50\n"

OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"


def opened(data: bytes, *, name: str = "export", limits: Limits | None = None) -> RawTable:
    raw = open_file(data, name=name, answers=Answers(), limits=limits or Limits())
    assert lines_reconcile(raw)
    assert raw.cells.num_rows == raw.facts.rows == len(raw.lines)
    return raw


def rows(raw: RawTable) -> list[list[str]]:
    return [list(row.values()) for row in raw.cells.to_pylist()]


def gzipped(data: bytes) -> bytes:
    """Packed without the time of packing, so that the same test has the same name in every process."""
    return gzip.compress(data, mtime=0)


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def ods(sheet: str, *, before: str = "") -> bytes:
    content = (
        f'<?xml version="1.0"?>{before}<office:document-content xmlns:office="{OFFICE}" xmlns:table="{TABLE}" xmlns:text="{TEXT}">'
        f'<office:body><office:spreadsheet><table:table table:name="Deals">{sheet}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    return zipped(**{"mimetype": kind, "META-INF/manifest.xml": manifest.encode(), "content.xml": content.encode()})


def ods_row(*cells: str) -> str:
    return "<table:table-row>" + "".join(cells) + "</table:table-row>"


def words(text: str) -> str:
    return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'


# Workbooks of other programs


def test_an_open_document_is_read() -> None:
    day = '<table:table-cell office:value-type="date" office:date-value="2025-10-14"><text:p>14.10.25</text:p></table:table-cell>'
    amount = '<table:table-cell office:value-type="float" office:value="1234.5"><text:p>1.234,50</text:p></table:table-cell>'
    raw = opened(ods(ods_row(words("Deal"), words("Closed"), words("Amount")) + ods_row(words("A"), day, amount)))
    assert (raw.facts.kind, raw.facts.sheet, raw.headings) == ("ods", "Deals", ("Deal", "Closed", "Amount"))
    assert rows(raw) == [["A", "2025-10-14", "1234.5"]]


def test_an_open_document_that_declares_entities_is_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    with pytest.raises(FileRefused, match="declares entities"):
        opened(ods(ods_row(words("Deal")), before=bomb))


@pytest.mark.parametrize("repeated", ['table:number-rows-repeated="1048576"', ""])
def test_an_open_document_with_a_cell_far_away_is_refused_at_once(repeated: str) -> None:
    far = (
        f'<table:table-row {repeated}><table:table-cell table:number-columns-repeated="16384" office:value-type="string"><text:p>x</text:p>'
    )
    with pytest.raises(FileRefused, match=r"too large|damaged|no rows of data"):
        opened(ods(far + "</table:table-cell></table:table-row>"))


@pytest.mark.parametrize(("name", "kind"), [("date.xls", "xls"), ("date.xlsb", "xlsb"), ("date.ods", "ods"), ("date.xlsx", "xlsx")])
def test_the_same_dates_from_each_workbook_format(shared_torture: Path, name: str, kind: str) -> None:
    data = (shared_torture / "excel-odd" / "tests" / name).read_bytes()
    raw = opened(data, name=name)
    assert raw.facts.kind == kind
    assert "2021-01-01" in {cell[:10] for row in [list(raw.headings), *rows(raw)] for cell in row}


@pytest.mark.parametrize("name", ["date_1904.xls", "date_1904.xlsb", "date_1904.xlsx"])
def test_dates_counted_from_1904(shared_torture: Path, name: str) -> None:
    raw = opened((shared_torture / "excel-odd" / "tests" / name).read_bytes(), name=name)
    assert "2021-01-01" in {cell[:10] for row in [list(raw.headings), *rows(raw)] for cell in row}


@pytest.mark.parametrize("name", ["issue_385.xls", "pass_protected.xlsb", "pass_protected.ods"])
def test_a_protected_workbook_is_named_as_such(shared_torture: Path, name: str) -> None:
    with pytest.raises(FileRefused, match="protected by a password"):
        opened((shared_torture / "excel-odd" / "tests" / name).read_bytes(), name=name)


def test_an_old_workbook_that_is_damaged_is_refused() -> None:
    with pytest.raises(FileRefused, match="damaged"):
        opened(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), name="deals.xls")


# Web pages


def test_a_web_page_named_like_a_workbook() -> None:
    page = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="windows-1252"><style>td {mso-x:y}</style></head>
    <body><table><tr><td>menu</td></tr></table>
    <table><tr><th>Deal</th><th>Account</th><th>Amount</th></tr>
    <tr><td>A&amp;B</td><td>M\xfcller<br>S\xf6hne</td><td>1&nbsp;200</td></tr>
    <tr><td>C<span style="display: none">secret</span></td><td><script>x()</script>Bell</td><td>7</td></tr></table></body></html>"""
    raw = opened(page.encode("cp1252"), name="report.xls")
    assert (raw.facts.kind, raw.headings) == ("html", ("Deal", "Account", "Amount"))
    assert rows(raw) == [["A&B", "Müller\nSöhne", "1 200"], ["C", "Bell", "7"]]
    assert any("2 tables" in note for note in raw.notes)


def test_cells_that_span_rows_and_columns_keep_the_others_in_place() -> None:
    page = """<table><tr><td>Deal</td><td>Region</td><td>Amount</td></tr>
    <tr><td>A</td><td rowspan=2>North</td><td>1</td></tr><tr><td>B</td><td>2</td></tr>
    <tr><td colspan="2">C</td><td>3</td></tr><tr><td rowspan="0" colspan="x">D</td><td>South</td><td>4</td></tr></table>"""
    raw = opened(page.encode())
    assert rows(raw) == [["A", "North", "1"], ["B", "North", "2"], ["C", "", "3"], ["D", "South", "4"]]
    assert raw.notes[-1] == "Words in cells that span several rows were read for each of these rows, in 1 cell; numbers were not."


def test_what_spans_rows_is_said_of_each_of_them_unless_it_is_a_number_or_a_heading() -> None:
    page = """<table><thead><tr><td rowspan=2>Deal</td><td rowspan=2>Region</td><td colspan=2>Amounts</td></tr>
    <tr><td>Line</td><td>Total</td></tr></thead>
    <tr><td>A</td><td rowspan=3>North</td><td>1</td><td rowspan=2>3</td></tr>
    <tr><td>B</td><td>2</td></tr><tr><td></td><td></td><td></td></tr>
    <tr><td>C</td><td rowspan=9>South</td><td>4</td><td>4</td></tr></table>"""
    raw = opened(page.encode())
    assert raw.headings[:2] == ("Deal", "Region")
    assert rows(raw) == [["A", "North", "1", "3"], ["B", "North", "2", ""], ["C", "South", "4", "4"]]
    assert dict(raw.facts.apart)["blank"] == 1


@pytest.mark.parametrize(
    ("page", "message"),
    [
        (b"<html><body>Please sign in</body></html>", "without a table"),
        (b"<html><table></table></html>", "is empty"),
        (b"<!DOCTYPE html [<!ENTITY a 'b'>]><table><tr><td>&a;</td></tr></table>", "no rows of data"),
    ],
)
def test_a_web_page_without_rows_is_refused(page: bytes, message: str) -> None:
    with pytest.raises(FileRefused, match=message):
        opened(page)


# Parquet


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def test_every_plain_kind_of_parquet_column_becomes_text() -> None:
    table = pa.table(
        {
            "Deal": pa.array(["007", None]).dictionary_encode(),
            "Amount": pa.array([Decimal("1234.50"), None], pa.decimal128(12, 2)),
            "Score": pa.array([3.0, 0.1]),
            "Won": pa.array([True, None]),
            "Closed": pa.array([date(2025, 10, 14), None]),
            "Created": pa.array([datetime(2025, 10, 14, 9, 12), None]),
            "Day": pa.array([datetime(2025, 10, 14), None]),
            "Seen": pa.array([datetime(2025, 10, 14, 9, 12), None], pa.timestamp("us", "Europe/Berlin")),
            "Tags": pa.array([["a"], None]),
            "Big": pa.array([2**53 + 1, None], pa.int64()),
        }
    )
    raw = opened(parquet(table))
    assert rows(raw) == [
        [
            "007",
            "1234.50",
            "3",
            "TRUE",
            "2025-10-14",
            "2025-10-14 09:12:00.000000",
            "2025-10-14",
            "2025-10-14T09:12:00Z",
            "9007199254740993",
        ],
        ["", "", "0.1", "", "", "", "", "", ""],
    ]
    assert raw.notes == ("Left out, because a cell holds a list or a record: Tags.",)
    assert raw.facts.kind == "parquet"


def test_damaged_and_empty_parquet_is_refused() -> None:
    whole = parquet(pa.table({"a": ["x"] * 1_000}))
    for data in (b"PAR1" + bytes(100), whole[:-20], whole[:40] + bytes(60) + whole[100:]):
        with pytest.raises(FileRefused):
            opened(data)
    with pytest.raises(FileRefused, match="no rows"):
        opened(parquet(pa.table({"a": pa.array([], pa.string())})))
    with pytest.raises(FileRefused, match="at most 10"):
        opened(whole, limits=Limits(rows=10))


# Packed files


@pytest.mark.parametrize("pack", [lambda data: zipped(**{"folder/deals.csv": data}), gzipped], ids=["zip", "gzip"])
def test_a_packed_table_is_the_table(pack: object) -> None:
    assert callable(pack)
    packed = pack(DEALS_CSV.encode())
    raw, plain = opened(packed, name="deals.csv.gz"), opened(DEALS_CSV.encode())
    assert (raw.headings, rows(raw)) == (plain.headings, rows(plain))
    assert raw.facts.size == len(packed)
    assert raw.notes[0].startswith("Unpacked from the archive: deals.csv")


def test_a_workbook_may_be_packed_too() -> None:
    inner = ods(ods_row(words("Deal"), words("Amount")) + ods_row(words("A"), words("1")))
    assert rows(opened(zipped(**{"deals.ods": inner, "__MACOSX/._deals.ods": b"x"}))) == [["A", "1"]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (zipped(**{"a.csv": b"a,b\n1,2\n", "b.csv": b"a,b\n1,2\n"}), "2 files: a.csv, b.csv"),
        (zipped(), "empty"),
        (zipped(**{"a.zip": zipped(**{"a.csv": b"a,b\n1,2\n"})}), "packed twice"),
        (gzipped(gzipped(b"a,b\n1,2\n")), "packed twice"),
        (gzipped(b"a,b\n1,2\n" * 100)[:-9], "damaged"),
        (zipped(**{"../../a.csv": b"a,b\n1,2\n"}), "outside itself"),
        (gzipped(bytes(400_000)), "unpacks to more"),
        (zipped(**{"a.csv": bytes(400_000)}), "unpacks to"),
    ],
    ids=["two files", "no file", "zip in zip", "gzip in gzip", "cut off", "outside", "gzip bomb", "zip bomb"],
)
def test_packed_files_that_are_not_one_table_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(FileRefused, match=message):
        opened(data, limits=Limits(unpacked_bytes=300_000))
