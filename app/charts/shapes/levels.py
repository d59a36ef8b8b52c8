"""One observed level with its interval beside two published levels (a pair of growth rates)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.charts.shapes.changes_against_claims import ZERO_PLAIN
from app.charts.theme import Palette
from app.later import Later

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
else:
    alt, pd = Later("altair"), Later("pandas")

ROW = 46


@dataclass(frozen=True)
class LevelRow:
    """A level (0.10 = +10 %) with its interval where there is one. `published` rows are the cited ones."""

    label: str
    value: float
    low: float | None
    high: float | None
    published: bool


def chart(rows: Sequence[LevelRow], *, colours: Palette, title: str, signed: bool = True) -> alt.LayerChart | alt.FacetChart:
    """Levels, one row each, in the given order; `signed` prints growth with its sign."""
    sign = "+" if signed else ""
    order = [r.label for r in rows]
    frame = pd.DataFrame(
        [{"label": r.label, "value": r.value, "low": r.low, "high": r.high, "what": "published" if r.published else "yours"} for r in rows],
        columns=["label", "value", "low", "high", "what"],
    )
    y = alt.Y("label:N").sort(order).title(None).axis(labelLimit=230, ticks=False, domain=False)
    x = alt.X("value:Q").title(title).axis(format=f"{sign}.0%", labelExpr=ZERO_PLAIN, grid=True, tickCount=6)
    base = alt.Chart(frame).encode(y=y)
    zero = alt.Chart(pd.DataFrame({"value": [0.0]})).mark_rule(color=colours.muted).encode(x="value:Q")
    bars = (
        base.transform_filter("isValid(datum.low)")
        .mark_rule(strokeWidth=7, opacity=0.35, color=colours.band, strokeCap="round")
        .encode(x=alt.X("low:Q").title(title), x2="high:Q")
    )
    dots = base.mark_point(filled=True, size=120, opacity=1).encode(
        x=x,
        color=alt.Color("what:N")
        .scale(domain=["yours", "published"], range=[colours.accent, colours.reference])
        .legend(alt.Legend(title=None)),
        shape=alt.Shape("what:N").scale(domain=["yours", "published"], range=["circle", "square"]).legend(alt.Legend(title=None)),
        tooltip=[alt.Tooltip("label:N", title="Level"), alt.Tooltip("value:Q", title=title, format=f"{sign}.1%")],
    )
    return alt.layer(zero, bars, dots).properties(height=ROW * max(len(rows), 1))
