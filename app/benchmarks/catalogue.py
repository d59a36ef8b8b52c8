"""The cited figures: read from `data/benchmarks/<edition>.toml`, checked, and converted once.

The files keep every number on the publisher's scale (38 for 38 %). Here, and nowhere else, they become what the rest of the
app computes with:

===========================  ==============================  ===========================================
unit in the file             published                       loaded
===========================  ==============================  ===========================================
`relative_ratio`             38 (% more)                     ratio 1 + 38 / 100
`relative_ratio`, levels     29 and 24 (%)                   levels .29 and .24, ratio 29 / 24
`relative_churn_reduction`   36 (% fewer customers lost)     ratio 1 - 36 / 100, lower is better
`abs_growth_rate_pair`       32 and -7 (% a year)            levels .32 and -.07, no ratio
`cagr_ratio`                 24 (% faster, over some years)  ratio 1 + 24 / 100 of two CAGRs
`pp`                         38 (points)                     stated .38
`unit_not_stated`            5.4                             stated .054, no ratio
===========================  ==============================  ===========================================

`prevalence`, `direction`, `base_rate` and `none` carry no effect; their numbers are in `Claim.values`.

A claim has one `reading`, the meaningful one, and, where the figure is usually quoted as something else, a second one, `quoted`,
with its own (worse) grade.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from app.errors import AppError, CatalogueError

FOLDER = Path(__file__).parents[2] / "data" / "benchmarks"

Unit = Literal[
    "relative_ratio",
    "relative_churn_reduction",
    "abs_growth_rate_pair",
    "cagr_ratio",
    "pp",
    "unit_not_stated",
    "level",
    "prevalence",
    "direction",
    "base_rate",
    "none",
]
Metric = Literal[
    "win_rate",
    "churn",
    "logo_retention",
    "revenue_retention",
    "revenue",
    "revenue_growth",
    "revenue_cagr_3y",
    "lead_conversion",
    "lead_response",
    "perception_gap",
]
Grade = Literal["A", "B+", "B", "B-", "C+", "C", "C-", "D", "none", "own"]
"""`none`: arithmetic, nothing to grade. `own`: a team's own benchmark, not graded by this project."""
Use = Literal["target", "reference_line", "reference_line_with_caveat", "misquote_only", "context"]
How = Literal["read", "second_hand", "not_verified", "computed", "not_recorded"]
ValueUnit = Literal["percent", "points", "times", "hours", "count"]
OwnKind = Literal["ratio", "level"]

LEGEND: tuple[Grade, ...] = ("A", "B+", "B", "B-", "C+", "C", "C-", "D")
"""The grades from the best to the worst."""
UPLIFTS: frozenset[Unit] = frozenset(["relative_ratio", "relative_churn_reduction", "abs_growth_rate_pair", "cagr_ratio"])
"""The units that say how much alignment is reported to bring; none of them may be graded A."""
LINES: frozenset[Use] = frozenset(["target", "reference_line", "reference_line_with_caveat"])
TARGET_FLOOR: Grade = "C+"
LINE_FLOOR: Grade = "C"

_UNITS: tuple[Unit, ...] = tuple(unit for unit in get_args(Unit) if unit != "level")
_METRICS: tuple[Metric, ...] = get_args(Metric)
_USES: tuple[Use, ...] = get_args(Use)
_HOWS: tuple[How, ...] = get_args(How)
_VALUE_UNITS: tuple[ValueUnit, ...] = get_args(ValueUnit)
_FILE_GRADES: tuple[Grade, ...] = (*LEGEND, "none")
_EDITION_NAME = re.compile(r"\d{4}-\d{2}")
_CHANGE_UNITS: frozenset[Unit] = frozenset(["relative_ratio", "relative_churn_reduction", "cagr_ratio"])
_AGREE_WITHIN = 0.03
"""A published percentage and the levels behind it may differ by rounding: 209 % beside levels of 9 and 28, which give 211 %."""

T = TypeVar("T")


@dataclass(frozen=True)
class Address:
    """Where something was found. `url` is "" when the address was not recorded; `how` says how the page was read."""

    url: str
    how: How
    shows: str


