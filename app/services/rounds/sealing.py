"""Tokens, and the seal that keeps answers and invitations apart while a round is open.

From the server's secret, which is not in the database, and the round's salt, which is destroyed at the close, come

- where a person's draft lies: HMAC(key, token), so that the database alone does not say whose it is;
- the seal of its content (AES-GCM), so that neither the order of rows nor their history says anything about an answer;
- the tokens of a round, so that a list of links can be shown again without being stored.

Everything a draft holds is padded to a multiple of a kilobyte: its length tells neither how many questions are answered nor how.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.survey.model import Answer, Side

TOKEN_BYTES = 16
"""128 bits, as ASVS 11.5.1 asks for."""
TOKEN_LENGTH = 26
"""Characters of a token: base 32, so that it survives being read aloud, typed on a phone and a change of case."""
PAD = 1024

_ALIKE = str.maketrans("018", "olb", " -\t\r\n")


class Unsealable(ValueError):
    """A draft was sealed with another secret or was changed."""


@dataclass(frozen=True)
class Draft:
    """What one person has answered so far.

    `seen_on` says which device gave which entry ("a:item", "c:dimension", "g:dimension"), so that nobody else with the link is shown
    it; it is dropped at the close. `finished_on` is the device that sent everything off, None before that.
    """

    side: Side
    answers: Mapping[str, Answer] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    guesses: Mapping[str, int] = field(default_factory=dict)
    seen_on: Mapping[str, str] = field(default_factory=dict)
    finished_on: str | None = None

    @property
    def counts(self) -> bool:
        """Whether anything was answered at all."""
        return bool(self.answers or self.comments or self.guesses)


@dataclass(frozen=True)
class RoundKeys:
    """The keys of one open round."""

    locate: bytes
    content: bytes
    device: bytes
    tokens: bytes
    seal: str

    @classmethod
    def of(cls, *, secret: bytes, salt: str) -> RoundKeys:
        """The keys that follow from the server's secret and the round's salt."""
        root = _mac(secret, b"round", salt.encode())
        return cls(
            locate=_mac(root, b"locate"),
            content=_mac(root, b"content"),
            device=_mac(root, b"device"),
            tokens=_mac(root, b"tokens"),
            seal=_mac(root, b"seal").hex()[:32],
        )

    def token(self, name: str) -> str:
        """The token of a person's link or of the shared link, by a random name that is stored."""
        return write_token(_mac(self.tokens, name.encode())[:TOKEN_BYTES])

    def draft_key(self, token: str) -> str:
        """Where the draft of a token lies."""
        return _mac(self.locate, token.encode()).hex()

    def device_tag(self, device: str) -> str:
        """A device's mark inside a draft; it is another one in every round."""
        return _mac(self.device, device.encode()).hex()[:12]

    def seal_draft(self, draft: Draft, *, key: str) -> bytes:
        """The draft as bytes that only these keys open, and only in the place they were made for."""
        content = {
            "s": draft.side,
            "a": dict(draft.answers),
            "c": dict(draft.comments),
            "g": dict(draft.guesses),
            "o": dict(draft.seen_on),
            "f": draft.finished_on,
        }
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        padded = text + b" " * (-len(text) % PAD)
        nonce = secrets.token_bytes(12)
        return nonce + AESGCM(self.content).encrypt(nonce, padded, key.encode())

    def open_draft(self, sealed: bytes, *, key: str) -> Draft:
        """The draft behind the bytes; `Unsealable` when it was sealed with other keys."""
        try:
            text = AESGCM(self.content).decrypt(sealed[:12], sealed[12:], key.encode())
        except InvalidTag as error:
            raise Unsealable("a draft was sealed with another secret") from error
        content = json.loads(text)
        return Draft(
            side=cast(Side, content["s"]),
            answers=content["a"],
            comments=content["c"],
            guesses=content["g"],
            seen_on=content["o"],
            finished_on=content["f"],
        )


def new_token() -> str:
    """A random token of 128 bits."""
    return write_token(secrets.token_bytes(TOKEN_BYTES))


def write_token(content: bytes) -> str:
    """The 16 bytes of a token as 26 characters."""
    return base64.b32encode(content).decode().rstrip("=").lower()


def read_token(typed: str) -> str | None:
    """A token as it is stored, however it was typed (case, spaces, hyphens, 0 for O, 1 for L, 8 for B), or None when it cannot be one."""
    if len(typed) > 4 * TOKEN_LENGTH:
        return None
    token = typed.lower().translate(_ALIKE)
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        content = base64.b32decode(token.upper() + "=" * (-TOKEN_LENGTH % 8))
    except ValueError:
        return None
    return token if write_token(content) == token else None


def token_hash(token: str) -> str:
    """What an invitation stores of a token, and nothing else stores."""
    return sha256(b"invitation\0" + token.encode()).hexdigest()


def new_salt() -> str:
    """A round's salt: 256 random bits."""
    return secrets.token_hex(32)


def _mac(key: bytes, purpose: bytes, *parts: bytes) -> bytes:
    # Each part is preceded by its length, so that no two lists of parts read the same.
    message = b"".join(len(part).to_bytes(4, "big") + part for part in (purpose, *parts))
    return hmac.digest(key, message, "sha256")
