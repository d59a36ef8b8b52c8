"""What the reader asks for, kept in the address so that a view can be shared: way of comparing, days, groups, definition, filters.

Only values that are known are taken from an address; anything else falls back to the default. No content of a CRM record stands in
an address but the names of groups.
"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from app.benchmarks.sentences import Way
from app.metrics.engine import Snapshot
from app.metrics.model import Definition
from app.metrics.periods import Grain
from app.services.scorecard.defaults import default_request, default_way
from app.services.scorecard.grouping import GroupColumn
from app.services.scorecard.request import Groups, Request
from app.services.scorecard.sources import Sources
from app.ui.address import asked, take, write
from app.ui.components.figure import escape
from app.ui.filtering import chips, filters, groups_of, values
from app.ui.guard import Visit
from app.ui.spans import spans

WAYS: dict[Way, str] = {"before_after": "Before and after", "groups": "Two groups", "own_history": "If it held for us"}
GRAIN_WORDS: dict[Grain, str] = {"month": "Months", "quarter": "Quarters", "year": "Years"}


def grain() -> Grain:
    """Months, quarters or years."""
    found = st.segmented_control(
        "Periods",
        list(GRAIN_WORDS),
        format_func=lambda g: GRAIN_WORDS[g],
        default="quarter",
        required=True,
        key="period",
        bind="query-params",
    )
    return found


DIAL = {
    "by": ("Count deals or their value", {"count": "Number of deals", "value": "Value of deals"}),
    "dated": ("Which day puts a deal in a period", {"closed": "The day it closed", "created": "The day it was created"}),
    "undecided": ("Deals that ended without a decision", {"out": "Left out", "in": "Counted as not won"}),
}
"""Each part of the definition by its name in the address: the question, and its answers in words."""


def definition(visit: Visit) -> Definition:
    """The definition of the win rate, from a small panel; the same on every page until it is changed."""
    team = visit.team.win_rate
    default = {"by": team.weight, "dated": team.by_date, "undecided": team.no_decision}
    chosen = {key: found if (found := asked(key)) in answers else default[key] for key, (_, answers) in DIAL.items()}
    turned = sum(chosen[key] != default[key] for key in DIAL)
    with st.popover("Definition (changed)" if turned else "Definition", icon=":material/tune:", key="definition"):
        for key, (question, answers) in DIAL.items():
            control = f"definition-{key}"
            st.session_state[control] = chosen[key]
            st.radio(question, list(answers), format_func=answers.__getitem__, key=control, on_change=take, args=(key, control))
    write(*DIAL)
    return Definition(
        "value" if chosen["by"] == "value" else "count",
        "created" if chosen["dated"] == "created" else "closed",
        "in" if chosen["undecided"] == "in" else "out",
    )


def split_column(visit: Visit, snapshot: Snapshot, *, key: str, label: str = "Break down by", without: str = "") -> GroupColumn | None:
    """A column to break a number down by, other than `without`; None when there is none. Its help says which are not offered, and why."""
    found = groups_of(visit, snapshot)
    columns = tuple(column for column in found.offered if column.label != without)
    if not columns:
        not_offered(visit, snapshot)
        return None
    labels = list(dict.fromkeys(c.label for c in columns))
    why = "  \n".join(escape(reason) for _, reason in found.aside)
    chosen = st.selectbox(label, labels, key=key, bind="query-params", help=f"Not in this list:  \n{why}" if why else None)
    return next((c for c in columns if c.label == chosen), columns[0])


def not_offered(visit: Visit, snapshot: Snapshot) -> None:
    """Say which columns make no groups to compare, and why."""
    for _, why in groups_of(visit, snapshot).aside:
        st.caption(f":material/info: {escape(why)}")


def request(visit: Visit, sources: Sources) -> Request | None:
    """The whole request of the Compare page, from its controls; None while what is chosen cannot be compared, which is then said."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        found = asked("way")
        # Older addresses carry the words of the control.
        way = next((known for known, words in WAYS.items() if found in (known, words)), default_way(sources, visit.team.programme_start))
        st.session_state["compare-way"] = way
        st.segmented_control(
            "Compare",
            list(WAYS),
            format_func=lambda w: WAYS[w],
            required=True,
            key="compare-way",
            on_change=take,
            args=("way", "compare-way"),
        )
        as_quoted = st.segmented_control(
            "The figures",
            ["meaningful", "as_quoted"],
            format_func={"meaningful": "As published", "as_quoted": "As quoted"}.__getitem__,
            default="meaningful",
            required=True,
            key="figures",
            bind="query-params",
        )
        counted = definition(visit)
        kept = filters(visit, sources)
    write("way")
    chips(kept, days_overridden=way == "before_after")
    base = Request(way=way, reading="as_quoted" if as_quoted == "as_quoted" else "meaningful", definition=counted, filters=kept)
    if way == "before_after":
        return spans(visit, sources, base)
    return _groups(visit, sources, base) if way == "groups" else base


def overview_request(visit: Visit, sources: Sources) -> Request:
    """What the overview shows, under its definition and filters.

    Before and after the programme began, when that day is known and lies in the data, else the team's own history.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        counted = definition(visit)
        kept = filters(visit, sources)
    base = default_request(sources, programme_start=visit.team.programme_start, definition=counted)
    chips(kept, days_overridden=base.way == "before_after")
    return replace(base, filters=kept)


def _groups(visit: Visit, sources: Sources, base: Request) -> Request:
    snapshot = sources.deals or sources.customers or sources.lines or sources.leads
    if snapshot is None:
        return base
    if not groups_of(visit, snapshot).offered:
        st.caption("This export has no column to compare groups by.")
        not_offered(visit, snapshot)
        return base
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = split_column(visit, snapshot, key="column", label="Compare groups of")
        if column is None:
            return base
        known = values(visit, snapshot, column)
        if len(known) < 2:
            st.caption(f"“{column.label}” has only one value.")
            return base
        observed = st.selectbox("This group", known, index=0, key="group", bind="query-params")
        others = [value for value in known if value != observed]
        baseline = st.selectbox("against", others, index=0, key="against", bind="query-params")
    return replace(base, groups=Groups(column.label, str(observed), str(baseline)))
