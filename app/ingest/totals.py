"""Lines of totals that stand among the rows: they say what other rows add up to, so they are no records and belong in no sum."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.ingest.column import Column
from app.ingest.layout import names_total

_OTHERS = 2
_LIKE_TOTAL = r"(?i)tot|sum|som|gesamt|ergebnis|razem|итого|insgesamt"


def total_lines(columns: tuple[Column, ...], amounts: pa.Array | None) -> pa.Array:
    """Which rows are totals (bool, one for each row).

    A total fills at most half of the columns and either says so in a cell ("Summe", "Grand total (12 records)") beside numbers alone, or
    is the last row and holds in the amount what all others add up to.
    """
    rows = columns[0].rows if columns else 0
    none = pa.array(np.zeros(rows, bool))
    if len(columns) <= _OTHERS:
        return none
    said = none
    for column in columns:
        like = pc.match_substring_regex(column.values, _LIKE_TOTAL)
        if pc.any(like).as_py():
            texts = column.values.to_pylist()
            named = pa.array([bool(maybe) and names_total(text) for text, maybe in zip(texts, like.to_pylist(), strict=True)])
            said = pc.or_(said, column.spread(named))
    last = _last_is_the_sum(amounts, rows)
    suspects = np.flatnonzero(pc.or_(said, last).to_numpy(zero_copy_only=False))
    if not len(suspects):
        return none
    found = np.zeros(rows, bool)
    for row in suspects.tolist():
        cells = [(column, column.values[column.index[row].as_py()].as_py()) for column in columns]
        filled = [(column, text) for column, text in cells if text]
        others = [(column, text) for column, text in filled if not names_total(text)]
        numbers = all(column.numbers > 0.5 for column, _ in others)
        found[row] = len(filled) <= len(columns) / 2 and (numbers or (last[row].as_py() and len(filled) <= len(columns) / 3))
    return pa.array(found)


def _last_is_the_sum(amounts: pa.Array | None, rows: int) -> pa.Array:
    marks = np.zeros(rows, bool)
    if amounts is not None and len(amounts) > _OTHERS + 1 and amounts[-1].is_valid and amounts[-1].as_py():
        others = pc.sum(pc.cast(amounts.slice(0, len(amounts) - 1), pa.decimal128(38, 4))).as_py()
        marks[-1] = others == amounts[-1].as_py()
    return pa.array(marks)
