"""From an opened file to a table and its receipt, on small files."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.errors import AnswerNeeded
from app.ingest.model import AmountCheck, Answers, TypedTable
from app.ingest.steps import inspect, read
from app.tables import TABLES
from tests.ingest.files import csv_of

DEALS = ["Opportunity ID", "Stage", "Created Date", "Close Date", "Amount"]


def rows_of(table: TypedTable) -> list[dict[str, object]]:
    found: list[dict[str, object]] = pq.read_table(io.BytesIO(table.parquet)).to_pylist()
    return found


def test_stored_columns_are_those_of_the_table_in_order() -> None:
    won, lost = (
        ["001", "Closed Won", "2024-01-02", "2024-02-03", "10.50", "North"],
        ["002", "Closed Lost", "2024-01-02", "2024-02-04", "4", "South"],
    )
    table = read(csv_of([*DEALS, "Region"], won, lost, ["003", *lost[1:]], ["004", *won[1:]]), Answers())
    schema = pq.read_schema(io.BytesIO(table.parquet))
    assert schema.names == [*(field.name for field in TABLES["deal"].stored), "source_row", "s0"]
    assert (schema.field("amount").type, schema.field("closed").type) == (pa.decimal128(18, 4), pa.timestamp("us"))
    assert rows_of(table)[0] == {
        "id": "001", "account": None, "owner": None, "created": datetime(2024, 1, 2), "closed": datetime(2024, 2, 3), "outcome": "won",
        "stage": "Closed Won", "amount": Decimal("10.5000"), "currency": None, "source": None, "lost_reason": None,
        "source_row": 2, "s0": "North",
    }  # fmt: skip


def test_same_bytes_same_answers_same_table() -> None:
    raw = csv_of(DEALS, ["1", "Won", "2024-01-02", "2024-02-03", "10.50"], ["2", "Lost", "2024-01-02", "2024-02-04", "4"])
    assert read(raw, Answers()) == read(raw, Answers())


def test_an_open_question_stops_the_reading_and_its_answer_lets_it_go_on() -> None:
    raw = csv_of(DEALS, ["1", "Closed Won", "2024-01-02", "03/04/2024", "10.50"], ["2", "Closed", "2024-01-02", "05/06/2024", "4.20"])
    questions = inspect(raw, Answers()).questions
    assert [(q.kind, q.answer_in, q.answer_key) for q in questions] == [
        ("date_order", "formats", "Close Date"),
        ("stage_word", "stages", "Closed"),
    ]
    assert [choice.means for choice in questions[0].choices] == ["03/04/2024 is 3 April 2024", "03/04/2024 is 4 March 2024"]
    with pytest.raises(AnswerNeeded, match="the day or the month"):
        read(raw, Answers())
    answered = Answers(formats={"Close Date": "day first"}, stages={"Closed": "lost"})
    assert [(row["closed"], row["outcome"]) for row in rows_of(read(raw, answered))] == [
        (datetime(2024, 4, 3), "won"),
        (datetime(2024, 6, 5), "lost"),
    ]


def test_another_date_column_is_only_a_suggestion() -> None:
    raw = csv_of(DEALS, ["1", "Won", "13/01/2024", "03/04/2024", "1.50"], ["2", "Lost", "14/01/2024", "05/06/2024", "4.20"])
    (question,) = inspect(raw, Answers()).questions
    assert question.choices[0].value == "day first"
    assert "“Created Date” in the same file has day first" in question.text


def test_money_in_several_currencies_is_never_added_up() -> None:
    raw = csv_of(
        ["Deal - ID", "Deal - Status", "Deal - Value", "Deal - Currency of Value", "Deal - Won time"],
        ["1", "Won", "100.50", "EUR", "2024-01-02 10:00:00"],
        ["2", "Won", "70.00", "USD", "2024-01-03 10:00:00"],
        ["3", "Lost", "30.25", "eur", ""],
    )  # fmt: skip
    found = inspect(raw, Answers())
    assert (found.table, found.system) == ("deal", "pipedrive")
    assert [(q.kind, [c.value for c in q.choices]) for q in found.questions] == [("currency", ["EUR", "USD", "to EUR", "to USD"])]
    table = read(raw, Answers(currency="EUR"))
    assert [(s.code, s.count, s.rows) for s in table.receipt.set_aside] == [("other_currency", 1, (3,))]
    assert table.receipt.amounts == AmountCheck("Deal - Value", "EUR", "130.7500", "130.7500", "0.0000")
    assert table.receipt.warnings[0] == "Left out, because it is not in EUR: 70.00 USD in 1 row."


def test_other_currencies_are_converted_at_the_rates_given_and_the_receipt_prints_them() -> None:
    raw = csv_of(
        ["Deal ID", "Deal Stage", "Amount", "Close Date"],
        ["1", "Closed Won", "€1.000,50", "2024-01-02"],
        ["2", "Closed Won", "£200,00", "2024-01-03"],
        ["3", "Closed Lost", "300,00 GBP", "2024-01-04"],
        ["4", "Closed Lost", "USD 10,00", "2024-01-04"],
        ["5", "Closed Lost", "", "2024-01-04"],
    )  # fmt: skip
    asked = inspect(raw, Answers(currency="to EUR"))
    assert [(q.kind, q.answer_in, q.answer_key, q.choices) for q in asked.questions] == [
        ("rate", "rates", "GBP", ()),
        ("rate", "rates", "USD", ()),
    ]
    with pytest.raises(AnswerNeeded, match="How many EUR is one USD"):
        read(raw, Answers(currency="to EUR", rates={"GBP": "1,17", "USD": "zero"}))
    table = read(raw, Answers(currency="to EUR", rates={"GBP": "1,17", "USD": "0.92"}))
    assert [row["amount"] for row in rows_of(table)] == [Decimal("1000.5"), Decimal(234), Decimal(351), Decimal("9.2"), None]
    assert {row["currency"] for row in rows_of(table)} == {"EUR"}
    assert table.receipt.set_aside == ()
    assert table.receipt.amounts == AmountCheck("Amount", "EUR", "1594.7000", "1594.7000", "0.0000")
    assert [(change.what, change.cells) for change in table.receipt.changed if "rate" in change.what] == [
        ("Converted at 1 GBP = 1.17 EUR, the rate you gave: 500.00 GBP became 585.00 EUR.", 2),
        ("Converted at 1 USD = 0.92 EUR, the rate you gave: 10.00 USD became 9.20 EUR.", 1),
    ]


def test_prices_in_several_currencies_and_a_column_of_codes_with_any_heading_are_asked_about_too() -> None:
    lines = csv_of(
        ["InvoiceNo", "CustomerID", "InvoiceDate", "Quantity", "UnitPrice"],
        ["1", "7", "2024-01-02", "3", "€5.50"],
        ["2", "8", "2024-01-15", "1", "£5.50"],
    )
    assert [question.key for question in inspect(lines, Answers()).questions] == ["currency"]
    deals = csv_of(
        ["Deal ID", "Deal Stage", "Amount", "Cur.", "Close Date"],
        ["1", "Closed Won", "5.50", "EUR", "2024-01-02"],
        ["2", "Closed Won", "5.50", "CHF", "2024-01-03"],
    )
    assert [question.key for question in inspect(deals, Answers()).questions] == ["currency"]


def test_hubspot_amount_in_company_currency_is_preferred() -> None:
    raw = csv_of(
        ["Record ID", "Deal Name", "Deal Stage", "Amount", "Currency", "Amount in company currency", "Close Date"],
        ["1", "A", "Closed Won", "100.5", "EUR", "110.5", "2024-01-02 10:00"],
        ["2", "B", "Closed Lost", "70.5", "USD", "70.5", "2024-01-03 10:00"],
    )  # fmt: skip
    table = read(raw, Answers())
    assert table.receipt.amounts is not None
    assert (table.receipt.amounts.column, table.receipt.amounts.used, table.info.currency) == (
        "Amount in company currency",
        "181.0000",
        None,
    )


def test_status_decides_over_stage_and_open_deals_have_no_closing_date() -> None:
    raw = csv_of(
        ["Deal - ID", "Deal - Status", "Deal - Stage", "Deal - Value", "Deal - Deal closed on"],
        ["1", "Ganho", "Proposal", "10.5", "2024-01-02 00:00:00"], ["2", "Aberto", "Won it", "10.5", "2024-01-03 00:00:00"],
        ["3", "Perdido", "Demo", "10.5", ""],
    )  # fmt: skip
    table = read(raw, Answers())
    assert [(row["outcome"], row["closed"]) for row in rows_of(table)] == [("won", datetime(2024, 1, 2)), ("open", None), ("lost", None)]
    assert "1 closed deals have no closing date: they count in totals, not in any period." in table.receipt.warnings
    assert ("The closing date of open deals is only expected and was left out.", 1) in [(c.what, c.cells) for c in table.receipt.changed]


def test_won_and_lost_times_together_are_the_closing_date() -> None:
    raw = csv_of(
        ["Deal - ID", "Deal - Status", "Deal - Value", "Deal - Won time", "Deal - Lost time"],
        ["1", "Won", "10.5", "2024-01-02 00:00:00", ""],
        ["2", "Lost", "10.5", "", "2024-01-05 08:00:00"],
        ["3", "Open", "10.5", "", ""],
    )
    assert [row["closed"] for row in rows_of(read(raw, Answers()))] == [datetime(2024, 1, 2), datetime(2024, 1, 5, 8), None]
    assert inspect(raw, Answers()).notes[0] == "Where “Deal - Won time” is blank, “Deal - Lost time” gives the closing date."


def test_won_and_closed_flags() -> None:
    raw = csv_of(
        ["Id", "StageName", "IsWon", "IsClosed", "Amount", "CloseDate"],
        ["1", "Phase 9", "true", "true", "1.5", "2024-01-02"],
        ["2", "Phase 8", "false", "true", "1.5", "2024-01-02"],
        ["3", "Phase 1", "false", "false", "1.5", "2024-01-02"],
    )  # fmt: skip
    assert [row["outcome"] for row in rows_of(read(raw, Answers()))] == ["won", "lost", "open"]


def test_the_newest_version_of_a_deal_stays() -> None:
    raw = csv_of(
        [*DEALS, "Last Modified Date"],
        ["1", "Won", "2024-01-02", "2024-02-03", "9.50", "2024-03-09"], ["1", "Proposal", "2024-01-02", "2024-02-03", "7.50", "2024-02-01"],
        ["2", "Lost", "2024-01-02", "2024-02-04", "4.50", "2024-02-04"],
    )  # fmt: skip
    table = read(raw, Answers())
    assert [(row["id"], row["outcome"]) for row in rows_of(table)] == [("1", "won"), ("2", "lost")]
    assert [(s.code, s.count, s.rows) for s in table.receipt.set_aside] == [("older_version", 1, (3,))]
    assert table.receipt.amounts == AmountCheck("Amount", None, "21.5000", "14.0000", "7.5000")


def test_the_rejected_rows_are_harmless_and_without_personal_columns() -> None:
    raw = csv_of(
        [*DEALS, "Email", "Next Step"],
        ["1", "", "2024-01-02", "2024-02-03", "-9.50", "a@b.example", "=HYPERLINK(1)"],
        ["2", "Lost", "2024-01-02", "2024-02-04", "4.50", "c@d.example", "@x"],
        ["3", "Won", "2024-01-02", "2024-02-05", "4.50", "c@d.example", "+1+1"],
    )  # fmt: skip
    table = read(raw, Answers())
    assert table.rejected_csv.startswith(b"\xef\xbb\xbf")
    written = list(csv.reader(io.StringIO(table.rejected_csv.decode("utf-8-sig"))))
    assert written == [
        ["line", "reason", *DEALS, "Next Step"],
        ["2", "The row does not say what became of the deal.", "1", "", "2024-01-02", "2024-02-03", "-9.50", "'=HYPERLINK(1)"],
    ]
    assert table.receipt.dropped_personal == ("Email",)


def test_unreadable_needed_values_are_set_aside_and_optional_ones_blank() -> None:
    raw = csv_of(
        ["Invoice Number", "Customer", "Invoice Date", "Amount", "Status"],
        ["A1", "x", "2024-01-02", "10.50", "Paid"],
        ["A2", "y", "soon", "5.00", "Paid"],
        ["A3", "z", "2024-01-04", "about 5", "Paid"],
        ["A4", "w", "2024-01-05", "", "Void"],
        *([f"A{i}", "v", "2024-02-01", "1.00", "Paid"] for i in range(5, 15)),
    )  # fmt: skip
    table = read(raw, Answers(table="revenue_line"))
    assert [(s.code, s.rows) for s in table.receipt.set_aside] == [
        ("no_amount", (5,)),
        ("unreadable:Amount", (4,)),
        ("unreadable:Invoice Date", (3,)),
    ]
    assert table.receipt.amounts == AmountCheck("Amount", None, "25.5000", "20.5000", "5.0000")


def test_copies_of_revenue_lines_are_told_and_kept() -> None:
    line = ["A1", "x", "2024-01-02", "10.50"]
    table = read(
        csv_of(["Invoice Number", "Customer", "Invoice Date", "Amount"], line, line, ["C7", "x", "2024-01-03", "-1.50"]),
        Answers(table="revenue_line"),
    )
    assert [(row["amount"], row["cancelled"]) for row in rows_of(table)] == [
        (Decimal("10.5"), False),
        (Decimal("10.5"), False),
        (Decimal("-1.5"), True),
    ]
    assert table.receipt.warnings == (
        "1 rows are exact copies of another row. They are kept, because nothing says that they are mistakes.",
    )


def test_xero_totals_count_once_an_invoice() -> None:
    raw = csv_of(
        ["*ContactName", "*InvoiceNumber", "*InvoiceDate", "Description", "Total", "Currency"],
        ["x", "I1", "2024-01-02", "a", "10.50", "NZD"],
        ["x", "I1", "2024-01-02", "b", "10.50", "NZD"],
        ["y", "I2", "2024-01-03", "c", "3.00", "NZD"],
    )  # fmt: skip
    table = read(raw, Answers())
    assert (table.info.system, table.info.currency) == ("xero", "NZD")
    assert [(s.code, s.count) for s in table.receipt.set_aside] == [("repeated_total", 1)]
    assert table.receipt.amounts == AmountCheck("Total", "NZD", "24.0000", "13.5000", "10.5000")


def test_stripe_prefers_the_end_to_the_cancellation() -> None:
    raw = csv_of(
        ["id", "Customer ID", "Status", "Plan", "Amount", "Currency", "Created (UTC)", "Canceled At (UTC)", "Ended At (UTC)"],
        ["s1", "cus_1", "canceled", "Pro", "20.50", "usd", "2024-01-01 00:00:00", "2024-02-01 00:00:00", "2024-03-01 00:00:00"],
        ["s2", "cus_2", "active", "Pro", "20.50", "usd", "2024-01-01 00:00:00", "", ""],
    )
    table = read(raw, Answers(table="customer"))
    assert [(row["churned"], row["has_churned"]) for row in rows_of(table)] == [(datetime(2024, 3, 1), True), (None, False)]
    assert table.info.currency == "USD"


def test_amounts_of_stripes_api_are_hundredths() -> None:
    raw = csv_of(
        ["id", "customer_id", "created", "amount", "currency", "status", "livemode"],
        ["ch_1", "cus_1", "2024-01-01 00:00:00", "1999", "usd", "succeeded", "true"],
        ["ch_2", "cus_2", "2024-01-02 00:00:00", "500", "usd", "refunded", "true"],
    )
    table = read(raw, Answers(table="revenue_line"))
    assert table.receipt.amounts == AmountCheck("amount", "USD", "24.9900", "24.9900", "0.0000")
    assert [(row["amount"], row["cancelled"]) for row in rows_of(table)] == [(Decimal("19.99"), False), (Decimal("5.00"), True)]


def test_days_in_the_future_do_not_say_when_the_file_was_made() -> None:
    raw = csv_of(
        DEALS,
        ["1", "Won", "2024-01-02", "2024-02-03", "9.50"],
        ["2", "Won", "2024-01-02", "2025-02-03", "9.50"],
        ["3", "Lost", "2024-01-02", "2024-02-05", "9.50"],
    )
    assert read(raw, Answers(), today=date(2024, 6, 1)).info.extracted == "2024-02-05"


def test_a_file_without_outcomes_names_what_is_missing() -> None:
    raw = csv_of(["Opportunity ID", "Close Date", "Amount"], ["1", "2024-01-02", "9.50"])
    with pytest.raises(AnswerNeeded, match="No column says which deals were won or lost"):
        read(raw, Answers(table="deal"))


def test_two_columns_alike_are_asked_about() -> None:
    raw = csv_of(
        ["Opportunity ID", "Stage", "Betrag alt", "Betrag neu", "Close Date"],
        ["1", "Won", "9.50", "8.50", "2024-01-02"],
        ["2", "Lost", "1.50", "2.50", "2024-01-02"],
    )
    (question,) = inspect(raw, Answers()).questions
    assert (question.kind, [choice.value for choice in question.choices]) == ("amount", ["Betrag alt", "Betrag neu"])
    table = read(raw, Answers(fields={"amount": "Betrag neu"}))
    assert table.receipt.amounts == AmountCheck("Betrag neu", None, "11.0000", "11.0000", "0.0000")


def test_ids_whose_digits_were_cut_off_are_never_taken_for_one_record() -> None:
    raw = csv_of(
        ["Deal ID", "Deal Stage", "Amount", "Close Date"],
        ["5.65E+17", "Closed Won", "10.00", "2024-01-02"],
        ["5.65E+17", "Closed Lost", "20.00", "2024-01-03"],
        ["00123", "Closed Lost", "30.00", "2024-01-04"],
    )  # fmt: skip
    table = read(raw, Answers())
    assert [(row["id"], row["amount"]) for row in rows_of(table)] == [(None, Decimal(10)), (None, Decimal(20)), ("00123", Decimal(30))]
    assert table.receipt.warnings == (
        "2 ids in “Deal ID” look like 2.41E+18: a spreadsheet has cut their digits off, so they are left out. "
        "Export the file anew and do not open it in one.",
    )


def test_words_for_nothing_are_blanks_or_answers_and_the_receipt_says_which() -> None:
    raw = csv_of(
        ["Deal ID", "Deal Stage", "Amount", "Close Date", "Lead Source"],
        ["1", "Closed Won", "N/A", "2024-01-02", "Select"],
        ["2", "Closed Lost", "20.00", "-", "None"],
        ["3", "Closed Lost", "30.00", "null", "-None-"],
        ["4", "Closed Lost", "#DIV/0!", "2024-01-04", "Web"],
    )  # fmt: skip
    table = read(raw, Answers())
    assert [row["source"] for row in rows_of(table)] == ["Select", "None", None, "Web"]
    assert {(change.column, change.what, change.cells) for change in table.receipt.changed} == {
        ("Amount", "“N/A” was read as blank.", 1),
        ("Amount", "Cells that could not be read became blank.", 1),
        ("Close Date", "“-” or “null” was read as blank.", 2),
        ("Lead Source", "“-None-” was read as blank.", 1),
        ("Lead Source", "“Select” or “None” was kept as an answer, because in a column of words it may be one.", 2),
    }


@pytest.mark.parametrize(("code", "amount"), [("usd", "12.34"), ("jpy", "1234"), ("kwd", "1.234")])
def test_the_smallest_unit_depends_on_the_currency(code: str, amount: str) -> None:
    raw = csv_of(
        ["id", "customer_id", "created", "amount", "currency", "status", "livemode"],
        ["ch_1", "cus_1", "2024-01-02 10:00:00", "1234", code, "succeeded", "true"],
    )
    table = read(raw, Answers(table="revenue_line", system="stripe"))
    assert [row["amount"] for row in rows_of(table)] == [Decimal(amount)]
