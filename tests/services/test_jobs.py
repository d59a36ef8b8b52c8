"""The long work of an import: it goes on without a page, can be stopped, and outlives the process that began it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.clock import now
from app.errors import AccessDenied
from app.ingest import gate, worker_processes
from app.ingest.limits import Limits
from app.ingest.model import Answers
from app.ingest.progress import Progress
from app.services import jobs
from app.services.actor import Actor, add_member
from app.services.datasets import history
from app.services.holders import HOLDER
from app.services.jobs import ATTEMPTS, LEASE, JobView, cancel, ensure_read, read_job, start_commit, take_up_left_behind
from app.services.preparation import inspected, prepared
from app.services.uploads import answer_question, discard_upload, read_upload, start_upload
from app.storage.queries import jobs as rows
from app.storage.tables import ImportJob
from tests.owners import everything

LIMITS = Limits()
ROOT = Path(__file__).resolve().parents[2]

HEAD = "Deal ID,Account,Stage,Amount,Created,Closed,Region"


def deals(number: int, *, day: str = "2026-01-{:02d}") -> bytes:
    """An export of `number` deals, of which every third is won."""
    lines = [HEAD]
    for n in range(number):
        closed = day.format(n % 27 + 1)
        lines.append(f"D{n},A{n % 40},{'Closed Won' if n % 3 == 0 else 'Closed Lost'},{100 + n},2025-12-01,{closed},North")
    return "\r\n".join([*lines, ""]).encode()


def begin(actor: Actor, engine: Engine, team_id: str, data: bytes, *, name: str = "deals.csv") -> tuple[str, JobView]:
    upload = start_upload(actor, engine=engine, team_id=team_id, data=data, name=name, limits=LIMITS)
    return upload.id, ensure_read(actor, engine=engine, upload_id=upload.id, limits=LIMITS)


def ended(actor: Actor, engine: Engine, upload_id: str) -> JobView:
    """The job once it is over."""
    job = read_job(actor, engine=engine, upload_id=upload_id)
    assert job is not None
    jobs.wait(job, seconds=60)
    found = read_job(actor, engine=engine, upload_id=upload_id)
    assert found is not None
    assert found.state != "running"
    return found


def workers(*, of_this_process: bool = False) -> list[int]:
    """The worker processes that are alive."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
            ours = f"PPid:\t{os.getpid()}\n" in entry.with_name("status").read_text()
        except OSError:
            continue
        if b"app.ingest.worker" in words and (ours or not of_this_process):
            found.append(int(entry.parent.name))
    return found


def test_a_file_is_read_and_committed_without_a_page(engine: Engine, owner: Actor, team_id: str) -> None:
    upload_id, job = begin(owner, engine, team_id, deals(30))
    assert (job.kind, job.state, job.attempts, job.abandoned) == ("read", "running", 1, False)
    # Asked again while it runs, or by another page, it is the same job.
    assert ensure_read(owner, engine=engine, upload_id=upload_id, limits=LIMITS).id == job.id
    assert ended(owner, engine, upload_id).state == "done"
    ready = prepared(owner, engine=engine, upload_id=upload_id)
    assert ready is not None
    assert (ready.mode, ready.receipt.rows_read, ready.receipt.rows_used) == ("replace", 30, 30)
    first = start_commit(owner, engine=engine, upload_id=upload_id, mode="replace", limits=LIMITS)
    assert ended(owner, engine, upload_id).state == "done"
    assert first.kind == "commit"
    assert [(view.state, view.info.rows) for view in history(owner, engine=engine, team_id=team_id)] == [("active", 30)]


