"""Guessing tokens is slowed down. What is remembered is in memory only, for a minute, and is never written anywhere."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from secrets import token_bytes
from threading import Lock
from time import monotonic

MISSES = 20
"""Tokens that open nothing, from one address in `SECONDS`, before the address has to wait."""
SECONDS = 60.0
ADDRESSES = 10_000
KNOWN = 10_000


class Limiter:
    """Counts the tokens that open nothing by the address they come from.

    A token that has opened something here before is let through all the same: an office that shares one address is not shut out by
    one of its people.
    """

    def __init__(self) -> None:
        self._key = token_bytes(16)
        self._misses: OrderedDict[bytes, tuple[float, int]] = OrderedDict()
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()

    def allows(self, address: str, token: str) -> bool:
        """Whether the token may be looked up."""
        with self._lock:
            if self._mark(token) in self._known:
                return True
            began, misses = self._misses.get(self._mark(address), (0.0, 0))
            return misses < MISSES or monotonic() - began >= SECONDS

    def hit(self, token: str) -> None:
        """The token has opened something."""
        with self._lock:
            self._known[self._mark(token)] = None
            self._known.move_to_end(self._mark(token))
            while len(self._known) > KNOWN:
                self._known.popitem(last=False)

    def miss(self, address: str, token: str) -> None:
        """The token has opened nothing."""
        with self._lock:
            self._known.pop(self._mark(token), None)
            began, misses = self._misses.get(self._mark(address), (monotonic(), 0))
            if monotonic() - began >= SECONDS:
                began, misses = monotonic(), 0
            self._misses[self._mark(address)] = (began, misses + 1)
            self._misses.move_to_end(self._mark(address))
            while len(self._misses) > ADDRESSES:
                self._misses.popitem(last=False)

    def _mark(self, text: str) -> bytes:
        return blake2b(text.encode("utf-8", "replace"), key=self._key, digest_size=16).digest()
