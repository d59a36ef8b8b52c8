"""Opening a file: encodings, dialects, what is a row and what is not, and the law that no line is lost."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path

import pytest

from app.errors import FileRefused
from app.ingest.limits import Limits
from app.ingest.model import Answers
from app.ingest.opening import open_file
from app.ingest.raw import RawTable, lines_reconcile


def opened(data: bytes | str, *, name: str = "deals.csv", answers: Answers | None = None, limits: Limits | None = None) -> RawTable:
    content = data.encode() if isinstance(data, str) else data
    raw = open_file(content, name=name, answers=answers or Answers(), limits=limits or Limits())
    assert lines_reconcile(raw)
    assert raw.cells.num_rows == raw.facts.rows == len(raw.lines)
    assert raw.cells.num_columns == raw.facts.columns == len(raw.headings) == len(set(raw.headings))
    return raw


def rows(raw: RawTable) -> list[list[str]]:
    return [list(row.values()) for row in raw.cells.to_pylist()]


# Encodings


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32-le"),
        ("cp1252", "cp1252"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_encoding_delimiter_and_line_end_gives_the_same_table(encoding: str, found: str, delimiter: str, line_end: str) -> None:
    table = [
        ["1", "Müller & Söhne", f"first line{line_end}second line", "1.234,50"],
        ["2", 'say "hi"', "a, b; c | d\te", "€ 5"],
        ["3", "", "", "Ação"],
    ]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end)
    writer.writerow(["Deal ID", "Account", "Note", "Amount"])
    writer.writerows(table)

    raw = opened(out.getvalue().encode(encoding))

    assert raw.headings == ("Deal ID", "Account", "Note", "Amount")
    assert rows(raw) == table
    assert (raw.facts.encoding, raw.facts.delimiter) == (found, delimiter)
    assert raw.lines.to_pylist() == [2, 4, 5]
    assert (raw.facts.lines, raw.data_lines, raw.facts.apart) == (5, 4, (("head", 1),))


def test_a_few_foreign_bytes_do_not_spoil_utf8() -> None:
    raw = opened("Account;Owner\nMüller;Zoë\nSöhne;Łukasz\n".encode() + b"\xa9 Ltd;Ann\n")
    assert rows(raw) == [["Müller", "Zoë"], ["Söhne", "Łukasz"], ["© Ltd", "Ann"]]
    assert raw.facts.encoding_reason == "UTF-8, except for 1 byte(s) that were read as Windows-1252."


def test_the_encoding_can_be_chosen_and_must_exist() -> None:
    data = "Name,Sum\nŁódź,1\n".encode("cp1250")
    assert rows(opened(data, answers=Answers(encoding="cp1250"))) == [["Łódź", "1"]]
    with pytest.raises(FileRefused, match="encoding “klingon”"):
        opened(data, answers=Answers(encoding="klingon"))


# Dialects


def test_decimal_commas_do_not_make_the_comma_the_delimiter() -> None:
    raw = opened("Deal;Amount;Won\nA;1,5;yes\nB;2,5;no\nC;10,25;yes\n")
    assert raw.facts.delimiter == ";"
    assert rows(raw) == [["A", "1,5", "yes"], ["B", "2,5", "no"], ["C", "10,25", "yes"]]


def test_one_missing_delimiter_does_not_collapse_the_file() -> None:
    raw = opened("a,b,c\n1,2,3\n4 5,6\n7,8,9\n")
    assert rows(raw) == [["1", "2", "3"], ["7", "8", "9"]]
    assert raw.unreadable == ((3, "has 2 fields instead of 3"),)


def test_a_stray_quote_costs_no_line() -> None:
    raw = opened('a,b,c\n1,5" disk,3\n4,"open,6\n7,8,9\n10,"He said "yes" twice",12\n13,"fine, really",15\n')
    assert rows(raw) == [
        ["1", '5" disk', "3"],
        ["4", '"open', "6"],
        ["7", "8", "9"],
        ["10", 'He said "yes" twice', "12"],
        ["13", "fine, really", "15"],
    ]


def test_a_lost_delimiter_before_a_quote_does_not_shift_the_cells() -> None:
    raw = opened('a,b,c\n1,"x, y",3\n4"x, y",6\n7,8,9\n')
    assert rows(raw) == [["1", "x, y", "3"], ["7", "8", "9"]]
    assert raw.unreadable == ((3, "has quotation marks that do not pair up"),)


def test_two_stray_quotes_do_not_swallow_the_lines_between() -> None:
    raw = opened('a,b,c\n1,2,"x\n4,5,6\n7,8,9\n10,11,y"\n13,14,15\n')
    assert rows(raw) == [["1", "2", '"x'], ["4", "5", "6"], ["7", "8", "9"], ["10", "11", 'y"'], ["13", "14", "15"]]


def test_a_single_column_stays_one_and_a_chosen_delimiter_wins() -> None:
    raw = opened("Comment\nGood\nBad, in part\nFine\nFine too\n")
    assert (raw.facts.delimiter, raw.headings, len(rows(raw))) == (None, ("Comment",), 4)
    chosen = opened("a:b,c\n1:2,3\n4:5,6\n", answers=Answers(delimiter=":"))
    assert rows(chosen) == [["1", "2,3"], ["4", "5,6"]]
    with pytest.raises(FileRefused, match="cannot be a delimiter"):
        opened("a,b\n1,2\n", answers=Answers(delimiter="ab"))


def test_excels_first_line_names_the_delimiter() -> None:
    raw = opened("sep=;\na;b\n1,5;2\n")
    assert (rows(raw), raw.facts.head_line, raw.facts.apart) == ([["1,5", "2"]], 2, (("head", 1), ("preamble", 1)))


# What is a row and what is not


def test_google_analytics_totals_have_one_field_more_than_the_head() -> None:
    raw = opened(
        "# ---\n# Tab 3\n# 20260226-20260325\n# ---\n\nChannel,Sessions,Rate\n,242,0.5,Grand total\nDirect,224,0.5\nReferral,18,0.1\n\n"
    )
    assert rows(raw) == [["Direct", "224", "0.5"], ["Referral", "18", "0.1"]]
    assert raw.facts.head_line == 6
    assert raw.facts.apart == (("head", 1), ("comment", 4), ("blank", 2), ("total", 1))
    assert raw.comments == ("# ---", "# Tab 3", "# 20260226-20260325", "# ---")


def test_a_salesforce_report_ends_with_a_footer() -> None:
    footer = (
        '"Grand Totals (2 records)"\n\n"Won deals by month"\n"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."\n'
        '"Confidential Information - Do Not Distribute"\n"Generated By:  Ann Lee  20/10/2026 09:12"\n"Example Ltd"\n'
    )
    raw = opened('"Opportunity Name","Stage","Amount"\n"A","Closed Won","10"\n"B","Closed Lost","20"\n\n' + footer)
    assert rows(raw) == [["A", "Closed Won", "10"], ["B", "Closed Lost", "20"]]
    assert raw.facts.apart == (("head", 1), ("blank", 2), ("total", 1), ("footer", 5))
    assert raw.unreadable == ()


def test_a_cut_last_line_is_no_footer() -> None:
    raw = opened("a,b,c\n1,2,3\n4,5,6\n7\n")
    assert rows(raw) == [["1", "2", "3"], ["4", "5", "6"]]
    assert raw.unreadable == ((4, "has 1 fields instead of 3"),)
    assert (raw.unreadable_lines, raw.facts.apart) == (1, (("head", 1),))


def test_several_tables_one_after_another_give_the_longest() -> None:
    raw = opened(
        "# Start date: 20260101\nDay,Users\n1,5\n2,6\n\n# Start date: 20250101\nChannel,Sessions\nA,1\nB,2\nC,3\n\n# x\nEvent,Count\n"
    )
    assert raw.headings == ("Channel", "Sessions")
    assert rows(raw) == [["A", "1"], ["B", "2"], ["C", "3"]]
    assert raw.comments[0] == "# Start date: 20250101"
    assert raw.facts.apart == (("head", 1), ("comment", 3), ("blank", 2), ("preamble", 3), ("footer", 1))
    assert raw.notes == (
        "The file holds 2 tables one after another. The one with its head row in line 7 is read, the others are set apart; "
        "to read one of them, choose its head row: line 2.",
    )


def test_a_table_behind_another_is_read_when_its_head_row_is_chosen() -> None:
    raw = opened("Day,Users\n1,5\n2,6\n\n# x\nChannel,Sessions\nA,1\nB,2\nC,3\n", answers=Answers(head_line=1))
    assert (raw.headings, rows(raw)) == (("Day", "Users"), [["1", "5"], ["2", "6"]])


def test_fields_separated_by_single_spaces() -> None:
    raw = opened('deal_id stage amount\n1 Won 10.5\n2 Lost 11.5\n3 "Closed Won" 12.5\n')
    assert raw.facts.delimiter == " "
    assert rows(raw) == [["1", "Won", "10.5"], ["2", "Lost", "11.5"], ["3", "Closed Won", "12.5"]]


def test_quotes_behind_a_backslash() -> None:
    raw = opened('id,name,n\n1,"He said \\"hi\\", ok",5\n2,The \\"Best\\",6\n3,"a ""b""",7\n')
    assert rows(raw) == [["1", 'He said "hi", ok', "5"], ["2", 'The "Best"', "6"], ["3", 'a "b"', "7"]]
    assert raw.notes == ('Quotation marks written as \\" were read as quotation marks.',)


