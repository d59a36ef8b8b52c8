"""A sign-in holds as long as our own row of it does, whatever the cookie says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from app.errors import NotFound, SignedOut
from app.services import members, sign_in
from app.services.actor import Actor, add_member
from app.services.sign_in import Identity, SignedIn
from app.storage.tables import Action, SignIn
from tests.owners import everything

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of sign-ins."""
    made = Clock()
    monkeypatch.setattr(sign_in, "now", made)
    return made


def login(*, at: datetime = START, nonce: str = "n1", **claims: object) -> Identity:
    """Anna's identity as a provider gives it."""
    return sign_in.identity({"iss": "https://id", "sub": "anna", "iat": int(at.timestamp()), "nonce": nonce, "name": "Anna", **claims})


def over(engine: Engine, who: Identity) -> str:
    """Why the sign-in is over."""
    with pytest.raises(SignedOut) as refused:
        sign_in.check(engine, who)
    return refused.value.message


def shown(found: SignedIn) -> str | None:
    """The organization that is shown."""
    return None if found.shown is None else found.shown.organization


def test_a_person_is_issuer_and_subject_and_an_address_only_when_verified() -> None:
    one = login(email="Anna@Example.com", email_verified=True)
    assert (one.iss, one.sub, one.name, one.email, one.issued_at) == ("https://id", "anna", "Anna", "anna@example.com", START)
    assert login(email="anna@example.com").email is None
    assert login(email="anna@example.com", email_verified="true").email is None
    # The same cookie is the same sign-in; another sign-in of the same person is another.
    assert one.login == login(email="b@example.com").login != login(nonce="n2").login


@pytest.mark.parametrize("missing", ["iss", "sub", "iat"])
def test_claims_that_name_nobody_are_nobody(missing: str) -> None:
    claims: dict[str, object] = {"iss": "https://id", "sub": "anna", "iat": 1, "is_logged_in": True}
    del claims[missing]
    with pytest.raises(SignedOut):
        sign_in.identity(claims)
    with pytest.raises(SignedOut):
        sign_in.identity({**claims, missing: ""})


def test_it_is_over_after_half_an_hour_without_a_click(engine: Engine, owner: Actor, clock: Clock) -> None:
    who = login()
    assert sign_in.check(engine, who).memberships == (sign_in.Membership(owner, "Acme"),)
    clock.at = START + timedelta(minutes=29)
    assert shown(sign_in.check(engine, who)) == "Acme"
    clock.at = START + timedelta(minutes=58)
    assert shown(sign_in.check(engine, who)) == "Acme"
    # What a page asks by itself is no click.
    clock.at = START + timedelta(minutes=80)
    assert shown(sign_in.check(engine, who, click=False)) == "Acme"
    clock.at = START + timedelta(minutes=88)
    assert over(engine, who) == "You were signed out after 30 minutes without a click."


def test_it_is_over_after_twelve_hours_of_clicks(engine: Engine, owner: Actor, clock: Clock) -> None:
    who = login()
    for minutes in range(0, 12 * 60, 20):
        clock.at = START + timedelta(minutes=minutes)
        sign_in.check(engine, who)
    clock.at = START + timedelta(hours=12)
    assert over(engine, who) == "A sign-in holds for 12 hours, and yours is over."


def test_a_cookie_that_was_ended_or_is_old_begins_nothing(engine: Engine, owner: Actor, clock: Clock) -> None:
    who = login()
    sign_in.check(engine, who)
    sign_in.end(engine, who)
    sign_in.end(engine, who)
    assert over(engine, who) == "You have signed out."
    # Ended before any page was opened with it.
    unseen = login(nonce="n2")
    sign_in.end(engine, unseen)
    assert over(engine, unseen) == "You have signed out."
    # The rows are forgotten in the end, and the cookie still begins nothing.
    clock.at = START + timedelta(hours=25)
    sign_in.check(engine, login(nonce="n3", at=clock.at))
    with everything(engine) as session:
        assert len(session.exec(select(SignIn)).all()) == 1
    assert over(engine, who) == "Your last sign-in is over."
    # A provider whose clock is far ahead would make cookies that hold for longer.
    assert over(engine, login(nonce="n4", at=clock.at + timedelta(hours=1))) == "Your last sign-in is over."


