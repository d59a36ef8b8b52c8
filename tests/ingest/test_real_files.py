"""Real exports: what they are taken for, what is mapped, and the figures that were computed independently of the project."""

from __future__ import annotations

import io
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from app.errors import AnswerNeeded, ColumnError, FileRefused
from app.ingest.model import Answers, TypedTable
from app.ingest.steps import inspect, read
from tests.ingest.files import opened

RETAIL = "uci_online_retail/online_retail_non_uk.csv"


def taken(folder: Path, file: str, answers: Answers | None = None) -> tuple[TypedTable, pa.Table]:
    table = read(opened(folder / file), answers or Answers())
    receipt = table.receipt
    assert receipt.rows_read == receipt.rows_used + sum(reason.count for reason in receipt.set_aside)
    if receipt.amounts is not None:
        assert Decimal(receipt.amounts.read) == Decimal(receipt.amounts.used) + Decimal(receipt.amounts.set_aside)
    return table, pq.read_table(io.BytesIO(table.parquet))


# The expected mapping of each file (field → heading), as its independent description gives it, in the terms of our tables.
MAPPINGS: list[tuple[str, str, Answers, dict[str, str]]] = [
    ("maven_crm/sales_pipeline.csv", "deal", Answers(), {"id": "opportunity_id", "account": "account", "owner": "sales_agent",
     "created": "engage_date", "closed": "close_date", "stage": "deal_stage", "amount": "close_value"}),
    ("maven_crm/accounts.csv", "customer", Answers(table="customer"), {"id": "account"}),
    ("hubspot_dummy/hubspot_deals.csv", "deal", Answers(), {"id": "Deal ID", "name": "Deal Name",
     "account": "Associated Company Domain", "owner": "Deal Owner",
     "created": "Create Date", "closed": "Close Date", "stage": "Deal Stage", "amount": "Amount", "lost_reason": "Closed Lost Reason"}),
    ("hubspot_dummy/hubspot_contacts.csv", "lead", Answers(), {"id": "Contact ID", "created": "Create Date", "source": "Lead Source",
     "status": "Lifecycle Stage", "owner": "Contact Owner", "company": "Associated Company Domain"}),
    ("hubspot_dummy/hubspot_companies.csv", "customer", Answers(table="customer"), {"id": "Company ID", "name": "Company Name"}),
    ("olist_funnel/olist_marketing_qualified_leads_dataset.csv", "lead", Answers(), {"id": "mql_id", "created": "first_contact_date",
     "source": "origin"}),
    ("olist_funnel/olist_closed_deals_dataset.csv", "deal", Answers(table="deal"), {"id": "mql_id",
     "closed": "won_date", "owner": "sr_id"}),
    ("ibm_telco/WA_Fn-UseC_-Telco-Customer-Churn.csv", "customer", Answers(), {"id": "customerID", "churned_flag": "Churn",
     "tenure_months": "tenure", "revenue": "MonthlyCharges"}),
    ("dubai_real_estate_funnel/Leads.csv", "lead", Answers(), {"id": "Lead_ID", "created": "Lead_Date", "source": "Marketing_Channel",
     "status": "Lead_Status", "accepted_at": "Qualification_Date", "converted_at": "Booking_Date", "owner": "Agent_ID"}),
    ("dubai_real_estate_funnel/Sales.csv", "deal", Answers(table="deal"), {"id": "Sale_ID", "account": "Customer_ID", "owner": "Agent_ID",
     "closed": "Sale_Date", "amount": "Sale_Value_AED"}),
    ("lead_response_synthetic/sample_lead_data.csv", "lead", Answers(), {"id": "lead_id", "created": "lead_time",
     "first_contact_at": "first_response_time", "source": "lead_source", "owner": "sales_rep", "converted_flag": "ordered"}),
    ("zoho_crm_sample/Potentials.csv", "deal", Answers(), {"name": "Potential Name", "owner": "Potential Owner", "created": "Created Time",
     "closed": "Closing Date", "stage": "Stage", "amount": "Amount", "source": "Lead Source"}),
    ("zoho_crm_sample/Leads.csv", "lead", Answers(), {"id": "LEADID", "created": "Created Time", "source": "Lead Source",
     "status": "Lead Status", "owner": "Lead Owner", "company": "Company", "converted_flag": "CONVERTED"}),
    ("zoho_crm_sample/Invoices.csv", "revenue_line", Answers(), {"id": "INVOICEID", "customer": "Account Id", "date": "Created Time",
     "amount": "Grand Total", "status": "Invoice Status"}),
    (RETAIL, "revenue_line", Answers(), {"id": "InvoiceNo", "customer": "CustomerID", "date": "InvoiceDate", "quantity": "Quantity",
     "unit_price": "UnitPrice"}),
    ("saas_funnel_lab/leads.csv", "lead", Answers(), {"id": "leads_id", "created": "leads_registered", "source": "session_source_code"}),
    ("insurance_brokerage/Opportunity.csv", "deal", Answers(), {"id": "opportunity_id", "name": "opportunity_name",
     "owner": "Account_Executive", "closed": "closing_date", "stage": "stage", "amount": "revenue_amount"}),
    ("misc_small_crms/aitools/salesforce_opportunities.csv", "deal", Answers(), {"id": "Opportunity_ID", "name": "Opportunity_Name",
     "account": "Account_Name", "owner": "Owner_Name", "stage": "Stage", "amount": "Amount_USD", "created": "Created_Date",
     "closed": "Close_Date", "source": "Lead_Source"}),
    ("ga4_exports/traffic_acquisition_report.csv", "traffic", Answers(), {"sessions": "Sessions", "key_events": "Key events",
     "source": "Session primary channel group (Default Channel Group)"}),
    ("ga4_exports/search_console_dates.csv", "traffic", Answers(), {"date": "Date", "sessions": "Clicks"}),
]  # fmt: skip


