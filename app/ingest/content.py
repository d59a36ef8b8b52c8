"""The bytes of a file that may not be needed: a worker that has the file open is asked without them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Content:
    """What is known of a file's bytes without having them: their number, their SHA-256 in hexadecimal, and how to get them.

    What `load` gives may be compressed (LZ4); then it is shorter than `size`, and the worker that opens the file unpacks it (`unpacked`).
    """

    size: int
    sha256: str
    load: Callable[[], bytes]


def content(data: bytes) -> Content:
    """The content of bytes that are here already."""
    return Content(len(data), hashlib.sha256(data).hexdigest(), lambda: data)


def unpacked(data: bytes, *, size: int) -> bytes:
    """The bytes that `Content.load` gave, as they were uploaded."""
    if len(data) == size:
        return data
    import pyarrow as pa

    return bytes(pa.decompress(data, size, codec="lz4", asbytes=True))
