"""The records of a file as those see them who look for its table: a delimited text and a sheet alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

NUMBER = re.compile(r"[-+(]?[$€£¥]?\s*\d[\d.,\u00a0 ]*%?\)?(\s*([$€£¥]|[A-Z]{3}))?")
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ].*)?")
Ints = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Source:
    """Records as the layout sees them.

    `fields` counts the fields of each record (0: nobody can tell), `blank` marks those without any text, `hash` those that begin with "#",
    `ends_empty` those whose last field is empty, `line` is the line each starts on (one more entry at the end), and
    `cells` gives the text of one record's fields.
    """

    fields: Ints
    blank: Marks
    hash: Marks
    ends_empty: Marks
    line: Ints
    cells: Callable[[int], list[str]]

    def __len__(self) -> int:
        return len(self.fields)

    def trimmed(self, index: int) -> list[str]:
        """The record's fields without the empty ones at its end."""
        cells = self.cells(index)
        while cells and not cells[-1].strip():
            cells = cells[:-1]
        return cells


def commonest(counts: Ints) -> int:
    """The commonest number of fields, one field only where nothing has more."""
    frequent = np.bincount(np.minimum(counts, 100_000))
    if len(frequent) > 2 and frequent[2:].any():
        frequent[:2] = 0
    return int(frequent.argmax())
