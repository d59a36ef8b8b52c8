"""The fields of one record or line, with the quotes around them taken off: strictly, or leniently where quotes are stray."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Dialect:
    """One byte between fields (b"" for a single column) and one around them (b"" when there is none)."""

    delimiter: bytes
    quote: bytes


@cache
def strict_record(dialect: Dialect) -> re.Pattern[bytes]:
    """The pattern of a record whose quotes are all right; it may span lines."""
    d, q = re.escape(dialect.delimiter), re.escape(dialect.quote)
    cell = rb"(?:Q[^Q]*(?:QQ[^Q]*)*Q(?=D|\r|\n|\Z)|[^QD\r\n]*)".replace(b"Q", q).replace(b"D", d)
    return re.compile(rb"%b(?:%b%b)*(?=\r|\n|\Z)" % (cell, d, cell))


@cache
def _field(dialect: Dialect, *, lenient: bool, padded: bool) -> re.Pattern[bytes]:
    d, q = re.escape(dialect.delimiter), re.escape(dialect.quote)
    # Possessive groups go wrong before Python 3.11.5. At each place only one way leads on, so none is needed.
    within = rb"Q(?:Q|(?![QD]|\Z))" if lenient else rb"QQ"
    pad = rb"\x20*" if padded else b""
    pattern = rb"(?:" + pad + rb"Q([^Q]*(?:" + within + rb"[^Q]*)*)Q(?=D|\Z)|([^D]*))(D|\Z)"
    return re.compile(pattern.replace(b"Q", q).replace(b"D", d))


def split_record(piece: bytes, dialect: Dialect) -> list[bytes]:
    """The fields of one whole record, which may span lines inside quotes."""
    if not dialect.quote or dialect.quote not in piece:
        return piece.split(dialect.delimiter) if dialect.delimiter else [piece]
    if not dialect.delimiter:
        inner = piece[1:-1] if len(piece) > 1 and piece[:1] == piece[-1:] == dialect.quote else piece
        return [inner.replace(dialect.quote * 2, dialect.quote)]
    return _split(piece, dialect, _field(dialect, lenient=False, padded=False))


def split_line(piece: bytes, dialect: Dialect, *, width: int | None = None) -> list[bytes]:
    """The fields of one physical line, with stray quotes taken as characters.

    Where that does not give `width` fields, quotes that open after spaces are tried as well.
    """
    if not dialect.quote or dialect.quote not in piece or not dialect.delimiter:
        return split_record(piece, dialect)
    fields = _split(piece, dialect, _field(dialect, lenient=True, padded=False))
    if width is not None and len(fields) != width:
        padded = _split(piece, dialect, _field(dialect, lenient=True, padded=True))
        if len(padded) == width:
            return padded
    return fields


def _split(piece: bytes, dialect: Dialect, pattern: re.Pattern[bytes]) -> list[bytes]:
    doubled, single = dialect.quote * 2, dialect.quote
    fields: list[bytes] = []
    at = 0
    while True:
        found = pattern.match(piece, at)
        if found is None:
            # Cannot happen: the second alternative matches anything up to the delimiter.
            fields.append(piece[at:])
            return fields
        quoted, plain, mark = found.groups()
        fields.append(plain if quoted is None else quoted.replace(doubled, single))
        if not mark:
            return fields
        at = found.end()
