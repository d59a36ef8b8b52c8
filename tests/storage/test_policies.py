"""What a server's role sees on PostgreSQL, whatever a query forgets: rows of the organization it was begun for, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlmodel import Session

from app.errors import ConfigurationError
from app.storage import migrations, policies
from app.storage.engine import Revealed, enter, reading, revealing, transaction
from app.storage.policies import tenant_tables
from tests import one_row_each
from tests.owners import everything, owners_engine

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)

TABLES = {table.name: table for table in tenant_tables()}
Rows = Mapping[str, Mapping[str, Any]]


@pytest.fixture
def rows(engine: Engine) -> tuple[Rows, Rows]:
    """A row in every table of two organizations."""
    with everything(engine) as session:
        return one_row_each.add(session, "ours"), one_row_each.add(session, "theirs")


def seen(session: Session) -> dict[str, int]:
    """The tables of which the session sees a row, and how many."""
    counts = {name: session.execute(select(func.count()).select_from(table)).scalar_one() for name, table in TABLES.items()}
    return {name: count for name, count in counts.items() if count}


def test_the_role_of_a_server_is_held_by_the_policies(engine: Engine) -> None:
    assert policies.loose(engine) is None
    with owners_engine(engine) as owners:
        assert policies.loose(owners) == "The database role is a superuser or has BYPASSRLS, so that no policy holds it."


def test_without_an_organization_no_row_is_seen(engine: Engine, rows: tuple[Rows, Rows]) -> None:
    with reading(engine, organization_id=None) as session:
        assert seen(session) == {}


def test_with_an_organization_its_rows_are_seen_and_no_others(engine: Engine, rows: tuple[Rows, Rows]) -> None:
    for name in ("ours", "theirs"):
        with reading(engine, organization_id=name) as session:
            assert seen(session) == dict.fromkeys(TABLES, 1)
            for table in TABLES.values():
                own = table.c.id if table.name == "organization" else table.c.organization_id
                assert session.execute(select(own)).scalars().all() == [name], table.name
    with reading(engine, organization_id="nobody's") as session:
        assert seen(session) == {}


def test_a_connection_of_the_pool_forgets_whom_it_worked_for(engine: Engine, rows: tuple[Rows, Rows]) -> None:
    for organization_id in ("ours", None, "theirs", None):
        with transaction(engine, organization_id=organization_id) as session:
            assert seen(session) == ({} if organization_id is None else dict.fromkeys(TABLES, 1))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM team")).scalar_one() == 0


def test_nothing_of_another_organization_can_be_changed_removed_or_put_there(engine: Engine, rows: tuple[Rows, Rows]) -> None:
    with transaction(engine, organization_id="ours") as session:
        for name, table in TABLES.items():
            own = table.c.id if name == "organization" else table.c.organization_id
            assert session.connection().execute(table.delete().where(own == "theirs")).rowcount == 0, name
    for name, table in TABLES.items():
        with pytest.raises(ProgrammingError, match="row-level security"), transaction(engine, organization_id="ours") as session:
            session.execute(table.insert().values(**rows[1][name]))
    with pytest.raises(ProgrammingError, match="row-level security"), transaction(engine, organization_id="ours") as session:
        session.execute(update(TABLES["member"]).values(organization_id="theirs"))


REVEALED: dict[tuple[Revealed, tuple[str, ...]], dict[str, int]] = {
    ("key", ("ours organization key",)): {"organization": 1},
    ("login", ("ours member iss", "ours member sub")): {"organization": 1, "member": 1},
    ("login", ("ours member iss", "theirs member sub")): {},
    ("tokens", ("ours survey_invitation token_hash", "no token")): {"survey_invitation": 1},
    ("tokens", ("ours report_link token_sha256",)): {"report_link": 1},
    ("tokens", ("ours member_invitation token_sha256",)): {"member_invitation": 1},
    ("tokens", ("no token",)): {},
    ("clock", ("running jobs",)): {"import_job": 2},
    ("clock", ("open rounds",)): {"survey_round": 2},
    ("clock", ("no clock",)): {},
}
"""What is looked for, and which rows of two organizations are seen by it."""


def test_what_leads_to_an_organization_is_seen_by_who_has_it(engine: Engine, rows: tuple[Rows, Rows]) -> None:
    with everything(engine) as session:
        session.execute(text("UPDATE survey_round SET state = 'open'"))
        session.execute(text("UPDATE member SET removed_at = NULL"))
    for (what, values), found in REVEALED.items():
        with transaction(engine, organization_id=None) as session:
            with revealing(session, what, *values):
                assert seen(session) == found
                for name in found:
                    assert session.connection().execute(TABLES[name].delete()).rowcount == 0
            assert seen(session) == {}
            enter(session, organization_id="theirs")
            assert seen(session) == dict.fromkeys(TABLES, 1)


def test_a_reader_cannot_leave_its_organization_by_writing(engine: Engine, rows: tuple[Rows, Rows]) -> None:
    with pytest.raises(DBAPIError, match="read-only"), reading(engine, organization_id="ours") as session:
        session.execute(TABLES["team"].delete())


def test_the_word_of_maintenance_opens_nothing_to_the_servers_role(engine: Engine, rows: tuple[Rows, Rows]) -> None:
    with transaction(engine, organization_id="ours") as session:
        session.execute(text("SELECT set_config(:name, 'on', true)"), {"name": policies.MAINTENANCE})
        assert seen(session) == dict.fromkeys(TABLES, 1)


def test_an_owner_who_is_no_superuser_is_held_too_except_for_maintenance(engine: Engine, rows: tuple[Rows, Rows]) -> None:
    role = f"owner_{engine.url.database}"
    with owners_engine(engine) as superuser, superuser.begin() as connection:
        connection.execute(text(f'CREATE ROLE "{role}" LOGIN'))
        for name in TABLES:
            connection.execute(text(f'ALTER TABLE "{name}" OWNER TO "{role}"'))
        connection.execute(text(f'SET LOCAL ROLE "{role}"'))
        assert connection.execute(text("SELECT count(*) FROM team")).scalar_one() == 0
        connection.execute(text("SELECT set_config('scorecard.organization', 'ours', true)"))
        assert connection.execute(text("SELECT count(*) FROM team")).scalar_one() == 1
        connection.execute(text("SELECT set_config(:name, 'on', true)"), {"name": policies.MAINTENANCE})
        assert connection.execute(text("SELECT count(*) FROM team")).scalar_one() == 2
        connection.rollback()


def test_a_table_that_lost_its_policies_is_seen_and_mended(engine: Engine) -> None:
    with owners_engine(engine) as owners:
        assert migrations.check(owners) == []
        with owners.begin() as connection:
            connection.execute(text("ALTER TABLE blob NO FORCE ROW LEVEL SECURITY"))
            connection.execute(text("DROP POLICY revealed ON member"))
        assert sorted(migrations.check(owners)) == ["the policies of blob", "the policies of member"]
        assert not migrations.is_ready(engine)
        with pytest.raises(ConfigurationError, match="SCORECARD_MIGRATION_URL"):
            migrations.upgrade(engine)
        migrations.upgrade(owners)
        assert migrations.check(engine) == []
        assert migrations.is_ready(engine)