@pytest.mark.parametrize(("file", "table", "answers", "expected"), MAPPINGS, ids=[m[0] for m in MAPPINGS])
def test_the_expected_columns_are_mapped(shared_data: Path, file: str, table: str, answers: Answers, expected: dict[str, str]) -> None:
    found = inspect(opened(shared_data / file), answers)
    assert found.table == table
    assert {column.field: column.heading for column in found.columns if column.field} == expected


NONE_OF_OURS = [
    "dubai_real_estate_funnel/Agents.csv", "dubai_real_estate_funnel/Properties.csv", "hubspot_dummy/hubspot_tickets.csv",
    "hubspot_dummy/hubspot_activities.csv", "maven_crm/products.csv", "maven_crm/sales_teams.csv", "maven_crm/data_dictionary.csv",
    "saas_funnel_lab/stages.csv", "saas_funnel_lab/survey.csv", "saas_funnel_lab/session_sources.csv",
    "saas_funnel_lab/marketing_spends.csv", "zoho_crm_sample/Tasks.csv", "zoho_crm_sample/Users.csv", "zoho_crm_sample/Products.csv",
    "zoho_crm_sample/Vendors.csv", "zoho_crm_sample/Cases.csv", "zoho_crm_sample/Purchase_Orders.csv", "zoho_crm_sample/Quotes.csv",
    "ibm_hr_likert/WA_Fn-UseC_-HR-Employee-Attrition.csv", "likert_surveys/gap.csv", "olist_funnel/olist_sellers_dataset.csv",
    "misc_small_crms/basudev/Products.csv", "misc_small_crms/basudev/Activity.csv",
]  # fmt: skip


