"""From answers to scores: reverse keying, means of persons, sides and dimensions, the total of 20 to 100 and its band.

The order of averaging is: items within a person and dimension, then persons within a side, then dimensions by weight. Every person counts
the same however many items they answered, and every dimension however many items it has. What was not answered, and "I don't know",
enter no mean; they are counted beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import fmean

from app.errors import AppError
from app.statistics.agreement import Alpha, cronbach_alpha
from app.statistics.intervals import Absent
from app.survey.model import BANDS, Band, Response, Side
from app.survey.questionnaire import Item, Questionnaire

FACTOR = 20
"""A mean on the scale of 1 to 5 becomes a total of 20 to 100, the range of the 20 items of 2006."""


@dataclass(frozen=True)
class ItemCounts:
    """The answers to one item as given, not turned round: `given[0]` chose 1. `unanswered` saw it and left it out, or never came to it."""

    item: str
    given: tuple[int, ...]
    unknown: int
    unanswered: int

    @property
    def answered(self) -> int:
        """How many chose a point of the scale."""
        return sum(self.given)


@dataclass(frozen=True)
class DimensionScore:
    """One dimension as some people see it, 5 the best.

    `people` counts those with at least one point chosen; `mean` is the mean of their own means, None without anybody. `unknown` is
    the share of "I don't know" among all answers given, None when nothing was answered.
    """

    dimension: str
    people: int
    mean: float | None
    unknown: float | None


@dataclass(frozen=True)
class Total:
    """A total from 20 to 100 with its band. `missing` names dimensions that have a weight and no mean; the others make up the total."""

    value: float
    band: Band
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class GuessedScore:
    """In-room rounds: what one side guesses the other says, and how far that is from what the other does say.

    `distance` = guess - said: positive when the other side is thought to be more content than it is.
    """

    dimension: str
    by: Side
    people: int
    guess: float
    said: float

    @property
    def distance(self) -> float:
        """The third number beside the two sides' own."""
        return self.guess - self.said


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


def item_values(questionnaire: Questionnaire, responses: Iterable[Response], item: Item) -> tuple[int, ...]:
    """The points given to one item, 5 the best."""
    points = questionnaire.scale.points
    given = (response.answers.get(item.id) for response in responses)
    return tuple(keyed(item, answer, points=points) for answer in given if answer is not None)


def item_counts(questionnaire: Questionnaire, responses: Sequence[Response], item: Item) -> ItemCounts:
    """How often each answer was given to one item."""
    answers = [response.answers[item.id] for response in responses if item.id in response.answers]
    return ItemCounts(
        item=item.id,
        given=tuple(sum(answer == point for answer in answers) for point in range(1, questionnaire.scale.points + 1)),
        unknown=sum(answer is None for answer in answers),
        unanswered=len(responses) - len(answers),
    )


def dimension_score(questionnaire: Questionnaire, responses: Sequence[Response], dimension: str) -> DimensionScore:
    """One dimension as these people see it."""
    means = person_means(questionnaire, responses, dimension)
    counts = [item_counts(questionnaire, responses, item) for item in questionnaire.items_of(dimension)]
    unknown, answered = sum(count.unknown for count in counts), sum(count.answered for count in counts)
    return DimensionScore(
        dimension=dimension,
        people=len(means),
        mean=fmean(means) if means else None,
        unknown=unknown / (unknown + answered) if unknown + answered else None,
    )


def guessed_score(questionnaire: Questionnaire, responses: Sequence[Response], dimension: str, *, by: Side) -> GuessedScore | Absent:
    """What one side guesses the other says about a dimension, beside what it does say."""
    guesses = [response.guesses[dimension] for response in responses if response.side == by and dimension in response.guesses]
    said = person_means(questionnaire, (response for response in responses if response.side != by), dimension)
    if not guesses:
        return Absent(f"Nobody in {by} guessed what the other side says.", "Ask for guesses in the next round held in a room.", "no_guess")
    if not said:
        return Absent("The other side gave no answers to compare the guess with.", code="no_answers")
    return GuessedScore(dimension, by, len(guesses), fmean(guesses), fmean(said))


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


def total(means: Mapping[str, float | None], weights: Mapping[str, float]) -> Total | Absent:
    """The total of one side: the weighted mean of its dimensions' means, times 20.

    Parameters
    ----------
    means
        By dimension, 1 to 5; None where there is none.
    weights
        By dimension, not negative; they need not add up to 1. The weight of a dimension without a mean is shared among the others.

    Returns
    -------
    Total or Absent
        Absent with code "no_answers" when no dimension with a weight has a mean.
    """
    counted = [(mean, weights.get(id, 0.0)) for id, mean in means.items() if mean is not None and weights.get(id, 0.0) > 0]
    if not counted:
        return Absent("There are no answers to add up.", "Close the round after people of this side have answered.", "no_answers")
    value = FACTOR * sum(mean * weight for mean, weight in counted) / sum(weight for _, weight in counted)
    missing = tuple(id for id, mean in means.items() if mean is None and weights.get(id, 0.0) > 0)
    # A mean of ones or fives may leave the scale by a rounding in the last place.
    value = min(100.0, max(20.0, value))
    return Total(value, band(value), missing)


def index(sales: float, marketing: float) -> float:
    """The alignment index of a round: the mean of the two sides' totals, so that the larger team does not drown the smaller."""
    return (sales + marketing) / 2


def band(value: float) -> Band:
    """The band of a total: undefined [20, 40), defined [40, 60), aligned [60, 80), integrated [80, 100].

    Raises
    ------
    ValueError
        When the total lies outside 20 to 100.

    Notes
    -----
    By analogy with the sums of the 20 items of 2006, whose bands (20-39, 40-59, 60-79, 80-100) leave gaps between whole numbers;
    half-open ones leave none.

    References
    ----------
    Kotler, Rackham and Krishnaswamy (2006), Ending the War Between Sales and Marketing, Harvard Business Review 84(7/8).
    """
    if not 20 <= value <= 100:
        raise ValueError(f"a total lies between 20 and 100, not at {value}")
    return BANDS[min(3, int(value // 20) - 1)]


def level(mean: float) -> Band:
    """The level of maturity of one dimension: the band of its mean times 20."""
    return band(mean * FACTOR)


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
