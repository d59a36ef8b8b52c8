"""Which practices to start with, from what a closed round publishes and from nothing else.

Each dimension shows up to four signs: a low score, sides that see it differently, many who do not know, people of one side at odds. A
sign has a strength from 0 to 1. A practice is as urgent as the signs it answers in the dimensions it raises; the first practice a
dimension names counts in full there, the later ones less. The most urgent is taken, what it answers counts little for the next, and so
on: two practices for the same thing are seldom advised together. Among equals less effort comes first.

The strengths and limits are judgement, not statistics: they order the practices of one round, and are not to be compared between rounds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.statistics.intervals import Absent
from app.survey.practices import Effort, Practice, Sign
from app.survey.published import Agreement, Bound, DimensionResult, Gap, Group, Published, Score, Share
from app.survey.questionnaire import MASTER, Questionnaire
from app.wording import decimal, percent

MOST = 3
STANDS_OUT = 0.3
"""A practice below this urgency is not advised: nothing published asks for it."""
SECOND_FROM = 0.15
"""A second one may be less urgent: it stands beside the first, and a choice is better than an order."""
THIRD_FROM = 0.5
"""A third one is advised when it stands out by itself and is at least this part as urgent as the first."""

_RANKS = (1.0, 0.75, 0.55)
_ANSWERED = 0.3
_LOW = 0.6
_LEVELLED = 4.0
_EASE: Mapping[Effort, float] = {"hours": 1.0, "days": 0.95, "weeks": 0.85}
_ABOUT: Mapping[Bound, str] = {"exact": "about", "or_lower": "at most", "or_higher": "at least"}
_BEYOND: Mapping[Bound, str] = {"exact": "", "or_lower": " or lower", "or_higher": " or higher"}
_GROUPS: Mapping[Group, str] = {"sales": "sales", "marketing": "marketing", "together": "both teams together"}


@dataclass(frozen=True)
class Finding:
    """One sign of one dimension: how strong it is (0 to 1), and what was found, in a sentence of published numbers."""

    dimension: str
    sign: Sign
    strength: float
    sentence: str


@dataclass(frozen=True)
class Step:
    """A practice to start with, and why: its findings, the strongest first."""

    practice: Practice
    findings: tuple[Finding, ...]
    urgency: float


@dataclass(frozen=True)
class Advice:
    """The practices to start with, the most urgent first. `unseen` names dimensions of which nothing may be shown."""

    steps: tuple[Step, ...]
    unseen: tuple[str, ...]


def advise(
    published: Published,
    questionnaire: Questionnaire,
    practices: Sequence[Practice],
    *,
    weights: Mapping[str, float] | None = None,
    leave_out: Collection[str] = (),
) -> Advice | Absent:
    """Choose the two or three practices to start with.

    Parameters
    ----------
    questionnaire
        The version the round was asked in.
    weights
        By dimension; a dimension that counts more is looked at first. Equal when not given.
    leave_out
        Ids of practices that are planned, done or dropped already.

    Returns
    -------
    Advice or Absent
        Absent with code "nothing_shown" when there were too few answers, and "nothing_stands_out" when no practice is urgent.
    """
    found = {dimension.id: findings(dimension, questionnaire) for dimension in published.dimensions}
    unseen = tuple(dimension.id for dimension in published.dimensions if not _seen(dimension))
    if len(unseen) == len(published.dimensions):
        return Absent(
            "There are too few answers to show anything, so there is nothing to advise on.",
            "Ask again when more people can take part.",
            "nothing_shown",
        )
    left = {(one.dimension, one.sign): one.strength * _weight(one.dimension, weights) for each in found.values() for one in each}
    open_practices = [practice for practice in practices if practice.id not in leave_out]
    steps: list[Step] = []
    while open_practices and len(steps) < MOST:
        urgency, practice = max(
            ((_urgency(each, questionnaire, left), each) for each in open_practices),
            key=lambda pair: pair[0] * _EASE[pair[1].effort],
        )
        if urgency < _enough(steps):
            break
        open_practices.remove(practice)
        steps.append(Step(practice, _reasons(practice, questionnaire, found, left), urgency))
        for dimension in _raised(practice, questionnaire):
            for sign in practice.answers:
                if (dimension, sign) in left:
                    left[dimension, sign] *= _ANSWERED
    if not steps:
        return Absent(
            "Nothing stands out: no score is low, and the two sides see the work alike.",
            "Keep what you do, and ask again in some months. More agreement is not always better.",
            "nothing_stands_out",
        )
    return Advice(tuple(steps), unseen)


def findings(dimension: DimensionResult, questionnaire: Questionnaire) -> tuple[Finding, ...]:
    """The signs that a dimension shows in its published cells, the strongest first."""
    name = questionnaire.wording(MASTER).dimensions[dimension.id].name
    found = (_low(dimension, name), _gap(dimension, name), _unknown(dimension, name), _split(dimension, name))
    return tuple(sorted((one for one in found if one is not None), key=lambda one: -one.strength))


def _low(dimension: DimensionResult, name: str) -> Finding | None:
    """A score of 4, where the highest level begins, asks for nothing; one of 1.5 for as much as anything can."""
    scores = [(view.group, view.score) for view in dimension.views if isinstance(view.score, Score)]
    if not scores:
        return None
    strength = _between(_LEVELLED - min(score.value for _, score in scores), 2.5)
    if not strength:
        return None
    word = "Low" if strength >= _LOW else "Middling"
    # Whoever gave no such marks stands beside: 3.7 is not a low mark because the other side gave 2.2.
    low = [(group, score) for group, score in scores if _mark(score) == word]
    high = [(group, score) for group, score in scores if _mark(score) != word]
    said = " and ".join(f"{_GROUPS[group]} {_score(score)}" for group, score in low)
    beside = "".join(f" ({_GROUPS[group]} {_score(score)})" for group, score in high)
    return Finding(dimension.id, "low", strength, f"{word} marks for {name.lower()}: {said} of 5{beside}.")


def _mark(score: Score) -> str:
    strength = _between(_LEVELLED - score.value, 2.5)
    return "Low" if strength >= _LOW else "Middling" if strength else "High"


def _gap(dimension: DimensionResult, name: str) -> Finding | None:
    """A point and a half apart is as strong as it gets; a difference that may be chance counts half."""
    gap = dimension.gap
    if not isinstance(gap, Gap) or (abs(gap.points) < 0.5 and not gap.clear):
        return None
    strength = _between(abs(gap.points), 1.5) * (1.0 if gap.clear else 0.5)
    if not strength:
        return None
    higher, lower = ("Sales", "marketing") if gap.points > 0 else ("Marketing", "sales")
    chance = "too much for chance" if gap.clear else "which may still be chance"
    sentence = f"{higher} rates {name.lower()} {decimal(abs(gap.points))} points higher than {lower} does, {chance}."
    return Finding(dimension.id, "gap", strength, sentence)


def _unknown(dimension: DimensionResult, name: str) -> Finding | None:
    """One answer in ten is ordinary; one in two is as strong as it gets."""
    shares = [(view.unknown.value, view.group, view.unknown) for view in dimension.views if isinstance(view.unknown, Share)]
    if not shares:
        return None
    value, group, share = max(shares, key=lambda each: each[0])
    strength = 0.8 * _between(value - 0.1, 0.4)
    if not strength:
        return None
    who = "both teams" if group == "together" else _GROUPS[group]
    return Finding(
        dimension.id,
        "unknown",
        strength,
        f"On {name.lower()}, {_ABOUT[share.bound]} {percent(value, digits=0)} of the answers of {who} are “I don't know”.",
    )


def _split(dimension: DimensionResult, name: str) -> Finding | None:
    words = {view.group: view.agreement.word for view in dimension.views if isinstance(view.agreement, Agreement)}
    split = [group for group, word in words.items() if word == "split"]
    mixed = [group for group, word in words.items() if word == "mixed"]
    groups, strength, how = (split, 0.7, "far apart") if split else (mixed, 0.2, "of different minds")
    if not groups:
        return None
    who = " and ".join("both teams" if group == "together" else _GROUPS[group] for group in groups)
    return Finding(dimension.id, "split", strength, f"Within {who}, people are {how} on {name.lower()}.")


def _seen(dimension: DimensionResult) -> bool:
    return any(isinstance(view.score, Score) for view in dimension.views)


def _enough(steps: Sequence[Step]) -> float:
    """How urgent the next practice must be."""
    if len(steps) == MOST - 1:
        return max(STANDS_OUT, THIRD_FROM * steps[0].urgency)
    return SECOND_FROM if steps else STANDS_OUT


def _urgency(practice: Practice, questionnaire: Questionnaire, left: Mapping[tuple[str, Sign], float]) -> float:
    raised = _raised(practice, questionnaire)
    return sum(rank * left.get((dimension, sign), 0.0) for dimension, rank in raised.items() for sign in practice.answers)


def _raised(practice: Practice, questionnaire: Questionnaire) -> dict[str, float]:
    """The dimensions that name the practice, and how much it counts there."""
    return {
        dimension.id: _RANKS[min(dimension.practices.index(practice.id), len(_RANKS) - 1)]
        for dimension in questionnaire.dimensions
        if practice.id in dimension.practices
    }


def _reasons(
    practice: Practice,
    questionnaire: Questionnaire,
    found: Mapping[str, Sequence[Finding]],
    left: Mapping[tuple[str, Sign], float],
) -> tuple[Finding, ...]:
    raised = _raised(practice, questionnaire)
    answered = [one for dimension in raised for one in found.get(dimension, ()) if one.sign in practice.answers]
    return tuple(sorted(answered, key=lambda one: -raised[one.dimension] * left[one.dimension, one.sign]))


def _weight(dimension: str, weights: Mapping[str, float] | None) -> float:
    """A weight around 1, so that equal weights change nothing."""
    if not weights or not sum(weights.values()):
        return 1.0
    return weights.get(dimension, 0.0) * len(weights) / sum(weights.values())


def _between(value: float, full: float) -> float:
    return round(min(1.0, max(0.0, value / full)), 3)


def _score(score: Score) -> str:
    return f"{decimal(score.value)}{ {'exact': '', 'or_lower': ' or lower', 'or_higher': ' or higher'}[score.bound] }"
