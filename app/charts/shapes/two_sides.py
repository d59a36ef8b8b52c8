"""Two sides on one scale, one row a subject: a circle for sales, a diamond for marketing, and the distance between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.charts.labels import NAMES, label
from app.charts.labels import row as row_height
from app.charts.theme import Palette
from app.later import Later

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
else:
    alt, pd = Later("altair"), Later("pandas")

ROW = 38
ASIDE = 7
LEGEND = 38
"""Room between the legend and the plot, for the names of the levels."""
MARKS = {"Sales": "circle", "Marketing": "diamond", "Both together": "square"}


@dataclass(frozen=True)
class TwoSidesRow:
    """One subject as each group sees it, None where that is not shown; `clear` when the distance is more than chance."""

    label: str
    sales: float | None
    marketing: float | None
    together: float | None = None
    clear: bool = False


def chart(
    rows: Sequence[TwoSidesRow],
    *,
    colours: Palette,
    title: str,
    domain: tuple[float, float],
    format: str,
    bands: Sequence[tuple[float, str]] = (),
    joined: bool = True,
) -> alt.LayerChart | alt.FacetChart:
    """Two sides on one scale, in the given order.

    Parameters
    ----------
    title, domain, format
        Of the horizontal axis.
    bands
        Where a level begins, and its name: thin rules with the name at the top.
    joined
        Whether the two marks of a row are joined by their distance.
    """
    order = [label(row.label) for row in rows]
    colour = {"Sales": colours.sales, "Marketing": colours.marketing, "Both together": colours.accent}
    points = [
        {"label": label(row.label), "value": value, "group": group, "aside": aside if _alike(row, domain) else 0}
        for row in rows
        for group, value, aside in (("Sales", row.sales, -ASIDE), ("Marketing", row.marketing, ASIDE), ("Both together", row.together, 0))
        if value is not None
    ]
    groups = [group for group in colour if any(point["group"] == group for point in points)]
    y = alt.Y("label:N").sort(order).scale(domain=order).title(None)
    y = y.axis(**NAMES)
    # Every layer says the scale, or the shared one would begin at zero.
    scale = alt.Scale(domain=list(domain), nice=False, zero=False)
    x = alt.X("value:Q").title(title).axis(format=format, grid=False, tickCount=5).scale(scale)
    layers: list[alt.Chart | alt.LayerChart] = []
    if bands:
        # Every other name stands higher, so that on a phone they do not run into each other.
        ends = [*(at for at, _ in bands[1:]), domain[1]]
        levels = alt.Chart(
            pd.DataFrame(
                [
                    {"at": at, "middle": (at + end) / 2, "name": name, "up": i % 2}
                    for i, ((at, name), end) in enumerate(zip(bands, ends, strict=True))
                ]
            )
        )
        layers.append(levels.mark_rule(color=colours.grid, strokeWidth=1).encode(x=alt.X("at:Q").scale(scale)))
        for up, y_of_name in ((0, -20), (1, -7))[: len(bands)]:
            layers.append(
                levels.transform_filter(f"datum.up == {up}")
                .mark_text(y=y_of_name, baseline="bottom", color=colours.soft, fontSize=11)
                .encode(x=alt.X("middle:Q").scale(scale), text="name:N")
            )
    both = [row for row in rows if row.sales is not None and row.marketing is not None]
    if joined and both:
        spans = pd.DataFrame(
            [
                {
                    "label": label(row.label),
                    "from": row.sales,
                    "to": row.marketing,
                    "what": "clear difference" if row.clear else "may be chance",
                }
                for row in both
            ]
        )
        layers.append(
            alt.Chart(spans)
            .mark_rule(strokeWidth=3, color=colours.muted, opacity=0.75)
            .encode(
                y=y,
                x=alt.X("from:Q").title(title).scale(scale),
                x2="to:Q",
                strokeDash=alt.StrokeDash("what:N")
                .scale(domain=["clear difference", "may be chance"], range=[[1, 0], [3, 4]])
                .legend(alt.Legend(title=None, symbolType="stroke", symbolStrokeWidth=2, orient="bottom", direction="vertical")),
            )
        )
    marks = alt.Chart(pd.DataFrame(points, columns=["label", "value", "group", "aside"])).encode(
        y=y,
        x=x,
        color=alt.Color("group:N")
        .scale(domain=groups, range=[colour[group] for group in groups])
        .legend(alt.Legend(title=None, offset=LEGEND)),
        shape=alt.Shape("group:N")
        .scale(domain=groups, range=[MARKS[group] for group in groups])
        .legend(alt.Legend(title=None, offset=LEGEND)),
        tooltip=[
            alt.Tooltip("label:N", title="Subject"),
            alt.Tooltip("group:N", title="Side"),
            alt.Tooltip("value:Q", title=title, format=format),
        ],
    )
    # Where both sides say the same, one mark would hide the other: they stand a little above and below. No layer is empty, because
    # screen readers stop at a layer of marks without any.
    for aside in sorted({int(str(point["aside"])) for point in points}) or [0]:
        layers.append(marks.transform_filter(f"datum.aside == {aside}").mark_point(filled=True, size=130, opacity=1, yOffset=aside))
    return alt.layer(*layers).properties(height=row_height([row.label for row in rows], least=ROW) * max(len(rows), 1))


def _alike(row: TwoSidesRow, domain: tuple[float, float]) -> bool:
    """Whether the two marks of a row would lie on each other."""
    return row.sales is not None and row.marketing is not None and abs(row.sales - row.marketing) < 0.02 * (domain[1] - domain[0])
