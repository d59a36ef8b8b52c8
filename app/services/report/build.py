"""The report as content: cover, a summary that stands alone, a part for each metric, evidence, methods, receipts, and what is missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from app import wording
from app.benchmarks.stakes import Stake
from app.charts.export import Drawing
from app.report.content import Block, Bullets, Grid, Heading, KeyNumber, KeyNumbers, Paragraph, Part, Picture, Report
from app.services.report import evidence, metrics
from app.services.report.material import PARTS, Material, PartKey
from app.services.scorecard.model import ClaimLine, Headline
from app.services.scorecard.words import (
    absent_sentence,
    grade_letter,
    look_next,
    observed_and_cited,
    range_of,
    stake_sentence,
    value_of,
    verdict_word,
)

ASSOCIATIONS = "The cited figures are associations reported by others. None comes from an experiment, and none is a promise."


FLOWING: frozenset[PartKey] = frozenset({"visits", "next_steps", "evidence", "method", "receipts", "not_computed"})
"""Parts that begin where the one before ends, so that no page is nearly empty; each metric and the survey have pages of their own."""
METRICS: frozenset[PartKey] = frozenset({"win_rate", "retention", "growth", "leads"})


def report_of(material: Material, *, drawing: Drawing | None = None) -> Report:
    """The report of this material, with the parts of its choice that have something to say.

    Parameters
    ----------
    drawing
        Where the charts of each part begin to be drawn as soon as it is there.
    """
    with wording.numbers_as(material.choice.numbers):
        return _report_of(material, drawing)


def _report_of(material: Material, drawing: Drawing | None) -> Report:
    parts: list[Part] = []
    was_short = False
    for key in PARTS:
        if key in material.choice.parts and (blocks := _PARTS[key](material)):
            if drawing is not None:
                for block in blocks:
                    if isinstance(block, Picture):
                        drawing.begin(block.figure)
            # A metric that could not be computed is a few lines.
            short = key in METRICS and not any(isinstance(block, Picture) for block in blocks)
            # What follows such lines stands below them, or they would have a page of their own.
            flows = short or key in FLOWING or (key in METRICS and was_short)
            parts.append(Part(key, PARTS[key], blocks, new_page=not parts or not flows))
            was_short = short
    return Report(
        title="Alignment report",
        subtitle="Do sales and marketing pull in one direction, and what is it worth?",
        team=material.team,
        facts=_facts(material),
        running=f"{'Invented example · ' if material.is_example else ''}{_period(material)} · data {material.data_version}",
        summary=Part("summary", "Where we stand", _summary(material)),
        parts=tuple(parts),
        paper=material.choice.paper,
    )


def _facts(material: Material) -> tuple[tuple[str, str], ...]:
    request = material.card.request
    filters = [f"{column}: {', '.join(values)}" for column, values in request.filters.where]
    if request.filters.start is not None:
        filters.append(f"from {wording.day(request.filters.start)}")
    if request.filters.end is not None:
        filters.append(f"up to {wording.day(request.filters.end - timedelta(days=1))}")
    rows = [
        ("Period", _period(material)),
        ("Compared", _compared(material)),
        ("Filters", "; ".join(filters) or "none"),
        ("Cited figures", f"{'as published' if request.reading == 'meaningful' else 'as quoted'}, edition {material.card.edition}"),
        *([("Last import", wording.day(material.as_of))] if material.as_of is not None else []),
        ("Data version", material.data_version),
    ]
    if material.is_example:
        rows.insert(0, ("Example", "This company is invented."))
    return tuple(rows)


def _period(material: Material) -> str:
    covered, filters = material.card.covered, material.card.request.filters
    if covered is None:
        return "no days covered"
    first = max(covered[0], filters.start) if filters.start is not None else covered[0]
    last = min(covered[1], filters.end - timedelta(days=1)) if filters.end is not None else covered[1]
    return wording.day_range(first, last)


def _compared(material: Material) -> str:
    request = material.card.request
    one = timedelta(days=1)
    if request.way == "before_after" and request.before is not None and request.after is not None:
        before, after = request.before, request.after
        return f"{wording.day_range(after[0], after[1] - one)} against {wording.day_range(before[0], before[1] - one)}"
    if request.way == "groups" and request.groups is not None:
        return f"{request.groups.column}: {request.groups.observed} against {request.groups.baseline}"
    return "own history: where each figure would lead, if it held"


def _summary(material: Material) -> tuple[Block, ...]:
    card = material.card
    numbers = [_key_number(head) for head in card.headlines if head.key != "lead_conversion"]
    if material.survey is not None:
        numbers.append(KeyNumber("Alignment index", material.survey.index, material.survey.index_basis))
    blocks: list[Block] = [Paragraph(_lead(material), "lead"), KeyNumbers(tuple(numbers))]
    blocks.append(
        Grid(
            "Against the cited figures",
            ("Cited figure", "Observed", "Cited", "Verdict", "Evidence"),
            tuple(_against(line) for line in card.lines),
            widths=(1, 0, 0, 0, 0),
        )
    )
    stakes = [(line, line.stake) for line in card.lines if isinstance(line.stake, Stake) and line.stake.amount > 0]
    if stakes:
        line, stake = max(stakes, key=lambda pair: pair[1].amount)
        blocks.append(Paragraph(f"Money at stake. {stake_sentence(stake)} That is where “{line.words}” would lead, if it held."))
    if material.survey is not None:
        blocks.append(Paragraph(f"Biggest disagreement. {material.survey.disagreement}"))
        if material.survey.steps:
            blocks += [Heading("Start with"), Bullets(material.survey.steps[:3], numbered=True)]
    elif not stakes:
        title, why = look_next(card)
        blocks.append(Paragraph(f"Look at next: {title}. {why}"))
    blocks.append(Paragraph(ASSOCIATIONS, "note"))
    return tuple(blocks)


def _against(line: ClaimLine) -> tuple[str, ...]:
    """One row of the summary's table."""
    observed, cited = observed_and_cited(line)
    return line.words, observed or "–", cited or "–", verdict_word(line), grade_letter(line.reading.grade)


