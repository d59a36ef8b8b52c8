"""A German export of a system nobody has catalogued: kind, numbers, totals, stage words, and columns made from the result."""

from __future__ import annotations

import pytest

from app.ingest.limits import Limits
from app.ingest.model import AmountCheck, Answers
from app.ingest.opening import open_file
from app.ingest.raw import RawTable
from app.ingest.steps import inspect, read
from tests.ingest.files import csv_of

HEAD = (
    "Vorgangsnr.;Verkaufschance;Verantwortlich;Region;Phase;Betrag (€);"
    "Gewichteter Betrag (€);Wahrsch. %;Angelegt am;Erw. Abschluss;Abgeschlossen am"
)
STAGES = (("Verloren", "0"), ("Gewonnen", "100"), ("Storniert", "0"), ("Angebot", "40"), ("Verhandlung", "70"))
ANSWERS = Answers(stages={"Gewonnen": "won", "Verloren": "lost", "Storniert": "no_decision"})


def export(*, name: str = "Verkaufschancen_Export.csv", foot: str = "Gesamt: 60 Datensätze;;;;;60.000,00;9.000,00;;;;") -> RawTable:
    """Sixty deals of 1.000 euro; the last two repeat the first two, one of them with another region."""
    lines = ["Verkaufschancen – Gesamtliste (Stand: 15.10.2025);;;;;;;;;;", "", HEAD]
    for number in range(60):
        stage, likely = STAGES[number % 5]
        which = number - 58 if number >= 58 else number
        stage, likely = STAGES[which % 5]
        region = "Ost" if number == 58 else ("Nord", "Süd")[which % 2]
        closed = f"{which % 28 + 1:02d}.05.2025" if stage in ("Gewonnen", "Verloren", "Storniert") else ""
        lines.append(
            f"VC-{which};Firma {which} – Wartung;a.b{which % 3}@firma.de;{region};{stage};1.000,00;{10 * int(likely)},00;{likely};"
            f"{which % 28 + 1:02d}.01.2025;30.06.2025;{closed}"
        )
    return open_file("\r\n".join([*lines, foot, ""]).encode("cp1252"), name=name, answers=Answers(), limits=Limits())


@pytest.mark.parametrize("name", ["Verkaufschancen_Export.csv", "deals.csv", "export.csv", "Kunden.csv", "Rechnungen 2025.csv"])
def test_whatever_the_file_is_called_it_is_the_same_kind(name: str) -> None:
    found = inspect(export(name=name), Answers())
    assert (found.table, found.table_reason) == ("deal", "Deals: the columns fit.")
    assert {c.field: c.heading for c in found.columns if c.field} == {
        "id": "Vorgangsnr.", "name": "Verkaufschance", "owner": "Verantwortlich", "stage": "Phase", "amount": "Betrag (€)",
        "created": "Angelegt am", "expected_close": "Erw. Abschluss", "closed": "Abgeschlossen am",
    }  # fmt: skip


def test_what_is_made_of_the_result_is_no_group() -> None:
    assert [c.heading for c in inspect(export(), Answers()).columns if c.role == "segment"] == ["Region"]


def test_stage_words_that_are_asked_about_come_with_what_they_probably_mean() -> None:
    found = inspect(export(), Answers())
    assert [(q.answer_key, q.proposed) for q in found.questions] == [
        ("Gewonnen", "won"), ("Verloren", "lost"), ("Storniert", "no_decision"),
    ]  # fmt: skip
    assert {word.word: word.outcome for word in found.stages if word.outcome} == {"Angebot": "open", "Verhandlung": "open"}


@pytest.mark.parametrize(
    ("foot", "apart"),
    [
        ("Gesamt: 60 Datensätze;;;;;60.000,00;9.000,00;;;;", 0),
        ("Summe;;;;;60.000,00 €;;;;;", 0),
        (";;;;;60.000,00;9.000,00;;;;", 1),
        (";;;Summe;;60.000,00;9.000,00;;;;", 0),
        ("Stand heute;;;;;60.000,00;;;;;", 1),
    ],
)
def test_a_total_under_the_table_is_in_no_sum(foot: str, apart: int) -> None:
    receipt = read(export(foot=foot), ANSWERS).receipt
    assert receipt.amounts == AmountCheck("Betrag (€)", "EUR", "60000.0000", "58000.0000", "2000.0000")
    assert [(s.code, s.count) for s in receipt.set_aside] == sorted(
        [("duplicate", 1), ("older_version", 1), *([("total", apart)] if apart else [])], key=lambda pair: pair[0]
    )
    assert (receipt.rows_read, receipt.rows_used) == (60 + apart, 58)


