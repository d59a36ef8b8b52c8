"""Answers that were collected elsewhere, one row a person: which column is which statement, which side a person is on.

The form may be of any system (Google Forms, Microsoft Forms, LimeSurvey, a spreadsheet): a column is known by the statement's words in any
language of the questionnaire, wherever they stand in the heading, or by the item's id. Only the columns that are known are read; names,
addresses and times are not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.errors import AnswerNeeded, ColumnError, FileRefused
from app.survey.model import SIDES, Answer, Response, Side
from app.survey.questionnaire import Questionnaire

SIDE_WORDS: Mapping[Side, tuple[str, ...]] = {
    "sales": ("sales", "vertrieb", "verkauf", "ventas", "ventes", "commercial", "comercial", "vente"),
    "marketing": ("marketing", "mercadotecnia", "mercadeo"),
}
"""What people call the two sides in the languages of the questionnaire."""

_SIGNS = re.compile(r"[^\w]+")
_NUMBER = re.compile(r"\s*([1-5])(?:[.,]0+)?\s*(?:$|[-–—.:=)(\s])")


@dataclass(frozen=True)
class SheetAnswers:
    """What the user has decided: the heading of the side's column, and which side a word of it means."""

    side_column: str | None = None
    sides: Mapping[str, Side] = field(default_factory=dict)


@dataclass(frozen=True)
class AnswerSheet:
    """A file of answers, read.

    Parameters
    ----------
    responses
        One for each row with at least one answer.
    columns
        (heading, item id) of the columns that were read.
    side_column
        The heading of the column that says the side.
    ignored
        Headings of the columns that were not read.
    missing
        Items of the questionnaire that no column holds.
    empty
        Rows without any answer, which were left out.
    """

    responses: tuple[Response, ...]
    columns: tuple[tuple[str, str], ...]
    side_column: str
    ignored: tuple[str, ...]
    missing: tuple[str, ...]
    empty: int

    def dimensions(self, questionnaire: Questionnaire) -> tuple[str, ...]:
        """The dimensions that the file holds at least one item of."""
        read = {questionnaire.item(id).dimension for _, id in self.columns}
        return tuple(dimension.id for dimension in questionnaire.dimensions if dimension.id in read)


def read_sheet(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, questionnaire: Questionnaire, given: SheetAnswers, file: str
) -> AnswerSheet:
    """Read a table of answers.

    Parameters
    ----------
    headings, rows
        The table as text, all rows as long as the headings.
    questionnaire
        Whose statements are looked for.
    given
        What the user has decided.
    file
        Its name, for messages.

    Raises
    ------
    FileRefused
        When no column is a statement of the questionnaire.
    AnswerNeeded
        When it is not clear which column says the side, or what a word in it means.
    ColumnError
        When an answer is none of the scale; the message names column and row.
    """
    columns = _matched(headings, questionnaire)
    if not columns:
        raise FileRefused(
            "No column has a statement of the survey as its heading.",
            f"Export the answers with the full text of each question; the survey of {questionnaire.version} is looked for.",
            file=file,
        )
    for item in {id for _, id in columns}:
        twice = [headings[at] for at, id in columns if id == item]
        if len(twice) > 1:
            raise ColumnError("Two columns hold the same statement.", f"Remove one of: {', '.join(twice)}.", file=file, column=twice[1])
    side_at = _side_column(headings, rows, {at for at, _ in columns}, given, file=file)
    words = _answer_words(questionnaire)
    responses, empty = [], 0
    for number, row in enumerate(rows, start=2):
        answers: dict[str, Answer] = {}
        for at, id in columns:
            text = row[at].strip()
            if text:
                answers[id] = _answer(text, words, file=file, column=headings[at], row=number)
        if answers:
            responses.append(Response(_side(row[side_at], given, file=file, column=headings[side_at], row=number), answers))
        else:
            empty += 1
    read = {at for at, _ in columns} | {side_at}
    found = {id for _, id in columns}
    return AnswerSheet(
        responses=tuple(responses),
        columns=tuple((headings[at], id) for at, id in columns),
        side_column=headings[side_at],
        ignored=tuple(heading for at, heading in enumerate(headings) if at not in read),
        missing=tuple(item.id for item in questionnaire.items if item.id not in found),
        empty=empty,
    )


