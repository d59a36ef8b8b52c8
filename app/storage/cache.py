"""The local folder that holds Parquet by its hash, because DuckDB reads files and the database holds bytes.

Nothing in it is state: it can be deleted at any time, also while it is in use by another process.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from app.clock import now

WEEK = 7 * 24 * 3_600
"""Seconds after which a copy goes: what was deleted elsewhere is then gone here too."""

_HASH = re.compile(r"[0-9a-f]{64}")

_verified: dict[Path, tuple[int, int, int]] = {}
"""Files whose content this process has compared with their name: inode, size and time of change at that moment."""


def local_parquet(cache_dir: Path, *, sha256: str, load: Callable[[], bytes]) -> Path:
    """The file below `cache_dir` whose content has this hash; it is written when it is missing or damaged.

    Parameters
    ----------
    cache_dir
        The folder; made when it is missing.
    sha256
        Hash of the content, 64 lower-case hexadecimal digits.
    load
        Gives the bytes; called only when the file is not there.

    Returns
    -------
    Path
        An absolute path, complete at the moment it appears: it is written under another name and then renamed.

    Raises
    ------
    ValueError
        When `sha256` is no hash, or `load` gave bytes of another hash.
    """
    if not _HASH.fullmatch(sha256):
        raise ValueError(f"not a SHA-256: {sha256!r}")
    folder = cache_dir.resolve()
    path = folder / f"{sha256}.parquet"
    if _holds(path, sha256):
        return path
    content = load()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(f"the stored bytes of {sha256} have the hash {found}")
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{sha256[:8]}-", suffix=".part", dir=folder)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _remember(path)
    return path


def forget(cache_dir: Path, *, sha256: str) -> None:
    """Remove the file of that hash; it comes again when another dataset of the same content asks for it."""
    if _HASH.fullmatch(sha256):
        path = cache_dir.resolve() / f"{sha256}.parquet"
        _verified.pop(path, None)
        path.unlink(missing_ok=True)


def tidy(cache_dir: Path) -> None:
    """Remove the files that were written longer than `WEEK` ago; what is still in use is fetched from the database again.

    A file that a process was writing when it was killed goes with them.
    """
    for path in (*cache_dir.glob("*.parquet"), *cache_dir.glob(".*.part")):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < now().timestamp() - WEEK:
                _verified.pop(path.resolve(), None)
                path.unlink()


def _holds(path: Path, sha256: str) -> bool:
    try:
        state = path.stat()
    except FileNotFoundError:
        return False
    if _verified.get(path) == (state.st_ino, state.st_size, state.st_mtime_ns):
        return True
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return False
    if found != sha256:
        return False
    _remember(path)
    return True


def _remember(path: Path) -> None:
    try:
        state = path.stat()
    except FileNotFoundError:
        return
    _verified[path] = (state.st_ino, state.st_size, state.st_mtime_ns)
