"""A profile: one line a group down the subjects, over the levels it passes through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.charts.labels import NAMES, label, row
from app.charts.theme import Palette
from app.later import Later

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
else:
    alt, pd = Later("altair"), Later("pandas")

ROW = 38
LEGEND = 38
"""Room between the legend and the plot, for the names of the levels."""
COLOURED = {"Sales": "sales", "Marketing": "marketing", "Both together": "accent"}
MARKS = {"Sales": "circle", "Marketing": "diamond", "Both together": "square"}
DASHES = {"Sales": [1, 0], "Marketing": [6, 3], "Both together": [1, 0]}


@dataclass(frozen=True)
class ProfilePoint:
    """The score of one group on one subject; None leaves the line open there."""

    label: str
    group: str
    value: float | None


def chart(
    points: Sequence[ProfilePoint], *, levels: Sequence[tuple[float, float, str]], colours: Palette, title: str
) -> alt.LayerChart | alt.FacetChart:
    """A profile over levels, subjects in the given order.

    Parameters
    ----------
    levels
        (from, to, name) of each level, from the lowest; every other one is shaded.
    """
    order = list(dict.fromkeys(label(point.label) for point in points))
    groups = [group for group in COLOURED if any(point.group == group and point.value is not None for point in points)]
    low, high = levels[0][0], levels[-1][1]
    bands = pd.DataFrame([{"from": a, "to": b, "name": name, "shade": i % 2} for i, (a, b, name) in enumerate(levels)])
    scale = alt.Scale(domain=[low, high], nice=False)
    x = alt.X("value:Q").title(title).scale(scale).axis(tickCount=4, format=".0f")
    shades = (
        alt.Chart(bands[bands["shade"] == 1])
        .mark_rect(color=colours.grid, opacity=0.45)
        .encode(x=alt.X("from:Q").scale(scale).title(title), x2="to:Q")
    )
    middles = bands.assign(middle=(bands["from"] + bands["to"]) / 2)
    # Every other name stands higher, so that on a phone they do not run into each other.
    names = [
        alt.Chart(middles[middles["shade"] == up])
        .mark_text(y=y_of_name, baseline="bottom", color=colours.soft, fontSize=11)
        .encode(x=alt.X("middle:Q").scale(scale), text="name:N")
        for up, y_of_name in ((0, -20), (1, -7))
    ]
    frame = pd.DataFrame(
        [
            {"label": label(p.label), "group": p.group, "value": p.value, "place": order.index(label(p.label))}
            for p in points
            if p.value is not None
        ],
        columns=["label", "group", "value", "place"],
    )
    y = alt.Y("label:N").sort(order).scale(domain=order).title(None)
    y = y.axis(**NAMES)
    colour = (
        alt.Color("group:N")
        .scale(domain=groups, range=[getattr(colours, COLOURED[group]) for group in groups])
        .legend(alt.Legend(title=None, offset=LEGEND))
    )
    base = alt.Chart(frame).encode(y=y, x=x, color=colour)
    lines = base.mark_line(strokeWidth=2.5).encode(
        order="place:Q",
        strokeDash=alt.StrokeDash("group:N").scale(domain=groups, range=[DASHES[group] for group in groups]).legend(None),
    )
    dots = base.mark_point(filled=True, size=80, opacity=1).encode(
        shape=alt.Shape("group:N")
        .scale(domain=groups, range=[MARKS[group] for group in groups])
        .legend(alt.Legend(title=None, offset=LEGEND)),
        tooltip=[
            alt.Tooltip("label:N", title="Subject"),
            alt.Tooltip("group:N", title="Side"),
            alt.Tooltip("value:Q", title=title, format=".1f"),
        ],
    )
    return alt.layer(shades, *names, lines, dots).properties(height=row([p.label for p in points], least=ROW) * max(len(order), 1))
