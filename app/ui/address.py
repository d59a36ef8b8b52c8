"""What the reader asked for, kept for the session on every page and written into the address, so that a view can be shared.

Streamlit binds a control to the address too, but a control that another page shows as well begins anew there. What is asked here is
therefore kept beside the controls: a control's change is taken over before the page runs, and the address follows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

KEPT = "asked"


def asked(key: str) -> str | None:
    """What is asked under a key: what was chosen in this session, at first what the address says; None when nothing is."""
    kept = st.session_state.setdefault(KEPT, {})
    if key not in kept:
        kept[key] = st.query_params.get(key) or None
    found: str | None = kept[key]
    return found


def asked_day(key: str) -> date | None:
    """The day asked under a key; None when there is none, or no day."""
    text = asked(key)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def ask(**wanted: str | None) -> None:
    """Ask for something, or for nothing any more (None)."""
    st.session_state.setdefault(KEPT, {}).update(wanted)


def take(key: str, control: str, written: Callable[[object], str | None] = lambda value: None if value is None else str(value)) -> None:
    """Take over what stands in a control; for its `on_change`."""
    ask(**{key: written(st.session_state.get(control))})


def write(*keys: str) -> None:
    """Let the address say what is asked under these keys."""
    for key in keys:
        wanted = asked(key)
        if wanted is None:
            if key in st.query_params:
                del st.query_params[key]
        elif st.query_params.get(key) != wanted:
            st.query_params[key] = wanted
