"""Random tables, written in random dialects, encodings, number and date formats, come back exactly, or as a question or a refusal.

A silent difference in one cell fails the test. Without `SCORECARD_CASES` it is 200 cases, always the same ones. The long run, which draws
others at each seed, is
``SCORECARD_CASES=10000 python -m pytest tests/ingest/test_round_trip.py --timeout=0 --hypothesis-seed=N --hypothesis-show-statistics``.
"""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow.parquet as pq
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from app.errors import AppError
from app.ingest import steps
from app.ingest.limits import Limits
from app.ingest.model import Answers
from app.ingest.opening import open_file
from app.ingest.raw import lines_reconcile
from app.ingest.values import NOTHING

CASES = int(os.environ.get("SCORECARD_CASES", "200"))

DATE_FORMATS = (
    "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%d-%b-%Y", "%Y%m%d", "%b %d, %Y", "%d-%m-%y",
    "%m/%d/%y", "%y-%m-%d", "%Y/%m/%d", "%d %b, %Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S.000+0000", "%d. {german} %Y", "%d {french} %Y",
    "%d de {spanish} de %Y", "{milliseconds}", "{serial}", "mixed",
)  # fmt: skip
MONTHS = {
    "german": ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"],
    "french": ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"],
    "spanish": [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
}
MIXED = ("%Y-%m-%d", "%d %b %Y", "%m/%d/%Y", "%d.%m.%Y")
STAGES = {"Won": "won", "Lost": "lost", "Negotiation": "open"}
ASCII = (
    "Acme",
    "North",
    "Ltd",
    "& Co",
    "42",
    "a-b",
    "O'Neill",
    "(new)",
    "50%",
    "AG/SA",
    "=1+1",
    'The "Best"',
    "x_y",
    "No. 7",
    "NULL",
    "None",
)
WORDS = {
    "cp1252": (
        "Müller",
        "Söhne",
        "Straße",
        "Société",
        "Générale",
        "forêt",
        "Peña",
        "Núñez",
        "São",
        "Conceição",
        "Ærø",
        "Åse",
        "naïve",
        "d’été",
    ),
    "utf-8": ("Müller", "Żółć", "Dvořák", "Компания", "株式会社", "北京", "삼성", "naïve", "😀 Ltd", "Ελλάδα", "d’été", "שלום"),
    "utf-8-sig": ("Müller", "Żółć", "Компания", "東京"),
    "utf-16": ("Müller", "Żółć", "Компания", "東京", "😀"),
    "utf-32": ("Müller", "Żółć", "Компания", "東京"),
    "cp1250": ("Łódź", "Kraków", "żółć", "Škoda", "Plzeň", "Dvořák", "Kőszeg", "Győr", "Žilina"),
    "cp1251": ("Компания", "Ромашка", "Вектор", "Москва", "Юг", "№ 7"),
    "mac_roman": ("Müller", "Café", "Niño", "Zürich", "Crème"),
    "cp850": ("Müller", "Café", "Niño", "Größe"),
    "shift_jis": ("株式会社", "東京", "テスト", "かな", "日本ソフト"),
    "gb18030": ("中国移动", "有限公司", "北京", "上海"),
}
"""Words that people write in each encoding. Random bytes are no test of it: two code pages cannot be told apart by noise."""


@dataclass(frozen=True)
class Case:
    """A table and how it is written."""

    rows: tuple[tuple[str, str, str, date, Decimal, str], ...]
    encoding: str
    delimiter: str
    line_end: str
    quote_all: bool
    date_format: str
    thousands: str
    decimal: str
    sign: str
    minus: str
    preamble: bool
    footer: bool
    escape: bool


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A random case."""
    encoding = draw(st.sampled_from(sorted(WORDS)))
    text = st.lists(st.sampled_from((*ASCII, *WORDS[encoding])), min_size=1, max_size=4).map(" ".join)
    first = draw(st.dates(date(2019, 1, 1), date(2025, 6, 1)))
    number = draw(st.integers(1, 40))
    rows = tuple(
        (
            f"D{n:04d}",
            draw(text),
            draw(st.sampled_from(sorted(STAGES))),
            first + timedelta(days=draw(st.integers(0, 400))),
            draw(st.decimals(Decimal("-99999"), Decimal("9999999"), places=2)),
            draw(text),
        )
        for n in range(number)
    )
    decimal = draw(st.sampled_from([".", ","]))
    thousands = draw(st.sampled_from(["", ".", " ", "'"] if decimal == "," else ["", ",", "'", " "]))
    written_months = [f for f in DATE_FORMATS if not ("{" in f and encoding in ("cp1250", "cp1251", "shift_jis", "gb18030"))]
    return Case(
        rows=rows,
        encoding=encoding,
        delimiter=draw(st.sampled_from([",", ";", "\t", "|", " "])),
        line_end=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        quote_all=draw(st.booleans()),
        date_format=draw(st.sampled_from(written_months)),
        thousands=thousands,
        decimal=decimal,
        sign=draw(st.sampled_from(["", "", "$", "€ ", "EUR ", "mixed"])) if encoding in ("utf-8", "cp1252") else "",
        minus=draw(st.sampled_from(["-{}", "({})", "{}-"])),
        preamble=draw(st.booleans()),
        footer=draw(st.booleans()),
        escape=draw(st.integers(0, 9)) == 0,
    )


def written(case: Case) -> bytes:
    """The case as a file."""
    out = io.StringIO(newline="")
    writer = csv.writer(
        out,
        delimiter=case.delimiter,
        lineterminator=case.line_end,
        quoting=csv.QUOTE_ALL if case.quote_all else csv.QUOTE_MINIMAL,
        doublequote=not case.escape,
        escapechar="\\" if case.escape else None,
    )
    if case.preamble:
        out.write(f"Deals of the year{case.line_end}{case.line_end}")
    writer.writerow(["Deal ID", "Account", "Stage", "Close Date", "Amount", "Region"])
    for id_, account, stage, closed, amount, region in case.rows:
        writer.writerow([id_, account, stage, date_text(closed, case), number_text(amount, case), region])
    if case.footer:
        writer.writerow([f"Grand Totals ({len(case.rows)} records)", "", "", "", "", ""])
        out.write(f"{case.line_end}Copyright (c) 2000-2024 salesforce.com, inc. All rights reserved.{case.line_end}")
    return out.getvalue().encode(case.encoding)


def number_text(amount: Decimal, case: Case) -> str:
    """The amount with the marks, the currency and the minus of the case."""
    whole, _, cents = f"{abs(amount):,.2f}".partition(".")
    text = whole.replace(",", case.thousands) + case.decimal + cents
    sign = case.sign if case.sign != "mixed" else ("EUR ", "USD ")[int(amount) % 2]
    text = sign + text
    return case.minus.format(text) if amount < 0 else text


def date_text(day: date, case: Case) -> str:
    """The day in the format of the case."""
    if case.date_format == "{milliseconds}":
        return str(int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000)
    if case.date_format == "{serial}":
        return str((day - date(1899, 12, 30)).days)
    form = MIXED[day.toordinal() % len(MIXED)] if case.date_format == "mixed" else case.date_format
    return day.strftime(form.format(**{language: names[day.month - 1] for language, names in MONTHS.items()}))


@settings(
    max_examples=CASES,
    deadline=None,
    derandomize="SCORECARD_CASES" not in os.environ,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(cases())
def test_what_was_written_is_what_is_read_or_asked_or_refused(case: Case) -> None:
    data = written(case)
    try:
        raw = open_file(data, name="deals.csv", answers=Answers(), limits=Limits())
        assert lines_reconcile(raw)
        inspection = steps.inspect(raw, Answers())
        if inspection.questions or inspection.table is None:
            event(f"question: {inspection.questions[0].kind if inspection.questions else 'which table'}")
            return
        typed = steps.read(raw, Answers())
    except AppError:
        event("refused")
        return
    assert inspection.table == "deal"
    receipt = typed.receipt
    assert receipt.rows_read == receipt.rows_used + sum(item.count for item in receipt.set_aside)
    rows = pq.read_table(io.BytesIO(typed.parquet)).to_pylist()
    aside = sum(item.count for item in receipt.set_aside)
    event("rows set aside" if aside else "read")
    assert len(rows) + aside == len(case.rows)
    told = {change.column for change in receipt.changed if "could not be read" in change.what}
    for name in sorted(told):
        event(f"cells of {name} could not be read, and the receipt says so")
    segments = {segment.heading: segment.name for segment in typed.info.segments}
    mapped = dict(receipt.mapping)
    written_rows = {row[0]: row for row in case.rows}
    for row in rows:
        _, account, stage, closed, amount, region = written_rows[row["id"]]
        assert row["outcome"] == STAGES[stage]
        if not (row["amount"] is None and ("amount" not in mapped or "Amount" in told)):
            assert row["amount"] == amount
        if STAGES[stage] == "open":
            assert row["closed"] is None
        elif not (row["closed"] is None and ("closed" not in mapped or "Close Date" in told)):
            assert row["closed"] == datetime(closed.year, closed.month, closed.day)
        if "account" in mapped:
            assert row["account"] == _answer(account)
        if "Region" in segments:
            assert row[segments["Region"]] == _answer(region)


def _answer(text: str) -> str | None:
    return None if text.lower() in NOTHING else text
