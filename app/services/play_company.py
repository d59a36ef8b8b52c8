"""The play company: an invented firm whose exports fill every page, generated from a seed.

Three years of a software firm with two regions. An alignment programme starts after half the time and has a modest effect (about a
tenth more deals won, a tenth fewer customers lost), far below the cited figures. Its files look like real exports and carry their
warts: open deals, blank sources, rows exported twice. They are read by the same importer as everybody's.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from app.ingest.limits import Limits
from app.ingest.model import Answers
from app.services.actor import Actor, require
from app.services.commits import ExampleFile, load_example
from app.services.datasets import history
from app.services.play_survey import ensure_play_survey
from app.services.teams import example_team, set_currency, set_programme_start

if TYPE_CHECKING:
    from numpy.random import Generator

SEED = 38
END = date(2026, 11, 1)
"""The first day after the generated history."""
MONTHS = 36
DEALS = 6_500
WIN = {"North": 0.27, "South": 0.23}
WIN_LIFT = 1.10
CHURN_A_MONTH = 0.016
CHURN_CUT = 0.90
GROWTH_A_MONTH = 0.006

REGIONS = ("North", "South")
INDUSTRIES = ("Manufacturing", "Software", "Retail", "Healthcare", "Logistics", "Finance")
SOURCES = ("Web", "Referral", "Trade Show", "Email Campaign", "Partner", "Outbound")
CHANNELS = ("Organic Search", "Direct", "Paid Search", "Referral", "Email", "Organic Social")
PLANS = ("Basic", "Plus", "Premium")
SELLERS = tuple(f"{first} {last}" for first, last in (
    ("Ada", "Brandt"), ("Ben", "Castillo"), ("Chloe", "Dumont"), ("David", "Eze"), ("Elif", "Fischer"), ("Femi", "Grant"),
    ("Greta", "Holm"), ("Hugo", "Ivanov"), ("Ines", "Jansen"), ("Jonas", "Keller"), ("Kira", "Lopez"), ("Leo", "Moreau"),
))  # fmt: skip
SYLLABLES = (
    "al",
    "bor",
    "cen",
    "dor",
    "el",
    "fin",
    "gran",
    "hel",
    "in",
    "jor",
    "kal",
    "lum",
    "mar",
    "nor",
    "or",
    "pal",
    "quin",
    "ros",
    "sol",
    "tur",
)
ENDINGS = ("tec", "works", "systems", "group", "labs", "trade", "line", "care")


@dataclass(frozen=True)
class SampleFile:
    """One generated export."""

    name: str
    text: str


@dataclass(frozen=True)
class _Account:
    name: str
    region: str
    industry: str


def programme_start(end: date = END) -> date:
    """The day the alignment programme began: the first of a month, half way."""
    month = end.year * 12 + end.month - 1 - MONTHS // 2
    return date(month // 12, month % 12 + 1, 1)


def generate(*, seed: int = SEED, end: date = END) -> tuple[SampleFile, ...]:
    """The five exports; the same seed and end always give the same text."""
    import numpy as np

    random = np.random.default_rng(seed)
    start = _months_on(end, -MONTHS)
    accounts = _accounts(random, 2_200)
    deals, won = _deals(random, accounts, start=start, end=end)
    customers = _customers(random, accounts, won, start=start, end=end)
    return (
        SampleFile("deals.csv", _csv(DEAL_HEAD, deals)),
        SampleFile("customers.csv", _csv(CUSTOMER_HEAD, [row[:7] for row in customers])),
        SampleFile("invoices.csv", _csv(INVOICE_HEAD, _invoices(random, customers, start=start, end=end))),
        SampleFile("leads.csv", _csv(LEAD_HEAD, _leads(random, start=start, end=end))),
        SampleFile("web_traffic.csv", _csv(TRAFFIC_HEAD, _traffic(random, start=start, end=end))),
    )


def ensure_play_company(actor: Actor, *, engine: Engine, limits: Limits, say: Callable[[str], object] = lambda _: None) -> None:
    """Load the play company into the example team, unless it is there already."""
    require(actor, "manager")
    team = example_team(actor, engine=engine)
    ensure_play_survey(actor, engine=engine, team_id=team.id, end=END)
    if len([view for view in history(actor, engine=engine, team_id=team.id) if view.state == "active"]) == len(ANSWERS):
        return
    say("Preparing the play company, an invented example. This takes a few seconds, once.")
    files = [ExampleFile(file.name, file.text.encode(), ANSWERS[file.name]) for file in generate()]
    load_example(actor, engine=engine, files=files, limits=limits)
    set_programme_start(actor, engine=engine, team_id=team.id, day=programme_start())
    set_currency(actor, engine=engine, team_id=team.id, currency="EUR")


DEAL_HEAD = (
    "Opportunity ID",
    "Opportunity Name",
    "Account Name",
    "Opportunity Owner",
    "Created Date",
    "Close Date",
    "Stage",
    "Amount",
    "Amount Currency",
    "Probability (%)",
    "Lead Source",
    "Type",
    "Region",
    "Industry",
)
CUSTOMER_HEAD = ("Customer ID", "Customer Name", "Start Date", "End Date", "Monthly Revenue EUR", "Region", "Plan")
INVOICE_HEAD = ("Invoice Number", "Customer ID", "Invoice Date", "Amount EUR", "Status", "Region")
LEAD_HEAD = ("Record ID", "Create Date", "Original Source", "Lead Status", "First Contact Date", "Became a Customer Date", "Region")
TRAFFIC_HEAD = ("Date", "Session default channel group", "Sessions", "Total users", "Key events")

ANSWERS: dict[str, Answers] = {
    "deals.csv": Answers(table="deal", stages={"Closed No Decision": "no_decision"}),
    "customers.csv": Answers(
        table="customer",
        fields={
            "id": "Customer ID",
            "name": "Customer Name",
            "started": "Start Date",
            "churned": "End Date",
            "revenue": "Monthly Revenue EUR",
        },
    ),
    "invoices.csv": Answers(
        table="revenue_line",
        fields={"id": "Invoice Number", "customer": "Customer ID", "date": "Invoice Date", "amount": "Amount EUR", "status": "Status"},
    ),
    "leads.csv": Answers(table="lead", fields={"first_contact_at": "First Contact Date", "converted_at": "Became a Customer Date"}),
    "web_traffic.csv": Answers(table="traffic"),
}


def _accounts(random: Generator, number: int) -> list[_Account]:
    names: dict[str, None] = {}
    while len(names) < number:
        stem = "".join(random.choice(SYLLABLES, size=int(random.integers(2, 4)))).capitalize()
        names[f"{stem} {random.choice(ENDINGS).capitalize()}"] = None
    regions = random.choice(REGIONS, size=number, p=(0.55, 0.45))
    industries = random.choice(INDUSTRIES, size=number)
    return [_Account(name, str(r), str(i)) for name, r, i in zip(names, regions, industries, strict=True)]


def _deals(random: Generator, accounts: Sequence[_Account], *, start: date, end: date) -> tuple[list[tuple[object, ...]], dict[int, date]]:
    """(rows, account → day of its first win)."""
    import numpy as np

    months = np.arange(MONTHS + 6) - 6
    season = 1 + 0.12 * np.sin((months + start.month) / 12 * 2 * np.pi)
    weight = (1 + GROWTH_A_MONTH) ** months * season
    chosen = np.sort(random.choice(months, size=DEALS, p=weight / weight.sum()))
    # A few accounts have many deals, most have one or two.
    popularity = random.pareto(1.6, size=len(accounts)) + 0.4
    owners = random.choice(len(accounts), size=DEALS, p=popularity / popularity.sum())
    affinity = random.normal(0, 0.25, size=len(accounts))
    since = programme_start(end)
    rows: list[tuple[object, ...]] = []
    won: dict[int, date] = {}
    for number in range(DEALS):
        account = int(owners[number])
        who = accounts[account]
        created = _months_on(start, int(chosen[number])) + timedelta(days=int(random.integers(0, 28)))
        existing = account in won and won[account] < created
        closed = created + timedelta(days=int(min(12 + random.gamma(2.2, 28), 300)))
        amount = float(np.round(random.lognormal(9.3 if not existing else 8.9, 0.7), 0))
        source = "" if random.random() < 0.04 else str(random.choice(SOURCES, p=(0.34, 0.16, 0.1, 0.14, 0.12, 0.14)))
        p = WIN[who.region] * (1.25 if existing else 1.0) * (1.2 if source == "Referral" else 1.0) * float(np.exp(affinity[account]))
        if closed >= since:
            p *= WIN_LIFT
        draw = random.random()
        if closed >= end:
            stage = str(random.choice(("Qualification", "Needs Analysis", "Proposal/Price Quote", "Negotiation/Review")))
            probability = int(random.choice((10, 25, 50, 75)))
        elif draw < p:
            stage, probability = "Closed Won", 100
            won.setdefault(account, closed)
        elif draw < p + 0.08:
            stage, probability = "Closed No Decision", 0
        else:
            stage, probability = "Closed Lost", 0
        row = (
            f"0065{number + 100_000:011d}",
            f"{who.name} - {'Expansion' if existing else 'New'}",
            who.name,
            SELLERS[(account * 7 + (0 if who.region == "North" else 3)) % 6 + (0 if who.region == "North" else 6)],
            created.isoformat(),
            closed.isoformat(),
            stage,
            f"{amount:.2f}",
            "EUR",
            probability,
            source,
            "Existing Business" if existing else "New Business",
            who.region,
            who.industry,
        )
        rows.append(row)
        if random.random() < 0.002:
            rows.append(row)
    return [row for row in rows if str(row[5]) >= start.isoformat()], won


def _customers(
    random: Generator, accounts: Sequence[_Account], won: dict[int, date], *, start: date, end: date
) -> list[tuple[object, ...]]:
    """Customers as rows; beyond the exported columns each carries its start, its end or None, and its revenue."""
    since = programme_start(end)
    begun = {a: day for a, day in won.items() if start <= day < end}
    before = [a for a in range(len(accounts)) if a not in won][:560]
    for account in before:
        begun[account] = start - timedelta(days=int(random.integers(1, 900)))
    rows: list[tuple[object, ...]] = []
    for number, (account, day) in enumerate(sorted(begun.items(), key=lambda item: (item[1], item[0]))):
        who = accounts[account]
        revenue = round(float(random.lognormal(6.6, 0.6)), 2)
        left = None
        month = day
        while month < end:
            hazard = CHURN_A_MONTH * (CHURN_CUT if month >= since else 1.0) * (1.15 if who.region == "South" else 0.9)
            if random.random() < hazard:
                left = month + timedelta(days=int(random.integers(0, 28)))
                break
            month = _months_on(month, 1)
        gone = left if left is not None and left < end else None
        plan = PLANS[0 if revenue < 500 else 1 if revenue < 1_100 else 2]
        rows.append(
            (
                f"C{number + 1:05d}",
                who.name,
                day.isoformat(),
                gone.isoformat() if gone else "",
                f"{revenue:.2f}",
                who.region,
                plan,
                day,
                gone,
                revenue,
            )
        )
    return rows


def _invoices(random: Generator, customers: Sequence[tuple[object, ...]], *, start: date, end: date) -> list[tuple[object, ...]]:
    """Monthly invoices, with slow growth within customers and a few cancellations."""
    rows: list[tuple[object, ...]] = []
    number = 100_000
    for customer in customers:
        day, gone, revenue = customer[7], customer[8], customer[9]
        if not isinstance(day, date) or not isinstance(revenue, float):
            raise TypeError("a generated customer has a start and a revenue")
        month = _first(max(day, start))
        while month < end and (not isinstance(gone, date) or month <= gone):
            if month >= day:
                number += 1
                revenue *= 1 + float(random.normal(0.002, 0.01))
                billed = month + timedelta(days=int(str(customer[0])[1:]) % 28)
                rows.append((f"R-{number}", customer[0], billed.isoformat(), f"{revenue:.2f}", "Paid", customer[5]))
                if random.random() < 0.004:
                    number += 1
                    rows.append(
                        (f"R-{number}", customer[0], (month + timedelta(days=9)).isoformat(), f"-{revenue:.2f}", "Cancelled", customer[5])
                    )
            month = _months_on(month, 1)
    return sorted(rows, key=lambda row: (str(row[2]), str(row[0])))


def _leads(random: Generator, *, start: date, end: date) -> list[tuple[object, ...]]:
    import numpy as np

    since = programme_start(end)
    days = (end - start).days
    rows: list[tuple[object, ...]] = []
    for number in range(9_000):
        # More leads come later, as the firm grows.
        offset = int(days * (1 - np.sqrt(1 - 0.75 * random.random())) / (1 - np.sqrt(0.25)))
        created = datetime.combine(start, datetime.min.time()) + timedelta(
            days=min(offset, days - 1), minutes=int(random.integers(480, 1_140))
        )
        source = str(random.choice(CHANNELS, p=(0.3, 0.2, 0.22, 0.12, 0.1, 0.06)))
        quick = 0.75 if created.date() >= since else 1.0
        wait = float(random.lognormal(5.4, 1.5)) * quick
        contacted = created + timedelta(minutes=wait) if random.random() < (0.8 if created.date() >= since else 0.74) else None
        chance = {"Referral": 0.11, "Organic Search": 0.07, "Direct": 0.06, "Paid Search": 0.045, "Email": 0.05, "Organic Social": 0.025}[
            source
        ]
        chance *= (1.06 if created.date() >= since else 1.0) * (1.3 if contacted is not None and wait < 60 else 1.0)
        bought = (
            created + timedelta(days=float(random.gamma(2.5, 16))) if contacted is not None and random.random() < chance * 1.3 else None
        )
        stop = datetime.combine(end, datetime.min.time())
        contacted = contacted if contacted is not None and contacted < stop else None
        bought = bought if bought is not None and bought < stop else None
        status = "Customer" if bought else "Connected" if contacted else "New"
        if contacted is not None and bought is None and random.random() < 0.5:
            status = "Unqualified"
        region = str(random.choice(REGIONS, p=(0.55, 0.45)))
        rows.append((8_100_000_000 + number, _minute(created), source, status, _minute(contacted), _minute(bought), region))
    return sorted(rows, key=lambda row: (str(row[1]), str(row[0])))


def _traffic(random: Generator, *, start: date, end: date) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    share = {"Organic Search": 210, "Direct": 150, "Paid Search": 120, "Referral": 60, "Email": 45, "Organic Social": 40}
    for offset in range((end - start).days):
        day = start + timedelta(days=offset)
        week = 0.45 if day.weekday() >= 5 else 1.0
        for channel in CHANNELS:
            sessions = int(random.poisson(share[channel] * week * (1 + GROWTH_A_MONTH) ** (offset / 30.4)))
            rows.append((day.strftime("%Y%m%d"), channel, sessions, int(sessions * 0.82), int(random.binomial(sessions, 0.021))))
    return rows


def _csv(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()


def _minute(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment is not None else ""


def _first(day: date) -> date:
    return day.replace(day=1)


def _months_on(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, min(day.day, 28))
