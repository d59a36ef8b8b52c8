"""What a closed round publishes: the only thing that pages, charts, files, the report and the command line read of a survey.

A `Published` is made once for each round, by `app.survey.disclosure`, and kept with the round. Every cell is a value or `Suppressed`
with the reason. Whatever else is shown (totals, the index, a trend) is computed from these cells alone, here, so it can tell no more
than they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from app.survey.model import BANDS, Band, Side

Group = Literal["sales", "marketing", "together"]
GROUPS: tuple[Group, ...] = ("sales", "marketing", "together")
"""The fixed views of a round. "together" is there only when both sides are too small to be shown on their own."""

Bound = Literal["exact", "or_lower", "or_higher"]
Accord = Literal["agree", "mixed", "split"]
Size = Literal["negligible", "small", "medium", "large"]
Code = Literal[
    "too_few", "other_side", "apart", "few_answers", "between_rounds", "no_split", "not_enough_for_parts", "needs_both", "not_asked"
]


@dataclass(frozen=True)
class Suppressed:
    """A cell that is not shown. `reason` is a whole sentence for readers, `code` a stable word for programs."""

    code: Code
    reason: str


@dataclass(frozen=True)
class Score:
    """An average on the scale from 1 to 5, 5 the best, to one decimal.

    With `bound` "or_lower" or "or_higher" the average lies there or beyond: it is not said how far, because near the end of the scale
    an average gives away what everybody answered.
    """

    value: float
    bound: Bound = "exact"


@dataclass(frozen=True)
class Share:
    """A share of answers, 0 to 1, in steps of a tenth; `bound` as for `Score`."""

    value: float
    bound: Bound = "exact"


@dataclass(frozen=True)
class Agreement:
    """How much the people of a group agree, 1 for complete agreement (a_wg), to one decimal; `word` says it in one word."""

    value: float
    bound: Bound
    word: Accord


@dataclass(frozen=True)
class Segment:
    """The answers from `low` to `high` (5 the best) and their share, 0 to 1."""

    low: int
    high: int
    share: float


@dataclass(frozen=True)
class Distribution:
    """How the answers to one item spread; the segments cover the scale from low to high and their shares add up to 1."""

    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Gap:
    """Sales against marketing on one dimension.

    `points` is sales minus marketing, as shown. `effect` is Cliff's delta (how much more often a person of sales is above one of
    marketing than below), with its interval `low` to `high`, all to one decimal. `clear` says whether the difference holds after
    Holm's correction over the dimensions of the round.
    """

    points: float
    effect: float
    low: float | None
    high: float | None
    clear: bool
    size: Size


@dataclass(frozen=True)
class Guess:
    """What this side guessed the other side would say (`value`, 1 to 5), and how far off it was: guess minus the other side's score."""

    value: float
    distance: float


@dataclass(frozen=True)
class Reliability:
    """Cronbach's alpha with its 95 % interval, to one decimal, over `items` items."""

    alpha: float
    low: float
    high: float
    items: int


@dataclass(frozen=True)
class Turnout:
    """How many people of a group answered, of how many invited; `invited` is None where nobody said how many there are."""

    group: Group
    answered: int | Suppressed
    invited: int | None

    @property
    def rate(self) -> float | None:
        """Response rate, 0 to 1, where both numbers are known."""
        if isinstance(self.answered, Suppressed) or not self.invited or self.answered > self.invited:
            return None
        return self.answered / self.invited


@dataclass(frozen=True)
class DimensionView:
    """One dimension as one group sees it. `items` counts the items its score is the average of; `guess` is None outside in-room rounds."""

    group: Group
    score: Score | Suppressed
    agreement: Agreement | Suppressed
    unknown: Share | Suppressed
    items: int
    guess: Guess | Suppressed | None = None

    @property
    def level(self) -> Band | None:
        """The level of maturity that the score stands for; None when the score is not shown."""
        return band(self.score.value) if isinstance(self.score, Score) else None


@dataclass(frozen=True)
class DimensionResult:
    """One dimension: its three views and the gap between the sides. `wording` is the same for rounds that asked in the same words."""

    id: str
    wording: str
    asked: int
    views: tuple[DimensionView, ...]
    gap: Gap | Suppressed

    def view(self, group: Group) -> DimensionView:
        """The view of one group."""
        return next(view for view in self.views if view.group == group)


@dataclass(frozen=True)
class ItemView:
    """One item as one group answered it; answers to reverse-keyed items are turned round, so that 5 is always the best."""

    group: Group
    score: Score | Suppressed
    distribution: Distribution | Suppressed