@pytest.mark.parametrize(
    ("above", "under", "head_line"),
    [
        ("Deal,Deal,Money,Dates\n", "", 2),
        ("", ",,EUR,dd.mm.yyyy\n", 1),
        ("", "hs_id,hs_stage,hs_amount,hs_close\n", 1),
    ],
)
def test_a_head_of_two_lines(above: str, under: str, head_line: int) -> None:
    raw = opened(f"{above}Deal ID,Stage,Amount,Close Date\n{under}1,Won,5,13.01.2024\n2,Lost,6,14.01.2024\n")
    assert (raw.facts.head_line, raw.facts.apart) == (head_line, (("head", 2),))
    assert raw.headings == ("Deal ID", "Stage", "Amount", "Close Date")
    assert rows(raw) == [["1", "Won", "5", "13.01.2024"], ["2", "Lost", "6", "14.01.2024"]]


def test_a_first_row_with_one_word_for_a_missing_number_is_a_row() -> None:
    raw = opened("Deal ID,Stage,Amount\n1,Won,TBD\n2,Lost,6\n3,Lost,7\n")
    assert len(rows(raw)) == 3


@pytest.mark.parametrize("word", ["Gesamtsumme (2 Datensätze)", "Summe", "Total général", "Suma", "Sous-total", "Average"])
def test_rows_of_totals_in_other_languages(word: str) -> None:
    raw = opened(f"Deal ID;Stage;Amount\n1;Won;5,5\n2;Lost;6,5\n{word};;12,0\n")
    assert raw.facts.apart == (("head", 1), ("total", 1))


