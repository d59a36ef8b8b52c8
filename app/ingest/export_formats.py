"""The catalogue of exports: which headings which system writes, and the words of its stages; read from data/crm_exports.

Each heading carries how well it is known (`Evidence`). Unverified headings may be offered to the user, never taken unasked.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from app.errors import CatalogueError
from app.ingest.headings import fold, singular, words
from app.tables import TABLES, Outcome, TableName

Evidence = Literal["export", "doc", "api", "unverified"]
EVIDENCE: tuple[Evidence, ...] = get_args(Evidence)
FOLDER = Path(__file__).parents[2] / "data" / "crm_exports"

SEGMENT = "segment"
NOT_A_SYSTEM = "example_datasets"
"""Headings seen in exports of no system in particular."""
HOME_CURRENCY = "amount_home_currency"
_BESIDE: dict[TableName, frozenset[str]] = {name: frozenset([SEGMENT]) for name in TABLES}
_BESIDE["deal"] = frozenset([SEGMENT, HOME_CURRENCY])
_SYSTEM_KEYS = frozenset(["system", "label", "checked", "sources", "how_to_export", "notes", "signature"])
_MENU = "menu"
_COMMON_KEYS = frozenset(
    [
        "checked",
        "sources",
        "stages",
        "lead_status",
        "lead_steps",
        "customer_status",
        "revenue_status",
        "flags",
        "blanks",
        "channels",
        "never",
        "personal",
    ]
)


@dataclass(frozen=True)
class KnownHeading:
    """A heading one system writes for one field. `rank` is its place in the order of preference, from 0."""

    system: str
    table: TableName
    field: str
    heading: str
    evidence: Evidence
    rank: int


@dataclass(frozen=True)
class ExportSystem:
    """A system whose exports are known. `signature` are folded headings that speak for it.

    `menu` says for a table where the system exports it, and whether its maker says so ("doc") or it is usual ("unverified").
    """

    name: str
    label: str
    how_to_export: str
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    signature: frozenset[str]
    headings: tuple[KnownHeading, ...]
    menu: Mapping[TableName, tuple[str, bool]] = field(default_factory=dict)


@dataclass(frozen=True)
class StageWords:
    """Folded stage words → outcome, apart by certainty; `ask` are words that mean one thing here and another there."""

    certain: Mapping[str, Outcome]
    unverified: Mapping[str, Outcome]
    ask: frozenset[str]
    open_beginnings: tuple[str, ...]
    of_system: Mapping[str, Mapping[str, Outcome]]


@dataclass(frozen=True)
class Traps:
    """Columns that must not be misread. Headings are folded, words as `app.ingest.headings.words` gives them."""

    amount_headings: frozenset[str]
    amount_words: frozenset[str]
    date_headings: frozenset[str]
    date_words: frozenset[str]
    source_headings: frozenset[str]
    personal_headings: frozenset[str]
    personal_words: frozenset[str]
    personal_pairs: tuple[frozenset[str], ...]
    outcome_headings: frozenset[str]
    outcome_words: frozenset[str] = frozenset()

    def outcome(self, heading: str) -> bool:
        """Whether `heading` names what only repeats how the record ended, or how likely that is."""
        return fold(heading) in self.outcome_headings or bool(self.outcome_words & set(words(heading)))

    def amount(self, heading: str) -> bool:
        """Whether `heading` is weighted, expected, annual or otherwise no amount of a sale."""
        return fold(heading) in self.amount_headings or bool(self.amount_words & set(words(heading)))

    def date(self, heading: str) -> bool:
        """Whether `heading` is a last change, an activity or a duration and therefore no date of the record."""
        return fold(heading) in self.date_headings or bool(self.date_words & set(words(heading)))

    def personal(self, heading: str) -> bool:
        """Whether `heading` names something about a person that no metric needs."""
        found = {*words(heading), *map(singular, words(heading))}
        return (
            fold(heading) in self.personal_headings
            or bool(self.personal_words & found)
            or any(pair <= found for pair in self.personal_pairs)
        )


@dataclass(frozen=True)
class Catalogue:
    """All systems and what they share.

    `index` finds headings by (table, folded heading); `status` maps a name ("lead_converted" …) to folded words.
    """

    systems: Mapping[str, ExportSystem]
    index: Mapping[tuple[TableName, str], tuple[KnownHeading, ...]]
    stages: StageWords
    traps: Traps
    blanks: frozenset[str]
    yes: frozenset[str]
    no: frozenset[str]
    channels: frozenset[str]
    status: Mapping[str, frozenset[str]]
    lead_steps: Mapping[str, str]

    def lead_step(self, word: str) -> str | None:
        """What a step of a log of leads is: a date of the lead, or “lost”; None when nobody knows the word."""
        folded = fold(word)
        if folded in self.status["lead_converted"]:
            return "converted_at"
        return "lost" if folded in self.status["lead_lost"] else self.lead_steps.get(folded)

    def known(self, table: TableName, heading: str, *, system: str | None = None) -> tuple[KnownHeading, ...]:
        """What `heading` may be in `table`: of `system` alone when named, else of all systems; best evidence first."""
        return tuple(known for known in self.index.get((table, fold(heading)), ()) if system is None or known.system == system)


def _index(systems: Mapping[str, ExportSystem]) -> dict[tuple[TableName, str], tuple[KnownHeading, ...]]:
    index: dict[tuple[TableName, str], list[KnownHeading]] = {}
    for system in systems.values():
        for known in system.headings:
            index.setdefault((known.table, fold(known.heading)), []).append(known)
    order = {
        key: sorted(found, key=lambda known: (EVIDENCE.index(known.evidence), known.rank, known.system)) for key, found in index.items()
    }
    return {key: tuple(found) for key, found in order.items()}


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The project's own catalogue, read once a process."""
    return load_catalogue(FOLDER)


