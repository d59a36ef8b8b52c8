"""A team's own claims: kept when they make sense, once, and for the team alone."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from app.errors import AccessDenied, AppError, NotFound
from app.services.actor import Actor, add_member
from app.services.own_claims import MOST, OwnClaimView, add_own_claim, list_own_claims, remove_own_claim


def sensible(*, label: str, uplift: float, source: str | None = None) -> str:
    """Stands for the catalogue's rule: an uplift is not zero."""
    if uplift == 0:
        raise AppError("An uplift of zero claims nothing.", "Type another one.")
    return f"{label} {uplift} {source}"


def add(actor: Actor, engine: Engine, team_id: str, label: str, uplift: float = 0.2) -> OwnClaimView:
    return add_own_claim(actor, engine=engine, team_id=team_id, fields={"label": label, "uplift": uplift, "source": None}, check=sensible)


def test_a_claim_is_kept_once_and_removed(engine: Engine, owner: Actor, team_id: str) -> None:
    kept = add(owner, engine, team_id, "Board’s target")
    assert dict(kept.fields) == {"label": "Board’s target", "uplift": 0.2, "source": None}
    assert add(owner, engine, team_id, "Board’s target") == kept
    second = add(owner, engine, team_id, "Last year")
    assert list_own_claims(owner, engine=engine, team_id=team_id) == (kept, second)
    remove_own_claim(owner, engine=engine, claim_id=kept.id)
    assert list_own_claims(owner, engine=engine, team_id=team_id) == (second,)
    with pytest.raises(NotFound):
        remove_own_claim(owner, engine=engine, claim_id=kept.id)


def test_a_claim_that_makes_no_sense_is_not_kept(engine: Engine, owner: Actor, team_id: str) -> None:
    with pytest.raises(AppError, match="claims nothing"):
        add(owner, engine, team_id, "Nothing", 0)
    with pytest.raises(AppError, match="longer than 2,000 characters"):
        add(owner, engine, team_id, "x" * 2_001)
    assert list_own_claims(owner, engine=engine, team_id=team_id) == ()


def test_there_is_an_end_to_claims(engine: Engine, owner: Actor, team_id: str) -> None:
    for number in range(MOST):
        add(owner, engine, team_id, f"Claim {number}")
    with pytest.raises(AppError, match="may keep 50 claims"):
        add(owner, engine, team_id, "One more")


def test_a_viewer_reads_claims_only(engine: Engine, owner: Actor, team_id: str) -> None:
    kept = add(owner, engine, team_id, "Target")
    viewer = add_member(owner, engine=engine, iss="https://id", sub="vera", display_name="Vera", role="viewer")
    assert list_own_claims(viewer, engine=engine, team_id=team_id) == (kept,)
    with pytest.raises(AccessDenied):
        add(viewer, engine, team_id, "Mine")
    with pytest.raises(AccessDenied):
        remove_own_claim(viewer, engine=engine, claim_id=kept.id)
