"""Columns that only repeat how a record ended: comparing groups by them would compare won deals with lost ones and find 100 % and 0 %."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from app.ingest.column import Column
from app.ingest.export_formats import Catalogue
from app.ingest.headings import fold
from app.ingest.mapping import Mapping
from app.ingest.model import StageWord
from app.tables import TableName

_ENDED = 20
_A_GROUP = 5


def ends(
    table: TableName, columns: tuple[Column, ...], mapping: Mapping, words: dict[str, tuple[StageWord, ...]], catalogue: Catalogue
) -> pa.Array | None:
    """How each row ended (bool; null where it has not, or nobody knows yet), None when no column says."""

    def column(field: str) -> Column | None:
        return columns[mapping.fields[field].position] if field in mapping.fields else None

    def flag(field: str) -> pa.Array | None:
        found = column(field)
        if found is None:
            return None
        folded = [fold(word) for word in found.values.to_pylist()]
        return found.spread(pa.array([True if w in catalogue.yes else False if w in catalogue.no else None for w in folded], pa.bool_()))

    def filled(field: str) -> pa.Array | None:
        found = column(field)
        return None if found is None else found.spread(pc.not_equal(found.values, ""))

    if table == "deal":
        for field in ("status", "stage"):
            found = column(field)
            if found is not None and field in words:
                outcome = {word.word: word.outcome for word in words[field]}
                won = [None if outcome.get(w) not in ("won", "lost") else outcome[w] == "won" for w in found.values.to_pylist()]
                return found.spread(pa.array(won, pa.bool_()))
        return flag("won_flag")
    if table == "lead":
        status, became = column("status"), catalogue.status["lead_converted"]
        by_status = None
        if status is not None and any(fold(word) in became for word in status.values.to_pylist()):
            by_status = status.spread(pa.array([fold(word) in became if word else None for word in status.values.to_pylist()], pa.bool_()))
        for told in (flag("converted_flag"), by_status, filled("converted_at")):
            if told is not None:
                return told
    if table == "customer":
        for told in (flag("churned_flag"), filled("churned")):
            if told is not None:
                return told
    return None


def tells_the_end(values: pa.Array, ended: pa.Array) -> bool:
    """Whether each value occurs with one end only, or the column is filled for one end only."""
    rows = pa.table({"value": values, "ended": ended}).filter(pc.is_valid(ended))
    both = pc.value_counts(rows["ended"]).to_pylist()
    if rows.num_rows < _ENDED or len(both) < 2 or min(item["counts"] for item in both) < _A_GROUP:
        return False
    groups = rows.group_by("value").aggregate([("ended", "count_distinct"), ("ended", "any"), ("ended", "count")])
    named = groups.filter(pc.is_valid(groups["value"]))
    if not named.num_rows or pc.max(named["ended_count_distinct"]).as_py() > 1:
        return False
    if pc.sum(named["ended_count"]).as_py() < max(_ENDED / 2, _A_GROUP * named.num_rows):
        # So few rows a value that each would have one end by chance.
        return False
    same = len(pc.unique(named["ended_any"])) == 1
    blank = groups.filter(pc.is_null(groups["value"]))
    # Filled for one end only, or blanks that are of one end as well.
    return same or not blank.num_rows or blank["ended_count_distinct"][0].as_py() == 1
