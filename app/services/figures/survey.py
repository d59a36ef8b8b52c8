"""Figures of the survey, from what a closed round publishes and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app import wording
from app.charts.figure import Cell, Figure, finish
from app.charts.shapes import diverging_bars, profile, scores_over_time, two_sides
from app.charts.shapes.diverging_bars import Part, SpreadRow
from app.charts.shapes.profile import ProfilePoint
from app.charts.shapes.scores_over_time import RoundScore
from app.charts.shapes.two_sides import TwoSidesRow
from app.charts.theme import Mode, palette
from app.services.rounds.model import RoundView
from app.survey.model import BANDS
from app.survey.published import (
    GROUPS,
    DimensionResult,
    Distribution,
    Gap,
    Group,
    ItemResult,
    Published,
    Score,
    Share,
    Suppressed,
    total,
)
from app.survey.questionnaire import Questionnaire

NAMES: Mapping[Group, str] = {"sales": "Sales", "marketing": "Marketing", "together": "Both together"}
AVERAGE = "Score = average answer on a scale of 1 to 5, 5 the best; answers to statements about something bad are turned round"
DOMAIN = (1.0, 5.0)
PAGE = 710
"""Points of the highest chart of answers that is still read on a page, below a heading and a title of several lines."""


def gaps(shown: RoundView, published: Published, questionnaire: Questionnaire, *, mode: Mode) -> Figure | None:
    """Sales against marketing on each dimension, the largest distance first; None unless both sides are shown."""
    names = _names(questionnaire)
    found = [(d, d.gap) for d in published.dimensions if isinstance(d.gap, Gap)]
    if not found:
        return None
    found.sort(key=lambda pair: (-abs(pair[1].points), names[pair[0].id]))
    rows = [TwoSidesRow(names[d.id], _value(d, "sales"), _value(d, "marketing"), clear=gap.clear) for d, gap in found]
    title = _gap_title(found, names)
    return Figure(
        key="sales-against-marketing",
        title=title,
        spec=finish(
            two_sides.chart(rows, colours=palette(mode), title="Score", domain=DOMAIN, format=".1~f", bands=_bands(questionnaire)),
            mode=mode,
        ),
        alt=f"Dots for sales and marketing on {len(found)} subjects from 1 to 5, the largest difference first. {title}.",
        n=people(published),
        period=_period(shown),
        definition=f"{AVERAGE}. Clear = more than chance, even when all subjects are looked at together (Brunner-Munzel test, Holm)",
        filters="none",
        source=_source(shown),
        columns=("Subject", "Sales", "Marketing", "Difference", "Effect (Cliff's delta)", "Effect likely from", "to", "Size", "Clear"),
        rows=tuple(
            (
                names[d.id],
                words(d.view("sales").score),
                words(d.view("marketing").score),
                signed(gap.points),
                signed(gap.effect),
                signed(gap.low),
                signed(gap.high),
                gap.size,
                "yes" if gap.clear else "no",
            )
            for d, gap in found
        ),
    )


def maturity(shown: RoundView, published: Published, questionnaire: Questionnaire, *, mode: Mode) -> Figure | None:
    """The profile of maturity over all dimensions; None when nothing is shown."""
    names = _names(questionnaire)
    points = [ProfilePoint(names[d.id], NAMES[group], _value(d, group)) for d in published.dimensions for group in published.groups]
    found = [(d, [value for group in published.groups if (value := _value(d, group)) is not None]) for d in published.dimensions]
    seen = [(sum(values) / len(values), names[d.id]) for d, values in found if values]
    if not seen:
        return None
    lowest, highest = min(seen), max(seen)
    if len(seen) == 1:
        only = next(d for d, values in found if values)
        levels_seen = [
            f"{NAMES[g].lower()} {_level(only, g, questionnaire).lower()}" for g in published.groups if _value(only, g) is not None
        ]
        title = f"{lowest[1]}: {', '.join(levels_seen)}"
    elif lowest[0] < highest[0]:
        title = f"{lowest[1]} is the weakest subject, {highest[1]} the strongest"
    else:
        title = "All subjects stand alike"
    groups = _columns(published)
    bands = questionnaire.wording("en").bands
    levels = [(1.0 + i, 2.0 + i, bands[band].name) for i, band in enumerate(BANDS)]
    return Figure(
        key="maturity-profile",
        title=title,
        spec=finish(profile.chart(points, levels=levels, colours=palette(mode), title="Score"), mode=mode),
        alt=f"A line for each side down {len(published.dimensions)} subjects, over the four levels of maturity. {title}.",
        n=people(published),
        period=_period(shown),
        definition=f"{AVERAGE}. Levels: below 2, 3 and 4, and from 4 on",
        filters="none",
        source=_source(shown),
        columns=("Subject", *(column for group in groups for column in (NAMES[group], f"{NAMES[group]}: level"))),
        rows=tuple(
            (
                names[d.id],
                *(cell for group in groups for cell in (words(d.view(group).score), _level(d, group, questionnaire))),
            )
            for d in published.dimensions
        ),
    )


def spreads(shown: RoundView, published: Published, questionnaire: Questionnaire, dimension: str, *, mode: Mode) -> Figure | None:
    """How the answers to the items of a dimension spread; None where no spread is shown."""
    return _spreads(shown, published, questionnaire, dimension, published.items_of(dimension), mode=mode)


def spreads_on_pages(
    shown: RoundView, published: Published, questionnaire: Questionnaire, dimension: str, *, mode: Mode
) -> tuple[Figure, ...]:
    """The same in as many charts as it takes for each to be read on a page."""
    parts: list[list[ItemResult]] = [[]]
    rows: list[SpreadRow] = []
    for item in published.items_of(dimension):
        own = _rows(item, questionnaire)
        if rows and diverging_bars.height([*rows, *own]) > PAGE:
            parts.append([])
            rows = []
        parts[-1].append(item)
        rows += own
    found = [_spreads(shown, published, questionnaire, dimension, part, mode=mode) for part in parts]
    made = [one for one in found if one is not None]
    if len(made) < 2:
        return tuple(made)
    return tuple(replace(one, key=f"{one.key}-{n}", title=f"{one.title} (part {n} of {len(made)})") for n, one in enumerate(made, 1))


def _rows(item: ItemResult, questionnaire: Questionnaire) -> list[SpreadRow]:
    """The rows of one item, one for each group whose spread is shown."""
    label = questionnaire.wording("en").items[item.id] + (" (turned round)" if item.reverse else "")
    return [
        SpreadRow(label, NAMES[view.group], tuple(Part(s.low, s.high, s.share) for s in view.distribution.segments))
        for view in item.views
        if isinstance(view.distribution, Distribution)
    ]


def _spreads(
    shown: RoundView, published: Published, questionnaire: Questionnaire, dimension: str, items: Sequence[ItemResult], *, mode: Mode
) -> Figure | None:
    texts = questionnaire.wording("en").items
    name = _names(questionnaire)[dimension]
    rows: list[SpreadRow] = []
    cells = []
    shown_as: list[tuple[str, SpreadRow]] = []
    for item in items:
        rows += _rows(item, questionnaire)
        shown_as += [(texts[item.id], row) for row in _rows(item, questionnaire)]
        for view in item.views:
            if not isinstance(view.score, Suppressed) or view.distribution is not view.score:
                cells.append((texts[item.id], NAMES[view.group], words(view.score), spread_words(view.distribution)))
    if not rows:
        return None
    asked = len({row.label for row in rows})
    worst = _lowest(shown_as) if asked > 1 else None
    title = f"{name}: how the answers spread" if worst is None else f"{name}: lowest on “{worst}”"
    return Figure(
        key=f"answers-{dimension}".replace("_", "-"),
        title=title,
        spec=finish(diverging_bars.chart(rows, colours=palette(mode)), mode=mode),
        alt=f"Bars of the answers to {asked} statements on {name}; lower answers to the left, higher ones to the right. {title}.",
        n=people(published),
        period=_period(shown),
        definition="Share of the answers from 1 to 5, 5 the best; statements about something bad are turned round, and parts of fewer than "
        f"{published.minimum} people are joined with their neighbours",
        filters="“I don't know” is left out",
        source=_source(shown),
        columns=("Statement", "Who", "Score", "Answers"),
        rows=tuple(cells),
    )


def _lowest(rows: Sequence[tuple[str, SpreadRow]]) -> str | None:
    """The statement with the largest share of low answers; None where the shown parts are of other answers from row to row.

    Parts may be joined with their neighbours: “1 to 3: 55 %” beside “1 to 2: 35 %” says nothing of which is lower.
    """
    for cut in (2, 3):
        if all(any(part.high == cut for part in row.parts) for _, row in rows):
            return max(rows, key=lambda pair: sum(part.share for part in pair[1].parts if part.high <= cut))[0]
    return None


def unknown(shown: RoundView, published: Published, questionnaire: Questionnaire, *, mode: Mode) -> Figure | None:
    """Where people do not know; None when nothing is shown."""
    names = _names(questionnaire)

    def share(dimension: DimensionResult, group: Group) -> float | None:
        found = dimension.view(group).unknown
        return found.value if isinstance(found, Share) else None

    def most(dimension: DimensionResult) -> float:
        return max((value for group in GROUPS if (value := share(dimension, group)) is not None), default=-1.0)

    ordered = sorted((d for d in published.dimensions if most(d) >= 0), key=lambda d: (-most(d), names[d.id]))
    if not ordered:
        return None
    top = most(ordered[0])
    title = (
        f"{names[ordered[0].id]} is where most people do not know: about {wording.percent(top, digits=0)} of the answers"
        if top > 0.1
        else "Hardly anybody answers “I don't know”"
    )
    groups = _columns(published)
    rows = [TwoSidesRow(names[d.id], share(d, "sales"), share(d, "marketing"), share(d, "together")) for d in ordered]
    return Figure(
        key="do-not-know",
        title=title,
        spec=finish(
            two_sides.chart(rows, colours=palette(mode), title="Answers “I don't know”", domain=(0, 1), format=".0%", joined=False),
            mode=mode,
        ),
        alt=f"Dots for the share of “I don't know” on {len(ordered)} subjects. {title}.",
        n=people(published),
        period=_period(shown),
        definition="“I don't know” as a share of all answers given, in steps of 10 %; 10 % stands for 10 % or less, 90 % for 90 % or more",
        filters="none",
        source=_source(shown),
        columns=("Subject", *(NAMES[group] for group in groups)),
        rows=tuple((names[d.id], *(words(d.view(group).unknown) for group in groups)) for d in ordered),
    )


def trend(results: Sequence[tuple[RoundView, Published]], *, weights: Mapping[str, float] | None, mode: Mode) -> Figure | None:
    """The totals from round to round, broken where the wording or the subjects changed; None below two rounds that show something."""
    labels = _labels([shown for shown, _ in results])
    marks = [(published.scale, *(f"{d.id} {d.wording}" for d in published.dimensions)) for _, published in results]
    # Rounds that asked the same are joined, also over a pulse in between that asked less.
    parts = [marks.index(mark) for mark in marks]
    breaks = [labels[i] for i in range(1, len(results)) if _reworded(results[i - 1][1], results[i][1])]
    scores, cells = [], []
    for label, part, (_, published) in zip(labels, parts, results, strict=True):
        totals = {group: total(published, group, weights=weights) for group in GROUPS}
        scores += [RoundScore(label, NAMES[group], found.value, part) for group, found in totals.items() if isinstance(found, Score)]
        cells.append(
            (label, *(words(totals[group], digits=0) for group in GROUPS), wording.count(len(published.dimensions)), _since(label, breaks))
        )
    if len({score.round for score in scores}) < 2:
        return None
    title = _trend_title(scores, labels)
    return Figure(
        key="totals-by-round",
        title=title,
        spec=finish(
            scores_over_time.chart(scores, rounds=labels, breaks=breaks, colours=palette(mode), title="Total", domain=(20, 100)), mode=mode
        ),
        alt=f"Totals of each side over {len(labels)} rounds, from 20 to 100. {title}.",
        n=f"{len(labels)} rounds",
        period=f"{labels[0]} to {labels[-1]}",
        definition="Total = 20 times the weighted average of the subjects, 20 to 100. Only rounds that asked the same subjects "
        "in the same words on the same scale are joined",
        filters="none",
        source="survey of the team",
        columns=("Round", *(NAMES[group] for group in GROUPS), "Subjects", "Wording"),
        rows=tuple(cells),
    )


def people(published: Published) -> str:
    """How many people answered, as far as that may be said: "9 people of sales (of 12 asked), 7 of marketing"."""
    parts = []
    for turnout in published.turnout:
        if not isinstance(turnout.answered, Suppressed):
            who = "" if turnout.group == "together" else f" of {turnout.group}"
            asked = f" ({turnout.invited} asked)" if turnout.invited else ""
            parts.append(f"{turnout.answered} people{who}{asked}")
    return ", ".join(parts) or f"fewer than {published.minimum} people"


def words(cell: Score | Share | Suppressed, *, digits: int = 1) -> str:
    """A cell for readers: "3.4", "4.5 or higher", "20 %", or the reason why it is not shown."""
    if isinstance(cell, Suppressed):
        return cell.reason
    text = wording.percent(cell.value, digits=0) if isinstance(cell, Share) else wording.decimal(cell.value, digits=digits)
    beyond = ("or less", "or more") if isinstance(cell, Share) else ("or lower", "or higher")
    return f"{text} {beyond[0 if cell.bound == 'or_lower' else 1]}" if cell.bound != "exact" else text


def spread_words(cell: Distribution | Suppressed) -> str:
    """A spread for readers: "1 to 3: 55 %, 4 to 5: 45 %"."""
    if isinstance(cell, Suppressed):
        return cell.reason
    return ", ".join(f"{s.low if s.low == s.high else f'{s.low} to {s.high}'}: {wording.percent(s.share, digits=0)}" for s in cell.segments)


def signed(value: float | None) -> Cell:
    """A difference with its sign: "+0.4", "−1.2"."""
    return None if value is None else wording.decimal(value, signed=True) if value else wording.decimal(0.0)


def _gap_title(found: Sequence[tuple[DimensionResult, Gap]], names: Mapping[str, str]) -> str:
    dimension, gap = found[0]
    clear = sum(gap.clear for _, gap in found)
    if not gap.points:
        return "Sales and marketing see every subject alike"
    who = "sales" if gap.points > 0 else "marketing"
    higher = f"{who} is {wording.decimal(abs(gap.points))} points higher"
    most = f"Sales and marketing differ most on {names[dimension.id]}, where {higher}"
    if len(found) == 1:
        most = f"{names[dimension.id]}: {higher}"
    nothing = "but that may be chance" if len(found) == 1 else "but no difference is clear"
    return most if clear else f"{most}, {nothing}"


def _reworded(before: Published, after: Published) -> bool:
    """Whether a subject that both rounds asked about was asked in other words or on another scale."""
    marks = {d.id: d.wording for d in before.dimensions}
    return before.scale != after.scale or any(marks.get(d.id, d.wording) != d.wording for d in after.dimensions)


def _since(label: str, breaks: Sequence[str]) -> str:
    return "asked in other words than before" if label in breaks else "as before"


def _trend_title(scores: Sequence[RoundScore], labels: Sequence[str]) -> str:
    changes, since = [], ""
    for group in NAMES.values():
        own = [score for score in scores if score.group == group]
        last = next((score for score in own if score.round == labels[-1]), None)
        before = next((score for score in reversed(own) if last and score is not last and score.part == last.part), None)
        if last and before:
            change, since = last.value - before.value, before.round
            changes.append(f"{group} {wording.decimal(change, digits=0, signed=True) if change else 'unchanged'} at {last.value:.0f}")
    return f"Since {since}: {', '.join(changes)}" if changes else "No earlier round asked the same, so nothing can be compared"


def _labels(rounds: Sequence[RoundView]) -> list[str]:
    """A name for each round that no other has."""
    names = [shown.name for shown in rounds]
    return [
        f"{shown.name} ({wording.day(shown.closed_on)})" if names.count(shown.name) > 1 and shown.closed_on else shown.name
        for shown in rounds
    ]


def _columns(published: Published) -> tuple[Group, ...]:
    """The groups that a table has columns of: both together only where the sides do not stand beside each other."""
    sides: tuple[Group, ...] = ("sales", "marketing")
    return sides if set(sides) <= set(published.groups) else GROUPS


def _names(questionnaire: Questionnaire) -> dict[str, str]:
    return {id: found.name for id, found in questionnaire.wording("en").dimensions.items()}


def _bands(questionnaire: Questionnaire) -> list[tuple[float, str]]:
    bands = questionnaire.wording("en").bands
    return [(1.0 + i, bands[band].name) for i, band in enumerate(BANDS)]


def _value(dimension: DimensionResult, group: Group) -> float | None:
    score = dimension.view(group).score
    return score.value if isinstance(score, Score) else None


def _level(dimension: DimensionResult, group: Group, questionnaire: Questionnaire) -> str:
    level = dimension.view(group).level
    return questionnaire.wording("en").bands[level].name if level else ""


def _period(shown: RoundView) -> str:
    if shown.opened_on and shown.closed_on and shown.opened_on != shown.closed_on:
        return wording.day_range(shown.opened_on, shown.closed_on)
    return wording.day(shown.closed_on) if shown.closed_on else "not dated"


def _source(shown: RoundView) -> str:
    return f"survey round “{shown.name}”, questionnaire {shown.questionnaire}"
