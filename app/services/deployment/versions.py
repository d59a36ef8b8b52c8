"""Versions of the libraries that face the network or open files, against those that closed their known holes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from app.services.deployment.model import Finding

FLOORS: Mapping[str, tuple[str, str]] = {
    "streamlit": ("1.67.0", "older ones give away sessions, and take files whose kind nobody checks (CVE-2025-1684, CVE-2026-33682)"),
    "starlette": ("1.1.0", "a Range header stops the server (CVE-2025-62727), and a Host header fools checks of paths"),
    "authlib": ("1.6.11", "tokens of the login can be forged (CVE-2026-27962, CVE-2026-28498)"),
    "pyarrow": ("14.0.1", "a Parquet file runs code (CVE-2023-47248)"),
    "duckdb": ("2.0", "sniff_csv reads files that it must not"),
}
"""The lowest version of each, and what is wrong with those below."""


def check_versions(installed: Mapping[str, str] | None = None) -> tuple[Finding, ...]:
    """One finding for each of `FLOORS`.

    Parameters
    ----------
    installed
        Versions by the name of the library; what is installed here unless given.
    """
    found = {name: _installed(name) for name in FLOORS} if installed is None else installed
    return tuple(
        Finding(
            "versions",
            name,
            _numbers(found.get(name, "")) >= _numbers(floor),
            found.get(name, "") or "not installed",
            f"Install {name} {floor} or newer (make install): {why}.",
        )
        for name, (floor, why) in FLOORS.items()
    )


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _numbers(text: str) -> tuple[int, ...]:
    """The first three numbers of a version; a version before a release ("2.0rc1") counts as the release."""
    release = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(int(part) for part in release[0].split(".")[:3]) if release else ()
