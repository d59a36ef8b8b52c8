"""One pass over a text as arrays: where its records begin and end, how many fields each has, and whether its quotes fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_CHUNK = 1024 * 1024
_NEWLINE, _RETURN = 10, 13
_WORD = 64
_ONE, _LAST = np.uint64(1), np.uint64(63)
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Scan:
    """What one pass over the text gives: the records, and for each delimiter the field counts and whether all quotes fit."""

    start: Ints
    end: Ints
    line: Ints
    fields: dict[bytes, Ints]
    regular: dict[bytes, bool]


def scan_text(text: bytes, quote: bytes, delimiters: tuple[bytes, ...]) -> Scan:
    """One pass in chunks: a character is inside quotes when an odd number of quotes stands before it.

    Each byte that means something becomes one bit of a chunk, 64 of them in a word, so that the whole of a chunk is looked at in a few
    operations on words, however many quotes and delimiters it has.
    """
    whole = np.frombuffer(text, dtype=np.uint8)
    size = len(whole)
    has_return = b"\r" in text
    breaks: list[Ints] = []
    lines_before: list[Ints] = []
    cumulated: dict[bytes, list[Ints]] = {d: [] for d in delimiters}
    seen = dict.fromkeys(delimiters, 0)
    regular = dict.fromkeys(delimiters, True)
    lines = 0
    inside = False
    for begin in range(0, size, _CHUNK):
        chunk = whole[begin : begin + _CHUNK]
        before = int(whole[begin - 1]) if begin else -1
        after = int(whole[begin + len(chunk)]) if begin + len(chunk) < size else -1
        newlines = _bits(chunk, _NEWLINE)
        returns = _bits(chunk, _RETURN) if has_return else None
        ends = newlines
        if returns is not None:
            ends = ends | (returns & ~_next_to(newlines, after == _NEWLINE, len(chunk)))
        of_delimiter = {d: _bits(chunk, d[0]) for d in delimiters}
        kept = ends
        outside: Words | None = None
        if quote:
            quotes = _bits(chunk, quote[0])
            if inside or quotes.any():
                within = _inside(quotes, inside)
                beside = newlines | quotes if returns is None else newlines | returns | quotes
                allowed = (_NEWLINE, _RETURN, quote[0])
                opening = quotes & within & ~_behind(beside, before == -1 or before in allowed)
                closing = quotes & ~within & ~_next_to(beside, after == -1 or after in allowed, len(chunk))
                if opening.any() or closing.any():
                    for delimiter, marks in of_delimiter.items():
                        strange = (opening & ~_behind(marks, before == delimiter[0])).any()
                        strange = strange or (closing & ~_next_to(marks, after == delimiter[0], len(chunk))).any()
                        regular[delimiter] = regular[delimiter] and not strange
                inside = _bit(within, len(chunk) - 1)
                outside = ~within
                kept = ends & outside
        at = _positions(kept, len(chunk))
        breaks.append(at + begin)
        ordinal = np.arange(lines + 1, lines + 1 + len(at), dtype=np.int64)
        total = int(np.bitwise_count(ends).sum())
        if total != len(at):
            ordinal = lines + _counted(ends, at) + 1
        lines += total
        lines_before.append(ordinal)
        for delimiter, marks in of_delimiter.items():
            hits = marks if outside is None else marks & outside
            cumulated[delimiter].append(_counted(hits, at) + seen[delimiter])
            seen[delimiter] += int(np.bitwise_count(hits).sum())
    if inside:
        regular = dict.fromkeys(delimiters, False)
    return _assemble(whole, breaks, lines_before, cumulated, seen, regular, lines)


def _bits(chunk: npt.NDArray[np.uint8], byte: int) -> Words:
    """One bit for each byte of the chunk, the first one lowest: whether it is `byte`. Bits behind its end are 0."""
    packed = np.packbits(chunk == byte, bitorder="little")
    if len(packed) % 8:
        packed = np.concatenate((packed, np.zeros(-len(packed) % 8, dtype=np.uint8)))
    return packed.view("<u8")


def _behind(bits: Words, before: bool) -> Words:
    """Which bytes stand right behind a marked one; `before` says whether the byte before the chunk is marked."""
    moved = bits << _ONE
    moved[1:] |= bits[:-1] >> _LAST
    if before:
        moved[0] |= _ONE
    return moved


def _next_to(bits: Words, after: bool, length: int) -> Words:
    """Which bytes stand right before a marked one; `after` says whether the byte behind the chunk, of `length` bytes, is marked."""
    moved = bits >> _ONE
    moved[:-1] |= bits[1:] << _LAST
    if after:
        moved[(length - 1) // _WORD] |= np.uint64(1 << ((length - 1) % _WORD))
    return moved


def _inside(quotes: Words, inside: bool) -> Words:
    """Which bytes have an odd number of quotes up to and with them; `inside` says that it was odd before the chunk."""
    odd = quotes.copy()
    for distance in (1, 2, 4, 8, 16, 32):
        odd ^= odd << np.uint64(distance)
    whole = (odd >> _LAST).astype(np.uint8)
    passed = np.bitwise_xor.accumulate(whole)
    flipped = np.concatenate((np.array([inside], dtype=np.uint8), passed[:-1] ^ np.uint8(inside)))
    return odd ^ (np.uint64(0) - flipped.astype(np.uint64))


def _bit(bits: Words, index: int) -> bool:
    return bool((int(bits[index // _WORD]) >> (index % _WORD)) & 1)


def _positions(bits: Words, length: int) -> Ints:
    # Looked at as truth values, zeros are passed over many at a time.
    return np.flatnonzero(np.unpackbits(bits.view(np.uint8), count=length, bitorder="little").view(np.bool_)).astype(np.int64)


def _counted(bits: Words, at: Ints) -> Ints:
    """How many marked bytes stand before each of the positions."""
    in_word = np.bitwise_count(bits)
    up_to = np.cumsum(in_word, dtype=np.int64) - in_word
    word = at // _WORD
    lower = (np.uint64(1) << (at % _WORD).astype(np.uint64)) - np.uint64(1)
    return up_to[word] + np.bitwise_count(bits[word] & lower)


def _assemble(
    whole: npt.NDArray[np.uint8],
    breaks: list[Ints],
    lines_before: list[Ints],
    cumulated: dict[bytes, list[Ints]],
    seen: dict[bytes, int],
    regular: dict[bytes, bool],
    lines: int,
) -> Scan:
    size = len(whole)
    none = np.zeros(0, dtype=np.int64)
    at = np.concatenate(breaks) if breaks else none
    ordinal = np.concatenate(lines_before) if lines_before else none
    start = np.concatenate((np.zeros(1, dtype=np.int64), at + 1))
    end = np.concatenate((at, np.array([size], dtype=np.int64)))
    with_return = np.flatnonzero((at > 0) & (whole[at] == _NEWLINE) & (whole[np.maximum(at - 1, 0)] == _RETURN)) if size else none
    end[with_return] -= 1
    end = np.maximum(end, start)
    unfinished = size > 0 and whole[-1] not in (_NEWLINE, _RETURN)
    line = np.concatenate((np.ones(1, dtype=np.int64), ordinal + 1, np.array([lines + 1 + int(unfinished)], dtype=np.int64)))
    total = {d: np.concatenate([*cumulated[d], np.array([seen[d]], dtype=np.int64)]) for d in cumulated}
    keep = len(start)
    if start[-1] >= size:
        # The text ends with a line end: what follows it is no record.
        keep -= 1
        line = line[:-1]
    fields = {d: np.diff(total[d], prepend=0)[:keep] + 1 for d in total}
    return Scan(start[:keep], end[:keep], line, fields, regular)
