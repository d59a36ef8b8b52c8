"""The survey as a manager runs it on the page: what can still be changed while a round is open, and answers from a file."""

from __future__ import annotations

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from app.clock import today
from app.services import alignment
from app.services.actor import Actor
from app.services.rounds import manage
from app.services.rounds.model import RoundView
from app.services.teams import shown_team
from app.ui import cache, downloads
from app.ui.respondent.state import state
from tests.services.test_survey_file import FILE
from tests.survey_rounds import opened_round, team_of
from tests.ui.conftest import Open, shows, words
from tests.ui.test_pages import click


def team() -> tuple[Actor, str]:
    """Who runs the survey, for which team."""
    owner = cache.local_owner(cache.database())
    return owner, shown_team(owner, engine=cache.database()).id


def only_round() -> RoundView:
    owner, team_id = team()
    (shown,) = manage.list_rounds(owner, engine=cache.database(), team_id=team_id)
    return shown


def open_change(page: AppTest, shown: RoundView) -> AppTest:
    """The page with the part unfolded that changes a round."""
    page.session_state[f"change-{shown.id}"] = True
    return shows(page.run())


def test_an_open_round_is_changed(open_page: Open) -> None:
    open_page("survey")
    owner, team_id = team()
    shown = opened_round(owner, cache.database(), team_id, people=team_of(6, 5), secret=state().secret)
    page = open_change(open_page("survey"), shown)

    page.text_area[0].set_value("Ann Lee, ann@example.com, sales\nSales 0, sales0@example.com, sales")
    page = click(page, "Add these people")
    assert only_round().invited == {"sales": 7, "marketing": 5}
    assert "**12 personal links.**" in words(page)
    *_, offered = (offer for offer in downloads._offers.values() if offer.file_name.startswith("survey-links"))
    assert offered.make().decode().count("/s/") == 12
    assert [toast.value for toast in page.toast] == ["1 person added. 1 was on the list already."]
    page.text_area[0].set_value("Ann Lee, ann@example.com")
    assert "does not say whether the person is in sales or in marketing" in words(click(page, "Add these people"))

    day = today("UTC") + timedelta(days=3)
    page.date_input[0].set_value(day)
    page = click(page, "Save the day")
    assert only_round().last_day == day
    assert f"Answers until {day}." in words(page)
    page.date_input[0].set_value(None)
    click(page, "Save the day")
    assert only_round().last_day is None

    minimum = page.number_input[0]
    assert (minimum.min, minimum.value) == (5, 5)
    minimum.set_value(8)
    page = click(page, "Save the number")
    assert only_round().minimum == 8
    minimum = page.number_input[0]
    assert (minimum.min, minimum.value) == (8, 8)
    assert "fewer than 8" in words(page)


def test_a_shared_link_has_no_list(open_page: Open) -> None:
    open_page("survey")
    owner, team_id = team()
    shown = opened_round(owner, cache.database(), team_id, secret=state().secret)
    page = open_change(open_page("survey"), shown)
    assert [button.label for button in page.button if button.label.startswith(("Add", "Save"))] == ["Save the day", "Save the number"]


def test_a_viewer_changes_nothing(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    open_page("survey")
    owner, team_id = team()
    opened_round(owner, cache.database(), team_id, secret=state().secret)

    def who(_engine: object) -> Actor:
        return Actor(owner.organization_id, owner.member_id, "viewer")

    monkeypatch.setattr("app.ui.guard.who", who)
    page = open_page("survey")
    assert "Change this round" not in [expander.label for expander in page.expander]


def test_answers_from_a_file_become_a_round(open_page: Open) -> None:
    page = open_page("alignment")
    page.session_state["answers-from-file"] = True
    page = shows(page.run())
    page = shows(page.file_uploader[0].set_value(("antworten.csv", FILE, "text/csv")).run())
    said = words(page)
    assert "**11 people answered 3 statements.** The side is taken from “Team”. Subjects: Roles." in said
    assert "Not read: Name." in said
    assert page.text_input[1].value == "antworten"
    page.number_input[0].set_value(8)
    page = click(page, "Keep as a closed round")
    assert "6 people of sales (8 asked), 5 people of marketing" in words(page)
    owner, team_id = team()
    ((shown, published),) = alignment.results(owner, engine=cache.database(), team_id=team_id)
    assert (shown.name, shown.dimensions, published.answered("sales")) == ("antworten", ("roles",), 6)
    assert "**antworten**" in words(open_page("survey"))
    click(open_page("survey"), "Remove this round")
    assert alignment.results(owner, engine=cache.database(), team_id=team_id) == ()


def test_a_file_that_is_no_answers_is_explained(open_page: Open) -> None:
    page = open_page("alignment")
    page.session_state["answers-from-file"] = True
    page = shows(page.run())
    page = shows(page.file_uploader[0].set_value(("deals.csv", b"Deal ID,Stage\n1,Won\n2,Lost\n", "text/csv")).run())
    assert len(page.error) == 1
    assert "Keep as a closed round" not in [button.label for button in page.button]
