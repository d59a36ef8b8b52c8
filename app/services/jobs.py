"""The long work of an import, away from the page: reading a file and committing it, in a thread that owns the worker process.

What is known of a job stands in the database, so a reload, another page or another browser finds it, and so does the next process when
this one is killed: a job whose holder gives no sign of life is taken up again by whoever looks first. Nothing here is needed for a
figure to be right: a job only calls `inspect`, `prepare` and `commit_upload`, each of which may be repeated.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from app import counters
from app.clock import now
from app.errors import AppError, Stopped
from app.ingest import gate, worker_processes
from app.ingest.content import Content
from app.ingest.limits import Limits
from app.ingest.model import Answers, Inspection, TypedTable
from app.ingest.progress import Progress, Step
from app.services.actor import Actor, require
from app.services.commits import commit_upload
from app.services.holders import HOLDER, is_gone
from app.services.limits import refuse_more_imports
from app.services.mappings import as_before, open_questions, recall
from app.services.preparation import inspect, prepare
from app.services.uploads import answers_hash, pending_row, upload_row
from app.storage.engine import reading, transaction
from app.storage.queries import jobs, organizations
from app.storage.tables import ImportJob, ImportMode, JobKind, JobState

LEASE = timedelta(seconds=20)
"""A running job whose holder has not been heard of for so long is given to another."""
BEAT_SECONDS = 1.0
ATTEMPTS = 3
"""How often a job is begun before somebody is asked: a file that takes the server down must not do so for ever."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class JobView:
    """A job as it is shown. `sentence` is what went wrong; `abandoned` that its process is gone; `since` when it began."""

    id: str
    kind: JobKind
    state: JobState
    progress: Progress
    sentence: str | None
    attempts: int
    abandoned: bool
    since: datetime


@dataclass
class _Running:
    """A job this process does: what it was told last, and whether it is to stop."""

    thread: threading.Thread
    stop: threading.Event = field(default_factory=threading.Event)
    progress: Progress = field(default_factory=lambda: Progress("waiting"))


_running: dict[str, _Running] = {}
_lock = threading.Lock()


def read_job(actor: Actor, *, engine: Engine, upload_id: str) -> JobView | None:
    """The latest job of an upload, None when there was none: one small query, for a page that asks every second."""
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        upload_row(session, actor, upload_id)
        row = jobs.of_upload(session=session, organization_id=actor.organization_id, upload_id=upload_id)
        return None if row is None else _view(row)


def ensure_read(actor: Actor, *, engine: Engine, upload_id: str, limits: Limits, again: bool = False) -> JobView:
    """See that the upload is read under its present answers: begin, take up what another process left, or leave it running.

    A job that was cancelled or failed under the same answers stays so unless `again` is set.
    """
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        upload = pending_row(session, actor, upload_id)
        row = jobs.of_upload(session=session, organization_id=actor.organization_id, upload_id=upload_id)
        if row is not None and not again and _about(row, answers_hash(upload)) and not (row.state == "running" and _gone(row)):
            return _view(row)
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        upload = pending_row(session, actor, upload_id)
        wanted = answers_hash(upload)
        row = jobs.of_upload(session=session, organization_id=actor.organization_id, upload_id=upload_id)
        if row is None or not _about(row, wanted) or again:
            row = _begin(session, actor, upload_id, team_id=upload.team_id, kind="read", mode=None, answers_sha256=wanted)
        elif row.state != "running" or not _gone(row) or not _take_up(session, row):
            return _view(row)
        view, kind, mode = _view(row), row.kind, row.mode
    _start(view.id, engine, actor, upload_id, kind, mode, limits)
    return view


def start_commit(actor: Actor, *, engine: Engine, upload_id: str, mode: ImportMode | None, limits: Limits) -> JobView:
    """Begin the commit of an upload; a second click finds the first one's job."""
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        upload = pending_row(session, actor, upload_id)
        row = jobs.of_upload(session=session, organization_id=actor.organization_id, upload_id=upload_id)
        if row is not None and row.kind == "commit" and row.state == "running" and not _gone(row):
            return _view(row)
        row = _begin(session, actor, upload_id, team_id=upload.team_id, kind="commit", mode=mode, answers_sha256=answers_hash(upload))
        view = _view(row)
    _start(view.id, engine, actor, upload_id, "commit", mode, limits)
    return view


