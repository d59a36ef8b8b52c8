"""A file of answers becomes a closed round that publishes what it would publish anyway."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine

from app.errors import AccessDenied, FileRefused, NotFound
from app.ingest.limits import Limits
from app.services import alignment
from app.services.actor import Actor
from app.services.survey_file import import_file, publish_file, summary
from app.survey.questionnaire import newest

WHOLE = newest()
ITEMS = [item.id for item in WHOLE.items_of("roles")]
LIMITS = Limits()
FILE = (
    "Team;Name;"
    + ";".join(WHOLE.wording("de").items[id] for id in ITEMS)
    + "\n"
    + "".join(f"{'Vertrieb' if n < 6 else 'Marketing'};Person {n};{n % 3 + 2};{n % 4 + 1};{5 - n % 3}\n" for n in range(11))
).encode()


def test_a_file_becomes_a_round(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = import_file(
        owner,
        engine=engine,
        team_id=team_id,
        data=FILE,
        name="antworten.csv",
        limits=LIMITS,
        round_name="Herbst",
        closed_on=date(2026, 10, 1),
        invited={"sales": 8},
    )
    _, asked, expected = publish_file(FILE, name="antworten.csv", limits=LIMITS, invited={"sales": 8})
    assert (shown.name, shown.state, shown.dimensions) == ("Herbst", "closed", ("roles",))
    assert alignment.results(owner, engine=engine, team_id=team_id) == ((shown, expected),)
    assert [expected.answered("sales"), expected.answered("marketing")] == [6, 5]
    assert [dimension.id for dimension in asked.dimensions] == ["roles"]


def test_only_the_known_columns_are_told_of() -> None:
    found = summary(FILE, name="antworten.csv", limits=LIMITS)
    assert (found.people, found.side_column, found.ignored, [id for _, id in found.columns]) == (11, "Team", ("Name",), ITEMS)


def test_a_stranger_and_a_viewer_keep_nothing(engine: Engine, owner: Actor, stranger: Actor, team_id: str) -> None:
    for actor, error in ((stranger, NotFound), (Actor(owner.organization_id, owner.member_id, "viewer"), AccessDenied)):
        with pytest.raises(error):
            import_file(
                actor,
                engine=engine,
                team_id=team_id,
                data=FILE,
                name="a.csv",
                limits=LIMITS,
                round_name="Mine",
                closed_on=date(2026, 10, 1),
            )
    assert alignment.results(owner, engine=engine, team_id=team_id) == ()


def test_a_file_that_is_no_table_is_refused_by_the_same_gate() -> None:
    with pytest.raises(FileRefused, match="This is a PDF"):
        summary(b"%PDF-1.7 and more", name="answers.pdf", limits=LIMITS)
