"""A file that is being imported: its bytes and the answers given so far, kept from the upload to the commit.

start_upload ──▶ inspect ⇄ answer ──▶ prepare (receipt and account to look at) ──▶ commit_upload ──▶ undo
(uploads)        (preparation)                                                    (commits)         (datasets)

Each step is stored before the next begins, so a reload or a restart in the middle loses nothing; each may be repeated.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath, PureWindowsPath

from sqlalchemy import Engine
from sqlmodel import Session

from app.errors import AppError, FileRefused, NotFound
from app.ingest.content import Content
from app.ingest.limits import Limits
from app.ingest.model import Answers, Question
from app.services.actor import Actor, require
from app.services.stored_json import from_json, hash_of, to_json
from app.services.teams import team_row
from app.storage.engine import reading, transaction
from app.storage.queries import blobs, datasets, jobs, organizations, uploads
from app.storage.tables import Team, Upload, UploadState


@dataclass(frozen=True)
class UploadView:
    """An upload as it is shown. `dataset_id` is what it became, or what already held its rows; None while it is pending."""

    id: str
    team_id: str
    file_name: str
    sha256: str
    size: int
    state: UploadState
    answers: Answers
    created_at: datetime
    dataset_id: str | None


def start_upload(actor: Actor, *, engine: Engine, team_id: str, data: bytes, name: str, limits: Limits) -> UploadView:
    """Keep the bytes as a pending upload. The same bytes again give the same upload, with the answers given so far.

    Raises
    ------
    FileRefused
        When the file is empty or larger than `limits.file_bytes`.
    """
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        _refuse_example(team_row(session, actor, team_id))
    return keep_upload(actor, engine=engine, team_id=team_id, data=data, name=name, limits=limits, answers=None)


def read_upload(actor: Actor, *, engine: Engine, upload_id: str) -> UploadView:
    """The upload as it stands."""
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        return upload_view(session, upload_row(session, actor, upload_id))


def pending_uploads(actor: Actor, *, engine: Engine, team_id: str) -> tuple[UploadView, ...]:
    """The uploads of a team that wait for answers or for the commit, newest first."""
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        team_row(session, actor, team_id)
        return tuple(
            upload_view(session, row) for row in uploads.pending(session=session, organization_id=actor.organization_id, team_id=team_id)
        )


def answer(actor: Actor, *, engine: Engine, upload_id: str, answers: Answers) -> UploadView:
    """Put these answers in the place of those given so far."""
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = pending_row(session, actor, upload_id)
        row.answers = to_json(answers)
        session.add(row)
        return upload_view(session, row)


def answer_question(actor: Actor, *, engine: Engine, upload_id: str, question: Question, value: str) -> UploadView:
    """Answer one question with the value of one of its choices; the other answers stay.

    Raises
    ------
    AppError
        When the value is none of the choices offered.
    """
    return answer_questions(actor, engine=engine, upload_id=upload_id, chosen=[(question, value)])


def answer_questions(actor: Actor, *, engine: Engine, upload_id: str, chosen: Sequence[tuple[Question, str]]) -> UploadView:
    """Answer several questions at once, each with the value of one of its choices; the file is then read once for all of them.

    Raises
    ------
    AppError
        When a value is none of the choices offered, or no number where a number is asked for; then nothing is answered.
    """
    require(actor, "manager")
    for question, value in chosen:
        _check(question, value)
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = pending_row(session, actor, upload_id)
        answers = from_json(Answers, row.answers)
        for question, value in chosen:
            answers = with_answer(answers, question=question, value=value)
        row.answers = to_json(answers)
        session.add(row)
        return upload_view(session, row)


def _check(question: Question, value: str) -> None:
    if question.choices:
        if value not in {choice.value for choice in question.choices}:
            raise AppError(f"“{value}” is none of the answers offered.", "Choose one of the list.")
        return
    # Imported here: the values are read where a file is opened, and a rate is rarely asked for.
    from app.ingest.currencies import rate_of

    if rate_of(value) is None:
        raise AppError(f"“{value}” is no rate.", "Write a number above zero, such as 0.92.")


def with_answer(answers: Answers, *, question: Question, value: str) -> Answers:
    """The answers with one more; where it goes is said by the question. ValueError when it does not fit there."""
    where = question.answer_in
    plain = json.loads(to_json(answers))
    if where not in plain:
        raise ValueError(f"answers have no {where}")
    if isinstance(plain[where], dict):
        # An empty choice for a field means that no column fills it.
        plain[where][question.answer_key] = value or None
    else:
        plain[where] = int(value) if where == "head_line" else value
    return from_json(Answers, json.dumps(plain))


def discard_upload(actor: Actor, *, engine: Engine, upload_id: str) -> None:
    """Forget a pending upload and its bytes. Doing it twice, or after the commit, changes nothing."""
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        row = upload_row(session, actor, upload_id)
        if row.state == "pending":
            let_go(session, row, state="discarded")


def keep_upload(
    actor: Actor, *, engine: Engine, team_id: str, data: bytes, name: str, limits: Limits, answers: Answers | None
) -> UploadView:
    """Keep the bytes as a pending upload, with the answers to its questions where they are known."""
    require(actor, "manager")
    name = _file_name(name)
    if not data:
        raise FileRefused("The file is empty.", "Export it again.", file=name)
    if len(data) > limits.file_bytes:
        raise FileRefused(
            f"The file has {len(data) / 1024**2:,.1f} MB; {limits.file_bytes / 1024**2:,.0f} MB is the most.",
            "Export a shorter period, or fewer columns.",
            file=name,
        )
    sha256 = hashlib.sha256(data).hexdigest()
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        team = team_row(session, actor, team_id)
        row = uploads.pending_of_file(session=session, organization_id=actor.organization_id, team_id=team_id, sha256=sha256)
        if row is None:
            blobs.put(session=session, organization_id=actor.organization_id, content=data, sha256=sha256)
            row = uploads.add_upload(
                session=session,
                organization_id=actor.organization_id,
                team_id=team_id,
                member_id=actor.member_id,
                file_name=name,
                sha256=sha256,
                size=len(data),
                answers=to_json(answers or Answers(time_zone=team.time_zone, home_currency=team.currency)),
            )
        return upload_view(session, row)


def let_go(session: Session, row: Upload, *, state: UploadState) -> None:
    """End a pending upload with its job: its bytes and what was found in them are forgotten, the fact that it was there stays."""
    row.state = state
    jobs.end(
        session=session,
        organization_id=row.organization_id,
        upload_id=row.id,
        state="done" if state == "committed" else "cancelled",
    )
    row.content_sha256 = row.prepared_parquet_sha256 = row.prepared_rejected_sha256 = None
    row.inspection = row.inspected_for = row.prepared = row.prepared_for = row.comparison = row.compared_with = None
    session.add(row)
    blobs.clear_unused(session=session, organization_id=row.organization_id)


def upload_row(session: Session, actor: Actor, upload_id: str) -> Upload:
    """The upload of that id; NotFound when this organization has none."""
    row = uploads.upload(session=session, organization_id=actor.organization_id, upload_id=upload_id)
    if row is None:
        raise NotFound("This upload does not exist in your organization.", "Upload the file again.")
    return row


def pending_row(session: Session, actor: Actor, upload_id: str) -> Upload:
    """The upload of that id while it is pending; NotFound when it is finished."""
    row = upload_row(session, actor, upload_id)
    if row.state != "pending":
        raise NotFound("This upload is finished.", "Upload the file again to import it anew.")
    return row


def content_of(session: Session, actor: Actor, sha256: str | None) -> bytes:
    """The bytes of that hash, which a row of this organization speaks of."""
    found = None if sha256 is None else blobs.content(session=session, organization_id=actor.organization_id, sha256=sha256)
    if found is None:
        raise RuntimeError(f"the bytes {sha256} are not stored")
    return found


def content_later(engine: Engine, actor: Actor, row: Upload) -> Content:
    """The bytes of a pending upload, fetched when somebody opens them; NotFound when it was finished in the meantime."""
    upload_id = row.id

    def load() -> bytes:
        with reading(engine, organization_id=actor.organization_id) as session:
            sha256 = pending_row(session, actor, upload_id).content_sha256
            found = None if sha256 is None else blobs.as_stored(session=session, organization_id=actor.organization_id, sha256=sha256)
            if found is None:
                raise RuntimeError(f"the bytes {sha256} are not stored")
            # Whoever opens the file unpacks it, so that this process never holds the whole of a large one.
            return found[1]

    return Content(row.size, row.sha256, load)


def answers_hash(row: Upload) -> str:
    """The hash of the answers given so far."""
    return hash_of(from_json(Answers, row.answers))


def upload_view(session: Session, row: Upload) -> UploadView:
    """The row as it is shown."""
    became = datasets.of_upload(session=session, organization_id=row.organization_id, upload_id=row.id)
    return UploadView(
        id=row.id,
        team_id=row.team_id,
        file_name=row.file_name,
        sha256=row.sha256,
        size=row.size,
        state=row.state,
        answers=from_json(Answers, row.answers),
        created_at=row.created_at,
        dataset_id=row.same_as_id if became is None else became.id,
    )


def _refuse_example(team: Team) -> None:
    if team.is_example:
        raise AppError("The example company takes no files.", "Leave the example, or choose your own team.")


def _file_name(name: str) -> str:
    """The last part of the name, without control characters; the browser's word for it is not to be trusted."""
    last = PurePosixPath(PureWindowsPath(name).as_posix()).name
    return re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "", last)[-200:] or "file"
