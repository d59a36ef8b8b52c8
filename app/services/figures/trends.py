"""The finding of a rate over time, for a chart's title."""

from __future__ import annotations

from collections.abc import Sequence

from app.charts.shapes.events import Event
from app.charts.shapes.rates_over_time import RatePoint
from app.statistics.proportions import newcombe_difference
from app.statistics.trend import Trend, cochran_armitage
from app.wording import percent

CLEAR = 0.05
"""A trend as steep as this one would be seen less often than so where there is none."""


Counts = tuple[int, int]
"""(how many of them, how many in all), as in (won, closed)."""


def finding(
    noun: str,
    whole: Sequence[RatePoint],
    *,
    event: Event | None,
    counted: bool,
    around: tuple[Counts, Counts] | None = None,
) -> str:
    """The finding of a trend: before and since the programme where its day is known, else what a test of all periods says.

    `around` are the counts before and since, on the very days that are compared elsewhere; without them whole periods are added up.

    Two end points decide nothing: they may differ, or not, by the luck of two periods.
    """
    known = [p for p in whole if p.value is not None]
    low, high = min(known, key=lambda p: p.value or 0.0), max(known, key=lambda p: p.value or 0.0)
    between = f"{noun} between {percent(low.value or 0.0)} ({low.label}) and {percent(high.value or 0.0)} ({high.label})"
    pairs = [(round((p.value or 0.0) * p.n), p.n) for p in known if p.n]
    labels = [p.label for p in known if p.n]
    if not counted or len(pairs) < 2:
        return between
    if around is not None and all(n for _, n in around):
        return _before_and_since(noun, *([part] for part in around))
    if event is not None and event.period in labels:
        at = labels.index(event.period)
        # A period in which it began belongs to neither side.
        before, since = pairs[:at], pairs[at + (event.at > 0) :]
        if before and since:
            return _before_and_since(noun, before, since)
    found = cochran_armitage([x for x, _ in pairs], [n for _, n in pairs])
    if isinstance(found, Trend) and found.p < CLEAR:
        middle = len(pairs) // 2
        halves = (pairs[:middle], pairs[len(pairs) - middle :])
        first, second = (percent(sum(x for x, _ in half) / sum(n for _, n in half)) for half in halves)
        moved = "rose" if found.z > 0 else "fell"
        return f"{noun} {moved} over these {len(pairs)} periods: {first} in the first half, {second} in the second"
    return f"{between}, without a clear rise or fall" if isinstance(found, Trend) else between


def _before_and_since(noun: str, before: Sequence[tuple[int, int]], since: Sequence[tuple[int, int]]) -> str:
    (x1, n1), (x2, n2) = ((sum(x for x, _ in part), sum(n for _, n in part)) for part in (since, before))
    interval = newcombe_difference(x1, n1, x2, n2)
    first, second = percent(x2 / n2), percent(x1 / n1)
    if interval.low > 0 or interval.high < 0:
        return f"{noun} {'rose' if interval.low > 0 else 'fell'} from {first} before the programme began to {second} since"
    return f"{noun} was {first} before the programme began and {second} since: no clear difference"
