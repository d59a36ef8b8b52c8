"""The settings: one class, read once from the environment, refused at the start when they are unsafe.

Each variable begins with ``SCORECARD_``, for example ``SCORECARD_DATA_DIR``. Without any, the app is one person's: a SQLite file in
``var/`` beside the code, listening to this computer only. Nothing else in the project reads the environment for its settings.

A web server's own settings (theme, cookies, details of errors) stand in ``.streamlit/config.toml``, and the login's in Streamlit's
secrets; what both must agree on is checked here.
"""

from __future__ import annotations

import ipaddress
import math
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from app.errors import ConfigurationError

if TYPE_CHECKING:
    from app.ingest.limits import Limits

ROOT = Path(__file__).resolve().parents[1]
"""The project's folder: relative paths in the settings begin here, not where the command was typed."""

Login = Literal["none", "oidc"]
Founding = Literal["closed", "open"]
LogKind = Literal["text", "json"]

PREFIX = "SCORECARD_"
UPLOAD_MB_ALONE = 800
"""Largest upload in megabytes where the app serves one person: five million deals are about 600 MB of CSV. No database keeps 1 GB."""
UPLOAD_MB_HOSTED = 50
"""Largest upload where it serves many: an upload is held in the memory of a process that others share."""
WORKER_MB_ALONE, WORKER_MB_HOSTED = 4_096, 1_536
"""Memory (address space) of the process that opens a file: a million rows, 120 MB of CSV, take 0.7 GB, five million 2 GB. With a login at
most 50 MB are taken, so that two files at once stay within 1 GB."""

SECRET_LENGTH = 32
"""Fewest characters of a secret: 128 bits when they are hexadecimal."""

_TESTS = f"{PREFIX}TEST_"
_SQLITE, _POSTGRESQL = ("sqlite", "sqlite+pysqlite"), ("postgres", "postgresql", "postgresql+psycopg")
_MEGABYTE = 1024**2


@dataclass(frozen=True)
class Settings:
    """What can be set, with the name in lower case and without the prefix.

    Parameters
    ----------
    data_dir
        Where the app keeps its database and its cache.
    database_url
        ``sqlite:///folder/file.db`` or ``postgresql://user:password@host/name``; where none is set, a SQLite file in `data_dir`.
    migration_url
        The same PostgreSQL database with the role that owns the tables, for upgrades and backups, where `database_url` names a lesser
        role. Where none is set, `database_url` is used for these too.
    cache_dir
        Copies of imported tables by their hash; can be deleted at any time. Defaults to ``cache`` in `data_dir`.
    address, port
        Where the server listens. An address that others can reach is refused without a login.
    login
        ``none``: one person on their own computer. ``oidc``: members sign in at the identity provider in Streamlit's secrets.
    founding
        ``open``: whoever signs in may found an organization. ``closed``: organizations are founded with ``python -m app found``.
    max_upload_mb
        Largest file in megabytes; 800 alone, and at most 50 with a login, when a process is shared.
    max_rows, max_columns
        Most rows and columns of one imported table.
    max_members, max_open_rounds
        Of one organization: its people, and the rounds of the survey that are open at the same time.
    max_imports, max_reports
        Of one organization: files that are read, and reports that are made, at the same time.
    worker_memory_mb, worker_cpu_seconds, worker_seconds
        Limits of the process that opens an uploaded file; the last is of the clock on the wall.
    secret
        What survey answers are sealed with while a round is open, at least 32 characters and the same in all replicas. Where none is
        set, a file ``secret`` in `data_dir` is made when it is first needed.
    public_url
        The address at which people reach the survey, such as ``https://survey.example.com``; links begin with it. Where none is set,
        they begin with the address that the manager's browser shows.
    log
        ``text`` for people, ``json`` for programs: one line an event, without personal data; with a login, JSON.
    metrics_token
        Who shows it may read ``/metrics`` from another computer, at least 32 characters. Without it, this computer only.
    drain_seconds
        How long a process that is told to stop goes on serving while it takes no new visitors; 0 to stop at once.
    replica
        The name of this process among several, such as ``a``: the proxy keeps a visitor with the process it names.
    smtp_url, mail_from
        The mail server for reminders, ``smtp://user:password@host:587`` or ``smtps://…``, and the sender. Without them reminders are
        copied by hand.
    """

    data_dir: Path
    # A password may stand in the address, so it is not shown when the settings are printed.
    database_url: str = field(repr=False)
    migration_url: str = field(repr=False)
    cache_dir: Path
    address: str
    port: int
    login: Login
    founding: Founding
    max_upload_mb: int
    max_rows: int
    max_columns: int
    max_members: int
    max_open_rounds: int
    max_imports: int
    max_reports: int
    worker_memory_mb: int
    worker_cpu_seconds: int
    worker_seconds: float
    secret: str = field(repr=False)
    public_url: str
    smtp_url: str = field(repr=False)
    mail_from: str
    log: LogKind
    metrics_token: str = field(repr=False)
    drain_seconds: float
    replica: str

    def __post_init__(self) -> None:
        """Refuse what is unsafe together."""
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

    @property
    def owner_url(self) -> str:
        """The address of the database with the role that owns the tables."""
        return self.migration_url or self.database_url

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
            columns=self.max_columns,
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
    return read(os.environ)


