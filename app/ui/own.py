"""The team's own benchmarks as claims, from the fields that were typed in."""

from __future__ import annotations

from typing import Any, cast

from app.benchmarks.catalogue import Claim, custom_claim
from app.services.own_claims import list_own_claims
from app.ui.guard import Visit


def own_claims(visit: Visit) -> tuple[Claim, ...]:
    """The team's own benchmarks, oldest first."""
    views = list_own_claims(visit.actor, engine=visit.engine, team_id=visit.team.id)
    return tuple(custom_claim(**cast(dict[str, Any], {**view.fields, "id": f"OWN-{view.id[:8]}"})) for view in views)
