"""Which columns of a table people can sensibly compare by, in which order, and why others are not offered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from app.metrics import expressions
from app.metrics.engine import Snapshot
from app.metrics.model import BLANK, Filters
from app.tables import TABLES

FEW, MANY = 12, 60
"""Up to `FEW` values make groups that can be read at one look; more than `MANY` are offered last."""
ENOUGH = 30
"""A group of so many rows can carry a rate."""
ENDED, OF_EACH = 20, 5
"""So many ended records, and so many of each end, are needed to tell that a column repeats the end and does not just look so by chance."""


@dataclass(frozen=True)
class GroupColumn:
    """A column that people compare by: its stored name and what it is called."""

    name: str
    label: str
    values: int | None


@dataclass(frozen=True)
class Grouping:
    """The columns offered, the most useful first, and those that are not, each with the reason as a sentence."""

    offered: tuple[GroupColumn, ...]
    aside: tuple[tuple[str, str], ...]


def known_columns(snapshot: Snapshot) -> tuple[GroupColumn, ...]:
    """Every column that rows can be filtered by: the user's own, then source, owner and the like."""
    own = [GroupColumn(s.name, s.heading, s.values) for s in snapshot.info.segments if 2 <= s.values <= 500]
    common = [GroupColumn(f.name, f.label, None) for f in TABLES[snapshot.info.table].stored if f.group]
    return (*own, *common)


def group_columns(snapshot: Snapshot) -> tuple[GroupColumn, ...]:
    """The columns to compare by, those with a few well-filled values first."""
    return grouping(snapshot).offered


def grouping(snapshot: Snapshot) -> Grouping:
    """Looked at once for each stored table."""
    return snapshot.once("grouping", lambda: _grouping(snapshot))


def _grouping(snapshot: Snapshot) -> Grouping:
    ranked: list[tuple[int, GroupColumn]] = []
    aside: list[tuple[str, str]] = []
    for column in known_columns(snapshot):
        if column.values is not None and 2 * column.values > snapshot.info.rows:
            aside.append((column.label, f"“{column.label}” makes no groups: nearly every row has a value of its own."))
            continue
        sizes, ended = _sizes(snapshot, column)
        named = {group for group in sizes if group != BLANK}
        if not named or len(sizes) < 2:
            continue
        if repeats_the_end(ended):
            ends = (
                "to leads that became customers or only to those that did not"
                if snapshot.info.table == "lead"
                else "to lost or only to won deals"
            )
            why = f"each of its values belongs only {ends}, so every group would read 0 % or 100 %."
            aside.append((column.label, f"“{column.label}” makes no groups: {why}"))
            continue
        large = sum(n >= ENOUGH for n in sizes.values())
        rank = 0 if len(sizes) <= FEW and large >= 2 else 1 if len(sizes) <= MANY else 2
        ranked.append((rank, GroupColumn(column.name, column.label, len(sizes))))
    return Grouping(tuple(column for _, column in sorted(ranked, key=lambda pair: pair[0])), tuple(aside))


def repeats_the_end(ended: Mapping[str, tuple[int, int]]) -> bool:
    """Whether a column tells how each record ended, so that its groups would read 100 % and 0 %.

    Parameters
    ----------
    ended
        (ended well, ended badly) of each value; open records are not counted.

    Returns
    -------
    bool
        True when no value stands with both ends, or when the column is filled for one end only.
    """
    well, badly = (sum(pair[i] for pair in ended.values()) for i in (0, 1))
    if well + badly < ENDED or min(well, badly) < OF_EACH:
        return False
    named = [pair for group, pair in ended.items() if group != BLANK and any(pair)]
    if not named or any(all(pair) for pair in named):
        return False
    if sum(sum(pair) for pair in named) < max(ENDED // 2, OF_EACH * len(named)):
        # So few rows a value that each would have one end by chance.
        return False
    one_end_only = all(pair[0] for pair in named) or all(pair[1] for pair in named)
    return one_end_only or not all(ended.get(BLANK, (0, 0)))


def _sizes(snapshot: Snapshot, column: GroupColumn) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """(rows, (ended well, ended badly)) of each value; the ends of deals and leads only."""
    sizes: dict[str, int] = defaultdict(int)
    ended: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    if snapshot.info.table == "deal":
        for row in snapshot.collect(expressions.outcomes_by_group(snapshot.table, by=column.name)):
            sizes[row["group"]] += row["n"]
            well, badly = ended[row["group"]]
            ended[row["group"]] = (well + row["n"] * (row["outcome"] == "won"), badly + row["n"] * (row["outcome"] == "lost"))
    elif snapshot.info.table == "lead":
        for row in snapshot.collect(expressions.leads(snapshot.table, Filters(), by=column.name)):
            sizes[row["group"]] += row["n"]
            well, badly = ended[row["group"]]
            ended[row["group"]] = (well + row["converted"], badly + row["told"] - row["converted"])
    else:
        for row in snapshot.collect(expressions.group_sizes(snapshot.table, by=column.name)):
            sizes[row["group"]] = row["n"]
    return sizes, ended