def test_a_commit_ends_its_job_in_the_same_transaction(engine: Engine, owner: Actor, team_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    upload_id, _ = begin(owner, engine, team_id, deals(3))
    ended(owner, engine, upload_id)
    # As when the process is killed right after the commit: nothing is left that says it runs.
    monkeypatch.setattr(jobs, "_end", lambda *_, **__: None)
    start_commit(owner, engine=engine, upload_id=upload_id, mode="replace", limits=LIMITS)
    assert ended(owner, engine, upload_id).state == "done"
    assert take_up_left_behind(engine, limits=LIMITS) == 0


def test_a_question_ends_the_job_and_its_answer_begins_another(engine: Engine, owner: Actor, team_id: str) -> None:
    upload_id, job = begin(owner, engine, team_id, deals(8, day="{:02d}/03/2026"))
    assert ended(owner, engine, upload_id).state == "done"
    found = inspected(owner, engine=engine, upload_id=upload_id)
    assert found is not None
    assert [question.kind for question in found.questions] == ["date_order"]
    assert prepared(owner, engine=engine, upload_id=upload_id) is None
    answer_question(owner, engine=engine, upload_id=upload_id, question=found.questions[0], value="day first")
    again = ensure_read(owner, engine=engine, upload_id=upload_id, limits=LIMITS)
    assert again.id != job.id
    assert ended(owner, engine, upload_id).state == "done"
    ready = prepared(owner, engine=engine, upload_id=upload_id)
    assert ready is not None
    assert (ready.info.first, ready.info.last) == ("2026-03-01", "2026-03-08")


def test_what_goes_wrong_is_told_and_may_be_tried_again(engine: Engine, owner: Actor, team_id: str) -> None:
    upload_id, job = begin(owner, engine, team_id, b"%PDF-1.7 nothing", name="deals.pdf")
    failed = ended(owner, engine, upload_id)
    assert (failed.state, failed.sentence) == (
        "failed",
        "deals.pdf: This is a PDF. Export the table as CSV or as an Excel workbook (.xlsx).",
    )
    # Looking again does not read again; asking for it does.
    assert ensure_read(owner, engine=engine, upload_id=upload_id, limits=LIMITS).id == job.id
    assert ensure_read(owner, engine=engine, upload_id=upload_id, limits=LIMITS, again=True).id != job.id
    assert ended(owner, engine, upload_id).state == "failed"


@pytest.mark.skipif(sys.platform != "linux", reason="Processes are looked up in /proc.")
def test_a_stopped_import_ends_its_worker_and_keeps_the_file(engine: Engine, owner: Actor, team_id: str) -> None:
    before = set(workers(of_this_process=True))
    upload_id, _ = begin(owner, engine, team_id, deals(500_000))
    while not set(workers(of_this_process=True)) - before:
        time.sleep(0.05)
    (worker,) = set(workers(of_this_process=True)) - before
    cancel(owner, engine=engine, upload_id=upload_id)
    cancel(owner, engine=engine, upload_id=upload_id)
    assert ended(owner, engine, upload_id).state == "cancelled"
    assert worker not in workers(of_this_process=True)
    assert inspected(owner, engine=engine, upload_id=upload_id) is None
    # It stays stopped until somebody asks for it.
    assert ensure_read(owner, engine=engine, upload_id=upload_id, limits=LIMITS).state == "cancelled"
    assert read_upload(owner, engine=engine, upload_id=upload_id).state == "pending"
    discard_upload(owner, engine=engine, upload_id=upload_id)


def test_a_job_whose_process_is_gone_is_taken_up_by_whoever_looks(engine: Engine, owner: Actor, team_id: str) -> None:
    upload = start_upload(owner, engine=engine, team_id=team_id, data=deals(30), name="deals.csv", limits=LIMITS)
    left = _left_behind(engine, owner, team_id, upload.id, holder=HOLDER.replace(f"/{os.getpid()}/", "/999999999/"))
    assert ensure_read(owner, engine=engine, upload_id=upload.id, limits=LIMITS).id == left
    done = ended(owner, engine, upload.id)
    assert (done.id, done.state, done.attempts) == (left, "done", 2)


@pytest.mark.parametrize(("silent", "taken"), [(LEASE / 2, 0), (LEASE * 2, 1)], ids=["alive", "silent"])
def test_a_job_of_another_machine_is_left_alone_until_its_lease_is_over(
    engine: Engine, owner: Actor, team_id: str, silent: timedelta, taken: int
) -> None:
    upload = start_upload(owner, engine=engine, team_id=team_id, data=deals(30), name="deals.csv", limits=LIMITS)
    _left_behind(engine, owner, team_id, upload.id, holder="elsewhere/7/x", silent=silent)
    assert take_up_left_behind(engine, limits=LIMITS) == taken
    if taken:
        assert ended(owner, engine, upload.id).state == "done"


def test_a_file_that_takes_the_server_down_is_not_taken_up_for_ever(engine: Engine, owner: Actor, team_id: str) -> None:
    upload = start_upload(owner, engine=engine, team_id=team_id, data=deals(30), name="deals.csv", limits=LIMITS)
    _left_behind(engine, owner, team_id, upload.id, holder="", attempts=ATTEMPTS)
    assert take_up_left_behind(engine, limits=LIMITS) == 0
    failed = read_job(owner, engine=engine, upload_id=upload.id)
    assert failed is not None
    assert (failed.state, failed.sentence) == (
        "failed",
        "The server stopped 3 times while it worked on this file. Try again, or export a shorter period.",
    )
    assert ensure_read(owner, engine=engine, upload_id=upload.id, limits=LIMITS, again=True).attempts == 1
    assert ended(owner, engine, upload.id).state == "done"


def test_who_lost_a_job_stops_and_changes_nothing(engine: Engine, owner: Actor, team_id: str) -> None:
    upload_id, job = begin(owner, engine, team_id, deals(300_000))
    with everything(engine) as session:
        row = rows.of_upload(session=session, organization_id=owner.organization_id, upload_id=upload_id)
        assert row is not None
        row.holder = "elsewhere/7/x"
        session.add(row)
    jobs.wait(job, seconds=60)
    with everything(engine) as session:
        row = rows.of_upload(session=session, organization_id=owner.organization_id, upload_id=upload_id)
        assert row is not None
        assert (row.holder, row.state) == ("elsewhere/7/x", "running")
    cancel(owner, engine=engine, upload_id=upload_id)


def test_a_viewer_may_not(engine: Engine, owner: Actor, team_id: str) -> None:
    upload = start_upload(owner, engine=engine, team_id=team_id, data=deals(3), name="a.csv", limits=LIMITS)
    viewer = add_member(owner, engine=engine, iss="https://id", sub="vera", display_name="Vera", role="viewer")
    for attempt in (
        lambda: ensure_read(viewer, engine=engine, upload_id=upload.id, limits=LIMITS),
        lambda: start_commit(viewer, engine=engine, upload_id=upload.id, mode=None, limits=LIMITS),
        lambda: read_job(viewer, engine=engine, upload_id=upload.id),
        lambda: cancel(viewer, engine=engine, upload_id=upload.id),
    ):
        with pytest.raises(AccessDenied):
            attempt()


@pytest.mark.skipif(sys.platform != "linux", reason="Processes are looked up in /proc.")
def test_a_worker_ends_with_the_process_that_started_it_and_leaves_no_file() -> None:
    program = (
        "import sys; from app.ingest import gate; from app.ingest.model import Answers\n"
        "gate.read_file(sys.stdin.buffer.read(), name='deals.csv', answers=Answers())"
    )
    before = set(workers())
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TMPDIR": folder}
        parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment, stdin=subprocess.PIPE)
        assert parent.stdin is not None
        parent.stdin.write(deals(300_000))
        parent.stdin.close()
        while not (set(workers()) - before and list(Path(folder).glob("*/progress.json"))):
            assert parent.poll() is None
            time.sleep(0.02)
        parent.kill()
        parent.wait()
        while set(workers()) - before:
            time.sleep(0.05)
        assert list(Path(folder).iterdir()) == []


