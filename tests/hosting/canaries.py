"""Words and amounts that stand nowhere but where they were planted, and the search for them in whatever a server gives out.

A word is a stem and five letters; all words of one organization have its stem, so that one look at each byte finds any of them. The
amounts of an organization are a thousand neighbours, so they are found however they are written.
"""

from __future__ import annotations

import io
import re
import struct
import subprocess
import zipfile
import zlib
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

LETTERS = "bcdfghjklmnprstvwxz"
AMOUNTS = 1_000
_SEPARATOR = rb"(?:[.,' ]|\xc2\xa0|\xe2\x80\xaf|\xe2\x80\x89|\xe2\x80\x99)?"
_NO_DIGIT: Final = rb"(?![0-9])"
_LONGEST_LAYER = 4
"""How deep files may lie in files."""


@dataclass
class Canaries:
    """What is planted for one organization.

    Parameters
    ----------
    stem
        Six letters that every word begins with.
    base
        The smallest amount, a multiple of 1,000 of seven digits; the amounts are the thousand from there on.
    planted
        word → where it stands.
    """

    stem: str
    base: int
    planted: dict[str, str] = field(default_factory=dict)

    def word(self, place: str) -> str:
        """A new word for a place; the same place twice gets two words."""
        number, code = len(self.planted), ""
        for _ in range(5):
            number, left = divmod(number, len(LETTERS))
            code += LETTERS[left]
        found = self.stem + code
        self.planted[found] = place
        return found

    def amount(self, number: int) -> int:
        """One of the amounts."""
        return self.base + number % AMOUNTS


@dataclass
class Found:
    """What was found of an organization's canaries: how often each, as it was written; and the bytes that were looked at, unpacked."""

    words: Counter[str] = field(default_factory=Counter)
    amounts: Counter[str] = field(default_factory=Counter)
    size: int = 0

    def __iadd__(self, other: Found) -> Self:
        self.words += other.words
        self.amounts += other.amounts
        self.size += other.size
        return self

    def __bool__(self) -> bool:
        return bool(self.words or self.amounts)


class Search:
    """The search for one organization's canaries in bytes of any kind."""

    def __init__(self, canaries: Canaries) -> None:
        stem, thousands = canaries.stem, str(canaries.base // 1_000)
        self._canaries = canaries
        self._known = {word.lower() for word in canaries.planted}
        self._word = re.compile(stem.encode() + rb"[a-z]{5}", re.IGNORECASE)
        self._wide = re.compile(b"".join(b"%c\x00" % one for one in stem.encode()) + rb"(?:[a-z]\x00){5}", re.IGNORECASE)
        # The stem as it stands in base64, from each of the three places where it can begin; its first and last sign are others' as well.
        parts = [b64encode(b"\0" * shift + stem.encode())[(0, 2, 3)[shift] : -2 or None].rstrip(b"=") for shift in range(3)]
        self._base64 = re.compile(b"|".join(re.escape(one[:7]) for one in parts))
        # 9,173,042 and 9.173.042,50 and 9173042; 9,173k; 9.17M
        first, rest = thousands[:1].encode(), thousands[1:].encode()
        whole = rb"(?<![0-9A-Za-z.])" + first + _SEPARATOR + rest + _SEPARATOR + rb"[0-9]{3}" + _NO_DIGIT
        short = rb"(?<![0-9A-Za-z.])" + first + _SEPARATOR + rest + rb"(?:[.,][0-9])?\s?[kK]\b"
        million = rb"(?<![0-9A-Za-z.])" + first + rb"[.,]" + rest[:2] + rb"[0-9]?\s?(?:M\b|m\b|Mio|million)"
        self._amount = re.compile(b"|".join((whole, short, million)))
        # The same as numbers of a table in memory: floating point, whole, and in hundredths as decimals are kept.
        values = [canaries.amount(one) for one in range(AMOUNTS)]
        self._float = self._ends({struct.pack("<d", one)[5:] for one in values}, before=5)
        self._whole = self._ends({struct.pack("<q", one)[2:] for one in values}, before=2)
        self._cents = self._ends({struct.pack("<q", one * 100 + cents)[3:] for one in values for cents in (0, 50, 99)}, before=3)
        self._thousand = range(canaries.base, canaries.base + AMOUNTS)

    @staticmethod
    def _ends(ends: set[bytes], *, before: int) -> re.Pattern[bytes]:
        return re.compile(b"(?=([\\x00-\\xff]{%d}(?:%s)))" % (before, b"|".join(re.escape(one) for one in sorted(ends))))

    def look(self, content: bytes) -> Found:
        """What stands in bytes, in every file that lies in them, and in the text of a PDF."""
        found = Found()
        for layer in layers(content):
            found.size += len(layer)
            for pattern, wide in ((self._word, 1), (self._wide, 2)):
                for hit in pattern.findall(layer):
                    word = hit[::wide].decode().lower()
                    # A word that was never planted would be chance, and chance is not what is looked for.
                    if word in self._known:
                        found.words[self._canaries.stem + word[len(self._canaries.stem) :]] += 1
            if (hidden := self._base64.search(layer)) is not None:
                found.words[f"base64 {hidden.group().decode()}"] += 1
            for hit in self._amount.findall(layer):
                found.amounts[hit.decode("utf-8", "replace")] += 1
            for pattern, form, divided in ((self._float, "<d", 1), (self._whole, "<q", 1), (self._cents, "<q", 100)):
                for match in pattern.finditer(layer):
                    value = struct.unpack(form, match.group(1))[0] / divided
                    if value in self._thousand or (divided == 100 and int(value) in self._thousand):
                        found.amounts[f"{form} {value}"] += 1
        return found

    def place(self, word: str) -> str:
        """Where a word that was found had been planted."""
        return self._canaries.planted.get(word, word)


def layers(content: bytes, *, depth: int = 0) -> Iterator[bytes]:
    """The bytes themselves, and those of every file that lies in them: archives, workbooks, compressed streams, tables, PDF."""
    yield content
    if depth >= _LONGEST_LAYER:
        return
    inner: list[bytes] = []
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inner = [archive.read(name) for name in archive.namelist()] + [name.encode() for name in archive.namelist()]
    elif content[:4] == b"PAR1":
        inner = [_as_text(pq.read_table(pa.BufferReader(content)))]
    elif content[:2] == b"\x1f\x8b":
        inner = [zlib.decompress(content, 31)]
    elif content[:5] == b"%PDF-":
        told = subprocess.run(["pdftotext", "-enc", "UTF-8", "-", "-"], input=content, capture_output=True, check=True).stdout
        # A word may be set in pieces.
        inner = [told, b"".join(told.split())]
    for one in inner:
        yield from layers(one, depth=depth + 1)


def _as_text(table: pa.Table) -> bytes:
    columns = [table.column_names, *(map(str, column.to_pylist()) for column in table.columns)]
    return "\n".join(one for column in columns for one in column).encode() + str(table.schema.metadata).encode()
