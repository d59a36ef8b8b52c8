"""Tables and figures of a round show published cells and nothing else."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import fields, is_dataclass, replace
from datetime import date

import pytest
from python_calamine import CalamineWorkbook

from app.services.alignment_files import HEAD, as_csv, as_workbook, rows
from app.services.figures import survey
from app.services.rounds.model import RoundView
from app.survey.disclosure import publish
from app.survey.model import Response
from app.survey.published import GROUPS, Published, Score, Suppressed, index, total
from app.survey.questionnaire import newest
from tests.survey.people import at_random

WHOLE = newest()
SHOWN = RoundView(
    id="r1",
    team_id="t",
    name="Autumn",
    questionnaire=WHOLE.version,
    dimensions=tuple(dimension.id for dimension in WHOLE.dimensions),
    languages=("en",),
    minimum=5,
    way="shared",
    in_room=True,
    state="closed",
    closes_at=None,
    last_day=None,
    invited={"sales": 12},
    opened_on=date(2026, 10, 1),
    closed_on=date(2026, 10, 20),
)


def made(sales: int, marketing: int) -> Published:
    people = at_random(WHOLE, "sales", sales, seed=4, level=2.5) + at_random(WHOLE, "marketing", marketing, seed=5, level=3.6)
    people = [Response(r.side, r.answers, {"roles": "=1+1"}, dict.fromkeys(SHOWN.dimensions, 3)) for r in people]
    return publish(WHOLE, people, invited={"sales": 12})


def numbers(value: object) -> set[float]:
    """Every number that stands anywhere in a value."""
    if isinstance(value, (int, float)):
        return {float(value)}
    if is_dataclass(value) and not isinstance(value, type):
        return {number for field in fields(value) for number in numbers(getattr(value, field.name))}
    return {number for item in value for number in numbers(item)} if isinstance(value, tuple) else set()


@pytest.mark.parametrize("sizes", [(9, 7), (12, 3), (4, 4), (34, 26), (2, 1)])
def test_files_hold_published_numbers_only(sizes: tuple[int, int]) -> None:
    published = made(*sizes)
    allowed = numbers(published)
    for cell in (index(published), *(total(published, group) for group in GROUPS)):
        allowed |= numbers(cell)
    lines = list(csv.reader(io.StringIO(as_csv(SHOWN, published).decode("utf-8-sig"))))
    assert tuple(lines[0]) == HEAD
    assert {float(line[5]) for line in lines[1:] if line[5]} <= allowed
    # What is hidden has a reason and no number.
    reasons = [line for line in lines[1:] if line[6].startswith("Hidden")]
    assert [line for line in reasons if line[5]] == []
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(as_workbook(SHOWN, published))).get_sheet_by_index(0).to_python()
    assert {float(line[5]) for line in sheet[1:] if isinstance(line[5], float)} <= allowed
    assert len(sheet) == len(lines)


def test_the_workbook_does_not_say_when_it_was_made() -> None:
    with zipfile.ZipFile(io.BytesIO(as_workbook(SHOWN, made(9, 7)))) as book:
        assert set(re.findall(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]+Z", book.read("docProps/core.xml"))) == {b"1980-01-01T00:00:00Z"}
        assert {one.date_time for one in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_comment_is_no_formula() -> None:
    published = made(9, 7)
    comments = [line for line in rows(SHOWN, published) if line[1] == "comment"]
    assert len(comments) == 16
    assert b"'=1+1" in as_csv(SHOWN, published)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(as_workbook(SHOWN, published))).get_sheet_by_index(0).to_python()
    assert [line[6] for line in sheet if line[1] == "comment"] == ["=1+1"] * 16


@pytest.mark.parametrize("sizes", [(9, 7), (12, 3), (4, 4), (34, 26)])
def test_figures_show_published_numbers_only(sizes: tuple[int, int]) -> None:
    published = made(*sizes)
    found = [
        survey.gaps(SHOWN, published, WHOLE, mode="light"),
        survey.maturity(SHOWN, published, WHOLE, mode="light"),
        survey.unknown(SHOWN, published, WHOLE, mode="light"),
        *(survey.spreads(SHOWN, published, WHOLE, id, mode="light") for id in SHOWN.dimensions),
    ]
    allowed = numbers(published)
    for figure in (figure for figure in found if figure is not None):
        for name, data in figure.spec["datasets"].items():
            shown = {record[key] for record in data for key in ("value", "share") if key in record}
            assert shown <= allowed, name
        assert figure.source == "survey round “Autumn”, questionnaire 2026-11"
    both = sizes in ((9, 7), (34, 26))
    assert (found[0] is not None) is both


def test_the_gap_says_where_the_sides_differ_most() -> None:
    published = made(9, 7)
    figure = survey.gaps(SHOWN, published, WHOLE, mode="light")
    assert figure is not None
    assert re.fullmatch(r"Sales and marketing differ most on .+, where marketing is \d\.\d points higher", figure.title)
    distances = [abs(float(str(row[3]).replace("−", "-"))) for row in figure.rows]
    assert distances == sorted(distances, reverse=True)
    assert figure.n == "9 people of sales (12 asked), 7 people of marketing"


def test_the_trend_is_joined_where_the_same_was_asked() -> None:
    first, last = made(9, 7), made(12, 8)
    less = publish(WHOLE.only(["roles"]), at_random(WHOLE.only(["roles"]), "sales", 9, seed=1))
    results = [(replace(SHOWN, id=name, name=name), found) for name, found in (("Spring", first), ("Pulse", less), ("Autumn", last))]
    figure = survey.trend(results, weights=None, mode="light")
    assert figure is not None
    totals = [total(found, "sales") for found in (first, last)]
    assert all(isinstance(found, Score) for found in totals)
    lines = {record["line"] for data in figure.spec["datasets"].values() for record in data if "line" in record}
    assert lines == {"Sales 0", "Marketing 0", "Sales 1"}
    assert [row[-1] for row in figure.rows] == ["as before"] * 3
    assert figure.title.startswith("Since Spring: Sales ")
    assert isinstance(total(less, "marketing"), Suppressed)


def test_another_wording_breaks_the_trend() -> None:
    first = made(9, 7)
    reworded = replace(first, dimensions=tuple(replace(d, wording="other" if d.id == "roles" else d.wording) for d in first.dimensions))
    results = [(replace(SHOWN, name="Spring"), first), (replace(SHOWN, name="Autumn"), reworded)]
    figure = survey.trend(results, weights=None, mode="light")
    assert figure is not None
    assert figure.title == "No earlier round asked the same, so nothing can be compared"
    assert [row[-1] for row in figure.rows] == ["as before", "asked in other words than before"]
    assert survey.trend(results[:1], weights=None, mode="light") is None
