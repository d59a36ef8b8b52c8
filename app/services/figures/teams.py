"""The figure of an organization's teams beside each other."""

from __future__ import annotations

from app import wording
from app.charts.figure import Figure, finish
from app.charts.shapes import score_against_rate
from app.charts.shapes.score_against_rate import TeamPoint
from app.charts.theme import Mode, palette
from app.services.figures.survey import words
from app.services.teams_beside import TeamsBeside
from app.survey.model import BANDS
from app.survey.questionnaire import MASTER, newest
from app.wording import percent, percent_range

CAVEAT = (
    "So few points show no pattern, and teams differ in much else: markets, prices, seasons. Look at what a team with a high score does "
    "rather than for a rule."
)


def score_against_outcome(found: TeamsBeside, *, mode: Mode) -> Figure:
    """Alignment index against win rate, one point a team; without a line, because a handful of points has none."""
    bands = newest().wording(MASTER).bands
    highest, lowest = found.teams[0], found.teams[-1]
    rates = [percent(one.win_rate.value or 0) for one in (highest, lowest)]
    title = (
        f"{highest.team} has the highest index and wins {rates[0]}; {lowest.team} has the lowest and wins {rates[1]}"
        if highest.index.value > lowest.index.value
        else "All teams have the same index"
    )
    points = [
        TeamPoint(
            one.team,
            one.index.value,
            one.win_rate.value or 0,
            one.win_rate.interval.low if one.win_rate.interval is not None else None,
            one.win_rate.interval.high if one.win_rate.interval is not None else None,
        )
        for one in found.teams
    ]
    return Figure(
        key="score-against-outcome",
        title=title,
        spec=finish(
            score_against_rate.chart(
                points,
                colours=palette(mode),
                title="Alignment index",
                rate_title="Win rate",
                domain=(20, 100),
                bands=[(20.0 + 20 * i, bands[band].name) for i, band in enumerate(BANDS)],
            ),
            mode=mode,
        ),
        alt=f"A point for each of {len(points)} teams: alignment index from 20 to 100 across, win rate up with its likely range. {title}.",
        n=f"{len(points)} teams",
        period="Each team's latest closed round, and all deals loaded for it",
        definition=f"Alignment index = the middle of the totals of both sides, 20 to 100. {highest.win_rate.definition}",
        filters="none",
        source="survey and deals of each team",
        columns=("Team", "Round", "Index", "Win rate", "Likely range", "Of", "Days"),
        rows=tuple(
            (
                one.team,
                f"{one.round}, {wording.day(one.closed_on)}" if one.closed_on else one.round,
                words(one.index, digits=0),
                percent(one.win_rate.value or 0),
                percent_range(one.win_rate.interval) if one.win_rate.interval is not None else None,
                one.win_rate.basis,
                one.win_rate.period,
            )
            for one in found.teams
        ),
    )
