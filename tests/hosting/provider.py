"""An OpenID Connect provider that is really served on the loopback address, insists on a nonce and lets registered clients in only."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.hosting.site import free_port

COOKIE_SECRET = "0123456789abcdef" * 4


def person(sub: str, *, name: str = "", email: str = "") -> dict[str, object]:
    """What the provider says of somebody; the address is verified."""
    return {"sub": sub, "name": name or sub.title(), "email": email or f"{sub}@example.com", "email_verified": True}


@contextmanager
def provider_of(people: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """The address of a provider that knows these people, for as long as the block runs."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-registration", "True", "--require-nonce", "True"]
    command += [part for one in people for part in ("--user-claims", json.dumps(one))]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url, end = f"http://127.0.0.1:{port}", time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{url}/.well-known/openid-configuration", timeout=2).close()
                break
            except OSError:
                assert child.poll() is None, "the provider ended"
                assert time.monotonic() < end, "the provider did not get ready"
                time.sleep(0.1)
        yield url
    finally:
        child.terminate()
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def secrets_of(provider: str, redirect: str) -> str:
    """What the web server needs to know of the provider, which has registered it as a client."""
    body = json.dumps({"redirect_uris": [redirect]}).encode()
    request = urllib.request.Request(f"{provider}/oauth2/clients", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        client: dict[str, Any] = json.load(answer)
    lines = {
        "redirect_uri": redirect,
        "cookie_secret": COOKIE_SECRET,
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "server_metadata_url": f"{provider}/.well-known/openid-configuration",
    }
    return "[auth]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items())