@dataclass(frozen=True)
class Contradiction:
    """Something that does not fit: another originator, another wording. `url` is "" when there is none to give."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class Misquote:
    """A wrong wording and its correction; `points_to` is the id of the row that holds the right figure, or None."""

    wording: str
    correction: str
    points_to: str | None


@dataclass(frozen=True)
class StatedValue:
    """A number beside the claim's effect, e.g. a share of people asked.

    `value` (and `high`, the upper end of a published range) are shares for `percent` and `points` (.82 = 82 %) and plain numbers for
    `times`, `hours` and `count`. `computed` marks a number calculated for the catalogue.
    """

    label: str
    value: float
    unit: ValueUnit
    high: float | None = None
    computed: bool = False


@dataclass(frozen=True)
class Reading:
    """One way to understand a claim, with the numbers ready to compute with.

    Parameters
    ----------
    unit
        What kind of figure it is; see the module's table.
    sentence
        The reading in plain words.
    metric, no_metric_why
        The result of this app it can be held against, or None and the reason.
    grade, grade_reason, usable_as, caveat
        How good the evidence is and what it may be used for. `caveat` is shown wherever the figure is.
    stated
        The published figure / 100 (.38 for 38 %), None when only levels or nothing was published.
    ratio
        What the metric is multiplied by, None when the figure is no multiple.
    aligned_level, baseline_level
        The published levels as shares (.29, -.07), None when not published.
    years
        The length of the growth for `cagr_ratio`, else None.
    lower_is_better
        True for customers lost.
    """

    unit: Unit
    sentence: str
    metric: Metric | None
    no_metric_why: str
    grade: Grade
    grade_reason: str
    usable_as: Use
    caveat: str
    stated: float | None = None
    ratio: float | None = None
    aligned_level: float | None = None
    baseline_level: float | None = None
    years: int | None = None
    lower_is_better: bool = False

    @property
    def gap(self) -> float | None:
        """The aligned level minus the other one, as a difference of shares (.05 = 5 points)."""
        if self.aligned_level is None or self.baseline_level is None:
            return None
        return self.aligned_level - self.baseline_level

    @property
    def drawable(self) -> bool:
        """Whether it may be drawn as a line or a target beside a result of `metric`."""
        return self.metric is not None and self.usable_as in LINES


@dataclass(frozen=True)
class SetAside:
    """A reading that was considered and is not used, with the reason in its sentence; `stated` is in shares."""

    unit: Unit
    metric: Metric
    stated: float
    sentence: str


@dataclass(frozen=True)
class Attribution:
    """To whom the source article credits its figures, and whether that holds. `grade` is None where none was given."""

    id: str
    attributed_to: str
    verdict: str
    sentence: str
    grade: Grade | None
    addresses: tuple[Address, ...]


@dataclass(frozen=True)
class Quotation:
    """The wording of the source article for one claim, under one of its attributions."""

    wording: str
    attribution: Attribution


@dataclass(frozen=True)
class Claim:
    """One cited figure: what is quoted, what was published, what it means and how good the evidence is.

    `how` says how the published statement was read. `year` is None when no date was found; `year_note` says more. `quoted` is the
    reading of the figure as it is usually quoted, None when that is the meaningful one. `no_address_why` is "" unless there is no address.
    """

    id: str
    label: str
    family: str
    as_quoted: tuple[str, ...]
    quoted_in: tuple[Quotation, ...]
    as_published: str
    how: How
    metric_definition: str
    population: str
    sample: str
    originator: str
    year: int | None
    year_note: str
    reading: Reading
    quoted: Reading | None
    set_aside: tuple[SetAside, ...]
    values: tuple[StatedValue, ...]
    contradictions: tuple[Contradiction, ...]
    misquotes: tuple[Misquote, ...]
    addresses: tuple[Address, ...]
    no_address_why: str
    checked: date

    @property
    def grade(self) -> Grade:
        """The grade of the meaningful reading."""
        return self.reading.grade

    @property
    def grade_reason(self) -> str:
        """Why the meaningful reading has its grade."""
        return self.reading.grade_reason

    @property
    def usable_as(self) -> Use:
        """What the meaningful reading may be used for."""
        return self.reading.usable_as

    @property
    def metric(self) -> Metric | None:
        """The result of this app that the meaningful reading can be held against."""
        return self.reading.metric

    @property
    def caveat(self) -> str:
        """The sentence to show wherever the figure is."""
        return self.reading.caveat

    @property
    def own(self) -> bool:
        """Whether it is a team's own benchmark."""
        return self.reading.grade == "own"

    def value(self, label: str) -> StatedValue:
        """The stated value called `label`.

        Raises
        ------
        CatalogueError
            When the claim has no such value.
        """
        for stated in self.values:
            if stated.label == label:
                return stated
        raise CatalogueError(f"Claim {self.id} has no value “{label}”.")


