"""Who asks: the implied owner of local mode, roles, memberships."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from app.errors import AccessDenied
from app.services.actor import Actor, actors_of, add_member, found_organization, local_actor, require
from app.services.teams import list_teams
from app.storage.tables import Member, MemberRole, Organization, Team
from tests.owners import everything


def test_local_mode_has_one_owner_and_one_team_however_often_it_starts(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        actors = set(pool.map(lambda _: local_actor(engine), range(16)))
    [actor] = actors
    assert actor.role == "owner"
    with everything(engine) as session:
        assert session.exec(select(Organization.name, Organization.key)).all() == [("My company", "local")]
        assert session.exec(select(Member.iss, Member.sub, Member.organization_id)).all() == [("local", "owner", actor.organization_id)]
        assert session.exec(select(Team.name, Team.organization_id)).all() == [("My team", actor.organization_id)]


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("viewer", ["viewer"]), ("manager", ["viewer", "manager"]), ("owner", ["viewer", "manager", "owner"])],
)
def test_a_role_allows_what_lower_roles_allow(role: MemberRole, allowed: list[str]) -> None:
    every: tuple[MemberRole, ...] = ("viewer", "manager", "owner")

    def may(needed: MemberRole) -> bool:
        try:
            require(Actor("o", "m", role), needed)
        except AccessDenied:
            return False
        return True

    assert [needed for needed in every if may(needed)] == allowed


def test_a_person_may_be_in_two_organizations_with_two_roles(engine: Engine, owner: Actor, stranger: Actor) -> None:
    viewer = add_member(stranger, engine=engine, iss="https://id", sub="anna", display_name="Anna", role="viewer")
    assert add_member(stranger, engine=engine, iss="https://id", sub="anna", display_name="A", role="owner") == viewer
    assert actors_of(engine, iss="https://id", sub="anna") == (owner, viewer)
    assert actors_of(engine, iss="https://elsewhere", sub="anna") == ()


def test_only_owners_let_people_in(engine: Engine, owner: Actor) -> None:
    manager = add_member(owner, engine=engine, iss="https://id", sub="max", display_name="Max", role="manager")
    with pytest.raises(AccessDenied, match="needs the role “owner”; yours is “manager”"):
        add_member(manager, engine=engine, iss="https://id", sub="eve", display_name="Eve", role="owner")


def test_organizations_of_the_same_name_are_two(engine: Engine) -> None:
    first = found_organization(engine, name="Acme", iss="i", sub="a", display_name="A")
    second = found_organization(engine, name="Acme", iss="i", sub="b", display_name="B")
    assert {first.organization_id} & {second.organization_id} == set()
    assert [team.name for team in list_teams(second, engine=engine)] == ["My team"]


def test_a_refusal_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(AccessDenied):
        require(Actor("acme", "anna", "viewer"), "owner")
    assert [record.getMessage() for record in caplog.records] == ["refused: it needs the role owner, and was asked for by a viewer"]