def test_subtotals_between_the_rows_are_in_no_sum() -> None:
    head = ["Deal ID", "Account", "Stage", "Amount", "Close Date", "Created Date"]
    rows = [[str(n), f"Firm {n}", ("Won", "Lost")[n % 2], "10", "2024-02-03", "2024-01-02"] for n in range(12)]
    rows.insert(6, ["", "Subtotal", "", "60", "", ""])
    receipt = read(csv_of(head, *rows), Answers()).receipt
    assert [(s.code, s.count, s.rows) for s in receipt.set_aside] == [("total", 1, (8,))]
    assert receipt.amounts == AmountCheck("Amount", None, "120.0000", "120.0000", "0.0000")


def test_the_last_deal_may_be_as_large_as_all_others() -> None:
    head = ["Deal ID", "Account", "Stage", "Amount", "Close Date", "Created Date"]
    rows = [
        [str(n), f"Firm {n}", ("Won", "Lost")[n % 2], amount, "2024-02-03", "2024-01-02"] for n, amount in enumerate(("1", "2", "3", "6"))
    ]
    assert read(csv_of(head, *rows), Answers()).receipt.rows_used == 4


@pytest.mark.parametrize(
    ("heading", "field"),
    [("Vorgangs-Nr.", "id"), ("Angebotsnummer", "id"), ("Numéro", "id"), ("Ref", "id"), ("Kundennr.", None), ("Telefonnummer", None)],
)
def test_the_number_of_the_deal_is_its_id_and_others_are_not(heading: str, field: str | None) -> None:
    head = [heading, "Account", "Stage", "Amount", "Close Date"]
    rows = [[f"A{100 + n // 2 * 2 if n < 4 else 100 + n}", f"Firm {n % 7}", ("Won", "Lost")[n % 2], "10", "2024-02-03"] for n in range(40)]
    found = inspect(csv_of(head, *rows), Answers())
    assert next(c.field for c in found.columns if c.heading == heading) == field
    hint = "No column holds the deal's id"
    assert any(line.startswith(hint) for line in found.missing) == (field is None)


@pytest.mark.parametrize("head", ["Rechnungsnummer", "Rechnungsnr.", "Rechnungs-Nr.", "Fakturanummer"])
@pytest.mark.parametrize("number", ["RE-{}", "2024{}"])
def test_invoices_that_are_called_so_are_recognised(head: str, number: str) -> None:
    rows = [[number.format(1000 + n), f"{n % 28 + 1:02d}.03.2024", f"Firma {n % 5}", f"1.{n:03d},50", "bezahlt"] for n in range(40)]
    raw = csv_of([head, "Rechnungsdatum", "Rechnungsempfänger", "Nettobetrag", "Status"], *rows, name="export.csv")
    found = inspect(raw, Answers())
    assert (found.table, found.questions) == ("revenue_line", ())
    assert {c.field: c.heading for c in found.columns if c.field} == {
        "id": head, "date": "Rechnungsdatum", "customer": "Rechnungsempfänger", "amount": "Nettobetrag", "status": "Status",
    }  # fmt: skip
    assert read(raw, Answers()).receipt.amounts == AmountCheck("Nettobetrag", None, "40800.0000", "40800.0000", "0.0000")


def test_numbers_of_any_other_document_are_asked_about() -> None:
    rows = [[f"{1000 + n}", f"{n % 28 + 1:02d}.03.2024", f"Firma {n % 5}", f"1.{n:03d},50"] for n in range(40)]
    for head in ("Belegnummer", "Angebotsnummer", "Auftragsnummer"):
        found = inspect(csv_of([head, "Datum", "Kunde", "Betrag"], *rows, name="export.csv"), Answers())
        assert (found.table, [question.kind for question in found.questions]) == (None, ["table"])
