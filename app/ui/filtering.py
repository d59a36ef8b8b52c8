"""The filters: a small panel to choose them, and chips above the numbers that say which are on and take them away with one click.

They are kept in the address. A filter that the data loaded now cannot obey is dropped with a sentence and never replaced by another.
"""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from app.metrics import expressions
from app.metrics.engine import Snapshot
from app.metrics.model import Filters
from app.metrics.periods import Coverage
from app.services.scorecard.grouping import GroupColumn, Grouping, grouping
from app.services.scorecard.sources import Sources
from app.ui.address import ask, asked, asked_day, take, write
from app.ui.components.figure import escape
from app.ui.guard import Visit
from app.wording import day, day_range

ALL = "All"
MOST_VALUES = 200
COLUMN, VALUE, FROM, TO = "only", "is", "from", "to"
DROPPED = "filters_dropped"
"""Where the sentence on a dropped filter waits until it was read."""


def filters(visit: Visit, sources: Sources) -> Filters:
    """Days and one group column, from a small panel whose button says how many are on."""
    snapshot = sources.deals or sources.customers or sources.lines or sources.leads
    columns = groups_of(visit, snapshot).offered if snapshot is not None else ()
    covered = sources.coverage()
    _drop_what_is_gone(visit, snapshot, columns, covered)
    on = sum(asked(key) is not None for key in (VALUE, FROM, TO))
    with st.popover(
        f"Filters ({on} on)" if on else "Filters", icon=":material/filter_alt:", type="primary" if on else "secondary", key="filters"
    ):
        for label, key in (("From", FROM), ("Up to and with", TO)):
            control = f"filter-{key}"
            st.session_state[control] = asked_day(key)
            st.date_input(label, key=control, on_change=take, args=(key, control), format="YYYY-MM-DD")
        if snapshot is not None and columns:
            labels = [ALL, *dict.fromkeys(c.label for c in columns)]
            st.session_state["filter-only"] = asked(COLUMN) or ALL
            st.selectbox("Only one group of", labels, key="filter-only", on_change=_take_column)
            column = next((c for c in columns if c.label == asked(COLUMN)), None)
            if column is not None:
                # No value stands there until somebody chooses one, or the first would be taken unseen.
                st.session_state["filter-is"] = asked(VALUE)
                st.selectbox(
                    column.label,
                    values(visit, snapshot, column),
                    index=None,
                    key="filter-is",
                    on_change=take,
                    args=(VALUE, "filter-is"),
                    placeholder="Choose a value",
                )
        if covered is not None:
            st.caption(f"Loaded: {day_range(covered.first, covered.last)}")
    write(COLUMN, VALUE, FROM, TO)
    first, last = asked_day(FROM), asked_day(TO)
    if first is not None and last is not None and last < first:
        st.warning("The filter ends before it begins, so it is not used.", icon=":material/warning:")
        first = last = None
    heading, value = asked(COLUMN), asked(VALUE)
    where = ((heading, (value,)),) if heading is not None and value is not None else ()
    return Filters(first, last + timedelta(days=1) if last is not None else None, where)


def chips(found: Filters, *, days_overridden: bool = False) -> None:
    """The filters that are on, each with a click to take it away, and what became of one that the data cannot obey.

    Parameters
    ----------
    days_overridden
        Whether a comparison of two spans of days takes the place of the filter on days.
    """
    gone = st.session_state.get(DROPPED)
    if gone is not None:
        with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f":material/filter_alt_off: {escape(gone)}")
            st.button("Understood", key="filter-dropped-read", on_click=_forget, type="tertiary")
    on: list[tuple[str, tuple[str, ...]]] = [(f"{label} is {' or '.join(chosen)}", (VALUE, COLUMN)) for label, chosen in found.where]
    if found.start is not None:
        on.append((f"From {day(found.start)}", (FROM,)))
    if found.end is not None:
        on.append((f"Up to {day(found.end - timedelta(days=1))}", (TO,)))
    if not on:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(":material/filter_alt: **Only these records count:**", width="content")
        for words, keys in on:
            st.button(
                escape(words),
                icon=":material/close:",
                icon_position="right",
                key=f"unfilter-{keys[0]}",
                help="Take this filter away",
                on_click=_clear,
                args=keys,
            )
        if len(on) > 1:
            st.button("Clear all filters", key="unfilter-all", type="tertiary", on_click=_clear, args=(VALUE, COLUMN, FROM, TO))
    if days_overridden and (found.start is not None or found.end is not None):
        st.caption(
            "The filter on days holds for your own numbers. Against the cited figures the two spans you compare take its place, whole."
        )


def groups_of(visit: Visit, snapshot: Snapshot) -> Grouping:
    """The columns of a table to group by; kept for the next start, which then needs no counting for its first page."""
    return visit.result("grouping", snapshot.sha256, make=lambda: grouping(snapshot))


def values(visit: Visit, snapshot: Snapshot, column: GroupColumn) -> list[str]:
    """The values of a column, most rows first."""

    def make() -> tuple[str, ...]:
        rows = snapshot.collect(expressions.group_sizes(snapshot.table, by=column.name))
        return tuple(row["group"] for row in sorted(rows, key=lambda row: (-row["n"], row["group"]))[:MOST_VALUES])

    return list(visit.result("values", snapshot.sha256, column.name, make=make))


def _drop_what_is_gone(visit: Visit, snapshot: Snapshot | None, columns: tuple[GroupColumn, ...], covered: Coverage | None) -> None:
    label, value = asked(COLUMN), asked(VALUE)
    said = []
    if label is not None:
        column = next((c for c in columns if c.label == label), None)
        if column is None or snapshot is None:
            said.append(f"The filter “{label}{f' is {value}' if value else ''}” is off: the data loaded now have no column “{label}”.")
            _clear(VALUE, COLUMN)
        elif value is not None and value not in values(visit, snapshot, column):
            said.append(f"The filter “{label} is {value}” is off: no record loaded now has “{value}” as its {label}.")
            _clear(VALUE, COLUMN)
    elif value is not None:
        _clear(VALUE)
    for key in (FROM, TO):
        if asked(key) is not None and asked_day(key) is None:
            _clear(key)
    first, last = asked_day(FROM), asked_day(TO)
    if covered is not None and ((first is not None and first > covered.last) or (last is not None and last < covered.first)):
        said.append(f"The filter on days is off: it lies outside the days loaded now, {day_range(covered.first, covered.last)}.")
        _clear(FROM, TO)
    if said:
        st.session_state[DROPPED] = " ".join(said)


def _take_column() -> None:
    chosen = st.session_state.get("filter-only")
    ask(**{COLUMN: None if chosen in (None, ALL) else str(chosen), VALUE: None})


def _clear(*keys: str) -> None:
    ask(**dict.fromkeys(keys))
    st.session_state[DROPPED] = None


def _forget() -> None:
    st.session_state[DROPPED] = None
