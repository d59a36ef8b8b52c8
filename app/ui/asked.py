"""What the reader asks for, kept in the address so that a view can be shared: way of comparing, days, groups, definition, filters.

Only values that are known are taken from an address; anything else falls back to the default. No content of a CRM record stands in
an address but the names of groups.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import streamlit as st

from app.benchmarks.comparison import Way
from app.metrics import expressions
from app.metrics.engine import Snapshot
from app.metrics.model import Definition, Filters
from app.metrics.periods import Grain
from app.services.scorecard import defaults
from app.services.scorecard.defaults import default_way
from app.services.scorecard.request import Groups, Request
from app.services.scorecard.sources import GroupColumn, Sources, default_windows, group_columns
from app.ui.guard import Visit
from app.wording import day_range

WAYS: dict[Way, str] = {"before_after": "Before and after a day", "groups": "Two groups", "own_history": "If the claim held for us"}
GRAIN_WORDS: dict[Grain, str] = {"month": "Months", "quarter": "Quarters", "year": "Years"}
ALL = "All"
MOST_VALUES = 200


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


def definition(visit: Visit) -> Definition:
    """The definition of the win rate, from a small panel."""
    team = visit.team.win_rate
    with st.popover("Definition", icon=":material/tune:"):
        weight = st.radio(
            "Count deals or their value",
            ["count", "value"],
            index=["count", "value"].index(team.weight),
            format_func={"count": "Number of deals", "value": "Value of deals"}.__getitem__,
            key="by",
            bind="query-params",
        )
        by_date = st.radio(
            "Which day puts a deal in a period",
            ["closed", "created"],
            index=["closed", "created"].index(team.by_date),
            format_func={"closed": "The day it closed", "created": "The day it was created"}.__getitem__,
            key="dated",
            bind="query-params",
        )
        undecided = st.radio(
            "Deals that ended without a decision",
            ["out", "in"],
            index=["out", "in"].index(team.no_decision),
            format_func={"out": "Left out", "in": "Counted as not won"}.__getitem__,
            key="undecided",
            bind="query-params",
        )
    return Definition(
        "value" if weight == "value" else "count",
        "created" if by_date == "created" else "closed",
        "in" if undecided == "in" else "out",
    )


def filters(visit: Visit, sources: Sources) -> Filters:
    """Days and one group column, from a small panel."""
    snapshot = sources.deals or sources.customers or sources.lines or sources.leads
    covered = sources.coverage()
    with st.popover("Filters", icon=":material/filter_alt:"):
        start = st.date_input("From", None, key="from", bind="query-params", format="YYYY-MM-DD")
        end = st.date_input("Up to and with", None, key="to", bind="query-params", format="YYYY-MM-DD")
        where: tuple[tuple[str, tuple[str, ...]], ...] = ()
        columns = group_columns(snapshot) if snapshot is not None else ()
        if snapshot is not None and columns:
            labels = [ALL, *dict.fromkeys(c.label for c in columns)]
            label = st.selectbox("Only one group of", labels, key="only", bind="query-params")
            column = next((c for c in columns if c.label == label), None)
            if column is not None:
                value = st.selectbox(str(label), _values(visit, snapshot, column), key="is", bind="query-params")
                if value is not None:
                    where = ((column.label, (str(value),)),)
        if covered is not None:
            st.caption(f"Loaded: {day_range(covered.first, covered.last)}")
    first = start if isinstance(start, date) else None
    last = end if isinstance(end, date) else None
    if first is not None and last is not None and last < first:
        st.warning("The filter ends before it begins, so it is not used.", icon=":material/warning:")
        first = last = None
    return Filters(first, last + timedelta(days=1) if last is not None else None, where)


def split_column(visit: Visit, snapshot: Snapshot, *, key: str, label: str = "Break down by") -> GroupColumn | None:
    """A column to break a number down by; None when the table has none."""
    columns = group_columns(snapshot)
    if not columns:
        return None
    labels = list(dict.fromkeys(c.label for c in columns))
    chosen = st.selectbox(label, labels, key=key, bind="query-params")
    return next((c for c in columns if c.label == chosen), columns[0])


def request(visit: Visit, sources: Sources) -> Request:
    """The whole request of the Compare page, from its controls."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = st.segmented_control(
            "Compare",
            list(WAYS),
            format_func=lambda w: WAYS[w],
            default=default_way(sources, visit.team.programme_start),
            required=True,
            key="way",
            bind="query-params",
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
    base = Request(way=way, reading="as_quoted" if as_quoted == "as_quoted" else "meaningful", definition=replace(counted), filters=kept)
    if way == "before_after":
        return _windows(visit, sources, base)
    if way == "groups":
        return _groups(visit, sources, base)
    return base


def default_request(visit: Visit, sources: Sources) -> Request:
    """What the overview shows."""
    return defaults.default_request(sources, programme_start=visit.team.programme_start, definition=visit.team.win_rate)


def _windows(visit: Visit, sources: Sources, base: Request) -> Request:
    windows = default_windows(sources.coverage(), visit.team.programme_start)
    if windows is None:
        return base
    before, after = windows
    with st.container(horizontal=True):
        spans = [
            st.date_input("Before: from", before[0], key="b1", bind="query-params", format="YYYY-MM-DD"),
            st.date_input("Before: to", before[1] - timedelta(days=1), key="b2", bind="query-params", format="YYYY-MM-DD"),
            st.date_input("After: from", after[0], key="a1", bind="query-params", format="YYYY-MM-DD"),
            st.date_input("After: to", after[1] - timedelta(days=1), key="a2", bind="query-params", format="YYYY-MM-DD"),
        ]
    if visit.team.programme_start is None:
        st.caption("The middle of your data is taken as the day. Set the day your alignment programme began under Team settings.")
    days = list(spans)
    if days[1] < days[0] or days[3] < days[2] or days[2] <= days[1]:
        st.warning(
            "“Before” must end before “after” begins, and each must end after it begins. The proposed days are used.",
            icon=":material/warning:",
        )
        return replace(base, before=before, after=after)
    one = timedelta(days=1)
    return replace(base, before=(days[0], days[1] + one), after=(days[2], days[3] + one))


def _groups(visit: Visit, sources: Sources, base: Request) -> Request:
    snapshot = sources.deals or sources.customers or sources.lines or sources.leads
    if snapshot is None:
        return base
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = split_column(visit, snapshot, key="column", label="Compare groups of")
        if column is None:
            st.caption("This export has no column to compare groups by.")
            return base
        values = _values(visit, snapshot, column)
        if len(values) < 2:
            st.caption(f"“{column.label}” has only one value.")
            return base
        observed = st.selectbox("This group", values, index=0, key="group", bind="query-params")
        others = [value for value in values if value != observed]
        baseline = st.selectbox("against", others, index=0, key="against", bind="query-params")
    return replace(base, groups=Groups(column.label, str(observed), str(baseline)))


def _values(visit: Visit, snapshot: Snapshot, column: GroupColumn) -> list[str]:
    """The values of a column, most rows first."""

    def make() -> tuple[str, ...]:
        rows = snapshot.collect(expressions.group_sizes(snapshot.table, by=column.name))
        return tuple(row["group"] for row in sorted(rows, key=lambda row: (-row["n"], row["group"]))[:MOST_VALUES])

    return list(visit.result("values", snapshot.sha256, column.name, make=make))
