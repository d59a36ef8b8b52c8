"""The whole scorecard of a team, and its break-down by groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.benchmarks import catalogue
from app.benchmarks.catalogue import Claim, Edition, Reading
from app.benchmarks.comparison import Comparison, RatioComparison
from app.metrics import win_rate
from app.metrics.model import Filters
from app.services.scorecard.claims import compared, win_rates
from app.services.scorecard.grouping import known_columns
from app.services.scorecard.headlines import headlines
from app.services.scorecard.model import BreakDown, BreakDownLine, ClaimLine, Scorecard, SourceLine
from app.services.scorecard.request import Request
from app.services.scorecard.sides import sides_of
from app.services.scorecard.sources import Sources, resolved
from app.services.scorecard.stakes import outlook_of, stake_of
from app.services.systems import system_name
from app.statistics.intervals import Absent
from app.tables import TABLES

MOST_LINES = 25
"""Groups of a break-down that are compared; more would not fit on a chart."""


def scorecard(sources: Sources, request: Request, *, own: Sequence[Claim] = ()) -> Scorecard:
    """Everything the pages, the files and the command line say.

    Parameters
    ----------
    sources
        What is loaded.
    request
        The way of comparing, the definition, the filters, the edition ("" for the newest).
    own
        The team's own benchmarks, compared after the five cited figures.
    """
    edition = edition_of(request)
    heads = headlines(sources, request)
    lines = [
        line_of(sources, request, words=figure.as_written, plain=figure.explanation, claim=claim, reading=reading)
        for figure, claim, reading in cited(edition, request)
    ]
    # What can be answered comes first; the order of the figures stays otherwise.
    lines.sort(key=lambda line: line.verdict is None)
    lines += [
        line_of(sources, request, words=claim.label, plain=claim.reading.sentence, claim=claim, reading=claim.reading) for claim in own
    ]
    covered = sources.coverage()
    absent = [(head.label, head.absent) for head in heads if head.absent is not None]
    absent += [(line.words, line.absent) for line in lines if line.absent is not None and line.absent.code != "own_history"]
    return Scorecard(
        request=request,
        edition=edition.name,
        headlines=heads,
        lines=tuple(lines),
        sources=tuple(_source_lines(sources)),
        currency=sources.currency,
        covered=(covered.first, covered.last) if covered is not None else None,
        not_computable=tuple(absent),
    )


def edition_of(request: Request) -> Edition:
    """The edition a request names, or the newest."""
    return catalogue.load(request.edition or catalogue.editions()[-1])


def cited(edition: Edition, request: Request) -> list[tuple[catalogue.CitedFigure, Claim, Reading]]:
    """The five figures in the reading the request asks for."""
    if request.reading == "as_quoted":
        return [(figure, figure.quoted, figure.quoted_reading) for figure in edition.cited_figures]
    return [(figure, figure.meaningful, figure.meaningful_reading) for figure in edition.cited_figures]


def line_of(sources: Sources, request: Request, *, words: str, plain: str, claim: Claim, reading: Reading) -> ClaimLine:
    """One cited figure beside the team's numbers."""
    request = request.of_claims
    found = compared(sources, request, reading)
    absent = found if isinstance(found, Absent) else found.absent
    return ClaimLine(
        words=words,
        plain=plain,
        claim=claim,
        reading=reading,
        comparison=None if isinstance(found, Absent) else found,
        absent=absent,
        outlook=outlook_of(sources, request, reading, found),
        stake=stake_of(sources, request, reading, found),
    )


def break_down(sources: Sources, request: Request, *, by: str, reading: Reading) -> BreakDown | Absent:
    """The win rates of both sides within each group of a column, largest group first, at most `MOST_LINES` of them.

    Parameters
    ----------
    by
        The heading of the column, e.g. "Region".
    """
    deals, request = sources.deals, request.of_claims
    sides = sides_of(request)
    if isinstance(sides, Absent):
        return sides
    column = next((c for c in known_columns(deals) if c.label == by), None) if deals is not None else None
    if deals is None or column is None:
        return Absent(f"The deals have no column “{by}”.", "Choose another column.", "no_column")
    groups = win_rate.by_group(deals, request.definition, resolved(request.filters, deals), by=column.name)
    lines = []
    for group in groups[:MOST_LINES]:
        inside = tuple(replace(side, filters=_also(side.filters, by, group.group)) for side in sides)
        found = win_rates(sources, request, reading, (inside[0], inside[1]))
        if isinstance(found, (Comparison, RatioComparison)):
            lines.append(BreakDownLine(group.group, found))
    return BreakDown(tuple(lines), len(groups))


def _also(filters: Filters, label: str, value: str) -> Filters:
    return Filters(filters.start, filters.end, (*((c, v) for c, v in filters.where if c != label), (label, (value,))))


def _source_lines(sources: Sources) -> list[SourceLine]:
    lines = []
    for snapshot in (sources.deals, sources.customers, sources.lines, sources.leads, sources.traffic):
        if snapshot is not None:
            info = snapshot.info
            lines.append(SourceLine(info.table, TABLES[info.table].label, info.rows, info.first, info.last, system_name(info.system)))
    return lines
