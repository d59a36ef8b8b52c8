"""What the use cases of the survey's rounds take and give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from app.storage.tables import RoundState, RoundWay
from app.survey.model import Answer, Side

SMALLEST_MINIMUM = 5
"""Nobody may choose a smaller group: five is what Viva, Emplify and Quantum Workplace show from."""


@dataclass(frozen=True)
class NewRound:
    """How a round is set up.

    Parameters
    ----------
    name
        What the manager calls it; respondents see it too.
    questionnaire
        The version of the questionnaire; it stays with the round for good.
    dimensions
        Those asked about; all of the version's, or fewer for a pulse round.
    languages
        Those a respondent may choose from.
    minimum
        Answers a side needs before anything of it is shown: 5 or more.
    way
        "shared": one link for all, and each says on which side they are. "personal": a link for each person on a list.
    in_room
        Whether both sides also guess what the other side answers.
    closes_on
        The last day on which answers are taken, in the team's time zone; None to close by hand.
    invited
        How many people are asked on each side, for the response rate; a list of people sets it by itself.
    """

    name: str
    questionnaire: str
    dimensions: tuple[str, ...]
    languages: tuple[str, ...]
    minimum: int = SMALLEST_MINIMUM
    way: RoundWay = "shared"
    in_room: bool = False
    closes_on: date | None = None
    invited: Mapping[Side, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RoundView:
    """A round as it is shown.

    `last_day` is the last day on which answers are taken, and `closes_at` the first instant after it; None when it is closed by hand.
    """

    id: str
    team_id: str
    name: str
    questionnaire: str
    dimensions: tuple[str, ...]
    languages: tuple[str, ...]
    minimum: int
    way: RoundWay
    in_room: bool
    state: RoundState
    closes_at: datetime | None
    last_day: date | None
    invited: Mapping[Side, int]
    opened_on: date | None
    closed_on: date | None


@dataclass(frozen=True)
class Progress:
    """How many people have answered, told so that it identifies nobody.

    `at_least` is the number of a side's answers rounded down to a multiple of the round's minimum: 0 means "fewer than the minimum".
    """

    minimum: int
    at_least: Mapping[Side, int]


@dataclass(frozen=True)
class Person:
    """Somebody who is asked by a personal link."""

    name: str
    email: str
    side: Side


@dataclass(frozen=True)
class Link:
    """A person's own link; `path` begins with "/s/" and is put behind the address of the survey."""

    person: Person
    path: str


@dataclass(frozen=True)
class Comment:
    """What somebody wrote about a dimension. Nothing joins it to other answers of the same person."""

    side: Side
    dimension: str
    body: str


@dataclass(frozen=True)
class Changes:
    """What one save changes.

    Parameters
    ----------
    answers
        By item id: 1 to 5, or None for "I don't know".
    taken_back
        Items whose answer is removed.
    comments
        By dimension id; an empty text removes the comment.
    guesses
        By dimension id: 1 to 5.
    finish
        Whether the respondent sends everything off. After that the link opens nothing any more.
    """

    answers: Mapping[str, Answer] = field(default_factory=dict)
    taken_back: tuple[str, ...] = ()
    comments: Mapping[str, str] = field(default_factory=dict)
    guesses: Mapping[str, int] = field(default_factory=dict)
    finish: bool = False


Outcome = Literal["saved", "finished", "unavailable"]
"""What became of a save. "unavailable" is the one answer to a token that is unknown, used or of a round that is not open."""
