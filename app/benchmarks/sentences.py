"""Verdicts as sentences, and the words they are made of."""

from __future__ import annotations

from typing import Literal

from app.statistics.intervals import Absent, Interval
from app.wording import change, change_range, count

Way = Literal["before_after", "groups", "own_history"]
VerdictWord = Literal["above", "reaches", "falls_short", "cannot_tell"]


def moved_by(rate: str, way: Way, observed: tuple[str, str], other: tuple[str, str], ratio: float, interval: Interval) -> str:
    """What was observed, with both rates: “the win rate went from 31.5 % to 40.9 %, a change of +29.8 % (likely range …)”."""
    span = f"(likely range {change_range(interval)})"
    if way == "groups":
        rates = f"the {rate} is {observed[1]} for “{observed[0]}” and {other[1]} for “{other[0]}”"
        return f"{rates}, a relative difference of {change(ratio)} {span}"
    return f"the {rate} went from {other[1]} to {observed[1]}, a relative change of {change(ratio)} {span}"


def verdict_sentence(word: VerdictWord, moved: str, interval: Interval, *, claimed: float, lower_is_better: bool, way: Way) -> str:
    """The verdict as a sentence around what was observed."""
    claim = f"The claim is {change(claimed)}"
    better = interval.high < 1 if lower_is_better else interval.low > 1
    worse = interval.low > 1 if lower_is_better else interval.high < 1
    than = "the other group" if way == "groups" else "before"
    if word == "above":
        return f"Above the cited figure: {moved}. {claim}."
    if word == "reaches":
        return f"Better than {than}, and may reach the cited figure: {moved}. {claim}, which lies inside that range."
    none = "no clear difference" if way == "groups" else "no clear change"
    if word == "falls_short":
        direction = (
            f"better than {than}, but short of the cited figure"
            if better
            else f"worse than {than}"
            if worse
            else f"{none}, and short of the cited figure"
        )
        return f"Falls short: {direction}. {moved[0].upper()}{moved[1:]}. {claim}."
    nothing = "no difference" if way == "groups" else "no change"
    return f"Cannot tell yet: {moved}. That range holds both {nothing} and the claim of {change(claimed)}."


def never_settled(way: Way, *, label: str, trials: int, many: str) -> Absent:
    """Why no number of new records would settle a comparison, and what would."""
    if way == "before_after":
        return Absent(
            f"Waiting for more {many} will not settle it: the days before are over, and their {count(trials)} leave too wide a range.",
            "Choose a longer “before”, or load an older history.",
            "never_settled",
        )
    return Absent(
        f"More {many} of the first group alone will not settle it: the {count(trials)} of “{label}” leave too wide a range.",
        "Choose a larger group to hold it against.",
        "never_settled",
    )
