"""A score against a rate: one named point a team, the rate with its likely range."""

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

LONGEST = 24
"""Characters of a name beside its point; the tooltip and the table have all of it."""


@dataclass(frozen=True)
class TeamPoint:
    """One team: its score, its rate, and the likely range of the rate, None where it has none."""

    label: str
    score: float
    rate: float
    low: float | None
    high: float | None


def chart(
    points: Sequence[TeamPoint],
    *,
    colours: Palette,
    title: str,
    rate_title: str,
    domain: tuple[float, float],
    bands: Sequence[tuple[float, str]] = (),
) -> alt.LayerChart | alt.FacetChart:
    """Teams over score and rate; no line is drawn through them, because a handful of points has none.

    Parameters
    ----------
    title, domain
        Of the score's axis.
    bands
        Where a level of the score begins, and its name.
    """
    middle = sum(domain) / 2
    frame = pd.DataFrame(
        [
            {
                "label": p.label,
                "name": p.label if len(p.label) <= LONGEST else p.label[: LONGEST - 1] + "…",
                "score": p.score,
                "rate": p.rate,
                "low": p.low,
                "high": p.high,
                "place": 2 * (p.score < middle) + number % 2,
            }
            for number, p in enumerate(points)
        ],
        columns=["label", "name", "score", "rate", "low", "high", "place"],
    )
    scale = alt.Scale(domain=list(domain), nice=False, zero=False)
    x = alt.X("score:Q").title(title).scale(scale).axis(values=[*(at for at, _ in bands), domain[1]], format=".0f", grid=False)
    y = alt.Y("rate:Q").title(rate_title).scale(zero=True, nice=True).axis(format=".0%", tickCount=5)
    layers: list[alt.Chart] = []
    if bands:
        levels = pd.DataFrame([{"at": at, "band": name} for at, name in bands])
        base = alt.Chart(levels).encode(x=alt.X("at:Q").scale(scale).title(title))
        layers.append(base.mark_rule(color=colours.grid))
        layers.append(base.mark_text(align="left", dx=4, y=-4, baseline="bottom", color=colours.soft, fontSize=11).encode(text="band:N"))
    base = alt.Chart(frame).encode(x=x)
    ranges = base.transform_filter("isValid(datum.low)").mark_rule(color=colours.accent, strokeWidth=1.5, opacity=0.8)
    if any(p.low is not None for p in points):
        layers.append(ranges.encode(y=alt.Y("low:Q").title(rate_title), y2="high:Q"))
    layers.append(
        base.mark_point(filled=True, size=110, opacity=1, color=colours.accent).encode(
            y=y,
            tooltip=[
                alt.Tooltip("label:N", title="Team"),
                alt.Tooltip("score:Q", title=title, format=".0f"),
                alt.Tooltip("rate:Q", title=rate_title, format=".1%"),
            ],
        )
    )
    # A name stands on the side where there is more room, every other one below, so that teams close together can be told apart. A layer
    # without any name would be an empty mark for screen readers.
    names = base.encode(y=y, text="name:N")
    for place in sorted(set(frame["place"])):
        right, below = divmod(int(place), 2)
        layers.append(
            names.transform_filter(f"datum.place == {place}").mark_text(
                align="left" if right else "right", dx=9 if right else -9, dy=10 if below else -9, color=colours.ink
            )
        )
    return alt.layer(*layers).properties(height=280)
