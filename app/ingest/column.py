"""One column of the file as its different values, and what they look like.

Every later step works on the different values and spreads its result over the rows, so a column of a million cells with
five stage words is decided five times.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.ingest.column_bytes import MANY, OWN, byte_at, last_byte, mostly_different, probed
from app.ingest.export_formats import Catalogue
from app.ingest.headings import fold
from app.ingest.raw import RawTable

SNIFFED = 2_000
_AT_ONCE = 2
"""Columns looked at together: Arrow leaves the interpreter free while it works."""
_TRIM = " \t\r\n\u00a0\u202f\u2007"
_AT_EDGE = np.zeros(256, bool)
_AT_EDGE[list(_TRIM.encode())] = True
"""Bytes of the spaces: a cell that neither begins nor ends with one of them has none around it."""
_DATE = re.compile(
    r"^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(\D.*)?$|^\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}([ ,T].*)?$|^\d{13}$"
    r"|^\d{1,2}(st|nd|rd|th)?\.?[ -]+(de )?[^\W\d_]{3,10}\.?,?[ -]+(de )?\d{2,4}([ ,].*)?$"
    r"|^[^\W\d_]{3,10}\.? \d{1,2}(st|nd|rd|th)?,? \d{4}([ ,].*)?$"
    r"|^\d{1,2}[/.][^\W\d_]{3,10}[/.]\d{2,4}$|^\d{4}[ /.-][^\W\d_]{3,10}[ /.-]\d{1,2}$"
)
_COMPACT = re.compile(r"^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])?$")
_SERIAL = re.compile(r"^[2-6]\d{4}([.,]\d+)?$|^1\d{9}$")
_NUMBER = re.compile(
    r"^\(?[-+−]?\s*(?:[A-Z]{3}|[A-Z]{0,2}[$€£¥₹₩₺₽₪]|kr\.?|rs\.?|fr\.)?\s*[-−]?\s*(?:\d[\d.,'’\s]*|[.,]\d+)(?:e[+-]?\d+)?"
    r"\s*(?:[kKmM]|bn)?\s*%?\s*(?:[A-Z]{3}|[$€£¥₹₩₺₽₪]|kr\.?|zł|kč)?\)?-?$",
    re.IGNORECASE,
)
_MAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")

T = TypeVar("T")


@dataclass(frozen=True)
class Column:
    """A column: its different values in order of first appearance (trimmed), how often each occurs, and which row has which.

    Where nearly every row has its own value, looking for the same ones gains nothing: then `places` is None and `values` are the cells, row
    by row, each with a count of one. `dates`, `numbers`, `flags`, `mails` are the shares (of the filled cells sniffed, in [0, 1]) that
    look like one; placeholders such as "N/A" are left out of the count. `serial_dates` is the share of numbers that a spreadsheet or a
    program may keep for a date; `true_dates` and `true_numbers` say that the workbook itself types every cell so. `filled` counts cells
    that are not empty.
    """

    position: int
    heading: str
    values: pa.Array
    counts: pa.Array
    places: pa.Array | None
    filled: int
    samples: tuple[str, ...]
    dates: float
    compact_dates: float
    numbers: float
    flags: float
    mails: float
    length: float
    true_dates: bool
    serial_dates: float = 0.0
    true_numbers: bool = False
    _known: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, what: str, make: Callable[[], T]) -> T:
        """What `make` finds out about the different values, found out once however many steps ask for it."""
        if what not in self._known:
            self._known[what] = make()
        found: T = self._known[what]
        return found

    @property
    def rows(self) -> int:
        """How many rows the column has."""
        return len(self.values if self.places is None else self.places)

    @property
    def distinct(self) -> int:
        """How many different values are filled in."""
        return self.once("distinct", self._distinct)

    def more_than(self, number: int) -> bool:
        """Whether it has more different values than `number`; nobody counts a column of nothing else for that."""
        return (self.places is None and number < OWN) or self.distinct > number

    @property
    def counted(self) -> int | None:
        """`distinct`, None where nobody needed to count the different values of a column of nothing else."""
        return self.distinct if self.places is not None or "distinct" in self._known else None

    def _distinct(self) -> int:
        blank = int(self.filled < self.rows)
        if self.places is not None:
            return len(self.values) - blank
        # An export is often sorted by its ids, and what only ever grows is never the same twice.
        if len(self.values) > 1 and pc.all(pc.less(self.values.slice(0, len(self.values) - 1), self.values.slice(1))).as_py():
            return self.filled
        return int(pc.count_distinct(self.values).as_py()) - blank

    @property
    def unique(self) -> bool:
        """Whether no filled value occurs twice."""
        return self.filled > 0 and self.distinct == self.filled

    @property
    def index(self) -> pa.Array:
        """Which of `values` each row has."""
        return self.places if self.places is not None else pa.array(np.arange(len(self.values)), pa.int32())

    def spread(self, values: pa.Array) -> pa.Array:
        """`values`, one for each different value, laid over the rows."""
        return values if self.places is None else values.take(self.places)

    def cell(self, row: int) -> str:
        """The cell of a row."""
        return str(self.values[row if self.places is None else self.places[row].as_py()].as_py())

    def cells_where(self, mask: pa.Array) -> int:
        """How many rows have a value that `mask` (bool, one for each different value) is true of."""
        if self.places is None:
            return int(pc.sum(mask).as_py() or 0)
        return int(pc.sum(pc.if_else(mask, self.counts, 0)).as_py() or 0)

    def words(self) -> list[tuple[str, int]]:
        """Each different value and how often it occurs, most frequent first."""
        counted: Counter[str] = Counter()
        for word, number in zip(self.values.to_pylist(), self.counts.to_pylist(), strict=True):
            counted[word] += number
        return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))


def looks_like(kind: str, text: str) -> bool:
    """Whether a cell looks like a date (kind "moment") or like a number (any other kind)."""
    return (_DATE if kind == "moment" else _NUMBER).match(text) is not None


def columns_of(raw: RawTable, catalogue: Catalogue) -> tuple[Column, ...]:
    """The columns of the file, looked at once."""
    if "columns" not in raw.known:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            raw.known["columns"] = tuple(
                pool.map(
                    lambda position: replace(
                        column_of(
                            raw.headings[position],
                            raw.cells.column(position),
                            catalogue,
                            position=position,
                            true_dates=position in raw.date_columns,
                        ),
                        true_numbers=position in raw.number_columns,
                    ),
                    range(len(raw.headings)),
                )
            )
    found: tuple[Column, ...] = raw.known["columns"]
    return found


def column_of(heading: str, cells: pa.ChunkedArray, catalogue: Catalogue, *, position: int = 0, true_dates: bool = False) -> Column:
    """The column of these cells (text, one for each row)."""
    values, places = (_stripped(_joined(cells)), None) if _mostly_different(cells) else _different(cells)
    counts = _ones(len(values)) if places is None else pa.array(np.bincount(places.to_numpy(), minlength=len(values)), pa.int64())
    sniffed = values.slice(0, SNIFFED).to_pylist()
    weights = counts.slice(0, SNIFFED).to_pylist()
    empty = int(pc.sum(pc.if_else(pc.equal(values, ""), counts, 0)).as_py() or 0)
    folded = {word: fold(word) for word in sniffed}
    real = [(word, weight) for word, weight in zip(sniffed, weights, strict=True) if folded[word] not in catalogue.blanks]
    total = sum(weight for _, weight in real) or 1

    def share(fits: Callable[[str], object]) -> float:
        return float(sum(weight for word, weight in real if fits(word))) / total

    flags = catalogue.yes | catalogue.no
    return Column(
        position=position,
        heading=heading,
        values=values,
        counts=counts,
        places=places,
        filled=cells.length() - empty,
        samples=tuple([word for word in dict.fromkeys(sniffed) if word][:5]),
        dates=share(_DATE.match),
        compact_dates=share(_COMPACT.match),
        numbers=share(_NUMBER.match),
        flags=share(lambda word: folded[word] in flags),
        mails=share(_MAIL.match),
        length=sum(len(word) * weight for word, weight in real) / total,
        true_dates=true_dates,
        serial_dates=share(_SERIAL.match),
    )


def _different(cells: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """The different cells without spaces around them, in order of first appearance, and which of them each row has."""
    encoded = cells if pa.types.is_dictionary(cells.type) else pc.dictionary_encode(cells)
    if not encoded.num_chunks:
        return pa.array([], pa.string()), pa.array([], pa.int32())
    # The chunks of an encoded column share one dictionary, and trimming that is trimming each different cell once.
    values = encoded.chunk(0).dictionary.cast(pa.string())
    index = _joined(pa.chunked_array([chunk.indices for chunk in encoded.chunks]))
    stripped = _stripped(values)
    if stripped is values:
        return values, index
    trimmed = stripped.dictionary_encode()
    if len(trimmed.dictionary) == len(values):
        # All still differ, so they stand in the same order.
        return trimmed.dictionary, index
    return trimmed.dictionary, trimmed.indices.take(index)


def _stripped(values: pa.Array) -> pa.Array:
    """The values without spaces around them; the same object where none has any."""
    if not (_AT_EDGE[byte_at(values, 0)].any() or _AT_EDGE[last_byte(values)].any()):
        return values
    stripped = pc.utf8_trim(values, _TRIM)
    return values if stripped.equals(values) else stripped


def _mostly_different(cells: pa.ChunkedArray) -> bool:
    """Whether nearly every cell of a long column has its own value; one that came coded has words that come again."""
    return len(cells) >= MANY and not pa.types.is_dictionary(cells.type) and mostly_different(cells.take(pa.array(probed(len(cells)))))


def _joined(cells: pa.ChunkedArray) -> pa.Array:
    """The cells in one piece, not copied where they are."""
    return cells.chunk(0) if cells.num_chunks == 1 else cells.combine_chunks()


@lru_cache(maxsize=1)
def _ones(rows: int) -> pa.Array:
    """A count of one for each row; all columns of a file share it."""
    return pa.array(np.ones(rows, np.int64))
