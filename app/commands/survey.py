"""`python -m app survey FILE`: what answers collected elsewhere publish, from a file and without a database."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from app.commands import answering
from app.errors import AppError
from app.services.figures.survey import NAMES, people, signed, words
from app.services.rounds.model import SMALLEST_MINIMUM
from app.services.survey_file import FileSummary, publish_file
from app.settings import settings
from app.survey.answer_sheet import SheetAnswers
from app.survey.model import SIDES, Side
from app.survey.published import Gap, Published, Suppressed, index, total
from app.survey.questionnaire import Questionnaire

NAME = "survey"
HELP = "score the answers of a survey file, one row a person, under the disclosure rules"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("file", type=Path, metavar="FILE", help="an export of Google Forms, Microsoft Forms, LimeSurvey or a spreadsheet")
    parser.add_argument("--json", action="store_true", help="everything that is published, as JSON")
    parser.add_argument("--version", help="of the questionnaire, e.g. 2026-11; the newest when not named")
    parser.add_argument("--side-column", metavar="HEADING", help="the column that says whether a person is in sales or marketing")
    parser.add_argument(
        "--side", action="append", default=[], metavar="WORD=SIDE", help="what a word in it means, e.g. “Key accounts=sales”"
    )
    parser.add_argument(
        "--minimum", type=int, default=SMALLEST_MINIMUM, help=f"the smallest group that is shown, {SMALLEST_MINIMUM} or more"
    )
    parser.add_argument("--invited-sales", type=int, metavar="N", help="how many people of sales were asked")
    parser.add_argument("--invited-marketing", type=int, metavar="N", help="how many people of marketing were asked")


def run(options: argparse.Namespace) -> int:
    """Read the file, publish, print."""
    sides: dict[str, Side] = {}
    for text in options.side:
        word, sign, side = text.partition("=")
        if not sign or side not in SIDES:
            raise AppError(f"--side {text}: this is not WORD=SIDE.", "Write the word of the file, an equals sign, and sales or marketing.")
        sides[word.strip()] = "sales" if side == "sales" else "marketing"
    counts: tuple[tuple[Side, int | None], ...] = (("sales", options.invited_sales), ("marketing", options.invited_marketing))
    summary, asked, published = publish_file(
        answering.content(options.file),
        name=options.file.name,
        limits=settings().limits(),
        given=SheetAnswers(options.side_column, sides),
        version=options.version,
        minimum=options.minimum,
        invited={side: count for side, count in counts if count is not None},
    )
    if options.json:
        totals = {group: asdict(total(published, group)) for group in NAMES}
        found = {"file": asdict(summary), "index": asdict(index(published)), "totals": totals, "published": asdict(published)}
        json.dump(found, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    else:
        sys.stdout.write(_text(summary, asked, published))
    return 0


def _text(summary: FileSummary, asked: Questionnaire, published: Published) -> str:
    names = asked.wording("en").dimensions
    lines = [
        f"{len(summary.columns)} statements read, side from “{summary.side_column}”. {len(summary.ignored)} other columns were not read.",
        f"Answered: {people(published)}.",
        f"Alignment index: {words(index(published), digits=0)}",
    ]
    lines += [f"{NAMES[group]}: {words(total(published, group), digits=0)}" for group in NAMES]
    lines.append("")
    for dimension in published.dimensions:
        lines.append(names[dimension.id].name)
        for view in dimension.views:
            if not (isinstance(view.score, Suppressed) and view.score.code == "apart"):
                lines.append(f"  {NAMES[view.group]}: {words(view.score)}")
        if isinstance(dimension.gap, Gap):
            clear = "clear" if dimension.gap.clear else "not clear"
            lines.append(f"  Sales minus marketing: {signed(dimension.gap.points)} ({dimension.gap.size}, {clear})")
    return "\n".join(lines) + "\n"