def read(environment: Mapping[str, str]) -> Settings:
    """The settings that the variables of an environment give. An empty variable is as good as none.

    Raises
    ------
    ConfigurationError
        As for `settings`.
    """
    known = {f"{PREFIX}{name.upper()}": name for name in Settings.__dataclass_fields__}
    given: dict[str, str] = {}
    for name in sorted(environment):
        # Windows does not tell upper from lower case.
        upper = name.upper()
        if not upper.startswith(PREFIX) or upper.startswith(_TESTS):
            continue
        if upper not in known:
            # A misspelt name would otherwise be ignored in silence, and the app would write somewhere else than meant.
            raise ConfigurationError(f"There is no setting {name}.", f"The settings are {', '.join(sorted(known))}.")
        if environment[name]:
            given[known[upper]] = environment[name]

    data_dir = ROOT / Path(given.get("data_dir", "var")).expanduser()
    login: Login = "oidc" if _one_of(given, "login", ("none", "oidc")) == "oidc" else "none"
    return Settings(
        data_dir=data_dir,
        database_url=_database_url("database_url", given.get("database_url", f"sqlite:///{(data_dir / 'scorecard.db').as_posix()}")),
        migration_url=_migration_url(given.get("migration_url", "")),
        cache_dir=ROOT / Path(given["cache_dir"]).expanduser() if "cache_dir" in given else data_dir / "cache",
        address=given.get("address", "127.0.0.1"),
        port=_whole(given, "port", 8501, least=1, most=65_535),
        login=login,
        founding="open" if _one_of(given, "founding", ("closed", "open")) == "open" else "closed",
        max_upload_mb=_whole(given, "max_upload_mb", UPLOAD_MB_HOSTED if login == "oidc" else UPLOAD_MB_ALONE, least=1, most=950),
        max_rows=_whole(given, "max_rows", 6_000_000, least=1),
        max_columns=_whole(given, "max_columns", 500, least=1, most=16_384),
        max_members=_whole(given, "max_members", 200, least=1),
        max_open_rounds=_whole(given, "max_open_rounds", 10, least=1),
        max_imports=_whole(given, "max_imports", 3, least=1),
        max_reports=_whole(given, "max_reports", 3, least=1),
        worker_memory_mb=_whole(given, "worker_memory_mb", WORKER_MB_HOSTED if login == "oidc" else WORKER_MB_ALONE, least=512),
        worker_cpu_seconds=_whole(given, "worker_cpu_seconds", 240, least=1),
        worker_seconds=_seconds(given, "worker_seconds", 600.0, least=1),
        secret=_secret("secret", given.get("secret", "")),
        public_url=_public_url(given.get("public_url", "")),
        smtp_url=_smtp_url(given.get("smtp_url", "")),
        mail_from=given.get("mail_from", ""),
        log="json" if _one_of(given, "log", ("json", "text") if login == "oidc" else ("text", "json")) == "json" else "text",
        metrics_token=_secret("metrics_token", given.get("metrics_token", "")),
        drain_seconds=_seconds(given, "drain_seconds", 0.0, least=0),
        replica=_replica(given.get("replica", "")),
    )


