"""What an audit says: a hole is one, and not having looked is not the same as there being none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.audit import HOLES, UNKNOWN, verdict

FINE: dict[str, Any] = {"name": "a", "version": "1.0", "vulns": []}
HOLED: dict[str, Any] = {"name": "b", "version": "2.0", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["2.1"]}]}
UNASKED: dict[str, Any] = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("dependencies", "status", "line"),
    [
        ([FINE], 0, "No known hole in 1 locked versions."),
        ([FINE, HOLED], HOLES, "b 2.0: PYSEC-2026-1, mended in 2.1"),
        ([HOLED, UNASKED], HOLES, "b 2.0: PYSEC-2026-1, mended in 2.1"),
        ([FINE, UNASKED], UNKNOWN, "The package index told about 1 of 2 locked versions; the others were not looked up."),
        ([], UNKNOWN, "The package index told about 0 of 0 locked versions; the others were not looked up."),
    ],
)
def test_the_verdict(dependencies: list[dict[str, Any]], status: int, line: str) -> None:
    assert verdict(dependencies) == (status, [line])
