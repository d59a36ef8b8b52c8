"""Nobody of another organization sees or changes anything of a round, whatever identifier they come with."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine

from app.errors import NotFound
from app.services.actor import Actor
from app.services.rounds import closed, manage, reminding
from app.storage.queries import rounds, survey_answers
from tests.owners import everything
from tests.survey_rounds import ITEMS, SECRET, answer, new_round, opened_round, personal_tokens, team_of


def use_cases(stranger: Actor, engine: Engine, team_id: str, round_id: str) -> dict[str, Callable[[], object]]:
    """Each use case, by a stranger with the owner's identifiers."""
    both: dict[str, Any] = {"engine": engine, "round_id": round_id}
    secret: dict[str, Any] = {**both, "secret": SECRET}
    mail: dict[str, Any] = {
        "occasion": "mail",
        "language": "en",
        "base": "http://x",
        "smtp_url": "smtp://127.0.0.1:9",
        "mail_from": "a@example.com",
    }
    new = new_round()
    days: dict[str, Any] = {"opened_on": date(2026, 1, 1), "closed_on": date(2026, 1, 2)}
    return {
        "manage.list_rounds": lambda: manage.list_rounds(stranger, engine=engine, team_id=team_id),
        "manage.read_round": lambda: manage.read_round(stranger, **both),
        "manage.create_round": lambda: manage.create_round(stranger, engine=engine, team_id=team_id, new=new),
        "manage.open_round": lambda: manage.open_round(stranger, **secret),
        "manage.add_people": lambda: manage.add_people(stranger, **secret, people=team_of(1, 0)),
        "manage.set_last_day": lambda: manage.set_last_day(stranger, **both, day=None),
        "manage.raise_minimum": lambda: manage.raise_minimum(stranger, **both, minimum=9),
        "manage.remove_round": lambda: manage.remove_round(stranger, **both),
        "manage.progress": lambda: manage.progress(stranger, **secret),
        "manage.shared_path": lambda: manage.shared_path(stranger, **secret),
        "manage.links": lambda: manage.links(stranger, **secret),
        "manage.people": lambda: manage.people(stranger, **both),
        "closed.closed_rounds": lambda: closed.closed_rounds(stranger, engine=engine, team_id=team_id),
        "closed.closed_responses": lambda: closed.closed_responses(stranger, **both),
        "closed.closed_comments": lambda: closed.closed_comments(stranger, **both),
        "closed.close_round": lambda: closed.close_round(stranger, **secret),
        "closed.record_closed_round": lambda: closed.record_closed_round(
            stranger, engine=engine, team_id=team_id, new=new, responses=(), **days
        ),
        "reminding.send": lambda: reminding.send(stranger, **secret, **mail),
    }


def test_every_use_case_is_tried_by_a_stranger_and_finds_nothing(engine: Engine, owner: Actor, stranger: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id, people=team_of(1, 0))
    attempts = use_cases(stranger, engine, team_id, shown.id)
    found = {
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in (closed, manage, reminding)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and next(iter(inspect.signature(function).parameters), "") == "actor"
    }
    assert set(attempts) == found
    for attempt in attempts.values():
        with pytest.raises(NotFound):
            attempt()
    assert manage.read_round(owner, engine=engine, round_id=shown.id) == shown


def test_no_query_answers_for_another_organization(engine: Engine, owner: Actor, stranger: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id, people=team_of(1, 0))
    (token,) = personal_tokens(owner, engine, shown.id).values()
    answer(engine, token, {ITEMS[0]: 1})
    with everything(engine) as session:
        mine: dict[str, Any] = {"session": session, "organization_id": owner.organization_id, "round_id": shown.id}
        other = {**mine, "organization_id": stranger.organization_id}
        ((key, _),) = survey_answers.drafts(**mine)
        answers: list[object] = [
            rounds.survey_round(**other),
            rounds.salt(**other),
            list(rounds.contacts(**other)),
            list(survey_answers.drafts(**other)),
            survey_answers.draft(**other, key=key),
        ]
    closed.close_round(owner, engine=engine, secret=SECRET, round_id=shown.id)
    with everything(engine) as session:
        other = {"session": session, "organization_id": stranger.organization_id, "round_id": shown.id}
        answers += [list(survey_answers.responses(**other)), list(survey_answers.comments(**other))]
    assert [found for found in answers if found not in (None, [])] == []
