"""The alignment page with realistic rounds: two sides, a small side, hardly anybody."""

from __future__ import annotations

from datetime import date

import pytest

from app.services.rounds.closed import record_closed_round
from app.services.rounds.model import NewRound
from app.services.teams import shown_team
from app.survey.model import Response
from app.survey.questionnaire import newest
from app.ui import cache
from tests.survey.people import at_random
from tests.ui.conftest import Open, words
from tests.ui.test_pages import click, upload

LEADS = "Lead ID,Created Date,First Contact Date,Converted,Lead Source\n" + "".join(
    f"L{n},2026-03-{n % 28 + 1:02d} 08:00,{f'2026-03-{n % 28 + 1:02d} 10:00' if n % 5 else ''},{'true' if n % 4 == 0 else 'false'},Web\n"
    for n in range(80)
)


def close(name: str, sales: int, marketing: int, *, month: int) -> None:
    """A closed round of the team that is shown."""
    engine = cache.database()
    owner = cache.local_owner(engine)
    whole = newest()
    people = at_random(whole, "sales", sales, seed=month, level=2.5) + at_random(whole, "marketing", marketing, seed=month, level=3.6)
    people = [Response(r.side, r.answers, {"roles": f"What {r.side} wrote"}) for r in people]
    new = NewRound(name, whole.version, tuple(d.id for d in whole.dimensions), ("en",), invited={"sales": 40, "marketing": 40})
    record_closed_round(
        owner,
        engine=engine,
        team_id=shown_team(owner, engine=engine).id,
        new=new,
        responses=people,
        opened_on=date(2026, month, 1),
        closed_on=date(2026, month, 20),
    )


@pytest.mark.parametrize(
    ("sales", "marketing", "said", "unsaid"),
    [
        (9, 7, ["Sales and marketing differ most on", "What sales wrote", "What marketing wrote"], ["Not shown."]),
        (9, 3, ["fewer than 5 people of marketing answered", "What sales wrote", "Not shown."], ["What marketing wrote"]),
        (2, 2, ["fewer than 5 people"], ["What sales wrote", "What marketing wrote"]),
    ],
)
def test_a_round_is_shown(open_page: Open, sales: int, marketing: int, said: list[str], unsaid: list[str]) -> None:
    close("Autumn", sales, marketing, month=10)
    text = words(open_page("alignment"))
    assert [sentence for sentence in said if sentence not in text] == []
    assert [sentence for sentence in unsaid if sentence in text] == []


def test_the_latest_round_is_shown_and_another_can_be_chosen(open_page: Open) -> None:
    close("Spring", 9, 7, month=3)
    close("Autumn", 12, 8, month=10)
    page = open_page("alignment")
    assert "12 people of sales" in words(page)
    page.selectbox(key="round").select_index(1).run()
    assert "9 people of sales" in words(page)


def test_what_people_believe_stands_beside_what_the_records_say(open_page: Open) -> None:
    open_page("alignment")
    close("Autumn", 9, 7, month=10)
    assert "The records can check 3 statements of this survey. Upload an export of leads or contacts." in words(open_page("alignment"))
    click(upload(open_page("data"), LEADS, name="leads.csv"), "Import")
    said = words(open_page("alignment"))
    assert "Records: 25.0 % of the leads became customers (likely 16.8 % to 35.5 %)" in said
    # Four of five were called, each after two hours.
    assert "Records: 20.0 % of the leads have no first contact on record" in said
    assert "Records: Half of the contacted leads were called within 2.0 hours, 80.0 % of all leads within 24 hours" in said
