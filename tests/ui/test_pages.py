"""Each page and each step from one to the next, as a manager takes them."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import event
from streamlit.testing.v1 import AppTest

from app.services import datasets, jobs
from app.services.commits import commit_upload
from app.services.rounds.closed import record_closed_round
from app.services.rounds.model import NewRound
from app.services.teams import create_team, shown_team
from app.services.uploads import start_upload
from app.settings import settings
from app.storage.engine import transaction
from app.storage.tables import ImportJob
from app.survey.model import SIDES, Response
from app.survey.questionnaire import newest
from app.ui import cache
from app.ui.navigation import pages
from tests.ui.conftest import DEALS, Open, shows, words

ROLES = [item.id for item in newest().items_of("roles")]


def upload(page: AppTest, text: str, *, name: str = "deals.csv") -> AppTest:
    """The page after a file was put in."""
    return settled(shows(page.file_uploader[0].set_value((name, text.encode(), "text/csv")).run()))


def settled(page: AppTest) -> AppTest:
    """The page once the work of the import is over; a browser looks by itself every second."""
    while any(button.label == "Stop this import" for button in page.button):
        page = shows(page.run())
    return page


def click(page: AppTest, label: str) -> AppTest:
    """The page after a button was pressed."""
    (button,) = [b for b in page.button if b.label == label]
    return settled(shows(button.click().run()))


@pytest.fixture
def loaded(open_page: Open) -> AppTest:
    """The data page after the deals were imported."""
    return click(upload(open_page("data"), DEALS), "Import")


@pytest.mark.parametrize("name", [page.name for page in pages(login=False)])
def test_every_page_opens_with_nothing_loaded(open_page: Open, name: str) -> None:
    page = open_page(name)
    assert page.title or page.header


@pytest.mark.parametrize("name", [page.name for page in pages(login=False)])
@pytest.mark.usefixtures("deals")
def test_every_page_opens_with_deals_only(open_page: Open, name: str) -> None:
    assert words(open_page(name))


def test_a_file_becomes_a_number_on_the_overview(open_page: Open, loaded: AppTest) -> None:
    assert "360" in words(loaded)
    assert "33.3 %" in words(open_page("overview"))


def test_an_import_is_undone(open_page: Open, loaded: AppTest) -> None:
    engine = cache.database()
    owner = cache.local_owner(engine)
    (dataset,) = datasets.history(owner, engine=engine, team_id=shown_team(owner, engine=engine).id)
    loaded.session_state[f"receipt-{dataset.id}"] = True
    page = click(shows(loaded.run()), "Undo this import")
    assert "taken back" in words(page)
    assert "Nothing is loaded yet" in words(open_page("overview"))


def test_an_import_is_taken_back_where_it_is_told(open_page: Open, loaded: AppTest) -> None:
    assert "taken back" in words(click(loaded, "Take it back"))
    assert "Nothing is loaded yet" in words(open_page("overview"))


def test_a_file_in_progress_waits_on_every_device_and_can_be_discarded(open_page: Open) -> None:
    upload(open_page("data"), DEALS)
    other = open_page("data")
    assert "Importing deals.csv" in words(other)
    other = click(other, "Discard this file")
    assert "Importing deals.csv" not in words(other)
    assert "Nothing is loaded yet" in words(open_page("overview"))


def change(page: AppTest, what: str, item: str, to: str, *, now: str) -> AppTest:
    """The page after a column or a stage word was given another meaning."""
    labels = {"column": ("Change a column", "Use it as", "Use it so"), "stage": ("Change a word", "It means", "Use this meaning")}[what]
    box = next(box for box in page.selectbox if box.label == labels[0])
    page = shows(box.set_value(list(box.options).index(item)).run())
    box = next(box for box in page.selectbox if box.label == labels[1])
    assert box.value == now
    return click(shows(box.set_value(to).run()), labels[2])


def test_what_a_column_is_used_as_can_be_changed(open_page: Open) -> None:
    page = change(upload(open_page("data"), DEALS), "column", "Region", "Not used", now="Kept to compare groups")
    click(page, "Import")
    assert "Region" not in {option for box in open_page("compare").selectbox for option in box.options}


def test_what_a_stage_word_means_can_be_changed(open_page: Open) -> None:
    page = change(upload(open_page("data"), DEALS), "stage", "Lost", "Still open", now="Lost")
    click(page, "Import")
    assert "33.3 %" not in words(open_page("overview"))
    assert "only" in words(open_page("overview")).lower()


def test_two_columns_cannot_be_the_same_field(open_page: Open) -> None:
    page = change(upload(open_page("data"), DEALS), "column", "Region", "Amount", now="Kept to compare groups")
    assert "The column “Amount” is used as “Amount” already" in words(page)


@pytest.mark.usefixtures("deals")
def test_the_day_the_programme_began_gives_a_verdict(open_page: Open) -> None:
    page = open_page("team")
    page.date_input[0].set_value(date(2025, 7, 1))
    page = click(page, "Save")
    assert "Before and after" in " ".join(str(option) for group in open_page("compare").button_group for option in group.options)
    assert "likely range" in words(open_page("compare"))


@pytest.mark.parametrize(
    ("kind", "value", "sentence"), [("level", 25.0, "above the benchmark of 25.0 %"), ("ratio", 12.0, "Three of four")]
)
@pytest.mark.usefixtures("deals")
def test_a_benchmark_of_ones_own(open_page: Open, kind: str, value: float, sentence: str) -> None:
    page = open_page("team")
    fields = {field.label: field for field in page.text_input}
    fields["What it says"].set_value("Three of four" if kind == "ratio" else "A quarter is won")
    fields["Who published it"].set_value("Our trade body")
    next(radio for radio in page.radio if radio.label == "It states").set_value(kind)
    next(number for number in page.number_input if number.label == "Percent").set_value(value)
    page = click(page, "Add")
    assert "Our trade body" in words(page)
    assert sentence in words(open_page("compare"))
    page = click(open_page("team"), "Remove")
    assert "Our trade body" not in words(page)


def test_an_impossible_benchmark_is_refused_in_words(open_page: Open) -> None:
    page = open_page("team")
    page = click(page, "Add")
    assert "The benchmark has no name" in words(page)


def test_rubbish_is_refused_and_can_be_discarded(open_page: Open) -> None:
    page = upload(open_page("data"), "\x00\x01\x02" * 50)
    assert page.error
    assert "deals.csv" in words(page)
    page = click(page, "Discard this file")
    assert not page.error


@pytest.mark.usefixtures("deals")
def test_a_second_file_is_offered_as_a_join_and_added(open_page: Open) -> None:
    companies = "Account,Sector\n" + "".join(f"A{n},{('Retail', 'Health', 'Energy')[n % 3]}\n" for n in range(40))
    data = upload(open_page("data"), companies, name="companies.csv")
    assert "40 of 40 different “Account” of the deals are in “Account” of this file. The deals would gain “Sector”." in words(data)
    data = click(data, "Add to the deals")
    assert "360 of 360 rows have gained columns." in words(data)
    assert "Sector" in str(open_page("compare").main)


@pytest.mark.usefixtures("deals")
@pytest.mark.parametrize("name", ["overview", "numbers", "compare"])
def test_a_run_of_a_page_asks_once_for_whom_and_what(open_page: Open, name: str) -> None:
    """Each question to the database is a way there and back, several times in each run of each page."""
    page = open_page(name).run()
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(cache.database(), "before_cursor_execute", note)
    try:
        shows(page.run())
    finally:
        event.remove(cache.database(), "before_cursor_execute", note)
    assert sum("shows_example" in statement for statement in asked) == 1
    # A page that has no question of its own to the database opens one transaction.
    if name == "numbers":
        assert sum(statement.startswith("BEGIN") for statement in asked) == 1


@pytest.mark.usefixtures("deals")
def test_several_teams_stand_beside_each_other_on_the_overview(open_page: Open) -> None:
    engine = cache.database()
    owner = cache.local_owner(engine)
    teams = (shown_team(owner, engine=engine), create_team(owner, engine=engine, name="South"))
    for team, deals in zip(teams, (None, DEALS.replace("Lost", "Won", 60)), strict=True):
        if deals is not None:
            sent = start_upload(owner, engine=engine, team_id=team.id, data=deals.encode(), name="south.csv", limits=settings().limits())
            commit_upload(owner, engine=engine, upload_id=sent.id, limits=settings().limits())
            assert "Your teams" not in words(open_page("overview"))
        people = [Response(side, dict.fromkeys(ROLES, 3 if deals else 4)) for side in SIDES for _ in range(6)]
        day = date(2026, 9, 1)
        new = NewRound("Autumn", newest().version, ("roles",), ("en",))
        record_closed_round(owner, engine=engine, team_id=team.id, new=new, responses=people, opened_on=day, closed_on=day)
    said = words(open_page("overview"))
    assert "Your teams: alignment and win rate" in said
    # Agreeing with the third statement on roles is bad news: (4 + 4 + 2) / 3 is 3.3, and 120 of 360 deals were won, in the south 180.
    assert "My team has the highest index and wins 33.3 %; South has the lowest and wins 50.0 %" in said
    assert "So few points show no pattern" in said


def test_a_file_waits_while_as_many_are_read_as_may_be(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCORECARD_MAX_IMPORTS", "1")
    settings.cache_clear()
    page = open_page("data")
    engine, owner = cache.database(), cache.local_owner(cache.database())
    south = create_team(owner, engine=engine, name="South").id
    other = start_upload(owner, engine=engine, team_id=south, data=b"Deal ID,Stage\n1,Won\n", name="other.csv", limits=settings().limits())
    with transaction(engine, organization_id=owner.organization_id) as session:
        # Read by another computer, which gave a sign of life just now.
        job = ImportJob(
            organization_id=owner.organization_id,
            team_id=south,
            upload_id=other.id,
            kind="read",
            answers_sha256="0" * 64,
            holder="another-computer/1/x",
        )
        session.add(job)
    page = upload(page, DEALS)
    assert "Waiting: deals.csv" in words(page)
    assert "Your organization has 1 file being read; 1 at a time is the most. This file is kept." in words(page)
    jobs.cancel(owner, engine=engine, upload_id=other.id)
    assert "Importing deals.csv" in words(settled(click(page, "Try again")))
