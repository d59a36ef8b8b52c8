"""The rounds of the survey as a manager sees them: being set up, open, closed."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import segno
import streamlit as st

from app import wording
from app.errors import AppError
from app.services.alignment import remove_closed_round
from app.services.rounds import closed, manage, reminding
from app.services.rounds.model import RoundView
from app.services.rounds.reminding import Occasion, Sent
from app.services.rounds.views import asked
from app.settings import is_loopback, settings
from app.survey.model import SIDES
from app.ui import downloads
from app.ui.components.figure import escape
from app.ui.components.round_changes import changes
from app.ui.failure import explain
from app.ui.guard import Visit
from app.ui.respondent.state import state

OCCASIONS: dict[Occasion, str] = {"mail": "Invitation", "reminder": "Reminder, to everybody"}


def all_rounds(visit: Visit) -> tuple[RoundView, ...]:
    """The team's rounds, newest first; those whose last day is over are closed before."""
    closed.close_due(visit.engine, secret=state().secret)
    return manage.list_rounds(visit.actor, engine=visit.engine, team_id=visit.team.id)


def only_here(shown: tuple[RoundView, ...]) -> None:
    """Say how others can answer, when a round is open and its links lead to this computer alone."""
    if any(one.state == "open" for one in shown) and is_loopback(urlsplit(public_base()).hostname or ""):
        st.info(
            "The links open on this computer only. To let others answer, run `python -m app answers` on it, which shows the survey and "
            "nothing else to your network, and set `SCORECARD_PUBLIC_URL` to the address that it prints.",
            icon=":material/lan:",
        )


def open_card(visit: Visit, shown: RoundView) -> None:
    """An open round: how many have answered, its links, reminders, closing."""
    here = state()
    with st.container(border=True):
        st.subheader(escape(shown.name), anchor=False)
        st.markdown(_facts(shown))
        try:
            progress = manage.progress(visit.actor, engine=visit.engine, secret=here.secret, round_id=shown.id)
            shared = manage.shared_path(visit.actor, engine=visit.engine, secret=here.secret, round_id=shown.id)
        except AppError as error:
            explain(error)
            return
        with st.container(horizontal=True):
            for side in SIDES:
                number = progress.at_least[side]
                st.metric(
                    f"Answers from {side}",
                    f"{number} or more" if number else f"fewer than {shown.minimum}",
                    help=f"Told in steps of {shown.minimum}, so that nobody can be seen answering.",
                    border=True,
                )
        if not visit.may_change:
            return
        base = public_base()
        if shared is not None:
            _shared_link(shown, base + shared)
        else:
            _personal_links(visit, shown, base)
        _letters(visit, shown, base, shared)
        changes(visit, shown)
        _closing(visit, shown)


def draft_card(visit: Visit, shown: RoundView) -> None:
    """A round that is not open yet."""
    with st.container(border=True):
        st.subheader(escape(shown.name), anchor=False)
        st.markdown(f"Not open yet. {_facts(shown)}")
        with st.container(horizontal=True):
            st.link_button("Look at it", f"/survey-round/{shown.id}/preview", icon=":material/visibility:")
            if not visit.may_change:
                return
            if st.button("Open the survey", type="primary", key=f"open-{shown.id}"):
                try:
                    manage.open_round(visit.actor, engine=visit.engine, secret=state().secret, round_id=shown.id)
                except AppError as error:
                    explain(error)
                    return
                st.rerun()
            if st.button("Remove", key=f"remove-{shown.id}", icon=":material/delete:"):
                try:
                    manage.remove_round(visit.actor, engine=visit.engine, round_id=shown.id)
                except AppError as error:
                    explain(error)
                    return
                st.rerun()
        changes(visit, shown)


def closed_list(visit: Visit, shown: tuple[RoundView, ...]) -> None:
    """The closed rounds."""
    if not shown:
        return
    st.subheader("Closed", anchor=False)
    for one in shown:
        days = _days(one)
        with st.container(border=True):
            st.markdown(f"**{escape(one.name)}** · {days} · {_facts(one, open_=False)}")
            if not visit.team.is_example and visit.actor.role != "viewer":
                _removing(visit, one)


def _removing(visit: Visit, shown: RoundView) -> None:
    with st.popover("Remove", icon=":material/delete:", type="tertiary"):
        st.markdown(
            "Removing is for good: the answers and comments of this round are gone, here and in the trend. Reports that were made stay. "
            "The app remembers of whom it has shown what, without the answers, so that asking again gives nobody away."
        )
        if st.button("Remove this round", key=f"remove-{shown.id}", icon=":material/delete:"):
            try:
                remove_closed_round(visit.actor, engine=visit.engine, round_id=shown.id)
            except AppError as error:
                explain(error)
                return
            st.rerun()


def _days(shown: RoundView) -> str:
    if shown.closed_on is None:
        return "closed"
    if shown.opened_on is None:
        return f"closed {wording.day(shown.closed_on)}"
    return wording.day_range(shown.opened_on, shown.closed_on)


def public_base() -> str:
    """The address that links begin with: the setting, else what the manager's browser shows."""
    if settings().public_url:
        return settings().public_url
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"http://localhost:{settings().port}"


