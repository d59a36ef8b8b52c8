"""Responses for tests of what is published."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from app.survey.model import Answer, Response, Side
from app.survey.questionnaire import Questionnaire, newest

ROLES = newest().only(["roles"])
"""Three items, the last of them reverse-keyed."""


def one(side: Side, *answers: Answer | str, comments: dict[str, str] | None = None, guess: int | None = None) -> Response:
    """A response to the items of `ROLES` in their order, as given on the scale; None is "I don't know", "" is left out."""
    given = {item.id: a for item, a in zip(ROLES.items, answers, strict=True) if not isinstance(a, str)}
    return Response(side, given, comments or {}, {} if guess is None else {"roles": guess})


def several(side: Side, *rows: Sequence[Answer | str]) -> list[Response]:
    """One response for each row of answers."""
    return [one(side, *row) for row in rows]


def at_random(
    questionnaire: Questionnaire, side: Side, number: int, *, seed: int, level: float = 3.0, unknown: float = 0.1
) -> list[Response]:
    """`number` people who answer around `level` (5 the best), each item left out or not known with a small chance."""
    random = Random(f"{side} {seed}")
    found = []
    for _ in range(number):
        own = random.gauss(level, 0.6)
        answers: dict[str, Answer] = {}
        for item in questionnaire.items:
            if random.random() < unknown / 3:
                continue
            if random.random() < unknown:
                answers[item.id] = None
            else:
                value = min(max(round(random.gauss(own, 0.8)), 1), 5)
                answers[item.id] = 6 - value if item.reverse else value
        found.append(Response(side, answers))
    return found