def _whole(given: Mapping[str, str], name: str, default: int, *, least: int, most: int | None = None) -> int:
    text = given.get(name, str(default))
    try:
        value = int(text)
    except ValueError:
        raise _senseless(name, f"should be a whole number, not “{text}”") from None
    if value < least or (most is not None and value > most):
        raise _senseless(name, f"should be at least {least}" if most is None else f"should be from {least} to {most}")
    return value


def _seconds(given: Mapping[str, str], name: str, default: float, *, least: float) -> float:
    text = given.get(name, str(default))
    try:
        value = float(text)
    except ValueError:
        raise _senseless(name, f"should be a number, not “{text}”") from None
    if not math.isfinite(value) or value < least:
        raise _senseless(name, f"should be at least {least:g}, and not infinite")
    return value


def _one_of(given: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = given.get(name, choices[0])
    if value not in choices:
        raise _senseless(name, f"should be {' or '.join(choices)}, not “{value}”")
    return value


def _senseless(name: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"{PREFIX}{name.upper()} {why}.", "Correct it, or remove it to use the default.")


def _migration_url(url: str) -> str:
    if url and urlsplit(url).scheme not in _POSTGRESQL:
        raise ConfigurationError(f"{PREFIX}MIGRATION_URL is not PostgreSQL.", "SQLite has no roles; leave it out there.")
    return _database_url("migration_url", url) if url else ""


def _database_url(setting: str, url: str) -> str:
    """The address of a database that is supported. No refusal quotes it, because a password may stand in it."""
    try:
        scheme, path = urlsplit(url).scheme, urlsplit(url).path
    except ValueError:
        scheme, path = "", ""
    if scheme in _SQLITE:
        return _sqlite_address(url)
    name = f"{PREFIX}{setting.upper()}"
    if scheme not in _POSTGRESQL:
        raise ConfigurationError(
            f"{name} is neither SQLite nor PostgreSQL.", "Write sqlite:///folder/file.db or postgresql://user:password@host/name."
        )
    if not path.strip("/"):
        raise ConfigurationError(f"{name} names no database.", "Write postgresql://user:password@host/name.")
    return url


def _secret(name: str, secret: str) -> str:
    if secret and len(secret) < SECRET_LENGTH:
        raise ConfigurationError(
            f"{PREFIX}{name.upper()} is shorter than {SECRET_LENGTH} characters.", "Make one with: openssl rand -hex 32"
        )
    return secret


def _replica(name: str) -> str:
    # The name goes into a header and a cookie.
    if name and not re.fullmatch(r"[a-z0-9-]{1,20}", name):
        raise _senseless("replica", "should be one word of small letters and digits, such as a")
    return name


def _public_url(url: str) -> str:
    parts = _parts(url)
    if url and (parts is None or parts[0] not in ("http", "https") or not parts[1]):
        raise ConfigurationError(f"{PREFIX}PUBLIC_URL is no web address.", "Write https://survey.example.com.")
    return url.rstrip("/")


def _smtp_url(url: str) -> str:
    parts = _parts(url)
    if url and (parts is None or parts[0] not in ("smtp", "smtps") or not parts[1]):
        raise ConfigurationError(
            f"{PREFIX}SMTP_URL is no mail server.", "Write smtp://user:password@host:587 or smtps://user:password@host:465."
        )
    return url


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
        raise ConfigurationError(
            f"{PREFIX}DATABASE_URL names no file, so everything would be lost at the end.", "Write sqlite:///folder/file.db."
        )
    return f"{scheme}:///{(ROOT / Path(file).expanduser()).as_posix()}"


def refuse_public_listening(address: str | None, *, login: Login) -> None:
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
