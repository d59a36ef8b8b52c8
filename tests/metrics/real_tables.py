"""Real files as canonical tables, read here in a few lines so that the metrics can be held against independent numbers.

The import has its own tests on the same files; what is read here says nothing about it.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from tests.metrics.canonical import stored


def texts(path: Path, **options: Any) -> pd.DataFrame:
    """All cells as text, empty ones as None."""
    frame = pd.read_csv(path, dtype="object", keep_default_na=False, **options)
    return frame.where(frame != "", None)


def moments(column: pd.Series, form: str | None = None) -> pa.Array:
    """A column of dates under one format (ISO without one)."""
    parsed = pd.to_datetime(column, format=form or "ISO8601")
    return pa.array([None if pd.isna(v) else v.to_pydatetime() for v in parsed], pa.timestamp("us"))


def column(values: pd.Series) -> list[Any]:
    """A column as a list, None where it is empty."""
    return [None if v is None or v != v else v for v in values]


def money(values: pd.Series) -> list[str | None]:
    """Amounts as text without currency sign and thousands separators."""
    return [None if v is None else v.replace("$", "").replace(",", "") for v in column(values)]


def maven_deals(data: Path) -> pa.Table:
    """Deals; s0 product, s1 regional office, s2 sector."""
    folder = data / "maven_crm"
    deals = texts(folder / "sales_pipeline.csv")
    office = texts(folder / "sales_teams.csv").set_index("sales_agent")["regional_office"]
    sector = texts(folder / "accounts.csv").set_index("account")["sector"]
    words = {"Won": "won", "Lost": "lost", "Engaging": "open", "Prospecting": "open"}
    return stored(
        "deal",
        id=column(deals["opportunity_id"]),
        account=column(deals["account"]),
        owner=column(deals["sales_agent"]),
        created=moments(deals["engage_date"]),
        closed=moments(deals["close_date"]),
        outcome=[words[v] for v in deals["deal_stage"]],
        amount=money(deals["close_value"]),
        s0=column(deals["product"]),
        s1=column(deals["sales_agent"].map(office)),
        s2=column(deals["account"].map(sector)),
    )


def zoho_deals(data: Path) -> pa.Table:
    """Deals; s0 type."""
    deals = texts(data / "zoho_crm_sample" / "Potentials.csv")
    outcome = [
        "won" if s == "Closed Won" else "lost" if s in {"Closed Lost", "Closed-Lost to Competition"} else "open" for s in deals["Stage"]
    ]
    closed = moments(deals["Closing Date"], "%d %b, %Y %H:%M:%S").to_pylist()
    return stored(
        "deal",
        id=[str(i) for i in range(len(deals))],
        owner=column(deals["Potential Owner"]),
        created=moments(deals["Created Time"], "%d %b, %Y %H:%M:%S"),
        closed=[day if o != "open" else None for day, o in zip(closed, outcome, strict=True)],
        outcome=outcome,
        amount=money(deals["Amount"]),
        source=column(deals["Lead Source"]),
        s0=column(deals["Type"]),
    )


def hubspot_deals(data: Path) -> pa.Table:
    """Deals; s0 pipeline, s1 deal type."""
    deals = texts(data / "hubspot_dummy" / "hubspot_deals.csv")
    outcome = ["won" if "Won" in s else "lost" if "Lost" in s else "open" for s in deals["Deal Stage"]]
    closed = moments(deals["Close Date"]).to_pylist()
    return stored(
        "deal",
        id=column(deals["Deal ID"]),
        account=column(deals["Associated Company Domain"]),
        created=moments(deals["Create Date"]),
        closed=[day if o != "open" else None for day, o in zip(closed, outcome, strict=True)],
        outcome=outcome,
        amount=money(deals["Amount"]),
        s0=column(deals["Pipeline"]),
        s1=column(deals["Deal Type"]),
    )


def olist_deals(data: Path) -> pa.Table:
    """Won deals only."""
    deals = texts(data / "olist_funnel" / "olist_closed_deals_dataset.csv")
    return stored("deal", id=column(deals["mql_id"]), closed=moments(deals["won_date"]), outcome=["won"] * len(deals))


def olist_leads(data: Path) -> pa.Table:
    """Leads with the day they were won."""
    folder = data / "olist_funnel"
    leads = texts(folder / "olist_marketing_qualified_leads_dataset.csv")
    won = texts(folder / "olist_closed_deals_dataset.csv").set_index("mql_id")["won_date"]
    converted = moments(leads["mql_id"].map(won))
    return stored(
        "lead",
        id=column(leads["mql_id"]),
        created=moments(leads["first_contact_date"]),
        source=column(leads["origin"]),
        converted_at=converted,
        converted=[v is not None for v in converted.to_pylist()],
    )


def dubai_leads(data: Path) -> pa.Table:
    """Leads; won is their status."""
    leads = texts(data / "dubai_real_estate_funnel" / "Leads.csv")
    sold = set(texts(data / "dubai_real_estate_funnel" / "Sales.csv")["Lead_ID"])
    return stored(
        "lead",
        id=column(leads["Lead_ID"]),
        created=moments(leads["Lead_Date"]),
        source=column(leads["Marketing_Channel"]),
        converted=[v in sold for v in leads["Lead_ID"]],
    )


def saas_leads(data: Path) -> pa.Table:
    """Leads with first contact and win from the funnel's stages."""
    folder = data / "saas_funnel_lab"
    leads, funnel = texts(folder / "leads.csv"), texts(folder / "funnel.csv")
    stages = texts(folder / "stages.csv").set_index("stage_id")["stage"]
    sources = texts(folder / "session_sources.csv").set_index("session_source_code")["session_source"]
    funnel = funnel.assign(stage=funnel["stage_id"].map(stages), TimeStamp=funnel["TimeStamp"].str.removesuffix(" UTC"))

    def reached(stage: str) -> pa.Array:
        times = funnel[funnel["stage"] == stage].drop_duplicates("leads_id").set_index("leads_id")["TimeStamp"]
        return moments(leads["leads_id"].map(times))

    won = reached("deal_won")
    return stored(
        "lead",
        id=column(leads["leads_id"]),
        created=moments(leads["leads_registered"].str.removesuffix(" UTC")),
        source=column(leads["session_source_code"].map(sources)),
        first_contact_at=reached("initial_communication_success"),
        converted_at=won,
        converted=[v is not None for v in won.to_pylist()],
    )


