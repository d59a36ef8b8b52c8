"""The drill: an operator's database on each engine is written to a file and comes back whole; and a migration of the version before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine, make_url, select, text

from app.commands.database import prepare_role, problems
from app.errors import AppError
from app.ingest.limits import Limits
from app.metrics.engine import Engine as Counting
from app.services.actor import actors_of, found_organization
from app.services.commits import commit_upload
from app.services.report import kept
from app.services.report.material import Choice
from app.services.scorecard.request import Request
from app.services.teams import list_teams
from app.services.uploads import start_upload
from app.storage import migrations, policies
from app.storage.backup import back_up, contents, restore
from app.storage.engine import make_engine, reading, transaction
from app.storage.queries import organizations
from app.storage.tables import Base
from tests import one_row_each
from tests.commands.conftest import DEALS


@dataclass(frozen=True)
class Place:
    """A database with the address of its owner and that of a server, which are one on SQLite."""

    owner: str
    server: str


@dataclass
class Places:
    """Databases as an operator makes them: on PostgreSQL each has an owner of its own, who is no superuser."""

    postgres_url: str | None
    folder: Path
    made: list[str]

    def new(self) -> Place:
        name = f"drill_{uuid4().hex}"
        if self.postgres_url is None:
            url = f"sqlite:///{self.folder / name}.db"
            return Place(url, url)
        administer(self.postgres_url, f'CREATE ROLE "{name}" LOGIN CREATEROLE', f'CREATE DATABASE "{name}" OWNER "{name}"')
        self.made.append(name)
        address = make_url(self.postgres_url).set(database=name)
        return Place(*(address.set(username=role).render_as_string() for role in (name, f"server_of_{self.folder.name}")))


def administer(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.fixture(params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    every = Places(url, tmp_path, [])
    yield every
    if url is not None:
        for name in every.made:
            administer(url, f'DROP DATABASE "{name}" WITH (FORCE)', f'DROP ROLE "{name}"')
        administer(url, f'DROP ROLE IF EXISTS "server_of_{tmp_path.name}"')


def checksums(engine: Engine) -> dict[str, str]:
    """By table, the hash of all its rows in the order of their keys, as the owner sees them."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config(:name, 'on', true)"), {"name": policies.MAINTENANCE})
        return {
            table.name: hashlib.sha256(
                repr([tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]).encode()
            ).hexdigest()
            for table in Base.metadata.sorted_tables
        }


def prepared(place: Place) -> tuple[Engine, Engine]:
    """The engines of the owner and of a server of a database that an operator has set up."""
    owners = make_engine(place.owner)
    migrations.upgrade(owners)
    if owners.dialect.name == "postgresql":
        prepare_role(owners, server=place.server)
    assert problems(owners, server=place.server) == []
    return owners, make_engine(place.server)


def test_a_backup_comes_back_with_every_row_and_every_byte(places: Places, tmp_path: Path) -> None:
    place, fresh, out = places.new(), places.new(), tmp_path / "backup"
    owners, server = prepared(place)
    # A company at work, and a row in every table there is.
    actor = found_organization(server, name="Acme", iss="https://id", sub="anna", display_name="Anna")
    team = list_teams(actor, engine=server)[0].id
    upload = start_upload(actor, engine=server, team_id=team, data=DEALS.encode(), name="deals.csv", limits=Limits())
    commit_upload(actor, engine=server, upload_id=upload.id, limits=Limits())
    maker = kept.Maker(Counting(tmp_path / "cache"), tmp_path / "cache", "code")
    report = kept.make(actor, engine=server, team_id=team, request=Request(), choice=Choice(parts=("receipts",)), maker=maker)
    with transaction(server, organization_id="theirs") as session:
        one_row_each.add(session, "theirs")
    before, sums = contents(owners), checksums(owners)
    pdf = kept.report_pdf(actor, engine=server, report_id=report.id)

    assert back_up(place.owner, out=out) == hashlib.sha256(out.read_bytes()).hexdigest()
    with pytest.raises(AppError, match="never overwritten"):
        back_up(place.owner, out=out)
    found_organization(server, name="Later", iss="https://id", sub="olga", display_name="Olga")

    role = make_url(fresh.server).username if fresh.server != fresh.owner else None
    assert restore(fresh.owner, file=out, role=role) == before
    with pytest.raises(AppError, match="never overwrites any"):
        restore(fresh.owner, file=out, role=role)
    restored, at_work = make_engine(fresh.owner), make_engine(fresh.server)
    assert checksums(restored) == sums
    assert problems(restored, server=fresh.server) == []
    assert actors_of(at_work, iss="https://id", sub="anna") == (actor,)
    assert kept.report_pdf(actor, engine=at_work, report_id=report.id) == pdf
    with reading(at_work, organization_id=actor.organization_id) as session:
        seen = [row.what for row in organizations.actions(session=session, organization_id=actor.organization_id)]
    assert sorted(seen) == ["imported", "report_made"]
    for engine in (owners, server, restored, at_work):
        engine.dispose()


def test_what_is_no_backup_is_refused_in_a_sentence(places: Places, tmp_path: Path) -> None:
    place = places.new()
    other = tmp_path / "other"
    other.write_bytes(b"SQLite format 3\0" if place.owner.startswith("postgresql") else b"PGDMP and so on")
    nothing = tmp_path / "nothing"
    nothing.write_bytes(b"id,name\n")
    torn = tmp_path / "torn"
    torn.write_bytes((b"PGDMP" if place.owner.startswith("postgresql") else b"SQLite format 3\0") + b"\1" * 5_000)
    refused = {}
    for file in (other, nothing, torn, tmp_path / "absent"):
        with pytest.raises(AppError) as said:
            restore(place.owner, file=file)
        refused[file.name] = said.value.message.removeprefix(str(file))
    assert refused["other"].startswith(" is a backup of ")
    assert refused["nothing"] == " is no backup of this app."
    assert refused["absent"] == " cannot be read (No such file or directory)."
    assert "damaged" in refused["torn"] or refused["torn"].startswith("pg_restore failed")
    with pytest.raises(AppError, match="of another version than this app, or empty"):
        back_up(place.owner, out=tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_a_server_s_role_can_make_no_backup(places: Places, tmp_path: Path) -> None:
    place = places.new()
    owners, server = prepared(place)
    owners.dispose()
    server.dispose()
    if place.owner != place.server:
        with pytest.raises(AppError, match="does not own the tables"):
            back_up(place.server, out=tmp_path / "backup")
    assert len(back_up(place.owner, out=tmp_path / "backup")) == 64
