"""What is asked on one page holds on the others, and is never replaced by something else."""

from __future__ import annotations

from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from app.ingest.limits import Limits
from app.services import datasets
from app.services.play_company import ensure_play_company
from app.services.teams import leave_example, shown_team
from app.ui import cache
from tests.ui.conftest import DEALS, ROOT, Open, shows, words
from tests.ui.test_pages import click, upload

OTHER = DEALS.replace("North", "East").replace("South", "West")


def labels(page: AppTest) -> list[str]:
    """What the buttons say."""
    return [button.label for button in page.button]


def go(page: AppTest, name: str) -> AppTest:
    """Another page in the same session."""
    return shows(page.switch_page(str(ROOT / "pages" / f"{name}.py")).run())


@pytest.mark.usefixtures("deals")
def test_a_filter_holds_on_every_page_and_is_dropped_with_a_sentence_when_its_value_is_gone(open_page: Open) -> None:
    page = open_page("compare")
    page = shows(next(box for box in page.selectbox if box.label == "Only one group of").set_value("Region").run())
    page = shows(next(box for box in page.selectbox if box.label == "Region").set_value("North").run())
    assert "Region is North" in labels(page)
    page = go(page, "overview")
    assert "Region is North" in labels(page)
    assert "180 closed deals" in words(page)
    # Other data without that region: nothing is put in its place.
    owner = cache.local_owner(cache.database())
    team = shown_team(owner, engine=cache.database())
    (dataset,) = datasets.history(owner, engine=cache.database(), team_id=team.id)
    datasets.undo(owner, engine=cache.database(), dataset_id=dataset.id)
    data = click(upload(open_page("data"), OTHER, name="other.csv"), "Import")
    assert "Take it back" in labels(data)
    page = go(page, "compare")
    assert "The filter “Region is North” is off: no record loaded now has “North” as its Region." in words(page).replace("\\", "")
    assert not [label for label in labels(page) if label.startswith("Region is")]
    assert "is off" not in words(click(page, "Understood"))


@pytest.mark.usefixtures("deals")
def test_spans_are_sent_in_one_step_and_follow_the_day_of_the_programme(open_page: Open) -> None:
    page = open_page("compare")
    (way,) = [group for group in page.button_group if "Two groups" in group.options]
    page = shows(way.set_value(["before_after"]).run()) if isinstance(way.value, list) else shows(way.set_value("before_after").run())
    first = next(box for box in page.date_input if box.label == "Before: from")
    first.set_value(date(2025, 2, 1))
    page = click(page, "Compare these days")
    assert next(box for box in page.date_input if box.label == "Before: from").value == date(2025, 2, 1)
    settings = go(page, "team")
    settings.date_input[0].set_value(date(2025, 9, 1))
    page = go(click(settings, "Save"), "compare")
    assert [box.value for box in page.date_input if box.label.startswith("After")] == [date(2025, 9, 1), date(2025, 12, 31)]


@pytest.mark.usefixtures("deals")
def test_a_programme_day_outside_the_data_is_said_with_a_field_to_change_it(open_page: Open) -> None:
    page = open_page("team")
    page.date_input[0].set_value(date(2019, 1, 1))
    page = go(click(page, "Save"), "overview")
    assert "Your programme began on 1 Jan 2019, and the days loaded are" in words(page)
    assert [box.label for box in page.date_input if box.label.startswith("When did sales")] != []


@pytest.mark.usefixtures("deals")
def test_the_definition_by_value_holds_on_every_page(open_page: Open) -> None:
    page = open_page("numbers")
    radio = next(radio for radio in page.radio if radio.label == "Count deals or their value")
    page = shows(radio.set_value("value").run())
    assert "won of" in words(page)
    assert "closed (120 won of 360 closed deals)" in words(go(page, "overview"))


def test_the_example_can_be_had_back_while_nothing_is_loaded(open_page: Open) -> None:
    engine = cache.database()
    owner = cache.local_owner(engine)
    assert "Look at the example company instead" not in labels(open_page("overview"))
    ensure_play_company(owner, engine=engine, limits=Limits())
    leave_example(owner, engine=engine)
    assert "Look at the example company instead" in labels(open_page("overview"))
