"""What the waiting file could add to a table that is loaded: offered with what would match, made with one click."""

from __future__ import annotations

import streamlit as st

from app import wording
from app.errors import AppError, FileError, NotFound
from app.ingest.model import JoinOffer
from app.services import datasets, jobs, joins, uploads
from app.services.datasets import DatasetView
from app.services.stored_json import hash_of
from app.services.uploads import UploadView
from app.settings import settings
from app.tables import TABLES
from app.ui import cache
from app.ui.components.figure import escape
from app.ui.failure import explain
from app.ui.guard import Visit


def join_box(visit: Visit) -> None:
    """The joins that the newest waiting file offers; nothing when no file waits or none fits."""
    if visit.team.is_example or not visit.may_change:
        return
    waiting = uploads.pending_uploads(visit.actor, engine=visit.engine, team_id=visit.team.id)
    job = jobs.read_job(visit.actor, engine=visit.engine, upload_id=waiting[0].id) if waiting else None
    if waiting and any(view.state == "active" and view.file_sha256 == waiting[0].sha256 for view in _history(visit)):
        # A file has nothing to give to the table that was made of it.
        return
    # While the file is being read, or when it was stopped, it is not opened once more.
    offers = _offers(visit, waiting[0]) if waiting and job is not None and job.state == "done" else ()
    if not offers:
        return
    with st.container(border=True, key="joins"):
        st.markdown(f"**Add {escape(waiting[0].file_name)} to what is loaded**")
        st.markdown("This file shares ids with a loaded table. Nothing is joined unless you say so, and it can be undone.")
        for number, offer in enumerate(offers):
            _offer(visit, waiting[0], offer, number)


def _history(visit: Visit) -> tuple[DatasetView, ...]:
    return datasets.history(visit.actor, engine=visit.engine, team_id=visit.team.id)


def _offers(visit: Visit, upload: UploadView) -> tuple[JoinOffer, ...]:
    limits = settings().limits()

    def make() -> tuple[JoinOffer, ...]:
        try:
            return joins.join_offers(visit.actor, engine=visit.engine, upload_id=upload.id, limits=limits)
        except (FileError, NotFound):
            # What is wrong with the file is told where it is imported; another click may have finished it meanwhile.
            return ()

    return cache.result(
        visit.actor.organization_id, visit.team.id, visit.loaded, "joins", upload.sha256, hash_of(upload.answers), make=make, keep=False
    )


def _offer(visit: Visit, upload: UploadView, offer: JoinOffer, number: int) -> None:
    counts, noun = offer.counts, TABLES[offer.choice.table].label.lower()
    with st.container(border=True):
        st.markdown(escape(offer.text))
        st.table(
            {
                "": [f"Rows of the {noun}", "Rows of the file"],
                "Matched": [wording.count(counts.matched), wording.count(counts.other_matched)],
                "No partner": [wording.count(counts.alone), wording.count(counts.other_alone)],
                "Double": ["–", wording.count(counts.other_double)],
                "No id": [wording.count(counts.blank), wording.count(counts.other_blank)],
            }
        )
        if counts.other_double:
            st.caption("Double: the id comes again with other values, so nothing is taken from these rows but the first date.")
        if st.button(f"Add to the {noun}", icon=":material/join_inner:", key=f"join-{number}"):
            try:
                made = joins.join_upload(
                    visit.actor, engine=visit.engine, upload_id=upload.id, choice=offer.choice, limits=settings().limits()
                )
            except NotFound:
                # Another click has finished the file meanwhile; the page shows what came of it.
                st.rerun()
            except AppError as error:
                explain(error)
                return
            st.session_state["imported"] = (made.sentence, made.dataset.id)
            st.rerun()
