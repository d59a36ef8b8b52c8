"""Rounds to test with: made, opened, answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from sqlalchemy import Engine

from app.services.actor import Actor
from app.services.rounds import answering, manage
from app.services.rounds.answering import Save
from app.services.rounds.model import Changes, NewRound, Person, RoundView
from app.survey import questionnaire
from app.survey.model import Answer, Side

SECRET = bytes(range(32))
SURVEY = questionnaire.newest()
ITEMS = tuple(item.id for item in SURVEY.items)
DIMENSIONS = tuple(dimension.id for dimension in SURVEY.dimensions)


def new_round(**changed: Any) -> NewRound:
    """A round about everything in every language, with one shared link unless told otherwise."""
    values: dict[str, Any] = {
        "name": "Autumn",
        "questionnaire": SURVEY.version,
        "dimensions": DIMENSIONS,
        "languages": SURVEY.languages,
        **changed,
    }
    return NewRound(**values)


def opened_round(
    actor: Actor, engine: Engine, team_id: str, *, people: Sequence[Person] = (), secret: bytes = SECRET, **changed: Any
) -> RoundView:
    """An open round; with people, one of personal links."""
    way = "personal" if people else "shared"
    made = manage.create_round(actor, engine=engine, team_id=team_id, new=new_round(**{"way": way, **changed}), people=people)
    return manage.open_round(actor, engine=engine, secret=secret, round_id=made.id)


def shared_token(actor: Actor, engine: Engine, round_id: str) -> str:
    """The token of the shared link."""
    path = manage.shared_path(actor, engine=engine, secret=SECRET, round_id=round_id)
    assert path is not None
    return path.removeprefix("/s/")


def personal_tokens(actor: Actor, engine: Engine, round_id: str, *, secret: bytes = SECRET) -> dict[str, str]:
    """The token of each person by e-mail address."""
    links = manage.links(actor, engine=engine, secret=secret, round_id=round_id)
    return {link.person.email: link.path.removeprefix("/s/") for link in links}


def team_of(sales: int, marketing: int) -> list[Person]:
    """Invented people."""
    sides: tuple[tuple[Side, int], ...] = (("sales", sales), ("marketing", marketing))
    return [Person(f"{side.title()} {n}", f"{side}{n}@example.com", side) for side, number in sides for n in range(number)]


def random_answers(random: Random, items: Sequence[str] = ITEMS) -> dict[str, Answer]:
    """An answer to every item: 1 to 5, and sometimes "I don't know"."""
    return {item: random.choice((1, 2, 3, 4, 5, 1, 2, 3, 4, 5, None)) for item in items}


def answer(
    engine: Engine,
    token: str,
    answers: Mapping[str, Answer] | None = None,
    *,
    device: str = "phone",
    finish: bool = False,
    comments: Mapping[str, str] | None = None,
    guesses: Mapping[str, int] | None = None,
    taken_back: tuple[str, ...] = (),
) -> object:
    """One save, without the writer."""
    changes = Changes(answers=answers or {}, comments=comments or {}, guesses=guesses or {}, taken_back=taken_back, finish=finish)
    return answering.apply(engine, secret=SECRET, saves=[Save(token, device, changes)])[0]


def begin(engine: Engine, token: str, side: Side) -> str:
    """A respondent's own token under a shared link."""
    own = answering.begin(engine, secret=SECRET, token=token, side=side)
    assert own is not None
    return own
