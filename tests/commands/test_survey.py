"""`python -m app survey`: what a file publishes, and nothing about small groups."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from app.cli import main
from app.survey.disclosure import publish
from app.survey.published import index
from app.survey.questionnaire import newest
from tests.survey.people import at_random

WHOLE = newest()


def a_file(folder: Path, sales: int, marketing: int) -> tuple[Path, str]:
    """A form's export of so many people, and what it must publish."""
    people = at_random(WHOLE, "sales", sales, seed=1, level=2.4) + at_random(WHOLE, "marketing", marketing, seed=2, level=3.5)
    words = WHOLE.wording("en")
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["When", "Your team", *words.items.values()])
    for person in people:
        cells = []
        for id in words.items:
            answer = person.answers.get(id, "")
            cells.append("" if answer == "" else words.unknown if answer is None else words.labels[int(answer) - 1])
        writer.writerow(["2026-10-01", person.side.title(), *cells])
    path = folder / "form.csv"
    path.write_text(out.getvalue(), encoding="utf-8")
    found = publish(WHOLE, people)
    return path, json.dumps(
        {"score": [getattr(view.score, "value", None) for d in found.dimensions for view in d.views], "index": str(index(found))}
    )


def test_the_file_publishes_what_a_round_would(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, expected = a_file(tmp_path, 9, 7)
    assert main(["survey", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    scores = [view["score"].get("value") for dimension in found["published"]["dimensions"] for view in dimension["views"]]
    assert scores == json.loads(expected)["score"]
    assert found["file"]["side_column"] == "Your team"
    assert found["file"]["ignored"] == ["When"]


def test_a_small_side_stays_hidden_in_words_and_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, _ = a_file(tmp_path, 9, 3)
    assert main(["survey", str(path)]) == 0
    text = capsys.readouterr().out
    assert "Answered: 9 people of sales." in text
    assert "Marketing: Hidden, because fewer than 5 people of marketing answered." in text
    assert main(["survey", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["totals"]["marketing"] == {"code": "too_few", "reason": "Hidden, because fewer than 5 people of marketing answered."}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--minimum", "3"], "The smallest group that is shown cannot be below 5. Choose 5 or more."),
        (["--side", "North"], "--side North: this is not WORD=SIDE."),
        (["--version", "1999-01"], "There is no version “1999-01” of the survey."),
    ],
)
def test_what_cannot_be_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str) -> None:
    path, _ = a_file(tmp_path, 6, 6)
    assert main(["survey", str(path), *options]) == 2
    assert message in capsys.readouterr().err