def test_a_german_report_of_salesforce_in_windows_1252() -> None:
    text = (
        'Bericht: Gewonnene Opportunities\r\n\r\n"Größe";"Phase";"Betrag"\r\n"Müller & Söhne";"Won";"1.234,56"\r\n"Öl";"Lost";"7,00"\r\n'
        '"Gesamtsumme (2 Datensätze)"\r\n\r\n"Copyright © 2000-2024 salesforce.com, inc. Alle Rechte vorbehalten."\r\n'
        '"Vertrauliche Informationen - Nicht weitergeben"\r\n'
    )
    raw = open_file(text.encode("cp1252"), name="report.csv", answers=Answers(), limits=Limits())
    assert rows(raw) == [["Müller & Söhne", "Won", "1.234,56"], ["Öl", "Lost", "7,00"]]
    assert raw.facts.apart == (("head", 1), ("blank", 2), ("preamble", 1), ("total", 1), ("footer", 2))
    assert (raw.facts.encoding, raw.facts.delimiter) == ("cp1252", ";")


def test_order_numbers_with_a_number_sign_are_rows() -> None:
    raw = opened("Name,Email,Total\n#1001,a@x.com,5\n#1001,,\n#1002,b@x.com,7\n")
    assert rows(raw) == [["#1001", "a@x.com", "5"], ["#1001", "", ""], ["#1002", "b@x.com", "7"]]