def cancel(actor: Actor, *, engine: Engine, upload_id: str) -> None:
    """Stop the work on an upload; its worker process is killed. The upload stays, to be read again or discarded."""
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        upload_row(session, actor, upload_id)
        row = jobs.of_upload(session=session, organization_id=actor.organization_id, upload_id=upload_id)
        if row is None or row.state != "running":
            return
        row.state = "cancelled"
        session.add(row)
        job_id = row.id
    _tell_to_stop(job_id)


def wait(job: JobView, *, seconds: float) -> None:
    """Wait a moment for a job of this process, so that a small file needs no second look."""
    with _lock:
        running = _running.get(job.id)
    if running is not None:
        running.thread.join(seconds)


def take_up_left_behind(engine: Engine, *, limits: Limits) -> int:
    """Begin again what a process that is gone had begun; called when a server starts. Returns how many jobs were taken up."""
    worker_processes.clear_left_behind()
    with reading(engine, organization_id=None) as session:
        left = [(row.organization_id, row.id, row.upload_id, row.member_id) for row in jobs.running(session=session) if _gone(row)]
    taken = 0
    for organization_id, job_id, upload_id, member_id in left:
        with transaction(engine, organization_id=organization_id) as session:
            organizations.lock_organization(session=session, organization_id=organization_id)
            row = jobs.of_upload(session=session, organization_id=organization_id, upload_id=upload_id)
            member = (
                None if member_id is None else organizations.member(session=session, organization_id=organization_id, member_id=member_id)
            )
            if row is None or row.id != job_id or row.state != "running" or not _gone(row):
                continue
            if member is None or member.removed_at is not None:
                _fail(row, AppError("Whoever began this import is no longer a member.", "Read the file again, or discard it."))
                session.add(row)
                continue
            if not _take_up(session, row):
                continue
            actor, kind, mode = Actor(organization_id, member.id, member.role), row.kind, row.mode
        _start(job_id, engine, actor, upload_id, kind, mode, limits)
        taken += 1
    return taken


def leave(engine: Engine) -> None:
    """Give back what this process does, because it ends: the workers are killed, and the next process need not wait for the lease."""
    with _lock:
        mine = list(_running.items())
    for _, running in mine:
        running.stop.set()
    try:
        with reading(engine, organization_id=None) as session:
            held = {row.organization_id for row in jobs.running(session=session) if row.holder == HOLDER}
        for organization_id in sorted(held):
            with transaction(engine, organization_id=organization_id) as session:
                jobs.give_back(session=session, organization_id=organization_id, holder=HOLDER)
    except Exception:  # The database may be gone already; then the lease runs out.
        _LOG.warning("the jobs of this process could not be given back", exc_info=True)
    for _, running in mine:
        running.thread.join(2)


def _about(row: ImportJob, answers_sha256: str) -> bool:
    """Whether a job is about these answers. A commit that runs goes before whatever was answered; one that is over makes room."""
    if row.kind == "commit":
        return row.state == "running" or (row.state != "done" and row.answers_sha256 == answers_sha256)
    return row.answers_sha256 == answers_sha256


def _begin(
    session: Session,
    actor: Actor,
    upload_id: str,
    *,
    team_id: str,
    kind: JobKind,
    mode: ImportMode | None,
    answers_sha256: str,
) -> ImportJob:
    """A new job in the place of the one before, which stops when it finds itself gone."""
    before = jobs.of_upload(session=session, organization_id=actor.organization_id, upload_id=upload_id)
    if before is not None:
        _tell_to_stop(before.id)
        session.delete(before)
        session.flush()
    others = jobs.running_of(session=session, organization_id=actor.organization_id)
    refuse_more_imports(len([row for row in others if row.upload_id != upload_id and not _gone(row)]))
    row = ImportJob(
        organization_id=actor.organization_id,
        team_id=team_id,
        upload_id=upload_id,
        member_id=actor.member_id,
        kind=kind,
        mode=mode,
        answers_sha256=answers_sha256,
        holder=HOLDER,
    )
    session.add(row)
    session.flush()
    return row


