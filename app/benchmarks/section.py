"""The tables of a TOML file, taken key by key; what is wrong is told with its file, claim and field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from typing import Any, TypeVar

from app.errors import CatalogueError

T = TypeVar("T")


@dataclass
class Section:
    """One table of the file with its place; every key must be taken once, so that an unknown one is noticed by `done`."""

    file: str
    claim: str
    place: str
    data: dict[str, Any]
    taken: set[str] = field(default_factory=set)

    def wrong(self, key: str, why: str) -> CatalogueError:
        """The error of a field: where it stands, what is wrong, what to do."""
        where = f"{self.file}, claim {self.claim}" if self.claim else self.file
        at = f"{self.place}.{key}" if self.place and key else self.place or key
        return CatalogueError(f"{where}, field “{at}”: {why}", "Correct the file, or restore it from the project.")

    def take(self, key: str, kinds: type | tuple[type, ...], what: str, *, optional: bool = False) -> Any:
        """The value of a key, of one of these kinds; None when it may be missing and is."""
        self.taken.add(key)
        if key not in self.data:
            if optional:
                return None
            raise self.wrong(key, "it is missing.")
        value = self.data[key]
        # bool is an int to Python, and a datetime is a date; neither is meant here.
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise self.wrong(key, f"it must be {what}.")
        return value

    def text(self, key: str, *, optional: bool = False) -> str:
        """A text that is not empty; "" when it may be missing and is."""
        value = self.take(key, str, "a text", optional=optional)
        if value is None:
            return ""
        if not value.strip():
            raise self.wrong(key, "it is empty.")
        return str(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, none of them empty."""
        value = self.take(key, list, "a list of texts")
        if not all(isinstance(item, str) and item.strip() for item in value):
            raise self.wrong(key, "it must be a list of texts.")
        return tuple(value)

    def choice(self, key: str, allowed: Sequence[T]) -> T:
        """One of the allowed texts."""
        value = self.text(key)
        for item in allowed:
            if item == value:
                return item
        raise self.wrong(key, f"“{value}” is not one of {', '.join(map(str, allowed))}.")

    def number(self, key: str) -> float | None:
        """A finite number, None when the key is missing."""
        value = self.take(key, (int, float), "a number", optional=True)
        if value is None:
            return None
        if not isfinite(value):
            raise self.wrong(key, "it must be a finite number.")
        return float(value)

    def needed(self, key: str) -> float:
        """A finite number that must be there."""
        value = self.number(key)
        if value is None:
            raise self.wrong(key, "it is missing.")
        return value

    def whole(self, key: str) -> int | None:
        """A whole number, None when the key is missing."""
        value = self.take(key, int, "a whole number", optional=True)
        return None if value is None else int(value)

    def flag(self, key: str, *, optional: bool = False) -> bool:
        """True or false; false when it may be missing and is."""
        return bool(self.take(key, bool, "true or false", optional=optional))

    def day(self, key: str) -> date:
        """A day."""
        value = self.take(key, date, "a date")
        return date(value.year, value.month, value.day)

    def section(self, key: str) -> Section:
        """A table inside this one."""
        return Section(self.file, self.claim, f"{self.place}.{key}" if self.place else key, self.take(key, dict, "a section"))

    def maybe(self, key: str) -> Section | None:
        """A table inside this one, None when it is missing."""
        self.taken.add(key)
        return self.section(key) if key in self.data else None

    def rows(self, key: str, *, optional: bool = False) -> tuple[Section, ...]:
        """The tables of a list, each with its number; none when the list may be missing and is."""
        value = self.take(key, list, "a list of sections", optional=optional)
        if value is None:
            return ()
        if not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, "it must be a list of sections.")
        place = f"{self.place}.{key}" if self.place else key
        return tuple(Section(self.file, self.claim, f"{place}[{n}]", item) for n, item in enumerate(value, start=1))

    def done(self) -> None:
        """Every key must have been taken: what nobody took is a misspelt one."""
        unknown = sorted(set(self.data) - self.taken)
        if unknown:
            raise self.wrong(unknown[0], "the key is unknown.")


def each(rows: Sequence[Section], read: Callable[[Section], T]) -> tuple[T, ...]:
    """What `read` makes of each table, every key of which must have been taken."""
    found = []
    for row in rows:
        found.append(read(row))
        row.done()
    return tuple(found)
