"""The list of people who get a personal link, from what was pasted or uploaded."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence

from app.errors import FileError
from app.services.rounds.model import Person
from app.survey.model import Side

WORDS: dict[Side, tuple[str, ...]] = {
    "sales": ("sales", "vertrieb", "verkauf", "ventas", "ventes", "commercial", "comercial", "commerciaux", "s"),
    "marketing": ("marketing", "mercadotecnia", "mkt", "m"),
}
"""How the two sides are written, in the languages of the survey."""
NAME = "list of people"
LONGEST = 200

_EMAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\".]+")
_SIDES = {word: side for side, words in WORDS.items() for word in words}


def read_people(text: str, *, side: Side | None = None) -> tuple[Person, ...]:
    """People from text, one a line: name, e-mail address and side in any order, separated by comma, semicolon or tab.

    Parameters
    ----------
    text
        What was pasted, or the content of a CSV file; a line of headings is passed over. `Ann Lee <ann@example.com>` is read as well.
    side
        The side of everybody whose line names none.

    Returns
    -------
    tuple of Person
        In the order of the lines; an address that comes twice is taken once.

    Raises
    ------
    FileError
        When a line names no side, or has neither a name nor an address; it says which line and what to write.
    """
    found: dict[str, Person] = {}
    lines = [line for line in enumerate(text.lstrip("\ufeff").splitlines(), 1) if line[1].strip()]
    delimiter = _delimiter([line for _, line in lines])
    for position, (number, line) in enumerate(lines):
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter)) if cell.strip()]
        person = _person(cells, side)
        if person is None and position == 0 and not any(_EMAIL.search(cell) for cell in cells):
            continue
        if person is None:
            remedy = "Write a line as: Ann Lee, ann@example.com, sales"
            raise FileError("this line does not say whether the person is in sales or in marketing.", remedy, file=NAME, row=number)
        if len(person.name) > LONGEST or len(person.email) > LONGEST:
            raise FileError(f"a name or an address is longer than {LONGEST} characters.", "Shorten it.", file=NAME, row=number)
        found.setdefault(person.email.casefold() or f"{person.side}\0{person.name.casefold()}", person)
    return tuple(found.values())


def _person(cells: Sequence[str], usual: Side | None) -> Person | None:
    email, side, names = "", usual, []
    for cell in cells:
        match = _EMAIL.search(cell)
        if match and not email:
            email = match[0]
            rest = cell.replace(match[0], "").strip(" <>\"'()")
            names += [rest] if rest else []
        elif cell.casefold() in _SIDES:
            side = _SIDES[cell.casefold()]
        else:
            names.append(cell)
    name = " ".join(" ".join(names).split())
    if side is None or not (name or email):
        return None
    return Person(_printable(name), email, side)


def _delimiter(lines: Iterable[str]) -> str:
    sample = list(lines)
    return max("\t;,", key=lambda mark: sum(mark in line for line in sample))


def _printable(text: str) -> str:
    return "".join(one for one in text if one.isprintable())
