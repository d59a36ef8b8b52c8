"""What a report says, as plain data: parts made of blocks. Nothing here knows how it is set.

Text is text. Whatever a team typed in reaches the page as it was typed, because the typesetter gets it as data and never as source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.charts.figure import Figure

Paper = Literal["a4", "us-letter"]


@dataclass(frozen=True)
class Paragraph:
    """Running text. A "lead" opens a part, a "note" is a remark in smaller type, a "finding" is a sentence in bold."""

    text: str
    style: Literal["plain", "lead", "note", "finding"] = "plain"


@dataclass(frozen=True)
class Bullets:
    """A list; numbered when the order matters."""

    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True)
class KeyNumber:
    """One number of a row of numbers. `value` is written for readers; `basis` says on how many of what it rests."""

    label: str
    value: str
    range: str = ""
    basis: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class KeyNumbers:
    """Up to four numbers side by side."""

    items: tuple[KeyNumber, ...]


@dataclass(frozen=True)
class Picture:
    """A chart with its title, caption and alternative text; with `table`, its numbers stand below it."""

    figure: Figure
    table: bool = False


@dataclass(frozen=True)
class Grid:
    """A table, with a `note` below its title. Columns named in `numbers` (by position) stand flush right. The head row is repeated."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    widths: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Card:
    """A boxed account: title, a mark beside it, and named lines."""

    title: str
    mark: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Heading:
    """A heading within a part."""

    text: str


Block = Paragraph | Bullets | KeyNumbers | Picture | Grid | Card | Heading


@dataclass(frozen=True)
class Part:
    """A chapter of the report. `key` is its name in the choice of contents; each part begins on a new page when `new_page`."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    new_page: bool = True


@dataclass(frozen=True)
class Report:
    """A report.

    Parameters
    ----------
    title, subtitle
        What stands on the cover; the subtitle is the question answered.
    team
        The team's name as it was typed in.
    facts
        Named lines of the cover: period, filters, edition of the benchmarks, version of the data.
    running
        The running head of every page: period and data version.
    summary
        The page that stands alone.
    parts
        What follows, in order.
    paper, language
        Paper size and the language tag of the text.
    """

    title: str
    subtitle: str
    team: str
    facts: tuple[tuple[str, str], ...]
    running: str
    summary: Part
    parts: tuple[Part, ...]
    paper: Paper = "a4"
    language: str = "en"

    @property
    def pictures(self) -> tuple[Figure, ...]:
        """Every chart in the order of the report."""
        return tuple(block.figure for part in (self.summary, *self.parts) for block in part.blocks if isinstance(block, Picture))
