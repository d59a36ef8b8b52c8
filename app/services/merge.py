"""Compare a newly read table with the one that is loaded, and put the two together.

Rows are matched by what identifies them (`KEYS`): the id of a deal, lead or customer; the number of an invoice, whose
lines are replaced together; day and source of web traffic. A row without an id is matched by all its canonical columns. The newer
import wins whole; nothing is blended. This module opens only Parquet that the import itself wrote.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.errors import FileError
from app.later import Later
from app.storage.tables import ImportMode
from app.tables import CLOSED, MAIN_DATE, MAX_SEGMENTS, OUTCOMES, SOURCE_ROW, TABLES, Segment, SnapshotInfo, TableName, segment_name

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
else:
    duckdb, pa, pc, pq = Later("duckdb"), Later("pyarrow"), Later("pyarrow.compute"), Later("pyarrow.parquet")

KEYS: dict[TableName, tuple[str, ...]] = {
    "deal": ("id",),
    "lead": ("id",),
    "customer": ("id",),
    "revenue_line": ("id",),
    "traffic": ("date", "source"),
    "call": ("id",),
}
"""The columns that say which rows are the same thing; the first one must be filled for them to be used."""

LIKENESS: dict[TableName, tuple[str, ...]] = {
    "deal": ("account", "created", "closed", "amount"),
    "lead": ("company", "created", "source", "owner"),
    "customer": ("name", "started", "revenue"),
    "revenue_line": ("customer", "date", "amount"),
    "traffic": (),
    "call": (),
}
"""The columns in which two rows agree that are probably the same thing, whatever their ids say."""


_CHANCE, _CHANCE_SHARE = 2, 0.05


@dataclass(frozen=True)
class RowAccount:
    """Where every row came from and went.

    Of the new file: `new` rows not loaded before, `updated` rows that say something else than before, `unchanged` rows. Of what
    was loaded: `kept` rows that stay beside the new ones (extend), `dropped` rows that go (replace), `superseded` rows
    whose newer version is among the updated. `before` and `after` are the rows of the whole table:
    before = unchanged + superseded + kept + dropped, after = new + updated + unchanged + kept.
    """

    mode: ImportMode
    new: int
    updated: int
    unchanged: int
    kept: int
    dropped: int
    superseded: int
    before: int
    after: int


@dataclass(frozen=True)
class Merged:
    """A table to be stored, what must be known of it, the account of its rows, and sentences worth reading."""

    parquet: bytes
    info: SnapshotInfo
    account: RowAccount
    notes: tuple[str, ...] = ()


def first_import(parquet: bytes, *, info: SnapshotInfo) -> Merged:
    """What is stored when nothing was loaded before: every row is new."""
    return Merged(
        parquet=parquet,
        info=info,
        account=RowAccount(
            mode="replace", new=info.rows, updated=0, unchanged=0, kept=0, dropped=0, superseded=0, before=0, after=info.rows
        ),
    )


@dataclass(frozen=True, eq=False)
class Comparison:
    """A new table beside the loaded one, matched once: what either mode would do, and what `merged` needs to do it.

    `alike` counts rows that would be added although a loaded row has the same content (`LIKENESS`).
    """

    replacing: RowAccount
    extending: RowAccount
    notes: tuple[str, ...]
    extend_refused: FileError | None
    old_info: SnapshotInfo
    new_info: SnapshotInfo
    new_parquet: bytes
    segments: tuple[Segment, ...]
    left: pa.Table
    right: pa.Table
    alone: pa.Array
    alike: int = 0


def compare(old: bytes, *, old_info: SnapshotInfo, new: bytes, new_info: SnapshotInfo, same_file: bool = False) -> Comparison:
    """Match the rows of `new` with those of `old`; both are Parquet of the same canonical table.

    `same_file` says that the rows of `old` come from the file of `new`, read in another way: then nothing of it can be added.
    """
    if old_info.table != new_info.table:
        raise ValueError(f"cannot compare {old_info.table} with {new_info.table}")
    before, after = pq.read_table(pa.BufferReader(old)), pq.read_table(pa.BufferReader(new))
    segments, left, right, notes = _same_columns(before, old_info, after, new_info)
    counts, alone = _match(left, right, table=new_info.table)
    twice = _twice(counts["alike"], counts["new"])
    if twice:
        notes.append(f"{twice} Added, they would count twice.")
    refused = _refusal(left, right, old_info, new_info)
    if refused is None and same_file and counts["new"]:
        refused = FileError(
            "This file is loaded already, read in another way: added, its rows would count twice.", "Replace what is loaded."
        )
    matched = {name: counts[name] for name in ("new", "updated", "unchanged", "superseded")}
    rows, others = after.num_rows, len(alone)
    return Comparison(
        replacing=RowAccount(mode="replace", **matched, kept=0, dropped=others, before=before.num_rows, after=rows),
        extending=RowAccount(mode="extend", **matched, kept=others, dropped=0, before=before.num_rows, after=rows + others),
        notes=tuple(notes + _doubts(old_info, new_info)),
        extend_refused=refused,
        old_info=old_info,
        new_info=new_info,
        new_parquet=new,
        segments=segments,
        left=left,
        right=right,
        alone=alone,
        alike=counts["alike"],
    )


def merged(comparison: Comparison, *, mode: ImportMode) -> Merged:
    """The table after the import: the new rows alone (replace), or with the loaded ones that the file says nothing about (extend).

    Raises
    ------
    FileError
        When the two cannot be put together: different currencies, or a traffic report without dates.
    """
    if mode == "replace":
        return Merged(parquet=comparison.new_parquet, info=comparison.new_info, account=comparison.replacing, notes=comparison.notes)
    if comparison.extend_refused is not None:
        raise comparison.extend_refused
    together = pa.concat_tables([comparison.left.take(comparison.alone), comparison.right])
    sink = pa.BufferOutputStream()
    pq.write_table(together, sink, compression="zstd")
    return Merged(
        parquet=sink.getvalue().to_pybytes(),
        info=_info_of(together, segments=comparison.segments, old=comparison.old_info, new=comparison.new_info),
        account=comparison.extending,
        notes=comparison.notes,
    )


def proposed_mode(account: RowAccount, *, old: SnapshotInfo, new: SnapshotInfo, alike: int = 0) -> tuple[ImportMode, str]:
    """Whether to extend or to replace, and why in one sentence, from an account made in either mode.

    A file that has everything that is loaded replaces it. One that shares some rows with it, or has none of them but comes
    from the same system and currency, extends it. Anything else replaces it, because rows of two systems would count twice.
    """
    alone = account.kept + account.dropped
    if alone == 0:
        return "replace", "The file has every row that is loaded."
    twice = _twice(alike, account.new)
    if twice:
        return "replace", f"{twice} They are probably the same, read in another way."
    if old.currency and new.currency and old.currency != new.currency:
        return "replace", f"The file is in {new.currency}, what is loaded in {old.currency}; the two cannot be added up."
    if account.updated + account.unchanged:
        missing = "1 loaded row is" if alone == 1 else f"{alone:,} loaded rows are"
        return "extend", f"The file shares rows with what is loaded, but {missing} not in it."
    if old.system == new.system:
        return "extend", "The file has none of the loaded rows and comes from the same kind of export."
    return "replace", "The file has none of the loaded rows and comes from another system; keeping both could count deals twice."


def _twice(alike: int, new: int) -> str:
    """That rows of the file have the content of loaded ones, "" while there are few enough to be chance."""
    if alike <= max(_CHANCE, _CHANCE_SHARE * new):
        return ""
    return f"{alike:,} of the {new:,} rows that seem new say the same as loaded rows: who, when and how much."


def _doubts(old: SnapshotInfo, new: SnapshotInfo) -> list[str]:
    doubts = []
    if old.extracted and new.extracted and new.extracted < old.extracted:
        doubts.append(f"This file reaches to {new.extracted}, what is loaded reaches to {old.extracted}: it may be the older export.")
    if (old.currency is None) != (new.currency is None):
        without = "This file" if new.currency is None else "What is loaded"
        doubts.append(f"{without} names no currency; put together, its amounts are taken as {new.currency or old.currency}.")
    return doubts


def _refusal(left: pa.Table, right: pa.Table, old: SnapshotInfo, new: SnapshotInfo) -> FileError | None:
    if old.currency and new.currency and old.currency != new.currency:
        return FileError(
            f"What is loaded is in {old.currency}, this file is in {new.currency}.",
            f"Replace what is loaded, or take the rows in {old.currency} only.",
        )
    if new.table == "traffic" and (left["date"].null_count or right["date"].null_count):
        return FileError(
            "A traffic report without dates cannot be added to another one.",
            "Replace what is loaded, or export the report by day.",
        )
    return None


def _same_columns(
    old: pa.Table, old_info: SnapshotInfo, new: pa.Table, new_info: SnapshotInfo
) -> tuple[tuple[Segment, ...], pa.Table, pa.Table, list[str]]:
    """Give both tables the same columns in the same order; segments meet by their heading, not by their number."""
    notes: list[str] = []
    headings = [segment.heading for segment in old_info.segments]
    headings += [segment.heading for segment in new_info.segments if segment.heading not in headings]
    if len(headings) > MAX_SEGMENTS:
        left_out = headings[MAX_SEGMENTS:]
        notes.append(f"Together the files have more than {MAX_SEGMENTS} columns of your own; left out: {', '.join(left_out)}.")
        headings = headings[:MAX_SEGMENTS]
    segments = tuple(Segment(name=segment_name(position), heading=heading, values=0) for position, heading in enumerate(headings))
    fields = [field.name for field in TABLES[new_info.table].stored]
    names = [name for name in fields if name in old.column_names or name in new.column_names]
    sides: list[pa.Table] = []
    for table, info in ((old, old_info), (new, new_info)):
        where = {segment.heading: segment.name for segment in info.segments}
        other = new if table is old else old
        columns: dict[str, pa.ChunkedArray] = {}
        for name in (*names, SOURCE_ROW):
            kind = (table if name in table.column_names else other).schema.field(name).type
            columns[name] = table[name] if name in table.column_names else _nulls(table.num_rows, kind)
        for segment in segments:
            stored = where.get(segment.heading)
            columns[segment.name] = _nulls(table.num_rows, pa.string()) if stored is None else table[stored].cast(pa.string())
        sides.append(pa.table(columns))
    left, right = sides
    for name in names:
        if right.num_rows and right[name].null_count == right.num_rows and left[name].null_count < left.num_rows:
            label = TABLES[new_info.table].field(name).label
            notes.append(f"“{label}” is filled in what is loaded, but this file has nothing for it.")
    return segments, left, right, notes


def _nulls(rows: int, kind: pa.DataType) -> pa.ChunkedArray:
    return pa.chunked_array([pa.nulls(rows, kind)])


def _match(old: pa.Table, new: pa.Table, *, table: TableName) -> tuple[Counter[str], pa.Array]:
    """How many new rows are new, updated, unchanged, how many old rows they supersede; positions of the other old rows.

    A thing (a deal, an invoice) is known by a 128-bit hash of its key and says the same as before when the number of its rows and
    the sum of their 64-bit hashes are the same, in whatever order the rows come.
    """
    canonical = {field.name for field in TABLES[table].stored}
    like = [name for name in LIKENESS[table] if all(name in side.column_names and side[name].null_count < len(side) for side in (old, new))]
    days = [name for name in like if name in ("created", "closed", "started", "date")]
    # A row without a day says too little: next month's open deal of the same account is not last month's.
    whole = " AND ".join(f"{name} IS NOT NULL" for name in days)
    content_of = f"CASE WHEN {whole} THEN {_identity(like)} END" if len(like) > 1 and days else "NULL"
    with duckdb.connect(config={"enable_external_access": "false", "threads": "2", "memory_limit": "1GB"}) as connection:
        for name, side in (("old", old), ("new", new)):
            connection.register(f"{name}_rows", side.append_column("position", pa.array(range(side.num_rows), pa.int64())))
            content = [column for column in side.column_names if column != SOURCE_ROW]
            by_row = _identity([column for column in content if column in canonical])
            key = [column for column in KEYS[table] if column in content]
            identified = f'CASE WHEN "{key[0]}" IS NULL THEN {by_row} ELSE {_identity(key)} END' if key else by_row
            said = ", ".join(f'"{column}"' for column in content)
            connection.execute(
                f"CREATE TEMP TABLE {name}_keys AS SELECT position, {identified} AS k, hash({said}) AS said, {content_of} AS alike "
                f"FROM {name}_rows"
            )
            connection.execute(
                f"CREATE TEMP TABLE {name}_things AS SELECT k, count(*) AS n, sum(said::HUGEINT) AS said FROM {name}_keys GROUP BY k"
            )
        [found] = connection.execute(
            """
            SELECT
                coalesce(sum(n.n) FILTER (o.k IS NULL), 0),
                coalesce(sum(n.n) FILTER (o.n <> n.n OR o.said <> n.said), 0),
                coalesce(sum(n.n) FILTER (o.n = n.n AND o.said = n.said), 0),
                coalesce(sum(o.n) FILTER (o.n <> n.n OR o.said <> n.said), 0)
            FROM new_things n LEFT JOIN old_things o ON o.k = n.k
            """
        ).fetchall()
        [(alike,)] = connection.execute(
            """
            WITH o AS (SELECT alike, count(*) AS n FROM old_keys WHERE k NOT IN (SELECT k FROM new_things) GROUP BY alike),
                 n AS (SELECT alike, count(*) AS n FROM new_keys WHERE k NOT IN (SELECT k FROM old_things) GROUP BY alike)
            SELECT coalesce(sum(least(o.n, n.n)), 0) FROM o JOIN n USING (alike)
            """
        ).fetchall()
        alone: pa.Table = connection.sql(
            "SELECT position FROM old_keys WHERE NOT EXISTS (SELECT 1 FROM new_things n WHERE n.k = old_keys.k) ORDER BY position"
        ).to_arrow_table()
    counts = Counter(dict(zip(("new", "updated", "unchanged", "superseded"), (int(number) for number in found), strict=True)))
    counts["alike"] = int(alike)
    return counts, alone["position"].combine_chunks()


def _identity(columns: list[str]) -> str:
    """SQL for a hash of these columns; names are the canonical ones only. An empty cell differs from an empty text."""
    parts = ", ".join(f"coalesce('=' || CAST(\"{column}\" AS VARCHAR), '-')" for column in columns)
    return f"md5_number(concat_ws(chr(31), '{len(columns)}', {parts}))"


def _info_of(table: pa.Table, *, segments: tuple[Segment, ...], old: SnapshotInfo, new: SnapshotInfo) -> SnapshotInfo:
    kept = tuple(replace(segment, values=pc.count_distinct(table[segment.name]).as_py()) for segment in segments)
    name = new.table
    dates = table[MAIN_DATE[name]] if MAIN_DATE[name] in table.column_names else None
    outcomes = new.outcomes
    if name == "deal":
        counted = Counter(table["outcome"].to_pylist())
        outcomes = tuple((outcome, counted[outcome]) for outcome in OUTCOMES if counted[outcome])
        if dates is not None:
            dates = dates.filter(pc.is_in(table["outcome"], value_set=pa.array(CLOSED)))
    first, last = (None, None) if dates is None else (pc.min(dates).as_py(), pc.max(dates).as_py())
    # By value, a win rate needs amounts on the lost deals of both files, so the two together have them only when each does.
    flags = [flag for flag in (old.amounts_on_lost, new.amounts_on_lost) if flag is not None]
    return SnapshotInfo(
        table=name,
        rows=table.num_rows,
        segments=kept,
        currency=new.currency or old.currency,
        first=None if first is None else first.date().isoformat(),
        last=None if last is None else last.date().isoformat(),
        extracted=max((day for day in (old.extracted, new.extracted) if day is not None), default=None),
        system=new.system if new.system == old.system else None,
        outcomes=outcomes,
        amounts_on_lost=all(flags) if flags else None,
        period_stated=new.period_stated if new.period_stated == old.period_stated else None,
    )
