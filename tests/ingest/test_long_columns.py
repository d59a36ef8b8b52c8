"""The short ways that long files take end where the long ways end."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.ingest import column, column_bytes, delimited, fields, scan, steps
from app.ingest.limits import Limits
from app.ingest.model import Answers, Inspection, Receipt
from app.ingest.opening import open_file

HEAD = "Deal ID,Deal Name,Stage,Close Date,Create Date,Amount,Region,Notes"


def rows(number: int) -> list[list[str]]:
    """Deals with everything that the short ways must not pass over: blanks, signs for nothing, spaces, repeated and damaged ids."""
    said = random.Random(7)
    made = []
    for place in range(number):
        id_ = said.choice([f"D{place:05}", f"D{place:05}", f" D{place:05} ", "NULL", "", f"D{said.randrange(number):05}"])
        amount = said.choice([f"{said.randrange(10**6) / 100:.2f}", f"{said.randrange(10**4)}", "-", "", "N/A", f"{place}.1234", "-12.5"])
        name = said.choice([f"Deal {place}", f"  Deal {place}", "None", "n/a", "", f"Ürün {place}"])
        closed = f"2025-{said.randint(1, 12):02}-{said.randint(1, 28):02}"
        outcome = said.choice(["Closed Won", "Closed Lost"])
        made.append([id_, name, outcome, closed, "2024-12-01", amount, said.choice(["North", "South", "-", "Select"]), ""])
    made += [["", "", "", "", "", amount, "", ""] for amount in ("11", "5")]
    return [
        *made,
        ["2.41E+18", "Damaged", "Closed Won", "2025-03-04", "2024-12-01", "7.50", "North", ""],
        ["Total", *[""] * 4, "99.00", "", ""],
    ]


def imported() -> tuple[tuple[int, int], Inspection, Receipt, list[dict[str, Any]], bytes]:
    text = "\n".join([HEAD, *(",".join(row) for row in rows(3_000))])
    raw = open_file(text.encode(), name="deals.csv", answers=Answers(), limits=Limits())
    inspection = steps.inspect(raw, Answers())
    typed = steps.read(raw, Answers())
    coded = sum(pa.types.is_dictionary(column.type) for column in raw.cells.columns)
    return (
        (coded, sum(one.places is None for one in raw.known["columns"])),
        replace(inspection, columns=tuple(replace(one, distinct=0) for one in inspection.columns)),
        typed.receipt,
        pq.read_table(io.BytesIO(typed.parquet)).to_pylist(),
        typed.rejected_csv,
    )


def test_columns_of_different_values_are_read_as_others_are(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, *expected = imported()
    for module in (column, column_bytes, delimited):
        monkeypatch.setattr(module, "MANY", 1)
    monkeypatch.setattr(column_bytes, "_OWN_VALUES", 0.3)
    held, *found = imported()
    # Of eight columns five are held as codes of their words, and three cell by cell.
    assert (plain, held) == ((0, 0), (5, 3))
    assert found == expected


@pytest.mark.parametrize("chunk", [1, 7, 64, 65, 200])
def test_records_are_found_whatever_piece_they_stand_in(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(scan, "_CHUNK", chunk)
    said = random.Random(chunk)
    cells = {'"a,b"': "a,b", '"say ""yes"""': 'say "yes"', '"two\nlines"': "two\nlines", "plain": "plain", "": "", '""': "", "12": "12"}
    for end in ("\n", "\r\n", "\r"):
        table = [[said.choice(list(cells)) for _ in range(4)] for _ in range(said.randint(1, 40))]
        text = end.join(",".join(cell.replace("\n", end) for cell in row) for row in table).encode()
        found_at = scan.scan_text(text, b'"', (b",",))
        found = [
            fields.split_record(text[start:stop], fields.Dialect(b",", b'"'))
            for start, stop in zip(found_at.start, found_at.end, strict=True)
        ]
        assert found == [[cells[cell].replace("\n", end).encode() for cell in row] for row in table]
        assert (found_at.fields[b","].tolist(), found_at.regular) == ([4] * len(table), {b",": True})
        assert np.diff(found_at.line).tolist() == [1 + sum("\n" in cell for cell in row) for row in table]
