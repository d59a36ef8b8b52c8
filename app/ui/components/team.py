"""The parts of the team's settings."""

from __future__ import annotations

from datetime import date
from zoneinfo import available_timezones

import streamlit as st

from app.benchmarks.catalogue import custom_claim
from app.clock import today
from app.errors import AppError
from app.services.deletion import delete_team
from app.services.own_claims import Plain, add_own_claim, list_own_claims, remove_own_claim
from app.services.survey_weights import LARGEST, read_weights, set_weights
from app.services.teams import choose_team, create_team, rename_team, set_currency, set_programme_start, set_time_zone, shown
from app.settings import settings
from app.survey.questionnaire import MASTER, newest
from app.ui.address import ask
from app.ui.components.figure import escape
from app.ui.failure import explain
from app.ui.guard import Visit

METRICS = {
    "win_rate": "Win rate",
    "churn": "Customers lost in a year",
    "lead_conversion": "Lead conversion",
    "revenue_growth": "Growth of revenue in a year",
}
KINDS = {"ratio": "A change: so much more, or fewer customers lost", "level": "A level: the rate or growth itself"}


def settings_form(visit: Visit) -> None:
    """Name, time zone, currency and the day the programme began."""
    team = visit.team
    zones = sorted(available_timezones())
    with st.form("team", border=True):
        name = st.text_input("Name of the team", team.name, max_chars=200)
        start = st.date_input(
            "The day your alignment programme began",
            team.programme_start,
            format="YYYY-MM-DD",
            help="The day sales and marketing began to work together. The overview compares equal spans before and after it.",
        )
        zone = st.selectbox(
            "Time zone",
            zones,
            index=zones.index(team.time_zone) if team.time_zone in zones else zones.index("UTC"),
            help="Days begin and end here. Changing it holds for the next import; import a file again to cut its days anew.",
        )
        currency = st.text_input("Currency of your amounts (a code such as EUR)", team.currency or "", max_chars=3)
        if st.form_submit_button("Save", type="primary", disabled=not visit.may_change, help=_why_not(visit)):
            _save(visit, name=name, start=start if isinstance(start, date) else None, zone=zone, currency=currency)


def teams(visit: Visit) -> None:
    """The teams of the organization: show another, make one, delete one."""
    found = shown(visit.actor, engine=visit.engine)
    st.subheader("Teams", anchor=False)
    st.markdown(
        "A team is a sales side and a marketing side that share a number, such as a region. Each has its own data and its own survey."
    )
    if len(found.own) > 1:
        for team_id, name in found.own:
            with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.markdown(f"**{escape(name)}**", width="stretch")
                if team_id == visit.team.id:
                    st.markdown("shown now")
                elif st.button("Show", key=f"show-{team_id}", icon=":material/visibility:"):
                    choose_team(visit.actor, engine=visit.engine, team_id=team_id)
                    st.rerun()
                if visit.actor.role == "owner" and st.button("Delete", key=f"delete-{team_id}", icon=":material/delete:", type="tertiary"):
                    _ask_to_delete_team(visit, team_id, name)
    if not visit.may_change:
        return
    with st.expander("Add a team", icon=":material/add:"), st.form("new-team", border=False):
        name = st.text_input("Name of the new team", max_chars=200)
        if st.form_submit_button("Add the team", type="primary"):
            try:
                made = create_team(
                    visit.actor, engine=visit.engine, name=name, time_zone=visit.team.time_zone, currency=visit.team.currency
                )
                choose_team(visit.actor, engine=visit.engine, team_id=made.id)
            except AppError as error:
                explain(error)
            else:
                st.rerun()


@st.dialog("Delete for good")
def _ask_to_delete_team(visit: Visit, team_id: str, name: str) -> None:
    st.markdown(f"This deletes **{escape(name)}** with its data, survey rounds, next steps and reports. It cannot be undone.")
    typed = st.text_input("Type the team's name to delete it", key="delete-team-name")
    if st.button("Delete the team", icon=":material/delete:", type="primary", key="really-team"):
        if typed.strip() != name:
            st.warning("That is not its name.", icon=":material/warning:")
            return
        try:
            delete_team(visit.actor, engine=visit.engine, team_id=team_id, cache_dir=settings().cache_dir)
        except AppError as error:
            explain(error)
            return
        st.rerun()