@dataclass(frozen=True)
class CitedFigure:
    """One of the five figures in the customer's words, with the row as it is quoted and the row of what was found.

    `percent` is the figure as a share (.38). Compare with `meaningful_reading`; `quoted_reading` is for showing what the words would mean.
    """

    as_written: str
    percent: float
    quoted: Claim
    meaningful: Claim
    explanation: str

    @property
    def quoted_reading(self) -> Reading:
        """The figure taken at its word."""
        return self.quoted.quoted or self.quoted.reading

    @property
    def meaningful_reading(self) -> Reading:
        """The figure as it was found."""
        return self.meaningful.reading

    @property
    def misquoted(self) -> bool:
        """Whether the words mean something else than what was found."""
        return self.quoted_reading != self.meaningful_reading


@dataclass(frozen=True)
class GradeMeaning:
    """One line of the legend of grades."""

    grade: Grade
    meaning: str


@dataclass(frozen=True)
class Family:
    """Claims of one origin."""

    id: str
    label: str
    note: str


@dataclass(frozen=True)
class Passage:
    """A text with a title and its addresses."""

    title: str
    text: str
    addresses: tuple[Address, ...]


@dataclass(frozen=True)
class SourceArticle:
    """The article the five figures are quoted from. `opened` is False when its page was not read."""

    publisher: str
    updated: date
    opened: bool
    note: str
    attributions: tuple[Attribution, ...]


@dataclass(frozen=True)
class Edition:
    """One edition of the catalogue. It never changes once results refer to it.

    `grades` runs from the best to the worst. `unverified` and `not_found` list what could not be confirmed and what was looked for in vain.
    """

    name: str
    title: str
    checked: date
    findings: tuple[str, ...]
    orientation: tuple[str, ...]
    use: tuple[str, ...]
    no_uplift_earns_an_a: str
    how_to_say_it: str
    literature: str
    base_rates_note: str
    why_contrasts_are_not_uplifts: Passage
    unverified: tuple[str, ...]
    not_found: tuple[str, ...]
    marks: tuple[tuple[How, str], ...]
    grades: tuple[GradeMeaning, ...]
    families: tuple[Family, ...]
    source_article: SourceArticle
    cited_figures: tuple[CitedFigure, ...]
    claims: tuple[Claim, ...]

    def claim(self, id: str) -> Claim:
        """The claim of this id.

        Raises
        ------
        CatalogueError
            When the edition has none.
        """
        for claim in self.claims:
            if claim.id == id:
                return claim
        raise CatalogueError(f"Edition {self.name} has no claim “{id}”.", "Choose one of the claims the edition lists.")

    def family(self, id: str) -> tuple[Claim, ...]:
        """The claims of one family, in the order of the file."""
        return tuple(claim for claim in self.claims if claim.family == id)

    def for_metric(self, metric: Metric) -> tuple[Claim, ...]:
        """The claims whose meaningful reading may be drawn beside a result of `metric`; the best evidence first."""
        return tuple(
            sorted(
                (c for c in self.claims if c.metric == metric and c.reading.drawable),
                key=lambda claim: LEGEND.index(claim.grade),
            )
        )

    def context(self, metric: Metric) -> tuple[Claim, ...]:
        """The claims that give context to a result of `metric` (ordinary rates and the like) and may not be drawn as a line."""
        return tuple(c for c in self.claims if c.metric == metric and c.usable_as == "context")

    def meaning(self, grade: Grade) -> str:
        """What a grade says, in one sentence."""
        for line in self.grades:
            if line.grade == grade:
                return line.meaning
        if grade == "own":
            return "The team's own figure; its evidence has not been graded here."
        return "Arithmetic: there is nothing to grade."


def at_least(grade: Grade, floor: Grade) -> bool:
    """Whether `grade` is as good as `floor` or better; False for what is not graded (`none`, `own`).

    Examples
    --------
    >>> at_least("B", "C+"), at_least("C", "C+")
    (True, False)
    """
    return grade in LEGEND and LEGEND.index(grade) <= LEGEND.index(floor)


