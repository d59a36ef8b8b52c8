"""Random tables, written in random dialects, encodings, number and date formats, come back exactly, or as a question or a refusal.

The number of cases is `SCORECARD_CASES` (200 unless told). A silent difference in one cell fails the test.
"""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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

CASES = int(os.environ.get("SCORECARD_CASES", "200"))

DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%d-%b-%Y", "%Y%m%d", "%b %d, %Y")
STAGES = {"Won": "won", "Lost": "lost", "Negotiation": "open"}
ASCII = ("Acme", "North", "Ltd", "& Co", "42", "a-b", "O'Neill", "(new)", "50%", "AG/SA", "=1+1", "x_y", "No. 7", "NULL", "None")
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
    preamble: bool


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
            draw(st.decimals(Decimal("0.01"), Decimal("9999999"), places=2)),
            draw(text),
        )
        for n in range(number)
    )
    decimal = draw(st.sampled_from([".", ","]))
    thousands = draw(st.sampled_from(["", "."] if decimal == "," else ["", ",", "'"]))
    return Case(
        rows=rows,
        encoding=encoding,
        delimiter=draw(st.sampled_from([",", ";", "\t", "|"])),
        line_end=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        quote_all=draw(st.booleans()),
        date_format=draw(st.sampled_from(DATE_FORMATS)),
        thousands=thousands,
        decimal=decimal,
        sign=draw(st.sampled_from(["", "", "$", "€ "])) if encoding in ("utf-8", "cp1252") else "",
        preamble=draw(st.booleans()),
    )


def written(case: Case) -> bytes:
    """The case as a file."""
    out = io.StringIO(newline="")
    writer = csv.writer(
        out, delimiter=case.delimiter, lineterminator=case.line_end, quoting=csv.QUOTE_ALL if case.quote_all else csv.QUOTE_MINIMAL
    )
    if case.preamble:
        out.write(f"Deals of the year{case.line_end}{case.line_end}")
    writer.writerow(["Deal ID", "Account", "Stage", "Close Date", "Amount", "Region"])
    for id_, account, stage, closed, amount, region in case.rows:
        writer.writerow([id_, account, stage, closed.strftime(case.date_format), case.sign + number_text(amount, case), region])
    return out.getvalue().encode(case.encoding)


def number_text(amount: Decimal, case: Case) -> str:
    """The amount with the marks of the case."""
    whole, _, cents = f"{amount:,.2f}".partition(".")
    return whole.replace(",", case.thousands) + case.decimal + cents


@settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
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
    aside = {row for item in receipt.set_aside for row in item.rows}
    if aside:
        event("rows set aside")
        return
    event("read")
    assert len(rows) == len(case.rows)
    segments = {segment.heading: segment.name for segment in typed.info.segments}
    for row, (id_, account, stage, closed, amount, region) in zip(rows, case.rows, strict=True):
        assert row["id"] == id_
        assert row["outcome"] == STAGES[stage]
        if row["amount"] is not None or "Amount" in {heading for _, heading in receipt.mapping}:
            assert row["amount"] == amount
        if STAGES[stage] != "open":
            assert row["closed"] == datetime(closed.year, closed.month, closed.day)
        if ("account", "Account") in receipt.mapping:
            assert row["account"] == account
        if "Region" in segments:
            assert row[segments["Region"]] == region
