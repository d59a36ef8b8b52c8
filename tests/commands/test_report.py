"""`python -m app report`: the same report as on the page, from files or from what is loaded, in four kinds."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pypdf
import pytest

from app.services.report.material import PARTS
from app.settings import settings
from tests.commands.conftest import DEALS, Run


@pytest.fixture
def deals(tmp_path: Path) -> Path:
    path = tmp_path / "deals.csv"
    path.write_text(DEALS)
    return path


def test_a_report_from_files(run: Run, deals: Path, tmp_path: Path) -> None:
    out = tmp_path / "board.pdf"
    options = ("--team", "Ada <Sales>", "--parts", "win_rate,receipts", "--paper", "us-letter", "--group", "Region")
    done = run("report", deals, "--out", out, *options)
    assert (done.status, done.out, done.err) == (0, f"{out}\n", "")
    read = pypdf.PdfReader(io.BytesIO(out.read_bytes()))
    text = " ".join("".join(page.extract_text() for page in read.pages).split())
    assert "Ada <Sales>" in text
    assert "3 won of 5 closed deals" in text
    assert "Region: North against South" in text
    assert "6 read = 6 used + 0 set aside" in text
    assert "The cited figures and their evidence" not in text
    run("report", deals, "--out", tmp_path / "again.pdf", *options)
    assert (tmp_path / "again.pdf").read_bytes() == out.read_bytes()
    assert run("report", deals, "--out", tmp_path / "de.pdf", *options, "--locale", "de").status == 0
    german = " ".join("".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "de.pdf").pages).split())
    assert ("60.0 %" in text, "60,0 %" in text, "60.0 %" in german, "60,0 %" in german) == (True, False, False, True)


def test_the_pack_the_slides_and_the_numbers(run: Run, deals: Path, tmp_path: Path) -> None:
    for ending in ("zip", "pptx", "xlsx"):
        assert run("report", deals, "--out", tmp_path / f"board.{ending}").status == 0
    assert "slides.pptx" in zipfile.ZipFile(tmp_path / "board.zip").namelist()
    assert "ppt/presentation.xml" in zipfile.ZipFile(tmp_path / "board.pptx").namelist()
    assert openpyxl.load_workbook(tmp_path / "board.xlsx")["About"]["A1"].value.startswith("Alignment report")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--out", "board.doc"), "does not say what to make"),
        (("--out", "board.pdf", "--parts", "win_rate,x"), f"there is no part “x”. Parts are {', '.join(PARTS)}"),
        (("--out", "nowhere/board.pdf"), "cannot be written to"),
    ],
    ids=["kind", "part", "place"],
)
def test_what_cannot_be_made_is_said(run: Run, deals: Path, tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    placed = [str(tmp_path / option) if index == 1 else option for index, option in enumerate(options)]
    done = run("report", deals, *placed)
    assert done.status == 2
    assert message in done.err


def test_without_files_it_is_what_is_loaded(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCORECARD_DATA_DIR", str(tmp_path / "var"))
    settings.cache_clear()
    settings().prepare_folders()
    try:
        done = run("report", "--out", tmp_path / "empty.pdf")
        assert (done.status, done.err) == (0, "")
        text = "".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "empty.pdf").pages)
        assert "Nothing is loaded yet" in " ".join(text.split())
        assert "There is no team “Nobody”" in run("report", "--out", tmp_path / "x.pdf", "--team", "Nobody").err
    finally:
        settings.cache_clear()
