"""What the engine promises: settings of SQLite, all or nothing, no lost write under load, readers that cannot write."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlmodel import col, select

from app.errors import ConfigurationError
from app.storage.engine import make_engine, reading, transaction
from app.storage.tables import Dataset, Member, Organization, Team, Upload
from tests.owners import owners_engine


@pytest.fixture
def engine(engine: Engine) -> Iterator[Engine]:
    # What is tested here is true for the rows of all organizations; tests/storage/test_policies.py tells who sees which.
    with owners_engine(engine) as owners:
        yield owners


def test_sqlite_is_set_up_for_safety(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'new' / 'folder' / 'app.db'}")
    with reading(engine, organization_id=None) as session:
        found = {
            name: session.connection().exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "query_only")
        }
    engine.dispose()
    # synchronous: 0 off, 1 normal, 2 full.
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000, "query_only": 1}


@pytest.mark.parametrize("url", ["mysql://root@host/name", "a file", "duckdb:///x.db"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        make_engine(url)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_goes_through_psycopg(scheme: str) -> None:
    engine = make_engine(f"{scheme}://anna:secret@host/name")
    assert engine.url.drivername == "postgresql+psycopg"
    assert "secret" not in repr(engine)


def test_an_exception_takes_everything_back(engine: Engine) -> None:
    def half_done() -> None:
        with transaction(engine, organization_id=None) as session:
            session.add(Organization(name="Acme"))
            session.flush()
            raise RuntimeError("gone")

    with pytest.raises(RuntimeError, match="gone"):
        half_done()
    with reading(engine, organization_id=None) as session:
        assert session.exec(select(Organization)).all() == []


def test_a_reader_cannot_write_and_the_next_writer_can(engine: Engine) -> None:
    def write() -> None:
        with reading(engine, organization_id=None) as session:
            session.add(Organization(name="Acme"))
            session.flush()

    with pytest.raises(DBAPIError):
        write()
    with transaction(engine, organization_id=None) as session:
        session.add(Organization(name="Acme"))
    with reading(engine, organization_id=None) as session:
        assert [row.name for row in session.exec(select(Organization))] == ["Acme"]


def test_a_reader_sees_one_state(engine: Engine) -> None:
    with reading(engine, organization_id=None) as session:
        before = session.exec(select(Organization)).all()
        with transaction(engine, organization_id=None) as writer:
            writer.add(Organization(name="Acme"))
        after = session.exec(select(Organization)).all()
    assert (before, after) == ([], [])


def test_no_write_is_lost_when_eight_threads_read_and_then_write(engine: Engine) -> None:
    with transaction(engine, organization_id=None) as session:
        organization = Organization(name="0")
        session.add(organization)
        session.flush()
        key = organization.id

    def count_up(_: int) -> None:
        with transaction(engine, organization_id=None) as session:
            row = session.exec(select(Organization).where(Organization.id == key).with_for_update()).one()
            row.name = str(int(row.name) + 1)
            session.add(row)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count_up, range(200)))
    with reading(engine, organization_id=None) as session:
        assert session.exec(select(Organization.name)).one() == "200"


def test_instants_come_back_aware_and_in_utc(engine: Engine) -> None:
    moment = datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=2)))
    with transaction(engine, organization_id=None) as session:
        session.add(Organization(name="Acme", created_at=moment))
    with reading(engine, organization_id=None) as session:
        found = session.exec(select(Organization.created_at)).one()
    assert (found, found.tzinfo) == (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), UTC)


def test_a_time_without_a_zone_is_refused(engine: Engine) -> None:
    with pytest.raises(StatementError, match="timezone"), transaction(engine, organization_id=None) as session:
        session.add(Organization(name="Acme", created_at=datetime(2026, 3, 29)))


def two_organizations(engine: Engine) -> tuple[str, str, str]:
    """Ids of two organizations and of a team of the first."""
    with transaction(engine, organization_id=None) as session:
        ours, theirs = Organization(name="Ours"), Organization(name="Theirs")
        session.add_all([ours, theirs])
        session.flush()
        team = Team(organization_id=ours.id, name="North")
        session.add(team)
        session.flush()
        return ours.id, theirs.id, team.id


def test_a_row_cannot_point_into_another_organization(engine: Engine) -> None:
    _, theirs, team = two_organizations(engine)
    with pytest.raises(IntegrityError), transaction(engine, organization_id=None) as session:
        session.add(Upload(organization_id=theirs, team_id=team, file_name="a.csv", sha256="0", size=1, answers="{}"))


@pytest.mark.parametrize("role", ["Owner", "admin", ""])
def test_closed_choices_are_held_by_the_database(engine: Engine, role: str) -> None:
    ours, _, _ = two_organizations(engine)
    with pytest.raises(IntegrityError, match="role"), transaction(engine, organization_id=None) as session:
        session.execute(
            text(
                "INSERT INTO member (id, organization_id, iss, sub, display_name, role, created_at) "
                "VALUES ('m', :organization, 'i', 's', 'n', :role, '2026-01-01 00:00:00+00:00')"
            ),
            {"organization": ours, "role": role},
        )


def test_deleting_an_organization_deletes_what_is_its(engine: Engine) -> None:
    ours, theirs, _ = two_organizations(engine)
    with transaction(engine, organization_id=None) as session:
        session.add(Member(organization_id=ours, iss="i", sub="s", display_name="Anna", role="owner"))
    with transaction(engine, organization_id=None) as session:
        session.delete(session.exec(select(Organization).where(Organization.id == ours)).one())
    with reading(engine, organization_id=None) as session:
        assert session.exec(select(Organization.id)).all() == [theirs]
        assert session.exec(select(col(Team.id))).all() == []
        assert session.exec(select(col(Member.id))).all() == []
        assert session.exec(select(col(Dataset.id))).all() == []


def test_errors_do_not_quote_the_values_of_a_statement(engine: Engine) -> None:
    with pytest.raises(DBAPIError) as failed, transaction(engine, organization_id=None) as session:
        session.execute(text("INSERT INTO nowhere VALUES (:value)"), {"value": "a secret value"})
    assert "a secret value" not in str(failed.value)
