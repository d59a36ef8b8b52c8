"""The parts of the report that show one metric each: the number, its comparison with the cited figures, its charts."""

from __future__ import annotations

from app import wording
from app.benchmarks.catalogue import Metric
from app.benchmarks.comparison import Comparison
from app.benchmarks.stakes import Stake
from app.charts.figure import Figure
from app.report.content import Block, Bullets, Heading, KeyNumber, KeyNumbers, Paragraph, Picture
from app.services.figures import composed
from app.services.figures.composed import Shown
from app.services.report.material import Material
from app.services.scorecard.grouping import GroupColumn, group_columns
from app.services.scorecard.model import ClaimLine, Headline
from app.services.scorecard.words import (
    absent_sentence,
    answer_of,
    chance_words,
    grade_letter,
    needed_sentence,
    outlook_sentence,
    range_of,
    stake_sentence,
    value_of,
    verdict_word,
)
from app.statistics.intervals import Absent

_METRICS: dict[str, tuple[Metric, ...]] = {
    "win_rate": ("win_rate",),
    "retention": ("churn", "logo_retention", "revenue_retention"),
    "lead_conversion": ("lead_conversion", "lead_response"),
    "growth": ("revenue", "revenue_growth", "revenue_cagr_3y"),
}


def win_rate(material: Material) -> tuple[Block, ...]:
    """Win rate: the number, against the claims, over time, by group, under each definition."""
    deals, request = material.sources.deals, material.card.request
    blocks = _opening(material, "win_rate")
    if deals is None:
        return tuple(blocks)
    context, grain = material.context, material.choice.grain
    charts: list[Shown] = [
        material.figure(
            "win_rate_trend",
            request.definition,
            request.filters,
            grain,
            make=lambda: composed.win_rate_trend(context, deals, request.definition, request.filters, grain),
        )
    ]
    if (column := _first(group_columns(deals))) is not None:
        name, label = column.name, column.label
        charts.append(
            material.figure(
                "win_rate_groups",
                request.definition,
                request.filters,
                name,
                make=lambda: composed.win_rate_groups(context, deals, request.definition, request.filters, column=name, label=label),
            )
        )
    dial = material.figure(
        "win_rate_dial",
        request.definition,
        request.filters,
        make=lambda: composed.win_rate_dial(context, deals, request.definition, request.filters),
    )
    if isinstance(dial, Figure) and len(rates := {cell.value for row in dial.rows if isinstance(cell := row[1], wording.Written)}) == 1:
        # A chart of the same number again and again would say no more than its title.
        return (*blocks, *_charts(material, charts), Paragraph(f"{dial.title}: {wording.percent(rates.pop())}."))
    return tuple(blocks + _charts(material, [*charts, dial]))


def retention(material: Material) -> tuple[Block, ...]:
    """Retention: the number, against the claims, over time, by group, and how long customers stay."""
    sources, request = material.sources, material.card.request
    blocks = _opening(material, "retention")
    if isinstance(sources.retention_kind, Absent):
        return tuple(blocks)
    context, filters, grain = material.context, request.filters, material.choice.grain
    charts: list[Shown] = [
        material.figure("retention_trend", filters, grain, make=lambda: composed.retention_trend(context, sources, filters, grain))
    ]
    if (customers := sources.customers) is not None:
        if sources.retention_kind == "flag" and (column := _first(group_columns(customers))) is not None:
            name, label = column.name, column.label
            charts.append(
                material.figure(
                    "retention_groups",
                    filters,
                    name,
                    make=lambda: composed.retention_groups(context, customers, filters, column=name, label=label),
                )
            )
        charts.append(material.figure("survival", filters, make=lambda: composed.survival(context, customers, filters)))
    return tuple(blocks + _charts(material, charts))


def growth(material: Material) -> tuple[Block, ...]:
    """Growth: the number, against the claims, revenue over time."""
    context, sources, filters, grain = material.context, material.sources, material.card.request.filters, material.choice.grain
    charts = [material.figure("revenue_trend", filters, grain, make=lambda: composed.revenue_trend(context, sources, filters, grain))]
    return tuple(_opening(material, "growth") + _charts(material, charts, quiet=isinstance(material.sources.revenue, Absent)))


