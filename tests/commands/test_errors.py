"""What goes wrong on the command line: one sentence and a remedy on the error stream, exit status 2, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from app.commands.answering import FORMATS
from app.ingest.numbers import DecimalMark
from app.ingest.values import DATE_FORMATS
from tests.commands.conftest import Run

GARBAGE = b"\x00\x01\x02\xff" * 500
ROOT = Path(__file__).parents[2]

WRONG: list[tuple[str, str]] = [
    ("scorecard {absent}", "absent.csv: cannot be opened (No such file or directory). Check the name and the rights."),
    ("inspect {absent}", "absent.csv: cannot be opened (No such file or directory). Check the name and the rights."),
    ("read {absent} --out -", "absent.csv: cannot be opened (No such file or directory). Check the name and the rights."),
    ("scorecard {folder}", "cannot be opened (Is a directory). Check the name and the rights."),
    ("scorecard {garbage}", "garbage.csv: The file is not a text table. Export it again as CSV or as an Excel workbook (.xlsx)."),
    ("inspect {garbage}", "garbage.csv: The file is not a text table. Export it again as CSV or as an Excel workbook (.xlsx)."),
    ("read {garbage} --out -", "garbage.csv: The file is not a text table. Export it again as CSV or as an Excel workbook (.xlsx)."),
    ("scorecard {empty}", "empty.csv: The file is empty. Export it again; nothing was imported."),
    ("scorecard {deals} {deals}", "deals.csv: another file of deal rows was given before it. Give one file of each kind."),
    ("scorecard {deals} --before 2025-01-01..2025-02-01", "--before and --after go together. Give both, e.g."),
    (
        "scorecard {deals} --before 2025-01-01 --after 2025-03-01..2025-03-31",
        "“2025-01-01” is no span of days. Write it as 2025-01-01..2025-06-30.",
    ),
    ("scorecard {deals} --before 2025-13-01..2025-12-31 --after 2026-01-01..2026-02-01", "“2025-13-01” is no day. Write it as 2025-01-31."),
    ("scorecard {deals} --before 2025-02-01..2025-01-01 --after 2025-03-01..2025-04-01", "“2025-02-01..2025-01-01” ends before it begins."),
    ("scorecard {deals} --since soon", "“soon” is no day. Write it as 2025-01-31."),
    ("scorecard {deals} --since 1999-01-01", "The data do not reach a whole month on both sides of that day. Choose another day."),
    ("scorecard {deals} --from 2025-05-01 --to 2025-04-01", "--from 2025-05-01 is after --to 2025-04-01. Put the earlier day first."),
    ("scorecard {deals} --group Planet", "No file has a column “Planet” to compare by. Choose from Region."),
    (
        "scorecard {deals} --values North,South",
        "--values goes with --group. Name the column too, e.g. --group Region --values North,South.",
    ),
    ("scorecard {deals} --group Region --values North", "--values North: two values are needed. Write them with a comma between, e.g."),
    (
        "scorecard {deals} --group Region --values North,East",
        "--values North,East: these are not two values of “Region”. Choose two from North, South.",
    ),
    ("scorecard {deals} --edition 1999", "There is no edition “1999” of the benchmarks. Known editions: 2026-11."),
    ("scorecard {deals} --time-zone Mars/Base", "“Mars/Base” is no time zone. Write it as Europe/Berlin or UTC."),
    ("scorecard {deals} --set amount", "--set amount: this is not NAME=VALUE. Write the name, an equals sign, and the value."),
    ("scorecard {deals} --set price=Amount", "--set price=Amount: there is no field “price”. Choose from "),
    (
        "scorecard {deals} --set amount=Price",
        "--set amount=Price: no column is headed “Price”. Choose from Account, Amount, Closed, Created, Deal ID, Region, Stage.",
    ),
    (
        "scorecard {deals} --set sessions=Amount",
        "--set sessions=Amount: that table has no field “sessions”. Choose another field, or name the kind",
    ),
    ("inspect {deals} --set amount=Price", "--set amount=Price: no column is headed “Price”. Choose from Account, Amount,"),
    (
        "scorecard {deals} --column Closed=sideways",
        "--column Closed=sideways: “sideways” is no way to read a column. Choose from year first, day first,",
    ),
    ("scorecard {deals} --column Ended=day__first", "--column Ended=day first: no column is headed “Ended”. Choose from Account, Amount,"),
    ("scorecard {deals} --stage Lost=gone", "--stage Lost=gone: “gone” is no outcome. Choose from won, lost, no_decision, open, ignored."),
    ("scorecard {deals} --stage Gone=lost", "--stage Gone=lost: no row has the stage “Gone”. Choose from Lost, Negotiation, Won."),
    (
        "scorecard {deals} --encoding klingon",
        "deals.csv: The file cannot be read in the encoding “klingon”. Choose another encoding, or leave it to be found.",
    ),
    ("scorecard {deals} --delimiter abc", "deals.csv: “abc” cannot be a delimiter. Choose comma, semicolon, tab, bar or space."),
    ("scorecard {deals} --head-line 999", "deals.csv, row 999: There is no such line for the head row. Choose another line."),
    ("scorecard {asked}", "Which comes first in “Closed”, the day or the month?"),
    ("scorecard {asked}", 'Answer with --column "Closed=day first" or --column "Closed=month first".'),
    ("scorecard {words}", 'Answer with --stage "Parked=won" or --stage "Parked=lost" or'),
    ("read {deals} --out {folder}", "cannot be written (Is a directory). Choose another place."),
    ("sample --out {deals}", "cannot be written to (File exists). Choose another folder."),
    ("sample --out {folder} --seed -1", "--seed -1 is below 0. Choose 0 or a larger number."),
]


@pytest.fixture
def files(tmp_path: Path, deals: Path) -> dict[str, Path]:
    """The files of the table above, by name."""
    texts = {
        "garbage": GARBAGE,
        "empty": b"",
        "asked": b"Deal ID,Stage,Amount,Closed\n1,Won,100,03/04/2025\n2,Lost,100,05/06/2025\n",
        "words": b"Deal ID,Stage,Amount,Closed\n1,Won,100,2025-01-02\n2,Lost,100,2025-01-03\n3,Parked,5,2025-01-04\n",
    }
    for name, data in texts.items():
        (tmp_path / f"{name}.csv").write_bytes(data)
    named = {name: tmp_path / f"{name}.csv" for name in (*texts, "absent")}
    folder = tmp_path / "folder"
    folder.mkdir()
    return {**named, "deals": deals, "folder": folder}


@pytest.mark.parametrize(("command", "says"), WRONG)
def test_an_error_is_a_sentence(run: Run, files: dict[str, Path], command: str, says: str) -> None:
    # Two underscores stand for a space within an argument.
    done = run(*(part.replace("__", " ").format(**files) for part in command.split()))
    assert (done.status, done.out) == (2, "")
    assert says in done.err
    assert "Traceback" not in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    ["", "nothing", "scorecard", "read {deals}", "scorecard {deals} --since 2025-01-01 --group Region", "scorecard {deals} --tabel deal"],
)
def test_a_wrong_option_is_told_with_the_usage(run: Run, files: dict[str, Path], command: str) -> None:
    done = run(*(part.format(**files) for part in command.split()))
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("usage: python -m app")


def test_the_status_and_the_streams_of_a_process(files: dict[str, Path]) -> None:
    command = [sys.executable, "-m", "app", "scorecard", str(files["garbage"])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "garbage.csv: The file is not a text table. Export it again as CSV or as an Excel workbook (.xlsx).\n"


def test_every_format_of_the_import_can_be_named() -> None:
    assert set(FORMATS) == DATE_FORMATS | set(get_args(DecimalMark))
