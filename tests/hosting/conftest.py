"""One running site for all tests of the folder: starting it takes longer than looking at it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import APP_ROLE, NO_NGINX
from tests.hosting.site import Site, nginx_program, start_site, stop_site

DRAIN = 2.0
"""Seconds for which a process of the tests goes on when it is told to stop."""


@pytest.fixture(scope="session")
def site(postgres_url: str, upgraded_postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """nginx from the shipped file in front of two processes with one database."""
    import psycopg

    if nginx_program() is None:
        pytest.skip(NO_NGINX)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE hosted TEMPLATE {upgraded_postgresql}".encode())
    address = postgres_url.rpartition("/")[0].replace("//postgres@", f"//{APP_ROLE}@")
    found = start_site(tmp_path_factory.mktemp("site"), database=f"{address}/hosted", drain=DRAIN)
    yield found
    stop_site(found)


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names below localhost are this computer, which browsers know and not every computer's resolver does."""
    known = socket.getaddrinfo

    def resolved(host: Any, *arguments: Any, **named: Any) -> Any:
        return known("127.0.0.1" if isinstance(host, str) and host.endswith(".localhost") else host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
