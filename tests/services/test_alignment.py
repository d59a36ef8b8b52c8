"""What closed rounds publish is made once, kept, and seen by nobody else."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from unittest import mock

import pytest
from sqlalchemy import Engine

from app.errors import AccessDenied, AppError, NotFound
from app.services import alignment
from app.services.actor import Actor
from app.services.deletion import delete_team
from app.services.rounds.closed import close_round, closed_responses, record_closed_round
from app.services.rounds.manage import create_round, open_round
from app.services.rounds.model import NewRound, Person, RoundView
from app.services.stored_json import from_json, to_json
from app.services.teams import create_team, example_team
from app.storage.engine import reading
from app.storage.queries import publications, rounds
from app.survey.disclosure import publish
from app.survey.model import Response, Side
from app.survey.published import Comments, Published, Score, Suppressed
from app.survey.questionnaire import newest
from tests.owners import everything
from tests.survey.people import at_random
from tests.survey_rounds import SECRET, answer, opened_round, personal_tokens, team_of

PULSE = newest().only(["roles", "budget"])


def closed(
    actor: Actor, engine: Engine, team_id: str, name: str, responses: list[Response], *, on: date, invited: dict[Side, int] | None = None
) -> RoundView:
    """A round that took place."""
    new = NewRound(name, PULSE.version, ("roles", "budget"), ("en",), invited=invited or {})
    return record_closed_round(actor, engine=engine, team_id=team_id, new=new, responses=responses, opened_on=on, closed_on=on)


def people(sales: int, marketing: int, *, seed: int = 1) -> list[Response]:
    return at_random(PULSE, "sales", sales, seed=seed, unknown=0) + at_random(PULSE, "marketing", marketing, seed=seed, unknown=0)


def test_each_closed_round_comes_with_what_it_publishes(engine: Engine, owner: Actor, team_id: str) -> None:
    assert alignment.results(owner, engine=engine, team_id=team_id) == ()
    first, second = people(9, 7), people(12, 4, seed=2)
    later = closed(owner, engine, team_id, "Autumn", second, on=date(2026, 9, 1))
    earlier = closed(owner, engine, team_id, "Spring", first, on=date(2026, 3, 1))
    assert alignment.results(owner, engine=engine, team_id=team_id) == ((earlier, publish(PULSE, first)), (later, publish(PULSE, second)))


def test_what_was_published_is_not_made_again(engine: Engine, owner: Actor, team_id: str) -> None:
    closed(owner, engine, team_id, "Spring", people(9, 7), on=date(2026, 3, 1))
    found = alignment.results(owner, engine=engine, team_id=team_id)
    with mock.patch.object(alignment, "publish", side_effect=AssertionError("published twice")):
        assert alignment.results(owner, engine=engine, team_id=team_id) == found


def test_a_second_round_of_nearly_the_same_people_hides_what_the_first_would_give_away(engine: Engine, owner: Actor, team_id: str) -> None:
    everybody = people(10, 6)
    closed(owner, engine, team_id, "Spring", everybody[1:], on=date(2026, 3, 1), invited={"sales": 9, "marketing": 6})
    closed(owner, engine, team_id, "Autumn", everybody, on=date(2026, 9, 1), invited={"sales": 10, "marketing": 6})
    (_, first), (_, second) = alignment.results(owner, engine=engine, team_id=team_id)
    scores = [[dimension.view("sales").score for dimension in found.dimensions] for found in (first, second)]
    assert all(isinstance(score, Score) for score in scores[0])
    assert [score.code for score in scores[1] if isinstance(score, Suppressed)] == ["between_rounds", "between_rounds"]


def sales_hidden(actor: Actor, engine: Engine, team_id: str) -> list[bool]:
    """Of each closed round, whether the first subject of sales is hidden because of earlier rounds."""
    scores = [found.dimensions[0].view("sales").score for _, found in alignment.results(actor, engine=engine, team_id=team_id)]
    return [isinstance(score, Suppressed) and score.code == "between_rounds" for score in scores]


def test_a_removed_round_gives_nobody_away(engine: Engine, owner: Actor, team_id: str) -> None:
    everybody = people(10, 6)
    spring = closed(owner, engine, team_id, "Spring", everybody[1:], on=date(2026, 3, 1), invited={"sales": 9, "marketing": 6})
    assert sales_hidden(owner, engine, team_id) == [False]
    alignment.remove_closed_round(owner, engine=engine, round_id=spring.id)
    assert alignment.results(owner, engine=engine, team_id=team_id) == ()
    with reading(engine, organization_id=owner.organization_id) as session:
        (kept,) = publications.removed(session=session, organization_id=owner.organization_id)
    assert json.loads(kept.content)["turnout"][0]["answered"] == 9
    assert "value" not in kept.content
    with pytest.raises(NotFound):
        closed_responses(owner, engine=engine, round_id=spring.id)
    closed(owner, engine, team_id, "Autumn", everybody, on=date(2026, 9, 1), invited={"sales": 10, "marketing": 6})
    assert sales_hidden(owner, engine, team_id) == [True]


def test_a_round_that_nobody_looked_at_leaves_nothing_behind(engine: Engine, owner: Actor, team_id: str) -> None:
    everybody = people(10, 6)
    spring = closed(owner, engine, team_id, "Spring", everybody[1:], on=date(2026, 3, 1), invited={"sales": 9, "marketing": 6})
    alignment.remove_closed_round(owner, engine=engine, round_id=spring.id)
    closed(owner, engine, team_id, "Autumn", everybody, on=date(2026, 9, 1), invited={"sales": 10, "marketing": 6})
    assert sales_hidden(owner, engine, team_id) == [False]


def test_only_a_closed_round_of_a_team_of_ones_own_is_removed(engine: Engine, owner: Actor, stranger: Actor, team_id: str) -> None:
    made = create_round(owner, engine=engine, team_id=team_id, new=NewRound("Draft", PULSE.version, ("roles",), ("en",)))
    with pytest.raises(AppError, match="not closed"):
        alignment.remove_closed_round(owner, engine=engine, round_id=made.id)
    spring = closed(owner, engine, team_id, "Spring", people(9, 7), on=date(2026, 3, 1))
    viewer = Actor(owner.organization_id, owner.member_id, "viewer")
    for actor, error in ((stranger, NotFound), (viewer, AccessDenied)):
        with pytest.raises(error):
            alignment.remove_closed_round(actor, engine=engine, round_id=spring.id)
    example = closed(owner, engine, example_team(owner, engine=engine).id, "Played", people(9, 7), on=date(2026, 3, 1))
    with pytest.raises(AppError, match="example"):
        alignment.remove_closed_round(owner, engine=engine, round_id=example.id)


def test_the_same_people_asked_as_another_team_give_nobody_away(engine: Engine, owner: Actor, team_id: str) -> None:
    south = create_team(owner, engine=engine, name="South").id
    for team, asked in ((team_id, team_of(9, 0)), (south, team_of(10, 0))):
        shown = opened_round(owner, engine, team, people=asked, dimensions=("roles",))
        for token in personal_tokens(owner, engine, shown.id).values():
            answer(engine, token, {item.id: 3 for item in PULSE.items_of("roles")}, finish=True)
        close_round(owner, engine=engine, secret=SECRET, round_id=shown.id)
        assert sales_hidden(owner, engine, team) == [team == south]


def test_a_team_that_is_deleted_and_made_again_gives_nobody_away(engine: Engine, owner: Actor, team_id: str, tmp_path: Path) -> None:
    south = create_team(owner, engine=engine, name="South").id
    everybody = people(10, 6)
    closed(owner, engine, south, "Spring", everybody[1:], on=date(2026, 3, 1), invited={"sales": 9, "marketing": 6})
    assert sales_hidden(owner, engine, south) == [False]
    delete_team(owner, engine=engine, team_id=south, cache_dir=tmp_path)
    again = create_team(owner, engine=engine, name="South").id
    # A team that was there before is other people, as far as anybody knows.
    for team, hidden in ((again, True), (team_id, False)):
        closed(owner, engine, team, "Autumn", everybody, on=date(2026, 9, 1), invited={"sales": 10, "marketing": 6})
        assert sales_hidden(owner, engine, team) == [hidden]


def test_comments_come_with_the_round_and_apart_from_answers(engine: Engine, owner: Actor, team_id: str) -> None:
    answers = people(5, 2)
    answers[0] = Response("sales", answers[0].answers, {"roles": "One page for all steps"})
    answers[-1] = Response("marketing", answers[-1].answers, {"roles": "Ask us"})
    closed(owner, engine, team_id, "Spring", answers, on=date(2026, 3, 1))
    ((_, found),) = alignment.results(owner, engine=engine, team_id=team_id)
    assert found.comments[0] == Comments("roles", "sales", ("One page for all steps",))
    assert [comments.texts for comments in found.comments[1:]] == [()] * 5


def test_published_at_once_by_several_it_is_one(engine: Engine, owner: Actor, team_id: str) -> None:
    for month in (3, 6, 9):
        closed(owner, engine, team_id, f"Month {month}", people(9, 7, seed=month), on=date(2026, month, 1))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: alignment.results(owner, engine=engine, team_id=team_id), range(4)))
    assert found == [found[0]] * 4


def test_a_stranger_sees_nothing(engine: Engine, owner: Actor, stranger: Actor, team_id: str) -> None:
    closed(owner, engine, team_id, "Spring", people(9, 7), on=date(2026, 3, 1))
    with pytest.raises(NotFound):
        alignment.results(stranger, engine=engine, team_id=team_id)


@pytest.mark.parametrize("sizes", [(0, 0), (4, 4), (9, 3), (9, 7), (24, 31)])
def test_what_is_published_comes_back_from_json_as_it_was(sizes: tuple[int, int]) -> None:
    published = publish(PULSE, people(*sizes), invited={"sales": 40})
    assert from_json(Published, to_json(published)) == published


def test_people_asked_by_personal_links_keep_a_mark_that_is_the_same_in_every_round(engine: Engine, owner: Actor, team_id: str) -> None:
    secret = b"s" * 32
    asked = [Person("Anna", "anna@example.com", "sales"), Person("Ben", "ben@example.com", "marketing")]
    rolls = []
    for name, of_round in (("Spring", asked), ("Autumn", [Person("Anna B.", "ANNA@example.com", "sales")])):
        new = NewRound(name, PULSE.version, ("roles",), ("en",), way="personal")
        made = create_round(owner, engine=engine, team_id=team_id, new=new, people=of_round)
        open_round(owner, engine=engine, secret=secret, round_id=made.id)
        close_round(owner, engine=engine, secret=secret, round_id=made.id)
        with everything(engine) as session:
            row = rounds.survey_round(session=session, organization_id=owner.organization_id, round_id=made.id)
            assert row is not None
            rolls.append(json.loads(row.roll or "null"))
            assert "anna" not in str(row.roll).lower()
    assert rolls[0]["sales"] == rolls[1]["sales"]
    assert len(rolls[0]["sales"][0]) == 32
    assert (len(rolls[0]["marketing"]), rolls[1]["marketing"]) == (1, [])
    assert rolls[0]["marketing"] != rolls[0]["sales"]
