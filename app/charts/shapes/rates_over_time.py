"""A rate for each period, with its interval: a line of points over error bars. Partial periods are hollow and not joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.charts.shapes.events import Event, marks, periods_axis
from app.charts.theme import Palette
from app.later import Later

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
else:
    alt, pd = Later("altair"), Later("pandas")

HEIGHT = 220


@dataclass(frozen=True)
class RatePoint:
    """A rate (0–1) of one period with its interval; `value` None leaves a gap. `n` is what it rests on."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    partial: bool = False


def chart(points: Sequence[RatePoint], *, colours: Palette, title: str, event: Event | None = None) -> alt.LayerChart | alt.FacetChart:
    """Rates over time.

    Parameters
    ----------
    points
        In order of time.
    title
        Of the vertical axis, e.g. "Win rate".
    event
        Something that began (an alignment programme), marked with a dashed rule.
    """
    order = [p.label for p in points]
    frame = pd.DataFrame(
        [
            {
                "period": p.label,
                "rate": p.value,
                "low": p.low,
                "high": p.high,
                "n": p.n,
                "kind": "partial period" if p.partial else "full period",
            }
            for p in points
            if p.value is not None
        ],
        columns=["period", "rate", "low", "high", "n", "kind"],
    )
    x = periods_axis(order)
    y = alt.Y("rate:Q").title(title).axis(format=".3~p", tickCount=5).scale(zero=False, nice=True)
    base = alt.Chart(frame).encode(
        x=x,
        tooltip=[
            alt.Tooltip("period:O", title="Period"),
            alt.Tooltip("rate:Q", title=title, format=".1%"),
            alt.Tooltip("low:Q", title="Likely from", format=".1%"),
            alt.Tooltip("high:Q", title="Likely to", format=".1%"),
            alt.Tooltip("n:Q", title="Counted", format=",d"),
            alt.Tooltip("kind:N", title="Period is"),
        ],
    )
    bars = base.mark_rule(strokeWidth=4, opacity=0.4, strokeCap="round", color=colours.band).encode(
        y=alt.Y("low:Q").scale(zero=False), y2="high:Q"
    )
    line = base.transform_filter("datum.kind == 'full period'").mark_line(strokeWidth=2, color=colours.accent).encode(y=y)
    dots = base.mark_point(size=70, filled=True, opacity=1, color=colours.accent, strokeWidth=2, stroke=colours.accent).encode(
        y=y,
        fill=alt.Fill("kind:N").scale(domain=["full period", "partial period"], range=[colours.accent, colours.paper]).legend(None),
        shape=alt.Shape("kind:N")
        .scale(domain=["full period", "partial period"], range=["circle", "diamond"])
        .legend(None if not any(p.partial for p in points) else alt.Legend(title=None)),
    )
    layers: list[alt.Chart | alt.LayerChart] = [bars, line, dots]
    if event is not None and event.period in order:
        rule, words = marks(event, order=order, colours=colours)
        layers = [rule, *layers, words]
    return alt.layer(*layers).properties(height=HEIGHT)