def saas_lines(data: Path) -> pa.Table:
    """One line a contract."""
    contracts = texts(data / "saas_funnel_lab" / "contracts.csv")
    amounts = [int(n) * int(p) for n, p in zip(contracts["number_of_employee"], contracts["user_price"], strict=True)]
    return stored(
        "revenue_line",
        id=column(contracts["contract_id"]),
        customer=column(contracts["leads_id"]),
        date=moments(contracts["date"]),
        amount=amounts,
        cancelled=[False] * len(contracts),
    )


def zoho_leads(data: Path) -> pa.Table:
    """Leads with their converted flag."""
    leads = texts(data / "zoho_crm_sample" / "Leads.csv")
    return stored(
        "lead",
        id=column(leads["LEADID"]),
        created=moments(leads["Created Time"], "%d %b, %Y %H:%M:%S"),
        source=column(leads["Lead Source"]),
        converted=[v == "Yes" for v in leads["CONVERTED"]],
    )


def response_leads(data: Path) -> pa.Table:
    """Leads with their first response."""
    leads = texts(data / "lead_response_synthetic" / "sample_lead_data.csv")
    return stored(
        "lead",
        id=column(leads["lead_id"]),
        created=moments(leads["lead_time"]),
        first_contact_at=moments(leads["first_response_time"]),
        source=column(leads["lead_source"]),
        converted=[v == "1" for v in leads["ordered"]],
    )


def retail_lines(data: Path) -> pa.Table:
    """Lines of an online shop outside the United Kingdom; invoices that begin with C are cancellations."""
    lines = texts(data / "uci_online_retail" / "online_retail_non_uk.csv", encoding="latin-1")
    amounts = [Decimal(q) * Decimal(p) for q, p in zip(lines["Quantity"], lines["UnitPrice"], strict=True)]
    return stored(
        "revenue_line",
        id=column(lines["InvoiceNo"]),
        customer=column(lines["CustomerID"]),
        date=moments(lines["InvoiceDate"], "%m/%d/%Y %H:%M"),
        amount=amounts,
        cancelled=[v.startswith("C") for v in lines["InvoiceNo"]],
    )


def telco_customers(data: Path) -> pa.Table:
    """Customers with a flag and a tenure; s0 contract, s1 internet service."""
    customers = texts(data / "ibm_telco" / "WA_Fn-UseC_-Telco-Customer-Churn.csv")
    return stored(
        "customer",
        id=column(customers["customerID"]),
        has_churned=[v == "Yes" for v in customers["Churn"]],
        tenure_months=[float(v) for v in customers["tenure"]],
        revenue=column(customers["MonthlyCharges"]),
        s0=column(customers["Contract"]),
        s1=column(customers["InternetService"]),
    )