def leads(material: Material) -> tuple[Block, ...]:
    """Leads: conversion in all, over time and by group; nothing when no leads are loaded."""
    found, filters = material.sources.leads, material.card.request.filters
    if found is None:
        return ()
    context, grain = material.context, material.choice.grain
    charts: list[Shown] = [
        material.figure("conversion_trend", filters, grain, make=lambda: composed.conversion_trend(context, found, filters, grain))
    ]
    if (column := _first(group_columns(found))) is not None:
        name, label = column.name, column.label
        charts.append(
            material.figure(
                "conversion_groups",
                filters,
                name,
                make=lambda: composed.conversion_groups(context, found, filters, column=name, label=label),
            )
        )
    return tuple(_opening(material, "lead_conversion") + _charts(material, charts))


def visits(material: Material) -> tuple[Block, ...]:
    """Visits over time; nothing when no traffic is loaded."""
    found = material.sources.traffic
    if found is None:
        return ()
    context, filters, grain = material.context, material.card.request.filters, material.choice.grain
    made = material.figure("visits_trend", filters, grain, make=lambda: composed.visits_trend(context, found, filters, grain))
    return tuple(_charts(material, [made]))


def _opening(material: Material, key: str) -> list[Block]:
    head = next((head for head in material.card.headlines if head.key == key), None)
    blocks: list[Block] = [] if head is None else [*_number(head)]
    for line in material.card.lines:
        if line.reading.metric in _METRICS.get(key, ()):
            blocks += _claim(material, line)
    return blocks


def _number(head: Headline) -> list[Block]:
    blocks: list[Block] = []
    if head.value is None:
        if head.absent is not None:
            blocks.append(Paragraph(f"Not computed. {absent_sentence(head.absent)}", "lead"))
    else:
        span = f"likely range {range_of(head)}" if head.interval is not None else ""
        note = "Fewer than 30 records: read it with care." if head.small else ""
        blocks.append(KeyNumbers((KeyNumber(head.label, value_of(head), span, f"{head.basis}; {head.period}", note),)))
    blocks.append(Paragraph(f"{head.definition}.", "note"))
    if head.note:
        blocks.append(Paragraph(head.note, "note"))
    return blocks


def _claim(material: Material, line: ClaimLine) -> list[Block]:
    blocks: list[Block] = [Heading(f"{line.words}: {verdict_word(line).lower()}"), Paragraph(answer_of(line))]
    request = material.card.request
    figure = material.figure(
        "claim_figure", request, line.claim.id, make=lambda: composed.claim_figure(material.context, material.sources, request, line)
    )
    if figure is not None:
        blocks.append(Picture(figure, table=material.choice.tables))
    said = []
    if isinstance(line.comparison, Comparison):
        if line.comparison.probability is not None:
            said.append(f"Chance that the true change reaches the cited figure: {chance_words(line.comparison.probability)}.")
        said += [needed_sentence(line.comparison), *line.comparison.caveats]
    if line.outlook is not None and line.verdict is not None:
        said.append(outlook_sentence(line.outlook))
    if line.outlook is not None and line.verdict is None and line.absent is not None and line.absent.code != "own_history":
        said.append(f"No verdict. {absent_sentence(line.absent)}")
    said.append(stake_sentence(line.stake))
    if isinstance(line.stake, Stake):
        said += [f"How that is worked out: {'; '.join(line.stake.steps)}.", line.stake.caveat]
    said.append(f"Evidence {grade_letter(line.reading.grade)}. {wording.restyled(line.plain)}")
    return [*blocks, Bullets(tuple(sentence for sentence in said if sentence))]


def _charts(material: Material, shown: list[Shown], *, quiet: bool = False) -> list[Block]:
    blocks: list[Block] = []
    for one in shown:
        if isinstance(one, Figure):
            blocks.append(Picture(one, table=material.choice.tables))
        elif isinstance(one, Absent) and not quiet:
            blocks.append(Paragraph(f"Not shown. {absent_sentence(one)}"))
    return blocks


def _first(columns: tuple[GroupColumn, ...]) -> GroupColumn | None:
    return columns[0] if columns else None
