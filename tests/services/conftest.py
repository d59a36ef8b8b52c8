"""Organizations to test with."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from app.services.actor import Actor, found_organization
from app.services.teams import list_teams


@pytest.fixture
def owner(engine: Engine) -> Actor:
    """The owner of one organization."""
    return found_organization(engine, name="Acme", iss="https://id", sub="anna", display_name="Anna")


@pytest.fixture
def stranger(engine: Engine) -> Actor:
    """The owner of another organization."""
    return found_organization(engine, name="Other", iss="https://id", sub="olga", display_name="Olga")


@pytest.fixture
def team_id(engine: Engine, owner: Actor) -> str:
    """The first team of the owner."""
    return list_teams(owner, engine=engine)[0].id
