"""Where an organization has several teams: their alignment against their win rate."""

from __future__ import annotations

import streamlit as st

from app.services.figures.teams import CAVEAT, score_against_outcome
from app.services.scorecard.headlines import win_rate_headline
from app.services.scorecard.model import Headline
from app.services.scorecard.request import Request
from app.services.scorecard.sources import of
from app.services.snapshots import snapshot_key, snapshots
from app.services.teams import TeamView
from app.services.teams_beside import teams_beside
from app.settings import settings
from app.ui import cache
from app.ui.components import figure
from app.ui.components.figure import escape
from app.ui.guard import Visit


def teams_side_by_side(visit: Visit) -> None:
    """Score against outcome; nothing unless two teams or more have both."""
    if visit.team.is_example:
        return
    found = teams_beside(visit.actor, engine=visit.engine, win_rate=lambda team: _win_rate(visit, team))
    if found is None:
        return
    st.subheader("Your teams: alignment and win rate", anchor=False)
    figure.show(visit, score_against_outcome(found, mode=visit.mode))
    st.caption(CAVEAT)
    if found.left_out:
        st.caption(escape("Left out: " + "; ".join(f"{team}, because {why}" for team, why in found.left_out) + "."))


def _win_rate(visit: Visit, team: TeamView) -> Headline:
    """The win rate of a team's deals as the team counts it, made once for what is loaded for it."""
    request = Request(definition=team.win_rate)

    def make() -> Headline:
        stored = snapshots(visit.actor, engine=visit.engine, team_id=team.id, cache_dir=settings().cache_dir)
        counting = cache.counting()
        return win_rate_headline(of(counting.open(one.path, info=one.info, sha256=one.sha256) for one in stored), request)

    loaded = snapshot_key(visit.actor, engine=visit.engine, team_id=team.id)
    return cache.result(visit.actor.organization_id, team.id, loaded, "headline_win_rate", request, make=make)
