"""Quick looks at all bytes of a column of text at once, which tell whether a closer look at its cells is needed at all."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

MANY = 50_000
"""Rows from which on a column is long: it is worth while to look first whether a step is needed at all."""

_PROBED, _OWN_VALUES = 16_384, 0.95
OWN = _OWN_VALUES * _PROBED
"""A long column of which nearly every cell has its own value has at least so many different ones."""

Bytes = npt.NDArray[np.uint8]


def text_of(values: pa.Array) -> Bytes:
    """All bytes of the values, one after another: what is in none of them needs to be looked for in none."""
    text, offsets = _parts(values)
    return text[offsets[0] : offsets[-1]]


def byte_at(values: pa.Array, place: int) -> Bytes:
    """The byte of each value at `place`, from 0; 0 where it is shorter."""
    text, offsets = _parts(values)
    if not len(text):
        return np.zeros(len(values), np.uint8)
    at = offsets[:-1] + place
    return np.where(at < offsets[1:], text[np.minimum(at, len(text) - 1)], np.uint8(0))


def last_byte(values: pa.Array) -> Bytes:
    """The last byte of each value; 0 where it is empty."""
    text, offsets = _parts(values)
    if not len(text):
        return np.zeros(len(values), np.uint8)
    return np.where(offsets[1:] > offsets[:-1], text[np.maximum(offsets[1:] - 1, 0)], np.uint8(0))


def is_one_of(values: pa.Array, words: Collection[str]) -> pa.Array:
    """Which values are one of these words, whatever their case (bool). The words are given in lower case.

    Of a long column only the cells that begin like one of the words are looked at.
    """
    wanted = pa.array(sorted(words), pa.string())
    if len(values) < MANY or values.null_count:
        return pc.is_in(pc.utf8_lower(values), wanted)
    begins = np.zeros(256, bool)
    # A letter beyond ASCII may be the capital of one of the words, so all of them are looked at.
    begins[128:] = True
    begins[0] = "" in words
    begins[[byte for word in words if word for byte in (word[0].encode()[0], word[0].upper().encode()[0])]] = True
    where = np.flatnonzero(begins[byte_at(values, 0)])
    found = np.zeros(len(values), bool)
    if len(where):
        found[where] = pc.is_in(pc.utf8_lower(values.take(pa.array(where))), wanted).to_numpy(zero_copy_only=False)
    return pa.array(found)


def probed(rows: int) -> npt.NDArray[np.int64]:
    """The rows that tell what a column of so many rows holds: a part of the beginning and one of the middle."""
    part = _PROBED // 2
    middle = max(part, rows // 2)
    return np.concatenate((np.arange(min(part, rows)), np.arange(middle, min(middle + part, rows))))


def mostly_different(cells: pa.ChunkedArray) -> bool:
    """Whether nearly every one of the probed cells has its own value."""
    return bool(pc.count_distinct(cells).as_py() > _OWN_VALUES * len(cells))


def _parts(values: pa.Array) -> tuple[Bytes, npt.NDArray[np.int32]]:
    offsets, text = values.buffers()[1:3]
    if not len(values) or offsets is None:
        return np.zeros(0, np.uint8), np.zeros(len(values) + 1, np.int32)
    ends = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    return np.zeros(0, np.uint8) if text is None else np.frombuffer(text, np.uint8), ends
