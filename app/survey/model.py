"""The words that every part of the survey shares: sides, answers, and one person's response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Side = Literal["sales", "marketing"]
SIDES: tuple[Side, ...] = ("sales", "marketing")

Answer = int | None
"""1 to 5 on the scale; None is "I don't know". What was not answered has no entry at all."""

Band = Literal["undefined", "defined", "aligned", "integrated"]
BANDS: tuple[Band, ...] = ("undefined", "defined", "aligned", "integrated")
"""The four levels of maturity, from the lowest; by analogy with the assessment of Kotler, Rackham and Krishnaswamy (2006)."""


@dataclass(frozen=True)
class Response:
    """What one person answered.

    Parameters
    ----------
    side
        The person's own side.
    answers
        By item id, as given on the scale: a reverse-keyed item is not turned round yet. An item without an entry was not answered.
    comments
        Free text by dimension id.
    guesses
        In-room rounds only, by dimension id: what the person thinks the other side says, 1 to 5 with 5 the best.
    """

    side: Side
    answers: Mapping[str, Answer]
    comments: Mapping[str, str] = field(default_factory=dict)
    guesses: Mapping[str, int] = field(default_factory=dict)
