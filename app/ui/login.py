"""The login: who Streamlit's signed cookie speaks of, asked of our own record at every click.

Imported only where there is a login. Streamlit reads the cookie at the start of a browser session (`st.user`); our own addresses read it
from the request, with Streamlit's own functions, so that both see the same person.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from urllib.parse import urlsplit

import streamlit as st
from sqlalchemy import Engine
from starlette.requests import Request

from app.errors import AccessDenied, ConfigurationError, SignedOut
from app.services import sign_in
from app.services.actor import Actor
from app.services.sign_in import Identity, SignedIn
from app.ui.respondent.limiter import Limiter

INVITATION_COOKIE = "scorecard_invitation"
INVITATION_SECONDS = 3_600
"""How long an opened invitation waits for its person to sign in."""
FRESH = 2.0
"""Seconds for which an answer holds within one run of a page; whatever uses the page's visit later asks again."""
DEFAULT = "default"

limiter = Limiter()
"""The brake on guessing invitations."""


def identity(request: Request | None = None) -> Identity:
    """Who has signed in: in this browser session, or by the cookie of a request.

    Raises
    ------
    SignedOut
        When nobody has.
    """
    return sign_in.identity(st.user.to_dict() if request is None else _claims(request))


def signed_in(engine: Engine, request: Request | None = None) -> SignedIn:
    """What whoever has signed in may act as, now; `SignedOut` when nobody has, or not any more."""
    return sign_in.check(engine, identity(request))


def member(engine: Engine, request: Request | None = None) -> Actor:
    """The member who asks; `AccessDenied` for somebody who is in no organization."""
    shown = signed_in(engine, request).shown
    if shown is None:
        raise AccessDenied("You are in no organization.", "Ask an owner of yours for an invitation.")
    return shown.actor


class StillIn:
    """The member whom a page was made for.

    It is asked anew when something of the page is used later: a button, a part that runs by itself, a file that is fetched.
    """

    def __init__(self, engine: Engine, actor: Actor) -> None:
        self._engine, self._actor, self._who = engine, actor, identity()
        self._asked = monotonic()

    def __call__(self) -> Actor:
        """The member with the role of now, in the organization the page was made for."""
        if monotonic() - self._asked > FRESH:
            found = sign_in.check(self._engine, self._who, click=False)
            same = [one.actor for one in found.memberships if one.actor.member_id == self._actor.member_id]
            if not same:
                raise AccessDenied("You are not in this organization any more.", "Load the page again.")
            self._actor, self._asked = same[0], monotonic()
        return self._actor


def sign_out() -> None:
    """End this sign-in, everywhere its cookie is, and leave the identity provider's too."""
    from app.ui import cache

    with suppress(SignedOut):
        sign_in.end(cache.database(), identity())
    st.logout()


def providers() -> tuple[str, ...]:
    """The identity providers in Streamlit's secrets; `DEFAULT` for the one without a name.

    Raises
    ------
    ConfigurationError
        When there is none, or what all of them need is missing.
    """
    from streamlit.auth_util import get_secrets_auth_section

    section = get_secrets_auth_section()
    named = tuple(name for name, value in section.items() if isinstance(value, Mapping) and "client_id" in value)
    found = ((DEFAULT,) if "client_id" in section else ()) + named
    missing = [name for name in ("redirect_uri", "cookie_secret") if not section.get(name)]
    if missing or not found:
        what = ", ".join(missing or ["client_id, client_secret, server_metadata_url"])
        raise ConfigurationError(
            f"A login is set, and .streamlit/secrets.toml lacks in its part [auth]: {what}.",
            "Add it as the README's part on hosting shows.",
        )
    return found


def public_origin() -> str:
    """The address of the app as its members type it, from the address that the identity provider sends them back to."""
    from streamlit.auth_util import get_origin_from_redirect_uri

    return get_origin_from_redirect_uri() or ""


def invitation_token() -> str:
    """The invitation that was opened in this browser before signing in, or ""."""
    return str(st.context.cookies.get(INVITATION_COOKIE, ""))


def is_secure() -> bool:
    """Whether members reach the app over TLS."""
    return urlsplit(public_origin()).scheme == "https"


def _claims(request: Request) -> dict[str, object]:
    from streamlit.auth_util import get_cookie_with_chunks
    from streamlit.web.server.server_util import get_cookie_secret
    from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
    from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

    secret = get_cookie_secret()

    def one(name: str) -> bytes | None:
        value = request.cookies.get(name)
        return None if value is None else decode_signed_value(secret, name, value.encode("latin-1", "replace"))

    content = get_cookie_with_chunks(one, USER_COOKIE_NAME)
    try:
        found = json.loads(content) if content else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) and found.get("is_logged_in") is True else {}
