"""What the systems that exports come from are called by people."""

from __future__ import annotations

from app.ingest.export_formats import catalogue


def system_name(system: str | None) -> str | None:
    """The name of a system as it is written: "hubspot" is HubSpot. None where none was recognised."""
    if system is None:
        return None
    known = catalogue().systems.get(system)
    return system if known is None else known.label
