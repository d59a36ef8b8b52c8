"""What the respondent's pages share in one process: the database, the secret, the writer of answers, the brake on guessing."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Engine

from app.services.rounds.secret import server_secret
from app.services.rounds.writer import Writer
from app.settings import settings
from app.ui import cache
from app.ui.respondent.limiter import Limiter


@dataclass(frozen=True)
class State:
    """The parts; one object for each database and secret."""

    engine: Engine
    secret: bytes
    writer: Writer
    limiter: Limiter = field(default_factory=Limiter)


def state() -> State:
    """The state for the settings of this process."""
    chosen = settings()
    return _state(chosen.database_url, chosen.secret, chosen.data_dir)


@lru_cache(maxsize=4)
def _state(database_url: str, secret: str, data_dir: Path) -> State:
    engine = cache.database()
    sealed_with = server_secret(secret, data_dir=data_dir)
    return State(engine, sealed_with, Writer(engine, secret=sealed_with))
