"""What answers are before they are published: reverse keying, each person's mean of a dimension, reliability; and the weights.

What was not answered, and "I don't know", enter no mean. Averages, totals and bands that anybody sees are made by `app.survey.disclosure`
and `app.survey.published`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite

from app.errors import AppError
from app.statistics.agreement import Alpha, cronbach_alpha
from app.statistics.intervals import Absent
from app.survey.model import Response
from app.survey.questionnaire import Item, Questionnaire


def keyed(item: Item, answer: int, *, points: int = 5) -> int:
    """The answer with 5 the best: agreement with a reverse-keyed item is turned round.

    Raises
    ------
    ValueError
        When the answer is not on the scale.
    """
    if not 1 <= answer <= points:
        raise ValueError(f"{answer} is not on a scale of 1 to {points}")
    return points + 1 - answer if item.reverse else answer


def person_mean(questionnaire: Questionnaire, response: Response, dimension: str) -> float | None:
    """One person's mean of the items of a dimension they gave a point to, 5 the best; None when there is none."""
    points = questionnaire.scale.points
    values = [
        keyed(item, answer, points=points)
        for item in questionnaire.items_of(dimension)
        if (answer := response.answers.get(item.id)) is not None
    ]
    # Equal fractions give equal floats here (2/1 and 6/3), which the ranks of the gap rely on.
    return sum(values) / len(values) if values else None


def person_means(questionnaire: Questionnaire, responses: Iterable[Response], dimension: str) -> tuple[float, ...]:
    """The means of all persons who have one, for comparing sides. They are single persons' values and are never shown."""
    means = (person_mean(questionnaire, response, dimension) for response in responses)
    return tuple(mean for mean in means if mean is not None)


def checked_weights(questionnaire: Questionnaire, weights: Mapping[str, float]) -> dict[str, float]:
    """A weight for each dimension of the questionnaire, scaled so that they add up to 1.

    Raises
    ------
    AppError
        When a dimension has no weight, one is unknown or negative, or all are 0.
    """
    known = [dimension.id for dimension in questionnaire.dimensions]
    for dimension in weights:
        questionnaire.dimension(dimension)
    for dimension in known:
        weight = weights.get(dimension)
        if weight is None:
            raise AppError(f"The dimension “{dimension}” has no weight.", "Give each dimension a weight; 0 leaves it out of the total.")
        if not isfinite(weight) or weight < 0:
            raise AppError(
                f"The weight of “{dimension}” is {weight:g}.", "Give a number from 0 up; 0 leaves the dimension out of the total."
            )
    whole = sum(weights[dimension] for dimension in known)
    if whole <= 0:
        raise AppError("All weights are 0, so there is nothing to add up.", "Give at least one dimension a weight above 0.")
    return {dimension: weights[dimension] / whole for dimension in known}


def reliability(questionnaire: Questionnaire, responses: Iterable[Response], *, dimension: str | None = None) -> Alpha | Absent:
    """How far the items of a dimension, or of the whole survey, measure one thing: Cronbach's alpha with its interval.

    Only persons who gave a point to every item count. Absent below ten of them: the interval would span almost everything.
    """
    items = questionnaire.items if dimension is None else questionnaire.items_of(dimension)
    rows = []
    for response in responses:
        answers = [response.answers.get(item.id) for item in items]
        row = [
            keyed(item, answer, points=questionnaire.scale.points)
            for item, answer in zip(items, answers, strict=True)
            if answer is not None
        ]
        if len(row) == len(items):
            rows.append(row)
    return cronbach_alpha(rows)
