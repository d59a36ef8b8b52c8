"""`python -m tests.confusion_table`: what the import takes each system's exports for, kind by kind and system by system.

For every system and table of the catalogue one export is written with its verified headings (one a field, then the next spelling of each,
and so on) and likely cells, under a name that says nothing. Counted is what is recognised; “asked” is a question, never a guess.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from app.ingest.export_formats import HOME_CURRENCY, SEGMENT, ExportSystem, KnownHeading, catalogue
from app.ingest.model import Answers
from app.ingest.raw import RawTable
from app.ingest.steps import inspect
from app.tables import TABLES, TableName
from tests.ingest.files import csv_of

ROWS = 40
NOT_A_SYSTEM = "example_datasets"
_TEXTS = {
    "stage": ("Closed Won", "Closed Lost", "Qualification"),
    "currency": ("EUR",),
    "source": ("Web", "Fair", "Referral"),
    "lost_reason": ("", "Price", ""),
    "owner": ("Ann Archer", "Ben Bowman", "Cleo Cooper"),
    "churned_flag": ("active", "canceled", "active"),
}
_STATUS = {"deal": ("Won", "Lost", "Open"), "lead": ("New", "Contacted", "Customer"), "revenue_line": ("Paid", "Paid", "Void")}


@dataclass(frozen=True)
class Export:
    """An export written from the catalogue. `variant` counts the spellings, from 0."""

    system: str
    table: TableName
    variant: int
    raw: RawTable


def exports() -> Iterator[Export]:
    """Every export that has enough verified headings to be one (three fields)."""
    for system in catalogue().systems.values():
        for table in TABLES:
            ways = _spellings(system, table)
            for variant in range(max((len(spelled) for spelled in ways.values()), default=0)):
                chosen = {field: spelled[min(variant, len(spelled) - 1)] for field, spelled in ways.items()}
                if len(set(chosen.values())) >= 3:
                    yield Export(system.name, table, variant, _written(table, chosen))


def _spellings(system: ExportSystem, table: TableName) -> dict[str, list[str]]:
    known: dict[str, list[KnownHeading]] = {}
    for heading in system.headings:
        if heading.table == table and heading.evidence != "unverified" and heading.field not in (SEGMENT, HOME_CURRENCY, "deleted_flag"):
            known.setdefault(heading.field, []).append(heading)
    return {field: [heading.heading for heading in sorted(found, key=lambda k: k.rank)] for field, found in known.items()}


def _written(table: TableName, chosen: dict[str, str]) -> RawTable:
    headings = list(dict.fromkeys(chosen.values()))
    field_of = {heading: next(field for field, h in chosen.items() if h == heading) for heading in headings}
    rows = [[_cell(table, field_of[heading], number) for heading in headings] for number in range(ROWS)]
    return csv_of(headings, *rows, name="export.csv")


def _cell(table: TableName, field: str, number: int) -> str:
    kind = TABLES[table].field(field).kind
    if field == "status":
        return _STATUS.get(table, ("A",))[number % len(_STATUS.get(table, ("A",)))]
    if field in _TEXTS:
        return _TEXTS[field][number % len(_TEXTS[field])]
    if kind == "moment":
        months = {"created": 1, "started": 1, "mql_at": 2, "first_contact_at": 2}
        return f"2024-{months.get(field, 3):02d}-{number % 28 + 1:02d} 10:{number:02d}:00"
    if kind in ("money", "number", "count"):
        return str(100 + 7 * number)
    if kind == "flag":
        return ("true", "false")[number % 2]
    if kind == "id":
        return f"{table[:2]}{10_000 + number}" if field == "id" else f"C{number % 15}"
    return f"{field.title()} {number}"


def taken_for(export: Export) -> tuple[str, str]:
    """The kind and the system an export is taken for; “asked” and “–” where it is neither."""
    found = inspect(export.raw, Answers())
    return found.table or "asked", found.system or "–"


def tables() -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """(kind, kind taken for) and (system, system taken for), counted."""
    kinds: Counter[tuple[str, str]] = Counter()
    systems: Counter[tuple[str, str]] = Counter()
    for export in exports():
        kind, system = taken_for(export)
        kinds[export.table, kind] += 1
        systems[export.system, system] += 1
    return kinds, systems


def main() -> int:
    """Print both tables. Exit status 1 when an export is taken for another kind or another system than it is."""
    wrong = 0
    for title, found in zip(("Kind, and what it is taken for", "System, and what it is taken for"), tables(), strict=True):
        sys.stdout.write(f"{title}\n")
        for (is_, taken), count in sorted(found.items()):
            miss = is_ != taken and taken not in ("asked", "–") and is_ != NOT_A_SYSTEM
            wrong += miss * count
            sys.stdout.write(f"  {is_:<18} {taken:<18} {count:>4}{'  WRONG' if miss else ''}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
