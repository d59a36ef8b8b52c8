"""Whether two rounds asked the same: a line between two points of a trend is drawn only where they did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.survey.questionnaire import Questionnaire


@dataclass(frozen=True)
class Comparability:
    """Whether a number of two questionnaires may be joined by a line; `breaks` says in sentences why not."""

    breaks: tuple[str, ...] = ()

    @property
    def comparable(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.breaks


def dimension_comparability(first: Questionnaire, second: Questionnaire, dimension: str) -> Comparability:
    """Compare what two rounds asked about one dimension: the scale, the described answers, the items, their keying and their wording.

    A language that only one of them has is no break; a changed wording in a language that both have is one.
    """
    asked = [any(known.id == dimension for known in questionnaire.dimensions) for questionnaire in (first, second)]
    if not all(asked):
        return Comparability(("One of the rounds did not ask about it.",))
    breaks = []
    if first.scale != second.scale:
        breaks.append("The scale of the answers changed.")
    if any(_answers(first, language) != _answers(second, language) for language in _common(first, second)):
        breaks.append("The described answers changed.")
    before, after = ({item.id: item.reverse for item in each.items_of(dimension)} for each in (first, second))
    if before.keys() != after.keys():
        breaks.append("Statements were added or left out.")
    both = before.keys() & after.keys()
    reworded = [id for id in both if before[id] != after[id] or any(_differ(first, id, second, code) for code in _common(first, second))]
    if reworded:
        breaks.append(f"{len(reworded)} statement{'s were' if len(reworded) > 1 else ' was'} worded differently.")
    return Comparability(tuple(breaks))


def total_comparability(
    first: Questionnaire,
    second: Questionnaire,
    *,
    first_weights: Mapping[str, float] | None = None,
    second_weights: Mapping[str, float] | None = None,
) -> Comparability:
    """Compare the totals of two rounds: the same dimensions with the same weights, each of them comparable."""
    before, after = {d.id for d in first.dimensions}, {d.id for d in second.dimensions}
    if before != after:
        return Comparability(("The rounds asked about different dimensions.",))
    breaks: list[str] = []
    for dimension in first.dimensions:
        breaks.extend(why for why in dimension_comparability(first, second, dimension.id).breaks if why not in breaks)
    if _shares(first, first_weights) != _shares(second, second_weights):
        breaks.append("The weights of the dimensions changed.")
    return Comparability(tuple(breaks))


def _common(first: Questionnaire, second: Questionnaire) -> tuple[str, ...]:
    return tuple(language for language in first.languages if language in second.languages)


def _answers(questionnaire: Questionnaire, language: str) -> tuple[str, ...]:
    wording = questionnaire.wording(language)
    return (*wording.labels, wording.unknown)


def _differ(first: Questionnaire, id: str, second: Questionnaire, language: str) -> bool:
    """Whether the wording differs by more than spaces."""
    before, after = (each.wording(language).items[id].split() for each in (first, second))
    return before != after


def _shares(questionnaire: Questionnaire, weights: Mapping[str, float] | None) -> dict[str, float]:
    given = weights or questionnaire.equal_weights()
    whole = sum(given.values()) or 1.0
    return {id: round(weight / whole, 9) for id, weight in given.items()}