def _take_up(session: Session, row: ImportJob) -> bool:
    """Take a job whose holder is gone, to be started after the transaction; False when that has been tried often enough."""
    if row.attempts >= ATTEMPTS:
        _fail(
            row,
            AppError(f"The server stopped {row.attempts} times while it worked on this file.", "Try again, or export a shorter period."),
        )
    else:
        row.holder, row.beat_at, row.attempts, row.step = HOLDER, now(), row.attempts + 1, "waiting"
    session.add(row)
    session.flush()
    return row.state == "running"


def _view(row: ImportJob) -> JobView:
    with _lock:
        mine = _running.get(row.id)
    known = Progress(_step(row.step), row.done, row.total, row.rows)
    return JobView(
        id=row.id,
        kind=row.kind,
        state=row.state,
        progress=mine.progress if mine is not None and row.state == "running" else known,
        sentence=None if row.error is None else str(json.loads(row.error)["sentence"]),
        attempts=row.attempts,
        abandoned=row.state == "running" and _gone(row),
        since=row.created_at,
    )


def _step(name: str) -> Step:
    steps: tuple[Step, ...] = ("waiting", "opening", "columns", "converting", "writing", "comparing", "storing")
    return next((step for step in steps if step == name), "waiting")


def _gone(row: ImportJob) -> bool:
    """Whether the holder of a running job does it no more."""
    if row.holder == HOLDER:
        with _lock:
            if row.id in _running:
                return False
    return is_gone(row.holder, beat_at=row.beat_at, lease=LEASE)


def _fail(row: ImportJob, error: AppError) -> None:
    row.state = "failed"
    row.error = json.dumps({"kind": type(error).__name__, "sentence": str(error)}, ensure_ascii=False)


def _tell_to_stop(job_id: str) -> None:
    with _lock:
        running = _running.get(job_id)
    if running is not None:
        running.stop.set()


def _start(job_id: str, engine: Engine, actor: Actor, upload_id: str, kind: JobKind, mode: ImportMode | None, limits: Limits) -> None:
    thread = threading.Thread(
        target=_work, args=(job_id, engine, actor, upload_id, kind, mode, limits), name=f"import-{job_id[:8]}", daemon=True
    )
    with _lock:
        _running[job_id] = _Running(thread)
    thread.start()


def _work(job_id: str, engine: Engine, actor: Actor, upload_id: str, kind: JobKind, mode: ImportMode | None, limits: Limits) -> None:
    """The whole of a job, in its own thread; whatever happens is written down and never raised."""
    with _lock:
        running = _running[job_id]
    over = threading.Event()
    beating = threading.Thread(target=_beat, args=(job_id, engine, actor, running, over), name=f"beat-{job_id[:8]}", daemon=True)
    beating.start()
    error: AppError | None = None
    outcome = "done"
    try:
        if kind == "read":
            _read(job_id, engine, actor, upload_id, running, limits)
        else:
            running.progress = Progress("storing")
            commit_upload(actor, engine=engine, upload_id=upload_id, limits=limits, mode=mode, read_file=_reader(running))
    except Stopped:
        # The look at the file may have been over just before; then its worker still has the file open.
        worker_processes.end_waiting()
        outcome = "stopped"
    except AppError as raised:
        error = raised
        outcome = "stopped" if running.stop.is_set() else "failed"
    except Exception:  # A defect of ours: the user gets a sentence, the log the rest.
        reference = secrets.token_hex(4)
        _LOG.exception("import job, reference %s", reference)
        error = AppError("Something went wrong on our side.", f"Try again, or report reference {reference}.")
        outcome = "stopped" if running.stop.is_set() else "failed"
    counters.count("imports", outcome)
    over.set()
    beating.join()
    try:
        _end(job_id, engine, actor, upload_id, error, stopped=running.stop.is_set())
    except Exception:
        _LOG.warning("the end of an import job could not be written", exc_info=True)
    with _lock:
        _running.pop(job_id, None)


