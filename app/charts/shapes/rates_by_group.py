"""A rate for each group with its interval, one row a group, beside the rate of all. Small groups are hollow."""

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

ROW = 26
MOST = 25
HIGHEST = 640
"""Points of the highest chart that is read on a page without being made smaller."""


@dataclass(frozen=True)
class GroupPoint:
    """A rate (0–1) of one group with its interval and what it rests on."""

    label: str
    value: float
    low: float
    high: float
    n: int
    small: bool


def most(groups: Sequence[GroupPoint]) -> int:
    """How many rows are drawn: at most `MOST`, and fewer where long names make rows high, so that a page can hold the chart."""
    return min(MOST, max(HIGHEST // row([g.label for g in groups[:MOST]], least=ROW), 1))


def chart(groups: Sequence[GroupPoint], *, overall: float | None, colours: Palette, title: str) -> alt.LayerChart | alt.FacetChart:
    """Rates by group, in the given order, as many rows as `most` allows; the table beside the chart has them all."""
    shown = groups[: most(groups)]
    order = [label(g.label) for g in shown]
    frame = pd.DataFrame(
        [
            {
                "group": label(g.label),
                "rate": g.value,
                "low": g.low,
                "high": g.high,
                "n": g.n,
                "kind": "fewer than 30" if g.small else "30 or more",
            }
            for g in shown
        ],
        columns=["group", "rate", "low", "high", "n", "kind"],
    )
    y = alt.Y("group:N").sort(order).title(None).axis(**NAMES)
    x = alt.X("rate:Q").title(title).axis(format=".3~p", tickCount=5, grid=True).scale(zero=False, nice=True)
    base = alt.Chart(frame).encode(
        y=y,
        tooltip=[
            alt.Tooltip("group:N", title="Group"),
            alt.Tooltip("rate:Q", title=title, format=".1%"),
            alt.Tooltip("low:Q", title="Likely from", format=".1%"),
            alt.Tooltip("high:Q", title="Likely to", format=".1%"),
            alt.Tooltip("n:Q", title="Counted", format=",d"),
        ],
    )
    bars = base.mark_rule(strokeWidth=4, opacity=0.4, strokeCap="round", color=colours.band).encode(
        x=alt.X("low:Q").scale(zero=False).title(title), x2="high:Q"
    )
    dots = base.mark_point(size=80, filled=True, opacity=1, stroke=colours.accent, strokeWidth=2).encode(
        x=x,
        fill=alt.Fill("kind:N").scale(domain=["30 or more", "fewer than 30"], range=[colours.accent, colours.paper]).legend(None),
        shape=alt.Shape("kind:N")
        .scale(domain=["30 or more", "fewer than 30"], range=["circle", "diamond"])
        .legend(None if not any(g.small for g in shown) else alt.Legend(title="Counted")),
    )
    layers: list[alt.Chart | alt.LayerChart] = [bars, dots]
    if overall is not None:
        rule = alt.Chart(pd.DataFrame({"rate": [overall], "label": ["all"]}))
        layers.insert(0, rule.mark_rule(strokeDash=[5, 4], color=colours.muted).encode(x="rate:Q"))
        layers.append(
            rule.mark_text(align="left", dx=4, dy=-4, baseline="bottom", y=0, color=colours.muted).encode(x="rate:Q", text="label:N")
        )
    return alt.layer(*layers).properties(height=row([g.label for g in shown], least=ROW) * max(len(shown), 1))
