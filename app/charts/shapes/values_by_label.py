"""A few values of one kind, one dot a row: the same rate under several definitions, or what a claim would lead to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.charts.labels import NAMES, row_of
from app.charts.theme import Palette
from app.later import Later

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
else:
    alt, pd = Later("altair"), Later("pandas")

ROW = 30
NEAR = 0.02
"""The narrowest span of values that an axis is stretched over."""
LAST_PART = ", no "
"""Long labels of definitions break before their last part, so that a phone shows them whole."""


@dataclass(frozen=True)
class LabelledValue:
    """A rate (0–1) under a label; `chosen` is the one the page uses."""

    label: str
    value: float
    chosen: bool


def chart(values: Sequence[LabelledValue], *, colours: Palette, title: str) -> alt.LayerChart | alt.FacetChart:
    """Values by label, in the given order; the chosen one is filled."""
    names = [v.label.replace(LAST_PART, "\nno ") for v in values]
    frame = pd.DataFrame(
        [
            {"name": name, "label": v.label, "value": v.value, "what": "used here" if v.chosen else "other definition"}
            for name, v in zip(names, values, strict=True)
        ],
        columns=["name", "label", "value", "what"],
    )
    # Values that are nearly the same are drawn near each other: an axis of a tenth of a point would repeat its numbers.
    low, high = min((v.value for v in values), default=0.0), max((v.value for v in values), default=0.0)
    scale = alt.Scale(zero=False, nice=True, padding=44)
    if high - low < NEAR:
        scale = alt.Scale(domain=[max(low - NEAR / 2, 0.0), high + NEAR / 2], zero=False, nice=True, padding=44)
    y = alt.Y("name:N").sort(names).title(None).axis(**NAMES)
    x = alt.X("value:Q").title(title).axis(format=".3~p", grid=True, tickCount=5).scale(scale)
    dots = (
        alt.Chart(frame)
        .mark_point(filled=True, size=120, opacity=1, stroke=colours.accent, strokeWidth=2)
        .encode(
            y=y,
            x=x,
            fill=alt.Fill("what:N").scale(domain=["used here", "other definition"], range=[colours.accent, colours.paper]).legend(None),
            shape=alt.Shape("what:N")
            .scale(domain=["used here", "other definition"], range=["circle", "diamond"])
            .legend(alt.Legend(title=None, columns=1)),
            tooltip=[alt.Tooltip("label:N", title="Definition"), alt.Tooltip("value:Q", title=title, format=".2%")],
        )
    )
    words = (
        alt.Chart(frame)
        .mark_text(align="left", dx=12, fontSize=12, color=colours.ink)
        .encode(y=y, x=x, text=alt.Text("value:Q", format=".1%"))
    )
    return alt.layer(dots, words).properties(height=row_of(names, least=ROW) * max(len(values), 1))
