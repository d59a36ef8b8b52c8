"""One look at the database's file tells whether a start has anything to prepare."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from app.commands.run import EXAMPLE_TABLES
from app.ingest.limits import Limits
from app.services.actor import local_actor
from app.services.commits import ExampleFile, load_example
from app.services.play_company import ANSWERS
from app.storage import glance, migrations
from app.storage.engine import make_engine

TRAFFIC = ExampleFile("web_traffic.csv", b"Date,Sessions\n2025-01-01,10\n2025-01-02,12\n", ANSWERS["web_traffic.csv"])


def test_a_database_is_current_from_its_migration_on(tmp_path: Path) -> None:
    url = f"sqlite:///{(tmp_path / 'app.db').as_posix()}"
    assert not glance.is_current(url)
    # Looking makes no file: an empty one would be taken for a database.
    assert list(tmp_path.iterdir()) == []
    engine = make_engine(url)
    migrations.upgrade(engine)
    assert glance.is_current(url)
    assert glance.newest_revision() == migrations.current(engine)
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    assert not glance.is_current(url)


def test_the_tables_of_the_example_are_counted(tmp_path: Path, upgraded_sqlite: Path) -> None:
    path = shutil.copyfile(upgraded_sqlite, tmp_path / "app.db")
    url = f"sqlite+pysqlite:///{path.as_posix()}"
    engine = make_engine(url)
    assert glance.example_tables(url) == 0
    load_example(local_actor(engine), engine=engine, files=[TRAFFIC], limits=Limits())
    # The server still holds the database open, as it may at a start beside another.
    assert glance.example_tables(url) == 1
    engine.dispose()


def test_the_play_company_is_complete_with_as_many_tables_as_it_has_files() -> None:
    assert len(ANSWERS) == EXAMPLE_TABLES


def test_of_anything_else_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no database", encoding="utf-8")
    for url in ("postgresql://db/scorecard", f"sqlite:///{(tmp_path / 'notes.txt').as_posix()}"):
        assert (glance.is_current(url), glance.example_tables(url)) == (False, 0)
