"""The questionnaire: dimensions, items and their wording in each language, read from `data/survey/` and checked whole.

A version is one structure file, `2026-11.toml`, and one file for each language, `2026-11.en.toml`, `2026-11.de.toml`, …; adding a
language is adding a file. A version that answers have been given to is never edited: a correction is a new version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from app.errors import CatalogueError
from app.survey import files
from app.survey.model import BANDS, Band

FOLDER = Path(__file__).parents[2] / "data" / "survey"
POINTS = 5
MASTER = "en"
"""The language the others are checked against."""

Measure = Literal["first_response_time", "leads_never_contacted", "lead_conversion", "win_rate"]
"""What the records can say about the same thing as an item; see `app.metrics.model`."""
MEASURES: tuple[Measure, ...] = get_args(Measure)

_VERSION = re.compile(r"\d{4}-\d{2}")


@dataclass(frozen=True)
class Scale:
    """The answers that can be given: whole numbers from 1 to `points`. Answers on another `id` are not comparable."""

    id: str
    points: int


@dataclass(frozen=True)
class Dimension:
    """One of the subjects of the survey; `practices` are the ids of what raises it, the first to try first."""

    id: str
    practices: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """One statement. On a `reverse` item agreement is bad news. `measure` is what the records can say about it, None when nothing."""

    id: str
    dimension: str
    reverse: bool
    measure: Measure | None


@dataclass(frozen=True)
class LevelWording:
    """One level of maturity of one dimension: how it looks from inside, and the evidence that would show it."""

    band: Band
    looks: str
    evidence: str


@dataclass(frozen=True)
class DimensionWording:
    """A dimension in one language; `levels` runs from the lowest band to the highest."""

    name: str
    about: str
    levels: tuple[LevelWording, ...]


@dataclass(frozen=True)
class BandWording:
    """The name of a band of the total, and what it means."""

    name: str
    meaning: str


@dataclass(frozen=True)
class Wording:
    """Everything a person reads, in one language.

    `labels` are the described answers from 1 to 5, `unknown` is "I don't know". `page` holds the sentences and buttons of the
    respondent's page by key; some have places to fill in, as in `"Part {part} of {parts}"`.
    """

    language: str
    language_name: str
    labels: tuple[str, ...]
    unknown: str
    items: Mapping[str, str]
    dimensions: Mapping[str, DimensionWording]
    bands: Mapping[Band, BandWording]
    page: Mapping[str, str]


@dataclass(frozen=True)
class Questionnaire:
    """One version of the survey, whole or cut down to some dimensions (a pulse round)."""

    version: str
    scale: Scale
    dimensions: tuple[Dimension, ...]
    items: tuple[Item, ...]
    wordings: Mapping[str, Wording]

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes of the languages, English first and the others in order."""
        return tuple(self.wordings)

    def wording(self, language: str) -> Wording:
        """The wording in one language.

        Raises
        ------
        CatalogueError
            When the version is not there in this language.
        """
        if language not in self.wordings:
            known = ", ".join(self.languages)
            raise CatalogueError(f"The survey of {self.version} is not there in the language “{language}”.", f"Choose one of {known}.")
        return self.wordings[language]

    def closest_language(self, wanted: Iterable[str]) -> str:
        """The first of the wanted languages (`de-AT` is met by `de`) that is there, else English."""
        for language in wanted:
            code = language.lower().replace("_", "-").split("-")[0]
            if code in self.wordings:
                return code
        return MASTER

    def item(self, id: str) -> Item:
        """The item of this id; `CatalogueError` when there is none."""
        for item in self.items:
            if item.id == id:
                return item
        raise CatalogueError(f"The survey of {self.version} has no item “{id}”.", "Choose one of the items of this version.")

    def dimension(self, id: str) -> Dimension:
        """The dimension of this id; `CatalogueError` when there is none."""
        for dimension in self.dimensions:
            if dimension.id == id:
                return dimension
        known = ", ".join(dimension.id for dimension in self.dimensions)
        raise CatalogueError(f"The survey of {self.version} has no dimension “{id}”.", f"Choose one of {known}.")

    def items_of(self, dimension: str) -> tuple[Item, ...]:
        """The items of one dimension, in the order they are asked."""
        return tuple(item for item in self.items if item.dimension == dimension)

    def equal_weights(self) -> dict[str, float]:
        """A weight of 1 for each dimension: what counts unless a team says otherwise."""
        return {dimension.id: 1.0 for dimension in self.dimensions}

    def only(self, dimensions: Sequence[str]) -> Questionnaire:
        """The same version with some dimensions only, in the version's order.

        Raises
        ------
        CatalogueError
            When none is named, or one is unknown.
        """
        if not dimensions:
            raise CatalogueError("A round needs at least one dimension.", "Choose the dimensions to ask about.")
        chosen = {self.dimension(id).id for id in dimensions}
        return replace(
            self,
            dimensions=tuple(dimension for dimension in self.dimensions if dimension.id in chosen),
            items=tuple(item for item in self.items if item.dimension in chosen),
        )


