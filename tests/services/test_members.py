"""Members: invited, let in, given a role, removed; and an organization that never loses its last owner."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from app.clock import now
from app.errors import AccessDenied, AppError, NotFound
from app.services import members
from app.services.actor import Actor, actors_of, add_member
from app.services.members import Offer
from app.services.sign_in import Identity
from app.services.teams import list_teams
from app.storage.tables import Action, Member, MemberInvitation, MemberRole
from tests.owners import everything


def person(sub: str, *, email: str | None = None) -> Identity:
    """Somebody who has signed in."""
    return Identity("https://id", sub, sub.title(), email, f"login-{sub}", datetime(2026, 3, 2, tzinfo=UTC))


def joined(engine: Engine, owner: Actor, sub: str, role: MemberRole) -> Actor:
    """A member who came in by an invitation."""
    _, token = members.invite(owner, engine=engine, role=role)
    return members.accept(engine, person(sub), token=token)


def roles(engine: Engine, actor: Actor) -> dict[str, str]:
    """Who is in, with which role."""
    return {one.name: one.role for one in members.list_members(actor, engine=engine)}


def recorded(engine: Engine) -> list[tuple[str, str | None, str]]:
    """What was done by whom to what, oldest first."""
    with everything(engine) as session:
        return list(session.exec(select(Action.what, Action.member_id, Action.subject).order_by(col(Action.at))).all())


def test_an_invitation_lets_one_person_in_with_its_role(engine: Engine, owner: Actor) -> None:
    made, token = members.invite(owner, engine=engine, role="manager")
    assert made.expires_at - made.created_at == timedelta(days=7)
    assert members.list_invitations(owner, engine=engine) == (made,)
    assert members.offered(engine, token=token) == Offer("Acme", "manager", only_for=False)
    max_ = members.accept(engine, person("max"), token=token)
    assert (max_.organization_id, max_.role) == (owner.organization_id, "manager")
    assert roles(engine, max_) == {"Anna": "owner", "Max": "manager"}
    # It is used up, for everybody and for the same person.
    assert members.offered(engine, token=token) is None
    for sub in ("eve", "max"):
        with pytest.raises(NotFound, match="cannot be used"):
            members.accept(engine, person(sub), token=token)
    assert members.list_invitations(owner, engine=engine) == ()
    assert recorded(engine) == [("member_invited", owner.member_id, made.id), ("member_joined", max_.member_id, max_.member_id)]


def test_the_token_is_random_and_only_its_hash_is_kept(engine: Engine, owner: Actor) -> None:
    tokens = [members.invite(owner, engine=engine, role="viewer")[1] for _ in range(3)]
    assert len(set(tokens)) == 3
    assert {len(token) for token in tokens} == {32}  # 24 bytes are 192 bits, in steps of six bits a letter
    with everything(engine) as session:
        kept = repr([row.model_dump() for row in session.exec(select(MemberInvitation)).all()])
    assert [token for token in tokens if token in kept] == []


def test_an_invitation_is_used_by_one_of_many_who_try_at_once(engine: Engine, owner: Actor) -> None:
    _, token = members.invite(owner, engine=engine, role="viewer")

    def try_(number: int) -> bool:
        try:
            members.accept(engine, person(f"p{number}"), token=token)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(try_, range(6))) == 1
    assert len(members.list_members(owner, engine=engine)) == 2


def test_unknown_used_over_and_taken_back_are_the_same(engine: Engine, owner: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    made, taken_back = members.invite(owner, engine=engine, role="viewer")
    members.revoke_invitation(owner, engine=engine, invitation_id=made.id)
    members.revoke_invitation(owner, engine=engine, invitation_id=made.id)
    _, old = members.invite(owner, engine=engine, role="viewer")
    later = now() + timedelta(days=7)
    monkeypatch.setattr(members, "now", lambda: later)
    said = set()
    for token in (taken_back, old, "unknown", "", "ü\ud800"):
        assert members.offered(engine, token=token) is None
        with pytest.raises(NotFound) as refused:
            members.accept(engine, person("max"), token=token)
        said.add(str(refused.value))
    assert len(said) == 1
    assert [what for what, _, _ in recorded(engine)].count("invitation_revoked") == 1


def test_an_invitation_for_an_address_needs_that_address_verified(engine: Engine, owner: Actor) -> None:
    _, token = members.invite(owner, engine=engine, role="viewer", email=" Max@Example.com ")
    assert members.offered(engine, token=token) == Offer("Acme", "viewer", only_for=True)
    for other in (person("max"), person("max", email="eve@example.com")):
        with pytest.raises(AccessDenied, match="another e-mail address"):
            members.accept(engine, other, token=token)
    members.accept(engine, person("max", email="max@example.com"), token=token)
    with everything(engine) as session:
        assert session.exec(select(MemberInvitation.email)).all() == [None]
    with pytest.raises(AppError, match="no e-mail address"):
        members.invite(owner, engine=engine, role="viewer", email="max")


def test_who_is_in_already_uses_no_invitation_up(engine: Engine, owner: Actor) -> None:
    _, token = members.invite(owner, engine=engine, role="viewer")
    assert members.accept(engine, person("anna"), token=token) == owner
    assert members.offered(engine, token=token) is not None


def test_the_last_owner_stays(engine: Engine, owner: Actor) -> None:
    joined(engine, owner, "max", "manager")
    for change in (
        lambda: members.set_role(owner, engine=engine, member_id=owner.member_id, role="viewer"),
        lambda: members.remove_member(owner, engine=engine, member_id=owner.member_id),
        lambda: members.leave(owner, engine=engine),
    ):
        with pytest.raises(AppError, match="its only one"):
            change()
    assert roles(engine, owner) == {"Anna": "owner", "Max": "manager"}


def test_two_owners_who_leave_at_once_leave_one(engine: Engine, owner: Actor) -> None:
    other = joined(engine, owner, "max", "owner")

    def go(actor: Actor) -> bool:
        try:
            members.leave(actor, engine=engine)
        except AppError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(go, (owner, other))) == [False, True]
    with everything(engine) as session:
        assert session.exec(select(Member.role).where(col(Member.removed_at).is_(None))).all() == ["owner"]


def test_ownership_is_handed_over_and_no_longer_held(engine: Engine, owner: Actor) -> None:
    max_ = joined(engine, owner, "max", "viewer")
    members.hand_over(owner, engine=engine, member_id=max_.member_id)
    assert roles(engine, owner) == {"Anna": "manager", "Max": "owner"}
    # What the page still believes is not what counts.
    for attempt in (
        lambda: members.remove_member(owner, engine=engine, member_id=max_.member_id),
        lambda: members.set_role(owner, engine=engine, member_id=owner.member_id, role="owner"),
        lambda: members.hand_over(owner, engine=engine, member_id=max_.member_id),
    ):
        with pytest.raises(AccessDenied):
            attempt()
    assert [what for what, _, _ in recorded(engine)][-2:] == ["role_changed"] * 2


def test_who_is_removed_is_out_and_keeps_a_name_in_the_record(engine: Engine, owner: Actor) -> None:
    max_ = joined(engine, owner, "max", "manager")
    members.remove_member(owner, engine=engine, member_id=max_.member_id)
    assert actors_of(engine, iss="https://id", sub="max") == ()
    assert roles(engine, owner) == {"Anna": "owner"}
    for attempt in (
        lambda: members.remove_member(owner, engine=engine, member_id=max_.member_id),
        lambda: members.set_role(owner, engine=engine, member_id=max_.member_id, role="owner"),
        lambda: members.leave(max_, engine=engine),
    ):
        with pytest.raises(NotFound):
            attempt()
    with everything(engine) as session:
        assert session.exec(select(Member.display_name).where(Member.id == max_.member_id)).one() == "Max"
    again = joined(engine, owner, "max", "viewer")
    assert (again.member_id, again.role) == (max_.member_id, "viewer")


def test_managers_and_viewers_manage_nobody(engine: Engine, owner: Actor) -> None:
    for role in members.ROLES[:2]:
        actor = joined(engine, owner, role, role)
        made, _ = members.invite(owner, engine=engine, role="viewer")
        for attempt in (
            lambda actor=actor: members.invite(actor, engine=engine, role="viewer"),
            lambda actor=actor: members.list_invitations(actor, engine=engine),
            lambda actor=actor, made=made: members.revoke_invitation(actor, engine=engine, invitation_id=made.id),
            lambda actor=actor: members.set_role(actor, engine=engine, member_id=actor.member_id, role="owner"),
            lambda actor=actor: members.remove_member(actor, engine=engine, member_id=owner.member_id),
            lambda actor=actor: members.hand_over(actor, engine=engine, member_id=actor.member_id),
            lambda actor=actor: members.rename_organization(actor, engine=engine, name="Mine"),
        ):
            with pytest.raises(AccessDenied):
                attempt()
        members.leave(actor, engine=engine)


def test_an_organization_is_founded_where_that_is_open(engine: Engine) -> None:
    with pytest.raises(AccessDenied, match="not founded here"):
        members.found(engine, person("max"), name="Max & Co", is_open=False)
    actor = members.found(engine, person("max"), name="  Max  & Co ", is_open=True)
    assert (actor.role, members.organization_name(actor, engine=engine)) == ("owner", "Max & Co")
    members.rename_organization(actor, engine=engine, name="Max")
    assert members.organization_name(actor, engine=engine) == "Max"
    for name in ("", " ", "x" * 201):
        with pytest.raises(AppError, match="name"):
            members.found(engine, person("max"), name=name, is_open=True)
    for _ in range(4):
        members.found(engine, person("max"), name="Another", is_open=True)
    with pytest.raises(AppError, match="You own 5"):
        members.found(engine, person("max"), name="One more", is_open=True)


def test_an_organization_is_founded_for_somebody_who_becomes_its_owner(engine: Engine) -> None:
    token = members.found_for_somebody(engine, name="Acme", email="max@example.com")
    assert members.offered(engine, token=token) == Offer("Acme", "owner", only_for=True)
    actor = members.accept(engine, person("max", email="max@example.com"), token=token)
    assert (actor.role, [team.name for team in list_teams(actor, engine=engine)]) == ("owner", ["My team"])


def test_roles_and_numbers_that_do_not_exist_are_refused(engine: Engine, owner: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    made_up: MemberRole = "king"  # type: ignore[assignment]
    with pytest.raises(AppError, match="is no role"):
        members.invite(owner, engine=engine, role=made_up)
    with pytest.raises(AppError, match="is no role"):
        members.set_role(owner, engine=engine, member_id=owner.member_id, role=made_up)
    monkeypatch.setattr(members, "MOST_OPEN", 1)
    members.invite(owner, engine=engine, role="viewer")
    with pytest.raises(AppError, match="Take one back first"):
        members.invite(owner, engine=engine, role="viewer")


def test_a_stranger_manages_nobody_here(engine: Engine, owner: Actor, stranger: Actor) -> None:
    made, _ = members.invite(owner, engine=engine, role="viewer")
    other = add_member(owner, engine=engine, iss="https://id", sub="max", display_name="Max", role="manager")
    for attempt in (
        lambda: members.revoke_invitation(stranger, engine=engine, invitation_id=made.id),
        lambda: members.set_role(stranger, engine=engine, member_id=other.member_id, role="viewer"),
        lambda: members.remove_member(stranger, engine=engine, member_id=other.member_id),
        lambda: members.hand_over(stranger, engine=engine, member_id=other.member_id),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert members.list_invitations(stranger, engine=engine) == ()
    assert roles(engine, stranger) == {"Olga": "owner"}
    assert roles(engine, owner) == {"Anna": "owner", "Max": "manager"}
