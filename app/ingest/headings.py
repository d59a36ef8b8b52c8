"""How the headings of a file are compared: folded, and taken apart into words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00a0": " ", "\u202f": " ", "\ufeff": ""})
_NO_WORD = re.compile(r"[\W_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_FILLER = frozenset(["of", "the", "de", "du", "da", "do", "des", "la", "le", "el", "der", "die", "das", "a", "in", "at", "c", "s"])
_GLUED = re.compile(
    r"^(lead|account|potential|contact|invoice|task|order|customer|deal|opportunity|campaign|product|quote|event|vendor|user)s?(id|no|number)$"
)


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """`text` as headings and stage words are compared: NFC, straight quotes, single spaces, no case.

    >>> fold(" Deal\u00a0 Owner ")
    'deal owner'
    """
    return " ".join(unicodedata.normalize("NFC", text).translate(_QUOTES).split()).casefold()


@lru_cache(maxsize=20_000)
def words(heading: str) -> tuple[str, ...]:
    """The words of a heading, without accents, case and fillers.

    >>> words("Sale_Value_AED")
    ('sale', 'value', 'aed')
    >>> words("OpportunityID")
    ('opportunity', 'id')
    >>> words("Date de clôture")
    ('date', 'cloture')
    """
    spaced = _HUMP.sub(" ", heading.replace("IDs", "Id").replace("ID", "Id") if not heading.isupper() else heading)
    plain = "".join(c for c in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(c)).casefold()
    found: list[str] = []
    for word in _NO_WORD.split(plain):
        glued = _GLUED.match(word)
        found.extend(glued.groups() if glued else (word,))
    return tuple(word for word in found if word and word not in _FILLER)


def singular(word: str) -> str:
    """`word` without its plural ending, so that "leads" and "lead" are one word."""
    if len(word) > 5 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
