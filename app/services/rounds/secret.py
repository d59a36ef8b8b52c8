"""The server's secret: what an open round's answers are sealed with, kept outside the database on purpose."""

from __future__ import annotations

import os
import secrets
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from app.errors import ConfigurationError

FILE = "secret"


@lru_cache(maxsize=4)
def server_secret(chosen: str, *, data_dir: Path) -> bytes:
    """The secret as 32 bytes.

    Parameters
    ----------
    chosen
        The setting; when it is empty, the file `secret` in `data_dir` is read, and made with mode 0600 at the first need.

    Raises
    ------
    ConfigurationError
        When the file cannot be read or made, or is not what was written.
    """
    if chosen:
        return sha256(b"alignment scorecard\0" + chosen.encode()).digest()
    path = data_dir / FILE
    try:
        if not path.exists():
            _make(path)
        text = path.read_text(encoding="ascii").strip()
        return bytes.fromhex(text) if len(text) == 64 else _refuse(path)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"The file {path} cannot be used as the secret of the survey.",
            "Restore it from the backup, or set SCORECARD_SECRET. Answers of open rounds cannot be read without it.",
        ) from error


def _make(path: Path) -> None:
    """Write a new secret so that the file is either absent or whole, whoever else writes one at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{FILE}-{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link, unlike a renaming, fails when another process was faster.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _refuse(path: Path) -> bytes:
    raise ValueError(f"{path} does not hold 64 hexadecimal characters")
