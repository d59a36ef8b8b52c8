"""What of a closed round may be shown: the one place where answers of people become numbers that others see.

The rules, and why they hold, are in `docs/decisions/019-what-a-round-publishes.md`. In short:

- A group is shown from `minimum` people on. When one side is too small, nothing is shown from which it could be had by subtraction: the
  other side is shown alone, and no total. When both are too small but enough together, only both together are shown.
- For each item and group there is one sum, over the people of the group who answered it, and at least `minimum` of them. Everything
  else that is shown of averages is made of these sums. No two sums share an answer, so no combination of them is about fewer people.
- Near the ends of the scale an average says only "1.5 or lower", so that a unanimous answer gives nobody away.
- An item's spread is shown from ten people on, in segments of at least `minimum` people each; by side only where both sides have ten.
- Between rounds, an item is hidden when the people of two rounds are known and differ by fewer than `minimum`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from hashlib import sha256

from app.errors import AppError
from app.statistics.agreement import r_wg_items
from app.statistics.gap import RankGap, effect_size, holm, rank_gap
from app.statistics.intervals import Absent
from app.survey.between_rounds import Earlier, given_away_items
from app.survey.model import SIDES, Response, Side
from app.survey.published import (
    GROUPS,
    Agreement,
    Bound,
    Comments,
    DimensionResult,
    DimensionView,
    Distribution,
    Gap,
    Group,
    Guess,
    ItemResult,
    ItemView,
    Published,
    Reliability,
    Score,
    Segment,
    Share,
    Suppressed,
    Turnout,
)
from app.survey.questionnaire import MASTER, Item, Questionnaire
from app.survey.scoring import keyed, person_means, reliability

RULES = 1
"""Counts up when a rule changes. What was published under an older rule stays as it was published."""

SMALLEST = 5
DISTRIBUTION_FROM, FINE_FROM = 10, 30
LOWEST, HIGHEST = Fraction(3, 2), Fraction(9, 2)
STRONGEST, AGREEMENT_OF_FEW = 0.9, 0.7
CLEAR_BELOW = 0.05
SPLITS: tuple[tuple[tuple[int, int], ...], ...] = (
    ((1, 1), (2, 2), (3, 3), (4, 4), (5, 5)),
    ((1, 2), (3, 3), (4, 5)),
    ((1, 2), (3, 5)),
    ((1, 3), (4, 5)),
)
"""How answers may be put into segments; the first split whose segments are all large enough is taken."""


def publish(
    questionnaire: Questionnaire,
    responses: Sequence[Response],
    *,
    minimum: int = SMALLEST,
    invited: Mapping[Side, int] | None = None,
    people: Mapping[Side, frozenset[str]] | None = None,
    earlier: Sequence[Earlier] = (),
    comments: Sequence[tuple[Side, str, str]] = (),
) -> Published:
    """What a closed round publishes.

    Parameters
    ----------
    questionnaire
        What was asked, cut down to the dimensions of the round.
    responses
        All responses of the round; those without any answer are left out.
    minimum
        The smallest group that is shown; 5 or more.
    invited
        How many people were invited, by side; a side that is left out has no known number.
    people
        Marks of the people invited, by side, the same mark for the same person in every round; a side is left out where they are not known.
    earlier
        What earlier rounds of the same team have published, and those of the organization's other teams.
    comments
        (side, dimension, text) of comments that are kept apart from the responses; those in the responses count as well.

    Raises
    ------
    AppError
        When `minimum` is below 5.
    """
    if minimum < SMALLEST:
        raise AppError(f"The smallest group that is shown cannot be below {SMALLEST}.", f"Choose {SMALLEST} or more.")
    answering = [response for response in responses if response.answers]
    of_group: dict[Group, list[Response]] = {
        "sales": [response for response in answering if response.side == "sales"],
        "marketing": [response for response in answering if response.side == "marketing"],
        "together": answering,
    }
    hidden = _hidden_groups({group: len(members) for group, members in of_group.items()}, minimum)
    turnout = tuple(Turnout(group, hidden[group] or len(of_group[group]), _invited(group, invited or {})) for group in GROUPS)
    blocked = given_away_items(turnout, people or {}, earlier, minimum=minimum)
    groups = [_Group(group, of_group[group], hidden[group], minimum, blocked[group]) for group in GROUPS]
    return Published(
        rules=RULES,
        version=questionnaire.version,
        scale=questionnaire.scale.id,
        minimum=minimum,
        turnout=turnout,
        dimensions=_dimensions(questionnaire, groups),
        items=tuple(
            ItemResult(
                item.id,
                item.dimension,
                item.reverse,
                tuple(ItemView(group.name, group.score(item), spread[group.name]) for group in groups),
            )
            for item in questionnaire.items
            for spread in (_distributions(groups, item),)
        ),
        reliability=_reliability(questionnaire, groups),
        comments=_comments(questionnaire, groups, comments),
    )


def _hidden_groups(sizes: Mapping[Group, int], minimum: int) -> dict[Group, Suppressed | None]:
    """Which groups are hidden, and why. Sides first: "together" is there only where it gives no side away."""
    hidden: dict[Group, Suppressed | None] = {}
    for side in SIDES:
        few = Suppressed("too_few", f"Hidden, because fewer than {minimum} people of {side} answered.")
        hidden[side] = few if sizes[side] < minimum else None
    if hidden["sales"] and hidden["marketing"]:
        few = Suppressed("too_few", f"Hidden, because fewer than {minimum} people answered in all.")
        hidden["together"] = few if sizes["together"] < minimum else None
    elif hidden["sales"] or hidden["marketing"]:
        small, large = SIDES if hidden["sales"] else SIDES[::-1]
        reason = f"Hidden, because the answers of {small} could be worked out from it and those of {large}."
        hidden["together"] = Suppressed("other_side", reason)
    else:
        hidden["together"] = Suppressed("apart", "Not added up: sales and marketing are shown side by side.")
    return hidden


def _invited(group: Group, invited: Mapping[Side, int]) -> int | None:
    if group != "together":
        return invited.get(group)
    return sum(invited.values()) if all(side in invited for side in SIDES) else None


@dataclass(frozen=True)
class _Group:
    """The people of one group, what hides them as a whole, and the items that earlier rounds hide."""

    name: Group
    members: Sequence[Response]
    hidden: Suppressed | None
    minimum: int
    blocked: frozenset[str]

    @property
    def words(self) -> str:
        return "both sides" if self.name == "together" else self.name

    def values(self, item: Item) -> list[int]:
        """The answers to an item, 5 the best; without those who do not know."""
        given = (member.answers.get(item.id) for member in self.members)
        return [keyed(item, answer) for answer in given if answer is not None]

    def why_hidden(self, item: Item) -> Suppressed | None:
        """Why nothing of this item is shown; None when its average is."""
        if self.hidden:
            return self.hidden
        if len(self.values(item)) < self.minimum:
            reason = f"Hidden, because fewer than {self.minimum} people of {self.words} gave an answer to this question."
            return Suppressed("few_answers", reason)
        if item.id in self.blocked:
            reason = (
                f"Hidden, because an earlier round asked nearly the same people of {self.words}: "
                "what those who came or left answered could be worked out."
            )
            return Suppressed("between_rounds", reason)
        return None

    def mean(self, item: Item) -> Fraction:
        """The average of an item, drawn in to where it gives nobody away."""
        values = self.values(item)
        return min(max(Fraction(sum(values), len(values)), LOWEST), HIGHEST)

    def score(self, item: Item) -> Score | Suppressed:
        """The average of an item."""
        return self.why_hidden(item) or _score(self.mean(item))

    def shown(self, items: Sequence[Item]) -> list[Item]:
        """Those of the items whose average is shown."""
        return [item for item in items if self.why_hidden(item) is None]


def _distributions(groups: Sequence[_Group], item: Item) -> dict[Group, Distribution | Suppressed]:
    """How the answers to an item spread: of each side where both are large enough for it, else of both sides together.

    Never of one side and of both: the difference would be the spread of the other.
    """
    sales, marketing, together = groups
    enough = max(DISTRIBUTION_FROM, 2 * together.minimum)
    apart = not sales.hidden and not marketing.hidden
    if apart and min(len(sales.members), len(marketing.members)) < enough:
        reason = f"The spread of a side is shown where {enough} people of each side answered; that of both together stands beside it."
        by_side = Suppressed("not_enough_for_parts", reason)
        why = sales.why_hidden(item) or marketing.why_hidden(item)
        of_both = why or _distribution(together.values(item), minimum=together.minimum, words="both sides")
        return {"sales": by_side, "marketing": by_side, "together": of_both}
    return {
        group.name: group.why_hidden(item) or _distribution(group.values(item), minimum=group.minimum, words=group.words)
        for group in groups
    }


def _distribution(values: Sequence[int], *, minimum: int, words: str) -> Distribution | Suppressed:
    """Segments of at least the smallest group."""
    enough = max(DISTRIBUTION_FROM, 2 * minimum)
    if len(values) < enough:
        return Suppressed("not_enough_for_parts", f"The spread is shown from {enough} answers of {words} on; the average stands beside it.")
    for split in SPLITS:
        counts = [sum(low <= value <= high for value in values) for low, high in split]
        if min(counts) >= minimum:
            shares = _shares(counts, step=5 if len(values) < FINE_FROM else 1)
            return Distribution(tuple(Segment(*ends, share) for ends, share in zip(split, shares, strict=True)))
    reason = f"Hidden, because the answers of {words} cannot be split into parts of at least {minimum} people."
    return Suppressed("no_split", reason)


def _score(mean: Fraction) -> Score:
    bound: Bound = "or_lower" if mean <= LOWEST else "or_higher" if mean >= HIGHEST else "exact"
    return Score(_rounded(mean), bound)


def _rounded(value: Fraction | float, places: str = "0.1") -> float:
    exact = Decimal(value.numerator) / Decimal(value.denominator) if isinstance(value, Fraction) else Decimal(str(value))
    return float(exact.quantize(Decimal(places), ROUND_HALF_UP)) + 0.0


def _shares(counts: Sequence[int], *, step: int) -> list[float]:
    """Shares in steps of `step` percent that add up to 1: the largest remainders are rounded up."""
    steps = 100 // step
    exact = [Fraction(count * steps, sum(counts)) for count in counts]
    down = [int(value) for value in exact]
    order = sorted(range(len(counts)), key=lambda i: (down[i] - exact[i], i))
    for i in order[: steps - sum(down)]:
        down[i] += 1
    return [value * step / 100 for value in down]


def _dimensions(questionnaire: Questionnaire, groups: Sequence[_Group]) -> tuple[DimensionResult, ...]:
    found = [
        (dimension.id, questionnaire.items_of(dimension.id), [group.shown(questionnaire.items_of(dimension.id)) for group in groups])
        for dimension in questionnaire.dimensions
    ]
    means = {
        (id, group.name): sum((group.mean(item) for item in shown), Fraction()) / len(shown)
        for id, _, of_groups in found
        for group, shown in zip(groups, of_groups, strict=True)
        if shown
    }
    compared = {id: _compared(questionnaire, id, groups) for id, _, _ in found}
    corrected = dict(zip((id for id, gap in compared.items() if gap), holm([gap.p for gap in compared.values() if gap]), strict=True))
    results = []
    for id, items, of_groups in found:
        views = []
        for group, shown in zip(groups, of_groups, strict=True):
            mean = means.get((id, group.name))
            score = _score(mean) if mean is not None else _why_none(group, items)
            views.append(
                DimensionView(
                    group.name, score, _agreement(group, items), _unknown(group, items), len(shown), _guess(questionnaire, id, group, means)
                )
            )
        result = compared[id]
        sales, marketing = views[0].score, views[1].score
        gap: Gap | Suppressed
        if result is None or isinstance(sales, Suppressed) or isinstance(marketing, Suppressed):
            gap = Suppressed("needs_both", "No gap is shown, because it needs the answers of both sides.")
        else:
            gap = _gap(result, points=_rounded(sales.value - marketing.value), clear=corrected[id] < CLEAR_BELOW)
        results.append(DimensionResult(id, _wording_mark(questionnaire, items), len(items), tuple(views), gap))
    return tuple(results)


def _why_none(group: _Group, items: Sequence[Item]) -> Suppressed:
    reasons = [why for item in items if (why := group.why_hidden(item))]
    between = [why for why in reasons if why.code == "between_rounds"]
    if group.hidden or between:
        return (between or reasons)[0]
    return Suppressed("few_answers", f"Hidden, because fewer than {group.minimum} people of {group.words} gave an answer here.")


def _compared(questionnaire: Questionnaire, dimension: str, groups: Sequence[_Group]) -> RankGap | None:
    """The two sides by ranks, over the items that are shown of both."""
    sales, marketing = groups[0], groups[1]
    items = tuple(item for item in sales.shown(questionnaire.items_of(dimension)) if marketing.why_hidden(item) is None)
    if not items:
        return None
    asked = replace(questionnaire, items=items)
    found = rank_gap(person_means(asked, sales.members, dimension), person_means(asked, marketing.members, dimension))
    return None if isinstance(found, Absent) else found


def _gap(found: RankGap, *, points: float, clear: bool) -> Gap:
    # An effect of 1 would say that the lowest answer of one side is above the highest of the other.
    effect, low, high = (
        min(max(_rounded(value), -STRONGEST), STRONGEST) for value in (found.delta, found.delta_interval.low, found.delta_interval.high)
    )
    return Gap(points, effect, low, high, clear, effect_size(effect))


def _agreement(group: _Group, items: Sequence[Item]) -> Agreement | Suppressed:
    shown = group.shown(items)
    found = r_wg_items([group.values(item) for item in shown]) if shown else None
    if found is None or isinstance(found, Absent):
        return _why_none(group, items)
    # With few people, complete agreement beside the average would tell what each of them answered.
    most = STRONGEST if len(group.members) >= DISTRIBUTION_FROM else AGREEMENT_OF_FEW
    value = _rounded(found)
    bound: Bound = "or_higher" if value >= most else "or_lower" if value <= 0 else "exact"
    return Agreement(min(max(value, 0.0), most), bound, "agree" if value >= 0.7 else "mixed" if value > 0.3 else "split")


def _unknown(group: _Group, items: Sequence[Item]) -> Share | Suppressed:
    """The share of "I don't know" among the answers given, over the items that no earlier round hides."""
    if group.hidden:
        return group.hidden
    open_items = [item for item in items if item.id not in group.blocked]
    if not open_items:
        return _why_none(group, items)
    given = [[member.answers[item.id] for item in open_items if item.id in member.answers] for member in group.members]
    if sum(bool(answers) for answers in given) < group.minimum:
        return Suppressed("few_answers", f"Hidden, because fewer than {group.minimum} people of {group.words} came to these questions.")
    answers = [answer for of_one in given for answer in of_one]
    share = _rounded(Fraction(sum(answer is None for answer in answers), len(answers)))
    bound: Bound = "or_lower" if share <= 0.1 else "or_higher" if share >= 0.9 else "exact"
    return Share(min(max(share, 0.1), 0.9), bound)


def _guess(
    questionnaire: Questionnaire, dimension: str, group: _Group, means: Mapping[tuple[str, Group], Fraction]
) -> Guess | Suppressed | None:
    guesses = [member.guesses[dimension] for member in group.members if dimension in member.guesses]
    if group.name == "together" or not guesses:
        return None
    if group.hidden:
        return group.hidden
    other: Group = "marketing" if group.name == "sales" else "sales"
    if len(guesses) < group.minimum or any(item.id in group.blocked for item in questionnaire.items_of(dimension)):
        return Suppressed("few_answers", f"Hidden, because fewer than {group.minimum} people of {group.words} made a guess.")
    if (dimension, other) not in means:
        return Suppressed("needs_both", f"Not compared, because the answers of {other} are not shown.")
    value = _rounded(min(max(Fraction(sum(guesses), len(guesses)), LOWEST), HIGHEST))
    return Guess(value, _rounded(value - _rounded(means[dimension, other])))


def _reliability(questionnaire: Questionnaire, groups: Sequence[_Group]) -> Reliability | Suppressed:
    """Of the answers of all groups that are shown, over the items that are shown of each."""
    open_groups = [group for group in groups if not group.hidden]
    items = tuple(item for item in questionnaire.items if open_groups and all(group.why_hidden(item) is None for group in open_groups))
    members = [member for group in open_groups for member in group.members]
    found = reliability(replace(questionnaire, items=items), members) if items else None
    enough = max(DISTRIBUTION_FROM, 2 * groups[0].minimum)
    if found is None or isinstance(found, Absent) or found.people < enough:
        reason = f"Not shown: it needs at least {enough} people who answered every question, and not all alike."
        return Suppressed("few_answers", reason)
    # An alpha of 1 would say that everybody's answers rise and fall together.
    alpha, low, high = (min(max(_rounded(value), 0.0), STRONGEST) for value in (found.value, found.interval.low, found.interval.high))
    return Reliability(alpha, low, high, found.items)


def _comments(questionnaire: Questionnaire, groups: Sequence[_Group], apart: Sequence[tuple[Side, str, str]]) -> tuple[Comments, ...]:
    found = []
    for dimension in questionnaire.dimensions:
        for group in groups:
            if group.hidden:
                found.append(Comments(dimension.id, group.name, (), group.hidden))
                continue
            written = [member.comments.get(dimension.id, "") for member in group.members]
            written += [text for side, about, text in apart if about == dimension.id and group.name in (side, "together")]
            texts = [" ".join(text.split()) for text in written if text.strip()]
            # The order follows from the words alone: not from who wrote first, and not from one dimension to the next.
            texts.sort(key=lambda text: sha256(f"{dimension.id}\0{text}".encode()).digest())
            found.append(Comments(dimension.id, group.name, tuple(texts)))
    return tuple(found)


def _wording_mark(questionnaire: Questionnaire, items: Sequence[Item]) -> str:
    """The same for two rounds exactly when they asked the same statements on the same scale."""
    wording = questionnaire.wording(MASTER)
    parts = [questionnaire.scale.id, *wording.labels, *(f"{item.id} {item.reverse} {wording.items[item.id]}" for item in items)]
    return sha256("\0".join(parts).encode()).hexdigest()[:16]
