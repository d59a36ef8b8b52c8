"""A list of what was sold, without the lost ones and with headings that name neither deals nor invoices; dates written in two ways."""

from __future__ import annotations

import pytest

from app.errors import AnswerNeeded
from app.ingest.model import AmountCheck, Answers
from app.ingest.raw import RawTable
from app.ingest.steps import inspect, read
from tests.ingest.files import csv_of

HEAD = ["Auftragsnr.", "Kunde", "Vertriebsbeauftragter", "Segment", "Kanal", "Angelegt am", "Abschlussdatum", "Auftragswert (€)"]
AMOUNT = AmountCheck("Auftragswert (€)", "EUR", "30000.0000", "30000.0000", "0.0000")


def orders(*, status: str = "", name: str = "Gewonnene Aufträge.csv") -> RawTable:
    """Thirty orders of 1.000 euro; of every three days one is written as in Germany."""
    rows = [
        [f"A-{n:04d}", f"Kunde {n % 9} GmbH", ("K. Brandt", "S. Groß")[n % 2], ("Klein", "Groß")[n % 2], ("Messe", "Web")[n % 2],
         f"2025-03-{n + 1:02d}" if n % 3 else f"{n + 1:02d}.03.2025", f"2025-05-{n + 1:02d}", "1.000,00 €", *([status] if status else [])]
        for n in range(30)
    ]  # fmt: skip
    return csv_of([*HEAD, *(["Status"] if status else [])], *rows, name=name)


@pytest.mark.parametrize("status", ["", "Gewonnen"])
def test_a_list_of_orders_is_asked_about_with_the_likely_kinds_first(status: str) -> None:
    found = inspect(orders(status=status), Answers())
    (question,) = found.questions
    assert (found.table, question.kind, question.text) == (
        None, "table", "The columns fit deals or revenue lines, but not surely. What is one row of this file?",
    )  # fmt: skip
    assert [choice.value for choice in question.choices][:2] == ["deal", "revenue_line"]
    assert ("There is no win rate without the lost ones." in question.choices[0].means) == (not status)
    with pytest.raises(AnswerNeeded, match="What is one row"):
        read(orders(status=status), Answers())


def test_deals_without_a_stage_are_all_won_when_the_user_says_so() -> None:
    (question,) = inspect(orders(), Answers(table="deal")).questions
    assert question.text.startswith(
        "No column says which deals were won or lost. Were all of them won? “Gewonnene Aufträge.csv” sounds like"
    )
    assert [(choice.value, choice.label) for choice in question.choices] == [("won", "Yes, all of these were won")]
    assert (question.answer_in, question.answer_key, question.proposed) == ("stages", "", "won")
    table = read(orders(), Answers(table="deal", stages={"": "won"}))
    assert (table.info.outcomes, table.receipt.rows_used, table.receipt.amounts) == ((("won", 30),), 30, AMOUNT)
    assert table.receipt.warnings == ("The file holds won deals and no lost ones, so a win rate cannot be computed from it.",)


def test_nothing_is_proposed_where_no_name_says_won() -> None:
    (question,) = inspect(orders(name="export.csv"), Answers(table="deal")).questions
    assert (question.proposed, "sounds like" in question.text) == (None, False)


def test_the_same_list_can_be_taken_as_revenue_lines() -> None:
    table = read(orders(), Answers(table="revenue_line"))
    assert dict(table.receipt.mapping) == {
        "id": "Auftragsnr.", "customer": "Kunde", "date": "Abschlussdatum", "amount": "Auftragswert (€)",
    }  # fmt: skip
    assert (table.receipt.rows_used, table.receipt.amounts, table.info.first) == (30, AMOUNT, "2025-05-01")


def test_dates_in_two_ways_are_told_with_how_many_there_are_of_each() -> None:
    changed = read(orders(), Answers(table="deal", stages={"": "won"})).receipt.changed
    assert [(change.what, change.cells) for change in changed if change.column == "Angelegt am"] == [
        (
            "Dates written in different ways were read as each can only be meant: in 20 the year comes first, such as 2025-03-02; in 10 "
            "the day comes first, such as 01.03.2025.",
            30,
        )
    ]
