"""Reports kept for a team: made away from the page, fetched later, laid side by side, removed.

What is known of a report stands in the database. A report whose maker gives no sign of life for a while is shown as interrupted,
and can be made again: the same request on the same data gives the same bytes.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session

from app import counters
from app.charts.export import Drawing
from app.clock import now
from app.errors import AppError, NotFound
from app.metrics.engine import Engine as Counting
from app.report.content import Report
from app.report.pack import board_pack
from app.report.slides import slides
from app.report.typeset import pdf
from app.report.workbook import workbook
from app.services.actor import Actor, require
from app.services.downloads import Download
from app.services.holders import HOLDER, is_gone
from app.services.limits import refuse_more_reports
from app.services.report.build import report_of
from app.services.report.gather import data_hash, gather
from app.services.report.material import Choice, Material
from app.services.scorecard.document import document
from app.services.scorecard.request import Request
from app.services.stored_json import from_json, to_json
from app.services.teams import team_row
from app.storage.engine import reading, transaction
from app.storage.queries import blobs, organizations, reports
from app.storage.tables import KeptReport, ReportState

LEASE = timedelta(seconds=90)
"""A running report that has not been heard of for so long was interrupted."""
MOST_KEPT = 200
STEPS = {"waiting": "Waiting", "counting": "Counting", "drawing": "Drawing the charts", "setting": "Setting the pages"}

_LOG = logging.getLogger(__name__)
_turn = threading.Semaphore(1)
"""One report at a time in one process, so that the others' pages stay quick."""
_making: dict[str, str] = {}
"""The reports that this process makes, and the organization of each."""


@dataclass(frozen=True)
class ReportView:
    """A report as it is shown. `step` says how far its making is, `error` what went wrong."""

    id: str
    team_id: str
    title: str
    state: ReportState
    step: str
    error: str | None
    edition: str
    data_version: str
    request: Request
    choice: Choice
    member: str | None
    created_at: datetime


@dataclass(frozen=True)
class Maker:
    """What a report is made with: the engine that counts, the folder of the copies, and the version of the program."""

    counting: Counting
    cache_dir: Path
    code: str


def start(actor: Actor, *, engine: Engine, team_id: str, request: Request, choice: Choice, maker: Maker, title: str = "") -> ReportView:
    """Begin a report in a thread of its own and return at once. The same report twice at the same time is one.

    Raises
    ------
    AppError
        When the organization makes, or keeps, as many reports as it may.
    """
    view, begun = _begin(actor, engine=engine, team_id=team_id, request=request, choice=choice, maker=maker, title=title)
    if begun:
        work = threading.Thread(target=_work, args=(actor, engine, view, maker), name=f"report-{view.id[:8]}", daemon=True)
        work.start()
    return view


def make(actor: Actor, *, engine: Engine, team_id: str, request: Request, choice: Choice, maker: Maker, title: str = "") -> ReportView:
    """Make a report and wait for it: for the command line."""
    view, _ = _begin(actor, engine=engine, team_id=team_id, request=request, choice=choice, maker=maker, title=title)
    _work(actor, engine, view, maker)
    return read_report(actor, engine=engine, report_id=view.id)


def leave(engine: Engine) -> None:
    """Give back what this process makes, because it ends: everybody sees at once that these reports were interrupted."""
    for report_id, organization_id in list(_making.items()):
        try:
            with transaction(engine, organization_id=organization_id) as session:
                reports.give_back(session=session, organization_id=organization_id, report_id=report_id, holder=HOLDER)
        except Exception:  # The database may be gone already; then the lease runs out.
            _LOG.warning("a report of this process could not be given back", exc_info=True)


def list_reports(actor: Actor, *, engine: Engine, team_id: str) -> tuple[ReportView, ...]:
    """Every report of a team, newest first."""
    with reading(engine, organization_id=actor.organization_id) as session:
        team_row(session, actor, team_id)
        found = reports.reports(session=session, organization_id=actor.organization_id, team_id=team_id)
        return tuple(_view(session, row) for row in found)


def read_report(actor: Actor, *, engine: Engine, report_id: str) -> ReportView:
    """One report of the organization; `NotFound` when there is none of that id."""
    with reading(engine, organization_id=actor.organization_id) as session:
        return _view(session, _row(session, actor, report_id))


