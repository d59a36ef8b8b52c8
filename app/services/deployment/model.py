"""One rule and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A rule: where it belongs, what it is about, whether it holds, what was found, and what to do when it does not hold."""

    area: str
    about: str
    holds: bool
    found: str
    remedy: str
