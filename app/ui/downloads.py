"""Files for download, through our own route: made when they are asked for, handed only to the member they were offered to.

A page offers a file; the offer is a random-looking address that this process remembers for a while. Streamlit's own media
addresses ask nobody who they are, so they are not used for anything that belongs to a team.
"""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock

from app.clock import now
from app.services.actor import Actor

OFFERS = 3_000
SECONDS = 3_600

_secret = secrets.token_bytes(32)
_offers: OrderedDict[str, Offer] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True)
class Offer:
    """A file that can be fetched: whose it is, what it is called, what kind it is, and how it is made."""

    organization_id: str
    member_id: str
    file_name: str
    media_type: str
    make: Callable[[], bytes]
    until: float


def offer(actor: Actor, *, file_name: str, media_type: str, content_key: str, make: Callable[[], bytes]) -> str:
    """The address of a file for a member, relative to the app.

    The same file offered again has the same address, so that a rerun offers nothing new. `content_key` names the content
    (a hash); it is part of the address only through a keyed hash, so addresses cannot be guessed.
    """
    token = sha256(_secret + "\0".join((actor.organization_id, actor.member_id, file_name, content_key)).encode()).hexdigest()[:40]
    with _lock:
        _offers[token] = Offer(actor.organization_id, actor.member_id, safe_name(file_name), media_type, make, now().timestamp() + SECONDS)
        _offers.move_to_end(token)
        while len(_offers) > OFFERS:
            _offers.popitem(last=False)
    return f"download/{token}/{safe_name(file_name)}"


def find(token: str) -> Offer | None:
    """The offer with this token, unless it is unknown or over."""
    with _lock:
        found = _offers.get(token)
    return found if found is not None and found.until > now().timestamp() else None


def safe_name(name: str) -> str:
    """A file name that every system takes: letters, digits, dot, dash and underscore."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "file"
