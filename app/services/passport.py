"""The data passport: which numbers an export gives, said before it is uploaded, and which export gives the rest.

`NUMBERS` says which stored fields each number needs. It is no second truth: a test computes every number from exactly these fields, and
again without each of them, with the metrics themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.ingest.export_formats import Catalogue, catalogue
from app.ingest.head_row import WORKED_OUT, HeadRow
from app.tables import TABLES, TableName


@dataclass(frozen=True)
class Way:
    """One way to a number: a table with these stored fields filled."""

    table: TableName
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Number:
    """A number of the scorecard, what it answers, and the ways to it, the most usual first."""

    key: str
    label: str
    ways: tuple[Way, ...]


NUMBERS: tuple[Number, ...] = (
    Number("win_rate", "Win rate", (Way("deal", ("outcome",)),)),
    Number("win_rate_over_time", "Win rate by month and quarter", (Way("deal", ("outcome", "closed")),)),
    Number("win_rate_by_value", "Win rate by value", (Way("deal", ("outcome", "amount")),)),
    Number("growth", "Growth of revenue", (Way("revenue_line", ("date", "amount")), Way("deal", ("outcome", "closed", "amount")))),
    Number(
        "retention",
        "Retention of customers",
        (
            Way("customer", ("id", "has_churned")),
            Way("revenue_line", ("date", "amount", "customer")),
        ),
    ),
    Number("revenue_retention", "Retention of revenue (GRR)", (Way("customer", ("id", "started", "churned", "revenue")),)),
    Number("conversion", "Lead conversion", (Way("lead", ("converted",)),)),
    Number("conversion_over_time", "Lead conversion by month and quarter", (Way("lead", ("converted", "created")),)),
    Number("follow_up", "Time to the first contact", (Way("lead", ("created", "first_contact_at")),)),
    Number("visits", "Visits", (Way("traffic", ("sessions",)),)),
)


WEB_ANALYTICS = "ga4"


@dataclass(frozen=True)
class Missing:
    """What a number that is not there yet needs: the table, the labels of the fields that lack, and what the system calls them.

    `more_columns` says that the same export with more columns is enough. `headings` are those the recognised system writes; `menu` is where
    it exports this table, None when that is not known, and `menu_sure` whether its maker says so.
    """

    number: Number
    table: TableName
    lacking: tuple[str, ...]
    more_columns: bool
    headings: tuple[str, ...]
    menu: str | None
    menu_sure: bool


@dataclass(frozen=True)
class Passport:
    """What an export gives: the numbers, and for each of the others the shortest way to it."""

    head: HeadRow
    system_label: str | None
    given: tuple[Number, ...]
    missing: tuple[Missing, ...]


def passport(head: HeadRow, *, system: str | None = None) -> Passport:
    """The passport of an export with these columns; `system` where its headings do not tell."""
    known = catalogue()
    system = head.system or system
    given = tuple(number for number in NUMBERS if any(_given(way, head) for way in number.ways))
    missing = tuple(_shortest(number, head, known, system) for number in NUMBERS if number not in given)
    label = known.systems[system].label if system is not None else None
    return Passport(head, label, given, missing)


def _given(way: Way, head: HeadRow) -> bool:
    return way.table == head.table and set(way.fields) <= head.fields


def _shortest(number: Number, head: HeadRow, known: Catalogue, system: str | None) -> Missing:
    """The way that lacks least: more columns of the same export before another export."""
    ways = sorted(number.ways, key=lambda way: (way.table != head.table, number.ways.index(way)))
    way = ways[0]
    same = way.table == head.table
    lacking = tuple(name for name in way.fields if not (same and name in head.fields))
    if way.table == "traffic" and (system is None or way.table not in known.systems[system].menu):
        # No CRM counts visits; the web analytics that most have does.
        system = WEB_ANALYTICS
    menu, sure = known.systems[system].menu.get(way.table, (None, False)) if system is not None else (None, False)
    if menu is not None and system != head.system:
        menu = f"{known.systems[str(system)].label}: {menu}"
    return Missing(
        number=number,
        table=way.table,
        lacking=tuple(_label(way.table, name) for name in lacking),
        more_columns=same,
        headings=tuple(heading for name in lacking if (heading := _heading(way.table, name, known, system)) is not None),
        menu=menu,
        menu_sure=sure,
    )


def _label(table: TableName, name: str) -> str:
    """What a field is called where it is asked for: of one that is worked out, the field it is first worked out from."""
    ways = WORKED_OUT.get(table, {}).get(name, ())
    return TABLES[table].field(min(ways[0]) if ways else name).label


def _heading(table: TableName, name: str, known: Catalogue, system: str | None) -> str | None:
    """What the system calls the column for a field, or for the first of those that it is worked out from; None when it is not known."""
    if system is None:
        return None
    names = [name, *(one for way in WORKED_OUT.get(table, {}).get(name, ()) for one in sorted(way))]
    found = [
        heading.heading
        for wanted in names
        for heading in known.systems[system].headings
        if heading.table == table and heading.field == wanted and heading.evidence in ("export", "doc")
    ]
    return found[0] if found else None
