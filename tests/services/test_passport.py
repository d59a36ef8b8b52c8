"""The passport promises what the metrics keep: every number comes from exactly the fields named, and not without any of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from app.errors import AppError
from app.ingest.head_row import HeadRow, head_row_of, read_head_row
from app.ingest.limits import Limits
from app.ingest.model import Answers
from app.ingest.opening import open_file
from app.ingest.steps import read
from app.metrics import leads, retention, traffic, win_rate
from app.metrics.engine import Engine, Snapshot
from app.metrics.model import Definition, Filters
from app.services.passport import NUMBERS, Number, Way, passport
from app.services.scorecard.headlines import growth_headline, leads_headline, retention_headline, win_rate_headline
from app.services.scorecard.request import Request
from app.services.scorecard.sources import Sources, of
from app.statistics.intervals import Absent
from app.storage.cache import local_parquet
from app.tables import TableName

COLUMNS: dict[TableName, dict[str, str]] = {
    "deal": {"outcome": "Stage", "closed": "Close Date", "amount": "Amount", "account": "Account"},
    "revenue_line": {"date": "Invoice Date", "amount": "Total", "customer": "Customer"},
    "customer": {"id": "Customer ID", "has_churned": "Churned", "started": "Start Date", "churned": "Churn Date", "revenue": "MRR"},
    "lead": {"converted": "Converted", "created": "Created Date", "first_contact_at": "First Contact"},
    "traffic": {"sessions": "Sessions", "source": "Source"},
}
"""Stored field → the heading that a test's file has for it."""

FIELDS = {"outcome": "stage", "has_churned": "churned_flag", "converted": "converted_flag"}
"""Stored fields that are read from another one."""


def cell(field: str, row: int) -> str:
    """A value of the field: 36 months with records in each, every third deal lost, every fourth customer gone."""
    month = f"{2022 + row % 36 // 12}-{row % 12 + 1:02d}"
    gone = row % 4 == 0
    values = {
        "outcome": "Closed Lost" if row % 3 == 0 else "Closed Won",
        "closed": f"{month}-15",
        "date": f"{month}-15",
        "created": f"{month}-15",
        "first_contact_at": f"{month}-16",
        "amount": f"{100 + row % 7}",
        "account": f"A{row % 5}",
        "customer": f"A{row % 5}",
        "id": f"C{row}",
        "has_churned": "yes" if gone else "no",
        "started": "2021-01-15",
        "churned": f"{month}-15" if gone else "",
        "revenue": "50",
        "converted": "yes" if row % 5 == 0 else "no",
        "sessions": "10",
        "source": "Direct" if row % 2 else "Email",
    }
    return values[field]


def loaded(table: TableName, fields: tuple[str, ...], folder: Path) -> Sources:
    """A table that has these stored fields and a column that means nothing, read as an upload is."""
    head = [COLUMNS[table][field] for field in fields]
    lines = [",".join(["Remark", *head])]
    lines += [",".join([f"r{row}", *(cell(field, row) for field in fields)]) for row in range(1, 361)]
    mapping: dict[str, str | None] = {FIELDS.get(field, field): COLUMNS[table][field] for field in fields}
    answers = Answers(table=table, fields=mapping, roles={"Remark": "ignored"})
    raw = open_file("\n".join([*lines, ""]).encode(), name="export.csv", answers=answers, limits=Limits())
    typed = read(raw, answers)
    sha256 = hashlib.sha256(typed.parquet).hexdigest()
    path = local_parquet(folder, sha256=sha256, load=lambda: typed.parquet)
    return of([Snapshot(typed.info, sha256, path, Engine(folder))])