def _end(job_id: str, engine: Engine, actor: Actor, upload_id: str, error: AppError | None, *, stopped: bool) -> None:
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = jobs.of_upload(session=session, organization_id=actor.organization_id, upload_id=upload_id)
        if row is None or row.id != job_id or row.holder != HOLDER or row.state != "running" or stopped:
            return
        if error is None:
            row.state = "done"
        else:
            _fail(row, error)
        session.add(row)


def _beat(job_id: str, engine: Engine, actor: Actor, running: _Running, over: threading.Event) -> None:
    """Write a sign of life every second, and stop the work when it is no longer ours."""
    while not over.wait(BEAT_SECONDS):
        told = running.progress
        try:
            with transaction(engine, organization_id=actor.organization_id) as session:
                ours = jobs.beat(
                    session=session,
                    organization_id=actor.organization_id,
                    job_id=job_id,
                    holder=HOLDER,
                    at=now(),
                    step=told.step,
                    done=told.done,
                    total=told.total,
                    rows=told.rows,
                )
        except Exception:  # A busy or broken database: the next beat tries again, and the lease decides.
            _LOG.warning("no sign of life could be written", exc_info=True)
            continue
        if not ours:
            running.stop.set()
            return


def _watcher(running: _Running) -> gate.Watch:
    def watch(progress: Progress) -> bool:
        running.progress = progress
        return not running.stop.is_set()

    return watch


def _reader(running: _Running) -> _ReadFile:
    """The gate's `read_file`, watched; it opens the file a second time, which is part of converting it to whoever looks on."""
    told = _watcher(running)

    def watch(progress: Progress) -> bool:
        return told(progress if progress.step not in ("opening", "columns") else Progress("converting", rows=progress.rows))

    return _ReadFile(watch)


@dataclass(frozen=True)
class _InspectFile:
    """The gate's `inspect_file`, watched."""

    watch: gate.Watch

    def __call__(self, data: Content, *, name: str, answers: Answers, limits: Limits) -> Inspection:
        return gate.inspect_file(data, name=name, answers=answers, limits=limits, watch=self.watch)


@dataclass(frozen=True)
class _ReadFile:
    """The gate's `read_file`, watched."""

    watch: gate.Watch

    def __call__(self, data: Content, *, name: str, answers: Answers, limits: Limits, today: date) -> TypedTable:
        table = gate.read_file(data, name=name, answers=answers, limits=limits, today=today, watch=self.watch)
        self.watch(Progress("comparing", rows=table.info.rows))
        return table


def _read(job_id: str, engine: Engine, actor: Actor, upload_id: str, running: _Running, limits: Limits) -> None:
    """Look at the file, take over what was answered last time, and, when nothing is left to ask, read it and compare."""
    look = _InspectFile(_watcher(running))
    found = inspect(actor, engine=engine, upload_id=upload_id, limits=limits, inspect_file=look)
    found, recalled = recall(actor, engine=engine, upload_id=upload_id, found=found, limits=limits, inspect_file=look)
    with transaction(engine, organization_id=actor.organization_id) as session:
        # What was recalled are answers like others: the job goes on under them.
        row = jobs.of_upload(session=session, organization_id=actor.organization_id, upload_id=upload_id)
        if row is not None and row.id == job_id:
            row.answers_sha256 = answers_hash(pending_row(session, actor, upload_id))
            session.add(row)
    if found.table is None or found.table == "call" or open_questions(actor, engine=engine, upload_id=upload_id, found=found):
        return
    _still(running)
    prepared = prepare(actor, engine=engine, upload_id=upload_id, limits=limits, read_file=_reader(running))
    _still(running)
    if as_before(recalled, prepared):
        running.progress = Progress("storing", rows=prepared.info.rows)
        commit_upload(actor, engine=engine, upload_id=upload_id, limits=limits, mode=prepared.mode, read_file=_reader(running))


def _still(running: _Running) -> None:
    if running.stop.is_set():
        raise Stopped("The import was stopped.", "Read the file again, or discard it.")
