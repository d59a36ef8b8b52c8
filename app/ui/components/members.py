"""The parts of the page of the members."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app import wording
from app.errors import AppError
from app.services import members
from app.services import sign_in as sign_ins
from app.services.members import InvitationView, MemberView
from app.storage.tables import MemberRole
from app.ui import login
from app.ui.components.figure import escape
from app.ui.failure import explain
from app.ui.guard import Visit

ROLES: dict[MemberRole, str] = {"viewer": "Viewer", "manager": "Manager", "owner": "Owner"}
MAY = (
    "A viewer reads. A manager also uploads, runs the survey, makes and shares reports, and changes settings. "
    "An owner also invites and removes people and deletes teams."
)


def people(visit: Visit) -> None:
    """Everybody in the organization; owners change roles and remove people."""
    st.caption(MAY)
    found = members.list_members(visit.actor, engine=visit.engine)
    for person in found:
        with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            you = " (you)" if person.me else ""
            st.markdown(f"**{escape(person.name)}**{you}  \n:small[since {wording.day(person.since.date())}]", width="stretch")
            if visit.actor.role == "owner":
                _owner_of(visit, person)
            else:
                st.markdown(ROLES[person.role])


def invitations(visit: Visit) -> None:
    """Invite somebody, and the invitations that are still open; for owners."""
    if visit.actor.role != "owner":
        return
    st.subheader("Invite somebody", anchor=False)
    st.markdown(f"The link lets one person in, once, within {members.DAYS} days.")
    with st.form("invite", border=True):
        role = st.segmented_control("As", list(ROLES), default="viewer", format_func=ROLES.__getitem__, required=True)
        email = st.text_input(
            "Only with this e-mail address (optional)",
            max_chars=320,
            help="The person must sign in with this address. Without one, whoever has the link may use it.",
        )
        if st.form_submit_button("Make a link", icon=":material/link:", type="primary"):
            try:
                made, token = members.invite(visit.actor, engine=visit.engine, role=role, email=email)
            except AppError as error:
                explain(error)
            else:
                st.session_state["invited"] = (made.id, token)
    open_ones = members.list_invitations(visit.actor, engine=visit.engine)
    made_id, token = st.session_state.get("invited", ("", ""))
    if made_id in {one.id for one in open_ones}:
        st.markdown("Copy it now and send it: it is not shown again.")
        st.code(f"{login.public_origin()}/invitation/{token}", language=None)
    for one in open_ones:
        _open_invitation(visit, one)


def organization(visit: Visit) -> None:
    """The organization's name; for owners."""
    if visit.actor.role != "owner":
        return
    st.subheader("The organization", anchor=False)
    known = members.organization_name(visit.actor, engine=visit.engine)
    with st.form("organization", border=True):
        name = st.text_input("Name", known, max_chars=200)
        if st.form_submit_button("Save"):
            try:
                members.rename_organization(visit.actor, engine=visit.engine, name=name)
            except AppError as error:
                explain(error)
            else:
                st.rerun()


def yourself(visit: Visit) -> None:
    """Sign out wherever one is signed in, and leave."""
    st.subheader("You", anchor=False)
    with st.container(horizontal=True):
        if st.button(
            "Sign out everywhere",
            icon=":material/logout:",
            help="Ends your sign-in on every device, this one included, from the next click on.",
        ):
            sign_ins.end_everywhere(visit.engine, login.identity())
            st.logout()
            st.stop()
        with st.popover("Leave the organization", icon=":material/door_open:", type="tertiary"):
            st.markdown("You will see nothing of it any more. What you did stays, with your name.")
            if st.button("Leave", key="leave"):
                try:
                    members.leave(visit.actor, engine=visit.engine)
                except AppError as error:
                    explain(error)
                else:
                    st.rerun()


def _owner_of(visit: Visit, person: MemberView) -> None:
    # The key names the role that is kept, so that a role changed elsewhere is shown and not changed back.
    role = st.selectbox(
        "Role",
        list(ROLES),
        index=list(ROLES).index(person.role),
        format_func=ROLES.__getitem__,
        label_visibility="collapsed",
        width=150,
        key=f"role-{person.id}-{person.role}",
    )
    if role != person.role:
        try:
            members.set_role(visit.actor, engine=visit.engine, member_id=person.id, role=role)
        except AppError as error:
            explain(error)
        else:
            st.rerun()
    if person.me:
        return
    with st.popover("More", icon=":material/more_horiz:", type="tertiary", key=f"more-{person.id}"):
        st.markdown(f"{escape(person.name)} loses access from the next click on. What they did stays, with their name.")
        if st.button("Remove", icon=":material/person_remove:", key=f"remove-{person.id}"):
            _do(lambda: members.remove_member(visit.actor, engine=visit.engine, member_id=person.id))
        st.markdown("Or end their sign-ins, after a lost telephone say; they may sign in again.")
        if st.button("End their sign-ins", icon=":material/logout:", key=f"out-{person.id}"):
            _do(lambda: members.sign_out_member(visit.actor, engine=visit.engine, member_id=person.id))
        st.markdown("Or make them the owner in your place; you stay as a manager.")
        if st.button("Hand over", icon=":material/key:", key=f"hand-{person.id}"):
            _do(lambda: members.hand_over(visit.actor, engine=visit.engine, member_id=person.id))


def _open_invitation(visit: Visit, one: InvitationView) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        # As code, so that the address is no link.
        whom = f" for `{one.email.replace('`', '')}`" if one.email else ""
        st.markdown(f"Invitation as {ROLES[one.role].lower()}{whom}, until {wording.day(one.expires_at.date())}", width="stretch")
        if st.button("Take it back", key=f"revoke-{one.id}", type="tertiary", icon=":material/link_off:"):
            _do(lambda: members.revoke_invitation(visit.actor, engine=visit.engine, invitation_id=one.id))


def _do(change: Callable[[], None]) -> None:
    try:
        change()
    except AppError as error:
        explain(error)
    else:
        st.rerun()
