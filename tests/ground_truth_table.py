"""`python -m tests.ground_truth_table`: what the app says of real files, beside what was counted independently.

The truth files stand beside the repository. Each of their numbers has a path, e.g. "win_rate/by_close_quarter/2017Q1"; what the app
says under that path comes from the real file through the real import and the real metrics. Where the app says something else than
the truth, for a reason, `OTHERWISE` names it; `tests/test_ground_truth.py` holds both.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from app.ingest.gate import inspect_file, join_file, offer_joins, read_file
from app.ingest.model import Answers, Inspection, LoadedTable, TypedTable
from app.metrics import growth, leads, retention, traffic, win_rate
from app.metrics.engine import Engine, Snapshot
from app.metrics.growth import Revenue
from app.metrics.model import Conversion, Definition, Filters, PeriodRevenue, Retention, WinRate
from app.metrics.periods import Grain, Period
from app.services.scorecard.grouping import known_columns
from app.statistics.intervals import Absent
from app.tables import TableName

DATA = Path(__file__).parents[2] / "shared" / "data"
TODAY = date(2026, 11, 1)
ALL = Filters()
COUNT = Definition()
NOT_TOLD = "not computed"

SETS = (
    "maven_crm",
    "hubspot_dummy",
    "zoho_crm_sample",
    "olist_funnel",
    "dubai_real_estate_funnel",
    "saas_funnel_lab",
    "lead_response_synthetic",
    "ibm_telco",
    "uci_online_retail",
    "misc_small_crms",
    "ga4_exports",
)

NO_NUMBERS = {"files", "traps", "method", "note", "_note", "unit", "blank", "dups", "dates", "close", "amount", "rows"}
"""Keys of the truth files that describe a file, its damage or a method."""

NOT_HERE = {"uci_online_retail": ("full",)}
"""Parts of a truth file whose file is not among the real files."""

Told = dict[str, Any]


class Files:
    """The real files through the real import, each once."""

    def __init__(self, data: Path, folder: Path) -> None:
        self.data, self.folder = data, folder
        self.engine = Engine(folder)
        self._read: dict[Any, TypedTable] = {}
        self._inspected: dict[Any, Inspection] = {}

    def read(self, path: str, answers: Answers = Answers()) -> TypedTable:  # noqa: B008 - the answers are frozen
        """A file, imported."""
        key = (path, repr(answers))
        if key not in self._read:
            file = self.data / path
            self._read[key] = read_file(file.read_bytes(), name=file.name, answers=answers, today=TODAY)
        return self._read[key]

    def inspected(self, path: str, answers: Answers = Answers()) -> Inspection:  # noqa: B008 - the answers are frozen
        """What the app takes a file for."""
        key = (path, repr(answers))
        if key not in self._inspected:
            file = self.data / path
            self._inspected[key] = inspect_file(file.read_bytes(), name=file.name, answers=answers)
        return self._inspected[key]

    def snapshot(self, path: str, answers: Answers = Answers()) -> Snapshot:  # noqa: B008 - the answers are frozen
        """A file, opened for counting."""
        return self._opened(self.read(path, answers))

    def joined(self, path: str, *others: tuple[str, Answers]) -> Snapshot:
        """A file, imported, that other files of its folder are joined to one after the other, each as it is offered first."""
        typed = self.read(path)
        headings = typed.receipt.mapping
        for name, answers in others:
            other = self.data / Path(path).parent / name
            loaded = (LoadedTable(typed.info, headings), typed.parquet)
            offer = offer_joins(other.read_bytes(), name=name, answers=answers, loaded=(loaded,))[0]
            typed = join_file(other.read_bytes(), name=name, answers=answers, loaded=loaded, choice=offer.choice)
            receipt = typed.receipt
            assert receipt.rows_read == receipt.rows_used + sum(part.count for part in receipt.set_aside)
        return self._opened(typed)

    def _opened(self, typed: TypedTable) -> Snapshot:
        sha256 = hashlib.sha256(typed.parquet).hexdigest()
        stored = self.folder / f"{sha256}.parquet"
        stored.write_bytes(typed.parquet)
        return self.engine.open(stored, info=typed.info, sha256=sha256)

    def column(self, snapshot: Snapshot, heading: str) -> str:
        """The stored name of a column by its heading."""
        return next(column.name for column in known_columns(snapshot) if column.label == heading)


# --- In the words of the truth files --------------------------------------------------------------------------------


def said(value: object, absent: Absent | None) -> Any:
    """A value, or the code of the reason for its absence."""
    if value is None:
        return f"absent: {absent.code}" if absent is not None else None
    return value


def share(value: float | None, absent: Absent | None = None) -> Any:
    """A share as a percentage of four decimals."""
    return said(None if value is None else round(value * 100, 4), absent)


def rate(found: WinRate) -> Any:
    """A win rate."""
    return said(None if found.value is None else {"won": found.won, "n": found.closed, "pct": share(found.value)}, found.absent)


def conversion(found: Conversion) -> Any:
    """A conversion; without one, the reason and the leads counted."""
    if found.value is None:
        return f"{said(None, found.absent)}, {found.leads} leads"
    return {"won": found.converted, "n": found.leads, "pct": share(found.value)}


def churned(found: Retention) -> Any:
    """A churn."""
    return said(None if found.value is None else {"won": found.lost, "n": found.at_start, "pct": share(found.churn)}, found.absent)


def name(period: Period) -> str:
    """A period as the truth files write it: 2017Q1, 2017-03, 2017."""
    if period.grain == "month":
        return f"{period.start:%Y-%m}"
    return period.label.replace(" ", "")


def revenue_of(snapshot: Snapshot) -> Revenue:
    """The revenue of deals or lines."""
    is_lines = snapshot.info.table == "revenue_line"
    found = growth.revenue_of(snapshot if is_lines else None, None if is_lines else snapshot)
    assert isinstance(found, Revenue)
    return found


def there(found: Any) -> Any:
    """What is not absent."""
    assert not isinstance(found, Absent), found
    return found


def told_rates(deals: Snapshot, base: str, **grains: Grain) -> Iterator[tuple[str, Any]]:
    """Win rates over time under `base`/key, one key a grain."""
    for key, grain in grains.items():
        for period in there(win_rate.over_time(deals, COUNT, ALL, grain=grain)):
            yield f"{base}/{key}/{name(period.period)}", rate(period.rate)


def told_groups(deals: Snapshot, files: Files, base: str, *headings: tuple[str, str]) -> Iterator[tuple[str, Any]]:
    """Win rates by group under `base`/key, each with the heading of its column."""
    for key, heading in headings:
        for group in win_rate.by_group(deals, COUNT, ALL, by=files.column(deals, heading)):
            yield f"{base}/{key}/{group.group}", rate(group.rate)


def told_revenue(found: Iterable[PeriodRevenue], amounts: str, changes: str | None = None) -> Iterator[tuple[str, Any]]:
    """Revenue by period and its growth."""
    for period in found:
        yield f"{amounts}/{name(period.period)}", round(period.revenue, 2)
        if changes is not None:
            told = share(period.growth, period.absent)
            # The first period has none before it; the truth files write null there.
            yield f"{changes}/{name(period.period)}", None if told == "absent: no_earlier" else told


def told_conversion(snapshot: Snapshot, base: str, groups: str, *, by: str = "source") -> Iterator[tuple[str, Any]]:
    """Conversion overall and by a column."""
    yield f"{base}/overall", conversion(leads.overall(snapshot, ALL))
    for group in leads.by_group(snapshot, ALL, by=by):
        yield f"{base}/{groups}/{group.group}", conversion(group.conversion)


def told_mapping(files: Files, table: str, path: str, wanted: Iterable[str], answers: Answers = Answers()) -> Iterator[tuple[str, Any]]:  # noqa: B008
    """The heading each field of the truth's mapping is taken from; the column to compare by is a heading that is offered for it."""
    found = files.inspected(path, answers)
    fields = {column.field: column.heading for column in found.columns if column.field}
    for field in wanted:
        if field == "segment":
            yield f"expected_mapping/{table}/segment", [column.heading for column in found.columns if column.role == "segment"]
        else:
            yield f"expected_mapping/{table}/{field}", fields.get(field)


