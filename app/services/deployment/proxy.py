"""The server as the network sees it: what it says and refuses over TLS, looked at from outside."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app.errors import ConfigurationError
from app.services.deployment.model import Finding

TIMEOUT = 10.0
YEAR = 365 * 86_400
POLICY = {"default-src": "'self'", "object-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'"}
"""What the content security policy must say."""
CLOSED = ("/_stcore/metrics", "/_stcore/script-health-check", "/_stcore/agent/openapi.json", "/metrics")
STRANGER = "https://stranger.invalid"


@dataclass(frozen=True)
class Answer:
    """What a request was answered with: the status and the headers in small letters, each with all its values."""

    status: int
    headers: dict[str, list[str]]

    def first(self, name: str) -> str:
        """The first value of a header, "" where it is missing."""
        return self.headers.get(name, [""])[0]


Ask = Callable[..., Answer]


def check_proxy(address: str, *, survey: str | None, authority: Path | None = None) -> tuple[Finding, ...]:
    """Look at the managers' host, and at the survey's where it has one of its own.

    Parameters
    ----------
    address, survey
        ``https://app.example.com`` and ``https://survey.example.com``.
    authority
        A file with the certificate that signed the server's, when it is not one that computers know.

    Raises
    ------
    ConfigurationError
        When an address is not https, or cannot be reached.
    """
    managers = _asker(address, authority)
    found = [*_managers(address, managers), _stranger(address, authority), _plain(address)]
    if survey is not None:
        asking = _asker(survey, authority)
        found += [_encrypted("survey", asking("/s/done")), _upload_closed(asking), _managers_closed(asking)]
    return tuple(found)


def _managers(address: str, ask: Ask) -> list[Finding]:
    page = ask("/", headers={"Accept": "text/html"})
    answers = [page, ask("/_stcore/health"), ask("/_stcore/host-config")]
    policy = {part.strip().partition(" ")[0]: part.strip().partition(" ")[2] for part in page.first("content-security-policy").split(";")}
    missing = [name for name, value in POLICY.items() if policy.get(name) != value]
    unsafe = [word for word in ("'unsafe-eval'", "'unsafe-inline'", "*") if word in policy.get("script-src", POLICY["default-src"]).split()]
    connects = policy.get("connect-src", "").split()
    cookies = [cookie for answer in answers for cookie in answer.headers.get("set-cookie", [])]
    bare = [cookie.partition("=")[0] for cookie in cookies if not re.search(r";\s*secure(?:;|$)", cookie, re.IGNORECASE)]
    media = ask("/media/none")
    found = [
        _finding("page", page.status == 200, f"status {page.status}", "The app's page must be answered."),
        _encrypted("app", page),
        _finding(
            "Content-Security-Policy",
            not missing and not unsafe and {"'self'", "wss:"} <= set(connects),
            "; ".join([*(f"no {name}" for name in missing), *(f"script-src has {word}" for word in unsafe)]) or "as it should be",
            "Pass the app's own header on, as the shipped nginx configuration does.",
        ),
        _header(page, "x-content-type-options", "nosniff"),
        _header(page, "referrer-policy", "no-referrer"),
        _finding(
            "Cache-Control of /media",
            "no-store" in media.first("cache-control"),
            media.first("cache-control") or "not set",
            "Pass the app's own header on: files of one visitor must be in no cache.",
        ),
        _finding(
            "cookies",
            not bare,
            f"without Secure: {', '.join(sorted(set(bare)))}" if bare else f"{len(cookies)} with Secure",
            "Send X-Forwarded-Proto to the app, or add Secure in the proxy (nginx: proxy_cookie_flags ~ secure).",
        ),
    ]
    for path in CLOSED:
        status = ask(path).status
        found.append(
            _finding(path, status in (403, 404), f"status {status}", f"Close {path} in the proxy, and send X-Forwarded-For to the app.")
        )
    return found


def _encrypted(host: str, answer: Answer) -> Finding:
    age = re.search(r"max-age=(\d+)", answer.first("strict-transport-security"))
    return _finding(
        f"Strict-Transport-Security ({host})",
        age is not None and int(age[1]) >= YEAR,
        answer.first("strict-transport-security") or "not set",
        "Send X-Forwarded-Proto to the app, or add the header in the proxy: max-age of a year (31536000) or more.",
    )


def _header(answer: Answer, name: str, wanted: str) -> Finding:
    value = answer.first(name)
    return _finding(name, value == wanted, value or "not set", f"Pass the app's own header on: {name}: {wanted}.")


def _upload_closed(ask: Ask) -> Finding:
    status = ask("/_stcore/upload_file/x/y", method="PUT").status
    return _finding("uploads at the survey's host", status == 403, f"status {status}", "Close /_stcore/ at the survey's host.")


def _managers_closed(ask: Ask) -> Finding:
    status = ask("/", headers={"Accept": "text/html"}).status
    return _finding("the managers' pages at the survey's host", status in (403, 404), f"status {status}", "Pass /s/ on, and nothing else.")


def _stranger(address: str, authority: Path | None) -> Finding:
    """Whether a page of another site may open the connection on which everything runs."""
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "c3RyYW5nZXIgc3RyYW5nZQ==",
        "Origin": STRANGER,
    }
    status = _asker(address, authority)("/_stcore/stream", headers=handshake).status
    return _finding(
        "connection from another site", status in (400, 403), f"status {status}", "Leave server.enableCORS on, and allow no other origins."
    )


def _plain(address: str) -> Finding:
    """What is answered without encryption: nothing, or the way to the encrypted address."""
    host = urlsplit(address).hostname or ""
    try:
        with closing(http.client.HTTPConnection(host, 80, timeout=2)) as connection:
            connection.request("GET", "/", headers={"Host": host})
            reply = connection.getresponse()
            status, where = reply.status, reply.getheader("location") or ""
    except OSError:
        return _finding("port 80", True, "closed", "")
    return _finding(
        "port 80",
        status in (301, 308) and where.startswith("https://"),
        f"status {status}",
        "Answer requests without encryption with a redirect to https and nothing else.",
    )


def _finding(about: str, holds: bool, found: str, remedy: str) -> Finding:
    return Finding("proxy", about, holds, found, remedy)


def _asker(address: str, authority: Path | None) -> Ask:
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname:
        raise ConfigurationError(f"{address} is no encrypted address.", "Write https://app.example.com.")
    host, port = parts.hostname, parts.port or 443
    try:
        context = ssl.create_default_context(cafile=None if authority is None else str(authority))
    except OSError as error:
        raise ConfigurationError(f"The certificate {authority} cannot be read.", "Name a file in PEM form.") from error

    def ask(path: str, *, method: str = "GET", headers: dict[str, str] | None = None) -> Answer:
        try:
            with closing(http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=context)) as connection:
                connection.request(method, path, headers=headers or {})
                reply = connection.getresponse()
                found: dict[str, list[str]] = {}
                for name, value in reply.getheaders():
                    found.setdefault(name.lower(), []).append(value)
                return Answer(reply.status, found)
        except ssl.SSLCertVerificationError as error:
            raise ConfigurationError(
                f"The certificate of {address} cannot be trusted: {error.verify_message}.",
                "Install one that browsers know, or name the one that signed it with --ca.",
            ) from error
        except (OSError, socket.gaierror, http.client.HTTPException) as error:
            raise ConfigurationError(
                f"{address} cannot be reached ({type(error).__name__}).", "Start the proxy, and check the name and the port."
            ) from error

    return ask
