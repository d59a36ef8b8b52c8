"""The web server's own options (Streamlit's) and the app's settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from app.services.deployment.model import Finding
from app.settings import SECRET_LENGTH, UPLOAD_MB_HOSTED, Settings, is_loopback

UNFILLED = "CHANGE-ME"
"""What stands in the shipped files where the operator's own values go."""


@dataclass(frozen=True)
class Served:
    """What the web server will do: its options by name, and the secret that signs its cookies with where that was set.

    `secret_from` is "environment", "secrets" (Streamlit's secrets) or "elsewhere": a file that is part of the program, or nowhere.
    `login` is the part [auth] of Streamlit's secrets.
    """

    options: Mapping[str, object]
    cookie_secret: str
    secret_from: str
    login: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class _Rule:
    wanted: str
    holds: Callable[[object], bool]
    why: str


def _is(value: object) -> Callable[[object], bool]:
    return lambda found: type(found) is type(value) and found == value


def _hosts(found: object) -> bool:
    return _some(found) and not any("*" in str(host) for host in _list(found))


def _list(found: object) -> Sequence[object]:
    return found if isinstance(found, list | tuple) else []


def _some(found: object) -> bool:
    return bool(_list(found))


RULES: Mapping[str, _Rule] = {
    "client.showErrorDetails": _Rule("none", _is("none"), "an error may quote a customer"),
    "client.toolbarMode": _Rule("viewer", _is("viewer"), "visitors get no tools of developers"),
    "client.disableDataExport": _Rule("true", _is(True), "the built-in export does not make formulas harmless; ours does"),
    "server.enableXsrfProtection": _Rule("true", _is(True), "without it another site can send files on a visitor's behalf"),
    "server.enableCORS": _Rule("true", _is(True), "false opens the connection of a page to every other site"),
    "server.allowedHosts": _Rule("the host's name", _hosts, "without it a page of another name can be led here (DNS rebinding)"),
    "server.corsAllowedOrigins": _Rule("nothing", lambda found: not found, "no other site may talk to the app"),
    "server.maxUploadSize": _Rule(
        f"{UPLOAD_MB_HOSTED} at most",
        lambda found: isinstance(found, int | float) and 0 < found <= UPLOAD_MB_HOSTED,
        "an upload is held in the memory that all share",
    ),
    "server.enableStaticServing": _Rule("false", _is(False), "files go through our own routes, which check who asks"),
    "server.enableAgentApi": _Rule("false", _is(False), "nobody drives the app by a program"),
    "server.trustedUserHeaders": _Rule("nothing", lambda found: not found or found == "{}", "a header would be believed over the login"),
    "server.unsafeMetricsUserAttributes": _Rule("nothing", lambda found: not found, "it publishes who uses the app"),
    "server.fileWatcherType": _Rule("none", _is("none"), "the code of a running server does not change"),
    "browser.gatherUsageStats": _Rule("false", _is(False), "nothing is told to others"),
    "runner.magicEnabled": _Rule("false", _is(False), "a bare value in a page would be shown"),
}
"""Each of Streamlit's options that must have a certain value, with the reason."""


def check_options(served: Served) -> tuple[Finding, ...]:
    """One finding for each of `RULES`, and one for the secret of the cookies."""
    found = []
    for name, rule in RULES.items():
        value = served.options.get(name)
        section, _, option = name.partition(".")
        # The server is told the largest upload by the app, which knows it from its own setting.
        where = (
            "SCORECARD_MAX_UPLOAD_MB"
            if name == "server.maxUploadSize"
            else f"{environment_name(name)} (or {option} under [{section}] in .streamlit/config.toml)"
        )
        found.append(
            Finding(
                section,
                name,
                rule.holds(value),
                _shown(value),
                f"Set {where} to {rule.wanted}: {rule.why}.",
            )
        )
    long = len(served.cookie_secret.encode()) >= SECRET_LENGTH
    found.append(
        Finding(
            "server",
            "server.cookieSecret",
            long and served.secret_from != "elsewhere",
            f"{len(served.cookie_secret.encode())} bytes from the {served.secret_from}" if served.secret_from != "elsewhere" else "not set",
            f"Set {environment_name('server.cookieSecret')} to {SECRET_LENGTH} random bytes or more, the same in all processes: "
            "openssl rand -hex 32. Whoever knows it can sign in as anybody.",
        )
    )
    return (*found, *_login(served.login))


