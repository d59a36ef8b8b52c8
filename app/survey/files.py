"""A versioned file of the survey, read whole: every value is taken by its place, and what nobody took is an error.

A place is the path of tables with points between, as in `items.roles_owner.dimension`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from app.errors import CatalogueError

T = TypeVar("T", bound=str)
_BLANKS = re.compile(r"\{[^}]*\}")


@dataclass
class Content:
    """One file. `values` holds what is not a table, by its place; `taken` what has been read so far."""

    file: str
    data: dict[str, Any]
    values: dict[str, object]
    taken: set[str] = field(default_factory=set)

    def wrong(self, place: str, why: str) -> CatalogueError:
        """The error that says what is wrong where."""
        return CatalogueError(f"{self.file}, field “{place}”: {why}", "Correct the file, or restore it from the project.")

    def has(self, place: str) -> bool:
        """Whether there is a value at this place."""
        return place in self.values

    def keys(self, place: str) -> tuple[str, ...]:
        """The keys of a table, in the order of the file."""
        table: Any = self.data
        for key in place.split("."):
            table = table.get(key) if isinstance(table, dict) else None
        if not isinstance(table, dict) or not table:
            raise self.wrong(place, "it is missing.")
        return tuple(table)

    def text(self, place: str, *, empty: bool = False) -> str:
        """A text, which may be empty only where `empty` says so."""
        value = self._take(place)
        if not isinstance(value, str):
            raise self.wrong(place, "it must be a text.")
        if not value.strip() and not empty:
            raise self.wrong(place, "it is empty.")
        return value

    def texts(self, place: str) -> tuple[str, ...]:
        """A list of texts, none empty and none twice."""
        value = self._take(place)
        if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
            raise self.wrong(place, "it must be a list of texts.")
        for text in value:
            if value.count(text) > 1:
                raise self.wrong(place, f"“{text}” stands there twice.")
        return tuple(value)

    def choice(self, place: str, allowed: Sequence[T]) -> T:
        """One of the allowed words."""
        value = self.text(place)
        for word in allowed:
            if word == value:
                return word
        raise self.wrong(place, f"“{value}” is not one of {', '.join(allowed)}.")

    def whole(self, place: str) -> int:
        """A whole number."""
        value = self._take(place)
        # True is an int to Python, and is not meant here.
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(place, "it must be a whole number.")
        return value

    def flag(self, place: str) -> bool:
        """A yes or no; what is not there is no."""
        if not self.has(place):
            return False
        value = self._take(place)
        if not isinstance(value, bool):
            raise self.wrong(place, "it must be true or false.")
        return value

    def same_as(self, master: Content, *, within: str) -> None:
        """Check that each text has the places to fill in, as `{part}`, that it has in the master file."""
        for place, text in master.values.items():
            if not place.startswith(f"{within}."):
                continue
            wanted, found = (sorted(_BLANKS.findall(str(value))) for value in (text, self.values.get(place, text)))
            if wanted != found:
                raise self.wrong(place, f"it must have the same places to fill in as {master.file}: {', '.join(wanted) or 'none'}.")

    def done(self) -> None:
        """Check that every value was taken, so that a misspelt key is noticed."""
        unknown = [place for place in self.values if place not in self.taken]
        if unknown:
            raise self.wrong(unknown[0], "the key is unknown.")

    def _take(self, place: str) -> object:
        if place not in self.values:
            raise self.wrong(place, "it is missing.")
        self.taken.add(place)
        return self.values[place]


def read(path: Path) -> Content:
    """Read a file; `CatalogueError` when it is no TOML. A key that stands twice is one of the things TOML forbids."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogueError(f"{path.name} cannot be read: {error}.", "Restore the file from the project.") from error
    return Content(path.name, data, dict(_leaves(data, "")))


def _leaves(table: dict[str, Any], place: str) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for key, value in table.items():
        at = f"{place}.{key}" if place else key
        if isinstance(value, dict) and value:
            found.extend(_leaves(value, at))
        else:
            found.append((at, value))
    return found