# --- What the app says of each set ----------------------------------------------------------------------------------


def maven_crm(files: Files, truth: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Deals; the offices and sectors are in other files, which are joined to them."""
    path = "maven_crm/sales_pipeline.csv"
    deals = files.snapshot(path)
    joined = files.joined(path, ("sales_teams.csv", Answers()), ("accounts.csv", Answers()))
    yield from told_mapping(files, "deal", path, truth["expected_mapping"]["deal"])
    yield from told_mapping(files, "customer", "maven_crm/accounts.csv", truth["expected_mapping"]["customer"], Answers(table="customer"))
    for word in files.inspected(path).stages:
        yield f"stage_map/{word.word}", word.outcome
    yield "win_rate/overall", rate(win_rate.overall(deals, COUNT, ALL))
    yield from told_rates(deals, "win_rate", by_close_quarter="quarter", by_close_month="month")
    yield from told_groups(deals, files, "win_rate", ("by_product", "product"))
    groups = (("by_regional_office", "regional_office"), ("by_manager", "manager"), ("by_sector", "sector"))
    yield from told_groups(joined, files, "win_rate", *groups)
    yield "win_rate/by_value", rate(win_rate.overall(deals, Definition(weight="value"), ALL))
    revenue = revenue_of(deals)
    quarters = there(growth.over_time(revenue, ALL, grain="quarter"))
    yield "revenue/total", round(sum(quarter.revenue for quarter in quarters), 2)
    yield from told_revenue(quarters, "revenue/by_quarter", "revenue/quarter_growth_pct")
    yield from told_revenue(there(growth.over_time(revenue, ALL, grain="month")), "revenue/by_month", "revenue/month_growth_pct")
    yield from told_repeats(revenue, "quarter", "repeat_purchase/values")


def told_repeats(revenue: Revenue, grain: Grain, base: str) -> Iterator[tuple[str, Any]]:
    """[customers who bought again in the next period, customers of the period], under 2017Q1->2017Q2."""
    for step in there(retention.repeat_over_time(revenue, ALL, grain=grain)):
        yield f"{base}/{name(step.period)}->{name(step.period.next())}", [step.kept, step.at_start]


def hubspot_dummy(files: Files, truth: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Deals."""
    path = "hubspot_dummy/hubspot_deals.csv"
    deals = files.snapshot(path)
    kinds: tuple[tuple[TableName, str], ...] = (
        ("deal", path),
        ("lead", "hubspot_dummy/hubspot_contacts.csv"),
        ("customer", "hubspot_dummy/hubspot_companies.csv"),
    )
    for table, file in kinds:
        # A list of companies may be anybody's; that they are customers is the user's word.
        yield from told_mapping(files, table, file, truth["expected_mapping"][table], Answers(table=table))
    yield "win_rate/overall", rate(win_rate.overall(deals, COUNT, ALL))
    yield from told_rates(deals, "win_rate", by_close_quarter="quarter")
    yield from told_groups(deals, files, "win_rate", ("by_Pipeline", "Pipeline"), ("by_Deal Type", "Deal Type"))
    yield "value_win_rate_pct", share(win_rate.overall(deals, Definition(weight="value"), ALL).value)


def zoho_crm_sample(files: Files, truth: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Deals, leads and invoices."""
    folder = "zoho_crm_sample"
    point = Answers(formats={"Grand Total": "decimal point"})
    deals, people = files.snapshot(f"{folder}/Potentials.csv"), files.snapshot(f"{folder}/Leads.csv")
    mapping = truth["expected_mapping"]
    yield from told_mapping(files, "deal", f"{folder}/Potentials.csv", mapping["deal"])
    yield from told_mapping(files, "lead", f"{folder}/Leads.csv", mapping["lead"])
    yield from told_mapping(files, "revenue line", f"{folder}/Invoices.csv", mapping["revenue line"])
    yield "win_rate/overall", rate(win_rate.overall(deals, COUNT, ALL))
    yield "win_rate/by_value_pct", share(win_rate.overall(deals, Definition(weight="value"), ALL).value)
    yield from told_rates(deals, "win_rate", by_closing_quarter="quarter")
    yield from told_groups(deals, files, "win_rate", ("by_Type", "Type"), ("by_Lead Source", "Source"))
    quarters = there(growth.over_time(revenue_of(deals), ALL, grain="quarter"))
    yield from told_revenue(quarters, "won_amount_by_quarter", "won_amount_growth_pct")
    yield from told_conversion(people, "lead_conversion", "by_Lead Source")
    lines = files.snapshot(f"{folder}/Invoices.csv", point)
    yield from told_revenue(there(growth.over_time(revenue_of(lines), ALL, grain="quarter")), "invoiced_by_quarter_all")
    states = lines.collect(lines.table.select("status").distinct())
    kept = Filters(where=(("status", tuple(row["status"] for row in states if row["status"] != "Cancelled")),))
    yield from told_revenue(there(growth.over_time(revenue_of(lines), kept, grain="quarter")), "invoiced_by_quarter_not_cancelled")


def olist_funnel(files: Files, truth: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Leads whose result is in another file, which is joined to them, and that file of wins."""
    first, second = (f"olist_funnel/olist_{part}_dataset.csv" for part in ("marketing_qualified_leads", "closed_deals"))
    people, deals = files.joined(first, (Path(second).name, Answers())), files.snapshot(second, Answers(table="deal"))
    yield from told_mapping(files, "lead", first, truth["expected_mapping"]["lead"])
    yield from told_mapping(files, "deal", second, truth["expected_mapping"]["deal"], Answers(table="deal"))
    yield from told_conversion(people, "lead_to_customer", "by_origin")
    found = leads.overall(people, ALL)
    assert found.within_30_days is not None
    assert found.within_90_days is not None
    yield "lead_to_customer/within_30_days_pct", share(found.within_30_days / found.leads)
    yield "lead_to_customer/within_90_days_pct", share(found.within_90_days / found.leads)
    for cohort in there(leads.over_time(people, ALL, grain="month")):
        yield f"lead_to_customer/by_first_contact_month/{name(cohort.period)}", conversion(cohort.conversion)
    for period in there(win_rate.over_time(deals, COUNT, ALL, grain="month")):
        yield f"wins_by_won_month/{name(period.period)}", period.rate.won
    yield "win_rate", rate(win_rate.overall(deals, COUNT, ALL))


def dubai_real_estate_funnel(files: Files, truth: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Leads, and sales taken as won deals."""
    folder, won = "dubai_real_estate_funnel", Answers(table="deal")
    people, sales = files.snapshot(f"{folder}/Leads.csv"), files.snapshot(f"{folder}/Sales.csv", won)
    yield from told_mapping(files, "lead", f"{folder}/Leads.csv", truth["expected_mapping"]["lead"])
    yield from told_mapping(files, "deal", f"{folder}/Sales.csv", truth["expected_mapping"]["deal"], won)
    yield from told_conversion(people, "lead_to_customer", "by_channel")
    quarters = there(growth.over_time(revenue_of(sales), ALL, grain="quarter"))
    yield from told_revenue(quarters, "revenue_by_quarter", "growth_pct")


def saas_funnel_lab(files: Files, truth: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Leads whose stages and codes are in other files, which are joined to them, and contracts taken as revenue lines."""
    folder = "saas_funnel_lab"
    steps: dict[str, str | None] = {
        "created": "101", "mql_at": "102", "first_contact_at": "103", "accepted_at": "104", "converted_at": "108",
    }  # fmt: skip
    log, names = Answers(table="lead", steps=steps), ("session_sources.csv", "industries.csv")
    people = files.joined(f"{folder}/leads.csv", ("funnel.csv", log), *((name, Answers()) for name in names))
    fields: dict[str, str | None] = {"customer": "leads_id", "date": "date", "quantity": "number_of_employee", "unit_price": "user_price"}
    lines = files.snapshot(f"{folder}/contracts.csv", Answers(table="revenue_line", fields=fields))
    yield from told_mapping(files, "lead", f"{folder}/leads.csv", truth["expected_mapping"]["lead"])
    asked = ", ".join(question.key for question in files.inspected(f"{folder}/contracts.csv").questions)
    for table in ("customer", "revenue line"):
        yield from ((f"expected_mapping/{table}/{field}", f"asked: {asked}") for field in truth["expected_mapping"][table])
    yield "lead_to_customer/overall", conversion(leads.overall(people, ALL))
    for key, heading in (("by_source", "session_source"), ("by_industry", "industry")):
        for group in leads.by_group(people, ALL, by=files.column(people, heading)):
            yield f"lead_to_customer/{key}/{group.group}", conversion(group.conversion)
    found, contact = leads.follow_up(people, ALL), "hours_from_registration/initial_communication_success"
    assert found.median is not None
    assert found.mean is not None
    assert found.p90 is not None
    yield from ((f"{contact}/median", found.median / 60), (f"{contact}/mean", found.mean / 60), (f"{contact}/p90", found.p90 / 60))
    yield from ((f"{contact}/n", found.contacted), (f"{contact}/negative", found.negative))
    yield "funnel_leads_per_stage/leads_registered", found.leads
    yield "funnel_leads_per_stage/initial_communication_success", found.contacted
    yield "funnel_leads_per_stage/deal_won", leads.overall(people, ALL).converted
    for cohort in there(leads.over_time(people, ALL, grain="quarter")):
        yield f"lead_to_customer/by_registration_quarter/{name(cohort.period)}", conversion(cohort.conversion)
    revenue = revenue_of(lines)
    yield from told_revenue(there(growth.over_time(revenue, ALL, grain="year")), "revenue/by_year", "revenue/year_growth_pct")
    yield from told_revenue(there(growth.over_time(revenue, ALL, grain="quarter")), "revenue/by_quarter")
    again = retention.repeat_purchase_rate(lines, ALL)
    yield "renewal/first_term", [again.kept, again.at_start]


def lead_response_synthetic(files: Files, truth: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Leads with the time of first contact."""
    path = "lead_response_synthetic/sample_lead_data.csv"
    people = files.snapshot(path)
    yield from told_mapping(files, "lead", path, truth["expected_mapping"]["lead"])
    found = leads.follow_up(people, ALL)
    yield from (("minutes/median", found.median), ("minutes/mean", found.mean), ("minutes/p90", found.p90))
    yield from (("minutes/n", found.contacted), ("minutes/negative", found.negative))
    yield "share_le_5min_pct", share(found.within_5_minutes / found.leads)
    yield "share_le_60min_pct", share(found.within_1_hour / found.leads)
    yield from told_conversion(people, "conversion", "by_source")


def ibm_telco(files: Files, truth: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """A customer list with a churned yes/no."""
    path = "ibm_telco/WA_Fn-UseC_-Telco-Customer-Churn.csv"
    customers = files.snapshot(path)
    yield from told_mapping(files, "customer", path, truth["expected_mapping"]["customer"])
    found = retention.flagged(customers, ALL)
    assert found.gross is not None
    assert found.revenue_at_start is not None
    yield from (("churn/overall", churned(found)), ("churn/retention_pct", share(found.value)))
    for heading in ("Contract", "InternetService"):
        for group in retention.flagged_by_group(customers, ALL, by=files.column(customers, heading)):
            yield f"churn/by_{heading}/{group.group}", churned(group.retention)
    yield "monthly_revenue", round(found.revenue_at_start, 2)
    yield "monthly_revenue_lost", round(found.revenue_at_start * (1 - found.gross), 2)
    yield "revenue_churn_pct", share(1 - found.gross)


def uci_online_retail(files: Files, truth: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Invoice lines."""
    path = "uci_online_retail/online_retail_non_uk.csv"
    lines = files.snapshot(path)
    yield from told_mapping(files, "revenue line", path, truth["expected_mapping"]["revenue line"])
    revenue, base = revenue_of(lines), "non_uk/revenue"
    months = there(growth.over_time(revenue, ALL, grain="month"))
    yield f"{base}/total_net", round(sum(month.revenue for month in months), 2)
    yield from told_revenue(months, f"{base}/by_month_net", f"{base}/month_growth_pct")
    yield from told_revenue(there(growth.over_time(revenue, ALL, grain="quarter")), f"{base}/by_quarter_net")
    for grain in ("month", "quarter"):
        yield from told_repeats(revenue, grain, f"non_uk/retention/{grain}")
    again = retention.repeat_purchase_rate(lines, ALL)
    yield "non_uk/retention/repeat_purchase_rate", [again.kept, again.at_start]


def misc_small_crms(files: Files, truth: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Deals of four small systems."""
    deals = {
        "aitools": "salesforce_opportunities.csv",
        "awang": "salesforce_opportunities.csv",
        "basudev": "Opportunity.csv",
        "rohananpothle": "Deals.csv",
    }
    for system, file in deals.items():
        path = f"misc_small_crms/{system}/{file}"
        for word in files.inspected(path).stages:
            yield f"{system}/stage/{word.word}", word.rows
        yield f"{system}/win_rate", rate(win_rate.overall(files.snapshot(path), COUNT, ALL))
    for system in ("basudev", "rohananpothle"):
        people = files.snapshot(f"misc_small_crms/{system}/Leads.csv")
        for group in leads.by_group(people, ALL, by="status"):
            yield f"{system}/lead_status/{'nan' if group.group == '(blank)' else group.group}", group.conversion.leads


def ga4_exports(files: Files, truth: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Web traffic."""
    parts = {
        "traffic_acquisition_report": ("traffic_acquisition_report", "sessions"),
        "channel_by_hour": ("channel_by_hour_resaved_excel", "sessions"),
        "exploration_free_form_grand_total": ("exploration_free_form_grand_total", "sessions_without_total_row"),
        "search_console": ("search_console_dates", "clicks"),
    }
    for key, (file, total) in parts.items():
        snapshot = files.snapshot(f"ga4_exports/{file}.csv")
        found = traffic.visits(snapshot, ALL, grain="month")
        yield f"{key}/{total}", found.sessions
        if "by_channel" in truth[key]:
            yield from ((f"{key}/by_channel/{source}", sessions) for source, sessions in found.by_source)
        if snapshot.info.period_stated is not None and "period" in truth[key]:
            yield f"{key}/period", "..".join(snapshot.info.period_stated)
        if "from" in truth[key]:
            yield from ((f"{key}/from", snapshot.info.first), (f"{key}/to", snapshot.info.last))


TELLERS: dict[str, Callable[[Files, dict[str, Any]], Iterator[tuple[str, Any]]]] = {
    teller.__name__: teller
    for teller in (
        maven_crm,
        hubspot_dummy,
        zoho_crm_sample,
        olist_funnel,
        dubai_real_estate_funnel,
        saas_funnel_lab,
        lead_response_synthetic,
        ibm_telco,
        uci_online_retail,
        misc_small_crms,
        ga4_exports,
    )
}


# --- Where the app says something else, and why ---------------------------------------------------------------------


@dataclass(frozen=True)
class Otherwise:
    """What the app says instead of the truth under the paths that match a pattern, and why.

    `says` is the whole of it, or a function of the truth; `NOT_TOLD` for what the app does not compute.
    """

    paths: str
    says: Any
    why: str


ELSEWHERE = "The column is in another file; a join adds it, a mapping is of one file."
PARTIAL = "One of the two periods is partial, so growth between them is not computed."
NO_DURATIONS = "The app counts the time to the first contact and no other duration."
NO_REASONS = "Reasons for losing are kept in the table and not counted."

OTHERWISE: dict[str, tuple[Otherwise, ...]] = {
    "maven_crm": (
        Otherwise("expected_mapping/deal/segment", ["product"], ELSEWHERE),
        Otherwise("expected_mapping/customer/id", "account", "The truth names the file too."),
        Otherwise("expected_mapping/customer/name", None, "One column fills one field: the account's name is its id."),
        Otherwise("expected_mapping/customer/segment", ["sector", "office_location", "subsidiary_of"], "All that groups is offered."),
        Otherwise("win_rate/wrong_if_open_counted_as_lost_pct", NOT_TOLD, "The truth calls it wrong."),
        Otherwise("win_rate/by_value", "absent: no_amount_on_lost", "Not computable, as the truth says."),
        Otherwise("revenue/quarter_growth_pct/2017Q2", "absent: partial_period", "2017Q1 holds March only, as the truth notes."),
        Otherwise("cycle_days/*", NOT_TOLD, NO_DURATIONS),
    ),
    "hubspot_dummy": (
        Otherwise("expected_mapping/lead/status", "Lifecycle Stage", "Of two columns one is the field, the other groups."),
        Otherwise("lost_reasons/*", NOT_TOLD, NO_REASONS),
    ),
    "zoho_crm_sample": (
        Otherwise("expected_mapping/deal/name", "Potential Name", "The truth names the file too."),
        Otherwise("expected_mapping/call/*", NOT_TOLD, "Calls are recognised and not imported."),
        Otherwise("won_amount_growth_pct/2020Q1", "absent: partial_period", PARTIAL),
        Otherwise("won_amount_growth_pct/2021Q2", "absent: partial_period", PARTIAL),
    ),
    "olist_funnel": (
        Otherwise("expected_mapping/lead/mql_at", None, "One column fills one field: the day the lead came in."),
        Otherwise("expected_mapping/lead/converted_at", None, ELSEWHERE),
        Otherwise("expected_mapping/lead/owner", None, ELSEWHERE),
        Otherwise("time_to_close_whole_days/*", NOT_TOLD, NO_DURATIONS),
        Otherwise("win_rate", "absent: wins_only", "Not computable, as the truth says."),
    ),
    "dubai_real_estate_funnel": (
        Otherwise("expected_mapping/lead/converted_at", "Booking_Date", ELSEWHERE),
        Otherwise("expected_mapping/deal/lost_reason", None, ELSEWHERE),
        Otherwise(
            "closed_lead_win_rate", NOT_TOLD, "Leads have a conversion of all leads; a win rate is of deals, and the sales are wins only."
        ),
        Otherwise("days/*", NOT_TOLD, NO_DURATIONS),
        Otherwise("growth_pct/2024Q2", "absent: partial_period", PARTIAL),
    ),
    "saas_funnel_lab": (
        Otherwise("expected_mapping/lead/source", "session_source_code", "The names of the codes are in another file."),
        Otherwise("expected_mapping/lead/*_at", None, ELSEWHERE),
        Otherwise("expected_mapping/customer/*", "asked: table", "Nothing but the user can tell that contracts are customers."),
        Otherwise("expected_mapping/revenue line/*", "asked: table", "Nothing but the user can tell that contracts are revenue lines."),
        Otherwise("expected_mapping/deal/*", NOT_TOLD, ELSEWHERE),
        *(
            Otherwise(f"funnel_leads_per_stage/{step}", NOT_TOLD, "The step gives a date of the lead, which is kept and not counted.")
            for step in ("leads_qualification", "approach_success")
        ),
        *(
            Otherwise(f"funnel_leads_per_stage/{step}", NOT_TOLD, "No date of a lead is of this step.")
            for step in ("discussion_success", "offer_sent", "quotation_recieved")
        ),
        Otherwise("hours_from_registration/[!i]*", NOT_TOLD, NO_DURATIONS),
        Otherwise("hours_from_registration/i*/m[ia][nx]", NOT_TOLD, "The page shows median, mean and the slowest tenth."),
        Otherwise("drop_reasons/*", NOT_TOLD, NO_REASONS),
        Otherwise("renewal/all_terms*", NOT_TOLD, "The app counts customers who bought again, not terms."),
    ),
    "lead_response_synthetic": (
        Otherwise("minutes/m[ia][nx]", NOT_TOLD, "The page shows median, mean and the slowest tenth."),
        Otherwise("conversion/by_bucket/*", NOT_TOLD, "Conversion is broken down by columns, not by the time to the first contact."),
    ),
    "ibm_telco": (
        Otherwise("expected_mapping/customer/churned", None, "A yes/no, which fills churned_flag."),
        Otherwise("expected_mapping/customer/started", None, "Months, which fill tenure_months."),
    ),
    "uci_online_retail": (
        Otherwise("expected_mapping/revenue line/amount", None, "Quantity and unit price, which are multiplied."),
        Otherwise("expected_mapping/customer/*", NOT_TOLD, "One file is one table."),
        Otherwise("non_uk/revenue/total_net_known_customers", NOT_TOLD, "Revenue is of all lines, with or without a customer."),
        Otherwise("non_uk/revenue/total_gross_positive_lines", NOT_TOLD, "Revenue is net of cancellations."),
        Otherwise("non_uk/revenue/month_growth_pct/2011-12", "absent: partial_period", "The month ends on the 9th, as the truth notes."),
    ),
    "misc_small_crms": (Otherwise("rohananpothle/first_activity_days/*", NOT_TOLD, ELSEWHERE),),
    "ga4_exports": (
        Otherwise("traffic_acquisition_report/engaged", NOT_TOLD, "Visits are counted, engaged ones are not told apart."),
        Otherwise("traffic_acquisition_report/period", "2025-01-01..2025-10-30", "The truth adds where it stands."),
        Otherwise("channel_by_hour/from", "2024-04-06", "Hours are counted into days."),
        Otherwise("channel_by_hour/to", "2024-05-03", "Hours are counted into days."),
        Otherwise("channel_by_hour/by_day_first3/*", NOT_TOLD, "The shortest period is a month."),
        Otherwise("search_console/impressions", NOT_TOLD, "Clicks are counted, impressions are not."),
    ),
}


def otherwise(set_: str, path: str) -> Otherwise | None:
    """The exception for a number, when there is one."""
    return next((o for o in OTHERWISE.get(set_, ()) if fnmatchcase(path, o.paths)), None)


# --- The truth ------------------------------------------------------------------------------------------------------


@cache
def truth_of(set_: str) -> dict[str, Any]:
    """A truth file."""
    found: dict[str, Any] = json.loads((DATA / "ground_truth" / f"{set_}.json").read_text(encoding="utf-8"))
    return found


def numbers(set_: str) -> dict[str, Any]:
    """Every number of a truth file by its path."""
    return dict(_leaves(truth_of(set_), "", skip=NO_NUMBERS | set(NOT_HERE.get(set_, ()))))


def _leaves(value: Any, path: str, *, skip: set[str]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and not {"won", "n", "pct"} <= set(value):
        inside_mapping = path.startswith("expected_mapping/")
        for key, item in value.items():
            if key not in skip or inside_mapping:
                yield from _leaves(item, f"{path}/{key}" if path else key, skip=skip)
    else:
        yield path, value


def told_of(set_: str, files: Files) -> Told:
    """Everything the app says of a set, by path."""
    return dict(TELLERS[set_](files, truth_of(set_)))


def agrees(path: str, told: Any, truth: Any) -> bool:
    """Whether the app says the truth, within rounding. A column to compare by need only be among those offered."""
    if isinstance(truth, float) and isinstance(told, float):
        # Times are counted in whole seconds; percentages and amounts have at most four decimals.
        return abs(told - truth) <= (1 / 60 if path.startswith("minutes/") else 1e-3 if path.startswith("hours_") else 1e-6)
    if path.endswith("/segment") and isinstance(truth, str) and isinstance(told, list):
        return truth in told
    return bool(told == truth)


def expected(set_: str, path: str) -> Any:
    """What the app must say: the truth, or what stands in OTHERWISE."""
    truth, exception = numbers(set_)[path], otherwise(set_, path)
    if exception is None:
        return truth
    return exception.says(truth) if callable(exception.says) else exception.says


# --- The table ------------------------------------------------------------------------------------------------------


def main() -> int:
    """Print the table: one line a group of numbers that share a verdict. Exit status 1 when a number is neither the truth nor explained."""
    if not DATA.is_dir():
        sys.stdout.write("The real files beside the repository are not here.\n")
        return 0
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        files = Files(DATA, Path(folder))
        for set_ in SETS:
            rows, missed = table(set_, told_of(set_, files))
            wrong += missed
            sys.stdout.write(f"\n{set_}\n")
            sys.stdout.writelines(f"  {row}\n" for row in rows)
        files.engine.close()
    return 1 if wrong else 0


def table(set_: str, told: Told) -> tuple[list[str], int]:
    """The lines of one set, and how many numbers are neither the truth nor explained."""
    groups: dict[tuple[str, str], int] = {}
    wrong = 0
    for path, truth in numbers(set_).items():
        says, exception = told.get(path, NOT_TOLD), otherwise(set_, path)
        group = path if path.count("/") < 1 else path.rpartition("/")[0]
        if exception is None and agrees(path, says, truth):
            verdict = "agrees"
        elif exception is None or not agrees(path, says, expected(set_, path)):
            verdict, wrong = f"MISS: truth {truth!r}, app {says!r}", wrong + 1
        elif says == NOT_TOLD:
            group, verdict = exception.paths, f"not computed: {exception.why}"
        else:
            group, verdict = exception.paths, f"says “{says}”: {exception.why}"
        groups[group, verdict] = groups.get((group, verdict), 0) + 1
    rows = [f"{group:<46} {count:>3}  {verdict}" for (group, verdict), count in groups.items()]
    return rows + [f"{part:<46}   –  not checked: its file is not among the real files" for part in NOT_HERE.get(set_, ())], wrong


if __name__ == "__main__":
    sys.exit(main())
