"""Two spans of days to compare: proposed around the day the programme began, and changed in one step."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import streamlit as st

from app.metrics.periods import Coverage
from app.services.scorecard.request import Request
from app.services.scorecard.sources import NO_DAYS, Sources, Span, default_windows, halves, no_windows_around
from app.ui.address import ask, asked_day, write
from app.ui.components.team import programme_day
from app.ui.guard import Visit
from app.wording import day_range

ONE = timedelta(days=1)
LABELS = {"b1": "Before: from", "b2": "Before: to", "a1": "After: from", "a2": "After: to"}
"""The names of the four days in the address, and what they are called."""
PROPOSED_FOR = "days_proposed_for"
"""For which data and which programme day the spans on screen were proposed, and what was proposed."""


def spans(visit: Visit, sources: Sources, base: Request) -> Request | None:
    """The request with both spans; None, with the reason on the page, while the days on screen cannot be compared.

    The four days are changed together and sent in one step, so that nothing is ever compared on other days than those that were sent.
    """
    covered, since = sources.coverage(), visit.team.programme_start
    if covered is None:
        st.warning(f"{NO_DAYS.reason} Compare two groups instead.", icon=":material/warning:")
        return None
    why = no_windows_around(covered, since)
    before, after = default_windows(covered, since) or halves(covered)
    if why is not None:
        st.warning(f"{why.reason} The two halves of the days loaded are proposed instead.", icon=":material/event_busy:")
        programme_day(visit, again=True)
    proposed = dict(zip(LABELS, (before[0], before[1] - ONE, after[0], after[1] - ONE), strict=True))
    _renew(visit, since, proposed)
    sent = {key: asked_day(key) or proposed[key] for key in LABELS}
    with st.form("spans", border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            for key, label in LABELS.items():
                # Asked for the days that were sent, the control begins anew whenever other days are.
                st.date_input(label, sent[key], key=f"{key}-{sent[key]}", format="YYYY-MM-DD")
            st.form_submit_button("Compare these days", type="primary", icon=":material/balance:", on_click=_send, args=(sent,))
        if left := _left_out(covered, before, after):
            st.caption(left)
        if since is None:
            st.caption("The middle of your data is proposed. Say under Team settings when your alignment programme began.")
    write(*LABELS)
    b1, b2, a1, a2 = sent.values()
    if b1 <= b2 < a1 <= a2:
        return replace(base, before=(b1, b2 + ONE), after=(a1, a2 + ONE))
    wrong = (
        "“Before” ends before it begins."
        if b2 < b1
        else "“After” ends before it begins."
        if a2 < a1
        else "“Before” must end before “after” begins."
    )
    st.warning(f"{wrong} Nothing is compared until the days fit.", icon=":material/warning:")
    return None


def _send(shown: dict[str, date]) -> None:
    """Take over the four days of the form; one that was emptied stays as it was."""
    for key, was in shown.items():
        found = st.session_state.get(f"{key}-{was}")
        ask(**{key: (found if isinstance(found, date) else was).isoformat()})


def _left_out(covered: Coverage, before: Span, after: Span) -> str:
    """Which of the loaded days the proposed spans leave out, and why; "" when they leave out less than the data's gaps."""
    parts = []
    if (before[0] - covered.first).days > covered.slack:
        parts.append(day_range(covered.first, before[0] - ONE))
    if (covered.last - after[1]).days >= covered.slack:
        parts.append(day_range(after[1], covered.last))
    if not parts:
        return ""
    return (
        f"Proposed: the longest two spans of whole months that are equally long, so that both can lose as many customers and bring as much "
        f"revenue. Left out: {' and '.join(parts)}. Change the days to count them."
    )


def _renew(visit: Visit, since: date | None, proposed: dict[str, date]) -> None:
    """Propose the days anew when the data or the day the programme began are others than those on screen were proposed for.

    Days that somebody chose, here or in an address that was shared, stay when newer data are loaded.
    """
    now = (visit.team.id, since, visit.loaded, proposed)
    known = st.session_state.get(PROPOSED_FOR)
    if known is not None and known != now:
        shown = {key: asked_day(key) for key in LABELS}
        if known[:2] != now[:2] or shown == known[3]:
            ask(**dict.fromkeys(LABELS))
    st.session_state[PROPOSED_FOR] = now