def editions(*, folder: Path = FOLDER) -> tuple[str, ...]:
    """The names of the editions, the newest last."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml") if _EDITION_NAME.fullmatch(path.stem)))


def load(edition: str, *, folder: Path = FOLDER) -> Edition:
    """Read one edition, check it whole and convert its numbers.

    Raises
    ------
    CatalogueError
        When there is no such edition, or its file is wrong; the message names file, claim and field. An unknown edition is never
        replaced by another.
    """
    if not _EDITION_NAME.fullmatch(edition) or not (folder / f"{edition}.toml").is_file():
        known = ", ".join(editions(folder=folder)) or "none"
        raise CatalogueError(f"There is no edition “{edition}” of the benchmarks.", f"Known editions: {known}.")
    return _load(folder / f"{edition}.toml")


@lru_cache(maxsize=8)
def _load(path: Path) -> Edition:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogueError(f"{path.name} cannot be read: {error}.", "Restore the file from the project.") from error
    return _edition(_Section(path.name, "", "", data), name=path.stem)


def custom_claim(
    label: str,
    *,
    metric: Metric,
    kind: OwnKind,
    value: float,
    source: str,
    year: int,
    checked: date | str,
    address: str = "",
    id: str = "OWN",
) -> Claim:
    """A team's own benchmark as a claim; its grade is `own`, because nobody here has judged the evidence.

    Parameters
    ----------
    label
        What the figure is, in the team's words.
    metric
        What it is held against.
    kind, value
        `ratio`: a relative change in percent, 12 for 12 % more; for customers lost a reduction, -20 for 20 % fewer.
        `level`: a rate or a growth in percent, 25 for 25 %; kept as `aligned_level`, with no level beside it.
    source, address, year
        Who says so, the page's address ("" when it has none) and the year of the figure.
    checked
        The day the team entered it; also as text, 2026-11-24.

    Raises
    ------
    AppError
        When a field is empty or impossible; the message names the field and the remedy.
    """
    checked = _day_of(checked)
    label, source, address = (" ".join(text.split()) for text in (label, source, address))
    for name, text, longest in (("name", label, 120), ("source", source, 500)):
        if not text:
            raise AppError(f"The benchmark has no {name}.", f"Give it a {name}.")
        if len(text) > longest:
            raise AppError(f"The benchmark's {name} has {len(text):,} characters.", f"Shorten it to {longest:,}.")
    if address and not re.fullmatch(r"https?://[^\s/]+\.[^\s]+", address):
        raise AppError("The benchmark's address is not a web address.", "Begin it with https://, or leave it empty.")
    if len(address) > 2000:
        raise AppError(f"The benchmark's address has {len(address):,} characters.", "Shorten it to 2,000.")
    if not _is_number(year) or year != int(year) or not 1900 <= year <= checked.year:
        raise AppError(f"The year {year} cannot be the year of a figure.", f"Give a year from 1900 to {checked.year}.")
    if metric not in _METRICS:
        raise AppError(f"“{metric}” is not something this app compares.", "Choose one of the results the page offers.")
    reading = _own_reading(label, metric=metric, kind=kind, value=value, source=source, year=year)
    return Claim(
        id=id,
        label=label,
        family="own",
        as_quoted=(),
        quoted_in=(),
        as_published=label,
        how="not_recorded",
        metric_definition="As the team entered it.",
        population="Not stated.",
        sample="Not stated.",
        originator=source,
        year=year,
        year_note="",
        reading=reading,
        quoted=None,
        set_aside=(),
        values=(),
        contradictions=(),
        misquotes=(),
        addresses=(Address(address, "not_recorded", "the team's own source"),) if address else (),
        no_address_why="" if address else "The team gave no address.",
        checked=checked,
    )


_LOWEST_LEVEL: Mapping[Metric, float] = {"revenue_growth": -100.0, "revenue_cagr_3y": -100.0}
_HIGHEST_LEVEL: Mapping[Metric, float] = {"revenue_growth": 1000.0, "revenue_cagr_3y": 1000.0, "revenue_retention": 1000.0}
_NO_LEVEL: frozenset[Metric] = frozenset(["revenue", "lead_response", "perception_gap"])
_MOST = 1000.0


def _day_of(value: date | str) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise AppError(f"“{value}” is not a day.", "Give it as year-month-day, e.g. 2026-11-24.") from error


def _is_number(value: object) -> bool:
    """Whether a typed-in value is a finite number; stored fields come back from JSON, so their types are not a given."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _own_reading(label: str, *, metric: Metric, kind: OwnKind, value: float, source: str, year: int) -> Reading:
    if not _is_number(value):
        raise AppError("The benchmark's value is not a number.", "Give a number, e.g. 12 for 12 %.")
    caveat = f"The team's own benchmark, from {source} ({year}). Its evidence has not been graded here."
    unit: Unit
    ratio: float | None = None
    level: float | None = None
    if kind == "ratio":
        if metric == "churn" and not -100 < value < 0:
            raise AppError(
                f"A change of {value:g} % is no benchmark for customers lost.",
                "Give the reduction, above -100 and below 0; -20 means 20 % fewer lost.",
            )
        if metric != "churn" and not 0 < value <= _MOST:
            raise AppError(f"A change of {value:g} % is no benchmark to reach.", f"Give a rise, above 0 and up to {_MOST:g}.")
        unit = "relative_churn_reduction" if metric == "churn" else "relative_ratio"
        ratio = (100 + value) / 100
        stated = abs(value) / 100
        sentence = f"{label}: the result is multiplied by {ratio:.4g}."
    elif kind == "level":
        lowest, highest = _LOWEST_LEVEL.get(metric, 0.0), _HIGHEST_LEVEL.get(metric, 100.0)
        if metric in _NO_LEVEL:
            raise AppError("This result has no level in percent to compare with.", "Enter a relative change instead.")
        if not lowest <= value <= highest:
            raise AppError(f"A level of {value:g} % is not possible here.", f"Give a number from {lowest:g} to {highest:g}.")
        unit = "level"
        level = stated = value / 100
        sentence = f"{label}: a level of {value:g} %."
    else:
        raise AppError(f"“{kind}” is not a kind of benchmark.", "Choose a relative change or a level.")
    return Reading(
        unit=unit,
        sentence=sentence,
        metric=metric,
        no_metric_why="",
        grade="own",
        grade_reason="Entered by the team; the evidence has not been graded here.",
        usable_as="reference_line_with_caveat",
        caveat=caveat,
        stated=stated,
        ratio=ratio,
        aligned_level=level,
        lower_is_better=metric == "churn",
    )


