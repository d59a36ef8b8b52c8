"""A sign of several currencies ("$", "¥", "kr", "£") beside what else the file says, and lines of totals that leave the currency out."""

from __future__ import annotations

import pytest

from app.ingest.model import AmountCheck, Answers
from app.ingest.raw import RawTable
from app.ingest.steps import inspect, read
from tests.ingest.files import csv_of

HEAD = ["Deal ID", "Title", "Owner", "Deal Stage", "Amount", "Currency", "Created Date", "Close Date", "Lost reason", "Segment"]


def deals(*amounts: tuple[str, str]) -> RawTable:
    """A deal for each (amount, currency)."""
    rows = [
        [str(n), f"Deal {n}", "Ann", ("Closed Won", "Closed Lost")[n % 2], amount, code, "2024-01-02", "2024-02-03", "", "SMB"]
        for n, (amount, code) in enumerate(amounts)
    ]
    return csv_of(HEAD, *rows)


def test_totals_without_their_currency_are_totals_and_no_second_currency() -> None:
    head = ["Deal - ID", "Deal - Title", "Deal - Owner", "Deal - Status", "Deal - Value", "Deal - Currency", "Deal - Deal created",
            "Deal - Won time", "Deal - Lost time", "Deal - Lost reason"]  # fmt: skip
    rows = [
        [str(n), f"Deal {n}", "Ann", "Won", "$1,000.00", "USD", "05/28/2025", "06/28/2025", "", ""]
        if n % 2
        else [str(n), f"Deal {n}", "Ann", "Lost", "$500.00", "USD", "05/28/2025", "", "06/28/2025", ""]
        for n in range(6)
    ]
    rows.insert(4, ["Subtotal", "", "", "", "$3,000.00", "", "", "", "", ""])
    rows += [[""] * 10, ["Total", "6 deals", "", "", "$4,500.00", "", "", "", "", ""]]
    assert inspect(csv_of(head, *rows), Answers()).questions == ()
    table = read(csv_of(head, *rows), Answers())
    receipt = table.receipt
    assert table.info.currency == "USD"
    assert [(s.code, s.count, s.rows) for s in receipt.set_aside] == [("total", 2, (6, 10))]
    assert (receipt.rows_read, receipt.rows_used, receipt.warnings) == (8, 6, ())
    assert receipt.amounts == AmountCheck("Deal - Value", "USD", "4500.0000", "4500.0000", "0.0000")


@pytest.mark.parametrize(
    ("amounts", "code"),
    [
        ([("$5.50", "CAD"), ("$7.50", "")], "CAD"),
        ([("$5.50", ""), ("5.50 NZD", "")], "NZD"),
        ([("¥550", "CNY"), ("¥750", "")], "CNY"),
        ([("5.50 kr", "NOK"), ("7.50 kr", "")], "NOK"),
        ([("£5.50", "EGP"), ("£7.50", "")], "EGP"),
        ([("£5.50", ""), ("£7.50", "")], "GBP"),
        ([("$5.50", ""), ("$7.50", "")], "$"),
    ],
)
def test_a_sign_is_the_one_currency_of_the_file_that_is_written_so(amounts: list[tuple[str, str]], code: str) -> None:
    raw = deals(*amounts)
    assert inspect(raw, Answers()).questions == ()
    table = read(raw, Answers())
    assert (table.info.currency, table.receipt.rows_used, table.receipt.warnings) == (code, 2, ())


def test_of_two_dollars_nobody_knows_which_one_a_sign_is() -> None:
    (question,) = inspect(deals(("$1", "USD"), ("$2", "CAD"), ("$3", "USD"), ("$4", "")), Answers()).questions
    assert [(choice.value, choice.means) for choice in question.choices[:3]] == [
        ("USD", "2 rows; the others are set aside"),
        ("$", "1 row; the others are set aside"),
        ("CAD", "1 row; the others are set aside"),
    ]
    assert (question.example, question.rows) == ("USD", 2)
