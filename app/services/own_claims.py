"""Benchmarks that a team brought itself: kept as the plain fields that were typed in, checked by the benchmarks' own rule."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Engine

from app.benchmarks.catalogue import Claim, custom_claim
from app.errors import AppError, NotFound
from app.services.actor import Actor, require
from app.services.teams import team_row
from app.storage.engine import reading, transaction
from app.storage.queries import organizations
from app.storage.queries import own_claims as rows
from app.storage.tables import OwnClaim

Plain = str | int | float | bool | None

MOST = 50
"""Claims that one team may keep; more would not fit on any chart."""

LONGEST = 2_000
"""Characters of one field."""


@dataclass(frozen=True)
class OwnClaimView:
    """A claim of the team's own: `fields` are what the catalogue builds the claim from."""

    id: str
    fields: Mapping[str, Plain]
    created_at: datetime


def list_own_claims(actor: Actor, *, engine: Engine, team_id: str) -> tuple[OwnClaimView, ...]:
    """The team's own claims, oldest first."""
    with reading(engine, organization_id=actor.organization_id) as session:
        team_row(session, actor, team_id)
        return tuple(_view(row) for row in rows.own_claims(session=session, organization_id=actor.organization_id, team_id=team_id))


def own_claims(actor: Actor, *, engine: Engine, team_id: str) -> tuple[Claim, ...]:
    """The team's own benchmarks as claims, oldest first."""
    views = list_own_claims(actor, engine=engine, team_id=team_id)
    return tuple(custom_claim(**cast(dict[str, Any], {**view.fields, "id": f"OWN-{view.id[:8]}"})) for view in views)


def add_own_claim(actor: Actor, *, engine: Engine, team_id: str, fields: Mapping[str, Plain], check: Callable[..., object]) -> OwnClaimView:
    """Keep a claim.

    Parameters
    ----------
    fields
        What was typed in, by the names that `check` takes.
    check
        Builds the claim from the fields (`app.benchmarks.own.custom_claim`) and raises an AppError when they make no
        sense; then nothing is kept.

    Returns
    -------
    OwnClaimView
        The same fields twice are one claim.
    """
    require(actor, "manager")
    for name, value in fields.items():
        if isinstance(value, str) and len(value) > LONGEST:
            raise AppError(f"“{name}” is longer than {LONGEST:,} characters.", "Shorten it.")
    check(**fields)
    text = json.dumps(dict(fields), ensure_ascii=False, sort_keys=True, allow_nan=False)
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        team_row(session, actor, team_id)
        known = rows.own_claims(session=session, organization_id=actor.organization_id, team_id=team_id)
        for row in known:
            if row.fields == text:
                return _view(row)
        if len(known) >= MOST:
            raise AppError(f"A team may keep {MOST} claims of its own.", "Remove one first.")
        row = rows.add_own_claim(
            session=session, organization_id=actor.organization_id, team_id=team_id, member_id=actor.member_id, fields=text
        )
        organizations.record(
            session=session,
            organization_id=actor.organization_id,
            member_id=actor.member_id,
            team_id=team_id,
            what="claim_added",
            subject=row.id,
        )
        return _view(row)


def as_own_level(claim: Claim) -> dict[str, Plain] | None:
    """An ordinary rate of the catalogue as the fields of a benchmark of the team's own; None unless it is one rate of one result."""
    reading = claim.reading
    if reading.unit != "base_rate" or reading.metric not in ("win_rate", "churn", "lead_conversion") or len(claim.values) != 1:
        return None
    value = claim.values[0]
    if value.unit != "percent":
        return None
    address = next((one.url for one in claim.addresses if one.url), "")
    dated = "" if claim.year else ", year not recorded"
    return {
        "label": claim.label[:120],
        "metric": reading.metric,
        "kind": "level",
        "value": float(value.value),
        "source": f"{claim.originator}{dated}. {reading.caveat}"[:500],
        "year": claim.year or claim.checked.year,
        "checked": claim.checked.isoformat(),
        "address": address,
    }


def remove_own_claim(actor: Actor, *, engine: Engine, claim_id: str) -> None:
    """Remove a claim; `NotFound` when the organization has none of that id (any more)."""
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = rows.own_claim(session=session, organization_id=actor.organization_id, claim_id=claim_id)
        if row is None:
            raise NotFound("This claim does not exist in your organization.", "Load the page again.")
        session.delete(row)
        organizations.record(
            session=session,
            organization_id=actor.organization_id,
            member_id=actor.member_id,
            team_id=row.team_id,
            what="claim_removed",
            subject=row.id,
        )


def _view(row: OwnClaim) -> OwnClaimView:
    return OwnClaimView(id=row.id, fields=json.loads(row.fields), created_at=row.created_at)
