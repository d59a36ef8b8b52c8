"""The form that sets up a round of the survey."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from app.clock import today
from app.errors import AppError
from app.services.rounds import manage
from app.services.rounds.model import SMALLEST_MINIMUM, NewRound, Person
from app.services.rounds.people import read_people
from app.storage.tables import RoundWay
from app.survey import questionnaire
from app.survey.model import Side
from app.ui.failure import explain
from app.ui.guard import Visit
from app.ui.respondent.state import state

WAYS: dict[RoundWay, str] = {"shared": "One link for everybody", "personal": "A link for each person"}
WAY_HELP = (
    "One link: quick, and nobody needs a list. People say themselves which side they are on, and somebody could answer twice. "
    "Personal links: everybody answers once, and you paste or upload who is asked."
)
DAYS = 14


def new_round(visit: Visit, *, first: bool) -> None:
    """The form; open by itself when the team has no round yet."""
    if not visit.may_change:
        if first:
            st.markdown("No survey has been run yet. Managers and owners start one.")
        return
    with st.expander("Start a survey", expanded=first, icon=":material/add:"):
        way = st.segmented_control(
            "How people answer", list(WAYS), format_func=WAYS.__getitem__, default="shared", required=True, help=WAY_HELP, key="new-way"
        )
        chosen: RoundWay = "personal" if way == "personal" else "shared"
        with st.form("new-round", border=False):
            asked, people = _basics(visit, chosen)
            new = _more(asked)
            with st.container(horizontal=True):
                at_once = st.form_submit_button("Open the survey", type="primary")
                later = st.form_submit_button("Look at it first")
            if at_once or later:
                _create(visit, new, people, open_it=at_once)


def _basics(visit: Visit, way: RoundWay) -> tuple[NewRound, str]:
    survey = questionnaire.newest()
    day = today(visit.team.time_zone)
    with st.container(horizontal=True):
        name = st.text_input("Name, which people see", f"{day:%B %Y}", max_chars=200)
        last = st.date_input("Last day", day + timedelta(days=DAYS), min_value=day, format="YYYY-MM-DD", help="It closes at midnight.")
    invited: dict[Side, int] = {}
    people = ""
    if way == "shared":
        with st.container(horizontal=True):
            help_ = "Only for the response rate; leave 0 when you do not know."
            sales = st.number_input("People in sales", min_value=0, value=0, step=1, help=help_)
            marketing = st.number_input("People in marketing", min_value=0, value=0, step=1, help=help_)
        sides: tuple[tuple[Side, int], ...] = (("sales", int(sales)), ("marketing", int(marketing)))
        invited = {side: number for side, number in sides if number}
    else:
        people = st.text_area(
            "Who is asked: one person a line, with name, e-mail and side",
            height=140,
            placeholder="Ann Lee, ann@example.com, sales\nBen Ruiz, ben@example.com, marketing",
        )
        file = st.file_uploader("Or upload the list as CSV", type=["csv", "txt"], max_upload_size=1)
        if file is not None:
            people = file.getvalue().decode("utf-8", "replace")
    new = NewRound(
        name=name,
        questionnaire=survey.version,
        dimensions=tuple(dimension.id for dimension in survey.dimensions),
        languages=survey.languages,
        way=way,
        closes_on=last,
        invited=invited,
    )
    return new, people


def _more(new: NewRound) -> NewRound:
    survey = questionnaire.newest()
    words = survey.wording("en")
    with st.expander("More choices"):
        dimensions = st.multiselect(
            "Ask about",
            [dimension.id for dimension in survey.dimensions],
            default=list(new.dimensions),
            format_func=lambda id_: words.dimensions[id_].name,
            help="Fewer subjects make a short pulse survey.",
        )
        languages = st.multiselect(
            "Languages", list(survey.languages), default=list(new.languages), format_func=lambda code: survey.wording(code).language_name
        )
        minimum = st.number_input(
            "Smallest group that is shown",
            min_value=SMALLEST_MINIMUM,
            max_value=50,
            value=SMALLEST_MINIMUM,
            step=1,
            help="Nothing is shown of a side with fewer answers. It can be raised later and never lowered.",
        )
        in_room = st.toggle("In one room: each side also guesses what the other says", value=False)
    return NewRound(
        name=new.name,
        questionnaire=new.questionnaire,
        dimensions=tuple(dimensions),
        languages=tuple(languages),
        minimum=int(minimum),
        way=new.way,
        in_room=in_room,
        closes_on=new.closes_on,
        invited=new.invited,
    )


def _create(visit: Visit, new: NewRound, pasted: str, *, open_it: bool) -> None:
    here = state()
    try:
        people: tuple[Person, ...] = read_people(pasted) if new.way == "personal" else ()
        made = manage.create_round(visit.actor, engine=visit.engine, team_id=visit.team.id, new=new, people=people)
        if open_it:
            manage.open_round(visit.actor, engine=visit.engine, secret=here.secret, round_id=made.id)
    except AppError as error:
        explain(error)
        return
    st.rerun()
