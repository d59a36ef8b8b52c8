"""The parts of the page of next steps."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from app import wording
from app.benchmarks import catalogue
from app.clock import today
from app.errors import AppError
from app.services.alignment import results
from app.services.figures.survey import words
from app.services.next_steps import ActionLine, NextSteps, next_steps
from app.services.planned_actions import PlannedActionView, change_action, plan_action, settle_action
from app.services.rounds.views import asked
from app.services.survey_weights import read_weights
from app.statistics.intervals import Absent
from app.storage.tables import PlannedState
from app.survey.advice import Step
from app.survey.practices import Practice
from app.ui.components.claims import evidence, grade_badge
from app.ui.components.figure import escape
from app.ui.failure import explain
from app.ui.frame import link
from app.ui.guard import Visit

EFFORT = {"hours": "A few hours", "days": "Some days", "weeks": "Some weeks"}
OWNER = {"sales": "Sales takes it in hand", "marketing": "Marketing takes it in hand", "both": "Both teams together"}
GROUP = {"sales": "sales", "marketing": "marketing", "together": "both teams together"}
REASONS = 3
"""So many reasons are read; more are not."""
USUAL_DAYS = 42


def steps_of(visit: Visit) -> NextSteps:
    """What the team should start with, and what it has taken up."""
    actor, engine, team_id = visit.actor, visit.engine, visit.team.id
    closed = results(actor, engine=engine, team_id=team_id)
    weights = read_weights(actor, engine=engine, team_id=team_id, questionnaire=asked(closed[-1][0])) if closed else None
    return next_steps(actor, engine=engine, team_id=team_id, results=closed, weights=weights)


def look_first(visit: Visit, found: NextSteps) -> None:
    """What was taken up after an earlier round and is still open, with what changed since."""
    if not found.to_review:
        return
    st.subheader("Look at these first", anchor=False)
    st.markdown("Taken up before the latest round. Did they work? Finish them, or give them another day.")
    for line in found.to_review:
        _action(visit, line)


def start_with(visit: Visit, found: NextSteps) -> None:
    """The two or three practices to start with, each with its reasons."""
    if found.round is not None:
        st.subheader("Start with these", anchor=False)
    advice = found.advice
    if isinstance(advice, Absent):
        with st.container(border=True):
            st.markdown(f"**{escape(advice.reason)}**")
            st.markdown(escape(advice.remedy))
            if found.round is None:
                link("survey", "Ask both sides", icon=":material/forum:")
        return
    if found.round is not None:
        st.markdown(f"Chosen from what the round “{escape(found.round.name)}” shows of both teams: scores, differences, doubt.")
    for number, step in enumerate(advice.steps, start=1):
        _step(visit, found, step, number)
    if advice.unseen:
        st.caption(f"{len(advice.unseen)} subjects could not be looked at, because too few people answered about them.")
    claim = catalogue.load(catalogue.editions()[-1]).claim("HJ07")
    st.caption(f"Not every difference is to be closed. {escape(claim.reading.sentence)}")


def under_way(visit: Visit, found: NextSteps) -> None:
    """What was taken up since the latest round."""
    if not found.under_way:
        return
    st.subheader("Under way", anchor=False)
    for line in found.under_way:
        _action(visit, line)


def finished(visit: Visit, found: NextSteps) -> None:
    """What is done or dropped."""
    if not found.finished:
        return
    with st.expander(f"Done and dropped ({len(found.finished)})", icon=":material/inventory_2:"):
        for line in found.finished:
            _action(visit, line)


def _step(visit: Visit, found: NextSteps, step: Step, number: int) -> None:
    practice = step.practice
    with st.container(border=True):
        st.markdown(f"#### {number}. {escape(practice.title)}")
        with st.container(horizontal=True):
            st.badge(EFFORT[practice.effort], icon=":material/schedule:", color="gray")
            st.badge(OWNER[practice.owner], icon=":material/group:", color="gray")
        st.markdown("**Why**\n" + "\n".join(f"- {escape(finding.sentence)}" for finding in step.findings[:REASONS]))
        st.markdown(f"**What it is.** {escape(practice.what)}")
        st.markdown(f"**How to begin.** {escape(practice.first_step)}")
        st.markdown(f"**What to look at later.** {escape(practice.watch)}")
        _claims(practice)
        taken = found.taken.get(practice.id)
        if taken is not None:
            st.markdown(f":material/check: {escape(_state_words(taken))}")
        elif found.round is not None and visit.actor.role != "viewer":
            _take_up(visit, step, round_id=found.round.id, first=number == 1)


def _claims(practice: Practice) -> None:
    edition = catalogue.load(catalogue.editions()[-1])
    if not practice.claims:
        st.caption("No cited figure says anything about this practice.")
        return
    label = "What is reported about it" if len(practice.claims) == 1 else f"What is reported about it ({len(practice.claims)})"
    opened = st.expander(label, icon=":material/menu_book:", on_change="rerun", key=f"claims-{practice.id}")
    if opened.open:
        with opened:
            for id in practice.claims:
                claim = edition.claim(id)
                with st.container(horizontal=True, vertical_alignment="center"):
                    st.markdown(f"**{escape(claim.label)}**")
                    grade_badge(claim.grade, reason=claim.grade_reason)
                evidence(claim)


def _take_up(visit: Visit, step: Step, *, round_id: str, first: bool) -> None:
    practice = step.practice
    with (
        st.popover("Take this up", icon=":material/add_task:", type="primary" if first else "secondary"),
        st.form(f"take-{practice.id}", border=False),
    ):
        owner = st.text_input("Who sees to it", max_chars=200)
        day = today(visit.team.time_zone)
        due = st.date_input("Until when", day + timedelta(days=USUAL_DAYS), min_value=day, format="YYYY-MM-DD")
        if st.form_submit_button("Take it up", type="primary") and isinstance(due, date):
            try:
                plan_action(
                    visit.actor,
                    engine=visit.engine,
                    team_id=visit.team.id,
                    round_id=round_id,
                    practice_id=practice.id,
                    owner=owner,
                    due=due,
                    because=[finding.sentence for finding in step.findings[:REASONS]],
                )
            except AppError as error:
                explain(error)
            else:
                st.rerun()


def _action(visit: Visit, line: ActionLine) -> None:
    action = line.action
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{escape(action.title)}**")
            _state_badge(visit, action)
        st.markdown(escape(_state_words(action)))
        if action.because:
            st.markdown("**Why it was taken up**\n" + "\n".join(f"- {escape(sentence)}" for sentence in action.because))
        if line.practice is not None and action.state == "open":
            st.markdown(f"**What to look at.** {escape(line.practice.watch)}")
        _changes(line)
        if action.note:
            st.markdown(f"**Noted.** {escape(action.note)}")
        if visit.actor.role != "viewer":
            _settle(visit, action)


def _changes(line: ActionLine) -> None:
    if line.review is None:
        return
    if line.review.changes:
        st.markdown(
            "**Scores then and now**\n"
            + "\n".join(
                f"- {escape(change.name)}, {GROUP[change.group]}: {words(change.then)}, now {words(change.now)}"
                for change in line.review.changes
            )
        )
        st.caption("With so few people a score moves by chance as well. Look at what the action itself was meant to change.")
    for sentence in line.review.not_compared:
        st.caption(f"Not compared. {escape(sentence)}")


def _settle(visit: Visit, action: PlannedActionView) -> None:
    if action.state != "open":
        if st.button("Open again", key=f"again-{action.id}", icon=":material/undo:"):
            _saved(visit, action, "open", action.note)
        return
    with st.container(horizontal=True):
        with st.popover("Done", icon=":material/check:"):
            _note_form(visit, action, "done", "What did you see?", "Mark as done")
        with st.popover("Drop", icon=":material/close:"):
            _note_form(visit, action, "dropped", "Why is it dropped?", "Drop it")
        with st.popover("Change", icon=":material/edit:"), st.form(f"change-{action.id}", border=False):
            owner = st.text_input("Who sees to it", action.owner, max_chars=200)
            due = st.date_input("Until when", action.due, format="YYYY-MM-DD")
            if st.form_submit_button("Save") and isinstance(due, date):
                try:
                    change_action(visit.actor, engine=visit.engine, action_id=action.id, owner=owner, due=due)
                except AppError as error:
                    explain(error)
                else:
                    st.rerun()


def _note_form(visit: Visit, action: PlannedActionView, state: PlannedState, question: str, button: str) -> None:
    with st.form(f"{state}-{action.id}", border=False):
        note = st.text_area(f"{question} (optional)", action.note, max_chars=2_000)
        if st.form_submit_button(button):
            _saved(visit, action, state, note)


def _saved(visit: Visit, action: PlannedActionView, state: PlannedState, note: str) -> None:
    try:
        settle_action(visit.actor, engine=visit.engine, action_id=action.id, state=state, note=note)
    except AppError as error:
        explain(error)
    else:
        st.rerun()


def _state_badge(visit: Visit, action: PlannedActionView) -> None:
    if action.state == "done":
        st.badge("Done", icon=":material/check:", color="green")
    elif action.state == "dropped":
        st.badge("Dropped", icon=":material/close:", color="gray")
    elif action.late(today(visit.team.time_zone)):
        st.badge("Late", icon=":material/schedule:", color="orange")
    else:
        st.badge("Open", icon=":material/pending:", color="blue")


def _state_words(action: PlannedActionView) -> str:
    if action.settled_on is not None:
        return f"{action.owner}, {action.state} on {wording.day(action.settled_on)}."
    return f"{action.owner} sees to it until {wording.day(action.due)}."