def test_empty_rows_and_columns_left_by_excel_are_dropped_and_counted() -> None:
    raw = opened("Deal,Stage,,\nA,Won,,\n,,,\nB,Lost,,\n,,,\n")
    assert (raw.headings, rows(raw)) == (("Deal", "Stage"), [["A", "Won"], ["B", "Lost"]])
    assert raw.facts.apart == (("head", 1), ("blank", 2))
    assert raw.notes == ("2 column(s) without heading and without values were left out.",)


def test_omitted_empty_cells_at_the_end_are_filled_only_where_the_file_always_omits_them() -> None:
    omits = opened("a,b,c\n1,2,3\n4,5\n6,7\n8,9\n10,11,12\n")
    assert rows(omits) == [["1", "2", "3"], ["4", "5", ""], ["6", "7", ""], ["8", "9", ""], ["10", "11", "12"]]
    writes = opened("a,b,c\n1,2,\n4,5\n6,7,\n8,9,\n10,11,12\n")
    assert writes.unreadable == ((3, "has 2 fields instead of 3"),)


def test_headings_are_unique_and_never_empty() -> None:
    raw = opened("Origem, Origem ,,Origem (2)\na,b,c,d\n")
    assert raw.headings == ("Origem", "Origem (3)", "column 3", "Origem (2)")


def test_the_head_row_is_found_moved_or_absent() -> None:
    titled = "Won deals,,\nall regions,,\nDeal,Stage,Amount\nA,Won,10\nB,Lost,20\n"
    found = opened(titled)
    assert (found.facts.head_line, found.facts.apart) == (3, (("head", 1), ("preamble", 2)))
    assert found.comments == ("Won deals", "all regions")
    absent = opened("1,2026-01-05,10\n2,2026-01-06,20\n")
    assert (absent.facts.head_line, absent.headings, len(rows(absent))) == (0, ("column 1", "column 2", "column 3"), 2)
    assert len(rows(opened("1,5\n2,6\n", answers=Answers(head_line=1)))) == 1
    assert rows(opened("a,b\nc,d\n", answers=Answers(head_line=0))) == [["a", "b"], ["c", "d"]]
    with pytest.raises(FileRefused, match="no such line"):
        opened("a,b\n1,2\n", answers=Answers(head_line=9))


def test_a_head_row_that_does_not_fit_the_rows_is_refused() -> None:
    with pytest.raises(FileRefused, match="names 2 columns, but most rows have 3"):
        opened("Deal,Stage\n1,A,Won\n2,B,Lost\n3,C,Won\n")


