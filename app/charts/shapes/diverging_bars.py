"""How answers to statements spread: bars that grow to the left for low answers and to the right for high ones."""

from __future__ import annotations

import textwrap
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

BAR, GAP = 22, 20
"""Points of a bar, and from a bar to the next statement."""
LINE = 44
"""Characters of a statement on one line."""
LEADING = 14
NAMES = {"low": "lower answers", "middle": "middle", "high": "higher answers"}


@dataclass(frozen=True)
class Part:
    """A share (0–1) of answers from `low` to `high` on the scale of 1 to 5."""

    low: int
    high: int
    share: float


@dataclass(frozen=True)
class SpreadRow:
    """One statement as one group answered it; the parts from low to high."""

    label: str
    group: str
    parts: tuple[Part, ...]


def chart(rows: Sequence[SpreadRow], *, colours: Palette) -> alt.LayerChart | alt.FacetChart:
    """Spreads of answers, in the given order.

    A part below the middle of the scale lies left of zero and one above it right; a part around the middle lies half on each side. Each
    part says which answers it stands for and its share, so that colour only repeats it.
    """
    bars = [bar for row in rows for bar in _bars(row)]
    order = list(dict.fromkeys(str(bar["row"]) for bar in bars))
    ramp = {"low": colours.reference, "middle": colours.muted, "high": colours.accent}
    frame = pd.DataFrame(bars, columns=["row", "group", "from", "to", "middle", "kind", "answers", "share", "text"])
    y = alt.Y("row:N").sort(order).title(None).axis(None)
    most = _lines(rows)
    # The statement and its bar below it are as high together as the row with the most lines needs, and stand in its middle.
    high = most * LEADING + 6 + BAR
    aside = high / 2 - BAR / 2
    # The statement stands above its bar: beside it, a phone would have no room left for the bar.
    told = pd.DataFrame({"row": order, "lines": [row.count("\n") + 1 for row in order]})
    statements = [
        alt.Chart(told)
        .transform_filter(f"datum.lines == {lines}")
        .mark_text(
            align="left",
            baseline="top",
            lineBreak="\n",
            lineHeight=LEADING,
            fontSize=12,
            color=colours.ink,
            x=0,
            dy=(most - lines) * LEADING - high / 2,
        )
        .encode(y=y, text="row:N")
        for lines in sorted(set(told["lines"]))
    ]
    base = alt.Chart(frame).encode(
        y=y,
        tooltip=[
            alt.Tooltip("group:N", title="Who"),
            alt.Tooltip("answers:N", title="Answers"),
            alt.Tooltip("share:Q", title="Share", format=".0%"),
        ],
    )
    # Every layer says the scale and that there is no axis, or the layers would not fit together.
    scale = alt.Scale(domain=[-1, 1], nice=False)
    x = alt.X("from:Q").title(None).axis(None).scale(scale)
    shapes = base.mark_bar(height=BAR, yOffset=aside, stroke=colours.paper, strokeWidth=1.5).encode(
        x=x,
        x2="to:Q",
        color=alt.Color("kind:N")
        .scale(domain=list(NAMES.values()), range=[ramp[kind] for kind in NAMES])
        .legend(alt.Legend(title=None, symbolType="square")),
    )
    words = base.mark_text(fontSize=11, color=colours.paper, clip=True, dy=aside).encode(
        x=alt.X("middle:Q").title(None).axis(None).scale(scale), text="text:N"
    )
    zero = (
        alt.Chart(pd.DataFrame({"at": [0]}))
        .mark_rule(color=colours.grid, strokeWidth=1)
        .encode(x=alt.X("at:Q").title(None).axis(None).scale(scale))
    )
    return alt.layer(zero, shapes, words, *statements).properties(height=height(rows))


def height(rows: Sequence[SpreadRow]) -> int:
    """How high the chart of these rows is, in points."""
    return (_lines(rows) * LEADING + 6 + BAR + GAP) * max(len(rows), 1)


def _lines(rows: Sequence[SpreadRow]) -> int:
    """The lines of the row that has the most."""
    return max([1, *(_label(row).count("\n") + 1 for row in rows)])


def _label(row: SpreadRow) -> str:
    return "\n".join(textwrap.wrap(f"{row.label} ({row.group.lower()})", LINE))


def _bars(row: SpreadRow) -> list[dict[str, object]]:
    kinds = ["low" if part.low + part.high < 6 else "high" if part.low + part.high > 6 else "middle" for part in row.parts]
    below = sum(part.share * (1 if kind == "low" else 0.5 if kind == "middle" else 0) for part, kind in zip(row.parts, kinds, strict=True))
    at = -below
    bars: list[dict[str, object]] = []
    for part, kind in zip(row.parts, kinds, strict=True):
        answers = str(part.low) if part.low == part.high else f"{part.low} to {part.high}"
        written = f"{part.share:.0%}".replace("%", "\u00a0%")
        bars.append(
            {
                "row": _label(row),
                "group": row.group,
                "from": at,
                "to": at + part.share,
                "middle": at + part.share / 2,
                "kind": NAMES[kind],
                "answers": answers,
                "share": part.share,
                "text": f"{answers}: {written}" if part.share >= 0.38 else written if part.share >= 0.08 else "",
            }
        )
        at += part.share
    return bars
