"""`python -m app scorecard FILE …`: every number, likely range, claim, verdict and reason, from files and without a database."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from app import wording
from app.benchmarks.comparison import Comparison
from app.benchmarks.stakes import Stake
from app.commands import answering
from app.commands.files import opened, read
from app.errors import AppError
from app.metrics.engine import Engine
from app.metrics.model import Definition, Filters
from app.services.scorecard import words
from app.services.scorecard.build import scorecard
from app.services.scorecard.document import document
from app.services.scorecard.grouping import group_columns, grouping, known_columns
from app.services.scorecard.model import ClaimLine, Headline, Scorecard
from app.services.scorecard.request import Groups, Request
from app.services.scorecard.sources import Sources, default_windows

NAME = "scorecard"
HELP = "compute win rate, retention and growth from exports and hold them against the cited figures"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="exports of one team, one of each kind")
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    asking(parser)
    answering.arguments(parser)


def asking(parser: argparse.ArgumentParser) -> None:
    """The options that say what is asked of the numbers."""
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--before", metavar="A..B", help="the earlier days, both included; with --after")
    way.add_argument("--group", metavar="COLUMN", help="compare the two largest values of a column, or those named by --values")
    way.add_argument("--since", metavar="DAY", help="compare equal spans before and after this day")
    parser.add_argument("--after", metavar="C..D", help="the later days, both included; with --before")
    parser.add_argument("--values", metavar="X,Y", help="with --group: hold X against Y")
    parser.add_argument("--as-quoted", action="store_true", help="take the cited figures at their word")
    parser.add_argument("--by-value", action="store_true", help="win rate by value instead of count")
    parser.add_argument("--by-creation", action="store_true", help="win rate by the day deals were created")
    parser.add_argument("--no-decision-in", action="store_true", help="count “no decision” as not won")
    parser.add_argument("--from", dest="start", metavar="DAY", help="count only records from this day on")
    parser.add_argument("--to", dest="end", metavar="DAY", help="count only records up to this day")
    parser.add_argument("--edition", default="", help="benchmark edition; the newest when not named")


def run(options: argparse.Namespace) -> int:
    """Read the files, compute, print."""
    check(options)
    given = read(options)
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder))
        try:
            sources = opened(given, engine=engine, folder=Path(folder))
            found = scorecard(sources, request_of(options, sources))
        finally:
            engine.close()
    if options.json:
        json.dump(document(found), sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    else:
        sys.stdout.write(_text(found))
    return 0


def check(options: argparse.Namespace) -> None:
    """Refuse options that do not go together, before any file is opened."""
    if (options.before is None) != (options.after is None):
        raise AppError(
            "--before and --after go together.", "Give both, e.g. --before 2024-01-01..2024-12-31 --after 2025-01-01..2025-12-31."
        )
    if options.values and options.group is None:
        raise AppError("--values goes with --group.", "Name the column too, e.g. --group Region --values North,South.")


def request_of(options: argparse.Namespace, sources: Sources) -> Request:
    """The request the options make."""
    definition = Definition(
        weight="value" if options.by_value else "count",
        by_date="created" if options.by_creation else "closed",
        no_decision="in" if options.no_decision_in else "out",
    )
    filters = Filters(
        _day(options.start) if options.start else None,
        _day(options.end) + timedelta(days=1) if options.end else None,
    )
    if filters.start is not None and filters.end is not None and filters.end <= filters.start:
        raise AppError(f"--from {options.start} is after --to {options.end}.", "Put the earlier day first.")
    reading = "as_quoted" if options.as_quoted else "meaningful"
    base = Request(
        reading="as_quoted" if reading == "as_quoted" else "meaningful", definition=definition, filters=filters, edition=options.edition
    )
    if options.before is not None:
        return Request(
            "before_after", _span(options.before), _span(options.after), None, base.reading, definition, filters, options.edition
        )
    if options.since is not None:
        windows = default_windows(sources.coverage(), _day(options.since))
        if windows is None:
            raise AppError("The data do not reach a whole month on both sides of that day.", "Choose another day.")
        return Request("before_after", windows[0], windows[1], None, base.reading, definition, filters, options.edition)
    if options.group is not None:
        return Request("groups", None, None, _groups(options, sources), base.reading, definition, filters, options.edition)
    return base


def _groups(options: argparse.Namespace, sources: Sources) -> Groups:
    from app.metrics import expressions

    for snapshot in (sources.deals, sources.customers, sources.leads, sources.lines):
        column = None if snapshot is None else next((c for c in known_columns(snapshot) if c.label == options.group), None)
        if snapshot is None or column is None:
            continue
        why = next((why for label, why in grouping(snapshot).aside if label == options.group), None)
        if why is not None:
            raise AppError(f"--group {options.group}: {why}", "Choose another column.")
        sizes = sorted(snapshot.collect(expressions.group_sizes(snapshot.table, by=column.name)), key=lambda row: (-row["n"], row["group"]))
        if options.values:
            return _chosen(options.group, options.values, [row["group"] for row in sizes])
        if len(sizes) < 2:
            raise AppError(f"The column “{options.group}” has only one value.", "Choose another column.")
        return Groups(options.group, sizes[0]["group"], sizes[1]["group"])
    known = sorted(
        {c.label for s in (sources.deals, sources.customers, sources.leads, sources.lines) if s is not None for c in group_columns(s)}
    )
    raise AppError(f"No file has a column “{options.group}” to compare by.", f"Choose from {', '.join(known) or 'none'}.")


def _chosen(column: str, text: str, known: list[str]) -> Groups:
    """The two values named by --values; one may itself hold a comma, so every comma is tried."""
    parts = text.split(",")
    if len(parts) < 2:
        raise AppError(f"--values {text}: two values are needed.", "Write them with a comma between, e.g. North,South.")
    pairs = [(",".join(parts[:i]).strip(), ",".join(parts[i:]).strip()) for i in range(1, len(parts))]
    for observed, baseline in pairs:
        if observed in known and baseline in known and observed != baseline:
            return Groups(column, observed, baseline)
    more = f" and {len(known) - 20} more" if len(known) > 20 else ""
    raise AppError(f"--values {text}: these are not two values of “{column}”.", f"Choose two from {', '.join(known[:20])}{more}.")


def _span(text: str) -> tuple[date, date]:
    first, dots, last = text.partition("..")
    if not dots:
        raise AppError(f"“{text}” is no span of days.", "Write it as 2025-01-01..2025-06-30.")
    start, end = _day(first), _day(last)
    if end < start:
        raise AppError(f"“{text}” ends before it begins.", "Put the earlier day first.")
    return start, end + timedelta(days=1)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise AppError(f"“{text}” is no day.", "Write it as 2025-01-31.") from None


def _text(found: Scorecard) -> str:
    lines = [
        f"{source.label}: {wording.count(source.rows)} rows, {source.first or '?'} to {source.last or '?'}" for source in found.sources
    ]
    lines.append("")
    lines += [_headline(head) for head in found.headlines]
    for line in found.lines:
        lines += ["", f"{line.words} (grade {line.reading.grade}: {line.claim.label})", f"  {line.plain}"]
        lines += [f"  {sentence}" for sentence in _said(line)]
    return "\n".join(lines) + "\n"


def _said(line: ClaimLine) -> list[str]:
    """What the page says of one figure: both rates, the verdict, where the claim would lead, what that is worth."""
    said = [words.rates_sentence(line)]
    if line.verdict is not None:
        said.append(line.verdict.sentence)
    if line.absent is not None:
        said.append(words.absent_sentence(line.absent))
    if isinstance(line.comparison, Comparison):
        if line.comparison.probability is not None:
            said.append(f"Chance that the true change reaches the cited figure: {words.chance_words(line.comparison.probability)}.")
        said.append(words.needed_sentence(line.comparison))
    if line.outlook is not None:
        said += [words.outlook_sentence(line.outlook), *line.outlook.steps]
    said.append(words.stake_sentence(line.stake))
    if isinstance(line.stake, Stake):
        said += line.stake.steps
    return list(dict.fromkeys(sentence for sentence in said if sentence))


def _headline(head: Headline) -> str:
    if head.value is None:
        reason = head.absent
        return (
            f"{head.label}: not computed. {reason.reason} {reason.remedy}".rstrip()
            if reason is not None
            else f"{head.label}: not computed."
        )
    value = wording.signed_percent(head.value, digits=2) if head.is_change else wording.percent(head.value, digits=2)
    span = ""
    if head.interval is not None:
        likely = wording.signed_range(head.interval) if head.is_change else wording.percent_range(head.interval)
        span = f", likely {likely}"
    return f"{head.label}: {value}{span} ({head.basis}; {head.period})"
