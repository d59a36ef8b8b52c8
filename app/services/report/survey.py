"""What the survey adds to a report: read from what the rounds published and from nothing else, so the disclosure rules hold here too."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine

from app import wording
from app.charts.theme import Mode
from app.report.content import Block, Bullets, Card, Grid, Heading, KeyNumber, KeyNumbers, Paragraph, Picture
from app.services.actor import Actor
from app.services.alignment import Results, results
from app.services.beliefs import NOTE, Belief, Record, beliefs
from app.services.figures import survey as figures
from app.services.next_steps import NextSteps, next_steps
from app.services.planned_actions import PlannedActionView
from app.services.report.material import SurveyWords
from app.services.rounds.model import RoundView
from app.services.rounds.views import asked
from app.services.scorecard.sources import Sources
from app.services.scorecard.words import absent_sentence
from app.services.survey_weights import read_weights
from app.statistics.intervals import Absent
from app.survey.practices import Effort, Owner
from app.survey.published import Gap, Published, Share, Suppressed, index, total
from app.survey.questionnaire import Questionnaire

EFFORT: Mapping[Effort, str] = {"hours": "a few hours", "days": "some days", "weeks": "some weeks"}
OWNER: Mapping[Owner, str] = {"sales": "sales", "marketing": "marketing", "both": "both teams"}
TURNED = " Turned round = the statement is about something bad, and a high score says that it does not happen."
FEW_UNKNOWN = 0.1
"""Where no subject has a larger share of “I don't know” than this, a sentence says all that a chart would."""
DIMENSIONS_WITH_SPREADS = 3
"""So many subjects, those with the largest distance, show how the answers to each statement spread."""


def survey_words(actor: Actor, *, engine: Engine, team_id: str, sources: Sources, mode: Mode = "light") -> SurveyWords | None:
    """What the survey adds to a report of this team, beside its loaded records; None before its first round is closed."""
    found = results(actor, engine=engine, team_id=team_id)
    if not found:
        return None
    weights = read_weights(actor, engine=engine, team_id=team_id, questionnaire=asked(found[-1][0]))
    steps = next_steps(actor, engine=engine, team_id=team_id, results=found, weights=weights)
    return words_of(found, steps, sources=sources, weights=weights, mode=mode)


def words_of(
    found: Results, steps: NextSteps, *, sources: Sources, weights: Mapping[str, float] | None, mode: Mode = "light"
) -> SurveyWords:
    """The same from results that are at hand."""
    shown, published = found[-1]
    questionnaire = asked(shown)
    whole = index(published, weights=weights)
    hidden = isinstance(whole, Suppressed)
    return SurveyWords(
        index="not shown" if hidden else f"{figures.words(whole, digits=0)} of 100",
        index_basis=figures.words(whole) if hidden else f"{figures.people(published)}; round “{shown.name}”",
        disagreement=_disagreement(published, questionnaire),
        steps=_steps(steps),
        plan=_plan(steps),
        blocks=_blocks(found, shown, published, questionnaire, weights, mode, beliefs(published, questionnaire, sources)),
        actions=_actions(steps),
    )


def _disagreement(published: Published, questionnaire: Questionnaire) -> str:
    names = questionnaire.wording("en").dimensions
    found = [(abs(d.gap.points), names[d.id].name, d.gap) for d in published.dimensions if isinstance(d.gap, Gap)]
    if not found:
        reason = next((d.gap.reason for d in published.dimensions if isinstance(d.gap, Suppressed)), "Nothing can be shown.")
        return f"Not shown. {reason}"
    size, name, gap = max(found, key=lambda each: each[0])
    if not size:
        return "Sales and marketing see every subject alike."
    who, other = ("sales", "marketing") if gap.points > 0 else ("marketing", "sales")
    sure = "" if gap.clear else " With so few answers that may be chance."
    return f"{name}: {who} sees it {wording.decimal(size)} points higher than {other}, on a scale from 1 to 5.{sure}"


def _steps(steps: NextSteps) -> tuple[str, ...]:
    if isinstance(steps.advice, Absent):
        return ()
    return tuple(f"{step.practice.title}. {' '.join(finding.sentence for finding in step.findings)}" for step in steps.advice.steps)


def _plan(steps: NextSteps) -> tuple[Block, ...]:
    """A card for each practice to start with: why, what it is, how to begin, and what to look at later."""
    if isinstance(steps.advice, Absent):
        return (Paragraph(absent_sentence(steps.advice)),)
    return tuple(
        Card(
            step.practice.title,
            f"{OWNER[step.practice.owner]}, {EFFORT[step.practice.effort]}",
            (
                ("Why", " ".join(finding.sentence for finding in step.findings)),
                ("What", step.practice.what),
                ("First step", step.practice.first_step),
                ("Did it work?", step.practice.watch),
            ),
        )
        for step in steps.advice.steps
    )


