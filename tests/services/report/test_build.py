"""The report says what the scorecard says: every number of the pages stands in it, and what is missing has its reason."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pypdf
import pytest

from app.ingest.limits import Limits
from app.metrics.engine import Engine as Counting
from app.report.content import Grid, KeyNumbers, Paragraph, Picture
from app.report.typeset import document, pdf
from app.services.figures.composed import Context
from app.services.report.build import report_of
from app.services.report.material import PARTS, Choice, Keeper, Material
from app.services.scorecard.build import scorecard
from app.services.scorecard.request import Request
from app.services.scorecard.sources import Sources
from app.services.scorecard.words import answer_of, range_of, stake_sentence, value_of
from app.wording import Written, numbers_as


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    from app.ingest.gate import read_file
    from app.services.play_company import ANSWERS, generate, programme_start

    folder: Path = tmp_path_factory.mktemp("report")
    counting = Counting(folder)
    snapshots = []
    for file in generate():
        typed = read_file(file.text.encode(), name=file.name, answers=ANSWERS[file.name], limits=Limits(), today=date(2026, 11, 2))
        path = folder / f"{typed.info.table}.parquet"
        path.write_bytes(typed.parquet)
        snapshots.append(counting.open(path, info=typed.info, sha256=typed.info.table))
    from app.services.scorecard.sources import default_windows, of

    sources = of(snapshots)
    windows = default_windows(sources.coverage(), programme_start())
    assert windows is not None
    request = Request("before_after", windows[0], windows[1])
    return Material(
        team="Ada & Søn <North>",
        is_example=True,
        card=scorecard(sources, request),
        sources=sources,
        context=Context((("deal", "deals.csv"),), programme_start(), "light"),
        data_version="0123456789ab",
        as_of=date(2026, 11, 2),
    )


def flat(data: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    return "".join("".join(page.extract_text() for page in pages).split())


def test_every_number_of_the_scorecard_stands_in_the_pdf(material: Material) -> None:
    report = report_of(material)
    text = flat(pdf(report))
    for head in material.card.headlines:
        for written in (value_of(head), range_of(head), head.basis, head.definition):
            assert "".join(written.split()) in text, written
    for line in material.card.lines:
        for written in (line.words, answer_of(line), stake_sentence(line.stake), line.claim.as_published):
            assert "".join(written.split()) in text, written
    for what, absent in material.card.not_computable:
        assert "".join((what + absent.reason).split()) in text
    for figure in report.pictures:
        assert "".join(figure.caption.split()) in text
    assert "0123456789ab" in text
    assert "".join(material.team.split()) in text


def test_a_reader_elsewhere_finds_no_english_number(material: Material) -> None:
    with numbers_as("de"):
        card = scorecard(material.sources, material.card.request)
    report = report_of(replace(material, card=card, choice=Choice(numbers="de", tables=True)))
    # Quotations, addresses and names of files and versions stay as they are.
    told = re.sub(r"“[^”]*”|https?://\S+", "", json.dumps(document(report), ensure_ascii=False))
    assert re.findall(r".{30}\d\.\d{1,2}\b(?!\d).{9}|.{30}\d,\d{3}\b.{9}", told) == []
    numbers = next(block for block in report.summary.blocks if isinstance(block, KeyNumbers))
    assert numbers.items[0].value == value_of(material.card.headlines[0]).replace(".", ",")
    assert all(figure.spec["config"]["locale"]["number"]["decimal"] == "," for figure in report.pictures)
    assert all(figure.spec["config"]["locale"]["number"]["decimal"] == "." for figure in report_of(material).pictures)


def test_a_report_of_kept_figures_is_the_same_to_the_byte(material: Material, tmp_path: Path) -> None:
    kept = replace(material, keeper=Keeper(tmp_path, ("organization", "team", "loaded"), "code"))
    choice = Choice(parts=("win_rate", "growth"), tables=True)
    plain, first = (report_of(replace(one, choice=choice)) for one in (material, kept))
    files = set((tmp_path / "results").iterdir())
    assert len(files) >= len(plain.pictures) > 0
    again = report_of(replace(kept, choice=choice))
    assert set((tmp_path / "results").iterdir()) == files
    assert plain == first == again
    assert pdf(plain) == pdf(again)
    # Numbers still know their value, so that a workbook's cells are numbers.
    kinds = [[type(cell) for row in figure.rows for cell in row] for figure in again.pictures]
    assert kinds == [[type(cell) for row in figure.rows for cell in row] for figure in plain.pictures]
    assert any(Written in of_figure for of_figure in kinds)
    # Another way of writing numbers is another figure.
    german = report_of(replace(kept, choice=replace(choice, numbers="de")))
    assert all(figure.spec["config"]["locale"]["number"]["decimal"] == "," for figure in german.pictures)
    assert report_of(replace(kept, choice=choice)) == plain


def test_the_choice_of_contents_holds(material: Material) -> None:
    chosen = report_of(replace(material, choice=Choice(parts=("retention", "method"), paper="us-letter", grain="year")))
    assert [part.key for part in chosen.parts] == ["retention", "method"]
    assert chosen.paper == "us-letter"
    assert {part.key for part in report_of(material).parts} == set(PARTS) - {"alignment", "receipts"}


def test_the_summary_says_in_one_line_what_was_reached(material: Material) -> None:
    summary = report_of(material).summary
    assert summary.blocks[0] == Paragraph("Of 5 cited figures: none reached or in reach, 3 not reached, 2 not comparable.", "lead")
    against = next(block for block in summary.blocks if isinstance(block, Grid))
    assert against.rows[2:4] == (
        ("36 % more customers retained", "+3.0\u00a0% customers lost", "\u221236.0\u00a0% customers lost", "Falls short", "C"),
        ("24 % faster growth", "–", "+24.0\u00a0%", "No verdict", "C\u2212"),
    )
    assert report_of(material).running.startswith("Invented example · ")


def test_what_is_not_computed_has_a_reason_and_not_an_answer(material: Material) -> None:
    request = Request()
    report = report_of(replace(material, card=scorecard(material.sources, request), choice=Choice(parts=("not_computed",))))
    (missing,) = report.parts[0].blocks
    assert isinstance(missing, Grid)
    no_sides = ("There is no second side to compare with.", "Choose “before and after” or two groups to get a verdict.")
    assert [(row[0], *row[1:]) for row in missing.rows[-3:]] == [
        (what, *no_sides) for what in ("38 % higher win rates", "36 % more customers retained", "24 % faster growth")
    ]


def test_lines_without_charts_share_a_page_with_what_follows(material: Material) -> None:
    lines_alone = replace(material.sources, deals=None)
    report = report_of(replace(material, sources=lines_alone, card=scorecard(lines_alone, Request())))
    assert [(part.key, part.new_page) for part in report.parts][:4] == [
        ("win_rate", True),
        ("retention", False),
        ("growth", True),
        ("leads", True),
    ]


def test_a_team_without_data_gets_a_report_that_says_so(material: Material) -> None:
    sources = Sources()
    bare = replace(material, sources=sources, card=scorecard(sources, Request()), as_of=None)
    report = report_of(bare)
    assert not report.pictures
    numbers = next(block for block in report.summary.blocks if isinstance(block, KeyNumbers))
    assert {number.value for number in numbers.items} == {"not computed"}
    missing = next(part for part in report.parts if part.key == "not_computed")
    assert isinstance(missing.blocks[0], Grid)
    assert "Nothing is loaded" in pypdf.PdfReader(io.BytesIO(pdf(report))).pages[1].extract_text().replace("\n", " ")


def test_charts_carry_their_numbers_when_asked(material: Material) -> None:
    tables = report_of(replace(material, choice=Choice(parts=("growth",), tables=True)))
    assert all(block.table for part in tables.parts for block in part.blocks if isinstance(block, Picture))
