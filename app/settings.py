"""The settings: one class, read once from the environment, refused at the start when they are unsafe.

Each variable begins with ``SCORECARD_``, for example ``SCORECARD_DATA_DIR``. Without any, the app is one person's: a SQLite file in
``var/`` beside the code, listening to this computer only. Nothing else in the project reads the environment for its settings.

A web server's own settings (theme, cookies, details of errors) stand in ``.streamlit/config.toml``, and the login's in Streamlit's
secrets; what both must agree on is checked here.
"""

from __future__ import annotations

import ipaddress
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import ConfigurationError

if TYPE_CHECKING:
    from app.ingest.limits import Limits

ROOT = Path(__file__).resolve().parents[1]
"""The project's folder: relative paths in the settings begin here, not where the command was typed."""

PREFIX = "SCORECARD_"
UPLOAD_MB_ALONE = 200
"""Largest upload in megabytes where the app serves one person: a million deals are about 100 MB of CSV."""
UPLOAD_MB_HOSTED = 50
"""Largest upload where it serves many: an upload is held in the memory of a process that others share."""

SECRET_LENGTH = 32
"""Fewest characters of the secret: 128 bits when they are hexadecimal."""

_TESTS = f"{PREFIX}TEST_"
_SQLITE, _POSTGRESQL = ("sqlite", "sqlite+pysqlite"), ("postgres", "postgresql", "postgresql+psycopg")
_MEGABYTE = 1024**2


