"""`python -m app report FILE … --out report.pdf`: the report from files, without a browser, for schedulers and scripts.

Without files it is made of what is loaded in the app on this computer.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import cast, get_args

from app.commands import answering, files
from app.commands import scorecard as asked
from app.errors import AppError
from app.metrics.engine import Engine as Counting
from app.metrics.periods import Grain
from app.report.content import Paper, Report
from app.report.pack import board_pack
from app.report.slides import slides
from app.report.typeset import pdf
from app.report.workbook import workbook
from app.services.actor import local_actor
from app.services.audit import record_export
from app.services.figures.composed import Context
from app.services.report.build import report_of
from app.services.report.gather import gather
from app.services.report.material import PARTS, Choice, Imported, Material, PartKey
from app.services.scorecard.build import scorecard
from app.services.teams import list_teams, shown_team
from app.settings import settings
from app.storage import migrations
from app.storage.engine import make_engine
from app.tables import TABLES
from app.wording import STYLES, NumberStyle, numbers_as

NAME = "report"
HELP = "make the report as PDF, the board pack as ZIP, the slides as PPTX or the numbers as XLSX"

KINDS: dict[str, Callable[[Report], bytes]] = {".pdf": pdf, ".zip": board_pack, ".pptx": slides, ".xlsx": workbook}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE", help="exports of one team; none: what is loaded in the app")
    asked.asking(parser)
    answering.arguments(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="what to write: .pdf, .zip, .pptx or .xlsx")
    parser.add_argument("--team", default="", metavar="NAME", help="what the cover says; without files, which team of the app")
    parser.add_argument("--paper", choices=get_args(Paper), default="a4", help="paper size")
    parser.add_argument("--parts", default="", metavar="X,Y", help=f"only these parts: {', '.join(PARTS)}")
    parser.add_argument("--periods", choices=get_args(Grain), default="quarter", help="length of the periods in the charts")
    parser.add_argument(
        "--locale",
        choices=get_args(NumberStyle),
        default="en",
        help=f"how numbers are written: {', '.join(f'{k} {v}' for k, v in STYLES.items())}",
    )
    parser.add_argument("--tables", action="store_true", help="print each chart's numbers below it")


def run(options: argparse.Namespace) -> int:
    """Make the file."""
    make = KINDS.get(options.out.suffix.lower())
    if make is None:
        raise AppError(f"“{options.out.name}” does not say what to make.", f"End the name with {', '.join(KINDS)}.")
    choice = Choice(parts=_parts(options.parts), paper=options.paper, grain=options.periods, tables=options.tables, numbers=options.locale)
    content = make(_of_files(options, choice) if options.files else _of_the_app(options, choice))
    try:
        options.out.write_bytes(content)
    except OSError as wrong:
        raise AppError(f"{options.out} cannot be written to ({wrong.strerror}).", "Choose another place.") from wrong
    sys.stdout.write(f"{options.out}\n")
    return 0


def _parts(text: str) -> tuple[PartKey, ...]:
    if not text:
        return tuple(PARTS)
    wanted = [part.strip() for part in text.split(",")]
    for part in wanted:
        if part not in PARTS:
            raise AppError(f"--parts: there is no part “{part}”.", f"Parts are {', '.join(PARTS)}.")
    return tuple(cast(PartKey, part) for part in wanted)


def _of_files(options: argparse.Namespace, choice: Choice) -> Report:
    asked.check(options)
    given = files.read(options)
    with tempfile.TemporaryDirectory() as folder:
        counting = Counting(Path(folder))
        try:
            sources = files.opened(given, engine=counting, folder=Path(folder))
            with numbers_as(choice.numbers):
                card = scorecard(sources, asked.request_of(options, sources))
            material = Material(
                team=options.team or "Alignment",
                is_example=False,
                card=card,
                sources=sources,
                context=Context(tuple((typed.info.table, path.name) for path, typed in given), None, "light"),
                data_version=files.version(given),
                as_of=None,
                imported=tuple(Imported(TABLES[typed.info.table].label, path.name, None, typed.receipt) for path, typed in given),
                choice=choice,
            )
            return report_of(material)
        finally:
            counting.close()


def _of_the_app(options: argparse.Namespace, choice: Choice) -> Report:
    chosen = settings()
    engine = make_engine(chosen.database_url)
    counting = Counting(chosen.cache_dir)
    try:
        migrations.upgrade(engine)
        actor = local_actor(engine)
        teams = list_teams(actor, engine=engine, with_example=True)
        team = next((one for one in teams if one.name == options.team), None) if options.team else shown_team(actor, engine=engine)
        if team is None:
            raise AppError(f"There is no team “{options.team}”.", f"Teams are {', '.join(one.name for one in teams)}.")
        made = report_of(
            gather(actor, engine=engine, team_id=team.id, counting=counting, cache_dir=chosen.cache_dir, request=None, choice=choice)
        )
        record_export(actor, engine=engine, file_name=options.out.name)
        return made
    finally:
        counting.close()
        engine.dispose()
