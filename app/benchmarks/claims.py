"""What the catalogue is made of: claims, their readings and evidence, and the edition that holds them; nothing here reads a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from app.errors import CatalogueError

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

LEGEND: tuple[Grade, ...] = ("A", "B+", "B", "B-", "C+", "C", "C-", "D")
"""The grades from the best to the worst."""
UPLIFTS: frozenset[Unit] = frozenset(["relative_ratio", "relative_churn_reduction", "abs_growth_rate_pair", "cagr_ratio"])
"""The units that say how much alignment is reported to bring; none of them may be graded A."""
LINES: frozenset[Use] = frozenset(["target", "reference_line", "reference_line_with_caveat"])
TARGET_FLOOR: Grade = "C+"
LINE_FLOOR: Grade = "C"


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
        What kind of figure it is; see the table of `app.benchmarks.readings`.
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
