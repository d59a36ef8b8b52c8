"""Making a report on a page: what goes in, how far it is, what was made before, who it is shared with."""

from __future__ import annotations

import streamlit as st

from app import wording
from app.errors import AppError
from app.report.content import Paper
from app.services.figures.account import filters_in_words
from app.services.report import kept, sharing
from app.services.report.beside import MOVED, apart, movements, rests_on
from app.services.report.kept import Maker, ReportView
from app.services.report.material import PARTS, Choice
from app.services.scorecard.request import Request
from app.services.scorecard.sources import Sources
from app.settings import settings
from app.ui import cache, downloads
from app.ui.asked import GRAIN_WORDS
from app.ui.asked import request as asked
from app.ui.components.figure import escape, table
from app.ui.guard import Visit
from app.wording import STYLES

PAPERS: dict[Paper, str] = {"a4": "A4", "us-letter": "US Letter"}
OTHERS = {
    "pack": ("Board pack (ZIP)", ":material/folder_zip:"),
    "slides": ("Slides (PPTX)", ":material/slideshow:"),
    "workbook": ("Numbers (XLSX)", ":material/table_view:"),
}
POLL_SECONDS = 1.5


def maker() -> Maker:
    """What reports are made with in this process."""
    return Maker(cache.counting(), settings().cache_dir, cache.code_version())


def making(visit: Visit, sources: Sources) -> None:
    """Choose the contents, then make the report with one click."""
    if not visit.may_change:
        st.markdown("Managers and owners make reports. Those that were made are here.")
        return
    with st.container(border=True):
        st.markdown("**Make a report of these numbers**")
        st.caption("A PDF that can be mailed to the board as it is. It takes a few seconds, and you may leave the page meanwhile.")
        with st.expander("What goes in", icon=":material/tune:"):
            request = asked(visit, sources)
            choice = _choice()
        if request is None:
            st.warning("The days under “What goes in” cannot be compared yet.", icon=":material/warning:")
            return
        if (filtered := filters_in_words(request.filters)) != "none":
            st.markdown(f":material/filter_alt: **Only these records count:** {escape(filtered)}")
        if st.button("Make the report", type="primary", icon=":material/picture_as_pdf:", key="make_report"):
            try:
                kept.start(visit.actor, engine=visit.engine, team_id=visit.team.id, request=request, choice=choice, maker=maker())
            except AppError as refused:
                st.error(escape(str(refused)), icon=":material/error:")
        _other_files(visit, request, choice)


def made_before(visit: Visit) -> None:
    """Every report of the team, newest first; while one is being made, the list looks again by itself."""
    found = kept.list_reports(visit.actor, engine=visit.engine, team_id=visit.team.id)
    if any(view.state == "running" for view in found):
        st.fragment(_list, run_every=POLL_SECONDS)(visit)
    else:
        _list(visit)


def side_by_side(visit: Visit) -> None:
    """Two finished reports beside each other: what moved by more than chance would."""
    found = [view for view in kept.list_reports(visit.actor, engine=visit.engine, team_id=visit.team.id) if view.state == "done"]
    if len(found) < 2:
        return
    st.subheader("Two reports side by side", anchor=False)
    names = {view.id: _name(view) for view in found}
    with st.container(horizontal=True):
        earlier = st.selectbox("Earlier", list(names), index=1, format_func=names.__getitem__, key="report_earlier")
        later = st.selectbox("Later", list(names), index=0, format_func=names.__getitem__, key="report_later")
    numbers = [kept.report_numbers(visit.actor, engine=visit.engine, report_id=one) for one in (earlier, later)]
    rows = movements(numbers[0], numbers[1])
    made_of = [rests_on(one) for one in numbers]
    if made_of[0] != made_of[1]:
        st.caption(f"Earlier: {escape(made_of[0])}.  \nLater: {escape(made_of[1])}.")
    if strange := apart(numbers[0], numbers[1]):
        st.info(escape(strange), icon=":material/link_off:")
    table(
        ("Number", "Earlier", "Later", "Difference", "Moved"),
        tuple((one.label, one.earlier, one.later, one.difference, MOVED[one.moved]) for one in rows),
        alt="The numbers of two reports beside each other",
    )
    for one in rows:
        if one.sentence:
            st.caption(escape(one.sentence))


def _choice() -> Choice:
    parts = st.pills(
        "Parts",
        list(PARTS),
        format_func=PARTS.__getitem__,
        selection_mode="multi",
        default=list(PARTS),
        key="report_parts",
    )
    with st.container(horizontal=True):
        paper = st.segmented_control("Paper", list(PAPERS), format_func=PAPERS.__getitem__, default="a4", required=True, key="report_paper")
        grain = st.segmented_control(
            "Periods in charts",
            list(GRAIN_WORDS),
            format_func=GRAIN_WORDS.__getitem__,
            default="quarter",
            required=True,
            key="report_grain",
        )
        numbers = st.selectbox("Numbers are written", list(STYLES), format_func=STYLES.__getitem__, width=180, key="report_numbers")
    tables = st.toggle("Numbers below each chart", key="report_tables")
    return Choice(tuple(key for key in PARTS if key in parts), paper, grain, tables, numbers)


