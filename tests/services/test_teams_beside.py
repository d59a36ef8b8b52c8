"""Several teams beside each other: the index of each one's latest round against its win rate."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine

from app.services.actor import Actor
from app.services.alignment import results
from app.services.figures.teams import score_against_outcome
from app.services.rounds.closed import record_closed_round
from app.services.rounds.model import NewRound
from app.services.scorecard.headlines import NO_DEALS
from app.services.scorecard.model import Headline
from app.services.teams import TeamView, create_team
from app.services.teams_beside import teams_beside
from app.statistics.proportions import wilson
from app.survey.published import Score, index
from app.survey.questionnaire import newest
from tests.survey.people import at_random

WHOLE = newest()
WON = {"My team": 30, "South": 24, "West": 20}
"""Deals won of 100; a team that is not named here has none."""


def win_rate(team: TeamView) -> Headline:
    """The win rate of a team, which a page takes from what is loaded."""
    won = WON.get(team.name)
    if won is None:
        return Headline("win_rate", "Win rate", False, None, None, None, "", "", "Win rate = won / closed", False, NO_DEALS)
    return Headline(
        "win_rate",
        "Win rate",
        False,
        won / 100,
        wilson(won, 100),
        (float(won), 100.0),
        f"{won} won of 100 closed deals",
        "2025",
        "Win rate = won / closed",
        False,
        None,
    )


def closed(owner: Actor, engine: Engine, team_id: str, *, level: float, sales: int = 9) -> None:
    """A closed round of a team."""
    people = at_random(WHOLE, "sales", sales, seed=1, level=level) + at_random(WHOLE, "marketing", 7, seed=1, level=level)
    new = NewRound("Autumn", WHOLE.version, tuple(d.id for d in WHOLE.dimensions), ("en",))
    day = date(2026, 9, 1)
    record_closed_round(owner, engine=engine, team_id=team_id, new=new, responses=people, opened_on=day, closed_on=day)


def test_teams_with_both_numbers_stand_beside_each_other(engine: Engine, owner: Actor, stranger: Actor, team_id: str) -> None:
    closed(owner, engine, team_id, level=2.4)
    assert teams_beside(owner, engine=engine, win_rate=win_rate) is None
    south, west, east, _ = (create_team(owner, engine=engine, name=name).id for name in ("South", "West", "East", "North"))
    closed(owner, engine, south, level=3.8)
    closed(owner, engine, west, level=3, sales=2)
    closed(owner, engine, east, level=3)
    # Another organization's team, of the same name and with both numbers, is never among them.
    assert teams_beside(stranger, engine=engine, win_rate=win_rate) is None
    found = teams_beside(owner, engine=engine, win_rate=win_rate)
    assert found is not None
    assert [(one.team, one.round, one.win_rate.value) for one in found.teams] == [("South", "Autumn", 0.24), ("My team", "Autumn", 0.3)]
    assert found.left_out == (
        ("West", "the index of its latest round is hidden"),
        ("East", "there is no win rate of its deals"),
        ("North", "no round of the survey is closed"),
    )
    # What is told is what the rounds publish.
    told = [index(results(owner, engine=engine, team_id=one)[-1][1]) for one in (south, team_id)]
    assert [one.index for one in found.teams] == told
    figure = score_against_outcome(found, mode="light")
    scores = [one.value for one in told if isinstance(one, Score)]
    assert figure.title == "South has the highest index and wins 24.0\u00a0%; My team has the lowest and wins 30.0\u00a0%"
    assert figure.rows[0] == (
        "South",
        "Autumn, 1 Sep 2026",
        f"{scores[0]:.0f}",
        "24.0\u00a0%",
        "16.7\u00a0% to 33.2\u00a0%",
        "24 won of 100 closed deals",
        "2025",
    )
