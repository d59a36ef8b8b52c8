"""What a team can do about what a round found: the practices of `data/survey/practices.toml`, checked whole."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from app.errors import CatalogueError
from app.survey import files
from app.survey.questionnaire import FOLDER

Effort = Literal["hours", "days", "weeks"]
Owner = Literal["sales", "marketing", "both"]
Sign = Literal["low", "gap", "unknown", "split"]
"""What a round may show of a dimension: a low score, sides that see it differently, many who do not know, people of a side at odds."""

EFFORTS: tuple[Effort, ...] = get_args(Effort)
OWNERS: tuple[Owner, ...] = get_args(Owner)
SIGNS: tuple[Sign, ...] = get_args(Sign)


@dataclass(frozen=True)
class Practice:
    """Something to do.

    Parameters
    ----------
    article
        Which of the source article's six practices it is a step of, "" when of none.
    what, first_step
        What it is, and how to begin.
    answers
        The signs it answers; a low score is always among them.
    effort, owner
        How much work it is, and which side takes it in hand.
    watch
        What to look at to see that it worked.
    claims
        Ids of cited figures that say something about it.
    """

    id: str
    title: str
    article: str
    what: str
    first_step: str
    answers: tuple[Sign, ...]
    effort: Effort
    owner: Owner
    watch: str
    claims: tuple[str, ...]


def practices(*, path: Path = FOLDER / "practices.toml") -> tuple[Practice, ...]:
    """All practices, in the order of the file; `CatalogueError` when the file is wrong."""
    return _practices(path)


def practice(id: str) -> Practice:
    """The practice of this id; `CatalogueError` when there is none."""
    for known in practices():
        if known.id == id:
            return known
    raise CatalogueError(f"There is no practice “{id}”.", "Choose one of the practices the page offers.")


@lru_cache(maxsize=4)
def _practices(path: Path) -> tuple[Practice, ...]:
    content = files.read(path)
    found = tuple(_practice(content, id) for id in content.keys("practices"))
    content.done()
    return found


def _practice(content: files.Content, id: str) -> Practice:
    at = f"practices.{id}"
    answers = content.texts(f"{at}.answers")
    signs: list[Sign] = ["low"]
    for answer in answers:
        if answer not in SIGNS[1:]:
            raise content.wrong(f"{at}.answers", f"“{answer}” is not one of {', '.join(SIGNS[1:])}.")
        signs.extend(sign for sign in SIGNS if sign == answer)
    return Practice(
        id=id,
        title=content.text(f"{at}.title"),
        article=content.text(f"{at}.article", empty=True),
        what=content.text(f"{at}.what"),
        first_step=content.text(f"{at}.first_step"),
        answers=tuple(signs),
        effort=content.choice(f"{at}.effort", EFFORTS),
        owner=content.choice(f"{at}.owner", OWNERS),
        watch=content.text(f"{at}.watch"),
        claims=content.texts(f"{at}.claims"),
    )