@pytest.mark.parametrize("file", NONE_OF_OURS)
def test_other_files_are_not_forced_into_a_table(shared_data: Path, file: str) -> None:
    raw = opened(shared_data / file)
    found = inspect(raw, Answers())
    assert (found.table, found.questions[0].kind) == (None, "table")
    assert [question.kind for question in found.questions] == ["table"]
    with pytest.raises((FileRefused, AnswerNeeded), match=r"none of the tables|What is one row of this file"):
        read(raw, Answers())


def test_calls_are_recognised_and_said_to_be_of_no_use(shared_data: Path) -> None:
    raw = opened(shared_data / "zoho_crm_sample/Calls.csv")
    assert inspect(raw, Answers()).table == "call"
    with pytest.raises(FileRefused, match="does not use yet"):
        read(raw, Answers())


@pytest.mark.parametrize("file", ["dubai_real_estate_funnel/Sales.csv", "olist_funnel/olist_closed_deals_dataset.csv"])
def test_won_deals_or_revenue_lines_is_asked(shared_data: Path, file: str) -> None:
    raw = opened(shared_data / file)
    found = inspect(raw, Answers())
    assert (found.table, [question.key for question in found.questions]) == (None, ["table"])
    with pytest.raises(AnswerNeeded):
        read(raw, Answers())


@pytest.mark.parametrize("folder", ["maven_crm", "maven_crm/variant_us_dates_excel"])
def test_maven_deals_in_iso_and_us_dates(shared_data: Path, folder: str) -> None:
    table, rows = taken(shared_data, f"{folder}/sales_pipeline.csv")
    assert table.info.outcomes == (("won", 4238), ("lost", 2473), ("open", 2089))
    assert (table.info.first, table.info.last) == ("2017-03-01", "2017-12-31")
    assert table.info.amounts_on_lost is False
    won = rows.filter(pc.equal(rows["outcome"], "won"))
    quarters = won.append_column("quarter", pc.quarter(won["closed"])).group_by("quarter").aggregate([("amount", "sum")]).sort_by("quarter")
    assert quarters["amount_sum"].to_pylist() == [Decimal(1134672), Decimal(3086111), Decimal(2982255), Decimal(2802496)]


def test_maven_without_open_deals(shared_data: Path) -> None:
    table, _ = taken(shared_data, "maven_crm/variant_fixed_stage/sales_pipeline.csv")
    assert table.info.outcomes == (("won", 4238), ("lost", 2473))


def test_olist_wins_only_is_said(shared_data: Path) -> None:
    table, _ = taken(shared_data, "olist_funnel/olist_closed_deals_dataset.csv", Answers(table="deal"))
    assert table.info.outcomes == (("won", 842),)
    assert table.receipt.warnings == ("The file holds won deals and no lost ones, so a win rate cannot be computed from it.",)


def test_olist_day_first_copy_has_the_same_days(shared_data: Path) -> None:
    name = "olist_marketing_qualified_leads_dataset.csv"
    _, iso = taken(shared_data, f"olist_funnel/{name}")
    _, day_first = taken(shared_data, f"olist_funnel/variant_dd_mm_yyyy/{name}")
    assert day_first["created"].equals(iso["created"])
    counted = {item["values"]: item["counts"] for item in pc.value_counts(iso["source"]).to_pylist()}
    assert (counted["unknown"], counted[None]) == (1099, 60)


def test_online_retail_amounts_cancellations_and_copies(shared_data: Path) -> None:
    table, rows = taken(shared_data, RETAIL)
    assert table.receipt.rows_used == 46431
    assert table.receipt.amounts is not None
    assert table.receipt.amounts.used == "1559941.5700"
    known = rows.filter(pc.is_valid(rows["customer"]))
    assert pc.sum(known["amount"]).as_py() == Decimal("1532192.4200")
    bought = known.filter(pc.invert(known["cancelled"]))
    periods = pc.add(pc.multiply(pc.year(bought["date"]), 4), pc.quarter(bought["date"]))
    seen: dict[int, set[str]] = {}
    for period, customer in zip(periods.to_pylist(), bought["customer"].to_pylist(), strict=True):
        seen.setdefault(period, set()).add(customer)
    order = sorted(seen)
    pairs = [(len(seen[a] & seen[b]), len(seen[a])) for a, b in pairwise(order)]
    assert pairs == [(49, 70), (106, 181), (126, 189), (135, 222)]


