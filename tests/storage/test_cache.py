"""The Parquet cache: complete files only, healed when damaged, deletable at any time."""

from __future__ import annotations

import hashlib
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.clock import now
from app.storage.cache import WEEK, local_parquet, tidy

CONTENT = b"PAR1" + b"x" * 100_000 + b"PAR1"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def refuse() -> bytes:
    raise AssertionError("the file is there, so it must not be loaded")


def test_the_file_is_written_once_and_then_found(tmp_path: Path) -> None:
    path = local_parquet(tmp_path / "cache", sha256=SHA256, load=lambda: CONTENT)
    assert path == tmp_path / "cache" / f"{SHA256}.parquet"
    assert path.read_bytes() == CONTENT
    assert local_parquet(tmp_path / "cache", sha256=SHA256, load=refuse) == path
    assert [entry.name for entry in (tmp_path / "cache").iterdir()] == [path.name]


def test_a_deleted_cache_comes_back(tmp_path: Path) -> None:
    local_parquet(tmp_path / "cache", sha256=SHA256, load=lambda: CONTENT)
    shutil.rmtree(tmp_path / "cache")
    assert local_parquet(tmp_path / "cache", sha256=SHA256, load=lambda: CONTENT).read_bytes() == CONTENT


@pytest.mark.parametrize("damage", [b"", CONTENT[:-1], b"y" * len(CONTENT)])
def test_a_damaged_file_is_written_again(tmp_path: Path, damage: bytes) -> None:
    path = local_parquet(tmp_path, sha256=SHA256, load=lambda: CONTENT)
    path.write_bytes(damage)
    assert local_parquet(tmp_path, sha256=SHA256, load=lambda: CONTENT).read_bytes() == CONTENT


def test_wrong_bytes_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="have the hash"):
        local_parquet(tmp_path, sha256=SHA256, load=lambda: b"something else")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "", SHA256.upper(), SHA256 + "0", f"{SHA256[:-1]}\n"])
def test_only_a_hash_names_a_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        local_parquet(tmp_path, sha256=name, load=refuse)


def test_many_at_once_see_complete_files_only(tmp_path: Path) -> None:
    def read(_: int) -> bytes:
        return local_parquet(tmp_path, sha256=SHA256, load=lambda: CONTENT).read_bytes()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(64))) == {CONTENT}
    assert [entry.name for entry in tmp_path.iterdir()] == [f"{SHA256}.parquet"]


def test_what_is_old_goes_and_what_a_killed_process_was_writing_too(tmp_path: Path) -> None:
    path = local_parquet(tmp_path, sha256=SHA256, load=lambda: CONTENT)
    part, fresh = tmp_path / f".{SHA256[:8]}-abc.part", tmp_path / f".{SHA256[:8]}-def.part"
    part.write_bytes(CONTENT[:9])
    fresh.write_bytes(CONTENT[:9])
    for old in (path, part):
        os.utime(old, (now().timestamp() - WEEK - 60,) * 2)
    tidy(tmp_path)
    assert list(tmp_path.iterdir()) == [fresh]
