"""A team's own result beside a cited claim: the observed ratio, its interval, the verdict, and what is still unknown.

Pure: counts and sums in, frozen results out. Three ways of comparing exist (`Way`):

* ``before_after``: the same team before and after a date;
* ``groups``: one group of the same period against another (team, region, segment);
* ``own_history``: no second arm; only "where the claim would take you, if it held for you".

The first two are confounded, and every result says so (`Comparison.caveats`).

Verdict rules, from the interval of the ratio against 1 and against the claimed ratio c > 1:

==============  ==============================================
word            condition
==============  ==============================================
above           low >= c
reaches         low > 1 and low < c <= high
falls_short     high < c
cannot_tell     low <= 1 and high >= c
==============  ==============================================

For a claim whose ratio should be low (customers lost, c < 1) the conditions are mirrored. The claimed value has an
unknown interval of its own, so it is treated as a fixed reference line and never as an estimate to test against.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.benchmarks.sentences import VerdictWord, Way, moved_by, never_settled, verdict_sentence
from app.statistics.intervals import Absent, Interval
from app.wording import change, change_range, count, percent, percent_range, signed_percent, signed_range

SMALL_ARM = 30
"""Below this many observations an arm is marked as small."""

DEPENDENT_FROM = 1.2
"""From this many deals (customers …) per account on, rows of one account are taken to go together."""

NO_RANGE = Absent("The likely range of this number cannot be computed.", code="no_interval")

CONFOUNDED: dict[Way, str] = {
    "before_after": "Other things changed with time too. A change after a date is not proof of its cause.",
    "groups": "The groups differ in more than how well the teams work together.",
    "own_history": "",
}


@dataclass(frozen=True)
class Arm:
    """One side of a comparison: `successes` of `trials` (won of closed, lost of customers …).

    `rate` is None when `trials` is 0. `interval` is the Wilson score interval of the rate.
    """

    label: str
    successes: int
    trials: int
    rate: float | None
    interval: Interval | None
    small: bool


@dataclass(frozen=True)
class Verdict:
    """The answer in one word and one sentence."""

    word: VerdictWord
    sentence: str


@dataclass(frozen=True)
class Comparison:
    """Two arms against a claimed ratio.

    Parameters
    ----------
    observed, baseline
        The two arms; the ratio is observed / baseline.
    ratio, interval
        The observed ratio and its 95 % interval; None with `absent` when it cannot be computed. When rows of one
        account go together and the interval by account is wider, that one is used, and `interval.method` says so.
    difference
        The difference of the two rates with its Newcombe interval as (points, interval), on the scale 0–1.
    claimed
        The claimed ratio, e.g. the one of 38 % more, or of 36 % fewer.
    lower_is_better
        True when the claim is about losing fewer.
    target
        What the baseline's rate would become if the claim held; Absent when that is arithmetically impossible.
    probability
        The chance that the true ratio reaches the claim, given these counts (independent Jeffreys priors); where whole accounts
        were resampled, given as many independent rows as the counts are worth.
    needed
        How many more observations in the observed arm would be expected to settle it; None when it is settled.
    many
        What the observations are: "closed deals", "customers".
    """

    way: Way
    observed: Arm
    baseline: Arm
    claimed: float
    lower_is_better: bool
    ratio: float | None
    interval: Interval | None
    difference: tuple[float, Interval] | None
    target: float | Absent | None
    verdict: Verdict | None
    probability: float | None
    needed: int | Absent | None
    caveats: tuple[str, ...]
    absent: Absent | None = None
    many: str = ""


@dataclass(frozen=True)
class LevelComparison:
    """One observed level beside the published one: a growth rate beside a pair of them, or a rate beside a team's own benchmark.

    `observed` and the levels are shares (.10 = 10 %). The words are those of `Verdict`, with the aligned firms' level in the place
    of the claim and the other firms' level in the place of 1; without one, a range that holds the level cannot tell. `what` names
    the number, `is_change` says that it is a growth, printed with its sign.
    """

    label: str
    observed: float | None
    interval: Interval | None
    aligned_level: float
    other_level: float | None
    verdict: Verdict | None
    caveats: tuple[str, ...]
    absent: Absent | None = None
    what: str = "Growth"
    is_change: bool = True


@dataclass(frozen=True)
class Measured:
    """One side of a ratio that is no ratio of counts: `written` is its number for readers, `value` the same for programs.

    `value` is a share for a rate by value (.38) and money for revenue. `basis` says on what it rests.
    """

    label: str
    value: float
    written: str
    basis: str


@dataclass(frozen=True)
class RatioComparison:
    """An observed ratio that is no ratio of two counts (money over money, growth over growth) beside a claimed one.

    `sides` are the observed one and the one it is held against, where both are numbers that can be shown. `target` is what the other
    side's rate would become if the claim held.
    """

    label: str
    ratio: float | None
    interval: Interval | None
    claimed: float
    verdict: Verdict | None
    caveats: tuple[str, ...]
    absent: Absent | None = None
    sides: tuple[Measured, Measured] | None = None
    target: float | Absent | None = None
    way: Way = "before_after"


@dataclass(frozen=True)
class Words:
    """The nouns a verdict's sentence is built from, e.g. rate="win rate", many="closed deals"."""

    rate: str
    many: str


