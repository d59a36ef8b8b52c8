"""Lines of totals that stand among the rows: they say what other rows add up to, so they are no records and belong in no sum."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from app.ingest.column import Column
from app.ingest.table_rows import names_total

_OTHERS = 2
_COUNTED = re.compile(r"\d[\d.,'’\u00a0\u202f ]*\s?[^\W\d]+")
"""How many there are, in words: "900 deals", "1.204 Datensätze"."""
_LIKE_TOTAL = r"(?i)tot|sum|som|gesamt|ergebnis|razem|итого|insgesamt"


def total_lines(columns: tuple[Column, ...], amounts: pa.Array | None) -> pa.Array:
    """Which rows are totals (bool, one for each row).

    A total fills at most half of the columns and either says so in a cell ("Summe", "Grand total (12 records)") beside numbers alone, or
    is the last row and holds in the amount what all others add up to. One that fills few of them may count as well ("900 deals").
    """
    rows = columns[0].rows if columns else 0
    none = pa.array(np.zeros(rows, bool))
    if len(columns) <= _OTHERS:
        return none
    suspects = _half_empty(columns, rows)
    if not len(suspects):
        return none
    at = pa.array(suspects)
    said = np.zeros(len(suspects), bool)
    for column in columns:
        cells = column.spread(column.values).take(at) if column.places is None else column.values.take(column.places.take(at))
        like = pc.match_substring_regex(cells, _LIKE_TOTAL)
        if pc.any(like).as_py():
            said |= [bool(maybe) and names_total(text) for text, maybe in zip(cells.to_pylist(), like.to_pylist(), strict=True)]
    found = np.zeros(rows, bool)
    for row in suspects[said].tolist():
        found[row] = _is_total(columns, row)
    last = rows - 1
    if last in suspects and not found[last] and _is_the_sum_of_others(amounts, found):
        filled = sum(1 for column in columns if column.cell(last))
        found[last] = filled <= len(columns) / 3 or _is_total(columns, last)
    return pa.array(found)


def _is_total(columns: tuple[Column, ...], row: int) -> bool:
    """Whether everything beside the word for a total is a number, or (in a row of few cells) says how many there are."""
    filled = [(column, text) for column in columns if (text := column.cell(row))]
    others = [(column, text) for column, text in filled if not names_total(text)]
    few = len(filled) <= len(columns) / 3
    return all(column.numbers > 0.5 or (few and _COUNTED.fullmatch(text.strip()) is not None) for column, text in others)


def _half_empty(columns: tuple[Column, ...], rows: int) -> npt.NDArray[np.int64]:
    """The rows of which at most half of the cells are filled. Few tables have any, and then nothing is looked at more closely."""
    gaps = [column for column in columns if column.filled < column.rows]
    if 2 * len(gaps) < len(columns):
        return np.zeros(0, np.int64)
    empty = np.zeros(rows, np.int32)
    for column in gaps:
        empty += column.spread(pc.equal(column.values, "")).to_numpy(zero_copy_only=False)
    return np.flatnonzero(2 * empty >= len(columns))


def _is_the_sum_of_others(amounts: pa.Array | None, totals: npt.NDArray[np.bool_]) -> bool:
    """Whether the last amount is what all others add up to; subtotals among them are not added twice."""
    if amounts is None or len(amounts) <= _OTHERS + 1 or not amounts[-1].is_valid or not amounts[-1].as_py():
        return False
    others = pc.if_else(pa.array(totals), None, amounts).slice(0, len(amounts) - 1)
    return bool(pc.sum(pc.cast(others, pa.decimal128(38, 4))).as_py() == amounts[-1].as_py())