# Refused with a reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "The file is empty"),
        (b"\n\n \n", "The file is empty"),
        (b"a,b,c\n", "no rows of data"),
        (b"# only a comment\n", "comments but no table|no rows"),
        (b"%PDF-1.7", "This is a PDF"),
        (b'{"a": 1}', "JSON"),
        (b"WEBVTT\n\n00:01", "transcript"),
        (b"PK\x03\x04 broken", "damaged"),
        (random.Random(7).randbytes(4_000), "not a text table|cannot be told|do not fit"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        opened(data)


def test_limits_are_named() -> None:
    with pytest.raises(FileRefused, match="at most 0 MB"):
        opened("a,b\n1,2\n", limits=Limits(file_bytes=3))
    with pytest.raises(FileRefused, match="3 columns; at most 2"):
        opened("a,b,c\n1,2,3\n", limits=Limits(columns=2))
    with pytest.raises(FileRefused, match="too large"):
        opened("a,b,c\n" + "1,2,3\n" * 50, limits=Limits(rows=20))


# Damage


@pytest.mark.parametrize("seed", range(40))
def test_damage_is_reported_and_never_loses_a_line(seed: int) -> None:
    chance = random.Random(seed)
    table = [[f"00{i}", chance.choice(["Won", "Lost, late", "Open"]), chance.choice(["", "a\nb", "Zoë"]), "5"] for i in range(200)]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([["Deal", "Stage", "Note", "Amount"], *table])
    data = bytearray(out.getvalue().encode())
    damage = chance.choice([b'"', b",", b"\n", b"\x00", b"\xff"])
    for _ in range(3):
        at = chance.randrange(60, len(data))
        data[at:at] = damage

    raw = opened(bytes(data))

    intact = {tuple(row) for row in table} & {tuple(row) for row in rows(raw)}
    # Three insertions touch at most three records; a line end inside one makes two of it.
    assert len(intact) >= len({tuple(row) for row in table}) - 3
    assert raw.facts.rows + len(raw.unreadable) >= 197


# Published cases and real files


def test_csv_spectrum(shared_torture: Path) -> None:
    cases = sorted((shared_torture / "csv-spectrum" / "csvs").glob("*.csv"))
    assert len(cases) == 11
    for case in cases:
        raw = opened(case.read_bytes(), name=case.name)
        truth = json.loads((shared_torture / "csv-spectrum" / "json" / f"{case.stem}.json").read_text(encoding="utf-8"))
        # The published JSON writes every line end inside a cell as \n.
        got = [dict(zip(raw.headings, (cell.replace("\r\n", "\n") for cell in row), strict=True)) for row in rows(raw)]
        assert got == [{key: value.replace("\r\n", "\n") for key, value in record.items()} for record in truth], case.name


def test_every_line_of_every_real_csv_is_accounted_for(shared_data: Path) -> None:
    files = sorted(shared_data.rglob("*.csv"))
    assert len(files) > 200
    for file in files:
        data = file.read_bytes()
        try:
            raw = opened(data, name=file.name)
        except FileRefused as refusal:
            # A seed file with a head row only, or a report of nothing.
            assert "no rows of data" in str(refusal), file
            continue
        text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
        assert raw.facts.lines == text.count("\n") + (not text.endswith("\n")), file
        assert raw.unreadable == (), file


def test_every_cell_of_a_real_export_equals_an_independent_reader(shared_data: Path) -> None:
    for name in ("maven_crm/sales_pipeline.csv", "zoho_crm_sample/Potentials.csv", "persuasion_for_good/full_dialog.csv"):
        raw = opened((shared_data / name).read_bytes())
        with (shared_data / name).open(encoding="utf-8-sig", newline="") as file:
            head, *table = csv.reader(file)
        assert rows(raw) == table
        assert len(raw.headings) == len(head)


def test_odd_csv_files_are_read_or_refused(shared_torture: Path) -> None:
    for file in sorted((shared_torture / "messytables-horror" / "horror").iterdir()):
        try:
            opened(file.read_bytes(), name=file.name)
        except FileRefused as refusal:
            assert refusal.remedy, file


@pytest.mark.parametrize("word", ["Gesamt: 914 Datensätze", "Total: 914", "Summe 914 Einträge", "Gesamtergebnis"])
def test_a_total_may_say_how_many_rows_it_adds_up(word: str) -> None:
    raw = opened(f"Nr;Firma;Betrag\n1;A;1,50 €\n2;B;2,50 €\n{word};;4,00 €\n".encode())
    assert raw.facts.apart == (("head", 1), ("total", 1))


@pytest.mark.parametrize(
    ("encoding", "word", "asked"),
    [
        ("cp850", "Café 42", ()),
        ("cp850", "Müller 7", ("cp850", "cp932")),
        # As Windows-1252 these end in dots and in a closing quote, which words do as well.
        ("cp850", "voilà", ("cp1252", "cp850")),
        ("cp850", "Malmö", ("cp1252", "mac_roman", "cp850")),
        ("cp1252", "Café 42", ()),
        ("cp1252", "“Best” deal", ()),
        ("cp1252", "€ 20", ()),
        ("cp1252", "It’s… ok", ()),
    ],
)
def test_a_word_in_a_code_page_is_read_or_asked_about(encoding: str, word: str, asked: tuple[str, ...]) -> None:
    raw = opened(f"id,name\n1,{word} x\n2,{word}\n".encode(encoding))
    assert tuple(choice.value for question in raw.questions for choice in question.choices) == asked
    assert asked or rows(raw)[1] == ["2", word]
