"""The play company's closed round of the survey: nine people in sales and seven in marketing who see some things very differently.

Invented, and the same each time. Marketing believes that it hands over good leads in time; sales does not. Sales thinks that its word of
the customers arrives; marketing does not. On roles and technology both agree.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from sqlalchemy import Engine

from app.services.actor import Actor, require
from app.services.rounds.closed import closed_rounds, record_closed_round
from app.services.rounds.model import NewRound
from app.survey import questionnaire
from app.survey.model import Answer, Response, Side
from app.survey.questionnaire import Item, Questionnaire

SEED = 2006
PEOPLE: dict[Side, int] = {"sales": 9, "marketing": 7}
INVITED: dict[Side, int] = {"sales": 12, "marketing": 8}
OPINIONS: dict[str, tuple[float, float]] = {
    "roles": (3.3, 3.4),
    "communication": (2.9, 3.5),
    "strategy": (2.8, 3.0),
    "accountability": (2.5, 3.3),
    "budget": (2.2, 2.5),
    "technology": (3.2, 3.1),
    "service_level_agreement": (2.1, 3.8),
    "customer_insight": (3.6, 2.4),
}
"""What sales and marketing think of each dimension on average, 5 the best."""
UNKNOWN = 0.05
OPEN_DAYS = 14


def generate_responses(survey: Questionnaire, *, seed: int = SEED) -> tuple[Response, ...]:
    """The answers of everybody; the same seed always gives the same."""
    random = Random(seed)
    sides: tuple[Side, ...] = ("sales", "marketing")
    return tuple(
        Response(side, {item.id: _answer(random, item, of=side, mood=mood) for item in survey.items})
        for side in sides
        for mood in [random.gauss(0, 0.35) for _ in range(PEOPLE[side])]
    )


def ensure_play_survey(actor: Actor, *, engine: Engine, team_id: str, end: date) -> None:
    """Give the play company its round, closed in the week before `end`, unless it has one."""
    require(actor, "manager")
    if closed_rounds(actor, engine=engine, team_id=team_id):
        return
    survey = questionnaire.newest()
    closed_on = end - timedelta(days=5)
    record_closed_round(
        actor,
        engine=engine,
        team_id=team_id,
        new=NewRound(
            name=f"{closed_on:%B %Y}",
            questionnaire=survey.version,
            dimensions=tuple(dimension.id for dimension in survey.dimensions),
            languages=survey.languages,
            invited=INVITED,
        ),
        responses=generate_responses(survey),
        opened_on=closed_on - timedelta(days=OPEN_DAYS),
        closed_on=closed_on,
    )


def _answer(random: Random, item: Item, *, of: Side, mood: float) -> Answer:
    """One answer on the scale as it is given, so that a reverse-keyed statement is answered the other way round."""
    if random.random() < UNKNOWN:
        return None
    opinion = OPINIONS.get(item.dimension, (3.0, 3.0))[0 if of == "sales" else 1]
    value = min(max(round(opinion + mood + random.gauss(0, 0.7)), 1), 5)
    return 6 - value if item.reverse else value