def report_pdf(actor: Actor, *, engine: Engine, report_id: str) -> Download:
    """The report as it was made."""
    with reading(engine, organization_id=actor.organization_id) as session:
        row = _row(session, actor, report_id)
        return Download(file_name(row), "application/pdf", _bytes(session, row))


def report_numbers(actor: Actor, *, engine: Engine, report_id: str) -> dict[str, object]:
    """The scorecard that the report was made from, as `app.services.scorecard.document` gives it."""
    with reading(engine, organization_id=actor.organization_id) as session:
        row = _row(session, actor, report_id)
        if row.numbers is None:
            raise AppError("This report is not finished.", "Wait for it, or make it again.")
        found: dict[str, object] = json.loads(row.numbers)
        return found


def remove(actor: Actor, *, engine: Engine, report_id: str) -> None:
    """Remove a report with its links and bytes."""
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        row = _row(session, actor, report_id)
        team_id = row.team_id
        session.delete(row)
        session.flush()
        blobs.clear_unused(session=session, organization_id=actor.organization_id)
        organizations.record(
            session=session,
            organization_id=actor.organization_id,
            member_id=actor.member_id,
            team_id=team_id,
            what="report_removed",
            subject=report_id,
        )


def fresh(actor: Actor, *, engine: Engine, team_id: str, request: Request, choice: Choice, maker: Maker) -> Report:
    """The content of a report on what is loaded now: for the board pack, the workbook and the slides."""
    found = gather(
        actor,
        engine=engine,
        team_id=team_id,
        counting=maker.counting,
        cache_dir=maker.cache_dir,
        request=request,
        choice=choice,
        code=maker.code,
    )
    return report_of(found)


KINDS = {
    "pack": ("zip", "application/zip", board_pack),
    "slides": ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", slides),
    "workbook": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", workbook),
}
"""What else can be made of a report's content: how the name ends, the media type, how it is made."""


def file_name(row: KeptReport) -> str:
    """What the report's file is called."""
    return f"alignment-report-{row.created_at:%Y-%m-%d}-{row.data_sha256[:8]}.pdf"


def pdf_of(session: Session, row: KeptReport) -> bytes:
    """The bytes of a finished report; the caller has checked who asks."""
    return _bytes(session, row)


def _begin(
    actor: Actor, *, engine: Engine, team_id: str, request: Request, choice: Choice, maker: Maker, title: str
) -> tuple[ReportView, bool]:
    require(actor, "manager")
    data = data_hash(actor, engine=engine, team_id=team_id)
    asked, chosen = to_json(request), to_json(choice)
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        team = team_row(session, actor, team_id)
        known = reports.reports(session=session, organization_id=actor.organization_id, team_id=team_id)
        running = [row for row in known if row.state == "running" and not _gone(row)]
        for row in running:
            if (row.request, row.choice, row.data_sha256) == (asked, chosen, data):
                return _view(session, row), False
        everywhere = reports.running_of(session=session, organization_id=actor.organization_id)
        refuse_more_reports(len([row for row in everywhere if not _gone(row)]))
        if len(known) >= MOST_KEPT:
            raise AppError(f"A team keeps at most {MOST_KEPT} reports.", "Remove one that you do not need any more.")
        row = KeptReport(
            organization_id=actor.organization_id,
            team_id=team_id,
            member_id=actor.member_id,
            title=title.strip()[:200] or f"Alignment report, {team.name}"[:200],
            request=asked,
            choice=chosen,
            data_sha256=data,
            edition=request.edition,
            code=maker.code,
            holder=HOLDER,
        )
        session.add(row)
        session.flush()
        _making[row.id] = row.organization_id
        return _view(session, row), True