def arm(label: str, successes: int, trials: int) -> Arm:
    """One side of a comparison with its Wilson interval.

    Raises
    ------
    ValueError
        When not 0 <= successes <= trials.
    """
    from app.statistics.proportions import wilson

    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is not a share")
    return Arm(
        label=label,
        successes=successes,
        trials=trials,
        rate=successes / trials if trials else None,
        interval=wilson(successes, trials) if trials else None,
        small=trials < SMALL_ARM,
    )


def verdict_word(
    interval: Interval,
    claimed: float,
    *,
    neutral: float = 1.0,
    lower_is_better: bool = False,
) -> VerdictWord:
    """The verdict of an interval against a neutral value and a claimed value (see the module's table)."""
    low, high = interval.low, interval.high
    if lower_is_better:
        low, high, claimed, neutral = -high, -low, -claimed, -neutral
    if low >= claimed:
        return "above"
    if high < claimed:
        return "falls_short"
    return "reaches" if low > neutral else "cannot_tell"


def compare(
    observed: Arm,
    baseline: Arm,
    *,
    claimed: float,
    lower_is_better: bool,
    way: Way,
    words: Words,
    by_account: Interval | None = None,
    caveats: Sequence[str] = (),
) -> Comparison:
    """Compare two arms with a claimed ratio.

    Parameters
    ----------
    observed, baseline
        After and before, or the group in question and the one it is held against.
    by_account
        The interval of the ratio when whole accounts are resampled, given when rows of one account go together. The wider
        of the two intervals (in log ratio) decides, because claiming too little is the safer mistake.
    caveats
        More sentences to show beside the ones of `way`.
    """
    from app.statistics.power import closings_still_needed
    from app.statistics.proportions import newcombe_difference
    from app.statistics.ratios import probability_ratio_at_least, ratio_interval

    notes = tuple(c for c in (CONFOUNDED[way], *caveats) if c)
    absent = _why_no_ratio(observed, baseline, words)
    target = _target(baseline, claimed=claimed, lower_is_better=lower_is_better, words=words)
    if absent is not None:
        return Comparison(
            way,
            observed,
            baseline,
            claimed,
            lower_is_better,
            None,
            None,
            None,
            target,
            None,
            None,
            None,
            notes,
            absent,
            words.many,
        )
    x1, n1, x2, n2 = (
        observed.successes,
        observed.trials,
        baseline.successes,
        baseline.trials,
    )
    ratio = (x1 / n1) / (x2 / n2)
    interval, design_effect = _wider(ratio_interval(x1, n1, x2, n2), by_account)
    word = verdict_word(interval, claimed, lower_is_better=lower_is_better)
    # Rows that go together count for fewer independent ones, in the chance and in what is still needed as well.
    effective = _effective(x1, n1, design_effect), _effective(x2, n2, design_effect)
    reaches = probability_ratio_at_least(*effective[0], *effective[1], ratio=claimed)
    needed: int | Absent | None = None
    impossible = target if isinstance(target, Absent) and word in ("cannot_tell", "reaches") else None
    if word == "cannot_tell" and impossible is None:
        needed = closings_still_needed(*effective[0], *effective[1], ratio=claimed)
        needed = (
            round(needed * design_effect)
            if isinstance(needed, int)
            else never_settled(way, label=baseline.label, trials=n2, many=words.many)
        )
    small = tuple(
        f"“{side.label}” has only {count(side.trials)} {words.many}: a small group, read it with care."
        for side in (observed, baseline)
        if side.small
    )
    return Comparison(
        way=way,
        observed=observed,
        baseline=baseline,
        claimed=claimed,
        lower_is_better=lower_is_better,
        ratio=ratio,
        interval=interval,
        difference=(x1 / n1 - x2 / n2, newcombe_difference(x1, n1, x2, n2)),
        target=target,
        verdict=None
        if impossible is not None
        else Verdict(
            word,
            verdict_sentence(
                word,
                moved_by(words.rate, way, (observed.label, percent(x1 / n1)), (baseline.label, percent(x2 / n2)), ratio, interval),
                interval,
                claimed=claimed,
                lower_is_better=lower_is_better,
                way=way,
            ),
        ),
        probability=None if impossible is not None else 1 - reaches if lower_is_better else reaches,
        needed=needed,
        caveats=(*notes, *small),
        absent=impossible,
        many=words.many,
    )


