"""The teams of an organization beside each other: the alignment index of each team's latest closed round against its win rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine

from app.services.actor import Actor
from app.services.alignment import results
from app.services.rounds.views import asked
from app.services.scorecard.model import Headline
from app.services.survey_weights import read_weights
from app.services.teams import TeamView, list_teams
from app.survey.published import Score, Suppressed, index


@dataclass(frozen=True)
class TeamBeside:
    """One team: the index its latest closed round shows, and the win rate of the deals that are loaded for it."""

    team: str
    round: str
    closed_on: date | None
    index: Score
    win_rate: Headline


@dataclass(frozen=True)
class TeamsBeside:
    """The teams that have both numbers, the highest index first, and of each other team why it is left out."""

    teams: tuple[TeamBeside, ...]
    left_out: tuple[tuple[str, str], ...]


def teams_beside(actor: Actor, *, engine: Engine, win_rate: Callable[[TeamView], Headline]) -> TeamsBeside | None:
    """The organization's own teams beside each other; None unless two of them or more have both numbers.

    Parameters
    ----------
    win_rate
        The win rate of a team of the organization, as the team counts it.
    """
    every = list_teams(actor, engine=engine)
    if len(every) < 2:
        return None
    found, left_out = [], []
    for team in every:
        one = _beside(actor, engine, team, win_rate)
        if isinstance(one, TeamBeside):
            found.append(one)
        else:
            left_out.append((team.name, one))
    if len(found) < 2:
        return None
    return TeamsBeside(tuple(sorted(found, key=lambda one: (-one.index.value, one.team))), tuple(left_out))


def _beside(actor: Actor, engine: Engine, team: TeamView, win_rate: Callable[[TeamView], Headline]) -> TeamBeside | str:
    closed = results(actor, engine=engine, team_id=team.id)
    if not closed:
        return "no round of the survey is closed"
    shown, published = closed[-1]
    score = index(published, weights=read_weights(actor, engine=engine, team_id=team.id, questionnaire=asked(shown)))
    if isinstance(score, Suppressed):
        return "the index of its latest round is hidden"
    rate = win_rate(team)
    if rate.value is None:
        return "there is no win rate of its deals"
    return TeamBeside(team.name, shown.name, shown.closed_on, score, rate)
