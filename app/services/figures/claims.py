"""Figures of the comparison with the cited figures."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.benchmarks.comparison import Comparison, LevelComparison, RatioComparison
from app.charts.figure import Figure, finish
from app.charts.shapes import changes_against_claims, levels
from app.charts.shapes.changes_against_claims import ChangeRow
from app.charts.shapes.levels import LevelRow
from app.charts.theme import Mode, palette
from app.services.figures.account import Account
from app.services.scorecard.model import BreakDown, ClaimLine
from app.services.scorecard.words import STAKED, VERDICTS, rates_sentence
from app.wording import change, change_range, count, percent, percent_range, signed_percent


def comparison(line: ClaimLine, *, account: Account, period: str, mode: Mode) -> Figure | None:
    """One claim beside the observed change; None when there is no ratio of two sides. `period`: the days that groups are compared on."""
    found = line.comparison
    if isinstance(found, LevelComparison):
        return _levels(line, found, account=account, mode=mode)
    if found is None or found.ratio is None or found.interval is None:
        return None
    sides = _sides(found)
    row = ChangeRow(
        MEASURED.get(line.reading.metric or "", line.claim.label),
        found.ratio - 1,
        found.interval.low - 1,
        found.interval.high - 1,
        found.claimed - 1,
    )
    chart = changes_against_claims.chart([row], colours=palette(mode))
    rates = rates_sentence(line)
    return Figure(
        key=file_key(line),
        title=_title(line, found, rates),
        spec=finish(chart, mode=mode),
        alt=(
            f"{rates}. " * bool(rates) + f"The observed change {change(found.ratio)} with its likely range {change_range(found.interval)}, "
            f"beside the cited {change(found.claimed)}."
        ),
        n=_counted(found, sides) or found_label(found),
        period=_days(found, sides, period),
        definition=f"Change = one side / the other − 1, with its likely range ({METHODS.get(found.interval.method, '95 %')})",
        filters=account.filters,
        source=f"{account.source}; cited figure: {line.claim.originator}, {line.claim.year or 'no date'}",
        columns=("Side", "On what", "Rate or amount", "Likely range"),
        rows=(
            *((side.label, side.basis, side.written, side.span) for side in reversed(sides)),
            ("Change from one to the other", "", change(found.ratio), change_range(found.interval)),
            ("Cited figure", "", change(found.claimed), ""),
            *(
                (("What the claim would need", "", percent(found.target, digits=2), ""),)
                if isinstance(found.target, float) and not getattr(found, "lower_is_better", False)
                else ()
            ),
        ),
    )


METHODS = {
    "Miettinen-Nurminen score": "95 %; score interval of Miettinen and Nurminen",
    "resampled by account": "95 %; whole accounts drawn again, because deals of one account go together",
    "linearised, by account": "95 %; worked out by account",
    "linearised, by record": "95 %; worked out from the amounts of single deals",
}
"""What the likely range is, for readers who ask."""

MEASURED = {
    "win_rate": "Your win rate",
    "churn": "Your customers lost",
    "logo_retention": "Your retention",
    "revenue": "Your revenue",
    "revenue_growth": "Your growth",
    "revenue_cagr_3y": "Your three-year growth",
    "lead_conversion": "Your lead conversion",
}
"""What the row of a comparison's chart is called: the team's own measure, not the figure it is held against."""

FILES = {
    "win_rate": "win-rate",
    "churn": "customers-lost",
    "logo_retention": "retention",
    "revenue": "revenue",
    "revenue_growth": "growth",
    "revenue_cagr_3y": "three-year-growth",
    "lead_conversion": "lead-conversion",
}


def file_key(line: ClaimLine) -> str:
    """What a claim's chart is called as a file: "win-rate-against-38-percent"."""
    reading = line.reading
    figure = reading.stated if reading.stated is not None else reading.aligned_level
    against = f"-against-{abs(figure) * 100:.0f}-percent" if figure is not None else f"-against-{line.claim.id.lower()}"
    return f"{FILES.get(reading.metric or '', 'figure')}{against}"


@dataclass(frozen=True)
class _Side:
    label: str
    basis: str
    written: str
    span: str


def _sides(found: Comparison | RatioComparison) -> tuple[_Side, ...]:
    """(observed, other) as they are written; nothing where a ratio has no sides."""
    if isinstance(found, Comparison):
        return tuple(
            _Side(
                side.label,
                f"{count(side.successes)} of {count(side.trials)}",
                percent(side.rate, digits=2) if side.rate is not None else "",
                percent_range(side.interval) if side.interval is not None else "",
            )
            for side in (found.observed, found.baseline)
        )
    return tuple(_Side(side.label, side.basis, side.written, "") for side in found.sides or ())


def _counted(found: Comparison | RatioComparison, sides: tuple[_Side, ...]) -> str:
    """On how many of what both sides rest: “573 of 1,572 closed deals before, 755 of 1,810 after”."""
    if not sides:
        return ""
    observed, other = sides
    what = f" {found.many}" if isinstance(found, Comparison) and found.many else ""
    if found.way == "groups":
        return f"{other.basis}{what} in “{other.label}”, {observed.basis} in “{observed.label}”"
    return f"{other.basis}{what} before, {observed.basis} after"


def _days(found: Comparison | RatioComparison, sides: tuple[_Side, ...], period: str) -> str:
    """The days compared: those of both sides where the sides are spans, else all that are looked at."""
    if found.way == "groups" or not sides:
        return period
    return f"{sides[0].label} against {sides[1].label}"


