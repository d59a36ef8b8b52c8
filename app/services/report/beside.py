"""Two reports side by side: what moved by more than chance would move it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from app import wording
from app.services.scorecard.document import PARTS
from app.statistics.intervals import Interval
from app.statistics.proportions import newcombe_difference

Moved = Literal["up", "down", "noise", "unknown", "apart"]
MOVED: dict[Moved, str] = {"up": "up", "down": "down", "noise": "within chance", "unknown": "cannot be said", "apart": "not compared"}
ALIKE = 0.5
"""How much of two sets of headings must be common (Jaccard) for two files to be exports of the same kind."""
LABELS = {"win_rate": "Win rate", "retention": "Retention", "growth": "Growth", "lead_conversion": "Lead conversion"}


@dataclass(frozen=True)
class Movement:
    """One number in two reports.

    `moved` is "noise" when the range of the difference holds zero, "unknown" when there is no range, "apart" when the reports rest on data
    that do not belong together.
    """

    label: str
    earlier: str
    later: str
    difference: str
    moved: Moved
    sentence: str


def movements(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> tuple[Movement, ...]:
    """What moved between two scorecards as documents (`app.services.scorecard.document`).

    A rate moved when Newcombe's 95 % interval of the difference excludes zero; growth when the two likely ranges do not touch. Reports
    whose days overlap share records, so a movement that is called noise may still be real.
    """
    found = []
    strange = bool(apart(earlier, later))
    for key in LABELS:
        before, after = earlier["numbers"].get(key), later["numbers"].get(key)
        if before is not None and after is not None:
            one = _movement(key, before, after)
            found.append(replace(one, difference="", moved="apart", sentence="") if strange else one)
    return tuple(found)


def apart(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> str:
    """Why two scorecards rest on data that do not belong together, as a sentence; "" when they may be compared.

    They do not when the amounts are in two currencies, when no table is in both, or when a table of both came from two systems or from
    files of which fewer than half of the headings are common. Months of the same export belong together, whatever days they hold.
    """
    currencies = [one.get("currency") for one in (earlier, later)]
    tables = [{source["table"]: source for source in one.get("sources", ())} for one in (earlier, later)]
    common = [name for name in tables[0] if name in tables[1]]
    if all(currencies) and currencies[0] != currencies[1]:
        why = f"the amounts of the earlier one are in {currencies[0]}, those of the later one in {currencies[1]}"
    elif all(tables) and not common:
        why = "no table is in both"
    elif (other := next((name for name in common if not _same_export(name, earlier, later)), None)) is not None:
        why = f"the {tables[0][other]['label'].lower()} come from two different exports"
    else:
        return ""
    return f"These reports rest on data that do not belong together: {why}. What moved between them cannot be said."


def _same_export(table: str, earlier: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    one, other = (next(source for source in found["sources"] if source["table"] == table) for found in (earlier, later))
    if one["system"] != other["system"]:
        return False
    headings = [set(found.get("columns", {}).get(table, ())) for found in (earlier, later)]
    # A report that was made before headings were kept tells its system alone.
    return not all(headings) or len(headings[0] & headings[1]) >= ALIKE * len(headings[0] | headings[1])


def rests_on(numbers: Mapping[str, Any]) -> str:
    """What a scorecard was made of, in one line, such as "Deals, 900 rows, 2024-08-02 to 2026-06-28"."""
    parts = []
    for source in numbers.get("sources", ()):
        days = f", {source['first']} to {source['last']}" if source["first"] and source["last"] else ""
        parts.append(f"{source['label']}, {wording.count(source['rows'])} rows{days}")
    return "; ".join(parts)


def _movement(key: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Movement:
    written = wording.signed_percent if before["is_change"] else wording.percent
    label = LABELS[key]
    if before["value"] is None or after["value"] is None:
        words = [written(one["value"]) if one["value"] is not None else "not computed" for one in (before, after)]
        return Movement(label, str(words[0]), str(words[1]), "", "unknown", f"{label} is not in both reports.")
    difference = after["value"] - before["value"]
    interval = _interval(key, before, after)
    if interval is None:
        moved: Moved = "unknown"
        sentence = f"{label} has no likely range in both reports, so it cannot be said whether it moved."
    elif interval.low > 0 or interval.high < 0:
        moved = "up" if difference > 0 else "down"
        sentence = f"{label} went {moved} by {wording.points(abs(difference))}, more than chance alone would move it."
    else:
        moved = "noise"
        sentence = f"{label} moved by {wording.points(difference)}, within what chance alone would do."
    return Movement(label, str(written(before["value"])), str(written(after["value"])), str(wording.points(difference)), moved, sentence)


def _interval(key: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Interval | None:
    names = PARTS[key]
    parts = [one["parts"] for one in (after, before)]
    if not before["is_change"] and all(part is not None and set(names) <= set(part) for part in parts):
        (x1, n1), (x2, n2) = ((int(part[names[0]]), int(part[names[1]])) for part in parts)
        return newcombe_difference(x1, n1, x2, n2)
    ranges = [one["interval"] for one in (after, before)]
    if any(one is None for one in ranges):
        return None
    return Interval(ranges[0]["low"] - ranges[1]["high"], ranges[0]["high"] - ranges[1]["low"], method="ranges apart")
