"""A team's weights: equal unless it says otherwise, checked, and its own alone."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from app.errors import AccessDenied, AppError, NotFound
from app.services.actor import Actor, add_member
from app.services.survey_weights import read_weights, set_weights
from app.services.teams import create_team
from app.survey.questionnaire import newest

EQUAL = newest().equal_weights()


def test_all_count_the_same_until_the_team_says_otherwise(engine: Engine, owner: Actor, team_id: str) -> None:
    other = create_team(owner, engine=engine, name="South").id
    assert read_weights(owner, engine=engine, team_id=team_id, questionnaire=newest()) == EQUAL
    set_weights(owner, engine=engine, team_id=team_id, weights=EQUAL | {"budget": 3, "technology": 0})
    assert read_weights(owner, engine=engine, team_id=team_id, questionnaire=newest()) == EQUAL | {"budget": 3.0, "technology": 0.0}
    assert read_weights(owner, engine=engine, team_id=team_id, questionnaire=newest().only(["budget"])) == {"budget": 3.0}
    assert read_weights(owner, engine=engine, team_id=other, questionnaire=newest()) == EQUAL
    set_weights(owner, engine=engine, team_id=team_id, weights=dict.fromkeys(EQUAL, 2.0))
    assert read_weights(owner, engine=engine, team_id=team_id, questionnaire=newest()) == EQUAL


def test_weights_that_make_no_sense_are_refused(engine: Engine, owner: Actor, team_id: str) -> None:
    for weights, message in (
        ({}, "has no weight"),
        (dict.fromkeys(EQUAL, 0.0), "All weights are 0"),
        (EQUAL | {"roles": -1.0}, "weight of “roles” is -1"),
        (EQUAL | {"roles": 11.0}, "weight of “roles” is 11"),
    ):
        with pytest.raises(AppError, match=message):
            set_weights(owner, engine=engine, team_id=team_id, weights=weights)
    assert read_weights(owner, engine=engine, team_id=team_id, questionnaire=newest()) == EQUAL


def test_who_may_set_them(engine: Engine, owner: Actor, stranger: Actor, team_id: str) -> None:
    viewer = add_member(owner, engine=engine, iss="https://id", sub="vera", display_name="Vera", role="viewer")
    assert read_weights(viewer, engine=engine, team_id=team_id, questionnaire=newest()) == EQUAL
    with pytest.raises(AccessDenied):
        set_weights(viewer, engine=engine, team_id=team_id, weights=EQUAL)
    with pytest.raises(NotFound):
        set_weights(stranger, engine=engine, team_id=team_id, weights=EQUAL)
    with pytest.raises(NotFound):
        read_weights(stranger, engine=engine, team_id=team_id, questionnaire=newest())