def _shared_link(shown: RoundView, link: str) -> None:
    picture, text = st.columns([1, 3], vertical_alignment="center")
    with picture:
        st.image(segno.make(link, error="m", micro=False).svg_inline(scale=4, border=3, light="#ffffff"), width=170)
    with text:
        st.markdown("**The link for everybody.** Send it to both teams, or show the code.")
        st.code(link, language=None, wrap_lines=True)
        with st.container(horizontal=True):
            st.link_button("Poster to print", f"/survey-round/{shown.id}/poster", icon=":material/print:")
            st.link_button("Look at it", f"/survey-round/{shown.id}/preview", icon=":material/visibility:")


def _personal_links(visit: Visit, shown: RoundView, base: str) -> None:
    many = sum(shown.invited.values())
    st.markdown(f"**{wording.count(many)} personal links.** Whoever has a link can answer with it, so each goes to its person only.")
    address = downloads.offer(
        visit.actor,
        file_name=f"survey-links-{shown.name}.csv",
        media_type="text/csv",
        content_key=f"links-{shown.id}-{many}-{base}",
        # Made when it is fetched: thousands of links take longer than all else of the page.
        make=lambda: reminding.links_csv(
            manage.links(visit.actor, engine=visit.engine, secret=state().secret, round_id=shown.id), base=base
        ),
    )
    with st.container(horizontal=True):
        st.link_button("Links as CSV", f"/{address}", icon=":material/download:")
        st.link_button("Look at it", f"/survey-round/{shown.id}/preview", icon=":material/visibility:")


def _letters(visit: Visit, shown: RoundView, base: str, shared: str | None) -> None:
    with st.expander("Invite and remind", icon=":material/mail:"):
        survey = asked(shown)
        language = st.selectbox(
            "Language of the text",
            list(shown.languages),
            format_func=lambda code: survey.wording(code).language_name,
            key=f"language-{shown.id}",
        )
        link = base + shared if shared else "…"
        for occasion, title in OCCASIONS.items():
            written = reminding.letter(shown, occasion=occasion, language=language or shown.languages[0], link=link)
            st.markdown(f"**{title}**")
            st.code(f"{written.subject}\n\n{written.body}", language=None, wrap_lines=True)
            with st.container(horizontal=True):
                st.link_button("Open in the mail program", written.mailto(), icon=":material/outgoing_mail:")
                if shared is None and settings().smtp_url:
                    _send_button(visit, shown, occasion, language or shown.languages[0], base)
        if shared is None:
            st.caption(
                "Each person needs their own link in place of “…”: use the CSV for a mail merge"
                + (
                    ", or let the app send the mails."
                    if settings().smtp_url
                    else ". With SCORECARD_SMTP_URL set the app sends the mails itself."
                )
            )


@dataclass
class _Sending:
    """What one browser tab has sent of an occasion: how often, and what came of the last time."""

    times: int = 0
    sent: Sent | None = None
    refused: AppError | None = None


def _send_button(visit: Visit, shown: RoundView, occasion: Occasion, language: str, base: str) -> None:
    place = f"send-{occasion}-{shown.id}"
    sending: _Sending = st.session_state.setdefault(place, _Sending())
    # Each sending has a button of its own, so the second half of a double click finds none. What is kept is changed in place, because
    # that click waits and then ends this run at its next word to the page (docs/decisions/029).
    if st.button("Send to everybody on the list", key=f"{place}-{sending.times}", icon=":material/send:"):
        with st.spinner("Sending"):
            # Counted only now: where the second click ends this run at the word above, the next run finds the button pressed and sends.
            sending.times, sending.sent, sending.refused = sending.times + 1, None, None
            try:
                sending.sent = reminding.send(
                    visit.actor,
                    engine=visit.engine,
                    secret=state().secret,
                    round_id=shown.id,
                    occasion=occasion,
                    language=language,
                    base=base,
                    smtp_url=settings().smtp_url,
                    mail_from=settings().mail_from,
                )
            except AppError as error:
                sending.refused = error
    if sending.refused is not None:
        explain(sending.refused)
    if sending.sent is not None:
        number = sending.sent.number
        st.success("1 mail is on its way." if number == 1 else f"{number} mails are on their way.", icon=":material/check:")
        if sending.sent.refused:
            st.warning(f"Not sent: {escape(', '.join(sending.sent.refused))}")


def _closing(visit: Visit, shown: RoundView) -> None:
    with st.popover("Close the survey", icon=":material/lock:"):
        st.markdown(
            "Closing is for good: nobody can answer any more, and the answers are cut off from every link. Then both teams see the results."
        )
        if not st.button("Close it now", type="primary", key=f"close-{shown.id}"):
            return
        try:
            closed.close_round(visit.actor, engine=visit.engine, secret=state().secret, round_id=shown.id)
        except AppError as error:
            explain(error)
            return
        st.rerun()


def _facts(shown: RoundView, *, open_: bool = True) -> str:
    survey = asked(shown)
    subjects = "all subjects" if len(survey.dimensions) > 6 else f"{len(survey.dimensions)} subjects"
    asked_ = ", ".join(f"{number} in {side}" for side, number in shown.invited.items())
    last = f"Answers until {shown.last_day}." if shown.last_day and open_ else ""
    facts = [
        last,
        f"{len(survey.items)} statements on {subjects}",
        f"asked: {asked_}" if asked_ else "",
        "in one room" if shown.in_room else "",
    ]
    return " · ".join(part for part in facts if part)