class Settings(BaseSettings):
    """What can be set, with the name in lower case and without the prefix.

    Parameters
    ----------
    data_dir
        Where the app keeps its database and its cache.
    database_url
        ``sqlite:///folder/file.db`` or ``postgresql://user:password@host/name``; where none is set, a SQLite file in `data_dir`.
    cache_dir
        Copies of imported tables by their hash; can be deleted at any time. Defaults to ``cache`` in `data_dir`.
    address, port
        Where the server listens. An address that others can reach is refused without a login.
    login
        ``none``: one person on their own computer. ``oidc``: members sign in at the identity provider in Streamlit's secrets.
    max_upload_mb
        Largest file in megabytes; 200 alone, and at most 50 with a login, when a process is shared.
    max_rows
        Most rows of one imported table.
    worker_memory_mb, worker_cpu_seconds, worker_seconds
        Limits of the process that opens an uploaded file; the last is of the clock on the wall.
    secret
        What survey answers are sealed with while a round is open, at least 32 characters and the same in all replicas. Where none is
        set, a file ``secret`` in `data_dir` is made when it is first needed.
    public_url
        The address at which people reach the survey, such as ``https://survey.example.com``; links begin with it. Where none is set,
        they begin with the address that the manager's browser shows.
    smtp_url, mail_from
        The mail server for reminders, ``smtp://user:password@host:587`` or ``smtps://…``, and the sender. Without them reminders are
        copied by hand.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid", hide_input_in_errors=True)

    data_dir: Path = ROOT / "var"
    # A password may stand in the address, so it is not shown when the settings are printed.
    database_url: Annotated[str, Field(repr=False)] = ""
    cache_dir: Path = Path()
    address: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8501
    login: Literal["none", "oidc"] = "none"
    max_upload_mb: Annotated[int, Field(ge=1, le=2000)] = 0
    max_rows: Annotated[int, Field(ge=1)] = 2_000_000
    worker_memory_mb: Annotated[int, Field(ge=512)] = 1536
    worker_cpu_seconds: Annotated[int, Field(ge=1)] = 60
    worker_seconds: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 90.0
    secret: Annotated[str, Field(repr=False)] = ""
    public_url: str = ""
    smtp_url: Annotated[str, Field(repr=False)] = ""
    mail_from: str = ""

    @field_validator("data_dir", "cache_dir")
    @classmethod
    def _below_the_project(cls, folder: Path) -> Path:
        return ROOT / folder.expanduser()

    @model_validator(mode="before")
    @classmethod
    def _follow(cls, given: dict[str, object]) -> dict[str, object]:
        """Fill what follows from something else."""
        data_dir = ROOT / Path(str(given.get("data_dir", cls.model_fields["data_dir"].default))).expanduser()
        hosted = given.get("login") == "oidc"
        follows = {
            "database_url": f"sqlite:///{(data_dir / 'scorecard.db').as_posix()}",
            "cache_dir": data_dir / "cache",
            "max_upload_mb": UPLOAD_MB_HOSTED if hosted else UPLOAD_MB_ALONE,
        }
        return {**follows, **given}

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        try:
            scheme, path = urlsplit(url).scheme, urlsplit(url).path
        except ValueError:
            scheme, path = "", ""
        if scheme in _SQLITE:
            return _sqlite_address(url)
        if scheme not in _POSTGRESQL:
            raise ValueError("is neither SQLite nor PostgreSQL. Write sqlite:///folder/file.db or postgresql://user:password@host/name.")
        if not path.strip("/"):
            raise ValueError("names no database. Write postgresql://user:password@host/name.")
        return url

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: str) -> str:
        if secret and len(secret) < SECRET_LENGTH:
            raise ValueError(f"is shorter than {SECRET_LENGTH} characters. Make one with: openssl rand -hex 32")
        return secret

    @field_validator("public_url")
    @classmethod
    def _web_address(cls, url: str) -> str:
        parts = _parts(url)
        if url and (parts is None or parts[0] not in ("http", "https") or not parts[1]):
            raise ValueError("is no web address. Write https://survey.example.com.")
        return url.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _mail_address(cls, url: str) -> str:
        parts = _parts(url)
        if url and (parts is None or parts[0] not in ("smtp", "smtps") or not parts[1]):
            raise ValueError("is no mail server. Write smtp://user:password@host:587 or smtps://user:password@host:465.")
        return url

    @model_validator(mode="after")
    def _safe(self) -> Self:
        refuse_public_listening(self.address, login=self.login)
        if self.login == "oidc" and self.max_upload_mb > UPLOAD_MB_HOSTED:
            raise ConfigurationError(
                f"{PREFIX}MAX_UPLOAD_MB is {self.max_upload_mb}, and with a login at most {UPLOAD_MB_HOSTED} is allowed.",
                "Members share the memory of one process. Set it lower, or export fewer columns and import in parts.",
            )
        if bool(self.smtp_url) != bool(self.mail_from):
            raise ConfigurationError(
                f"{PREFIX}SMTP_URL and {PREFIX}MAIL_FROM belong together, and one of them is missing.",
                "Set both to let the app send reminders, or neither.",
            )
        if self.worker_seconds < self.worker_cpu_seconds:
            raise ConfigurationError(
                f"{PREFIX}WORKER_SECONDS is shorter than {PREFIX}WORKER_CPU_SECONDS.",
                "A file may take as long on the clock as in processor time, so set it to at least the same.",
            )
        return self

    @property
    def max_upload_bytes(self) -> int:
        """Largest file in bytes."""
        return self.max_upload_mb * _MEGABYTE

    def limits(self) -> Limits:
        """The limits of one import; those that cannot be set keep the values that `Limits` gives them."""
        # Imported here: the settings are read where no file is ever opened.
        from app.ingest.limits import Limits

        return Limits(
            file_bytes=self.max_upload_bytes,
            rows=self.max_rows,
            memory_bytes=self.worker_memory_mb * _MEGABYTE,
            cpu_seconds=self.worker_cpu_seconds,
            wall_seconds=self.worker_seconds,
        )

    def prepare_folders(self) -> None:
        """Make the folders and see that files can be written there; called once when the server starts.

        Raises
        ------
        ConfigurationError
            When a folder cannot be made or written to.
        """
        for name in ("data_dir", "cache_dir"):
            folder: Path = getattr(self, name)
            try:
                folder.mkdir(parents=True, exist_ok=True)
                with tempfile.NamedTemporaryFile(dir=folder, prefix=".can-write-"):
                    pass
            except OSError as error:
                raise ConfigurationError(
                    f"Nothing can be written in the folder {folder}: {error.strerror or error}.",
                    f"Allow it, or name another folder in {PREFIX}{name.upper()}.",
                ) from error


@cache
def settings() -> Settings:
    """The settings of this process, read at the first call. Tests that change the environment call ``settings.cache_clear()``.

    Raises
    ------
    ConfigurationError
        When a variable is unknown, cannot be understood, or allows something unsafe.
    """
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in sorted(os.environ):
        # A misspelt name would otherwise be ignored in silence, and the app would write somewhere else than meant.
        if name.upper().startswith(PREFIX) and not name.upper().startswith(_TESTS) and name.upper() not in known:
            raise ConfigurationError(f"There is no setting {name}.", f"The settings are {', '.join(sorted(known))}.")
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = f"{PREFIX}{str(first['loc'][0]).upper()}" if first["loc"] else "A setting"
        # Pydantic writes "Input should be …", our own checks begin with a verb; both follow the name of the setting.
        text = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
        if text.endswith("."):
            raise ConfigurationError(f"{name} {text}") from error
        raise ConfigurationError(f"{name} {text}.", "Correct it, or remove it to use the default.") from error


def refuse_public_listening(address: str | None, *, login: Literal["none", "oidc"]) -> None:
    """Refuse a server that others could reach while nobody has to sign in.

    Parameters
    ----------
    address
        Where the server listens. None and "" mean every address of the computer, as they do for Streamlit.
    login
        Whether members sign in.

    Raises
    ------
    ConfigurationError
        When `login` is "none" and the address is not one of this computer's own.
    """
    if login == "none" and not is_loopback(address or ""):
        shown = address or "every address of this computer"
        raise ConfigurationError(
            f"The server would listen on {shown}, where others can reach it, and no login is set up.",
            f"Listen on 127.0.0.1, or set up a login and set {PREFIX}LOGIN=oidc.",
        )


def is_loopback(address: str) -> bool:
    """Whether a server at this address can be reached from this computer only."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        # Another name than localhost may mean any address, now or later.
        return False


def _parts(url: str) -> tuple[str, str | None] | None:
    """Scheme and host of an address, None when it is none."""
    try:
        parts = urlsplit(url)
        # Reading the port is what checks it.
        return (parts.scheme, parts.hostname) if parts.port is None or parts.port else None
    except ValueError:
        return None


def _sqlite_address(url: str) -> str:
    """The address with its file below the project's folder when it is relative."""
    scheme, _, file = url.partition(":///")
    if file in ("", ":memory:") or file.startswith((":memory:?", "file:")):
        raise ValueError("names no file, so everything would be lost at the end. Write sqlite:///folder/file.db.")
    return f"{scheme}:///{(ROOT / Path(file).expanduser()).as_posix()}"
