"""The server's secret is outside the database, whole, and one."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.services.rounds.secret import server_secret


@pytest.fixture(autouse=True)
def _forget() -> None:
    server_secret.cache_clear()


def test_it_is_made_at_the_first_need_for_its_owner_alone(tmp_path: Path) -> None:
    secret = server_secret("", data_dir=tmp_path / "new")
    file = tmp_path / "new" / "secret"
    assert bytes.fromhex(file.read_text().strip()) == secret
    assert (len(secret), stat.S_IMODE(file.stat().st_mode)) == (32, 0o600)
    server_secret.cache_clear()
    assert server_secret("", data_dir=tmp_path / "new") == secret
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret"]


def test_many_at_once_make_one(tmp_path: Path) -> None:
    def once(_: int) -> bytes:
        return server_secret.__wrapped__("", data_dir=tmp_path)

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(once, range(64)))) == 1


def test_a_setting_is_used_instead_of_the_file(tmp_path: Path) -> None:
    one, two = (server_secret(chosen * 32, data_dir=tmp_path) for chosen in "ab")
    assert (one != two, len(one), list(tmp_path.iterdir())) == (True, 32, [])


@pytest.mark.parametrize("content", ["", "abc", "z" * 64, "0" * 63])
def test_a_broken_file_is_never_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret").write_text(content)
    with pytest.raises(ConfigurationError, match="Restore it from the backup"):
        server_secret("", data_dir=tmp_path)
    assert (tmp_path / "secret").read_text() == content
