"""How far an import is, looked up every second, with a way to stop it."""

from __future__ import annotations

import streamlit as st

from app import wording
from app.clock import now
from app.ingest.progress import Progress, Step
from app.services import commits, jobs, preparation
from app.ui.guard import Visit

EVERY = 1.0
"""Seconds between two looks: one small query each."""

STEPS: dict[Step, tuple[float, float, str]] = {
    "waiting": (0.0, 0.02, "Waiting for another file to finish"),
    "opening": (0.02, 0.3, "Opening the file"),
    "columns": (0.3, 0.4, "Understanding the columns"),
    "converting": (0.4, 0.75, "Converting the columns"),
    "writing": (0.75, 0.8, "Writing the table"),
    "comparing": (0.8, 0.95, "Comparing with what is loaded"),
    "storing": (0.95, 1.0, "Storing"),
}
"""Where each step begins and ends on the bar, and what it is called."""


@st.fragment(run_every=EVERY)
def progress_box(visit: Visit, upload_id: str, *, inspected: bool) -> None:
    """The step an import is at; the whole page runs again when there is something new to see on it."""
    job = jobs.read_job(visit.actor, engine=visit.engine, upload_id=upload_id)
    done = job is None or job.state != "running" or job.abandoned
    if done or (not inspected and preparation.inspected(visit.actor, engine=visit.engine, upload_id=upload_id) is not None):
        note_commit(visit, upload_id)
        st.rerun()
    assert job is not None
    begin, end, name = STEPS[job.progress.step]
    share = job.progress.done / job.progress.total if job.progress.total else 0.0
    st.progress(begin + (end - begin) * min(1.0, share), text=f"**{name}** {_detail(job.progress)}")
    seconds = int((now() - job.since).total_seconds())
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        again = " Taken up again after the server stopped." if job.attempts > 1 else ""
        st.caption(f"{seconds} s so far. You may leave this page or close it; the import goes on.{again}")
        if st.button("Stop this import", icon=":material/stop_circle:", key="stop", type="tertiary"):
            jobs.cancel(visit.actor, engine=visit.engine, upload_id=upload_id)
            st.rerun()


def note_commit(visit: Visit, upload_id: str) -> None:
    """Keep what the commit did, to be said once above the list of what is loaded."""
    done = commits.committed(visit.actor, engine=visit.engine, upload_id=upload_id)
    if done is not None:
        st.session_state["imported"] = (done.sentence, done.dataset.id if done.changed else None)


def _detail(progress: Progress) -> str:
    rows = f"{wording.count(progress.rows)} rows" if progress.rows else ""
    if progress.step == "opening" and progress.total:
        return f"{progress.done / 1024**2:,.1f} of {progress.total / 1024**2:,.1f} MB"
    if progress.step == "converting" and progress.total:
        return f"column {min(progress.done + 1, progress.total)} of {progress.total}, {rows}"
    return rows
