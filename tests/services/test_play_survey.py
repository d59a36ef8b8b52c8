"""The play company's round: the same each time, closed, and with a gap that is plain to see."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine

from app.services.actor import Actor
from app.services.alignment import results
from app.services.play_survey import INVITED, PEOPLE, ensure_play_survey, generate_responses
from app.services.teams import example_team
from app.survey.published import Gap, Score
from tests.survey_rounds import SURVEY


def test_the_same_answers_each_time() -> None:
    made = generate_responses(SURVEY)
    assert made == generate_responses(SURVEY)
    assert {side: sum(one.side == side for one in made) for side in PEOPLE} == PEOPLE
    assert {value for one in made for value in one.answers.values()} == {1, 2, 3, 4, 5, None}


def test_every_new_user_sees_what_a_closed_round_says(engine: Engine, owner: Actor) -> None:
    team = example_team(owner, engine=engine)
    for _ in range(2):
        ensure_play_survey(owner, engine=engine, team_id=team.id, end=date(2026, 11, 1))
    ((shown, published),) = results(owner, engine=engine, team_id=team.id)
    assert (shown.name, shown.opened_on, shown.closed_on, shown.invited) == (
        "October 2026",
        date(2026, 10, 13),
        date(2026, 10, 27),
        INVITED,
    )
    assert published.groups[:2] == ("sales", "marketing")
    gaps = {one.id: one.gap.points for one in published.dimensions if isinstance(one.gap, Gap)}
    assert len(gaps) == len(SURVEY.dimensions)
    # Marketing thinks much better of the service-level agreement, sales of the customers' words; on technology they agree.
    assert gaps["service_level_agreement"] < -1
    assert gaps["customer_insight"] > 0.8
    assert abs(gaps["technology"]) < 0.6
    assert all(isinstance(view.score, Score) for one in published.dimensions for view in one.views[:2])