def _login(given: Mapping[str, object]) -> tuple[Finding, ...]:
    """The identity provider and the way back from it."""
    parts = [given, *(value for value in given.values() if isinstance(value, Mapping))]
    providers = [
        part
        for part in parts
        if part.get("client_id")
        and str(part.get("server_metadata_url", "")).startswith("https://")
        and not any(UNFILLED in str(value) for value in part.values())
    ]
    back = str(given.get("redirect_uri", ""))
    return (
        Finding(
            "login",
            "provider",
            bool(providers),
            f"{len(providers)} with an encrypted address",
            "Write client_id, client_secret and server_metadata_url (https) into [auth] of Streamlit's secrets, as in deploy/.",
        ),
        Finding(
            "login",
            "redirect_uri",
            back.startswith("https://") and back.endswith("/oauth2callback"),
            back or "not set",
            "Set redirect_uri in [auth] of Streamlit's secrets to https://app.example.com/oauth2callback.",
        ),
        Finding(
            "login",
            "expose_tokens",
            not any(part.get("expose_tokens") for part in parts),
            "set" if any(part.get("expose_tokens") for part in parts) else "not set",
            "Remove expose_tokens: no page needs the provider's tokens.",
        ),
    )


def check_settings(chosen: Settings) -> tuple[Finding, ...]:
    """What must hold of the app's own settings before others may reach it."""
    return (
        Finding(
            "app",
            "SCORECARD_LOGIN",
            chosen.login == "oidc",
            chosen.login,
            "Set SCORECARD_LOGIN=oidc, so that members sign in: see the README.",
        ),
        Finding(
            "app",
            "SCORECARD_SECRET",
            bool(chosen.secret),
            "set" if chosen.secret else "a file in the data folder",
            "Set SCORECARD_SECRET, the same in all processes: survey answers are sealed with it. Make one with: openssl rand -hex 32",
        ),
        Finding(
            "app",
            "SCORECARD_PUBLIC_URL",
            chosen.public_url.startswith("https://"),
            chosen.public_url or "not set",
            "Set SCORECARD_PUBLIC_URL to the survey's address, beginning with https://, so that its links and cookies are encrypted.",
        ),
        Finding(
            "app",
            "SCORECARD_LOG",
            chosen.log == "json",
            chosen.log,
            "Set SCORECARD_LOG=json: errors in the other form may quote what was in a file.",
        ),
        Finding(
            "app",
            "SCORECARD_SMTP_URL",
            not chosen.smtp_url or chosen.smtp_url.startswith("smtps://") or "@" in chosen.smtp_url or _loopback_mail(chosen.smtp_url),
            "not set" if not chosen.smtp_url else "set",
            "Use smtps://, or a user and a password, which are sent over an encrypted connection only.",
        ),
    )


def environment_name(option: str) -> str:
    """The environment variable of one of Streamlit's options: "server.maxUploadSize" is STREAMLIT_SERVER_MAX_UPLOAD_SIZE."""
    words = re.sub(r"(?<![A-Z.])(?=[A-Z])", "_", option)
    return f"STREAMLIT_{words.replace('.', '_').upper()}"


def _loopback_mail(url: str) -> bool:
    return is_loopback(url.partition("://")[2].partition(":")[0].partition("/")[0])


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "nothing"
    return str(value) if value not in (None, "", {}) else "nothing"
