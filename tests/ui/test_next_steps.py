"""Next steps on the page: nothing before a round, the practices after it, taking one up, and looking at it after the next round."""

from __future__ import annotations

from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from app.services.actor import Actor, add_member, local_actor
from app.services.planned_actions import list_actions
from app.services.rounds.closed import record_closed_round
from app.services.rounds.model import NewRound
from app.services.teams import list_teams
from app.survey.model import Response, Side
from app.survey.questionnaire import newest
from app.ui import cache
from tests.ui import conftest
from tests.ui.conftest import Open, shows

SIDES: tuple[Side, ...] = ("sales", "marketing")


def held(name: str, month: int, **levels: int) -> None:
    """A closed round of the first team: six people of each side see each dimension at its level, or at 4."""
    engine = cache.database()
    actor = local_actor(engine)
    questionnaire = newest()
    answers = {}
    for item in questionnaire.items:
        level = levels.get(item.dimension, 4)
        answers[item.id] = 6 - level if item.reverse else level
    day = date(2026, month, 1)
    record_closed_round(
        actor,
        engine=engine,
        team_id=list_teams(actor, engine=engine)[0].id,
        new=NewRound(name, questionnaire.version, tuple(d.id for d in questionnaire.dimensions), ("en",)),
        responses=[Response(side, answers) for side in SIDES for _ in range(6)],
        opened_on=day,
        closed_on=day,
    )


def words(page: AppTest) -> str:
    """What a reader reads, without the signs that keep names from being taken for Markdown."""
    return conftest.words(page).replace("\\", "")


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def test_before_a_round(open_page: Open) -> None:
    page = open_page("next_steps")
    assert "No round of the survey is closed yet." in words(page)
    assert "Take it up" not in labels(page)


def test_from_a_round_to_an_action_to_the_next_round(open_page: Open) -> None:
    open_page("next_steps")
    held("Spring", 4, communication=2)
    page = open_page("next_steps")
    said = words(page)
    assert "1. Talk for thirty minutes every week" in said
    assert "Low marks for communication: sales 2.0 and marketing 2.0 of 5." in said

    # Nobody named: a sentence, and nothing is kept.
    page = shows(next(button for button in page.button if button.label == "Take it up").click().run())
    assert "Nobody is named who sees to it." in words(page)
    page.text_input[0].set_value("Anna Berg")
    page = shows(next(button for button in page.button if button.label == "Take it up").click().run())
    assert "Anna Berg sees to it until" in words(page)
    engine = cache.database()
    actor = local_actor(engine)
    team_id = list_teams(actor, engine=engine)[0].id
    (kept,) = list_actions(actor, engine=engine, team_id=team_id)
    assert (kept.practice, kept.owner, kept.state) == ("weekly_talk", "Anna Berg", "open")
    assert kept.because == ("Low marks for communication: sales 2.0 and marketing 2.0 of 5.",)

    held("Autumn", 10, communication=3, budget=2)
    page = open_page("next_steps")
    said = words(page)
    assert said.index("Look at these first") < said.index("Start with these")
    assert "Communication, sales: 2.0, now 3.0" in said
    assert "1. Plan the money together" in said

    page.text_area[0].set_value("Six of eight talks took place.")
    page = shows(next(button for button in page.button if button.label == "Mark as done").click().run())
    said = words(page)
    assert "Look at these first" not in said
    assert "Noted.** Six of eight talks took place." in said
    page = shows(next(button for button in page.button if button.label == "Open again").click().run())
    assert "Look at these first" in words(page)


def test_a_viewer_reads_only(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    open_page("next_steps")
    held("Spring", 4, communication=2)
    engine = cache.database()
    viewer = add_member(local_actor(engine), engine=engine, iss="https://id", sub="vera", display_name="Vera", role="viewer")

    def who(_engine: object) -> Actor:
        return viewer

    monkeypatch.setattr("app.ui.guard.who", who)
    page = open_page("next_steps")
    assert "1. Talk for thirty minutes every week" in words(page)
    assert "Take it up" not in labels(page)


def test_weights_are_set_under_team_settings(open_page: Open) -> None:
    open_page("next_steps")
    held("Spring", 4, communication=2, budget=2)
    page = open_page("team")
    communication = next(field for field in page.number_input if field.label == "Communication")
    communication.set_value(0.0)
    shows(next(button for button in page.button if button.label == "Save the weights").click().run())
    assert "Talk for thirty minutes every week" not in words(open_page("next_steps"))


def test_the_overview_shows_the_index_with_or_without_records(open_page: Open) -> None:
    open_page("overview")
    assert "Alignment index" not in words(open_page("overview"))
    held("Spring", 4, communication=2)
    said = words(open_page("overview"))
    # Seven dimensions at 4 and one at 2: 20 times 3.75
    assert "Alignment index: 75 of 100" in said
    assert "Aligned" in said
    assert "Sales 75, Marketing 75" in said
