"""The process that opens files: what comes back, and that nothing a file does reaches the caller but a sentence."""

from __future__ import annotations

import csv
import io
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from app.errors import AnswerNeeded, AppError, FileRefused
from app.ingest import gate, worker_processes
from app.ingest.gate import decode_file, inspect_file, read_file
from app.ingest.limits import Limits
from app.ingest.model import Answers

DEALS = (
    b"Deal ID;Account;Stage;Close Date;Amount\n"
    b"0061;M\xc3\xbcller;Closed Won;2026-01-05;1000.50\n"
    b"0062;S\xc3\xb6hne;Closed Lost;2026-01-06;20\n"
    b"0063;Acme;Closed Won;2026-02-06;30\n"
)


def test_the_table_comes_back_as_decoded() -> None:
    table = list(csv.reader(io.StringIO(decode_file(DEALS, name="deals.csv").decode())))
    assert table == [
        ["Deal ID", "Account", "Stage", "Close Date", "Amount"],
        ["0061", "Müller", "Closed Won", "2026-01-05", "1000.50"],
        ["0062", "Söhne", "Closed Lost", "2026-01-06", "20"],
        ["0063", "Acme", "Closed Won", "2026-02-06", "30"],
    ]


def test_inspection_and_table_cross_the_process_boundary() -> None:
    inspection = inspect_file(DEALS, name="deals.csv")
    assert (inspection.file.name, inspection.file.rows, inspection.file.delimiter, inspection.table) == ("deals.csv", 3, ";", "deal")
    table = read_file(DEALS, name="deals.csv", answers=Answers(table="deal", currency="EUR"))
    assert table.parquet[:4] == b"PAR1"
    assert (table.receipt.rows_read, table.receipt.file) == (3, inspection.file)
    assert table.info.rows == table.receipt.rows_used


def test_an_open_question_arrives_as_one() -> None:
    data = b"Deal ID,Account,Stage,Close Date,Amount\n1,A,Closed Won,03/04/2026,5\n2,B,Closed Lost,05/06/2026,6\n"
    with pytest.raises(AnswerNeeded) as raised:
        read_file(data, name="deals.csv", answers=Answers())
    assert (raised.value.file, raised.value.column) == ("deals.csv", "Close Date")


def test_a_note_of_the_opening_reaches_the_inspection() -> None:
    inspection = inspect_file(DEALS.replace(b"\n", b";;\n"), name="deals.csv")
    assert "2 column(s) without heading and without values were left out." in inspection.notes


def test_an_error_arrives_as_it_was_raised() -> None:
    with pytest.raises(FileRefused) as raised:
        decode_file(b"a,b\n1,2\n", name="x.csv", answers=Answers(head_line=7))
    assert (raised.value.file, raised.value.row, raised.value.column, raised.value.remedy) == ("x.csv", 7, None, "Choose another line.")
    assert str(raised.value) == "x.csv, row 7: There is no such line for the head row. Choose another line."


@pytest.mark.parametrize("data", [b"", b"a" * 11])
def test_size_is_checked_before_anything_is_started(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    with pytest.raises(FileRefused, match=r"empty|MB"):
        inspect_file(data, name="x.csv", limits=Limits(file_bytes=10))


def test_a_slow_file_is_ended_by_the_clock() -> None:
    with pytest.raises(FileRefused, match="takes too long"):
        decode_file(DEALS, name="x.csv", limits=Limits(wall_seconds=0.01))


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux limits the memory of one process.")
def test_a_file_that_needs_too_much_memory_ends_the_worker_only() -> None:
    large = b"a,b,c\n" + b"1,2,3\n" * 3_000_000
    with pytest.raises(FileRefused, match="too much memory"):
        decode_file(large, name="x.csv", limits=Limits(memory_bytes=360 * 1024**2))
    assert decode_file(DEALS, name="deals.csv").startswith(b'"Deal ID"')


def test_a_defect_shows_a_reference_and_logs_the_trace(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(gate, "to_plain", lambda value: {"unknown": 1})
    with caplog.at_level(logging.ERROR), pytest.raises(FileRefused, match=r"could not be read.*reference [0-9a-f]{8}") as raised:
        decode_file(DEALS, name="x.csv")
    reference = str(raised.value).split("reference ")[1][:8]
    assert reference in caplog.text


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    decode_file(DEALS, name="deals.csv")
    with pytest.raises(FileRefused):
        decode_file(b"%PDF", name="x.csv")
    assert list(tmp_path.iterdir()) == []


def test_the_serving_process_does_not_import_the_readers() -> None:
    code = "import sys, app.ingest.gate; print(sorted({'pyarrow', 'python_calamine', 'numpy', 'pandas'} & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(worker_processes.ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "[]"


def test_every_bomb_is_refused_and_the_control_is_read(shared_torture: Path) -> None:
    outcomes: dict[str, int | str] = {}
    for file in sorted((shared_torture / "bombs").iterdir()):
        try:
            outcomes[file.name] = decode_file(file.read_bytes(), name=file.name).count(b"\n")
        except AppError as error:
            assert isinstance(error, FileRefused)
            outcomes[file.name] = error.remedy
    assert outcomes == {
        "billion_laughs_sst.xlsx": "Export the table as CSV.",
        "far_cell.xlsx": "Delete the empty rows and columns around the table, or export it as CSV.",
        "formulas_and_markup.xlsx": 3,
        "ok_small.xlsx": 3,
        "quadratic_sst.xlsx": "Export the table as CSV.",
        "ratio_1048576x40.xlsx": "Export the table as CSV.",
        "traversal.zip": "Export the table again as .xlsx or CSV.",
        "xxe_sst.xlsx": "Export the table as CSV.",
    }


def test_a_large_file_is_opened_once_for_looking_and_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = read_file(DEALS, name="deals.csv", answers=Answers(table="deal", currency="EUR"))
    monkeypatch.setattr(gate, "_LARGE", len(DEALS))
    first = inspect_file(DEALS, name="deals.csv")
    [waiting] = worker_processes._waiting
    process, folder = waiting.process, waiting.path
    assert process is not None
    # Other answers about columns and values are about the same opened file; another head row opens it anew, in the same process.
    renamed = inspect_file(DEALS, name="deals.csv", answers=Answers(table="lead"))
    assert (renamed.table, renamed.file) == ("lead", first.file)
    assert inspect_file(DEALS, name="deals.csv", answers=Answers(head_line=2)).file.head_line == 2
    assert [worker.process for worker in worker_processes._waiting] == [process]
    assert read_file(DEALS, name="deals.csv", answers=Answers(table="deal", currency="EUR")) == alone
    # What was read is over: the process is gone, and so is its folder with the file.
    assert (worker_processes._waiting, process.poll() is None, folder.exists()) == ([], False, False)


def test_a_worker_that_waits_makes_room_for_another_file_and_is_missed_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "_LARGE", 1)
    inspect_file(DEALS, name="deals.csv")
    [waiting] = worker_processes._waiting
    assert waiting.process is not None
    waiting.process.kill()
    waiting.process.wait()
    other = DEALS.replace(b"Acme", b"Umbrella")
    assert inspect_file(DEALS, name="deals.csv").file.rows == 3
    assert inspect_file(other, name="deals.csv").file.rows == 3
    [last] = worker_processes._waiting
    worker_processes._leave(last)
    assert (worker_processes._waiting, last.path.exists()) == ([], False)
