"""Teams: what can be set, what is refused, which one is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.errors import AccessDenied, AppError
from app.ingest.limits import Limits
from app.metrics.model import Definition
from app.services.actor import Actor, add_member
from app.services.deletion import delete_team
from app.services.teams import (
    TeamView,
    choose_team,
    create_team,
    example_team,
    leave_example,
    list_teams,
    read_team,
    rename_team,
    set_currency,
    set_programme_start,
    set_time_zone,
    set_win_rate,
    shown,
    shown_team,
)
from app.services.uploads import start_upload
from app.storage.queries import blobs
from app.storage.queries.organizations import actions
from tests.owners import everything


def test_a_team_is_made_and_set_up(engine: Engine, owner: Actor) -> None:
    made = create_team(owner, engine=engine, name="  North   East ", time_zone="Europe/Berlin", currency="eur")
    assert made == TeamView(
        id=made.id,
        name="North East",
        time_zone="Europe/Berlin",
        currency="EUR",
        programme_start=None,
        win_rate=Definition(),
        is_example=False,
    )
    rename_team(owner, engine=engine, team_id=made.id, name="North")
    set_programme_start(owner, engine=engine, team_id=made.id, day=date(2026, 1, 1))
    set_time_zone(owner, engine=engine, team_id=made.id, time_zone="America/New_York")
    set_currency(owner, engine=engine, team_id=made.id, currency="USD")
    by_value = Definition(weight="value", by_date="created", no_decision="in")
    last = set_win_rate(owner, engine=engine, team_id=made.id, definition=by_value)
    assert last == replace(
        made, name="North", programme_start=date(2026, 1, 1), time_zone="America/New_York", currency="USD", win_rate=by_value
    )
    assert read_team(owner, engine=engine, team_id=made.id) == last
    assert [team.name for team in list_teams(owner, engine=engine)] == ["My team", "North"]
    with everything(engine) as session:
        done = [(row.what, row.subject) for row in actions(session=session, organization_id=owner.organization_id)]
    assert sorted(done) == [("team_changed", made.id)] * 5 + [("team_created", made.id)]


def test_names_are_unique_within_an_organization_only(engine: Engine, owner: Actor, stranger: Actor) -> None:
    create_team(owner, engine=engine, name="North")
    with pytest.raises(AppError, match="There is a team called “North” already"):
        create_team(owner, engine=engine, name="North")
    assert create_team(stranger, engine=engine, name="North").name == "North"


@pytest.mark.parametrize("zone", ["Berlin", "", "../../etc/passwd", "Europe", "Europe/Berlin\x00"])
def test_a_time_zone_must_exist(engine: Engine, owner: Actor, team_id: str, zone: str) -> None:
    with pytest.raises(AppError, match="is no time zone"):
        set_time_zone(owner, engine=engine, team_id=team_id, time_zone=zone)


@pytest.mark.parametrize("currency", ["Euro", "€", "EU", "E R"])
def test_a_currency_is_three_letters(engine: Engine, owner: Actor, team_id: str, currency: str) -> None:
    with pytest.raises(AppError, match="is no currency code"):
        set_currency(owner, engine=engine, team_id=team_id, currency=currency)


@pytest.mark.parametrize("name", ["", "  ", "x" * 201])
def test_a_name_is_needed_and_not_too_long(engine: Engine, owner: Actor, name: str) -> None:
    with pytest.raises(AppError, match="name"):
        create_team(owner, engine=engine, name=name)


def test_a_viewer_looks_and_changes_nothing(engine: Engine, owner: Actor, team_id: str) -> None:
    viewer = add_member(owner, engine=engine, iss="https://id", sub="vera", display_name="Vera", role="viewer")
    assert read_team(viewer, engine=engine, team_id=team_id).name == "My team"
    for change in (
        lambda: create_team(viewer, engine=engine, name="South"),
        lambda: rename_team(viewer, engine=engine, team_id=team_id, name="South"),
        lambda: set_programme_start(viewer, engine=engine, team_id=team_id, day=None),
        lambda: set_time_zone(viewer, engine=engine, team_id=team_id, time_zone="UTC"),
        lambda: set_currency(viewer, engine=engine, team_id=team_id, currency="EUR"),
        lambda: set_win_rate(viewer, engine=engine, team_id=team_id, definition=Definition()),
        lambda: leave_example(viewer, engine=engine),
    ):
        with pytest.raises(AccessDenied):
            change()


def test_the_example_is_made_once_and_hidden_until_it_has_data(engine: Engine, owner: Actor, team_id: str) -> None:
    example = example_team(owner, engine=engine)
    assert (example.name, example.is_example) == ("Example company", True)
    assert example_team(owner, engine=engine) == example
    assert [team.id for team in list_teams(owner, engine=engine)] == [team_id]
    assert [team.id for team in list_teams(owner, engine=engine, with_example=True)] == [team_id, example.id]
    assert shown_team(owner, engine=engine).id == team_id
    assert leave_example(owner, engine=engine).id == team_id


def test_a_member_sees_the_team_of_their_choice_and_nobody_elses(engine: Engine, owner: Actor, team_id: str) -> None:
    south = create_team(owner, engine=engine, name="South")
    viewer = add_member(owner, engine=engine, iss="https://id", sub="vera", display_name="Vera", role="viewer")
    assert choose_team(viewer, engine=engine, team_id=south.id) == south
    found = shown(viewer, engine=engine)
    assert (found.team, found.own, found.example_id) == (south, ((team_id, "My team"), (south.id, "South")), None)
    assert shown_team(owner, engine=engine).id == team_id
    leave_example(owner, engine=engine)
    assert shown_team(viewer, engine=engine).id == south.id


def test_a_team_is_deleted_with_what_belongs_to_it_but_never_the_only_one(
    engine: Engine, owner: Actor, team_id: str, tmp_path: Path
) -> None:
    with pytest.raises(AppError, match="the only team"):
        delete_team(owner, engine=engine, team_id=team_id, cache_dir=tmp_path)
    south = create_team(owner, engine=engine, name="South")
    choose_team(owner, engine=engine, team_id=south.id)
    start_upload(owner, engine=engine, team_id=south.id, data=b"id\n1\n", name="a.csv", limits=Limits())
    manager = add_member(owner, engine=engine, iss="https://id", sub="max", display_name="Max", role="manager")
    with pytest.raises(AccessDenied):
        delete_team(manager, engine=engine, team_id=south.id, cache_dir=tmp_path)
    delete_team(owner, engine=engine, team_id=south.id, cache_dir=tmp_path)
    assert [team.id for team in list_teams(owner, engine=engine)] == [team_id]
    assert shown_team(owner, engine=engine).id == team_id
    with everything(engine) as session:
        assert blobs.total_size(session=session, organization_id=owner.organization_id) == 0
    with pytest.raises(AppError, match="example"):
        delete_team(owner, engine=engine, team_id=example_team(owner, engine=engine).id, cache_dir=tmp_path)
