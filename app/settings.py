"""All settings, read once from the environment (prefix SCORECARD_), refused at start when they are unsafe.

Nothing else in the app reads the environment. Streamlit's own options stand in `.streamlit/config.toml`.
"""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import ConfigurationError
from app.ingest.limits import Limits

ROOT = Path(__file__).resolve().parents[1]


class Settings(BaseSettings):
    """The settings. Each is set by the environment variable SCORECARD_ and its name in capitals.

    `data_dir`
        The folder of the embedded database and of the cache; `var` in the project when nothing is said.
    `database_url`
        "sqlite:///…" or "postgresql://…"; the embedded SQLite database in `data_dir` when nothing is said.
    `address`, `port`
        Where the server listens. Without a login only the loopback address is allowed.
    `login`
        "none": one person on one machine, no account. "oidc": OpenID Connect through Streamlit's [auth] secrets.
    `max_upload_mb`, `max_rows`
        The largest file and table that are read.
    `worker_memory_mb`, `worker_cpu_seconds`, `worker_seconds`
        What one import may cost before it is stopped.
    """

    model_config = SettingsConfigDict(env_prefix="SCORECARD_", extra="ignore", frozen=True)

    data_dir: Path = ROOT / "var"
    database_url: str = ""
    address: str = "127.0.0.1"
    port: int = Field(default=8501, ge=1, le=65535)
    login: Literal["none", "oidc"] = "none"
    max_upload_mb: int = Field(default=200, ge=1, le=500)
    max_rows: int = Field(default=2_000_000, ge=1)
    worker_memory_mb: int = Field(default=1536, ge=512)
    worker_cpu_seconds: int = Field(default=60, ge=5)
    worker_seconds: float = Field(default=90.0, ge=5)

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.login == "none" and not is_loopback(self.address):
            raise ValueError(
                f"Without a login the app listens on this computer only, and {self.address} is open to others. "
                "Set SCORECARD_LOGIN=oidc and configure the login, or leave SCORECARD_ADDRESS at 127.0.0.1."
            )
        if self.login == "oidc" and self.max_upload_mb > 50:
            raise ValueError("With a login, uploads are limited to 50 MB. Set SCORECARD_MAX_UPLOAD_MB to 50 or less.")
        scheme = self.database.split(":", 1)[0].split("+", 1)[0]
        if scheme not in ("sqlite", "postgresql"):
            raise ValueError(f"The database must be SQLite or PostgreSQL, not {scheme}. Set SCORECARD_DATABASE_URL.")
        return self

    @property
    def database(self) -> str:
        """The address of the database."""
        return self.database_url or f"sqlite:///{self.data_dir / 'scorecard.db'}"

    @property
    def cache_dir(self) -> Path:
        """The folder of cached Parquet and results; it can be deleted at any time."""
        return self.data_dir / "cache"

    def limits(self) -> Limits:
        """The limits of one import."""
        return Limits(
            file_bytes=self.max_upload_mb * 1024**2,
            rows=self.max_rows,
            memory_bytes=self.worker_memory_mb * 1024**2,
            cpu_seconds=self.worker_cpu_seconds,
            wall_seconds=self.worker_seconds,
        )


@cache
def settings() -> Settings:
    """The settings of this process, read once.

    Raises
    ------
    ConfigurationError
        When a setting is unsafe or cannot be read; the message names it.
    """
    try:
        return Settings()
    except ValidationError as wrong:
        lines = []
        for error in wrong.errors():
            name = ".".join(str(part) for part in error["loc"])
            text = error["msg"].removeprefix("Value error, ")
            lines.append(f"SCORECARD_{name.upper()}: {text}." if name else text)
        raise ConfigurationError(" ".join(lines), "Nothing was started.") from wrong


def is_loopback(address: str) -> bool:
    """Whether an address can be reached from this computer only."""
    if address == "localhost":
        return True
    try:
        return ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False