@dataclass
class _Section:
    """One table of the file with its place; every key must be taken once, so that an unknown one is noticed by `done`."""

    file: str
    claim: str
    place: str
    data: dict[str, Any]
    taken: set[str] = field(default_factory=set)

    def wrong(self, key: str, why: str) -> CatalogueError:
        where = f"{self.file}, claim {self.claim}" if self.claim else self.file
        at = f"{self.place}.{key}" if self.place and key else self.place or key
        return CatalogueError(f"{where}, field “{at}”: {why}", "Correct the file, or restore it from the project.")

    def take(self, key: str, kinds: type | tuple[type, ...], what: str, *, optional: bool = False) -> Any:
        self.taken.add(key)
        if key not in self.data:
            if optional:
                return None
            raise self.wrong(key, "it is missing.")
        value = self.data[key]
        # bool is an int to Python, and a datetime is a date; neither is meant here.
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise self.wrong(key, f"it must be {what}.")
        return value

    def text(self, key: str, *, optional: bool = False) -> str:
        value = self.take(key, str, "a text", optional=optional)
        if value is None:
            return ""
        if not value.strip():
            raise self.wrong(key, "it is empty.")
        return str(value)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.take(key, list, "a list of texts")
        if not all(isinstance(item, str) and item.strip() for item in value):
            raise self.wrong(key, "it must be a list of texts.")
        return tuple(value)

    def choice(self, key: str, allowed: Sequence[T]) -> T:
        value = self.text(key)
        for item in allowed:
            if item == value:
                return item
        raise self.wrong(key, f"“{value}” is not one of {', '.join(map(str, allowed))}.")

    def number(self, key: str) -> float | None:
        value = self.take(key, (int, float), "a number", optional=True)
        if value is None:
            return None
        if not isfinite(value):
            raise self.wrong(key, "it must be a finite number.")
        return float(value)

    def needed(self, key: str) -> float:
        value = self.number(key)
        if value is None:
            raise self.wrong(key, "it is missing.")
        return value

    def whole(self, key: str) -> int | None:
        value = self.take(key, int, "a whole number", optional=True)
        return None if value is None else int(value)

    def flag(self, key: str, *, optional: bool = False) -> bool:
        return bool(self.take(key, bool, "true or false", optional=optional))

    def day(self, key: str) -> date:
        value = self.take(key, date, "a date")
        return date(value.year, value.month, value.day)

    def section(self, key: str) -> _Section:
        return _Section(self.file, self.claim, f"{self.place}.{key}" if self.place else key, self.take(key, dict, "a section"))

    def maybe(self, key: str) -> _Section | None:
        self.taken.add(key)
        return self.section(key) if key in self.data else None

    def rows(self, key: str, *, optional: bool = False) -> tuple[_Section, ...]:
        value = self.take(key, list, "a list of sections", optional=optional)
        if value is None:
            return ()
        if not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, "it must be a list of sections.")
        place = f"{self.place}.{key}" if self.place else key
        return tuple(_Section(self.file, self.claim, f"{place}[{n}]", item) for n, item in enumerate(value, start=1))

    def done(self) -> None:
        unknown = sorted(set(self.data) - self.taken)
        if unknown:
            raise self.wrong(unknown[0], "the key is unknown.")