def compare_ratio(
    label: str,
    ratio: float | None,
    interval: Interval | None,
    *,
    claimed: float,
    words: Words,
    way: Way = "before_after",
    sides: tuple[Measured, Measured] | None = None,
    is_rate: bool = False,
    caveats: Sequence[str] = (),
    absent: Absent | None = None,
) -> RatioComparison:
    """Hold an observed ratio of sums or of growth rates against a claimed one.

    Parameters
    ----------
    sides
        What the ratio is made of: the observed side and the other.
    is_rate
        Whether the sides are rates, which cannot pass 100 %.
    """
    target = rate_target(sides[1].value, claimed=claimed, noun=words.rate) if is_rate and sides is not None else None
    notes = tuple(c for c in (CONFOUNDED[way], *caveats) if c)
    if ratio is None or interval is None:
        reason = absent or Absent("The likely range cannot be computed.", "Export the account of each record.", "no_interval")
        return RatioComparison(label, ratio, interval, claimed, None, notes, reason, sides, target, way)
    word = verdict_word(interval, claimed)
    if isinstance(target, Absent) and word in ("cannot_tell", "reaches"):
        return RatioComparison(label, ratio, interval, claimed, None, notes, target, sides, target, way)
    if sides is None:
        moved = f"the {words.rate} changed by {change(ratio)} (likely range {change_range(interval)})"
    else:
        first, second = ((side.label, side.written) for side in sides)
        moved = moved_by(words.rate, way, first, second, ratio, interval)
    sentence = verdict_sentence(word, moved, interval, claimed=claimed, lower_is_better=False, way=way)
    return RatioComparison(label, ratio, interval, claimed, Verdict(word, sentence), notes, None, sides, target, way)


def compare_level(
    label: str,
    observed: float | None,
    interval: Interval | None,
    *,
    aligned_level: float,
    other_level: float,
    caveats: Sequence[str] = (),
    absent: Absent | None = None,
) -> LevelComparison:
    """Put an observed growth rate beside the two published levels of a pair; a pair gives no ratio.

    Parameters
    ----------
    observed, interval
        The growth rate as a share and its interval; either may be None, then `absent` says why.
    """
    if observed is None or interval is None:
        reason = absent or NO_RANGE
        return LevelComparison(label, observed, interval, aligned_level, other_level, None, tuple(caveats), reason)
    word = verdict_word(interval, aligned_level, neutral=other_level)
    where = {
        "above": f"{label} lies above the {signed_percent(aligned_level)} reported for the aligned firms.",
        "reaches": (
            f"{label} is better than the {signed_percent(other_level)} of the others and may reach the {signed_percent(aligned_level)} "
            "reported for the aligned firms: its range holds that figure."
        ),
        "falls_short": (
            f"{label} lies below the {signed_percent(aligned_level)} reported for the aligned firms"
            + (f" and above the {signed_percent(other_level)} of the others." if interval.low > other_level else ".")
        ),
        "cannot_tell": f"Cannot tell: the range of {label[0].lower()}{label[1:]} holds both published levels.",
    }[word]
    return LevelComparison(label, observed, interval, aligned_level, other_level, Verdict(word, where), tuple(caveats))