def _work(actor: Actor, engine: Engine, view: ReportView, maker: Maker) -> None:
    """Make a report; whatever happens is written down."""
    try:
        with _turn:
            _step(actor, engine, view, "counting")
            found = gather(
                actor,
                engine=engine,
                team_id=view.team_id,
                counting=maker.counting,
                cache_dir=maker.cache_dir,
                request=view.request,
                choice=view.choice,
                code=maker.code,
            )
            _step(actor, engine, view, "drawing")
            drawing = Drawing()
            content = pdf(report_of(found, drawing=drawing), drawing=drawing)
            numbers = json.dumps({**document(found.card), "columns": _columns(found)}, ensure_ascii=False, sort_keys=True)
        _finish(actor, engine, view, content=content, numbers=numbers, edition=found.card.edition)
        counters.count("reports", "done")
    except AppError as refused:
        counters.count("reports", "failed")
        _fail(actor, engine, view, str(refused))
    except Exception:
        reference = secrets.token_hex(4)
        counters.count("reports", "failed")
        _LOG.exception("report failed, reference %s", reference)
        try:
            _fail(actor, engine, view, f"Something went wrong on our side. Make the report again, or tell us the reference {reference}.")
        except Exception:  # The database may be what went wrong; the report is then shown as interrupted.
            _LOG.warning("the end of a report could not be written", exc_info=True)
    finally:
        _making.pop(view.id, None)


def _columns(found: Material) -> dict[str, list[str]]:
    """The headings of the files that were loaded, by table, to tell later whether two reports rest on exports of the same kind."""
    return {
        one.receipt.table: sorted({heading for _, heading in one.receipt.mapping} | {*one.receipt.segments, *one.receipt.ignored})
        for one in found.imported
    }


def _step(actor: Actor, engine: Engine, view: ReportView, step: str) -> None:
    with transaction(engine, organization_id=actor.organization_id) as session:
        reports.beat(session=session, organization_id=actor.organization_id, report_id=view.id, holder=HOLDER, at=now(), step=step)


def _finish(actor: Actor, engine: Engine, view: ReportView, *, content: bytes, numbers: str, edition: str) -> None:
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        row = reports.report(session=session, organization_id=actor.organization_id, report_id=view.id)
        if row is None or row.state == "done":
            return
        row.pdf_sha256 = blobs.put(session=session, organization_id=actor.organization_id, content=content)
        row.numbers, row.edition = numbers, edition
        row.state, row.error, row.finished_at = "done", None, now()
        session.add(row)
        organizations.record(
            session=session,
            organization_id=actor.organization_id,
            member_id=actor.member_id,
            team_id=row.team_id,
            what="report_made",
            subject=row.id,
        )


def _fail(actor: Actor, engine: Engine, view: ReportView, sentence: str) -> None:
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = reports.report(session=session, organization_id=actor.organization_id, report_id=view.id)
        if row is not None and row.state == "running":
            row.state, row.error = "failed", sentence
            session.add(row)


def _row(session: Session, actor: Actor, report_id: str) -> KeptReport:
    row = reports.report(session=session, organization_id=actor.organization_id, report_id=report_id)
    if row is None:
        raise NotFound("This report does not exist in your organization.", "Load the page again.")
    return row


def _bytes(session: Session, row: KeptReport) -> bytes:
    if row.pdf_sha256 is None:
        raise AppError("This report is not finished.", "Wait for it, or make it again.")
    content = blobs.content(session=session, organization_id=row.organization_id, sha256=row.pdf_sha256)
    if content is None:
        raise AppError("The file of this report is gone.", "Make it again.")
    return content


def _gone(row: KeptReport) -> bool:
    """Whether nobody makes a running report any more; one of this process may wait for its turn for as long as it takes."""
    if row.holder == HOLDER:
        return row.id not in _making
    return is_gone(row.holder, beat_at=row.beat_at, lease=LEASE)


def _view(session: Session, row: KeptReport) -> ReportView:
    interrupted = row.state == "running" and _gone(row)
    member = (
        None
        if row.member_id is None
        else organizations.member(session=session, organization_id=row.organization_id, member_id=row.member_id)
    )
    return ReportView(
        id=row.id,
        team_id=row.team_id,
        title=row.title,
        state="failed" if interrupted else row.state,
        step=STEPS.get(row.step, row.step),
        error="The making was interrupted. Make the report again." if interrupted else row.error,
        edition=row.edition,
        data_version=row.data_sha256[:12],
        request=from_json(Request, row.request),
        choice=from_json(Choice, row.choice),
        member=None if member is None else member.display_name,
        created_at=row.created_at,
    )