def found_label(found: Comparison | RatioComparison) -> str:
    """What a ratio without two shown sides is of."""
    return found.label if isinstance(found, RatioComparison) else ""


def _groups_title(reached: int, short: int, groups: int, by: str) -> str:
    """The finding of a break-down: how many groups reach the figure, how many fall short, and of how many nothing can be told yet."""
    if not reached and not short:
        return f"None of the {groups} groups of {by} has enough records to tell"
    unclear = groups - reached - short
    parts = [f"{reached} of {groups} groups of {by} are above the cited figure, or better and may reach it"]
    parts += [f"{short} {'falls' if short == 1 else 'fall'} short"] if short else []
    parts += [f"{unclear} cannot tell yet"] if unclear else []
    return "; ".join(parts)


def break_down(found: BreakDown, *, by: str, line: ClaimLine, account: Account, period: str, mode: Mode) -> Figure | None:
    """The observed change within each group beside the cited one; None when no group has both sides."""
    rows, table = [], []
    reached = short = 0
    for group in found.lines:
        c = group.comparison
        if c.ratio is None or c.interval is None:
            continue
        small = isinstance(c, Comparison) and (c.observed.small or c.baseline.small)
        rows.append(
            ChangeRow(
                f"{group.group} (small)" if small else group.group, c.ratio - 1, c.interval.low - 1, c.interval.high - 1, c.claimed - 1
            )
        )
        reached += c.verdict is not None and c.verdict.word in ("above", "reaches")
        short += c.verdict is not None and c.verdict.word == "falls_short"
        observed, other = _sides(c)
        table.append(
            (
                group.group,
                f"{other.written} ({other.basis})",
                f"{observed.written} ({observed.basis})",
                change(c.ratio),
                change_range(c.interval),
                VERDICTS[c.verdict.word] if c.verdict is not None else "No verdict",
                "small group" if small else "",
            )
        )
    if not rows:
        return None
    sides = _sides(found.lines[0].comparison)
    left_out = f"; the {len(found.lines)} largest of {found.groups} groups are shown" if found.groups > len(found.lines) else ""
    return Figure(
        key=f"{file_key(line)}-by-{re.sub(r'[^a-z0-9]+', '-', by.lower()).strip('-') or 'group'}",
        title=_groups_title(reached, short, len(rows), by),
        spec=finish(changes_against_claims.chart(rows, colours=palette(mode)), mode=mode),
        alt=f"Observed changes with likely ranges for {len(rows)} groups of {by}, each beside the cited {change(rows[0].claimed + 1)}.",
        n=f"{len(rows)} groups of {by}{left_out}",
        period=_days(found.lines[0].comparison, sides, period),
        definition="Change within each group with its 95 % range; many groups are looked at, so some will stand out by chance",
        filters=account.filters,
        source=f"{account.source}; cited figure: {line.claim.originator}, {line.claim.year or 'no date'}",
        columns=(by, sides[1].label, sides[0].label, "Change", "Likely range", "Verdict", "Note"),
        rows=tuple(table),
    )


def _title(line: ClaimLine, found: Comparison | RatioComparison, rates: str) -> str:
    word = VERDICTS[found.verdict.word].lower() if found.verdict is not None else "no verdict"
    noun = STAKED.get(line.reading.metric or "", "").capitalize()
    said = line.claim.label
    if rates:
        said = f"{rates[0].upper()}{rates[1:]}" if noun and rates.startswith(noun.lower()) else f"{noun} {rates}".strip()
    return f"{said}: {word} ({change(found.ratio or 1.0)} observed, {change(found.claimed)} cited)"


def _levels(line: ClaimLine, found: LevelComparison, *, account: Account, mode: Mode) -> Figure | None:
    if found.observed is None:
        return None
    low = found.interval.low if found.interval is not None else None
    high = found.interval.high if found.interval is not None else None
    figure = signed_percent if found.is_change else percent
    rows = [LevelRow("Yours", found.observed, low, high, published=False)]
    if found.other_level is None:
        rows.append(LevelRow("Your benchmark", found.aligned_level, None, None, published=True))
        beside = str(figure(found.aligned_level))
    else:
        rows.append(LevelRow("Aligned firms, as reported", found.aligned_level, None, None, published=True))
        rows.append(LevelRow("Other firms, as reported", found.other_level, None, None, published=True))
        beside = f"{signed_percent(found.aligned_level)} of aligned firms and {signed_percent(found.other_level)} of others"
    axis = "Growth over a year" if found.is_change else found.what
    return Figure(
        key=file_key(line),
        title=f"{found.what} of {figure(found.observed)} beside {beside}",
        spec=finish(levels.chart(rows, colours=palette(mode), title=axis, signed=found.is_change), mode=mode),
        alt=f"{found.what} of {figure(found.observed)} with its likely range, beside the published {beside}.",
        n="",
        period=found.label[0].upper() + found.label[1:],
        definition=(
            "Growth of revenue over a year with its 95 % range by account, beside published growth rates"
            if found.is_change
            else f"{found.what} with its 95 % range, beside a published rate"
        ),
        filters=account.filters,
        source=f"{account.source}; cited figure: {line.claim.originator}, {line.claim.year or 'no date'}",
        columns=("Level", found.what, "Likely from", "to"),
        rows=tuple(
            (
                row.label,
                figure(row.value),
                figure(row.low) if row.low is not None else "",
                figure(row.high) if row.high is not None else "",
            )
            for row in rows
        ),
    )
