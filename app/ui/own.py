"""The team's own benchmarks as claims."""

from __future__ import annotations

from app.benchmarks.catalogue import Claim
from app.services import own_claims as kept
from app.ui.guard import Visit


def own_claims(visit: Visit) -> tuple[Claim, ...]:
    """The team's own benchmarks, oldest first."""
    return kept.own_claims(visit.actor, engine=visit.engine, team_id=visit.team.id)
