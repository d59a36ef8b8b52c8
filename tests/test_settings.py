"""The settings: what follows from what, and one test for each refusal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.ingest.limits import Limits
from app.settings import ROOT, Settings, read, refuse_public_listening, settings

SECRET = "correct-horse"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An environment without settings, read anew."""
    for name in [name for name in os.environ if name.startswith("SCORECARD_")]:
        monkeypatch.delenv(name)
    settings.cache_clear()
    yield
    settings.cache_clear()


def given(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    """The settings with these variables set; names without the prefix."""
    for name, value in values.items():
        monkeypatch.setenv(f"SCORECARD_{name}", value)
    return settings()


def refusal(monkeypatch: pytest.MonkeyPatch, **values: str) -> str:
    """The words with which these variables are refused."""
    with pytest.raises(ConfigurationError) as refused:
        given(monkeypatch, **values)
    return str(refused.value)


def test_without_any_setting_it_is_one_persons_app_in_the_projects_folder() -> None:
    assert asdict(settings()) == {
        "data_dir": ROOT / "var",
        "database_url": f"sqlite:///{ROOT.as_posix()}/var/scorecard.db",
        "migration_url": "",
        "cache_dir": ROOT / "var" / "cache",
        "address": "127.0.0.1",
        "port": 8501,
        "login": "none",
        "founding": "closed",
        "max_upload_mb": 800,
        "max_rows": 6_000_000,
        "max_columns": 500,
        "max_members": 200,
        "max_open_rounds": 10,
        "max_imports": 3,
        "max_reports": 3,
        "worker_memory_mb": 4096,
        "worker_cpu_seconds": 240,
        "worker_seconds": 600.0,
        "secret": "",
        "public_url": "",
        "smtp_url": "",
        "mail_from": "",
        "log": "text",
        "metrics_token": "",
        "drain_seconds": 0.0,
        "replica": "",
    }
    # The defaults of the settings and of the import are the same numbers, so a command and a page agree.
    assert settings().limits() == Limits()


def test_the_settings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = settings()
    monkeypatch.setenv("SCORECARD_PORT", "9000")
    assert settings() is first
    settings.cache_clear()
    assert settings().port == 9000


def test_everything_follows_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = given(monkeypatch, DATA_DIR=str(tmp_path))
    assert (found.database_url, found.cache_dir) == (f"sqlite:///{tmp_path.as_posix()}/scorecard.db", tmp_path / "cache")


def test_relative_paths_begin_at_the_project_wherever_the_command_was_typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    found = given(monkeypatch, DATA_DIR="var/other", DATABASE_URL="sqlite:///var/mine.db", CACHE_DIR="var/copies")
    assert found.data_dir == ROOT / "var" / "other"
    assert found.database_url == f"sqlite:///{ROOT.as_posix()}/var/mine.db"
    assert found.cache_dir == ROOT / "var" / "copies"


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(monkeypatch, DATA_DIR="", PORT="", LOGIN="") == read({})


@pytest.mark.parametrize(
    "url", ["postgresql://anna:pw@db.example/scorecard", "postgres://db/scorecard", "postgresql+psycopg:///scorecard?host=/run/pg"]
)
def test_postgresql_is_taken_as_written(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    found = given(monkeypatch, DATABASE_URL=url)
    assert (found.database_url, found.owner_url) == (url, url)


def test_the_owner_of_the_tables_may_have_an_address_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    found = given(monkeypatch, DATABASE_URL="postgresql://server@db/scorecard", MIGRATION_URL=f"postgresql://owner:{SECRET}@db/scorecard")
    assert found.owner_url == f"postgresql://owner:{SECRET}@db/scorecard"
    assert SECRET not in repr(found)


def test_sqlite_has_no_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(monkeypatch, MIGRATION_URL="sqlite:///x.db") == (
        "SCORECARD_MIGRATION_URL is not PostgreSQL. SQLite has no roles; leave it out there."
    )


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://anna@db/scorecard", "is neither SQLite nor PostgreSQL. Write sqlite:///folder/file.db or "),
        ("scorecard.db", "is neither SQLite nor PostgreSQL. Write sqlite:///folder/file.db or "),
        ("postgresql://[db/scorecard", "is neither SQLite nor PostgreSQL. Write sqlite:///folder/file.db or "),
        ("postgresql://anna@db", "names no database. Write "),
        ("postgresql://anna@db/", "names no database. Write "),
        ("sqlite://", "names no file, so everything would be lost at the end. Write sqlite:///folder/file.db."),
        ("sqlite:///:memory:", "names no file, so everything would be lost at the end. Write sqlite:///folder/file.db."),
    ],
)
def test_other_databases_are_refused(monkeypatch: pytest.MonkeyPatch, url: str, words: str) -> None:
    assert refusal(monkeypatch, DATABASE_URL=url).startswith(f"SCORECARD_DATABASE_URL {words}")


def test_a_password_is_shown_neither_in_a_refusal_nor_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError) as refused:
        given(monkeypatch, DATABASE_URL=f"mysql://anna:{SECRET}@db/scorecard")
    assert SECRET not in f"{refused.value} {refused.value.__cause__}"
    assert SECRET not in repr(given(monkeypatch, DATABASE_URL=f"postgresql://anna:{SECRET}@db/scorecard"))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"])
