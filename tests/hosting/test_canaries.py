"""The search for canaries finds them however they are written or packed, and nothing else."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from base64 import b64encode
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.report.typeset import pdf
from tests.hosting.canaries import Canaries, Search
from tests.hosting.canary import SABOTAGES
from tests.hosting.site import ROOT
from tests.report.test_typeset import report

CANARIES = Canaries("Qvarza", 9_173_000)
WORD = CANARIES.word("a cell")


def packed(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", text * 50)
    return out.getvalue()


def parquet(**columns: list[object]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, compression="zstd")
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        WORD.encode(),
        f"x{WORD.upper()}y".encode(),
        WORD.encode("utf-16le"),
        gzip.compress(WORD.encode()),
        packed(WORD),
        parquet(a=[WORD]),
        *(b64encode(b"." * shift + WORD.encode()) for shift in range(3)),
    ],
    ids=["plain", "capitals", "UTF-16", "gzip", "ZIP", "Parquet", "Base64", "Base64 from the second byte", "Base64 from the third byte"],
)
def test_a_word_is_found(content: bytes) -> None:
    found = Search(CANARIES).look(content)
    assert sum(found.words.values()) > 0
    assert not Search(Canaries("Qvelto", 9_186_000)).look(content)


@pytest.mark.parametrize(
    "content",
    [
        *(
            one.encode()
            for one in (
                "9173042",
                "9,173,042.50",
                "9.173.042,50",
                "9 173 042",
                "9\u202f173\u202f042",
                "9'173'042",
                "€9,173k",
                "9.17M",
                "9173042EUR",
            )
        ),
        *(one.encode() for one in ('{"y":9173042.0}', "9,17 Mio")),
        struct.pack("<d", 9_173_042.0),
        b"." + struct.pack("<q", 9_173_042),
        pa.array([Decimal("9173042.50")]).buffers()[1].to_pybytes(),
        parquet(a=[9_173_042.5]),
    ],
)
def test_an_amount_is_found(content: bytes) -> None:
    found = Search(CANARIES).look(content)
    assert sum(found.amounts.values()) > 0
    assert not Search(Canaries("Qvelto", 9_186_000)).look(content)


def test_nothing_else_is_found() -> None:
    search = Search(CANARIES)
    assert not search.look(bytes(range(256)) * 1_000 + b"9174042 19173042 9173 Qvarza Qvarzabbbbc 91730420 a9173042f 9173042f")
    assert search.place(WORD) == "a cell"


def test_the_text_of_a_report_is_looked_at() -> None:
    made = pdf(report(f"All about {WORD}"))
    # In the clear stands only what the file says of itself, such as its outline.
    assert Search(CANARIES).look(made).words[WORD] > made.count(WORD.encode()) + 20


@pytest.mark.parametrize("name", sorted(SABOTAGES))
def test_every_defence_that_can_be_taken_out_is_there(name: str) -> None:
    for file, changes in SABOTAGES[name].changes.items():
        text = (ROOT / file).read_text(encoding="utf-8")
        assert [old for old, _ in changes if old not in text] == []