def test_signing_out_everywhere_ends_every_sign_in_and_one_that_was_not_opened_yet(engine: Engine, owner: Actor, clock: Clock) -> None:
    here, there, unseen = login(), login(nonce="n2"), login(nonce="n3")
    sign_in.check(engine, here)
    sign_in.check(engine, there)
    clock.at = START + timedelta(minutes=1)
    assert sign_in.end_everywhere(engine, here) == 2
    assert [over(engine, one) for one in (here, there, unseen)] == ["You have signed out."] * 2 + ["You have signed out everywhere."]
    clock.at = START + timedelta(minutes=2)
    assert shown(sign_in.check(engine, login(nonce="n5", at=clock.at))) == "Acme"
    with everything(engine) as session:
        assert session.exec(select(Action.what, Action.member_id, Action.organization_id)).all() == [
            ("signed_out_everywhere", owner.member_id, owner.organization_id)
        ]


def test_many_tabs_at_once_are_one_sign_in(engine: Engine, owner: Actor, clock: Clock) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: sign_in.check(engine, login()), range(12)))
    assert [shown(one) for one in found] == ["Acme"] * 12
    with everything(engine) as session:
        assert len(session.exec(select(SignIn)).all()) == 1


def test_whoever_is_in_two_organizations_chooses_and_loses_only_what_is_taken(
    engine: Engine, owner: Actor, stranger: Actor, clock: Clock
) -> None:
    viewer = add_member(stranger, engine=engine, iss="https://id", sub="anna", display_name="Anna", role="viewer")
    who = login()
    assert shown(sign_in.check(engine, who)) == "Acme"
    sign_in.choose(engine, who, organization_id=stranger.organization_id)
    assert sign_in.check(engine, who).shown == sign_in.Membership(viewer, "Other")
    members.remove_member(stranger, engine=engine, member_id=viewer.member_id)
    assert sign_in.check(engine, who).shown == sign_in.Membership(owner, "Acme")
    with pytest.raises(NotFound):
        sign_in.choose(engine, who, organization_id=stranger.organization_id)


def test_an_owner_ends_the_sign_ins_of_a_member_in_this_organization_alone(
    engine: Engine, owner: Actor, stranger: Actor, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "now", clock)
    max_ = add_member(owner, engine=engine, iss="https://id", sub="max", display_name="Max", role="viewer")
    who = login(sub="max")
    assert shown(sign_in.check(engine, who)) == "Acme"
    clock.at = START + timedelta(minutes=1)
    members.sign_out_member(owner, engine=engine, member_id=max_.member_id)
    assert over(engine, who) == "An owner of your organization has signed you out."
    clock.at = START + timedelta(minutes=2)
    assert shown(sign_in.check(engine, login(sub="max", at=clock.at, nonce="n2"))) == "Acme"
    # What another organization does ends nothing here.
    guest = add_member(stranger, engine=engine, iss="https://id", sub="max", display_name="Max", role="viewer")
    again = login(sub="max", at=clock.at, nonce="n2")
    clock.at = START + timedelta(minutes=3)
    members.sign_out_member(stranger, engine=engine, member_id=guest.member_id)
    assert [one.organization for one in sign_in.check(engine, again).memberships] == ["Acme"]


def test_a_changed_role_holds_at_the_next_click(engine: Engine, owner: Actor, clock: Clock) -> None:
    max_ = add_member(owner, engine=engine, iss="https://id", sub="max", display_name="Max", role="viewer")
    who = login(sub="max")
    assert sign_in.check(engine, who).memberships[0].actor.role == "viewer"
    members.set_role(owner, engine=engine, member_id=max_.member_id, role="manager")
    assert sign_in.check(engine, who).memberships[0].actor.role == "manager"
    members.remove_member(owner, engine=engine, member_id=max_.member_id)
    assert sign_in.check(engine, who) == SignedIn((), None)
