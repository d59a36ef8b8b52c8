"""The share of customers still there after so many months: a falling step line with its band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.charts.theme import Palette
from app.later import Later

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
else:
    alt, pd = Later("altair"), Later("pandas")

HEIGHT = 280


@dataclass(frozen=True)
class SurvivalPoint:
    """The share still there after `months`, with its interval, and how many are watched that long."""

    months: float
    share: float
    low: float
    high: float
    at_risk: int


def chart(points: Sequence[SurvivalPoint], *, colours: Palette) -> alt.LayerChart | alt.FacetChart:
    """A survival curve."""
    frame = pd.DataFrame([vars(p) for p in points], columns=["months", "share", "low", "high", "at_risk"])
    x = alt.X("months:Q").title("Months as a customer").axis(tickCount=8)
    base = alt.Chart(frame).encode(x=x)
    band = base.mark_area(opacity=0.2, interpolate="step-after", color=colours.band).encode(
        y=alt.Y("low:Q").title("Still a customer").axis(format=".0%").scale(domain=[0, 1]), y2="high:Q"
    )
    line = base.mark_line(interpolate="step-after", strokeWidth=2.5, color=colours.accent).encode(
        y=alt.Y("share:Q").scale(domain=[0, 1]),
        tooltip=[
            alt.Tooltip("months:Q", title="Months", format=".0f"),
            alt.Tooltip("share:Q", title="Still there", format=".1%"),
            alt.Tooltip("at_risk:Q", title="Watched so long", format=",d"),
        ],
    )
    return alt.layer(band, line).properties(height=HEIGHT)
