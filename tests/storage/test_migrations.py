"""Migrations: from nothing, from every older revision with rows in it, several at once; and no drift from the code."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.storage import migrations
from app.storage.engine import make_engine
from app.storage.tables import Base
from tests.owners import everything, owners_engine

SEEDS: dict[str, tuple[str, ...]] = {
    "0001": (
        "INSERT INTO organization (id, key, name, shows_example, created_at) VALUES ('o', NULL, 'Acme', true, '2026-01-02 03:04:05+00:00')",
        "INSERT INTO member (id, organization_id, iss, sub, display_name, role, created_at) "
        "VALUES ('m', 'o', 'https://id', 'anna', 'Anna', 'owner', '2026-01-02 03:04:05+00:00')",
        "INSERT INTO team (id, organization_id, name, time_zone, currency, programme_start, win_rate_definition, is_example, created_at) "
        "VALUES ('t', 'o', 'North', 'Europe/Berlin', 'EUR', '2026-01-01', '{}', false, '2026-01-02 03:04:05+00:00')",
        "INSERT INTO upload (id, organization_id, team_id, member_id, file_name, sha256, size, answers, state, created_at) "
        "VALUES ('u', 'o', 't', 'm', 'deals.csv', 'f', 12, '{}', 'committed', '2026-01-02 03:04:05+00:00')",
        "INSERT INTO action (id, organization_id, what, subject, at) VALUES ('a', 'o', 'imported', 'd', '2026-01-02 03:04:05+00:00')",
    ),
    "0002": (
        "INSERT INTO survey_round (id, organization_id, team_id, name, questionnaire, dimensions, languages, minimum, way, in_room, state, "
        "created_at) VALUES ('r', 'o', 't', 'Autumn', '2026-11', '[]', '[]', 5, 'shared', false, 'closed', '2026-01-02 03:04:05+00:00')",
        "INSERT INTO survey_response (id, organization_id, round_id, side, answers, guesses) VALUES ('p', 'o', 'r', 'sales', '{}', '{}')",
        "INSERT INTO action (id, organization_id, what, subject, at) VALUES ('b', 'o', 'round_closed', 'r', '2026-01-02 03:04:05+00:00')",
    ),
    "0003": (
        "INSERT INTO planned_action (id, organization_id, team_id, round_id, practice, title, because, owner, due, state, note, "
        "created_at) VALUES ('q', 'o', 't', 'r', 'weekly_talk', 'Talk', '[]', 'Anna', '2026-02-01', 'open', '', "
        "'2026-01-02 03:04:05+00:00')",
        "INSERT INTO action (id, organization_id, what, subject, at) VALUES ('c', 'o', 'action_planned', 'q', '2026-01-02 03:04:05+00:00')",
    ),
    "0004": (
        "INSERT INTO team (id, organization_id, name, time_zone, win_rate_definition, survey_weights, is_example, created_at) "
        "VALUES ('s', 'o', 'South', 'UTC', '{}', '{\"roles\": 2}', false, '2026-01-02 03:04:05+00:00')",
    ),
    "0005": (
        "INSERT INTO kept_report (id, organization_id, team_id, title, request, choice, data_sha256, edition, code, state, step, holder, "
        "beat_at, created_at) VALUES ('k', 'o', 't', 'Board', '{}', '{}', 'f', '2026-11', 'c', 'failed', 'waiting', 'h', "
        "'2026-01-02 03:04:05+00:00', '2026-01-02 03:04:05+00:00')",
        "INSERT INTO report_link (id, organization_id, report_id, token_sha256, expires_at, created_at) "
        "VALUES ('l', 'o', 'k', 'x', '2026-02-02 03:04:05+00:00', '2026-01-02 03:04:05+00:00')",
        "INSERT INTO action (id, organization_id, what, subject, at) VALUES ('e', 'o', 'report_made', 'k', '2026-01-02 03:04:05+00:00')",
    ),
    "0006": (
        "UPDATE survey_round SET roll = '{}'",
        "INSERT INTO survey_publication (round_id, organization_id, team_id, sequence, content) VALUES ('r', 'o', 't', 0, '{}')",
    ),
    "0007": (
        "INSERT INTO import_job (id, organization_id, team_id, upload_id, kind, answers_sha256, state, step, done, total, rows, "
        "holder, beat_at, attempts, created_at) VALUES ('j', 'o', 't', 'u', 'read', 'h', 'running', 'opening', 1, 2, 3, 'host/1/x', "
        "'2026-01-02 03:04:05+00:00', 1, '2026-01-02 03:04:05+00:00')",
        "INSERT INTO saved_mapping (id, organization_id, team_id, table_name, shape, file_name, mapping, used_at) "
        "VALUES ('s', 'o', 't', 'deal', 'h', 'deals.csv', '{}', '2026-01-02 03:04:05+00:00')",
        "INSERT INTO deletion (id, organization_id, team_id, table_name, imports, rows, bytes, file_names, at) "
        "VALUES ('g', 'o', 't', 'deal', 1, 2, 3, '[]', '2026-01-02 03:04:05+00:00')",
    ),
    "0008": (
        "UPDATE member SET team_id = 't', removed_at = '2026-01-02 03:04:05+00:00'",
        "INSERT INTO member_invitation (id, organization_id, role, token_sha256, expires_at, created_at) "
        "VALUES ('i', 'o', 'viewer', 'x', '2026-02-02 03:04:05+00:00', '2026-01-02 03:04:05+00:00')",
        "INSERT INTO sign_in (id, login_sha256, iss, sub, chosen_id, started_at, seen_at, everywhere) "
        "VALUES ('n', 'l', 'https://id', 'anna', 'o', '2026-01-02 03:04:05+00:00', '2026-01-02 03:04:05+00:00', false)",
        "INSERT INTO action (id, organization_id, what, subject, at) VALUES ('f', 'o', 'role_changed', 'm', '2026-01-02 03:04:05+00:00')",
    ),
    "0009": (
        "INSERT INTO survey_removed (id, organization_id, team_id, content, roll, removed_at) "
        "VALUES ('d', 'o', 'gone', '{}', NULL, '2026-01-02 03:04:05+00:00')",
    ),
    "0010": (
        "UPDATE organization SET retention_days = 365",
        "INSERT INTO action (id, organization_id, what, subject, at) VALUES ('x', 'o', 'exported', 'a.pdf', '2026-01-02 03:04:05+00:00')",
    ),
    "0011": ("UPDATE member SET not_before = '2026-01-02 03:04:05+00:00'",),
}
"""Rows as the code of each revision would have written them, added once the database stands at that revision."""


def plain(value: object) -> object:
    """The value without objects that are equal only to themselves."""
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else str(value)


def described(engine: Engine) -> dict[str, Any]:
    """Everything the database says of its tables, in an order that does not depend on how they were made."""
    found = inspect(engine)

    def ordered(items: list[Any]) -> list[Any]:
        return sorted(({k: plain(v) for k, v in item.items()} for item in items), key=repr)

    return {
        table: {
            "columns": ordered([dict(column) for column in found.get_columns(table)]),
            "primary": found.get_pk_constraint(table)["constrained_columns"],
            "foreign": ordered([dict(key) for key in found.get_foreign_keys(table)]),
            "unique": ordered([dict(one) for one in found.get_unique_constraints(table)]),
            "indexes": ordered([dict(one) for one in found.get_indexes(table)]),
            "checks": ordered([dict(one) for one in found.get_check_constraints(table)]),
        }
        for table in sorted(found.get_table_names())
        if table != "alembic_version"
    }


def test_every_revision_has_a_seed() -> None:
    assert tuple(SEEDS) == migrations.revisions()


def test_an_empty_database_reaches_the_newest_revision(empty_engine: Engine) -> None:
    assert migrations.current(empty_engine) is None
    assert not migrations.is_ready(empty_engine)
    assert migrations.upgrade(empty_engine) == migrations.head()
    assert migrations.is_ready(empty_engine)
    assert migrations.upgrade(empty_engine) == migrations.head()


def test_rows_of_every_older_revision_come_through(empty_engine: Engine) -> None:
    for revision, statements in SEEDS.items():
        assert migrations.upgrade(empty_engine, revision=revision) == revision
        with empty_engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    with everything(empty_engine) as session:
        rows = (
            session.connection()
            .execute(
                text(
                    "SELECT o.name, m.display_name, t.name, t.currency, u.file_name FROM organization o "
                    "JOIN member m ON m.organization_id = o.id JOIN team t ON t.organization_id = o.id JOIN upload u ON u.team_id = t.id"
                )
            )
            .all()
        )
    assert [tuple(row) for row in rows] == [("Acme", "Anna", "North", "EUR", "deals.csv")]


def rows_of(engine: Engine) -> dict[str, list[dict[str, str]]]:
    """Every row of every table, column by column, as the database gives them."""
    with engine.connect() as connection:
        return {
            table: sorted(
                ({k: str(v) for k, v in row.items()} for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings()), key=repr
            )
            for table in inspect(connection).get_table_names()
            if table != "alembic_version"
        }


def test_the_newest_step_changes_no_row_of_the_version_before(empty_engine: Engine) -> None:
    *before, newest = SEEDS
    for revision in before:
        migrations.upgrade(empty_engine, revision=revision)
        with empty_engine.begin() as connection:
            for statement in SEEDS[revision]:
                connection.execute(text(statement))
    earlier = rows_of(empty_engine)
    assert migrations.upgrade(empty_engine) == newest
    later = rows_of(empty_engine)
    assert {name: len(rows) for name, rows in later.items() if rows} == {name: len(rows) for name, rows in earlier.items() if rows}
    kept = {name: sorted(({k: row[k] for k in rows[0]} for row in later[name]), key=repr) for name, rows in earlier.items() if rows}
    assert kept == {name: rows for name, rows in earlier.items() if rows}
    # The version before goes on writing on the new schema until it is replaced.
    with empty_engine.begin() as connection:
        for statement in SEEDS[newest]:
            connection.execute(text(statement))


def test_the_tables_in_the_code_are_those_in_the_database(engine: Engine) -> None:
    assert migrations.check(engine) == []


def test_drift_is_seen(engine: Engine) -> None:
    with owners_engine(engine) as owners, owners.begin() as connection:
        connection.execute(text("ALTER TABLE team ADD COLUMN colour TEXT"))
    assert ["colour" in difference for difference in migrations.check(engine)] == [True]


def test_migrated_and_newly_made_tables_are_the_same_down_to_the_checks(engine: Engine, tmp_path: Path) -> None:
    # Alembic's own comparison passes over check constraints and conditions of indexes.
    if engine.dialect.name == "sqlite":
        other = make_engine(f"sqlite:///{tmp_path / 'other.db'}")
        Base.metadata.create_all(other)
        assert described(engine) == described(other)
        other.dispose()
        return
    name = f"test_{uuid4().hex}"
    owners = engine.url.set(username="postgres")
    administration = create_engine(owners, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    other = make_engine(owners.set(database=name))
    Base.metadata.create_all(other)
    assert described(engine) == described(other)
    other.dispose()
    with administration.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name}"))
    administration.dispose()


def test_several_processes_may_upgrade_at_once(empty_engine: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: migrations.upgrade(empty_engine), range(4))) == [migrations.head()] * 4


def test_a_step_that_fails_leaves_nothing_behind(empty_engine: Engine) -> None:
    with empty_engine.begin() as connection:
        # The last table of the first revision is in the way already.
        connection.execute(text("CREATE TABLE dataset (id TEXT)"))
    with pytest.raises((OperationalError, ProgrammingError), match="dataset"):
        migrations.upgrade(empty_engine)
    assert inspect(empty_engine).get_table_names() == ["dataset"]


def test_the_newest_revision_is_named_by_its_file() -> None:
    # `head` reads file names, so that a start does not wait for Alembic's import; both must agree.
    assert migrations.head() == migrations.revisions()[-1]
