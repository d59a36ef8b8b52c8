"""What became of a practice: the dimensions it raises, in the round it followed from and in a later one."""

from __future__ import annotations

from dataclasses import dataclass

from app.survey.published import GROUPS, Group, Published, Score
from app.survey.questionnaire import MASTER, Questionnaire


@dataclass(frozen=True)
class Change:
    """One dimension as one group saw it then and sees it now; both are published numbers."""

    dimension: str
    name: str
    group: Group
    then: Score
    now: Score


@dataclass(frozen=True)
class Review:
    """What can be compared, and in sentences what cannot."""

    changes: tuple[Change, ...]
    not_compared: tuple[str, ...]


def review(practice_id: str, *, then: Published, now: Published, questionnaire: Questionnaire) -> Review:
    """Compare two rounds on the dimensions that a practice raises.

    Parameters
    ----------
    then, now
        The round the practice followed from, and a later one.
    questionnaire
        The version of the later round.

    Returns
    -------
    Review
        A dimension is compared for each group that both rounds show, where both asked in the same words; the names are English.
    """
    names = questionnaire.wording(MASTER).dimensions
    changes: list[Change] = []
    not_compared: list[str] = []
    for dimension in questionnaire.dimensions:
        if practice_id not in dimension.practices:
            continue
        name = names[dimension.id].name
        before = next((one for one in then.dimensions if one.id == dimension.id), None)
        after = next((one for one in now.dimensions if one.id == dimension.id), None)
        if before is None or after is None:
            not_compared.append(f"{name}: one of the two rounds did not ask about it.")
        elif before.wording != after.wording or then.scale != now.scale:
            not_compared.append(f"{name}: the two rounds asked in different words.")
        else:
            found = []
            for group in GROUPS:
                earlier, later = before.view(group).score, after.view(group).score
                if isinstance(earlier, Score) and isinstance(later, Score):
                    found.append(Change(dimension.id, name, group, earlier, later))
            changes.extend(found)
            if not found:
                not_compared.append(f"{name}: no group is shown in both rounds.")
    return Review(tuple(changes), tuple(not_compared))
