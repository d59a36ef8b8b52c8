"""Exports as people make them: what a manager reads about them says what is wrong with the numbers, and nothing is lost in silence."""

from __future__ import annotations

import pytest

from app.ingest.currencies import heading_scale
from app.ingest.limits import Limits
from app.ingest.model import Answers
from app.ingest.opening import open_file
from app.ingest.steps import inspect, read
from tests.ingest.files import csv_of

TWO_LINES = (
    "<table><tr><th rowspan=2>Deal No</th><th colspan=2>Dates</th><th rowspan=2>Result</th><th rowspan=2>Net value (kEUR)</th></tr>"
    "<tr><th>Opened</th><th>Closed</th></tr>"
    + "".join(
        f"<tr><td>N-{n}</td><td>{n + 13:02}.02.2025</td><td>{n + 13:02}.03.2025</td><td>{('lost', 'won')[n % 2]}</td><td>{n}.5</td></tr>"
        for n in range(8)
    )
    + "</table>"
)


def test_names_of_two_lines_are_put_together() -> None:
    raw = open_file(TWO_LINES.encode(), name="sales.xls", answers=Answers(), limits=Limits())
    assert raw.headings == ("Deal No", "Dates Opened", "Dates Closed", "Result", "Net value (kEUR)")
    assert {column.field: column.heading for column in inspect(raw, Answers()).columns} == {
        "id": "Deal No", "created": "Dates Opened", "closed": "Dates Closed", "stage": "Result", "amount": "Net value (kEUR)",
    }  # fmt: skip


def test_units_below_the_names_stay_below_them() -> None:
    rows = [[f"D{n}", "won" if n % 2 else "lost", f"2025-01-{n + 10}", f"{n}.50"] for n in range(6)]
    raw = csv_of(["Deal ID", "Result", "Close Date", "Amount"], ["", "", "yyyy-mm-dd", "EUR"], *rows)
    assert (raw.headings, raw.cells.num_rows) == (("Deal ID", "Result", "Close Date", "Amount"), 6)


def test_amounts_in_thousands_are_told() -> None:
    raw = open_file(TWO_LINES.encode(), name="sales.xls", answers=Answers(), limits=Limits())
    said = "“Net value (kEUR)” seems to count in thousands. The amounts are kept as they are written, so every sum is in thousands as well."
    assert said in inspect(raw, Answers()).notes
    assert said in read(raw, Answers()).receipt.warnings


@pytest.mark.parametrize(
    ("heading", "scale"),
    [
        ("Amount (k€)", "thousands"), ("Umsatz in Tsd. €", "thousands"), ("Revenue, $k", "thousands"), ("TEUR", "thousands"),
        ("Value ('000s)", "thousands"), ("Montant (milliers €)", "thousands"), ("Wert Mio. EUR", "millions"), ("ARR $M", "millions"),
        ("Amount", None), ("Amount EUR", None), ("Market value", None), ("Task amount", None), ("Betrag netto EUR", None),
    ],
)  # fmt: skip
def test_what_a_heading_counts_in(heading: str, scale: str | None) -> None:
    assert heading_scale(heading) == scale


def test_a_column_of_spoilt_dates_is_told() -> None:
    created = ["01-May", "May-20", "20/05/2025"]
    raw = csv_of(["Lead ID", "Company", "Status", "Created"], *([f"L{n}", f"C{n}", "Open", created[n % 3]] for n in range(12)))
    assert [note for note in inspect(raw, Answers(table="lead")).notes if "Created" in note] == [
        "“Created” is named like “Created on” but was not used. Only 33% of the cells look like it (not “01-May”). "
        "Correct them in the export, or choose the column yourself: cells that cannot be read become blank."
    ]


def test_names_that_stand_once_above_their_group_are_told() -> None:
    rows = [
        [f"D{n}", "Ann" if n == 0 else "Ben" if n == 6 else "", "Closed Won" if n % 2 else "Closed Lost", f"2025-01-{n + 10}"]
        for n in range(12)
    ]
    notes = inspect(csv_of(["Deal ID", "Deal owner", "Deal Stage", "Close Date"], *rows), Answers()).notes
    assert notes[0] == (
        "“Deal owner” is filled in 2 of 12 rows: each name seems to stand once, above its group. Export the details only, so that each "
        "row has its own; otherwise what is compared by it misses most rows."
    )


def test_german_headings_of_customers() -> None:
    head = ["Kunde", "Kundennr", "Seit", "Gekündigt zum", "MRR", "Segment"]
    rows = [[f"Firma {n}", f"K{n}", f"{n + 13}.01.23", "" if n % 3 else f"{n + 13}.02.24", f"{n},00 €", "AB"[n % 2]] for n in range(9)]
    found = inspect(csv_of(head, *rows), Answers())
    assert (found.table, {column.field: column.heading for column in found.columns if column.field}) == (
        "customer",
        {"name": "Kunde", "id": "Kundennr", "started": "Seit", "churned": "Gekündigt zum", "revenue": "MRR"},
    )