def test_online_retail_ids_made_decimal_by_blanks(shared_data: Path) -> None:
    raw = opened(shared_data / RETAIL)
    place = raw.headings.index("CustomerID")
    text = raw.cells.column(place)
    decimal = pc.if_else(pc.equal(text, ""), "", pc.binary_join_element_wise(text, ".0", ""))
    damaged = type(raw)(raw.facts, raw.headings, raw.cells.set_column(place, f"c{place}", decimal), raw.lines)
    table = read(damaged, Answers())
    rows = pq.read_table(io.BytesIO(table.parquet))
    assert rows["customer"].equals(pq.read_table(io.BytesIO(read(raw, Answers()).parquet))["customer"])
    assert [change.what for change in table.receipt.changed if change.column == "CustomerID"] == [
        "Ids had been turned into decimal numbers; the “.0” at their end was taken off."
    ]


def test_telco_flags_and_tenure(shared_data: Path) -> None:
    table, rows = taken(shared_data, "ibm_telco/WA_Fn-UseC_-Telco-Customer-Churn.csv")
    assert (table.info.rows, pc.sum(pc.cast(rows["has_churned"], pa.int64())).as_py()) == (7043, 1869)
    assert table.receipt.amounts is not None
    assert table.receipt.amounts.used == "456116.6000"
    assert pc.sum(rows.filter(rows["has_churned"])["revenue"]).as_py() == Decimal("139130.8500")
    assert rows["tenure_months"].slice(0, 2).to_pylist() == [1.0, 34.0]


def test_zoho_deals_by_count_and_value(shared_data: Path) -> None:
    table, rows = taken(shared_data, "zoho_crm_sample/Potentials.csv")
    assert dict(table.info.outcomes)["won"] == 1425
    assert dict(table.info.outcomes)["lost"] == 485
    first = rows.slice(0, 1).to_pylist()[0]
    assert (first["amount"], first["created"].isoformat(), first["closed"]) == (Decimal("22700.0000"), "2021-04-15T00:02:00", None)
    sums = {outcome: pc.sum(rows.filter(pc.equal(rows["outcome"], outcome))["amount"]).as_py() for outcome in ("won", "lost")}
    assert round(sums["won"] / (sums["won"] + sums["lost"]) * 100, 4) == Decimal("73.5321")
    assert any("Expected Revenue" in note for note in inspect(opened(shared_data / "zoho_crm_sample/Potentials.csv"), Answers()).notes)


def test_zoho_converted_leads(shared_data: Path) -> None:
    _, rows = taken(shared_data, "zoho_crm_sample/Leads.csv")
    assert (rows.num_rows, pc.sum(pc.cast(rows["converted"], pa.int64())).as_py()) == (3900, 3632)


def test_zoho_invoices_ask_for_the_mark_and_set_empty_totals_aside(shared_data: Path) -> None:
    raw = opened(shared_data / "zoho_crm_sample/Invoices.csv")
    asked = inspect(raw, Answers()).questions
    assert [(question.key, question.choices[0].means) for question in asked] == [("decimal_mark:Grand Total", "$21,042 is 21,042")]
    table, rows = taken(shared_data, "zoho_crm_sample/Invoices.csv", Answers(formats={"Grand Total": "decimal point"}))
    assert [(reason.code, reason.count) for reason in table.receipt.set_aside] == [("no_amount", 270)]
    # 1982366 + 1611194 + 1727145 + 2268574 + 2013512 + 2123195 + 2001811 + 1924646 + 377744, the nine quarters
    assert pc.sum(rows["amount"]).as_py() == Decimal("16030187.0000")
    kept = rows.filter(pc.invert(rows["cancelled"]))
    # 1478977 + 1024916 + 1280690 + 1781568 + 1324794 + 1568333 + 1535241 + 1378398 + 281383
    assert pc.sum(kept["amount"]).as_py() == Decimal("11654300.0000")


