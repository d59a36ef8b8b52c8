"""Putting two tables together: whose row wins, and that every row is accounted for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import FileError
from app.services.merge import Merged, RowAccount, compare, merged, proposed_mode
from app.storage.tables import ImportMode
from app.tables import Segment, SnapshotInfo, TableName

Row = dict[str, Any]

DEAL = pa.schema(
    [
        ("id", pa.string()),
        ("closed", pa.timestamp("us")),
        ("outcome", pa.string()),
        ("amount", pa.decimal128(18, 4)),
        ("source_row", pa.int64()),
    ]
)
LINE = pa.schema([("id", pa.string()), ("date", pa.timestamp("us")), ("amount", pa.decimal128(18, 4)), ("source_row", pa.int64())])
TRAFFIC = pa.schema([("date", pa.timestamp("us")), ("sessions", pa.int64()), ("source", pa.string()), ("source_row", pa.int64())])


def parquet(rows: list[Row], schema: pa.Schema, *, segments: tuple[str, ...] = ()) -> bytes:
    for name in segments:
        schema = schema.append(pa.field(name, pa.string()))
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist([{**row, "source_row": number} for number, row in enumerate(rows, 2)], schema=schema), sink)
    return bytes(sink.getvalue().to_pybytes())


def info(table: TableName, rows: list[Row]) -> SnapshotInfo:
    return SnapshotInfo(table=table, rows=len(rows))


def combine(old: bytes, *, old_info: SnapshotInfo, new: bytes, new_info: SnapshotInfo, mode: ImportMode) -> Merged:
    return merged(compare(old, old_info=old_info, new=new, new_info=new_info), mode=mode)


def rows_of(content: bytes) -> list[Row]:
    found: list[Row] = pq.read_table(pa.BufferReader(content)).to_pylist()
    return [{name: value for name, value in row.items() if name != "source_row"} for row in found]


def deal(key: str | None, day: int, outcome: str = "won", amount: int | None = 10) -> Row:
    return {
        "id": key,
        "closed": datetime(2026, 1, day),
        "outcome": outcome,
        "amount": None if amount is None else Decimal(amount).quantize(Decimal("0.0001")),
    }


def test_the_newer_deal_wins_and_the_others_stay() -> None:
    old = [deal("1", 1), deal("2", 2), deal("3", 3)]
    new = [deal("2", 2, "lost"), deal("3", 3), deal("4", 9, "lost")]
    got = combine(
        parquet(old, DEAL),
        old_info=replace(
            info("deal", old),
            currency="EUR",
            first="2026-01-01",
            last="2026-01-03",
            extracted="2026-01-05",
            system="hubspot",
            amounts_on_lost=True,
        ),
        new=parquet(new, DEAL),
        new_info=replace(
            info("deal", new),
            currency="EUR",
            first="2026-01-02",
            last="2026-01-09",
            extracted="2026-01-10",
            system="hubspot",
            amounts_on_lost=True,
        ),
        mode="extend",
    )
    assert rows_of(got.parquet) == [deal("1", 1), *new]
    assert got.account == RowAccount(mode="extend", new=1, updated=1, unchanged=1, kept=1, dropped=0, superseded=1, before=3, after=4)
    assert got.info == SnapshotInfo(
        table="deal",
        rows=4,
        currency="EUR",
        first="2026-01-01",
        last="2026-01-09",
        extracted="2026-01-10",
        system="hubspot",
        outcomes=(("won", 2), ("lost", 2)),
        amounts_on_lost=True,
    )
    assert got.notes == ()


def test_replacing_stores_the_new_file_as_it_is() -> None:
    old, new = [deal("1", 1), deal("2", 2)], [deal("2", 2)]
    content = parquet(new, DEAL)
    got = combine(parquet(old, DEAL), old_info=info("deal", old), new=content, new_info=info("deal", new), mode="replace")
    assert got.parquet == content
    assert got.info == info("deal", new)
    assert got.account == RowAccount(mode="replace", new=0, updated=0, unchanged=1, kept=0, dropped=1, superseded=0, before=2, after=1)


def test_lines_of_an_invoice_are_replaced_together() -> None:
    def line(key: str | None, amount: int) -> Row:
        return {"id": key, "date": datetime(2026, 2, 1), "amount": Decimal(amount).quantize(Decimal("0.0001"))}

    old = [line("A", 1), line("A", 2), line("A", 3), line("B", 5), line("B", 5), line(None, 7)]
    new = [line("A", 1), line("A", 9), line("B", 5), line("B", 5), line(None, 7), line(None, 8)]
    got = combine(
        parquet(old, LINE), old_info=info("revenue_line", old), new=parquet(new, LINE), new_info=info("revenue_line", new), mode="extend"
    )
    # A: three lines give way to two. B: two equal lines stay two. Without a number: 7 is known, 8 is new.
    assert got.account == RowAccount(mode="extend", new=1, updated=2, unchanged=3, kept=0, dropped=0, superseded=3, before=6, after=6)
    assert rows_of(got.parquet) == new


def test_a_line_twice_is_not_the_same_as_once() -> None:
    line = {"id": "A", "date": datetime(2026, 2, 1), "amount": Decimal("5.0000")}
    got = combine(
        parquet([line], LINE),
        old_info=info("revenue_line", [line]),
        new=parquet([line, line], LINE),
        new_info=info("revenue_line", [line, line]),
        mode="extend",
    )
    assert (got.account.updated, got.account.superseded, got.account.after) == (2, 1, 2)


def test_segments_meet_by_their_heading() -> None:
    old = [{**deal("1", 1), "s0": "North", "s1": "Gold"}]
    new = [{**deal("2", 2), "s0": "Silver", "s1": "yes"}]
    got = combine(
        parquet(old, DEAL, segments=("s0", "s1")),
        old_info=replace(info("deal", old), segments=(Segment("s0", "Region", 1), Segment("s1", "Tier", 1))),
        new=parquet(new, DEAL, segments=("s0", "s1")),
        new_info=replace(info("deal", new), segments=(Segment("s0", "Tier", 1), Segment("s1", "Partner", 1))),
        mode="extend",
    )
    assert rows_of(got.parquet) == [
        {**deal("1", 1), "s0": "North", "s1": "Gold", "s2": None},
        {**deal("2", 2), "s0": None, "s1": "Silver", "s2": "yes"},
    ]
    assert got.info.segments == (Segment("s0", "Region", 1), Segment("s1", "Tier", 2), Segment("s2", "Partner", 1))


def test_days_of_web_traffic_are_matched_by_day_and_source() -> None:
    def day(number: int, source: str, sessions: int) -> Row:
        return {"date": datetime(2026, 3, number), "sessions": sessions, "source": source}

    old = [day(1, "Ads", 5), day(1, "Mail", 6), day(2, "Ads", 7)]
    new = [day(2, "Ads", 8), day(3, "Ads", 9)]
    got = combine(
        parquet(old, TRAFFIC), old_info=info("traffic", old), new=parquet(new, TRAFFIC), new_info=info("traffic", new), mode="extend"
    )
    assert rows_of(got.parquet) == [*old[:2], *new]
    assert got.account == RowAccount(mode="extend", new=1, updated=1, unchanged=0, kept=2, dropped=0, superseded=1, before=3, after=4)


def test_web_traffic_without_days_cannot_be_added() -> None:
    rows = [{"date": None, "sessions": 5, "source": "Ads"}]
    with pytest.raises(FileError, match="without dates"):
        combine(
            parquet(rows, TRAFFIC),
            old_info=info("traffic", rows),
            new=parquet(rows, TRAFFIC),
            new_info=info("traffic", rows),
            mode="extend",
        )


def test_two_currencies_cannot_be_added() -> None:
    rows = [deal("1", 1)]
    with pytest.raises(FileError, match="is in EUR, this file is in USD"):
        combine(
            parquet(rows, DEAL),
            old_info=replace(info("deal", rows), currency="EUR"),
            new=parquet(rows, DEAL),
            new_info=replace(info("deal", rows), currency="USD"),
            mode="extend",
        )


def test_an_older_export_and_an_emptied_column_are_said() -> None:
    old, new = [deal("1", 1), deal("2", 2)], [deal("2", 2, amount=None)]
    got = combine(
        parquet(old, DEAL),
        old_info=replace(info("deal", old), extracted="2026-02-01"),
        new=parquet(new, DEAL),
        new_info=replace(info("deal", new), extracted="2026-01-15"),
        mode="extend",
    )
    assert got.notes == (
        "“Amount” is filled in what is loaded, but this file has nothing for it.",
        "This file reaches to 2026-01-15, what is loaded reaches to 2026-02-01: it may be the older export.",
    )


def account(*, updated: int = 0, unchanged: int = 0, dropped: int = 0) -> RowAccount:
    return RowAccount(
        mode="replace", new=1, updated=updated, unchanged=unchanged, kept=0, dropped=dropped, superseded=updated, before=9, after=9
    )


def test_the_mode_that_is_proposed() -> None:
    one, other = (
        SnapshotInfo(table="deal", rows=9, currency="EUR", system="hubspot"),
        SnapshotInfo(table="deal", rows=9, currency="USD", system="zoho"),
    )
    assert proposed_mode(account(unchanged=9), old=one, new=one)[0] == "replace"
    assert proposed_mode(account(unchanged=3, dropped=6), old=one, new=one)[0] == "extend"
    assert proposed_mode(account(updated=3, dropped=6), old=one, new=one)[0] == "extend"
    assert proposed_mode(account(dropped=9), old=one, new=one)[0] == "extend"
    assert proposed_mode(account(dropped=9), old=one, new=SnapshotInfo(table="deal", rows=9, currency="EUR", system="zoho"))[0] == "replace"
    assert proposed_mode(account(unchanged=3, dropped=6), old=one, new=other)[0] == "replace"


some_deals = st.lists(
    st.builds(
        deal,
        st.one_of(st.none(), st.sampled_from("abcdef")),
        st.integers(1, 28),
        st.sampled_from(["won", "lost"]),
        st.sampled_from([None, 1, 2]),
    ),
    max_size=12,
)


def expected(old: list[Row], new: list[Row]) -> list[Row]:
    """The same merge, written as plainly as possible."""

    def key(row: Row) -> tuple[Any, ...]:
        return ("id", row["id"]) if row["id"] is not None else ("row", row["closed"], row["outcome"], row["amount"])

    said = {key(row) for row in new}
    return [row for row in old if key(row) not in said] + new


@settings(max_examples=60, deadline=None)
@given(some_deals, some_deals)
def test_any_two_tables_reconcile(old: list[Row], new: list[Row]) -> None:
    both = {
        mode: combine(parquet(old, DEAL), old_info=info("deal", old), new=parquet(new, DEAL), new_info=info("deal", new), mode=mode)
        for mode in ("extend", "replace")
    }
    assert rows_of(both["extend"].parquet) == expected(old, new)
    for mode, got in both.items():
        counts = got.account
        assert counts.mode == mode
        assert counts.before == len(old) == counts.unchanged + counts.superseded + counts.kept + counts.dropped
        assert counts.after == got.info.rows == counts.new + counts.updated + counts.unchanged + counts.kept


def test_rows_with_the_content_of_loaded_ones_are_told_and_not_added_by_default() -> None:
    old = [deal(None, day, amount=day) for day in range(1, 11)]
    new = [deal(f"VC-{day}", day, amount=day) for day in range(1, 11)]
    found = compare(parquet(old, DEAL), old_info=info("deal", old), new=parquet(new, DEAL), new_info=info("deal", new))
    twice = "10 of the 10 rows that seem new say the same as loaded rows: who, when and how much."
    assert (found.alike, found.notes, found.extend_refused) == (10, (f"{twice} Added, they would count twice.",), None)
    assert proposed_mode(found.replacing, old=found.old_info, new=found.new_info, alike=found.alike) == (
        "replace", f"{twice} They are probably the same, read in another way.",
    )  # fmt: skip


def test_few_rows_alike_are_chance() -> None:
    old = [deal(str(day), day) for day in range(1, 21)]
    new = [deal(f"n{day}", day, amount=10 if day < 3 else 11) for day in range(1, 21)]
    found = compare(parquet(old, DEAL), old_info=info("deal", old), new=parquet(new, DEAL), new_info=info("deal", new))
    assert (found.alike, found.notes) == (2, ())


def test_the_file_that_is_loaded_cannot_be_added_to_itself() -> None:
    old, new = [deal(None, 1), deal(None, 2)], [deal("1", 1), deal("2", 2)]
    found = compare(parquet(old, DEAL), old_info=info("deal", old), new=parquet(new, DEAL), new_info=info("deal", new), same_file=True)
    assert str(found.extend_refused) == (
        "This file is loaded already, read in another way: added, its rows would count twice. Replace what is loaded."
    )
    with pytest.raises(FileError, match="would count twice"):
        merged(found, mode="extend")
