"""Joins by an id: what is offered, what matches, and the receipt of what was taken."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.errors import ColumnError
from app.ingest.export_formats import catalogue
from app.ingest.join import Joined, Loaded, join
from app.ingest.join_offers import offers, partner_of
from app.ingest.model import Answers, JoinChoice, JoinCounts, JoinOffer
from app.ingest.plan import make_plan
from app.ingest.raw import RawTable
from app.ingest.steps import read
from tests.ingest.files import csv_of

DEALS = ["Deal ID", "Account", "Deal owner", "Deal Stage", "Close Date", "Create Date", "Amount"]


def loaded(raw: RawTable, answers: Answers = Answers()) -> Loaded:  # noqa: B008 - the answers are frozen
    """A file, imported."""
    table = read(raw, answers)
    headings = dict(table.receipt.mapping) | {segment.name: segment.heading for segment in table.info.segments}
    return Loaded(pq.read_table(io.BytesIO(table.parquet)), table.info, headings)


def offered(side: Loaded, raw: RawTable, answers: Answers = Answers()) -> tuple[JoinOffer, ...]:  # noqa: B008 - the answers are frozen
    """The joins a file offers."""
    return offers((side,), raw, answers, catalogue())


def joined(side: Loaded, raw: RawTable, choice: JoinChoice, answers: Answers = Answers()) -> Joined:  # noqa: B008 - the answers are frozen
    """A join, made."""
    partner = partner_of(make_plan(raw, answers, catalogue()), converted=choice.converted)
    made = join(side, partner, choice, catalogue=catalogue(), answers=answers)
    receipt, counts = made.receipt, made.receipt.joined
    assert receipt.rows_read == receipt.rows_used + sum(part.count for part in receipt.set_aside)
    assert counts is not None
    assert counts.rows == counts.matched + counts.alone + counts.blank == side.stored.num_rows
    assert counts.other_rows == counts.other_matched + counts.other_alone + counts.other_double + counts.other_blank
    return made


def column(made: Joined, name: str) -> list[Any]:
    """A stored column, as text."""
    return [None if value is None else str(value) for value in pq.read_table(io.BytesIO(made.parquet))[name].to_pylist()]


@pytest.fixture
def deals() -> Loaded:
    """Six deals of three sellers; one has no account."""
    sellers = ["Ann Archer", "Ben Bowman", "Cleo Cooper"]
    rows = [
        [
            str(n),
            "" if n == 6 else f"Company {n}",
            sellers[n % 3],
            "Closed Won" if n % 2 else "Closed Lost",
            f"2024-02-{n:02d}",
            "2024-01-02",
            "10",
        ]
        for n in range(1, 7)
    ]
    return loaded(csv_of(DEALS, *rows))


SELLERS = [["Ann Archer", "North", "Max"], ["Ben Bowman", "South", "Max"], ["Dora Dale", "South", "Mia"], ["", "East", "Mia"]]


def test_a_list_of_sellers_is_offered_with_what_matches(deals: Loaded) -> None:
    [offer] = offered(deals, csv_of(["Deal owner", "Region", "Manager"], *SELLERS))
    assert offer.choice == JoinChoice(table="deal", key="owner", other_key="Deal owner", segments=("Region",))
    assert offer.counts == JoinCounts(
        rows=6,
        matched=4,
        alone=2,
        blank=0,
        ids=3,
        ids_matched=2,
        other_rows=4,
        other_matched=2,
        other_alone=1,
        other_double=0,
        other_blank=1,
    )
    assert offer.text == "2 of 3 different “Deal owner” of the deals are in “Deal owner” of this file. The deals would gain “Region”."


def test_a_join_adds_columns_and_no_rows(deals: Loaded) -> None:
    raw = csv_of(["Deal owner", "Region", "Manager"], *SELLERS)
    made = joined(deals, raw, JoinChoice("deal", "owner", "Deal owner", segments=("Region", "Manager")))
    assert [(segment.name, segment.heading) for segment in made.info.segments] == [("s0", "Region"), ("s1", "Manager")]
    assert column(made, "s0") == ["South", None, "North", "South", None, "North"]
    assert column(made, "id") == ["1", "2", "3", "4", "5", "6"]
    assert [(part.code, part.count, part.rows) for part in made.receipt.set_aside] == [("no_id", 1, (5,)), ("no_partner", 1, (4,))]
    assert made.rejected_csv.decode("utf-8-sig").splitlines() == [
        "line,reason,Deal owner,Region,Manager",
        "4,Nothing that is loaded has this “Deal owner”.,Dora Dale,South,Mia",
        "5,The row has no “Deal owner”.,,East,Mia",
    ]


def test_nothing_is_taken_from_an_id_that_comes_twice_with_other_values(deals: Loaded) -> None:
    raw = csv_of(["Deal owner", "Region"], ["Ann Archer", "North"], ["Ann Archer", "South"], ["Ben Bowman", "West"], ["Ben Bowman", "West"])
    made = joined(deals, raw, JoinChoice("deal", "owner", "Deal owner", segments=("Region",)))
    assert column(made, "s0") == ["West", None, None, "West", None, None]
    assert [(part.code, part.count) for part in made.receipt.set_aside] == [("double", 2)]


def test_what_is_filled_is_never_overwritten(deals: Loaded) -> None:
    raw = csv_of(["Deal ID", "Created"], ["1", "2020-01-01"], ["2", "2020-01-01"])
    made = joined(deals, raw, JoinChoice("deal", "id", "Deal ID", fields=(("created", "Created"),)))
    assert set(column(made, "created")) == {"2024-01-02 00:00:00"}


def test_a_file_without_a_common_id_is_not_offered_and_not_joined(deals: Loaded) -> None:
    raw = csv_of(["City", "Region"], ["Rome", "South"], ["Oslo", "North"], ["Kiel", "North"])
    assert offered(deals, raw) == ()
    with pytest.raises(ColumnError, match="No “City” is among what is loaded"):
        joined(deals, raw, JoinChoice("deal", "owner", "City", segments=("Region",)))


@pytest.fixture
def leads() -> Loaded:
    """Four leads of which nobody says who became a customer."""
    rows = [[f"L-{n}", f"2024-01-0{n}", "Web" if n % 2 else "Fair"] for n in range(1, 5)]
    return loaded(csv_of(["Lead ID", "Lead Date", "Lead Source"], *rows))


def test_won_deals_say_which_leads_became_customers(leads: Loaded) -> None:
    raw = csv_of(
        ["Deal Number", "Lead ID", "Stage", "Close Date"],
        ["D1", "L-1", "Closed Won", "2024-03-05"], ["D2", "L-1", "Closed Won", "2024-02-05"], ["D3", "L-2", "Closed Lost", "2024-02-06"],
        ["D4", "L-9", "Closed Won", "2024-02-07"], ["D5", "L-3", "Closed Won", "2024-02-08"], name="deals.csv",
    )  # fmt: skip
    [offer] = offered(leads, raw)
    assert offer.choice == JoinChoice("lead", "id", "Lead ID", (("converted_at", "Close Date"),), converted=True)
    assert offer.text == (
        "2 of 4 different “Lead ID” of the leads are in “Lead ID” of this file. The leads would gain “Became a customer on”. "
        "2 leads count as customers then, the other 2 do not."
    )
    made = joined(leads, raw, offer.choice)
    # Of two won deals the first made the customer.
    assert column(made, "converted_at") == ["2024-02-05 00:00:00", None, "2024-02-08 00:00:00", None]
    assert column(made, "converted") == ["True", "False", "True", "False"]
    assert [(part.code, part.count, part.reason) for part in made.receipt.set_aside] == [
        ("no_id", 1, "The row has no “Lead ID” or was not won."),
        ("no_partner", 1, "Nothing that is loaded has this “Lead ID”."),
    ]


def test_short_codes_meet_only_under_the_same_heading() -> None:
    rows = [[str(n), "Closed Won" if n % 2 else "Closed Lost", "2024-02-03", "10", str(n % 3)] for n in range(1, 13)]
    side = loaded(
        csv_of(["Deal ID", "Deal Stage", "Close Date", "Amount", "Region code"], *rows), Answers(roles={"Region code": "segment"})
    )
    names = [["0", "North"], ["1", "South"], ["2", "West"]]
    [offer] = offered(side, csv_of(["Region code", "Region"], *names))
    assert (offer.key_label, offer.gained) == ("Region code", ("Region",))
    assert offered(side, csv_of(["Office no", "Region"], *names)) == ()


def test_a_log_joins_its_dates(leads: Loaded) -> None:
    raw = csv_of(
        ["lead_id", "stage", "timestamp"],
        ["L-1", "MQL", "2024-01-03 10:00:00"], ["L-1", "Customer", "2024-01-04 10:00:00"], ["L-2", "MQL", "2024-01-05 10:00:00"],
    )  # fmt: skip
    answers = Answers(table="lead")
    [offer] = offered(leads, raw, answers)
    made = joined(leads, raw, offer.choice, answers)
    assert column(made, "mql_at") == ["2024-01-03 10:00:00", "2024-01-05 10:00:00", None, None]
    assert column(made, "converted") == ["True", "False", "False", "False"]
    assert (made.receipt.rows_read, made.receipt.rows_used) == (3, 3)


def again(side: Loaded, made: Joined, rows: list[list[Any]]) -> Loaded:
    """What was joined, with rows that came later and lack what was joined."""
    stored = pq.read_table(io.BytesIO(made.parquet))
    later = loaded(csv_of(DEALS, *rows)).stored
    return Loaded(pa.concat_tables([stored, later], promote_options="default"), made.info, side.headings)


def test_a_file_joined_again_fills_the_rows_that_came_since(deals: Loaded) -> None:
    raw = csv_of(["Deal owner", "Region"], *(row[:2] for row in SELLERS))
    made = joined(deals, raw, JoinChoice("deal", "owner", "Deal owner", segments=("Region",)))
    side = again(deals, made, [["7", "Company 7", "Ben Bowman", "Closed Won", "2024-03-01", "2024-01-02", "10"]])
    [offer] = offered(side, raw)
    assert offer.choice.segments == ("Region",)
    assert offer.text.endswith("The deals would gain “Region”. Only blank cells of “Region” are filled; the others agree with this file.")
    twice = joined(side, raw, offer.choice)
    assert [(segment.name, segment.heading, segment.values) for segment in twice.info.segments] == [("s0", "Region", 2)]
    assert column(twice, "s0") == ["South", None, "North", "South", None, "North", "South"]
    assert [(change.column, change.cells) for change in twice.receipt.changed] == [("Region", 1)]
    # With nothing left to fill it is not offered any more.
    whole = Loaded(pq.read_table(io.BytesIO(twice.parquet)), twice.info, side.headings)
    assert offered(whole, raw) == ()


def test_a_column_of_the_same_name_that_says_something_else_stays_apart(deals: Loaded) -> None:
    raw = csv_of(["Deal owner", "Region"], *(row[:2] for row in SELLERS))
    made = joined(deals, raw, JoinChoice("deal", "owner", "Deal owner", segments=("Region",)))
    side = again(deals, made, [["7", "Company 7", "Ben Bowman", "Closed Won", "2024-03-01", "2024-01-02", "10"]])
    other = csv_of(["Deal owner", "Region"], ["Ann Archer", "East"], ["Ben Bowman", "South"])
    assert offered(side, other) == ()
    apart = joined(side, other, JoinChoice("deal", "owner", "Deal owner", segments=("Region",)))
    assert [segment.heading for segment in apart.info.segments] == ["Region", "Region (2)"]
    assert column(apart, "s0") == ["South", None, "North", "South", None, "North", None]


def test_leads_that_came_later_become_customers_when_the_deals_are_joined_again(leads: Loaded) -> None:
    head = ["Deal Number", "Lead ID", "Stage", "Close Date"]
    first = [["D1", "L-1", "Closed Won", "2024-03-05"], ["D2", "L-2", "Closed Lost", "2024-01-20"]]
    raw = csv_of(head, *first, name="deals.csv")
    made = joined(leads, raw, offered(leads, raw)[0].choice)
    stored = pq.read_table(io.BytesIO(made.parquet))
    later = loaded(csv_of(["Lead ID", "Lead Date", "Lead Source"], ["L-5", "2024-04-01", "Web"], ["L-6", "2024-04-02", "Fair"])).stored
    side = Loaded(pa.concat_tables([stored, later], promote_options="default"), made.info, leads.headings)
    newer = csv_of(head, *first, ["D3", "L-5", "Closed Won", "2024-05-05"], name="deals.csv")
    [offer] = offered(side, newer)
    assert (offer.choice.fields, offer.choice.converted) == ((("converted_at", "Close Date"),), True)
    assert offer.text.endswith("2 leads count as customers then, the other 4 do not.")
    twice = joined(side, newer, offer.choice)
    assert column(twice, "converted") == ["True", "False", "False", "False", "True", "False"]
    assert column(twice, "converted_at") == ["2024-03-05 00:00:00", None, None, None, "2024-05-05 00:00:00", None]