def _other_files(visit: Visit, request: Request, choice: Choice) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Or take the same as")
        for kind, (label, icon) in OTHERS.items():
            ending, media_type, make = kept.KINDS[kind]
            address = downloads.offer(
                visit.actor,
                file_name=f"alignment-{kind}-{visit.loaded[:8]}.{ending}",
                media_type=media_type,
                content_key=f"{visit.team.id}.{visit.loaded}.{request!r}.{choice!r}.{kind}",
                make=lambda make=make: make(  # type: ignore[misc]  # the loop's value is bound on purpose
                    kept.fresh(visit.actor, engine=visit.engine, team_id=visit.team.id, request=request, choice=choice, maker=maker())
                ),
            )
            st.link_button(label, f"/{address}", icon=icon, type="tertiary")


def _list(visit: Visit) -> None:
    found = kept.list_reports(visit.actor, engine=visit.engine, team_id=visit.team.id)
    st.subheader("Reports made", anchor=False)
    if not found:
        st.markdown("None yet.")
    for view in found:
        _one(visit, view)
    if st.session_state.pop("report_was_running", False) and not any(view.state == "running" for view in found):
        # The list looked by itself while one was being made; the whole page is drawn once more, and then it rests.
        st.rerun()
    if any(view.state == "running" for view in found):
        st.session_state["report_was_running"] = True


def _one(visit: Visit, view: ReportView) -> None:
    with st.container(border=True):
        if view.state == "running":
            st.markdown(f"**{escape(_name(view))}**")
            st.markdown(f":material/hourglass_top: {view.step} …")
            return
        if view.state == "failed":
            st.markdown(f"**{escape(_name(view))}**")
            st.markdown(f":material/error: {escape(view.error or 'It could not be made.')}")
            if st.button("Make it again", key=f"again-{view.id}", icon=":material/refresh:", type="tertiary"):
                kept.remove(visit.actor, engine=visit.engine, report_id=view.id)
                kept.start(visit.actor, engine=visit.engine, team_id=visit.team.id, request=view.request, choice=view.choice, maker=maker())
                st.rerun()
            return
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{escape(_name(view))}**")
            address = downloads.offer(
                visit.actor,
                file_name=f"alignment-report-{view.created_at:%Y-%m-%d}-{view.data_version[:8]}.pdf",
                media_type="application/pdf",
                content_key=view.id,
                make=lambda: kept.report_pdf(visit.actor, engine=visit.engine, report_id=view.id).content,
            )
            st.link_button("Open the PDF", f"/{address}", icon=":material/picture_as_pdf:")
        by = f" by {view.member}" if view.member else ""
        st.caption(escape(f"Made {view.created_at:%d %b %Y %H:%M} UTC{by}. Data {view.data_version}, benchmarks {view.edition}."))
        if not visit.may_change:
            return
        opened = st.expander("Share or remove", icon=":material/share:", on_change="rerun", key=f"share-{view.id}")
        if opened.open:
            with opened:
                _share(visit, view)


def _share(visit: Visit, view: ReportView) -> None:
    st.markdown("Whoever has the link reads this report and nothing else. Search engines are kept away.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        days = st.number_input("Days it lives", 1, sharing.LONGEST_DAYS, 30, key=f"days-{view.id}")
        if st.button("Make a link", icon=":material/link:", key=f"link-{view.id}"):
            _, token = sharing.share(visit.actor, engine=visit.engine, report_id=view.id, days=int(days))
            st.session_state[f"token-{view.id}"] = token
        if st.button("Remove the report", icon=":material/delete:", type="tertiary", key=f"remove-{view.id}"):
            kept.remove(visit.actor, engine=visit.engine, report_id=view.id)
            st.rerun()
    if (shown := st.session_state.get(f"token-{view.id}")) is not None:
        st.markdown("Copy it now: it is not shown again.")
        st.code(f"{_host()}/shared/{shown}", language=None)
    for link in sharing.list_links(visit.actor, engine=visit.engine, report_id=view.id):
        with st.container(horizontal=True, vertical_alignment="center"):
            ends = f"ends {wording.day(link.expires_at.date())}" if link.live else "ended"
            st.markdown(f"Link made {wording.day(link.created_at.date())}, {ends}")
            if link.live and st.button("Take it back", key=f"revoke-{link.id}", type="tertiary", icon=":material/link_off:"):
                sharing.revoke(visit.actor, engine=visit.engine, link_id=link.id)
                st.session_state.pop(f"token-{view.id}", None)
                st.rerun()


def _host() -> str:
    scheme, _, rest = str(st.context.url or "").partition("://")
    return f"{scheme}://{rest.split('/', 1)[0]}" if rest else ""


def _name(view: ReportView) -> str:
    return f"{view.title}, {view.created_at:%d %b %Y %H:%M}"
