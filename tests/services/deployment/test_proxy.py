"""A server looked at from outside: one that is as it should be passes, and each thing that is missing alone is refused."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.errors import ConfigurationError
from app.services.deployment.proxy import check_proxy
from tests.hosting.site import certificate

NAME = "127.0.0.1"
POLICY = (
    "default-src 'self'; script-src 'self' 'sha256-x'; connect-src 'self' wss:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
GOOD = {
    "Strict-Transport-Security": "max-age=31536000",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Set-Cookie": "session=x; Secure; HttpOnly",
}
CLOSED = {
    "/_stcore/metrics": 403,
    "/_stcore/script-health-check": 403,
    "/_stcore/agent/openapi.json": 403,
    "/metrics": 404,
    "/_stcore/stream": 403,
}

Served = Callable[..., tuple[str, Path]]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """`served(headers, statuses)` is the address of a server that answers so, and its certificate."""
    running: list[ThreadingHTTPServer] = []
    chain, key = certificate(tmp_path, ["localhost"])

    def start(headers: dict[str, str] | None = None, statuses: dict[str, int] | None = None) -> tuple[str, Path]:
        told, closed = {**GOOD, **(headers or {})}, {**CLOSED, **(statuses or {})}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(closed.get(self.path, 200))
                for name, value in told.items():
                    if value:
                        self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        server = ThreadingHTTPServer((NAME, 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"https://localhost:{server.server_port}", chain

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def refused(address: str, authority: Path) -> list[str]:
    return [finding.about for finding in check_proxy(address, survey=None, authority=authority) if not finding.holds]


def test_a_careful_server_passes(served: Served) -> None:
    assert refused(*served()) == []


@pytest.mark.parametrize(
    ("headers", "about"),
    [
        ({"Strict-Transport-Security": ""}, "Strict-Transport-Security (app)"),
        ({"Strict-Transport-Security": "max-age=31535999"}, "Strict-Transport-Security (app)"),
        ({"Content-Security-Policy": ""}, "Content-Security-Policy"),
        ({"Content-Security-Policy": POLICY.replace("object-src 'none'", "object-src *")}, "Content-Security-Policy"),
        ({"Content-Security-Policy": POLICY.replace("; base-uri 'none'", "")}, "Content-Security-Policy"),
        ({"Content-Security-Policy": POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")}, "Content-Security-Policy"),
        ({"Content-Security-Policy": POLICY.replace("'sha256-x'", "'unsafe-eval'")}, "Content-Security-Policy"),
        ({"Content-Security-Policy": POLICY.replace("'sha256-x'", "'unsafe-inline'")}, "Content-Security-Policy"),
        ({"Content-Security-Policy": POLICY.replace(" wss:", "")}, "Content-Security-Policy"),
        ({"X-Content-Type-Options": ""}, "x-content-type-options"),
        ({"Referrer-Policy": "origin"}, "referrer-policy"),
        ({"Cache-Control": "private"}, "Cache-Control of /media"),
        ({"Set-Cookie": "session=x; HttpOnly"}, "cookies"),
    ],
)
def test_a_header_that_is_missing_is_refused(served: Served, headers: dict[str, str], about: str) -> None:
    assert refused(*served(headers)) == [about]


@pytest.mark.parametrize("path", [path for path in CLOSED if path != "/_stcore/stream"])
def test_an_open_address_is_refused(served: Served, path: str) -> None:
    assert refused(*served(None, {path: 200})) == [path]


def test_a_connection_for_everybody_is_refused(served: Served) -> None:
    assert refused(*served(None, {"/_stcore/stream": 101})) == ["connection from another site"]


def test_uploads_and_managers_at_the_surveys_host_are_refused(served: Served) -> None:
    address, authority = served()
    found = [finding.about for finding in check_proxy(address, survey=address, authority=authority) if not finding.holds]
    assert found == ["uploads at the survey's host", "the managers' pages at the survey's host"]


def test_a_certificate_that_nobody_knows_is_refused(served: Served) -> None:
    address, _ = served()
    with pytest.raises(ConfigurationError, match=r"cannot be trusted: .*\. Install one that browsers know, or name the one that signed it"):
        check_proxy(address, survey=None)


def test_an_address_without_encryption_or_that_is_not_there_is_said(served: Served) -> None:
    with pytest.raises(ConfigurationError, match=r"http://x is no encrypted address\. Write https://"):
        check_proxy("http://x", survey=None)
    with pytest.raises(ConfigurationError, match=r"https://localhost:1 cannot be reached \(ConnectionRefusedError\)"):
        check_proxy("https://localhost:1", survey=None)