@dataclass(frozen=True)
class ItemResult:
    """One item and its three views."""

    id: str
    dimension: str
    reverse: bool
    views: tuple[ItemView, ...]

    def view(self, group: Group) -> ItemView:
        """The view of one group."""
        return next(view for view in self.views if view.group == group)


@dataclass(frozen=True)
class Comments:
    """What a group wrote about a dimension, in an order that says nothing; or why it is not shown."""

    dimension: str
    group: Group
    texts: tuple[str, ...]
    hidden: Suppressed | None = None


@dataclass(frozen=True)
class Published:
    """Everything a closed round shows, ever.

    Parameters
    ----------
    rules
        The version of the rules it was made under.
    version, scale
        Of the questionnaire.
    minimum
        The smallest group that is shown.
    turnout
        One for each group.
    dimensions, items
        In the order of the questionnaire.
    reliability
        Of all answers together.
    comments
        Only those that are there, or a reason for each group that may have written some.
    """

    rules: int
    version: str
    scale: str
    minimum: int
    turnout: tuple[Turnout, ...]
    dimensions: tuple[DimensionResult, ...]
    items: tuple[ItemResult, ...]
    reliability: Reliability | Suppressed
    comments: tuple[Comments, ...]

    def answered(self, group: Group) -> int | Suppressed:
        """How many people of the group answered, or why that is not said."""
        return next(turnout.answered for turnout in self.turnout if turnout.group == group)

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups that are shown, in fixed order; empty when there were too few answers of any."""
        return tuple(turnout.group for turnout in self.turnout if not isinstance(turnout.answered, Suppressed))

    def dimension(self, id: str) -> DimensionResult:
        """One dimension by its id."""
        return next(found for found in self.dimensions if found.id == id)

    def items_of(self, dimension: str) -> tuple[ItemResult, ...]:
        """The items of one dimension."""
        return tuple(item for item in self.items if item.dimension == dimension)


def band(score: float) -> Band:
    """The level of a score from 1 to 5; half-open, [1, 2) [2, 3) [3, 4) [4, 5], which is [20, 40) … on the scale from 20 to 100."""
    return BANDS[min(max(int(score) - 1, 0), 3)]


def total(published: Published, group: Group, *, weights: Mapping[str, float] | None = None) -> Score | Suppressed:
    """The total of a group from 20 to 100: 20 times the weighted average of its dimensions as shown, to a whole number.

    Parameters
    ----------
    weights
        By dimension id, not negative; equal when not given. Dimensions that are not shown carry no weight.

    Returns
    -------
    Score or Suppressed
        Suppressed when no dimension of the group is shown.
    """
    shown: list[tuple[Decimal, Decimal, Bound]] = []
    hidden: Suppressed | None = None
    for dimension in published.dimensions:
        score = dimension.view(group).score
        if isinstance(score, Suppressed):
            hidden = hidden or score
        else:
            weight = Decimal(str(1 if weights is None else weights.get(dimension.id, 0)))
            shown.append((Decimal(str(score.value)), weight, score.bound))
    weight_of_all = sum((weight for _, weight, _ in shown), Decimal())
    if not weight_of_all:
        return hidden or Suppressed("not_asked", "Hidden, because none of the weighted dimensions was asked.")
    mean = sum((value * weight for value, weight, _ in shown), Decimal()) / weight_of_all
    bounds = {bound for _, weight, bound in shown if weight}
    one = bounds.pop() if len(bounds) == 1 else "exact"
    return Score(float((20 * mean).quantize(Decimal(1), ROUND_HALF_UP)), one)


def index(published: Published, *, weights: Mapping[str, float] | None = None) -> Score | Suppressed:
    """The alignment index, 20 to 100: the middle of the two sides' totals, or the total of both where only that is shown.

    It is Suppressed when just one side is shown: the view of one side is no measure of both.
    """
    sides: tuple[Side, Side] = ("sales", "marketing")
    totals = [total(published, side, weights=weights) for side in sides]
    if isinstance(totals[0], Score) and isinstance(totals[1], Score):
        middle = (Decimal(str(totals[0].value)) + Decimal(str(totals[1].value))) / 2
        same = totals[0].bound if totals[0].bound == totals[1].bound else "exact"
        return Score(float(middle.quantize(Decimal(1), ROUND_HALF_UP)), same)
    both = total(published, "together", weights=weights)
    if isinstance(both, Score):
        return both
    return next(found for found in totals if isinstance(found, Suppressed))
