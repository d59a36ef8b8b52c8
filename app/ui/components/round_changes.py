"""What a manager may still change in a round that is not closed: who is asked, the last day, the smallest group that is shown."""

from __future__ import annotations

from datetime import date
from functools import partial

import streamlit as st

from app import wording
from app.clock import today
from app.errors import AppError
from app.services.rounds import manage
from app.services.rounds.model import SMALLEST_MINIMUM, RoundView
from app.services.rounds.people import read_people
from app.services.rounds.views import LARGEST_MINIMUM
from app.ui.failure import explain
from app.ui.guard import Visit
from app.ui.respondent.state import state

PLACEHOLDER = "Ann Lee, ann@example.com, sales\nBen Ruiz, ben@example.com, marketing"


def changes(visit: Visit, shown: RoundView) -> None:
    """The round's settings that can still be changed, each saved by itself."""
    if visit.actor.role == "viewer":
        return
    opened = st.expander("Change this round", icon=":material/tune:", on_change="rerun", key=f"change-{shown.id}")
    if not opened.open:
        return
    with opened:
        if shown.way == "personal":
            _more_people(visit, shown)
        _last_day(visit, shown)
        _minimum(visit, shown)


def _more_people(visit: Visit, shown: RoundView) -> None:
    with st.form(f"people-{shown.id}", border=False, clear_on_submit=True):
        pasted = st.text_area("More people: one a line, with name, e-mail and side", height=110, placeholder=PLACEHOLDER)
        file = st.file_uploader("Or upload them as CSV", type=["csv", "txt"], max_upload_size=1)
        if not st.form_submit_button("Add these people"):
            return
        text = file.getvalue().decode("utf-8", "replace") if file is not None else pasted
        try:
            people = read_people(text)
            if not people:
                raise AppError("Nobody is listed.", "Write a line as: Ann Lee, ann@example.com, sales")
            now = manage.add_people(visit.actor, engine=visit.engine, secret=state().secret, round_id=shown.id, people=people)
        except AppError as error:
            explain(error)
            return
    added = sum(now.invited.values()) - sum(shown.invited.values())
    known = len(people) - added
    there = f" {wording.count(known)} {'was' if known == 1 else 'were'} on the list already." if known else ""
    st.toast(f"{wording.count(added)} {'person' if added == 1 else 'people'} added.{there}", icon=":material/check:")
    st.rerun()


def _last_day(visit: Visit, shown: RoundView) -> None:
    with st.form(f"last-day-{shown.id}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        day = st.date_input(
            "Last day",
            shown.last_day,
            # The day that was chosen may be over already in a round that was never opened.
            min_value=min(filter(None, (shown.last_day, today(visit.team.time_zone)))),
            format="YYYY-MM-DD",
            help="It closes at midnight. Leave it empty to close by hand.",
        )
        if st.form_submit_button("Save the day"):
            chosen = day if isinstance(day, date) else None
            _saved(partial(manage.set_last_day, visit.actor, engine=visit.engine, round_id=shown.id, day=chosen))


def _minimum(visit: Visit, shown: RoundView) -> None:
    opened = shown.state == "open"
    with st.form(f"minimum-{shown.id}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        minimum = st.number_input(
            "Smallest group that is shown",
            min_value=shown.minimum if opened else SMALLEST_MINIMUM,
            max_value=LARGEST_MINIMUM,
            value=shown.minimum,
            step=1,
            help="Nothing is shown of a side with fewer answers. "
            + ("It was promised to the people you ask, so it can only be raised." if opened else "Once the round is open, only upwards."),
        )
        if st.form_submit_button("Save the number"):
            _saved(partial(manage.raise_minimum, visit.actor, engine=visit.engine, round_id=shown.id, minimum=int(minimum)))


def _saved(change: partial[RoundView]) -> None:
    try:
        change()
    except AppError as error:
        explain(error)
        return
    st.toast("Saved.", icon=":material/check:")
    st.rerun()
