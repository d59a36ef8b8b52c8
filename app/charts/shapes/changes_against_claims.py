"""Observed relative changes with their intervals, each beside the cited figure: one row a claim.

A thin line at zero means no change. The claim is an upright tick in its own colour and shape, so that it is not told by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isinf
from typing import TYPE_CHECKING

from app.charts.labels import NAMES, label, row
from app.charts.theme import Palette
from app.later import Later

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
else:
    alt, pd = Later("altair"), Later("pandas")

ROW = 58
WIDEST = 3.0
ZERO_PLAIN = "datum.value == 0 ? '0\u00a0%' : datum.label"
"""No change has no sign."""


@dataclass(frozen=True)
class ChangeRow:
    """A relative change (0.12 = +12 %) with its interval, and the claimed change. `value` None: only the claim is drawn."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    claimed: float


def chart(rows: Sequence[ChangeRow], *, colours: Palette) -> alt.LayerChart | alt.FacetChart:
    """Changes against claims, in the given order. Intervals beyond `WIDEST` are drawn to the edge; the table has the numbers."""
    order = [label(r.label) for r in rows]
    edge = max(
        [0.5, *(abs(r.claimed) * 1.25 for r in rows), *(min(r.high, WIDEST) for r in rows if r.high is not None and not isinf(r.high))]
    )
    left = min([-0.2, *(r.claimed * 1.25 for r in rows), *(r.low for r in rows if r.low is not None)])
    domain = [max(left, -1.0), edge]
    scale = alt.Scale(domain=domain, clamp=True, nice=True)
    observed = pd.DataFrame(
        [
            {
                "claim": label(r.label),
                "value": r.value,
                "low": r.low,
                "high": min(r.high, edge) if r.high is not None else None,
                "what": "yours, with its range",
            }
            for r in rows
            if r.value is not None
        ],
        columns=["claim", "value", "low", "high", "what"],
    )
    cited = pd.DataFrame(
        [{"claim": label(r.label), "value": r.claimed, "what": "cited figure"} for r in rows], columns=["claim", "value", "what"]
    )
    y = alt.Y("claim:N").sort(order).title(None).axis(**NAMES)
    x = alt.X("value:Q").title("Relative change").axis(format="+.0%", labelExpr=ZERO_PLAIN, tickCount=5, grid=True).scale(scale)
    both = ["yours, with its range", "cited figure"]
    colour = alt.Color("what:N").scale(domain=both, range=[colours.accent, colours.reference]).legend(alt.Legend(title=None))
    zero = alt.Chart(pd.DataFrame({"value": [0.0]})).mark_rule(color=colours.muted, strokeWidth=1.5).encode(x=alt.X("value:Q").scale(scale))
    bars = (
        alt.Chart(observed)
        .mark_rule(strokeWidth=7, opacity=0.35, color=colours.band, strokeCap="round")
        .encode(y=y, x=alt.X("low:Q").scale(scale).title("Relative change"), x2="high:Q")
    )
    tip = [
        alt.Tooltip("claim:N", title="Figure"),
        alt.Tooltip("what:N", title="Shown"),
        alt.Tooltip("value:Q", title="Change", format="+.1%"),
    ]
    dots = alt.Chart(observed).mark_point(filled=True, size=110, opacity=1).encode(y=y, x=x, color=colour, tooltip=tip)
    ticks = alt.Chart(cited).mark_tick(thickness=3, size=30, opacity=1).encode(y=y, x=x, color=colour, tooltip=tip)
    words = (
        alt.Chart(cited).mark_text(dy=-21, fontSize=11, color=colours.reference).encode(y=y, x=x, text=alt.Text("value:Q", format="+.0%"))
    )
    return alt.layer(zero, bars, ticks, dots, words).properties(height=row([r.label for r in rows], least=ROW) * max(len(rows), 1))