def versions(*, folder: Path = FOLDER) -> tuple[str, ...]:
    """The versions there are, the newest last."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml") if _VERSION.fullmatch(path.stem)))


def newest(*, folder: Path = FOLDER) -> Questionnaire:
    """The newest version; `CatalogueError` when there is none or its files are wrong."""
    found = versions(folder=folder)
    if not found:
        raise CatalogueError("There is no survey.", "Restore the folder data/survey from the project.")
    return load(found[-1], folder=folder)


def load(version: str, *, folder: Path = FOLDER) -> Questionnaire:
    """Read one version with all its languages and check it whole.

    Raises
    ------
    CatalogueError
        When there is no such version, or a file is wrong; the message names the file and the field. An unknown version is never
        replaced by another.
    """
    if version not in versions(folder=folder):
        known = ", ".join(versions(folder=folder)) or "none"
        raise CatalogueError(f"There is no version “{version}” of the survey.", f"Known versions: {known}.")
    return _load(version, folder)


@lru_cache(maxsize=8)
def _load(version: str, folder: Path) -> Questionnaire:
    scale, dimensions, items = _structure(files.read(folder / f"{version}.toml"), version=version)
    codes = sorted(path.name.split(".")[1] for path in folder.glob(f"{version}.*.toml"))
    if MASTER not in codes:
        raise CatalogueError(f"{version}.{MASTER}.toml is missing.", "Every version needs its English wording.")
    codes.sort(key=lambda code: (code != MASTER, code))
    contents = {code: files.read(folder / f"{version}.{code}.toml") for code in codes}
    master = contents[MASTER]
    wordings: dict[str, Wording] = {}
    for code, content in contents.items():
        content.same_as(master, within="page")
        wordings[code] = _wording(content, code=code, dimensions=dimensions, items=items, page=master.keys("page"))
    return Questionnaire(version=version, scale=scale, dimensions=dimensions, items=items, wordings=wordings)


def _structure(content: files.Content, *, version: str) -> tuple[Scale, tuple[Dimension, ...], tuple[Item, ...]]:
    if content.text("version") != version:
        raise content.wrong("version", f"it must be named as the file, “{version}”.")
    scale = Scale(content.text("scale.id"), content.whole("scale.points"))
    if scale.points != POINTS:
        raise content.wrong("scale.points", f"it must be {POINTS}.")
    dimensions = tuple(Dimension(id, content.texts(f"dimensions.{id}.practices")) for id in content.keys("dimensions"))
    known = {dimension.id for dimension in dimensions}
    items = []
    for id in content.keys("items"):
        dimension = content.text(f"items.{id}.dimension")
        if dimension not in known:
            raise content.wrong(f"items.{id}.dimension", f"there is no dimension “{dimension}”.")
        measure = content.choice(f"items.{id}.measure", MEASURES) if content.has(f"items.{id}.measure") else None
        items.append(Item(id, dimension, content.flag(f"items.{id}.reverse"), measure))
    for dimension in sorted(known):
        if not any(item.dimension == dimension and item.reverse for item in items):
            raise content.wrong(f"dimensions.{dimension}", "it has no reverse-keyed item.")
    content.done()
    return scale, dimensions, tuple(items)


def _wording(content: files.Content, *, code: str, dimensions: Sequence[Dimension], items: Sequence[Item], page: Sequence[str]) -> Wording:
    if content.text("language") != code:
        raise content.wrong("language", f"it must be named as the file, “{code}”.")
    labels = content.texts("scale.labels")
    if len(labels) != POINTS:
        raise content.wrong("scale.labels", f"it must describe {POINTS} answers, not {len(labels)}.")
    wording = Wording(
        language=code,
        language_name=content.text("language_name"),
        labels=labels,
        unknown=content.text("scale.unknown"),
        items={item.id: content.text(f"items.{item.id}") for item in items},
        dimensions={dimension.id: _dimension(content, f"dimensions.{dimension.id}") for dimension in dimensions},
        bands={band: BandWording(content.text(f"bands.{band}.name"), content.text(f"bands.{band}.meaning")) for band in BANDS},
        page={key: content.text(f"page.{key}") for key in page},
    )
    answers = (*labels, wording.unknown)
    for place, texts in (("items", tuple(wording.items.values())), ("scale", answers)):
        for text in texts:
            if texts.count(text) > 1:
                raise content.wrong(place, f"“{text}” stands there twice.")
    content.done()
    return wording


def _dimension(content: files.Content, place: str) -> DimensionWording:
    levels = tuple(LevelWording(band, content.text(f"{place}.{band}.looks"), content.text(f"{place}.{band}.evidence")) for band in BANDS)
    return DimensionWording(content.text(f"{place}.name"), content.text(f"{place}.about"), levels)
