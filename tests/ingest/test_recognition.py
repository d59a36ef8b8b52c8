"""What a file is taken for: every system's exports, exports in other languages, and files that are none of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.errors import FileRefused
from app.ingest.column import columns_of
from app.ingest.export_formats import catalogue
from app.ingest.mapping import propose
from app.ingest.model import Answers
from app.ingest.steps import inspect, read
from app.tables import TABLES, TableName
from tests.confusion_table import NOT_A_SYSTEM, exports, tables, taken_for
from tests.ingest.files import csv_of
from tests.ingest.test_export_formats import KIND_SAMPLES

Row = Callable[[int], list[str]]


def file_of(headings: list[str], row: Row, *, name: str = "export.csv", rows: int = 40) -> object:
    """A file whose row number n is row(n)."""
    return csv_of(headings, *(row(n) for n in range(rows)), name=name)


def test_no_export_is_taken_for_another_kind_or_another_system() -> None:
    kinds, systems = tables()
    assert {pair for pair in kinds if pair[0] != pair[1] and pair[1] != "asked"} == set()
    assert {pair for pair in systems if pair[0] != pair[1] and pair[1] != "–" and pair[0] != NOT_A_SYSTEM} == set()
    # Most are recognised; a few have too few columns to say what they are, and are asked about.
    assert sum(count for (_, taken), count in kinds.items() if taken == "asked") <= 10


@pytest.mark.parametrize("export", list(exports()), ids=lambda export: f"{export.system}-{export.table}-{export.variant}")
def test_a_recognised_export_states_how_sure_that_is(export: object) -> None:
    found = inspect(export.raw, Answers())  # type: ignore[attr-defined]
    kind, _ = taken_for(export)  # type: ignore[arg-type]
    assert kind in (export.table, "asked")  # type: ignore[attr-defined]
    assert (found.table_confidence >= 0.5) if kind != "asked" else (found.questions[0].kind == "table")


OUTCOMES = ("Won", "Lost", "Open")


def test_german_hubspot_is_mapped_by_its_words_and_asks_where_nothing_confirms() -> None:
    head = ["Datensatz-ID", "Dealname", "Deal-Phase", "Abschlussdatum", "Betrag", "Zuständiger Mitarbeiter", "Erstellungsdatum"]
    phases = ("Gewonnen", "Verloren", "Angebot")

    def row(n: int) -> list[str]:
        return [
            str(9_000_000 + n),
            f"Deal {n}",
            phases[n % 3],
            f"{n % 28 + 1:02d}.03.2024 10:12",
            f"1.{n % 9}00,50",
            "Anna Auer",
            f"{n % 28 + 1:02d}.01.2024 09:00",
        ]

    found = inspect(file_of(head, row), Answers())  # type: ignore[arg-type]
    assert found.table == "deal"
    assert {c.field: c.heading for c in found.columns if c.field} == {
        "name": "Dealname", "stage": "Deal-Phase", "closed": "Abschlussdatum", "amount": "Betrag", "created": "Erstellungsdatum",
    }  # fmt: skip
    assert [question.key for question in found.questions] == [
        "field:id", "field:owner", "stage_word:Gewonnen", "stage_word:Verloren",
    ]  # fmt: skip


def test_french_salesforce() -> None:
    head = [
        "Nom de l'opportunité",
        "Étape",
        "Montant",
        "Date de clôture",
        "Date de création",
        "Nom du compte",
        "Propriétaire de l'opportunité",
    ]
    stages = ("Closed Won", "Closed Lost", "Qualification")

    def row(n: int) -> list[str]:
        days = [f"{n % 28 + 1:02d}/03/2024", f"{n % 28 + 1:02d}/01/2024"]
        return [f"Affaire {n}", stages[n % 3], f"1 {n % 9}00,50", *days, f"Société {n % 7}", ("Anne", "Luc")[n % 2]]

    found = inspect(file_of(head, row), Answers())  # type: ignore[arg-type]
    assert found.table == "deal"
    assert {c.field: c.heading for c in found.columns if c.field} == {
        "name": "Nom de l'opportunité", "stage": "Étape", "amount": "Montant", "closed": "Date de clôture", "created": "Date de création",
        "owner": "Propriétaire de l'opportunité",
    }  # fmt: skip
    assert [question.key for question in found.questions] == ["field:account"]


def test_brazilian_pipedrive_has_its_status_beside_the_stage_and_two_times_of_closing() -> None:
    parts = [
        "ID",
        "Título",
        "Valor",
        "Moeda de Valor",
        "Status",
        "Etapa",
        "Negócio criado em",
        "Ganho em",
        "Data de perda",
        "Origem",
        "Origem",
    ]

    def row(n: int) -> list[str]:
        closed = ["2024-02-03 10:00:00" if n % 3 == 0 else "", "2024-02-05 10:00:00" if n % 3 == 1 else ""]
        return [
            str(n),
            f"N {n}",
            "1200",
            "BRL",
            ("Ganho", "Perdido", "Aberto")[n % 3],
            "Proposta",
            "2024-01-02 10:00:00",
            *closed,
            "Web",
            "A",
        ]

    raw = file_of([f"Negócio - {part}" for part in parts], row, rows=30)
    found = inspect(raw, Answers())  # type: ignore[arg-type]
    assert (found.table, found.system, found.questions) == ("deal", "pipedrive", ())
    info = read(raw, Answers()).info  # type: ignore[arg-type]
    assert (info.outcomes, info.first, info.last, info.currency) == (
        (("won", 10), ("lost", 10), ("open", 10)),
        "2024-02-03",
        "2024-02-05",
        "BRL",
    )


def test_dynamics_keeps_what_is_expected_apart_from_what_happened() -> None:
    head = [
        "(Do Not Modify) Opportunity", "(Do Not Modify) Row Checksum", "(Do Not Modify) Modified On", "Topic", "Potential Customer",
        "Est. close date", "Est. revenue", "Actual Close Date", "Actual Revenue", "Status", "Status Reason", "Owner", "Created On",
    ]  # fmt: skip

    def row(n: int) -> list[str]:
        actual = ["2024-04-02" if n % 3 < 2 else "", "900" if n % 3 == 0 else ""]
        status = [OUTCOMES[n % 3], ("Won", "Out-Sold", "In Progress")[n % 3]]
        return [f"a{n}", f"x{n}", "2024-03-01", f"T {n}", f"Firm {n % 8}", "2024-06-30", "1000", *actual, *status, "Ann", "2024-01-02"]

    raw = file_of(head, row, rows=30)
    found = inspect(raw, Answers())  # type: ignore[arg-type]
    assert (found.table, found.system, found.questions) == ("deal", "dynamics365", ())
    fields = {c.field: c.heading for c in found.columns if c.field}
    assert (fields["closed"], fields["expected_close"], fields["amount"]) == ("Actual Close Date", "Est. close date", "Actual Revenue")
    assert [c.heading for c in found.columns if c.role == "segment"] == []
    info = read(raw, Answers()).info  # type: ignore[arg-type]
    assert (info.outcomes, info.last) == ((("won", 10), ("lost", 10), ("open", 10)), "2024-04-02")


UNKNOWN: dict[str, tuple[list[str], Row, str]] = {
    "companies.csv": (
        ["Company", "Industry", "City", "Employees"], lambda n: [f"Company {n}", ("IT", "Food")[n % 2], "Oslo", str(n * 10)],
        "The columns fit customers, but no column says since when they are customers, what they pay or who has left: "
        "it may be any list of companies. What is one row of this file?",
    ),
    "answers.csv": (
        ["Timestamp", "How happy are you?", "Status", "Team", "Comment"],
        lambda n: ["2024-01-02 10:00:00", str(n % 5 + 1), ("Complete", "Partial")[n % 2], ("Sales", "Marketing")[n % 2], "ok"],
        "This file is none of the tables the scorecard uses: its columns are not those of deals, leads, customers, revenue lines or web "
        "traffic. If it is one after all, which?",
    ),
    "staff.csv": (
        ["EmployeeNumber", "Department", "HireDate", "TerminationDate", "MonthlyIncome", "Attrition"],
        lambda n: [str(n), "Sales", "2020-01-02", "" if n % 4 else "2024-01-02", "5000", ("No", "Yes")[n % 4 == 0]],
        "This file is none of the tables the scorecard uses: one row seems to be about “employee”. If it is one after all, which?",
    ),
    "people.csv": (
        ["Name", "Start Date", "End Date", "Salary", "Status"],
        lambda n: [f"Person {n}", "2020-01-02", "" if n % 4 else "2024-01-02", "5000", ("active", "terminated")[n % 4 == 0]],
        "This file is none of the tables the scorecard uses: its columns are not those of deals, leads, customers, revenue lines or web "
        "traffic. If it is one after all, which?",
    ),
    "tasks.csv": (
        ["Task ID", "Title", "Status", "Created", "Closed", "Owner"],
        lambda n: [str(n), f"Do {n}", ("Done", "Open")[n % 2], "2024-01-01", "2024-02-01", "Ann"],
        "This file is none of the tables the scorecard uses: one row seems to be about “task”. If it is one after all, which?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(UNKNOWN))
def test_a_file_that_is_none_of_ours_is_asked_about_with_its_reason(name: str) -> None:
    headings, row, text = UNKNOWN[name]
    found = inspect(file_of(headings, row, name=name), Answers())  # type: ignore[arg-type]
    assert found.table is None
    assert [(question.kind, question.text) for question in found.questions] == [("table", text)]


def test_a_list_of_calls_is_recognised_and_of_no_use_yet() -> None:
    raw = file_of(
        ["Date", "From", "To", "Duration", "Status", "Agent"],
        lambda n: ["2024-01-02 10:00:00", "+4912", "+4913", "00:03:12", ("Completed", "No answer")[n % 2], ("Ann", "Ben")[n % 2]],
        name="calls.csv",
    )
    assert inspect(raw, Answers()).table == "call"  # type: ignore[arg-type]
    with pytest.raises(FileRefused, match="These are calls, which the scorecard does not use yet"):
        read(raw, Answers())  # type: ignore[arg-type]


def published(path: Path) -> Iterator[tuple[str, TableName, str, str]]:
    """(system, table, field, heading) of the list, whose lists are JSON; systems that begin with “_” are not exports."""
    system = table = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if named := re.match(r"( *)([\w]+): *(.*)", line):
            depth, name, rest = len(named[1]), named[2], named[3]
            system, table = (name, "") if depth == 0 else (system, name if depth == 2 else table)
            listed = re.match(r"\[.*\]", rest)
            if depth == 4 and table in TABLES and not system.startswith("_") and listed:
                yield from ((system, table, name, heading) for heading in json.loads(listed[0]))


def test_every_heading_of_the_published_list_finds_its_field(shared_data: Path) -> None:
    headings = list(published(shared_data.parent / "facts" / "export_formats.yaml"))
    assert len(headings) > 500
    assert {found for found in headings if not _finds(*found)} == NO_COLUMN


NO_COLUMN = {
    # Places inside a transcript or a JSON answer, not columns.
    ("gong", "call", "account", "context[].objects[] where objectType=Account"),
    ("gong", "call", "deal", "context[].objects[] where objectType=Opportunity"),
    ("gong", "call", "participants", "parties[].name"),
    ("gong", "call", "participants", "parties[].speakerId"),
    ("gong", "call", "participants", "parties[].affiliation"),
    ("zoom", "call", "speaker", "text before the first ': ' in a cue"),
    ("teams", "call", "speaker", "<v NAME> tag"),
    # An id of a campaign, not its name; revenue of the buyer, not of the deal; months, which fill tenure_months.
    ("pardot", "deal", "source", "campaign_id"),
    ("example_datasets", "deal", "amount", "declared_monthly_revenue"),
    ("example_datasets", "customer", "started", "tenure"),
}
_ELSEWHERE = {
    # What a person wrote, or where a word begins: no column of a table the scorecard uses.
    ("lead", "email"), ("call", "text_start"),
}  # fmt: skip


def _finds(system: str, table: TableName, field: str, heading: str) -> bool:
    """Whether a heading fills its field, groups, or is at least offered for it."""
    known = {k.field for k in catalogue().known(table, heading)}
    if field == "segment":
        return "segment" in known
    if (table, field) in _ELSEWHERE:
        return True
    name = "amount" if field == "amount_home_currency" else field
    names = {known_field.name for known_field in TABLES[table].fields}
    if name not in names:
        return False
    samples = KIND_SAMPLES[TABLES[table].field(name).kind]
    columns = columns_of(csv_of([heading, "Note"], [samples[0], "first"], [samples[1], "second"]), catalogue())
    apart = Answers(fields={other: None for other in names if other != name})
    found = propose(table, columns, catalogue(), system=system, answers=apart)
    return name in found.fields or f"field:{name}" in {question.key for question in found.questions}
