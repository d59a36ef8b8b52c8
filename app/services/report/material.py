"""What a report is made of, gathered once, and the reader's choice of contents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal, TypeVar

from app.ingest.model import Receipt
from app.metrics.periods import Grain
from app.report.content import Block, Paper
from app.services import kept as on_disk
from app.services.figures.composed import Context
from app.services.scorecard.model import Scorecard
from app.services.scorecard.sources import Sources
from app.wording import NumberStyle, number_style

T = TypeVar("T")

PartKey = Literal[
    "win_rate", "retention", "growth", "leads", "visits", "alignment", "next_steps", "evidence", "method", "receipts", "not_computed"
]

PARTS: dict[PartKey, str] = {
    "win_rate": "Win rate",
    "retention": "Retention",
    "growth": "Growth",
    "leads": "Leads",
    "visits": "Visits",
    "alignment": "Alignment",
    "next_steps": "Next steps",
    "evidence": "The cited figures and their evidence",
    "method": "Definitions and methods",
    "receipts": "Import receipts",
    "not_computed": "What could not be computed, and why",
}
"""Every part that can be chosen, in the order of the report. The cover, the summary and the contents are always there."""


@dataclass(frozen=True)
class Choice:
    """What the reader wants: parts, paper, length of the periods, whether charts carry tables, and how numbers are written."""

    parts: tuple[PartKey, ...] = tuple(PARTS)
    paper: Paper = "a4"
    grain: Grain = "quarter"
    tables: bool = False
    numbers: NumberStyle = "en"


@dataclass(frozen=True)
class Keeper:
    """Where figures are kept that a page or an earlier report has made of the same records (`app.services.kept`).

    `place` is whose they are: organization, team, and the hash of what is loaded; `code` the version of the program.
    """

    folder: Path
    place: tuple[str, str, str]
    code: str

    def once(self, what: str, *asked: object, make: Callable[[], T]) -> T:
        """What `make` gives, made once for what is asked; the key is that of the pages."""
        style = number_style()
        key = (*self.place, what, repr(asked if style == "en" else (*asked, style)), self.code)
        found = on_disk.read(self.folder, key)
        if found is on_disk.MISSING:
            found = make()
            on_disk.write(self.folder, key, found)
        value: T = found
        return value


@dataclass(frozen=True)
class Imported:
    """One loaded table and its receipt. `imported_on` is the day it was imported, None for a file that was only read."""

    label: str
    file_name: str
    imported_on: date | None
    receipt: Receipt


@dataclass(frozen=True)
class SurveyWords:
    """What the survey adds, already under the disclosure rules.

    `index` and `index_range` are written for readers. `disagreement` is the biggest one in a sentence. `steps` are
    practices to start with, each with its reason; `plan` says how. `blocks` is the whole part; `actions` the open ones.
    """

    index: str
    index_basis: str
    disagreement: str
    steps: tuple[str, ...]
    blocks: tuple[Block, ...]
    actions: tuple[Block, ...] = ()
    plan: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Material:
    """Everything a report says, gathered for one team and one request.

    `data_version` is a short hash of all that is loaded, `as_of` the day of the latest import; both are printed, so that two reports
    can be told apart. Nothing of the moment of making goes in: the same material gives the same report.
    """

    team: str
    is_example: bool
    card: Scorecard
    sources: Sources
    context: Context
    data_version: str
    as_of: date | None
    imported: tuple[Imported, ...] = ()
    survey: SurveyWords | None = None
    choice: Choice = field(default_factory=Choice)
    keeper: Keeper | None = None

    def figure(self, what: str, *asked: object, make: Callable[[], T]) -> T:
        """A figure of the loaded tables, made once for what is loaded and asked where there is a keeper."""
        if self.keeper is None:
            return make()
        return self.keeper.once(what, *asked, self.context.programme_start, self.context.mode, make=make)