def _matched(headings: Sequence[str], questionnaire: Questionnaire) -> list[tuple[int, str]]:
    """(position, item id) of each heading that has a statement in it; the longest statement where one is part of another."""
    statements = [(_plain(text), id) for wording in questionnaire.wordings.values() for id, text in wording.items.items()]
    statements.sort(key=lambda pair: -len(pair[0]))
    known = {item.id for item in questionnaire.items}
    found = []
    for at, heading in enumerate(headings):
        plain = _plain(heading)
        id = heading.strip() if heading.strip() in known else next((id for text, id in statements if text in plain), None)
        if id in known and id is not None:
            found.append((at, id))
    return found


def _side_column(headings: Sequence[str], rows: Sequence[Sequence[str]], taken: set[int], given: SheetAnswers, *, file: str) -> int:
    if given.side_column is not None:
        if given.side_column not in headings:
            raise ColumnError("There is no such column.", f"Choose one of: {', '.join(headings)}.", file=file, column=given.side_column)
        return list(headings).index(given.side_column)
    fitting = [
        at
        for at in range(len(headings))
        if at not in taken and (values := [row[at] for row in rows if row[at].strip()]) and all(_known_side(v, given) for v in values)
    ]
    if len(fitting) == 1:
        return fitting[0]
    choices = ", ".join(headings[at] for at in (fitting or [at for at in range(len(headings)) if at not in taken]))
    why = "More than one column could say" if fitting else "No column clearly says"
    raise AnswerNeeded(f"{why} whether a person is in sales or in marketing.", f"Name the column: {choices or 'none is left'}.", file=file)


def _known_side(text: str, given: SheetAnswers) -> Side | None:
    if text.strip() in given.sides:
        return given.sides[text.strip()]
    words = set(_plain(text).split())
    sides = [side for side in SIDES if words & set(SIDE_WORDS[side])]
    # "Sales and marketing" says neither.
    return sides[0] if len(sides) == 1 else None


def _side(text: str, given: SheetAnswers, *, file: str, column: str, row: int) -> Side:
    side = _known_side(text, given)
    if side is None:
        said = f"“{text.strip()}”" if text.strip() else "An empty cell"
        raise AnswerNeeded(f"{said} does not say sales or marketing.", "Say which side it means.", file=file, column=column, row=row)
    return side


def _answer_words(questionnaire: Questionnaire) -> dict[str, Answer]:
    words: dict[str, Answer] = {}
    for wording in questionnaire.wordings.values():
        words |= {_plain(label): point for point, label in enumerate(wording.labels, start=1)}
        words[_plain(wording.unknown)] = None
    return words


def _answer(text: str, words: Mapping[str, Answer], *, file: str, column: str, row: int) -> Answer:
    plain = _plain(text)
    if plain in words:
        return words[plain]
    number = _NUMBER.match(text)
    if number and (rest := _plain(text[number.end() :]).strip()) in {"", *words}:
        if rest and words[rest] != int(number.group(1)):
            raise ColumnError(
                f"“{text}” names a number and words of another answer.", "Correct the cell.", file=file, column=column, row=row
            )
        return int(number.group(1))
    raise ColumnError(
        f"“{text}” is no answer of the survey.", "Use 1 to 5, the words of the scale, or “I don't know”.", file=file, column=column, row=row
    )


def _plain(text: str) -> str:
    """Lower case, without accents' forms, signs and repeated spaces: what stays the same when a form passes a text on."""
    return _SIGNS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