def programme_day(visit: Visit, *, again: bool = False) -> None:
    """Ask for the day the two teams began to work together, where it is not known yet, or `again` where the known one does not fit."""
    known = visit.team.programme_start
    if visit.team.is_example or not visit.may_change or (known is not None and not again):
        return
    with st.form(f"programme-{visit.page.name}", border=True), st.container(horizontal=True, vertical_alignment="bottom"):
        day = st.date_input(
            "When did sales and marketing begin to work together? Equal spans before and after this day are compared.",
            known,
            format="YYYY-MM-DD",
            key=f"programme-day-{visit.page.name}",
        )
        # Never greyed out: a day that was typed reaches the app only when the form is sent.
        if st.form_submit_button("Compare before and after", type="primary"):
            if not isinstance(day, date):
                st.warning("Give a day first.", icon=":material/warning:")
                return
            set_programme_start(visit.actor, engine=visit.engine, team_id=visit.team.id, day=day)
            ask(way=None)
            st.rerun()


def benchmarks(visit: Visit) -> None:
    """The team's own benchmarks: the list, and a form to add one."""
    st.subheader("Benchmarks of your own", anchor=False)
    st.markdown("A figure you trust, with its source. It is compared like the cited ones, and marked as yours.")
    for view in list_own_claims(visit.actor, engine=visit.engine, team_id=visit.team.id):
        with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            source = escape(view.fields.get("source"))
            kind = "a level of" if view.fields.get("kind") == "level" else "a change of"
            st.markdown(
                f"**{escape(view.fields.get('label'))}**: {METRICS.get(str(view.fields.get('metric')), '')}, {kind} "
                f"{view.fields.get('value')} % ({source}, {view.fields.get('year')})"
            )
            if visit.may_change and st.button("Remove", key=f"remove-{view.id}", icon=":material/delete:"):
                remove_own_claim(visit.actor, engine=visit.engine, claim_id=view.id)
                st.rerun()
    if not visit.may_change:
        return
    with st.expander("Add a benchmark", icon=":material/add:"), st.form("own", border=False, clear_on_submit=False):
        label = st.text_input("What it says", placeholder="12 % more deals won", max_chars=120)
        metric = st.selectbox("It is about", list(METRICS), format_func=METRICS.__getitem__)
        kind = st.radio("It states", list(KINDS), format_func=KINDS.__getitem__, horizontal=True)
        value = st.number_input(
            "Percent", value=10.0, step=1.0, help="12 for 12 % more, or for a rate of 12 %. Fewer customers lost: with a minus sign, −20."
        )
        source = st.text_input("Who published it", max_chars=500)
        year = st.number_input("Year", value=today().year, min_value=1950, max_value=today().year, step=1)
        address = st.text_input("Its address (https://…)", max_chars=1_000)
        if st.form_submit_button("Add", type="primary"):
            fields: dict[str, Plain] = {
                "label": label,
                "metric": metric,
                "kind": kind,
                "value": float(value),
                "source": source,
                "year": int(year),
                "checked": today().isoformat(),
                "address": address,
            }
            try:
                add_own_claim(visit.actor, engine=visit.engine, team_id=visit.team.id, fields=fields, check=custom_claim)
            except AppError as error:
                explain(error)
            else:
                st.rerun()


def _why_not(visit: Visit) -> str | None:
    return None if visit.may_change else "Managers and owners change this."


def _save(visit: Visit, *, name: str, start: date | None, zone: str | None, currency: str) -> None:
    actor, engine, team = visit.actor, visit.engine, visit.team
    try:
        if name != team.name:
            rename_team(actor, engine=engine, team_id=team.id, name=name)
        if start != team.programme_start:
            set_programme_start(actor, engine=engine, team_id=team.id, day=start)
            ask(way=None)
        if zone and zone != team.time_zone:
            set_time_zone(actor, engine=engine, team_id=team.id, time_zone=zone)
        if (currency or None) != team.currency:
            set_currency(actor, engine=engine, team_id=team.id, currency=currency.upper() or None)
    except AppError as error:
        explain(error)
        return
    st.toast("Saved.", icon=":material/check:")
    st.rerun()


def survey_weights(visit: Visit) -> None:
    """How much each dimension of the survey counts for this team."""
    version = newest()
    names = version.wording(MASTER).dimensions
    kept = read_weights(visit.actor, engine=visit.engine, team_id=visit.team.id, questionnaire=version)
    st.subheader("What counts in the survey's total", anchor=False)
    st.markdown(
        "Each subject counts the same unless you say otherwise. 2 counts twice as much as 1, and 0 leaves a subject out of the total."
    )
    with st.form("survey_weights", border=True):
        weights = {}
        with st.grid(4, min_column_width=160):
            for dimension in version.dimensions:
                name = names[dimension.id].name
                weights[dimension.id] = st.number_input(name, 0.0, LARGEST, kept[dimension.id], step=0.5, help=names[dimension.id].about)
        if st.form_submit_button("Save the weights", disabled=not visit.may_change, help=_why_not(visit)):
            try:
                set_weights(visit.actor, engine=visit.engine, team_id=visit.team.id, weights=weights)
            except AppError as error:
                explain(error)
            else:
                st.toast("Saved.", icon=":material/check:")
