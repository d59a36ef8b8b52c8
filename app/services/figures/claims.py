"""Figures of the comparison with the cited figures."""

from __future__ import annotations

from collections.abc import Sequence

from app.benchmarks.comparison import Comparison, LevelComparison
from app.charts.figure import Figure, finish
from app.charts.shapes import changes_against_claims, levels
from app.charts.shapes.changes_against_claims import ChangeRow
from app.charts.shapes.levels import LevelRow
from app.charts.theme import Mode, palette
from app.services.figures.account import Account
from app.services.scorecard.model import BreakDownLine, ClaimLine
from app.wording import change, change_range, count, percent, percent_range, signed_percent


def comparison(line: ClaimLine, *, account: Account, mode: Mode) -> Figure | None:
    """One claim beside the observed change; None when there is no ratio of two sides."""
    found = line.comparison
    if isinstance(found, LevelComparison):
        return _levels(line, found, account=account, mode=mode)
    if not isinstance(found, Comparison) or found.ratio is None or found.interval is None or found.verdict is None:
        return None
    row = ChangeRow(line.claim.label, found.ratio - 1, found.interval.low - 1, found.interval.high - 1, found.claimed - 1)
    chart = changes_against_claims.chart([row], colours=palette(mode))
    sides = (found.baseline, found.observed)
    return Figure(
        key=f"compare-{line.claim.id.lower()}",
        title=_title(line, found),
        spec=finish(chart, mode=mode),
        alt=(
            f"The observed change {change(found.ratio)} with its likely range {change_range(found.interval)}, "
            f"beside the cited {change(found.claimed)}."
        ),
        n=" and ".join(f"{count(side.trials)} in “{side.label}”" for side in sides),
        period=f"“{found.observed.label}” held against “{found.baseline.label}”",
        definition=f"Relative change with its 95 % range ({found.interval.method})",
        filters=account.filters,
        source=f"{account.source}; cited figure: {line.claim.originator}, {line.claim.year or 'no date'}",
        columns=("Side", "Counted", "Of", "Rate", "Likely range"),
        rows=(
            *(
                (
                    side.label,
                    count(side.successes),
                    count(side.trials),
                    percent(side.rate) if side.rate is not None else "",
                    percent_range(side.interval) if side.interval is not None else "",
                )
                for side in sides
            ),
            ("Relative change", "", "", change(found.ratio), change_range(found.interval)),
            ("Cited figure", "", "", change(found.claimed), ""),
        ),
    )


def break_down(lines: Sequence[BreakDownLine], *, by: str, line: ClaimLine, account: Account, mode: Mode) -> Figure | None:
    """The observed change within each group beside the cited one; None when no group has both sides."""
    shown = [(g.group, g.comparison) for g in lines if g.comparison.ratio is not None and g.comparison.interval is not None]
    if not shown:
        return None
    rows = [
        ChangeRow(
            f"{group} (small)" if c.observed.small or c.baseline.small else group,
            c.ratio - 1,
            c.interval.low - 1,
            c.interval.high - 1,
            c.claimed - 1,
        )
        for group, c in shown
        if c.ratio is not None and c.interval is not None
    ]
    words = [c.verdict.word for _, c in shown if c.verdict is not None]
    reached = sum(word in ("above", "reaches") for word in words)
    chart = changes_against_claims.chart(rows, colours=palette(mode))
    return Figure(
        key=f"compare-{line.claim.id.lower()}-by-group",
        title=f"{reached} of {len(rows)} groups of {by} are in reach of the cited figure or above it",
        spec=finish(chart, mode=mode),
        alt=f"Observed changes with likely ranges for {len(rows)} groups of {by}, each beside the cited {change(shown[0][1].claimed)}.",
        n=f"{count(sum(c.observed.trials + c.baseline.trials for _, c in shown))} in all groups",
        period=f"“{shown[0][1].observed.label}” held against “{shown[0][1].baseline.label}”",
        definition="Relative change within each group with its 95 % range; many groups are looked at, so some will stand out by chance",
        filters=account.filters,
        source=f"{account.source}; cited figure: {line.claim.originator}, {line.claim.year or 'no date'}",
        columns=(by, "Before or other", "After or chosen", "Change", "Likely range", "Verdict", "Note"),
        rows=tuple(
            (
                group,
                f"{count(c.baseline.successes)} of {count(c.baseline.trials)}",
                f"{count(c.observed.successes)} of {count(c.observed.trials)}",
                change(c.ratio) if c.ratio is not None else "",
                change_range(c.interval) if c.interval is not None else "",
                VERDICTS[c.verdict.word] if c.verdict is not None else "",
                "small group" if c.observed.small or c.baseline.small else "",
            )
            for group, c in shown
        ),
    )


VERDICTS = {"above": "above", "reaches": "in reach", "falls_short": "falls short", "cannot_tell": "cannot tell yet"}


def _title(line: ClaimLine, found: Comparison) -> str:
    word = VERDICTS[found.verdict.word] if found.verdict is not None else ""
    return f"{line.claim.label}: {word} ({change(found.ratio or 1.0)} observed, {change(found.claimed)} cited)"


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
        beside = f"{signed_percent(found.aligned_level, digits=0)} and {signed_percent(found.other_level, digits=0)}"
    axis = "Growth over a year" if found.is_change else found.what
    return Figure(
        key=f"compare-{line.claim.id.lower()}",
        title=f"{found.what} of {figure(found.observed)} beside {beside}",
        spec=finish(levels.chart(rows, colours=palette(mode), title=axis, signed=found.is_change), mode=mode),
        alt=f"{found.what} of {figure(found.observed)} with its likely range, beside the published {beside}.",
        n="one growth rate" if found.is_change else "one rate",
        period=found.label,
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