def _each(rows: Sequence[_Section], read: Callable[[_Section], T]) -> tuple[T, ...]:
    found = []
    for row in rows:
        found.append(read(row))
        row.done()
    return tuple(found)


def _edition(top: _Section, *, name: str) -> Edition:
    if top.text("edition") != name:
        raise top.wrong("edition", f"it must be named as the file, “{name}”.")
    marks_section = top.section("marks")
    marks = tuple((how, marks_section.text(how)) for how in _HOWS)
    marks_section.done()
    grades = _each(top.rows("grades"), lambda row: GradeMeaning(row.choice("grade", LEGEND), row.text("meaning")))
    if tuple(line.grade for line in grades) != LEGEND:
        raise top.wrong("grades", f"the legend must list {', '.join(LEGEND)} in this order.")
    families = _each(top.rows("families"), lambda row: Family(row.text("id"), row.text("label"), row.text("note")))
    article, quotations = _article(top.section("source_article"))
    why = top.section("why_contrasts_are_not_uplifts")
    passage = Passage(why.text("title"), why.text("text"), _addresses(why))
    why.done()
    claims = tuple(_claim(row, families=families, quotations=quotations) for row in top.rows("claims"))
    by_id: dict[str, Claim] = {}
    for claim in claims:
        if claim.id in by_id:
            raise _Section(top.file, claim.id, "", {}).wrong("id", "two claims have this id.")
        by_id[claim.id] = claim
    for id in quotations:
        if id not in by_id:
            raise top.wrong("source_article.attributions", f"there is no claim “{id}”.")
    for claim in claims:
        for misquote in claim.misquotes:
            if misquote.points_to is not None and misquote.points_to not in by_id:
                raise _Section(top.file, claim.id, "misquotes", {}).wrong("points_to", f"there is no claim “{misquote.points_to}”.")
    edition = Edition(
        name=name,
        title=top.text("title"),
        checked=top.day("checked"),
        findings=top.texts("findings"),
        orientation=top.texts("orientation"),
        use=top.texts("use"),
        no_uplift_earns_an_a=top.text("no_uplift_earns_an_a"),
        how_to_say_it=top.text("how_to_say_it"),
        literature=top.text("literature"),
        base_rates_note=top.text("base_rates_note"),
        why_contrasts_are_not_uplifts=passage,
        unverified=top.texts("unverified"),
        not_found=top.texts("not_found"),
        marks=marks,
        grades=grades,
        families=families,
        source_article=article,
        cited_figures=_each(top.rows("cited_figures"), lambda row: _cited(row, by_id)),
        claims=claims,
    )
    top.done()
    return edition


def _article(section: _Section) -> tuple[SourceArticle, dict[str, tuple[Quotation, ...]]]:
    quotations: dict[str, tuple[Quotation, ...]] = {}

    def attribution(row: _Section) -> Attribution:
        found = Attribution(
            id=row.text("id"),
            attributed_to=row.text("attributed_to"),
            verdict=row.text("verdict"),
            sentence=row.text("sentence"),
            grade=row.choice("grade", LEGEND) if "grade" in row.data else None,
            addresses=_addresses(row),
        )
        for figure in row.rows("figures"):
            claim = figure.text("claim")
            quotations[claim] = (*quotations.get(claim, ()), Quotation(figure.text("wording"), found))
            figure.done()
        return found

    article = SourceArticle(
        publisher=section.text("publisher"),
        updated=section.day("updated"),
        opened=section.flag("opened"),
        note=section.text("note"),
        attributions=_each(section.rows("attributions"), attribution),
    )
    section.done()
    return article, quotations