def _actions(steps: NextSteps) -> tuple[Block, ...]:
    lines = [*steps.to_review, *steps.under_way]
    if not lines:
        return ()
    rows = tuple(_action(line.action) for line in lines)
    return (Grid("Open actions", ("What", "Who", "Until"), rows, widths=(5, 2, 2)),)


def _action(action: PlannedActionView) -> tuple[str, str, str]:
    return action.title, action.owner, wording.day(action.due)


def _blocks(
    found: Results,
    shown: RoundView,
    published: Published,
    questionnaire: Questionnaire,
    weights: Mapping[str, float] | None,
    mode: Mode,
    checked: tuple[Belief, ...],
) -> tuple[Block, ...]:
    closed = f", closed {wording.day(shown.closed_on)}" if shown.closed_on is not None else ""
    blocks: list[Block] = [
        Paragraph(f"Round “{shown.name}”{closed}. {figures.people(published)}.", "lead"),
        KeyNumbers(
            tuple(
                KeyNumber(label, "not shown" if isinstance(cell, Suppressed) else figures.words(cell, digits=0), "", _why(cell))
                for label, cell in (
                    ("Alignment index, 20 to 100", index(published, weights=weights)),
                    ("Sales", total(published, "sales", weights=weights)),
                    ("Marketing", total(published, "marketing", weights=weights)),
                )
            )
        ),
        Paragraph(
            f"A group is shown only when at least {published.minimum} of its people answered, and nothing is shown from which a smaller "
            "group could be worked out.",
            "note",
        ),
    ]
    apart = figures.gaps(shown, published, questionnaire, mode=mode)
    if apart is not None:
        blocks.append(Picture(apart))
    # One subject has no profile, and its only row stands in the chart already.
    if len(published.dimensions) > 1 or apart is None:
        profile = figures.maturity(shown, published, questionnaire, mode=mode)
        if profile is not None:
            blocks.append(Picture(profile))
        blocks.append(_table(published, questionnaire))
    widest = sorted(published.dimensions, key=lambda d: -abs(d.gap.points) if isinstance(d.gap, Gap) else 0.0)
    blocks += _beliefs(checked)
    spreads = [
        figure
        for d in widest[:DIMENSIONS_WITH_SPREADS]
        for figure in figures.spreads_on_pages(shown, published, questionnaire, d.id, mode=mode)
    ]
    if spreads:
        blocks.append(Heading("How the answers spread"))
    blocks += [Picture(figure) for figure in spreads]
    known = [view.unknown.value for d in published.dimensions for view in d.views if isinstance(view.unknown, Share)]
    unknown = figures.unknown(shown, published, questionnaire, mode=mode)
    if known and max(known) <= FEW_UNKNOWN:
        most = wording.percent(FEW_UNKNOWN, digits=0)
        blocks.append(Paragraph(f"At most {most} of the answers are “I don't know”, on every subject of which this may be shown."))
    elif unknown is not None:
        blocks.append(Picture(unknown))
    over_rounds = figures.trend(found, weights=weights, mode=mode)
    if over_rounds is not None:
        blocks.append(Picture(over_rounds))
    names = questionnaire.wording("en").dimensions
    written = [comments for comments in published.comments if comments.texts]
    if written:
        blocks.append(Heading("What people wrote"))
    for comments in written:
        who = "both sides" if comments.group == "together" else comments.group
        blocks += [Paragraph(f"{names[comments.dimension].name}, {who}", "finding"), Bullets(comments.texts)]
    return tuple(blocks)


def _why(cell: object) -> str:
    return cell.reason if isinstance(cell, Suppressed) else ""


def _beliefs(checked: tuple[Belief, ...]) -> list[Block]:
    """What people believe beside what the records say, where the records can say it."""
    rows = [
        (
            one.statement + (" (turned round)" if one.reverse else ""),
            "; ".join(f"{figures.NAMES[group]} {figures.words(score)}" for group, score in one.said),
            f"{one.record.finding}. {one.record.basis}.",
        )
        for one in checked
        if isinstance(one.record, Record)
    ]
    if not rows:
        return []
    return [
        Grid(
            "What people believe, and what the records say",
            ("Statement", "People", "Records"),
            tuple(rows),
            widths=(4, 3, 4),
            note=f"{NOTE}{TURNED if any(one.reverse for one in checked) else ''}",
        ),
    ]


def _table(published: Published, questionnaire: Questionnaire) -> Grid:
    names = questionnaire.wording("en").dimensions
    groups = published.groups
    columns = ("Subject", *(group.capitalize() for group in groups), "Distance")
    rows = tuple(
        (
            names[dimension.id].name,
            *(figures.words(dimension.view(group).score) for group in groups),
            str(figures.signed(dimension.gap.points)) if isinstance(dimension.gap, Gap) else "not shown",
        )
        for dimension in published.dimensions
    )
    note = "Distance = sales less marketing." if "marketing" in groups else ""
    return Grid("Every subject, on a scale from 1 to 5", columns, rows, widths=(4, *(2 for _ in groups), 2), note=note)
