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
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

LETTERS = "bcdfghjklmnprstvwxz"
AMOUNTS = 1_000
_SEPARATOR = rb"(?:[.,' ]|\xc2\xa0|\xe2\x80\xaf|\xe2\x80\x89|\xe2\x80\x99)?"
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

    def __add__(self, other: Found) -> Found:
        return Found(self.words + other.words, self.amounts + other.amounts, self.size + other.size)

    def __bool__(self) -> bool:
        return bool(self.words or self.amounts)


class Search:
    """The search for one organization's canaries in bytes of any kind."""

    def __init__(self, canaries: Canaries) -> None:
        stem, thousands = canaries.stem, str(canaries.base // 1_000)
        self._canaries = canaries
        self._known = {word.lower(): word for word in canaries.planted}
        self._stem = stem.lower().encode()
        self._wide_stem = b"".join(b"%c\x00" % one for one in self._stem)
        # The stem as it stands in base64, from each of the three places where it can begin, without the signs that hold others' bits.
        self._base64 = [b64encode(b"\0" * shift + stem.encode())[(0, 2, 3)[shift] :][:7] for shift in range(3)]
        # 9,173,042 and 9.173.042,50 and 9173042; 9,173k; 9.17M
        first, rest = thousands[:1].encode(), thousands[1:].encode()
        # Not what a hash begins with: among the hundred thousand of a large run one begins so by chance.
        whole = _SEPARATOR + rest + _SEPARATOR + rb"[0-9]{3}(?![0-9a-f])"
        short = _SEPARATOR + rest + rb"(?:[.,][0-9])?\s?[kK]\b"
        million = rb"[.,]" + rest[:2] + rb"[0-9]?\s?(?:M\b|m\b|Mio|million)"
        self._amount = re.compile(first + b"(?:" + b"|".join((whole, short, million)) + b")")
        # The same as numbers of a table in memory: floating point, whole, and in hundredths as decimals are kept. All end alike.
        values = [canaries.amount(one) for one in range(AMOUNTS)]
        self._ends = (
            ("<d", 1, {struct.pack("<d", one)[5:] for one in values}),
            ("<q", 1, {struct.pack("<q", one)[2:] for one in values}),
            ("<q", 100, {struct.pack("<q", one * 100 + cents)[3:] for one in values for cents in (0, 50, 99)}),
        )
        self._thousand = range(canaries.base, canaries.base + AMOUNTS)

    def look(self, content: bytes) -> Found:
        """What stands in bytes, in every file that lies in them, and in the text of a PDF."""
        found = Found()
        for layer in layers(content):
            found.size += len(layer)
            small = layer.lower()
            for stem, step in ((self._stem, 1), (self._wide_stem, 2)):
                for place in _places(small, stem):
                    word = small[place : place + (len(self._stem) + 5) * step : step].decode("latin-1")
                    # A word that was never planted would be chance, and chance is not what is looked for.
                    if word in self._known:
                        found.words[self._known[word]] += 1
            for hidden in self._base64:
                if hidden in layer:
                    found.words[f"base64 {hidden.decode()}"] += 1
            for match in self._amount.finditer(layer):
                if not layer[max(match.start() - 1, 0) : match.start()].isalnum() and layer[match.start() - 1 : match.start()] != b".":
                    found.amounts[match.group().decode("utf-8", "replace")] += 1
            for form, divided, ends in self._ends:
                for end in ends:
                    for place in _places(layer, end):
                        eight = layer[max(place + len(end) - 8, 0) : place + len(end)]
                        value = struct.unpack(form, eight)[0] / divided if len(eight) == 8 else 0.0
                        if int(value) in self._thousand and (value * 100).is_integer():
                            found.amounts[f"{form} {value}"] += 1
        return found

    def place(self, word: str) -> str:
        """Where a word that was found had been planted."""
        return self._canaries.planted.get(word, word)


def _places(content: bytes, part: bytes) -> Iterator[int]:
    place = content.find(part)
    while place >= 0:
        yield place
        place = content.find(part, place + 1)


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