def _cited(row: _Section, by_id: Mapping[str, Claim]) -> CitedFigure:
    def claim(key: str) -> Claim:
        id = row.text(key)
        if id not in by_id:
            raise row.wrong(key, f"there is no claim “{id}”.")
        return by_id[id]

    figure = CitedFigure(
        as_written=row.text("as_written"),
        percent=row.needed("percent") / 100,
        quoted=claim("quoted"),
        meaningful=claim("meaningful"),
        explanation=row.text("explanation"),
    )
    if figure.quoted_reading.stated != figure.percent:
        raise row.wrong("percent", f"claim {figure.quoted.id} is quoted with another number.")
    return figure


def _addresses(section: _Section) -> tuple[Address, ...]:
    def address(row: _Section) -> Address:
        url = row.text("url")
        if not re.fullmatch(r"https?://\S+", url):
            raise row.wrong("url", f"“{url}” is not a web address.")
        return Address(url, row.choice("how", _HOWS), row.text("shows"))

    return _each(section.rows("addresses"), address)


def _claim(row: _Section, *, families: Sequence[Family], quotations: Mapping[str, tuple[Quotation, ...]]) -> Claim:
    id = row.text("id")
    row = _Section(row.file, id, "", row.data, {"id"})
    quoted = row.maybe("quoted")
    claim = Claim(
        id=id,
        label=row.text("label"),
        family=row.choice("family", [family.id for family in families]),
        as_quoted=row.texts("as_quoted"),
        quoted_in=quotations.get(id, ()),
        as_published=row.text("as_published"),
        how=row.choice("how", _HOWS),
        metric_definition=row.text("metric_definition"),
        population=row.text("population"),
        sample=row.text("sample"),
        originator=row.text("originator"),
        year=row.whole("year"),
        year_note=row.text("year_note", optional=True),
        reading=_reading(row.section("reading")),
        quoted=None if quoted is None else _reading(quoted),
        set_aside=_each(row.rows("set_aside", optional=True), _set_aside),
        values=_each(row.rows("values", optional=True), _value),
        contradictions=_each(row.rows("contradictions"), lambda r: Contradiction(r.text("text"), r.text("url", optional=True))),
        misquotes=_each(
            row.rows("misquotes"), lambda r: Misquote(r.text("wording"), r.text("correction"), r.text("points_to", optional=True) or None)
        ),
        addresses=_addresses(row),
        no_address_why=row.text("no_address_why", optional=True),
        checked=row.day("checked"),
    )
    if bool(claim.addresses) == bool(claim.no_address_why):
        raise row.wrong("addresses", "give at least one address, or say in “no_address_why” why there is none.")
    if claim.year is None and not claim.year_note:
        raise row.wrong("year", "give the year, or say in “year_note” why there is none.")
    if claim.quoted is not None and (claim.quoted.grade != "D" or claim.quoted.usable_as != "misquote_only"):
        raise row.wrong("quoted", "a reading that differs from what was found has grade D and is usable only as a misquote.")
    row.done()
    return claim


def _set_aside(row: _Section) -> SetAside:
    return SetAside(row.choice("unit", _UNITS), row.choice("metric", _METRICS), row.needed("value") / 100, row.text("sentence"))


def _value(row: _Section) -> StatedValue:
    unit = row.choice("unit", _VALUE_UNITS)
    scale = 100 if unit in ("percent", "points") else 1
    value, high = row.needed("value"), row.number("high")
    if high is not None and high <= value:
        raise row.wrong("high", "it must be above “value”.")
    return StatedValue(row.text("label"), value / scale, unit, None if high is None else high / scale, row.flag("computed", optional=True))


def _reading(row: _Section) -> Reading:
    unit = row.choice("unit", _UNITS)
    value, aligned, baseline, years = row.number("value"), row.number("aligned_level"), row.number("baseline_level"), row.whole("years")
    _fits_unit(row, unit, value=value, aligned=aligned, baseline=baseline, years=years)
    reading = Reading(
        unit=unit,
        sentence=row.text("sentence"),
        metric=row.choice("metric", _METRICS) if "metric" in row.data else None,
        no_metric_why=row.text("no_metric_why", optional=True),
        grade=row.choice("grade", _FILE_GRADES),
        grade_reason=row.text("grade_reason"),
        usable_as=row.choice("usable_as", _USES),
        caveat=row.text("caveat"),
        stated=None if value is None else value / 100,
        ratio=_ratio(row, unit, value=value, aligned=aligned, baseline=baseline),
        aligned_level=None if aligned is None else aligned / 100,
        baseline_level=None if baseline is None else baseline / 100,
        years=years,
        lower_is_better=unit == "relative_churn_reduction",
    )
    _fits_rules(row, reading)
    row.done()
    return reading


