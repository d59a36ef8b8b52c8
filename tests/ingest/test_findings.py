"""Rows that deserve a look are listed with their cells; columns that repeat the outcome are no groups."""

from __future__ import annotations

from datetime import date

import pytest

from app.ingest.model import Answers, Finding
from app.ingest.steps import inspect, read
from tests.ingest.files import csv_of

TODAY = date(2024, 6, 30)
HEAD = ["Deal ID", "Deal Stage", "Create Date", "Close Date", "Amount"]


def deals(*rows: list[str]) -> tuple[Finding, ...]:
    """The findings of 30 good deals and these."""
    good = [[f"G{n}", "Closed Won" if n % 2 else "Closed Lost", "2024-01-02", f"2024-02-{n % 27 + 1:02d}", str(100 + n)] for n in range(30)]
    return read(csv_of(HEAD, *good, *rows), Answers(), today=TODAY).receipt.findings


@pytest.mark.parametrize(
    ("row", "code", "text", "headings"),
    [
        (
            ["X", "Closed Won", "2024-03-02", "2024-03-01", "100"], "closed_before_created", "1 deal was closed before it was opened.",
            ("line", "Deal ID", "Close Date", "Create Date"),
        ),
        (
            ["X", "Closed Won", "1900-01-01", "2024-03-01", "100"], "implausible_date:created",
            "1 row has a date in “Created on” before 1990 or after 2034.", ("line", "Deal ID", "Create Date"),
        ),
        (
            ["X", "Closed Won", "2024-01-01", "2024-07-01", "100"], "closed_in_future",
            "1 closed deal has a closing date that is still to come.", ("line", "Deal ID", "Close Date"),
        ),
        (
            ["X", "Closed Won", "2024-01-01", "2024-03-01", "-100"], "negative_amount", "1 row has a negative amount.",
            ("line", "Deal ID", "Amount"),
        ),
        (
            ["X", "Closed Won", "2024-01-01", "2024-03-01", ""], "won_without_amount",
            "1 won deal has no amount: it counts as a win and adds nothing to revenue.", ("line", "Deal ID", "Amount"),
        ),
        (
            ["X", "Closed Lost", "2024-01-01", "2024-03-01", "11500000"], "amount_out_of_scale",
            "1 row has an amount far out of scale, above 5,750.", ("line", "Deal ID", "Amount"),
        ),
    ],
    ids=["closed before created", "implausible date", "closed in future", "negative", "no amount", "out of scale"],
)  # fmt: skip
def test_a_row_that_deserves_a_look_is_shown(row: list[str], code: str, text: str, headings: tuple[str, ...]) -> None:
    [finding] = deals(row)
    cells = dict(zip(HEAD, row, strict=True))
    assert finding == Finding(code, text, 1, headings, (("32", *(cells[heading] for heading in headings[1:])),))


def test_a_day_may_stand_before_a_time_of_the_same_day_and_an_open_deal_may_close_later() -> None:
    same_day = ["X", "Closed Won", "2024-03-01 10:00:00", "2024-03-01", "100"]
    planned = ["Y", "Proposal", "2024-03-01", "2024-12-01", "100"]
    assert deals(same_day, planned) == ()


def test_a_contact_before_the_lead_is_counted_and_kept() -> None:
    rows = [["1", "2024-01-05", "2024-01-02"], ["2", "2024-01-05", "2024-01-08"]]
    receipt = read(csv_of(["Lead ID", "Lead Date", "First contacted"], *rows), Answers(table="lead"), today=TODAY).receipt
    assert receipt.rows_used == 2
    assert receipt.findings == (
        Finding(
            "contact_before_created", "1 lead was contacted before it came in: the time to follow-up is negative.", 1,
            ("line", "Lead ID", "First contacted", "Lead Date"), (("2", "1", "2024-01-02", "2024-01-05"),),
        ),
    )  # fmt: skip


def test_exact_copies_are_told_from_older_versions() -> None:
    one = ["1", "Closed Won", "2024-01-02", "2024-02-03", "10"]
    older = ["1", "Proposal", "2024-01-02", "", "9"]
    receipt = read(csv_of(HEAD, one, older, one, ["2", "Closed Lost", "2024-01-02", "2024-02-03", "10"]), Answers()).receipt
    assert (receipt.rows_read, receipt.rows_used) == (4, 2)
    assert [(part.code, part.count, part.rows) for part in receipt.set_aside] == [("duplicate", 1, (2,)), ("older_version", 1, (3,))]


def test_columns_that_repeat_the_outcome_are_no_groups() -> None:
    rows = [
        [
            f"D{n}", "Closed Won" if won else "Closed Lost", "2024-01-02", "2024-02-03", "10", "Closed" if won else "Omitted",
            "Signed" if won else "Gone", "" if won else ("Price", "Timing")[n % 4 // 2], ("North", "South")[n // 2 % 2],
        ]
        for n, won in ((n, n % 2 == 0) for n in range(60))
    ]  # fmt: skip
    found = inspect(csv_of([*HEAD, "Forecast Type", "Paper", "Why gone", "Region"], *rows), Answers())
    assert {c.heading: c.role for c in found.columns if c.field is None} == {
        "Forecast Type": "ignored", "Paper": "ignored", "Why gone": "ignored", "Region": "segment",
    }  # fmt: skip
    reasons = {c.reason for c in found.columns if c.role == "ignored"}
    assert reasons == {"It only repeats how each record ended, so groups of it would compare nothing."}


def test_the_user_may_keep_a_column_that_repeats_the_outcome() -> None:
    rows = [[f"D{n}", "Closed Won" if n % 2 else "Closed Lost", "2024-01-02", "2024-02-03", "10", "ab"[n % 2]] for n in range(60)]
    found = inspect(csv_of([*HEAD, "Forecast Type"], *rows), Answers(roles={"Forecast Type": "segment"}))
    assert found.columns[-1].role == "segment"