def compare_own_level(
    what: str,
    label: str,
    observed: float | None,
    interval: Interval | None,
    *,
    level: float,
    lower_is_better: bool = False,
    is_change: bool = False,
    caveats: Sequence[str] = (),
    absent: Absent | None = None,
) -> LevelComparison:
    """Put a rate or a growth beside one level that the team itself gave.

    Parameters
    ----------
    what
        The number's name, e.g. "Win rate".
    label
        On which records and days it rests.
    observed, interval
        The number as a share and its interval; either may be None, then `absent` says why.
    level
        The benchmark, on the same scale.
    """
    if observed is None or interval is None:
        return LevelComparison(
            label, observed, interval, level, None, None, tuple(caveats), absent or NO_RANGE, what=what, is_change=is_change
        )
    word = verdict_word(interval, level, neutral=level, lower_is_better=lower_is_better)
    figure = signed_percent if is_change else percent
    span = signed_range(interval) if is_change else percent_range(interval)
    yours = f"{what}: {figure(observed)} (likely {span})"
    side = "below" if (word == "above") == lower_is_better else "above"
    if word == "cannot_tell":
        sentence = f"{yours}. Cannot tell: that range holds the benchmark of {figure(level)}."
    else:
        better = "better" if word == "above" else "worse"
        sentence = f"{yours}. The whole range lies {side} the benchmark of {figure(level)}, which is {better}."
    return LevelComparison(label, observed, interval, level, None, Verdict(word, sentence), tuple(caveats), what=what, is_change=is_change)


def _why_no_ratio(observed: Arm, baseline: Arm, words: Words) -> Absent | None:
    for side in (observed, baseline):
        if side.trials == 0:
            return Absent(
                f"“{side.label}” has no {words.many}.",
                "Choose other dates or another group.",
                "empty_arm",
            )
    if baseline.successes == 0 and observed.successes == 0:
        return Absent(
            "Both sides are zero, so there is nothing to compare.",
            "Choose a longer period.",
            "both_zero",
        )
    if baseline.successes == 0:
        return Absent(
            f"The {words.rate} of “{baseline.label}” is zero, and nothing can be a multiple of zero.",
            "Choose a longer period.",
            "zero_baseline",
        )
    return None


def _target(baseline: Arm, *, claimed: float, lower_is_better: bool, words: Words) -> float | Absent | None:
    return None if baseline.rate is None else rate_target(baseline.rate, claimed=claimed, noun=words.rate)


def rate_target(rate: float, *, claimed: float, noun: str) -> float | Absent:
    """What a rate would become if a claimed ratio held; Absent ("impossible") above 100 %."""
    reached = rate * claimed
    if reached > 1:
        return Absent(
            f"From {percent(rate)} the claim would lead to {percent(reached)}, and no {noun} can be above 100 %. "
            f"It is impossible from any {noun} above {percent(1 / claimed)}.",
            code="impossible",
        )
    return reached


def _wider(score: Interval, by_account: Interval | None) -> tuple[Interval, float]:
    """The wider interval, and the design effect: by how many times the variance of the log ratio is larger by account."""
    if by_account is None or by_account.low <= 0:
        return score, 1.0
    from math import inf, log

    def width(interval: Interval) -> float:
        return inf if interval.low <= 0 or interval.high == inf else log(interval.high / interval.low)

    if width(by_account) <= width(score):
        return score, 1.0
    return by_account, (width(by_account) / width(score)) ** 2


def _effective(successes: int, trials: int, design_effect: float) -> tuple[int, int]:
    """As many independent observations as the counts are worth: both divided by the design effect (Kish 1965)."""
    trials_left = max(1, round(trials / design_effect))
    return min(trials_left, round(successes / design_effect)), trials_left