def test_this_computers_own_addresses_need_no_login(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    assert given(monkeypatch, ADDRESS=address).address == address


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.20", "scorecard.example", "localhost.example"])
def test_an_address_that_others_can_reach_needs_a_login(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    assert refusal(monkeypatch, ADDRESS=address) == (
        f"The server would listen on {address}, where others can reach it, and no login is set up. "
        "Listen on 127.0.0.1, or set up a login and set SCORECARD_LOGIN=oidc."
    )
    assert given(monkeypatch, ADDRESS=address, LOGIN="oidc").address == address


@pytest.mark.parametrize("address", [None, ""])
def test_no_address_means_every_address(address: str | None) -> None:
    with pytest.raises(ConfigurationError, match="would listen on every address of this computer"):
        refuse_public_listening(address, login="none")


def test_with_a_login_uploads_are_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(monkeypatch, LOGIN="oidc").max_upload_mb == 50
    settings.cache_clear()
    assert refusal(monkeypatch, LOGIN="oidc", MAX_UPLOAD_MB="51") == (
        "SCORECARD_MAX_UPLOAD_MB is 51, and with a login at most 50 is allowed. "
        "Members share the memory of one process. Set it lower, or export fewer columns and import in parts."
    )


def test_limits_of_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    found = given(
        monkeypatch,
        MAX_UPLOAD_MB="3",
        MAX_ROWS="1000",
        MAX_COLUMNS="40",
        WORKER_MEMORY_MB="512",
        WORKER_CPU_SECONDS="7",
        WORKER_SECONDS="9.5",
    ).limits()
    # 3 MB = 3 · 1,048,576 = 3,145,728 bytes; 512 MB = 536,870,912 bytes.
    assert found == Limits(file_bytes=3_145_728, rows=1000, columns=40, memory_bytes=536_870_912, cpu_seconds=7, wall_seconds=9.5)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "eighty", "SCORECARD_PORT should be a whole number, not “eighty”."),
        ("PORT", "70000", "SCORECARD_PORT should be from 1 to 65535."),
        ("LOGIN", "ldap", "SCORECARD_LOGIN should be none or oidc, not “ldap”."),
        ("MAX_UPLOAD_MB", "0", "SCORECARD_MAX_UPLOAD_MB should be from 1 to 950."),
        ("MAX_COLUMNS", "20000", "SCORECARD_MAX_COLUMNS should be from 1 to 16384."),
        ("MAX_MEMBERS", "0", "SCORECARD_MAX_MEMBERS should be at least 1."),
        ("MAX_OPEN_ROUNDS", "0", "SCORECARD_MAX_OPEN_ROUNDS should be at least 1."),
        ("MAX_IMPORTS", "none", "SCORECARD_MAX_IMPORTS should be a whole number, not “none”."),
        ("MAX_REPORTS", "0", "SCORECARD_MAX_REPORTS should be at least 1."),
        ("LOG", "xml", "SCORECARD_LOG should be text or json, not “xml”."),
        ("DRAIN_SECONDS", "-1", "SCORECARD_DRAIN_SECONDS should be at least 0, and not infinite."),
        ("REPLICA", "a b", "SCORECARD_REPLICA should be one word of small letters and digits, such as a."),
        ("MAX_ROWS", "0", "SCORECARD_MAX_ROWS should be at least 1."),
        ("WORKER_MEMORY_MB", "64", "SCORECARD_WORKER_MEMORY_MB should be at least 512."),
        ("WORKER_CPU_SECONDS", "0", "SCORECARD_WORKER_CPU_SECONDS should be at least 1."),
        ("WORKER_SECONDS", "inf", "SCORECARD_WORKER_SECONDS should be at least 1, and not infinite."),
        ("WORKER_SECONDS", "soon", "SCORECARD_WORKER_SECONDS should be a number, not “soon”."),
    ],
)
def test_values_that_make_no_sense_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    assert refusal(monkeypatch, **{name: value}) == f"{words} Correct it, or remove it to use the default."


def test_a_clock_shorter_than_the_processor_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(monkeypatch, WORKER_SECONDS="30").startswith("SCORECARD_WORKER_SECONDS is shorter than SCORECARD_WORKER_CPU_SECONDS.")


def test_a_misspelt_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    words = refusal(monkeypatch, DATABSE_URL="postgresql://db/scorecard")
    assert words.startswith("There is no setting SCORECARD_DATABSE_URL. The settings are SCORECARD_ADDRESS, SCORECARD_CACHE_DIR, ")


def test_folders_are_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = given(monkeypatch, DATA_DIR=str(tmp_path / "new"))
    found.prepare_folders()
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == ["new", "new/cache"]


def test_a_folder_that_cannot_be_written_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # A file in the way stops everybody; missing permissions would not stop root.
    (tmp_path / "taken").write_text("", encoding="utf-8")
    found = given(monkeypatch, DATA_DIR=str(tmp_path), CACHE_DIR=str(tmp_path / "taken"))
    with pytest.raises(ConfigurationError) as refused:
        found.prepare_folders()
    assert str(refused.value) == (
        f"Nothing can be written in the folder {tmp_path / 'taken'}: File exists. Allow it, or name another folder in SCORECARD_CACHE_DIR."
    )


def test_with_a_login_the_log_is_for_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given(monkeypatch, LOGIN="oidc").log == "json"
    settings.cache_clear()
    assert given(monkeypatch, LOG="text").log == "text"


def test_a_token_for_the_metrics_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(monkeypatch, METRICS_TOKEN="a" * 31) == (
        "SCORECARD_METRICS_TOKEN is shorter than 32 characters. Make one with: openssl rand -hex 32"
    )
    settings.cache_clear()
    assert "b" * 32 not in repr(given(monkeypatch, METRICS_TOKEN="b" * 32))
