"""Logs in long form become one row a lead or deal, and every event is in a record or set aside."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from app.errors import FileRefused
from app.ingest.model import Answers, FoldedEvents, TypedTable
from app.ingest.raw import RawTable, lines_reconcile
from app.ingest.steps import inspect, read
from tests.ingest.files import csv_of, opened


def rows(table: TypedTable) -> list[dict[str, Any]]:
    """The stored rows: what is filled, as text."""
    return [
        {name: str(value) for name, value in row.items() if value is not None}
        for row in pq.read_table(io.BytesIO(table.parquet)).to_pylist()
    ]


def changed(new: str, old: str) -> str:
    """The attributes of a Marketo activity “change data value”."""
    return json.dumps({"New Value": new, "Old Value": old, "Reason": "Form", "Source": "Web"})


@pytest.fixture
def marketo() -> RawTable:
    """A bulk extract of activities."""
    head = ["marketoGUID", "leadId", "activityDate", "activityTypeId", "campaignId", "primaryAttributeValueId", "primaryAttributeValue"]
    return csv_of(
        [*head, "attributes"],
        ["1", "7", "2022-02-13T14:06:20Z", "12", "null", "null", "null", "{}"],
        ["2", "7", "2022-02-14T14:06:20Z", "13", "5", "1", "Lead Status", changed("MQL", "New")],
        ["3", "7", "2022-02-15T14:06:20Z", "13", "5", "1", "Lead Status", changed("SAL", "MQL")],
        ["4", "7", "2022-02-15T15:06:20Z", "6", "5", "1", "Newsletter", "{}"],
        ["5", "8", "2022-03-13T14:06:20Z", "12", "null", "null", "null", "{}"],
        ["6", "8", "2022-03-15T14:06:20Z", "13", "5", "1", "Lead Score", changed("7", "5")],
        ["7", "8", "2022-03-16T14:06:20Z", "13", "5", "1", "Lead Source", changed("Web", "null")],
        ["8", "8", "2022-03-17T14:06:20Z", "13", "5", "1", "Lead Status", changed("Customer", "null")],
        ["9", "null", "2022-03-17T14:06:20Z", "13", "5", "1", "Lead Status", changed("MQL", "null")],
    )


def test_marketo_activities_become_leads(marketo: RawTable) -> None:
    found = inspect(marketo, Answers())
    assert (found.table, found.table_confidence, found.system, found.questions) == ("lead", 0.9, "marketo", ())
    assert found.notes[0] == "6 events became 2 leads, one row each with its dates."
    table = read(marketo, Answers())
    assert rows(table) == [
        {
            "id": "7", "created": "2022-02-13 14:06:20", "status": "SAL", "mql_at": "2022-02-14 14:06:20",
            "accepted_at": "2022-02-15 14:06:20", "converted": "False", "source_row": "2",
        },
        {
            "id": "8", "created": "2022-03-13 14:06:20", "source": "Web", "status": "Customer", "converted_at": "2022-03-17 14:06:20",
            "converted": "True", "source_row": "6",
        },
    ]  # fmt: skip


def test_every_event_is_used_or_set_aside(marketo: RawTable) -> None:
    table = read(marketo, Answers())
    receipt = table.receipt
    assert lines_reconcile(marketo)
    assert (receipt.rows_read, receipt.rows_used, receipt.folded) == (9, 6, FoldedEvents(events=6, records=2))
    assert [(part.reason, part.count, part.rows) for part in receipt.set_aside] == [
        ("The event says nothing about a stage or status.", 2, (5, 7)),
        ("The event has no “leadId”.", 1, (10,)),
    ]
    assert table.rejected_csv.decode("utf-8-sig").splitlines()[1:] == [
        "5,The event says nothing about a stage or status.",
        "7,The event says nothing about a stage or status.",
        "10,The event has no “leadId”.",
    ]


def test_salesforce_field_history_becomes_deals() -> None:
    raw = csv_of(
        ["Id", "OpportunityId", "CreatedDate", "Field", "OldValue", "NewValue"],
        ["1", "006A", "2024-01-02T10:00:00.000+0000", "created", "", ""],
        ["2", "006A", "2024-01-09T10:00:00.000+0000", "StageName", "Prospecting", "Negotiation/Review"],
        ["3", "006A", "2024-02-09T10:00:00.000+0000", "StageName", "Negotiation/Review", "Closed Won"],
        ["4", "006A", "2024-02-19T10:00:00.000+0000", "Amount", "100", "1500"],
        ["5", "006B", "2024-01-03T10:00:00.000+0000", "StageName", "Prospecting", "Closed Lost"],
        ["6", "006C", "2024-01-03T10:00:00.000+0000", "StageName", "Closed Lost", "Qualification"],
        ["7", "006C", "2024-01-04T10:00:00.000+0000", "Owner", "A", "B"],
    )
    table = read(raw, Answers())
    assert rows(table) == [
        {
            "id": "006A", "created": "2024-01-02 10:00:00", "closed": "2024-02-09 10:00:00", "outcome": "won", "stage": "Closed Won",
            "amount": "1500.0000", "source_row": "2",
        },
        {"id": "006B", "closed": "2024-01-03 10:00:00", "outcome": "lost", "stage": "Closed Lost", "source_row": "6"},
        {"id": "006C", "outcome": "open", "stage": "Qualification", "source_row": "7"},
    ]  # fmt: skip
    assert (table.receipt.rows_read, table.receipt.rows_used) == (7, 6)
    assert inspect(raw, Answers()).table == "deal"


STAGES = [
    ["1", "Prospecting", "2024-01-02", "100"], ["1", "Closed Won", "2024-01-05", "120"], ["2", "Prospecting", "2024-02-02", "100"],
    ["2", "Closed Lost", "2024-03-05", "100"], ["2", "Qualification", "2024-02-05", "100"],
]  # fmt: skip


def test_a_log_that_could_be_either_is_asked_about() -> None:
    raw = csv_of(["Opportunity Id", "Stage", "Entered On", "Amount"], *STAGES)
    [question] = inspect(raw, Answers()).questions
    assert question.text == "This is a log: 5 events of 2 different “Opportunity Id”. What shall it become?"
    assert [(choice.value, choice.means) for choice in question.choices] == [
        ("deal", "5 events become 2 deals, one row each with its dates."),
        ("lead", "5 events become 2 leads, one row each with its dates."),
    ]
    dated = [
        {key: row.get(key) for key in ("id", "created", "closed", "outcome", "amount")} for row in rows(read(raw, Answers(table="deal")))
    ]
    assert dated == [
        {"id": "1", "created": "2024-01-02 00:00:00", "closed": "2024-01-05 00:00:00", "outcome": "won", "amount": "120.0000"},
        {"id": "2", "created": "2024-02-02 00:00:00", "closed": "2024-03-05 00:00:00", "outcome": "lost", "amount": "100.0000"},
    ]


def test_steps_nobody_knows_are_asked_for() -> None:
    raw = csv_of(
        ["lead_id", "stage", "timestamp"],
        ["1", "came in", "2024-01-02 10:00:00"],
        ["1", "MQL", "2024-01-03 10:00:00"],
        ["1", "talked", "2024-01-04 10:00:00"],
        ["2", "came in", "2024-01-05 10:00:00"],
    )
    asked = inspect(raw, Answers(table="lead")).questions
    assert [question.key for question in asked] == ["step:created", "step:first_contact_at", "step:accepted_at", "step:converted_at"]
    assert [(choice.value, choice.means) for choice in asked[0].choices] == [
        ("came in", "2 leads reached it."), ("talked", "1 leads reached it."), ("", "It stays empty."),
    ]  # fmt: skip
    steps: dict[str, str | None] = {"created": "came in", "first_contact_at": "talked", "accepted_at": None, "converted_at": None}
    table = read(raw, Answers(table="lead", steps=steps))
    assert rows(table) == [
        {
            "id": "1", "created": "2024-01-02 10:00:00", "status": "talked", "mql_at": "2024-01-03 10:00:00",
            "first_contact_at": "2024-01-04 10:00:00", "source_row": "2",
        },
        {"id": "2", "created": "2024-01-05 10:00:00", "status": "came in", "source_row": "5"},
    ]  # fmt: skip


def test_a_log_without_a_stage_is_refused(shared_data: Path) -> None:
    with pytest.raises(FileRefused, match="no event of this log says anything about a stage or status"):
        read(opened(shared_data / "fivetran_seeds" / "marketo" / "marketo_activity_click_email_data.csv"), Answers())


def test_activities_without_a_stage_say_what_to_export_instead() -> None:
    head = ["marketoGUID", "leadId", "activityDate", "activityTypeId", "primaryAttributeValue", "attributes"]
    visit, came = ["1", "7", "2025-01-03T10:00:00Z", "1", "acme.com", "{}"], ["2", "7", "2025-01-02T10:00:00Z", "12", "Web form", "{}"]
    way_out = "Export the activities “New Lead” (12) and “Change Data Value” (13) as well, or the list of people with their dates"
    with pytest.raises(FileRefused, match=re.escape(f"All it holds is “1”. {way_out}")):
        read(csv_of(head, visit, visit), Answers())
    found = inspect(csv_of(head, visit, came), Answers())
    assert [note for note in found.notes if way_out in note] == [
        "No activity says that a status changed, so only the day is known on which each lead came in. " + way_out
        + " (Database › Smart List › People › Export).",
    ]  # fmt: skip
    assert rows(read(csv_of(head, visit, came), Answers())) == [{"id": "7", "created": "2025-01-02 10:00:00", "source_row": "3"}]


def test_activities_may_be_named() -> None:
    head = ["Lead ID", "Activity Date", "Activity Type", "Primary Attribute Value", "Attributes"]
    moved = [
        ["7", "2025-01-03 10:00:00", "Change Revenue Stage", "Model", '{"New Stage":"MQL","Old Stage":"Known"}'],
        ["7", "2025-01-02 10:00:00", "New Lead", "Web form", "{}"],
        ["7", "2025-01-04 10:00:00", "Visit Webpage", "acme.com", "{}"],
    ]
    assert rows(read(csv_of(head, *moved), Answers())) == [
        {"id": "7", "created": "2025-01-02 10:00:00", "mql_at": "2025-01-03 10:00:00", "status": "MQL", "source_row": "2"}
    ]


def test_repeated_ids_of_a_plain_export_make_no_log() -> None:
    head = ["Deal ID", "Deal Stage", "Amount", "Create Date", "Close Date", "Deal owner", "Pipeline", "Deal Type", "Deal Name"]
    deal = ["1", "Closed Won", "100", "2024-01-01", "2024-02-01", "Ann", "Sales", "New", "A"]
    raw = csv_of(head, deal, deal, ["2", "Closed Lost", "50", "2024-01-03", "2024-02-05", "Ben", "Sales", "New", "B"])
    assert read(raw, Answers()).receipt.folded is None