def there(number: Number, sources: Sources) -> bool:
    """Whether the metrics give the number."""
    request, filters = Request(), Filters()
    match number.key:
        case "win_rate":
            return win_rate_headline(sources, request).value is not None
        case "win_rate_over_time":
            return sources.deals is not None and not isinstance(
                win_rate.over_time(sources.deals, Definition(), filters, grain="quarter"), Absent
            )
        case "win_rate_by_value":
            return sources.deals is not None and win_rate.overall(sources.deals, Definition(weight="value"), filters).value is not None
        case "growth":
            return growth_headline(sources, request).value is not None
        case "retention":
            return retention_headline(sources, request).value is not None
        case "revenue_retention":
            return sources.customers is not None and retention.contracts_last_year(sources.customers, filters).gross is not None
        case "conversion":
            return leads_headline(sources, request).value is not None
        case "conversion_over_time":
            found = leads.over_time(sources.leads, filters, grain="quarter") if sources.leads is not None else Absent("", "", "")
            return not isinstance(found, Absent) and any(period.conversion.value is not None for period in found)
        case "follow_up":
            return sources.leads is not None and leads.follow_up(sources.leads, filters).median is not None
        case _:
            return sources.traffic is not None and traffic.visits(sources.traffic, filters, grain="quarter").sessions > 0


WAYS = [(number, way) for number in NUMBERS for way in number.ways]


@pytest.mark.parametrize(("number", "way"), WAYS, ids=[f"{number.key}-{way.table}" for number, way in WAYS])
def test_a_number_needs_these_fields_and_no_others(number: Number, way: Way, tmp_path: Path) -> None:
    assert there(number, loaded(way.table, way.fields, tmp_path))
    for field in way.fields:
        rest = tuple(other for other in way.fields if other != field)
        try:
            found = bool(rest) and there(number, loaded(way.table, rest, tmp_path))
        except AppError:
            # Without it the file is not even a table of that kind.
            found = False
        assert not found, f"{number.key} is there without {field}"


def keys(head: HeadRow) -> list[str]:
    return [number.key for number in passport(head).given]


def test_a_head_row_of_hubspot() -> None:
    head = read_head_row("Record ID;Deal Name;Deal Stage;Amount;Close Date;Create Date;Deal owner")
    assert (head.table, head.system) == ("deal", "hubspot")
    found = passport(head)
    assert [number.key for number in found.given] == ["win_rate", "win_rate_over_time", "win_rate_by_value", "growth"]
    # Deals do not say who stayed, so retention needs another export.
    retained = found.missing[0]
    assert (retained.number.key, retained.more_columns, retained.table) == ("retention", False, "customer")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "\n"], ids=["comma", "semicolon", "tab", "bar", "lines"])
def test_the_separator_does_not_matter(separator: str) -> None:
    assert keys(read_head_row(separator.join(["Deal ID", "Stage", "Close Date"]))) == ["win_rate", "win_rate_over_time"]


def test_quoted_headings_and_rows_below_are_taken_as_they_come() -> None:
    head = read_head_row('"Opportunity ID","Account Name","Stage","Amount","Close Date"\n1,A,Won,5,2026-01-02\n')
    assert (head.table, dict(head.mapping)["account"]) == ("deal", "Account Name")
    assert "growth" in keys(head)


def test_leads_give_no_win_rate_and_say_which_export_does() -> None:
    head = read_head_row("Lead ID,Created Date,Converted,First Contact")
    assert keys(head) == ["conversion", "conversion_over_time", "follow_up"]
    wanted = {one.number.key: (one.table, one.lacking) for one in passport(head, system="salesforce").missing}
    assert wanted["win_rate"] == ("deal", ("Stage",))
    menus = {one.number.key: one.menu for one in passport(head, system="salesforce").missing}
    assert menus["win_rate"] == "Salesforce: Reports › New Report › Opportunities › Export › Details Only"
    assert menus["visits"] == "Google Analytics 4: Reports › Acquisition › Traffic acquisition › Share › Download file"


@pytest.mark.parametrize("text", ["", "  \n", "foo;bar", "SKU,Price,Weight"], ids=["empty", "blank", "words", "products"])
def test_what_is_no_table_of_ours_gives_nothing(text: str) -> None:
    assert passport(read_head_row(text)).given == ()


def test_the_headings_of_a_system_are_recognised_by_themselves() -> None:
    assert head_row_of(["Deal - ID", "Deal - Status", "Deal - Value", "Deal - Won time"]).system == "pipedrive"
