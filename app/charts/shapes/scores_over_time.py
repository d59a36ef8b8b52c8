"""Scores of several groups from round to round; the line breaks where the rounds did not ask the same."""

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
COLOURED = {"Sales": "sales", "Marketing": "marketing", "Both together": "accent"}
MARKS = {"Sales": "circle", "Marketing": "diamond", "Both together": "square"}


@dataclass(frozen=True)
class RoundScore:
    """The score of one group in one round; `part` is the same for rounds whose scores may be joined."""

    round: str
    group: str
    value: float
    part: int


def chart(
    scores: Sequence[RoundScore], *, rounds: Sequence[str], breaks: Sequence[str], colours: Palette, title: str, domain: tuple[float, float]
) -> alt.LayerChart | alt.FacetChart:
    """Scores from round to round.

    Parameters
    ----------
    rounds
        The names of all rounds in order; one without a score leaves a place.
    breaks
        The rounds before which something changed, marked with a dashed rule.
    """
    groups = [group for group in COLOURED if any(score.group == group for score in scores)]
    frame = pd.DataFrame(
        [
            {"round": s.round, "group": s.group, "value": s.value, "line": f"{s.group} {s.part}", "below": _is_lower(s, scores)}
            for s in scores
        ],
        columns=["round", "group", "value", "line", "below"],
    )
    x = alt.X("round:O").sort(list(rounds)).scale(domain=list(rounds)).title(None).axis(labelAngle=0, labelLimit=110, labelOverlap=True)
    y = alt.Y("value:Q").title(title).axis(tickCount=5).scale(domain=list(domain), nice=False)
    colour = (
        alt.Color("group:N")
        .scale(domain=groups, range=[getattr(colours, COLOURED[group]) for group in groups])
        .legend(alt.Legend(title=None))
    )
    base = alt.Chart(frame).encode(
        x=x,
        y=y,
        color=colour,
        tooltip=[alt.Tooltip("round:O", title="Round"), alt.Tooltip("group:N", title="Side"), alt.Tooltip("value:Q", title=title)],
    )
    lines = base.mark_line(strokeWidth=2).encode(detail="line:N")
    dots = base.mark_point(filled=True, size=110, opacity=1).encode(
        shape=alt.Shape("group:N").scale(domain=groups, range=[MARKS[group] for group in groups]).legend(alt.Legend(title=None))
    )
    layers: list[alt.Chart | alt.LayerChart] = [lines, dots]
    # The lower of two scores has its number below, so that the numbers of scores close together do not lie on each other.
    for below in sorted(set(frame["below"])):
        words = base.transform_filter(f"datum.below == {'true' if below else 'false'}").mark_text(dy=16 if below else -14, fontSize=12)
        layers.append(words.encode(text=alt.Text("value:Q", format=".0f")))
    if breaks:
        mark = alt.Chart(pd.DataFrame({"round": list(breaks), "label": ["asked anew"] * len(breaks)})).encode(x=x)
        layers.insert(0, mark.mark_rule(strokeDash=[5, 4], strokeWidth=1.5, color=colours.reference, xOffset=-26))
        layers.append(mark.mark_text(align="right", dx=-30, baseline="top", y=0, color=colours.reference).encode(text="label:N"))
    return alt.layer(*layers).properties(height=HEIGHT)


def _is_lower(score: RoundScore, scores: Sequence[RoundScore]) -> bool:
    """Whether another group stands above this one in the same round; of two alike, the later one counts as the lower."""
    same = [other for other in scores if other.round == score.round]
    return any(other.value > score.value or (other.value == score.value and other.group < score.group) for other in same)