def test_the_folder_of_a_process_that_was_killed_before_its_worker_lived_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive, ours, dead = (f"scorecard-import-{pid}-x" for pid in (os.getppid(), os.getpid(), 999_999_999))
    for name in (alive, ours, dead, "scorecard-import-old", "other-999999999-x"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "input").write_bytes(b"Deal ID")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(worker_processes, "_cleared", False)
    worker_processes.clear_left_behind()
    kept = [alive, "other-999999999-x", "scorecard-import-old"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
    # Only once: from now on a folder with this number is this process's own.
    (tmp_path / ours).mkdir()
    worker_processes.clear_left_behind()
    assert (tmp_path / ours).is_dir()


def test_progress_is_heard_in_order() -> None:
    heard: list[str] = []

    def watch(progress: Progress) -> bool:
        heard.append(progress.step)
        return True

    gate.read_file(deals(100_000), name="deals.csv", answers=Answers(), watch=watch)
    order = ["waiting", "opening", "columns", "converting", "writing"]
    assert heard
    assert [order.index(step) for step in heard] == sorted(order.index(step) for step in heard)


def _left_behind(
    engine: Engine, actor: Actor, team_id: str, upload_id: str, *, holder: str, silent: timedelta = timedelta(0), attempts: int = 1
) -> str:
    """A job as a process that was killed leaves it."""
    with everything(engine) as session:
        from app.services.uploads import answers_hash, pending_row

        row = ImportJob(
            organization_id=actor.organization_id,
            team_id=team_id,
            upload_id=upload_id,
            member_id=actor.member_id,
            kind="read",
            answers_sha256=answers_hash(pending_row(session, actor, upload_id)),
            step="converting",
            holder=holder,
            beat_at=now() - silent,
            attempts=attempts,
        )
        session.add(row)
        session.flush()
        return row.id