def _fits_unit(row: _Section, unit: Unit, *, value: float | None, aligned: float | None, baseline: float | None, years: int | None) -> None:
    if (aligned is None) != (baseline is None):
        raise row.wrong("baseline_level" if baseline is None else "aligned_level", "the two levels belong together.")
    has_levels = aligned is not None
    if has_levels and unit not in ("relative_ratio", "abs_growth_rate_pair"):
        raise row.wrong("aligned_level", f"the unit “{unit}” has no levels.")
    if unit == "abs_growth_rate_pair" and (not has_levels or value is not None):
        raise row.wrong("aligned_level", "a pair of growth rates has two levels and no value.")
    if unit == "relative_ratio" and value is None and not has_levels:
        raise row.wrong("value", "give the value or the two levels.")
    if unit in ("relative_churn_reduction", "cagr_ratio", "pp") and value is None:
        raise row.wrong("value", "it is missing.")
    if unit in ("none", "prevalence", "direction", "base_rate") and value is not None:
        raise row.wrong("value", f"the unit “{unit}” has no value; use “values”.")
    if (unit == "cagr_ratio") != (years is not None):
        raise row.wrong("years", "it belongs to “cagr_ratio”, and only to it.")
    if years is not None and years < 2:
        raise row.wrong("years", "growth over several years needs two or more.")
    if unit == "relative_churn_reduction" and value is not None and not 0 < value < 100:
        raise row.wrong("value", "a reduction lies between 0 and 100.")


def _ratio(row: _Section, unit: Unit, *, value: float | None, aligned: float | None, baseline: float | None) -> float | None:
    """What the metric is multiplied by. Dividing last keeps 138 / 100 the nearest number to 1.38, which 1 + 0.38 need not be."""
    if unit not in _CHANGE_UNITS:
        return None
    if unit == "relative_churn_reduction":
        return None if value is None else (100 - value) / 100
    published = None if value is None else (100 + value) / 100
    if published is not None and published <= 0:
        raise row.wrong("value", "nothing can fall by 100 % or more.")
    if aligned is None or baseline is None:
        return published
    if baseline <= 0 or aligned <= 0:
        raise row.wrong("baseline_level", "levels of a ratio are above 0.")
    ratio = aligned / baseline
    if published is not None and abs(published - ratio) > _AGREE_WITHIN:
        raise row.wrong("value", f"it does not agree with the levels, which give {100 * (ratio - 1):.1f}.")
    return ratio


def _fits_rules(row: _Section, reading: Reading) -> None:
    """The rules of use of the edition, held by the loader so that no file can break them."""
    grade, use = reading.grade, reading.usable_as
    if (reading.metric is None) == (not reading.no_metric_why):
        raise row.wrong("metric", "give the metric, or say in “no_metric_why” why there is none, and not both.")
    if reading.unit in UPLIFTS and grade == "A":
        raise row.wrong("grade", "no uplift figure earns an A.")
    if grade == "none" and reading.unit != "base_rate":
        raise row.wrong("grade", "only arithmetic on ordinary rates goes without a grade.")
    if use in LINES and reading.metric is None:
        raise row.wrong("usable_as", "what is compared with no metric cannot be a target or a line.")
    if use in LINES and reading.unit not in UPLIFTS:
        raise row.wrong("usable_as", f"the unit “{reading.unit}” cannot be a target or a line.")
    if use == "target" and not at_least(grade, TARGET_FLOOR):
        raise row.wrong("usable_as", f"a target needs grade {TARGET_FLOOR} or better, not {grade}.")
    if use == "reference_line" and not at_least(grade, LINE_FLOOR):
        raise row.wrong("usable_as", f"a line of grade {grade} needs its caveat: “reference_line_with_caveat”.")
    if use == "reference_line_with_caveat" and not at_least(grade, "C-"):
        raise row.wrong("usable_as", f"grade {grade} cannot be a line.")
    if use == "misquote_only" and grade != "D":
        raise row.wrong("usable_as", "only grade D is shown as a misquote.")
    if grade == "D" and reading.unit in UPLIFTS and use != "misquote_only":
        raise row.wrong("usable_as", "an uplift of grade D is shown only as a misquote.")
