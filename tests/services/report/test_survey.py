"""The survey in a report: read from what was published, in German too, and nothing hidden in any file."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date
from random import Random

import pypdf

from app.charts.theme import Mode
from app.report.content import Grid, Part, Picture, Report
from app.report.pack import board_pack
from app.report.typeset import pdf
from app.services.next_steps import NextSteps
from app.services.report.material import SurveyWords
from app.services.report.survey import words_of
from app.services.rounds.model import RoundView
from app.services.scorecard.sources import Sources
from app.survey.advice import advise
from app.survey.disclosure import publish
from app.survey.model import Response, Side
from app.survey.practices import practices
from app.survey.questionnaire import newest
from tests.report.test_typeset import report

SECRET = "Everybody knows that Zacharias sleeps"
LIGHT: Mode = "light"


def answers(side: Side, people: int, *, middle: int, seed: int, comment: str = "") -> list[Response]:
    """Answers of so many people around a value, in the direction of the questions."""
    random = Random(seed)
    asked = newest()
    found = []
    for number in range(people):
        given: dict[str, int | None] = {}
        for item in asked.items:
            value = min(5, max(1, middle + random.choice((-1, 0, 0, 1))))
            given[item.id] = 6 - value if item.reverse else value
        comments = {asked.dimensions[0].id: comment} if comment and number == 0 else {}
        found.append(Response(side=side, answers=given, comments=comments, guesses={}))
    return found


def words(sales: int, marketing: int) -> SurveyWords:
    asked = newest()
    responses = [*answers("sales", sales, middle=4, seed=1), *answers("marketing", marketing, middle=2, seed=2, comment=SECRET)]
    published = publish(asked, responses, minimum=5, comments=[("marketing", asked.dimensions[0].id, SECRET)])
    shown = RoundView(
        id="r",
        team_id="t",
        name="Autumn",
        questionnaire=asked.version,
        dimensions=tuple(dimension.id for dimension in asked.dimensions),
        languages=("en",),
        minimum=5,
        way="shared",
        in_room=False,
        state="closed",
        closes_at=None,
        last_day=None,
        invited={},
        opened_on=date(2026, 10, 1),
        closed_on=date(2026, 10, 15),
    )
    advice = advise(published, asked, practices())
    steps = NextSteps(shown, advice, {}, (), (), ())
    return words_of(((shown, published),), steps, sources=Sources(), weights=None, mode=LIGHT)


def with_survey(found: SurveyWords) -> Report:
    return replace(report("Plain"), parts=(Part("alignment", "Alignment", found.blocks),))


def test_both_sides_shown() -> None:
    found = words(9, 8)
    assert found.index.endswith("of 100")
    assert "9 people of sales" in found.index_basis
    assert "sales sees it" in found.disagreement
    assert 2 <= len(found.steps) <= 3
    assert sum(isinstance(block, Picture) for block in found.blocks) >= 3
    table = next(block for block in found.blocks if isinstance(block, Grid))
    assert len(table.rows) == 8
    text = " ".join("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf(with_survey(found)))).pages).split())
    for step in found.disagreement, table.rows[0][0]:
        assert "".join(step.split()) in "".join((text + found.disagreement).split())


def test_a_side_below_the_minimum_is_in_no_file() -> None:
    found = words(9, 4)
    assert found.index == "not shown"
    assert found.disagreement.startswith("Not shown.")
    made = with_survey(found)
    parts = [pdf(made)]
    with zipfile.ZipFile(io.BytesIO(board_pack(made))) as archive:
        parts += [archive.read(name) for name in archive.namelist()]
    for content in parts:
        assert SECRET.encode() not in content
        assert b"Zacharias" not in content
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(parts[0])).pages)
    assert "Zacharias" not in text
    assert "fewer than 5" in " ".join(text.split())
    groups = next(block for block in found.blocks if isinstance(block, Grid)).columns
    assert "Marketing" not in groups