def _lead(material: Material) -> str:
    lines = material.card.lines
    judged = [line for line in lines if line.verdict is not None]
    if material.sources.is_empty:
        return "Nothing is loaded yet, so there is nothing to compare."
    if not judged:
        if material.card.request.way == "own_history":
            return "No two sides are compared here. Each part says where a cited figure would lead, if it held, or what is missing."
        return f"None of the {len(lines)} cited figures can be compared with these numbers yet. Each part says what is missing."
    reached = sum(line.verdict is not None and line.verdict.word in ("above", "reaches") for line in judged)
    short = sum(line.verdict is not None and line.verdict.word == "falls_short" for line in judged)
    open_, rest = len(judged) - reached - short, len(lines) - len(judged)
    counted = (
        (reached, "reached or in reach"),
        (short, "not reached"),
        (open_, "not settled yet"),
        (rest, "not comparable"),
    )
    words = ", ".join(f"{number or 'none'} {what}" for number, what in counted if number or what.startswith("reached"))
    return f"Of {len(lines)} cited figures: {words}."


def _key_number(head: Headline) -> KeyNumber:
    if head.value is None:
        return KeyNumber(head.label, "not computed", "", absent_sentence(head.absent) if head.absent is not None else "")
    return KeyNumber(
        head.label, value_of(head), f"likely {range_of(head)}" if head.interval is not None else "", f"{head.basis}; {head.period}"
    )


def _next_steps(material: Material) -> tuple[Block, ...]:
    blocks: list[Block] = []
    if material.survey is not None:
        if material.survey.steps:
            blocks.append(Paragraph("Chosen for the answers of both teams.", "lead"))
        blocks += [*material.survey.plan, *material.survey.actions]
    title, why = look_next(material.card)
    blocks += [Heading("In the numbers"), Paragraph(f"Look at next: {title}. {why}")]
    return tuple(blocks)


def _not_computed(material: Material) -> tuple[Block, ...]:
    rows = [(what, absent.reason, absent.remedy) for what, absent in material.card.not_computable]
    rows += [
        (line.words, line.absent.reason, line.absent.remedy)
        for line in material.card.lines
        if line.verdict is None and line.absent is not None and line.absent.code == "own_history"
    ]
    if not rows:
        return ()
    return (Grid("", ("What", "Why not", "What would supply it"), tuple(rows), widths=(3, 5, 5)),)


_PARTS: dict[PartKey, Callable[[Material], tuple[Block, ...]]] = {
    "win_rate": metrics.win_rate,
    "retention": metrics.retention,
    "growth": metrics.growth,
    "leads": metrics.leads,
    "visits": metrics.visits,
    "alignment": lambda material: material.survey.blocks if material.survey is not None else (),
    "next_steps": _next_steps,
    "evidence": evidence.cards,
    "method": evidence.methods,
    "receipts": evidence.receipts,
    "not_computed": _not_computed,
}
