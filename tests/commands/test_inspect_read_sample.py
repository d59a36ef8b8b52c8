"""The commands `inspect`, `read` and `sample`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from app.services.play_company import generate
from tests.commands.conftest import DEALS, Run
from tests.conftest import NO_REAL_FILES


def test_inspect_says_what_is_taken_for_what(run: Run, deals: Path) -> None:
    told = run("inspect", deals, "--json").json
    assert list(told) == [
        "file", "table", "table_confidence", "table_reason", "system", "system_label", "columns", "stages", "questions", "notes", "missing",
        "top", "stages_of", "receipt",
    ]  # fmt: skip
    assert {column["field"]: column["heading"] for column in told["columns"] if column["role"] == "field"} == {
        "id": "Deal ID", "account": "Account", "stage": "Stage", "amount": "Amount", "created": "Created", "closed": "Closed",
    }  # fmt: skip
    assert [column["heading"] for column in told["columns"] if column["role"] == "segment"] == ["Region"]
    assert {word["word"]: (word["rows"], word["outcome"]) for word in told["stages"]} == {
        "Won": (3, "won"), "Lost": (2, "lost"), "Negotiation": (1, "open"),
    }  # fmt: skip
    assert (told["table"], told["questions"], told["receipt"]["rows_read"], told["receipt"]["rows_used"]) == ("deal", [], 6, 6)
    # 100 + 50 + 300 + 150 + 200 + 80
    assert told["receipt"]["amounts"]["read"] == told["receipt"]["amounts"]["used"] == "880.0000"


def test_inspect_in_words(run: Run, deals: Path) -> None:
    done = run("inspect", deals)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("deals.csv: deal (")
    assert "  Region  →  segment" in done.out
    assert "  Negotiation (1)  →  open" in done.out
    assert done.out.endswith("6 rows read, 6 used.\n")


def test_inspect_shows_a_question_with_its_answers_and_no_receipt(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("Deal ID,Stage,Amount,Closed\n1,Won,100,03/04/2025\n2,Lost,100,05/06/2025\n", encoding="utf-8")
    told = run("inspect", path, "--json").json
    assert [(question["key"], [choice["value"] for choice in question["choices"]]) for question in told["questions"]] == [
        ("date_order:Closed", ["day first", "month first"])
    ]
    assert told["receipt"] is None
    assert 'Answer with --column "Closed=day first" or --column "Closed=month first"' in run("inspect", path).out
    answered = run("inspect", path, "--json", "--column", "Closed=day first").json
    assert (answered["questions"], answered["receipt"]["rows_used"]) == ([], 2)


@pytest.mark.parametrize("table", ["deal", "revenue_line"])
def test_the_kind_can_be_named(run: Run, tmp_path: Path, table: str) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("Sale,Customer,Sale_Date,Sale_Value\nA1,X,2025-01-02,10\nA2,Y,2025-02-03,20\n", encoding="utf-8")
    assert run("inspect", path, "--json", "--table", table).json["table"] == table


def test_read_gives_the_cells_back(run: Run, tmp_path: Path) -> None:
    # Cells with the delimiter, quotes, line ends, blanks, a leading zero, a date and an accent, in another encoding and delimiter.
    rows = [["id", "text", "zero", "day"], ["1", 'a; "b"\nc', "007", "03/04/2025"], ["2", " é ", "", "1e5"]]
    written = io.StringIO()
    csv.writer(written, delimiter=";", lineterminator="\r\n").writerows(rows)
    (tmp_path / "odd.csv").write_bytes(written.getvalue().encode("cp1252"))
    assert run("read", tmp_path / "odd.csv", "--out", tmp_path / "clean.csv").status == 0
    with (tmp_path / "clean.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == rows
    out = run("read", tmp_path / "odd.csv", "--out", "-")
    assert out.out.encode() == (tmp_path / "clean.csv").read_bytes()


def spectrum() -> list[Path]:
    """The published cases of csv-spectrum, where they stand beside the repository."""
    return sorted((Path(__file__).parents[3] / "shared" / "torture" / "csv-spectrum" / "csvs").glob("*.csv"))


@pytest.mark.parametrize("case", spectrum() or [None], ids=lambda case: "absent" if case is None else case.stem)
def test_csv_spectrum(run: Run, case: Path | None) -> None:
    if case is None:
        pytest.skip(NO_REAL_FILES)
    done = run("read", case, "--out", "-")
    assert (done.status, done.err) == (0, "")
    truth = json.loads((case.parent.parent / "json" / f"{case.stem}.json").read_text(encoding="utf-8"))
    # The published JSON writes every line end inside a cell as \n.
    told = [{key: cell.replace("\r\n", "\n") for key, cell in row.items()} for row in csv.DictReader(io.StringIO(done.out, newline=""))]
    assert told == [{key: cell.replace("\r\n", "\n") for key, cell in row.items()} for row in truth]


def test_sample_writes_the_play_company(run: Run, play: Path, tmp_path: Path) -> None:
    assert {path.name: path.read_text(encoding="utf-8") for path in play.iterdir()} == {
        file.name: file.text.replace("\r\n", "\n") for file in generate()
    }
    done = run("sample", "--out", tmp_path / "other", "--seed", "7")
    assert done.out.splitlines() == [str(tmp_path / "other" / file.name) for file in generate()]
    assert (tmp_path / "other" / "deals.csv").read_bytes() != (play / "deals.csv").read_bytes()


def test_every_file_of_the_play_company_is_read_without_a_question(run: Run, play: Path) -> None:
    tables = {path.name: run("inspect", path, "--json").json for path in sorted(play.iterdir())}
    assert {name: (told["table"], told["questions"]) for name, told in tables.items()} == {
        "customers.csv": ("customer", []),
        "deals.csv": ("deal", []),
        "invoices.csv": ("revenue_line", []),
        "leads.csv": ("lead", []),
        "web_traffic.csv": ("traffic", []),
    }
    for told in tables.values():
        aside = sum(part["count"] for part in told["receipt"]["set_aside"])
        assert told["receipt"]["rows_read"] == told["receipt"]["rows_used"] + aside


def test_a_byte_order_mark_is_no_part_of_the_first_heading(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(DEALS, encoding="utf-8-sig")
    [head, *_] = csv.reader(io.StringIO(run("read", path, "--out", "-").out, newline=""))
    assert head == ["Deal ID", "Account", "Stage", "Amount", "Created", "Closed", "Region"]
