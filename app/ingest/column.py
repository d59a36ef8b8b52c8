"""One column of the file as its different values, and what they look like.

Every later step works on the different values and spreads its result over the rows, so a column of a million cells with
five stage words is decided five times.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from app.ingest.export_formats import Catalogue
from app.ingest.headings import fold
from app.ingest.raw import RawTable

SNIFFED = 2_000
_TRIM = " \t\r\n\u00a0\u202f\u2007"
_DATE = re.compile(
    r"^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(\D.*)?$|^\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}([ ,T].*)?$|^\d{13}$"
    r"|^\d{1,2}(st|nd|rd|th)?\.?[ -]+(de )?[^\W\d_]{3,10}\.?,?[ -]+(de )?\d{2,4}([ ,].*)?$"
    r"|^[^\W\d_]{3,10}\.? \d{1,2}(st|nd|rd|th)?,? \d{4}([ ,].*)?$"
)
_COMPACT = re.compile(r"^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])?$")
_NUMBER = re.compile(
    r"^\(?[-+−]?\s*(?:[A-Z]{3}|[A-Z]{0,2}[$€£¥₹₩₺₽₪])?\s*[-−]?\s*(?:\d[\d.,'’\s]*|[.,]\d+)(?:e[+-]?\d+)?"
    r"\s*(?:[kKmM]|bn)?\s*%?\s*(?:[A-Z]{3}|[$€£¥₹₩₺₽₪])?\)?-?$",
    re.IGNORECASE,
)
_MAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")


@dataclass(frozen=True)
class Column:
    """A column: its different values in order of first appearance (trimmed), how often each occurs, and which row has which.

    `dates`, `numbers`, `flags`, `mails` are the shares (of the filled cells sniffed, in [0, 1]) that look like one; placeholders
    such as "N/A" are left out of the count. `filled` counts cells that are not empty.
    """

    position: int
    heading: str
    values: pa.Array
    counts: pa.Array
    index: pa.Array
    filled: int
    distinct: int
    samples: tuple[str, ...]
    dates: float
    compact_dates: float
    numbers: float
    flags: float
    mails: float
    length: float
    true_dates: bool

    @property
    def rows(self) -> int:
        """How many rows the column has."""
        return len(self.index)

    @property
    def unique(self) -> bool:
        """Whether no filled value occurs twice."""
        return self.filled > 0 and self.distinct == self.filled

    def spread(self, values: pa.Array) -> pa.Array:
        """`values`, one for each different value, laid over the rows."""
        return values.take(self.index)

    def cells_where(self, mask: pa.Array) -> int:
        """How many rows have a value that `mask` (bool, one for each different value) is true of."""
        return int(pc.sum(pc.if_else(mask, self.counts, 0)).as_py() or 0)

    def words(self) -> list[tuple[str, int]]:
        """Each different value and how often it occurs, most frequent first."""
        pairs = zip(self.values.to_pylist(), self.counts.to_pylist(), strict=True)
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


def columns_of(raw: RawTable, catalogue: Catalogue) -> tuple[Column, ...]:
    """The columns of the file, looked at once."""
    return tuple(
        column_of(heading, raw.cells.column(position), catalogue, position=position, true_dates=position in raw.date_columns)
        for position, heading in enumerate(raw.headings)
    )


def column_of(heading: str, cells: pa.ChunkedArray, catalogue: Catalogue, *, position: int = 0, true_dates: bool = False) -> Column:
    """The column of these cells (text, one for each row)."""
    trimmed = pc.utf8_trim(cells, _TRIM).combine_chunks()
    if isinstance(trimmed, pa.ChunkedArray):
        trimmed = pa.concat_arrays(trimmed.chunks) if trimmed.num_chunks else pa.array([], pa.string())
    encoded = trimmed.dictionary_encode()
    values, index = encoded.dictionary.cast(pa.string()), encoded.indices
    counted = pc.value_counts(index)
    counts = pc.take(counted.field("counts"), pc.sort_indices(counted.field("values"))) if len(values) else pa.array([], pa.int64())
    sniffed = values.slice(0, SNIFFED).to_pylist()
    weights = counts.slice(0, SNIFFED).to_pylist()
    empty = sum(
        weight for word, weight in zip(values.to_pylist() if len(values) <= SNIFFED else sniffed, weights, strict=True) if word == ""
    )
    if len(values) > SNIFFED and "" not in sniffed:
        empty = int(pc.sum(pc.if_else(pc.equal(values, ""), counts, 0)).as_py())
    real = [(word, weight) for word, weight in zip(sniffed, weights, strict=True) if fold(word) not in catalogue.blanks]
    total = sum(weight for _, weight in real) or 1

    def share(fits: Callable[[str], object]) -> float:
        return float(sum(weight for word, weight in real if fits(word))) / total

    flags = catalogue.yes | catalogue.no
    filled = len(index) - empty
    return Column(
        position=position,
        heading=heading,
        values=values,
        counts=counts,
        index=index,
        filled=filled,
        distinct=len(values) - (1 if empty else 0),
        samples=tuple([word for word in sniffed if word][:5]),
        dates=share(_DATE.match),
        compact_dates=share(_COMPACT.match),
        numbers=share(_NUMBER.match),
        flags=share(lambda word: fold(word) in flags),
        mails=share(_MAIL.match),
        length=sum(len(word) * weight for word, weight in real) / total,
        true_dates=true_dates,
    )
