"""The axis of periods, and something that began at a day as an upright rule on it: at its very place within the period, with its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.charts.theme import Palette
from app.later import Later

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
else:
    alt, pd = Later("altair"), Later("pandas")

INWARDS: tuple[Literal["left"], Literal["center"], Literal["right"]] = ("left", "center", "right")
"""How words stand to their rule in the first, the second and the last third of the plot."""


@dataclass(frozen=True)
class Event:
    """`period` is the label of the period in which it began, `at` how much of that period was over (0 to 1), `words` what began when."""

    period: str
    at: float
    words: str


def periods_axis(order: Sequence[str]) -> alt.X:
    """The horizontal axis of a chart over time: a band for each period, in this order."""
    return (
        alt.X("period:O")
        .sort(list(order))
        .title(None)
        .scale(domain=list(order), type="band")
        .axis(labelAngle=0 if len(order) <= 10 else -45, labelOverlap=True)
    )


def marks(event: Event, *, order: Sequence[str], colours: Palette) -> tuple[alt.Chart, alt.Chart]:
    """(rule, words) of an event on the axis of these periods, of which its own is one."""
    mark = alt.Chart(pd.DataFrame({"period": [event.period], "label": [event.words]})).encode(x=periods_axis(order).bandPosition(event.at))
    # The words stand above the plot, where no line and no bar lies under them, and run inwards: a phone's plot is hardly wider.
    third = int(3 * (list(order).index(event.period) + event.at) / len(order))
    align = INWARDS[min(third, 2)]
    return (
        mark.mark_rule(strokeDash=[5, 4], strokeWidth=1.5, color=colours.reference),
        mark.mark_text(align=align, dy=-4, baseline="bottom", y=0, color=colours.reference).encode(text="label:N"),
    )