def test_dubai_sold_leads_are_customers(shared_data: Path) -> None:
    _, rows = taken(shared_data, "dubai_real_estate_funnel/Leads.csv")
    assert (rows.num_rows, pc.sum(pc.cast(rows["converted"], pa.int64())).as_py()) == (5000, 813)
    table, _ = taken(shared_data, "dubai_real_estate_funnel/Sales.csv", Answers(table="deal"))
    assert (table.info.currency, table.receipt.amounts and table.receipt.amounts.used) == ("AED", "2225544000.0000")


def test_lead_response_times(shared_data: Path) -> None:
    _, rows = taken(shared_data, "lead_response_synthetic/sample_lead_data.csv")
    micros = pc.cast(pc.subtract(rows["first_contact_at"], rows["created"]), pa.int64()).to_numpy()
    assert round(float(sorted(micros)[4999] + sorted(micros)[5000]) / 2 / 60e6, 4) == 26.0595
    assert pc.sum(pc.cast(rows["converted"], pa.int64())).as_py() == 977


@pytest.mark.parametrize(
    ("file", "won", "lost"),
    [
        ("misc_small_crms/aitools/salesforce_opportunities.csv", 297, 108),
        ("misc_small_crms/awang/salesforce_opportunities.csv", 140, 181),
        ("misc_small_crms/basudev/Opportunity.csv", 99, 110),
        ("misc_small_crms/rohananpothle/Deals.csv", 23, 30),
        ("hubspot_dummy/hubspot_deals.csv", 71, 69),
        ("fivetran_seeds/pardot/pardot_opportunity_data.csv", 99, 1),
    ],
)
def test_outcomes_of_small_crms(shared_data: Path, file: str, won: int, lost: int) -> None:
    table, _ = taken(shared_data, file)
    assert {outcome: count for outcome, count in table.info.outcomes if outcome in ("won", "lost")} == {"won": won, "lost": lost}


def test_leading_zeros_of_ids_stay(shared_data: Path) -> None:
    _, rows = taken(shared_data, "misc_small_crms/aitools/salesforce_opportunities.csv")
    assert rows["id"][0].as_py() == "006634895718"


@pytest.mark.parametrize(
    ("file", "sessions"),
    [
        ("traffic_acquisition_report", 7262),
        ("channel_by_hour_resaved_excel", 162895),
        ("exploration_free_form_grand_total", 242),
        ("search_console_dates", 174),
    ],
)
def test_web_traffic(shared_data: Path, file: str, sessions: int) -> None:
    table, rows = taken(shared_data, f"ga4_exports/{file}.csv")
    assert pc.sum(rows["sessions"]).as_py() == sessions
    if file == "traffic_acquisition_report":
        assert table.info.period_stated == ("2025-01-01", "2025-10-30")
    if file == "channel_by_hour_resaved_excel":
        assert (pc.min(rows["date"]).as_py().isoformat(), pc.max(rows["date"]).as_py().isoformat()) == (
            "2024-04-06T00:00:00",
            "2024-05-03T23:00:00",
        )


def test_search_console_clicks_are_called_clicks(shared_data: Path) -> None:
    notes = inspect(opened(shared_data / "ga4_exports/search_console_dates.csv"), Answers()).notes
    assert notes[0] == "These are clicks in search results, not visits; they stand in for visits here."


def test_deleted_opportunities_are_not_counted(shared_data: Path) -> None:
    with pytest.raises(ColumnError, match="10 rows: The row was deleted"):
        read(opened(shared_data / "fivetran_seeds/salesforce/sf_opportunity_data.csv"), Answers())
