"""The door: signing in, the first organization, an invitation; and, once inside, who is here and the way out.

Imported only where there is a login.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from sqlalchemy import Engine

from app.errors import AppError, SignedOut
from app.services import members
from app.services import sign_in as sign_ins
from app.services.members import Offer
from app.services.sign_in import Membership
from app.settings import settings
from app.ui import login
from app.ui.components.figure import escape
from app.ui.failure import explain

ROLES = {"viewer": "a viewer", "manager": "a manager", "owner": "an owner"}


def sign_in(why: SignedOut) -> None:
    """The page of somebody who is not signed in: one button for each identity provider, and why it is needed again."""
    with st.container(width=440, horizontal_alignment="left"):
        st.title("Alignment Scorecard", anchor=False)
        if why.remedy:
            st.markdown(str(why))
        elif why.message == "You have signed out.":
            st.markdown("You have signed out. Close the browser as well where others use it.")
        else:
            st.markdown("Sign in to see the numbers of your organization.")
        if login.invitation_token():
            st.markdown("You have opened an invitation. Sign in to use it.")
        for number, provider in enumerate(login.providers()):
            label = "Sign in" if provider == login.DEFAULT else f"Sign in with {provider.title()}"
            if st.button(label, type="primary" if number == 0 else "secondary", width="stretch", key=f"sign-in-{provider}"):
                st.login(None if provider == login.DEFAULT else provider)


def no_organization(engine: Engine) -> None:
    """The page of somebody who has signed in and is in no organization: join by an invitation, or found one where that is open."""
    with st.container(width=440, horizontal_alignment="left"):
        st.title("Welcome", anchor=False)
        offer = _offer(engine)
        if offer is not None:
            _join(engine, offer)
        elif settings().founding == "open":
            _found(engine)
        else:
            st.markdown(
                "You are signed in, and in no organization yet. Ask an owner of yours for an invitation, and open its link in this browser."
            )
        person()


@dataclass(frozen=True)
class Inside:
    """A person who is in: the organizations, and the one that is shown."""

    memberships: tuple[Membership, ...]
    shown: Membership


def inside(engine: Engine) -> Inside | None:
    """Whoever asks, when signed in and in an organization."""
    try:
        found = login.signed_in(engine)
    except SignedOut:
        return None
    return None if found.shown is None else Inside(found.memberships, found.shown)


def account(engine: Engine, found: Inside) -> None:
    """In the menu: the organization. Above the page: an invitation that waits."""
    with st.sidebar:
        if len(found.memberships) > 1:
            _choose(engine, found)
        else:
            st.markdown(f"**{escape(found.shown.organization)}**")
    offer = _offer(engine)
    if offer is not None and not st.session_state.get("invitation-later"):
        with st.container(border=True):
            _join(engine, offer)
            if st.button("Not now", type="tertiary", key="invitation-not-now"):
                st.session_state["invitation-later"] = True
                st.rerun()


def _choose(engine: Engine, found: Inside) -> None:
    names = {one.actor.organization_id: one.organization for one in found.memberships}
    shown = found.shown.actor.organization_id
    chosen = st.selectbox(
        "Organization", list(names), index=list(names).index(shown), format_func=names.__getitem__, key=f"organization-{shown}"
    )
    if chosen != shown:
        sign_ins.choose(engine, login.identity(), organization_id=chosen)
        st.rerun()


def person() -> None:
    """Who is signed in, and the way out."""
    st.caption(f"Signed in as {escape(login.identity().name)}")
    if st.button("Sign out", icon=":material/logout:", type="tertiary", key="sign-out"):
        login.sign_out()
        st.stop()


def _offer(engine: Engine) -> Offer | None:
    """What the invitation opened in this browser offers; a cookie can be made up, so the brake on guessing holds each person here too."""
    token, address = login.invitation_token(), "\0".join((login.identity().iss, login.identity().sub))
    if not token or not login.limiter.allows(address, token):
        return None
    found = members.offered(engine, token=token)
    if found is None:
        login.limiter.miss(address, token)
    else:
        login.limiter.hit(token)
    return found


def _join(engine: Engine, offer: Offer) -> None:
    st.markdown(f"You are invited to **{escape(offer.organization)}** as {ROLES[offer.role]}.")
    if st.button(f"Join {escape(offer.organization)}", type="primary", key="join"):
        who = login.identity()
        try:
            actor = members.accept(engine, who, token=login.invitation_token())
            sign_ins.choose(engine, who, organization_id=actor.organization_id)
        except AppError as error:
            explain(error)
            return
        st.session_state["invitation-later"] = True
        st.rerun()


def _found(engine: Engine) -> None:
    st.markdown("You are in no organization yet. Found one for your company, or open the link of an invitation in this browser.")
    with st.form("found", border=False):
        name = st.text_input("Name of your organization", max_chars=200)
        if st.form_submit_button("Found it", type="primary"):
            try:
                members.found(engine, login.identity(), name=name, is_open=settings().founding == "open")
            except AppError as error:
                explain(error)
                return
            st.rerun()