def load_catalogue(folder: Path) -> Catalogue:
    """Read every file of `folder`; raise `CatalogueError` with file and key when one is wrong."""
    common_path = folder / "common.toml"
    if not common_path.is_file():
        raise CatalogueError(f"{folder} has no common.toml.", "Restore the folder data/crm_exports from the project.")
    systems: dict[str, ExportSystem] = {}
    for path in sorted(folder.glob("*.toml")):
        if path.name != "common.toml":
            system = _system(path)
            systems[system.name] = system
    if not systems:
        raise CatalogueError(f"{folder} describes no system.", "Restore the folder data/crm_exports from the project.")
    return _common(common_path, systems)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogueError(f"{path.name} cannot be read: {error}.") from error


def _texts(path: Path, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise CatalogueError(f"{path.name}: “{key}” must be a list of texts.")
    return tuple(value)


def _section(path: Path, key: str, value: object, allowed: Iterable[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise CatalogueError(f"{path.name}: “{key}” must be a section.")
    unknown = sorted(set(value) - set(allowed))
    if unknown:
        raise CatalogueError(f"{path.name}: “{key}” has the unknown key “{unknown[0]}”.")
    return value


def _system(path: Path) -> ExportSystem:
    data = _read(path)
    missing = sorted(_SYSTEM_KEYS - set(data))
    if missing:
        raise CatalogueError(f"{path.name} has no “{missing[0]}”.")
    if data["system"] != path.stem:
        raise CatalogueError(f"{path.name} calls its system “{data['system']}”; it must be named as the file.")
    headings: list[KnownHeading] = []
    for table_name, fields in data.items():
        if table_name in _SYSTEM_KEYS or table_name == _MENU:
            continue
        if table_name not in TABLES:
            raise CatalogueError(f"{path.name}: there is no table “{table_name}”.")
        table = TABLES[table_name]
        names = {field.name for field in table.fields} | _BESIDE[table.name]
        for field_name, levels in _section(path, table_name, fields, names).items():
            key = f"{table_name}.{field_name}"
            seen: set[str] = set()
            for level in EVIDENCE:
                section = _section(path, key, levels, EVIDENCE)
                for heading in _texts(path, f"{key}.{level}", section.get(level, [])):
                    if not heading.strip():
                        raise CatalogueError(f"{path.name}: “{key}.{level}” holds an empty heading.")
                    if heading in seen:
                        raise CatalogueError(f"{path.name}: “{key}” names the heading “{heading}” twice.")
                    seen.add(heading)
                    headings.append(KnownHeading(path.stem, table.name, field_name, heading, level, len(seen)))
    if not isinstance(data["label"], str) or not isinstance(data["how_to_export"], str):
        raise CatalogueError(f"{path.name}: “label” and “how_to_export” must be texts.")
    return ExportSystem(
        name=path.stem,
        label=data["label"],
        how_to_export=data["how_to_export"],
        sources=_texts(path, "sources", data["sources"]),
        notes=_texts(path, "notes", data["notes"]),
        signature=frozenset(map(fold, _texts(path, "signature", data["signature"]))),
        headings=tuple(headings),
        menu=_menu(path, data.get(_MENU, {})),
    )


def _menu(path: Path, levels: object) -> dict[TableName, tuple[str, bool]]:
    found: dict[TableName, tuple[str, bool]] = {}
    for level, ways in _section(path, _MENU, levels, ["doc", "unverified"]).items():
        for name, way in _section(path, f"{_MENU}.{level}", ways, TABLES).items():
            if not isinstance(way, str) or not way.strip():
                raise CatalogueError(f"{path.name}: “{_MENU}.{level}.{name}” must be a text.")
            found[next(table for table in TABLES if table == name)] = (way, level == "doc")
    return found


def _outcomes(path: Path, key: str, section: Mapping[str, object]) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    outcomes: tuple[Outcome, ...] = ("won", "lost", "no_decision", "open")
    for outcome in outcomes:
        for word in _texts(path, f"{key}.{outcome}", section.get(outcome, [])):
            if found.setdefault(fold(word), outcome) != outcome:
                raise CatalogueError(f"{path.name}: “{key}” gives the word “{word}” two outcomes.")
    return found


def _common(path: Path, systems: dict[str, ExportSystem]) -> Catalogue:
    data = _section(path, "the file", _read(path), _COMMON_KEYS)
    missing = sorted(_COMMON_KEYS - set(data))
    if missing:
        raise CatalogueError(f"{path.name} has no “{missing[0]}”.")

    def folded(section: str, key: str) -> frozenset[str]:
        value = data[section]
        if not isinstance(value, dict) or key not in value:
            raise CatalogueError(f"{path.name}: “{section}” has no “{key}”.")
        return frozenset(map(fold, _texts(path, f"{section}.{key}", value[key])))

    stages = _section(
        path, "stages", data["stages"], ["won", "lost", "no_decision", "open", "ask", "unverified", "open_beginnings", "of_system"]
    )
    of_system = stages.get("of_system", {})
    unknown = sorted(set(of_system) - set(systems))
    if unknown:
        raise CatalogueError(f"{path.name}: “stages.of_system” names the unknown system “{unknown[0]}”.")
    certain = _outcomes(path, "stages", stages)
    ask = folded("stages", "ask")
    both = sorted(ask & set(certain))
    if both:
        raise CatalogueError(f"{path.name}: the stage word “{both[0]}” is both settled and to be asked.")
    never = _section(path, "never", data["never"], ["amount", "closed", "duration", "source", "group", "words"])
    never_words = _section(path, "never.words", never.get("words"), ["amount", "date", "group"])
    pairs = data["personal"].get("pairs", [])
    return Catalogue(
        systems=systems,
        index=_index(systems),
        stages=StageWords(
            certain=certain,
            unverified=_outcomes(path, "stages.unverified", stages.get("unverified", {})),
            ask=ask,
            open_beginnings=_texts(path, "stages.open_beginnings", stages["open_beginnings"].get("words", [])),
            of_system={name: _outcomes(path, f"stages.of_system.{name}", section) for name, section in of_system.items()},
        ),
        traps=Traps(
            amount_headings=folded("never", "amount") | folded("never", "duration"),
            amount_words=frozenset(_texts(path, "never.words.amount", never_words.get("amount", []))),
            date_headings=folded("never", "closed") | folded("never", "duration"),
            date_words=frozenset(_texts(path, "never.words.date", never_words.get("date", []))),
            source_headings=folded("never", "source"),
            personal_headings=folded("personal", "headings"),
            personal_words=frozenset(_texts(path, "personal.words", data["personal"].get("words", []))),
            outcome_headings=folded("never", "group"),
            outcome_words=frozenset(_texts(path, "never.words.group", never_words.get("group", []))),
            personal_pairs=tuple(frozenset(_texts(path, "personal.pairs", pair)) for pair in pairs),
        ),
        blanks=folded("blanks", "words"),
        yes=folded("flags", "yes"),
        no=folded("flags", "no"),
        channels=folded("channels", "words"),
        status={
            "lead_converted": folded("lead_status", "converted"),
            "lead_lost": folded("lead_status", "lost"),
            "customer_alive": folded("customer_status", "alive"),
            "customer_ended": folded("customer_status", "ended"),
            "customer_ask": folded("customer_status", "ask"),
            "revenue_cancelled": folded("revenue_status", "cancelled"),
        },
        lead_steps={
            word: step for step in ("created", "mql_at", "first_contact_at", "accepted_at", "other") for word in folded("lead_steps", step)
        },
    )
