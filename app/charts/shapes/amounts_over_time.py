"""An amount for each period as a bar. Bars of partial periods are hollow with a dashed edge."""

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

HEIGHT = 280
ZERO_PLAIN = "datum.value == 0 ? '0' : datum.label"
"""Nothing is nothing in thousands and in millions."""


@dataclass(frozen=True)
class AmountPoint:
    """The amount (money or a count) of one period."""

    label: str
    amount: float
    partial: bool = False


def chart(points: Sequence[AmountPoint], *, colours: Palette, title: str, event: Event | None = None) -> alt.LayerChart | alt.FacetChart:
    """Amounts over time, in order; see `rates_over_time.chart` for `event`."""
    order = [p.label for p in points]
    frame = pd.DataFrame(
        [{"period": p.label, "amount": p.amount, "kind": "partial period" if p.partial else "full period"} for p in points],
        columns=["period", "amount", "kind"],
    )
    x = periods_axis(order)
    bars = (
        alt.Chart(frame)
        .mark_bar(
            size=min(64, 480 // max(len(points), 1)), cornerRadiusTopLeft=2, cornerRadiusTopRight=2, strokeWidth=1.5, stroke=colours.accent
        )
        .encode(
            x=x,
            y=alt.Y("amount:Q").title(title).axis(format="~s", labelExpr=ZERO_PLAIN, tickCount=5),
            fill=alt.Fill("kind:N")
            .scale(domain=["full period", "partial period"], range=[colours.accent, colours.paper])
            .legend(
                None
                if not any(p.partial for p in points)
                else alt.Legend(title=None, symbolType="square", symbolStrokeColor=colours.accent, symbolStrokeWidth=1.5)
            ),
            strokeDash=alt.StrokeDash("kind:N").scale(domain=["full period", "partial period"], range=[[1, 0], [4, 3]]).legend(None),
            tooltip=[
                alt.Tooltip("period:O", title="Period"),
                alt.Tooltip("amount:Q", title=title, format=",.2f"),
                alt.Tooltip("kind:N", title="Period is"),
            ],
        )
    )
    layers: list[alt.Chart | alt.LayerChart] = [bars]
    if event is not None and event.period in order:
        layers += marks(event, order=order, colours=colours)
    return alt.layer(*layers).properties(height=HEIGHT)
