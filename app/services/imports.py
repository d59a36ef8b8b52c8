"""The import, from the bytes a member hands over to the snapshot that every figure is computed from.

start_upload ──▶ inspect ⇄ answer ──▶ prepare (receipt and account to look at) ──▶ commit_upload ──▶ undo

Each step is stored before the next begins, so a reload or a restart in the middle loses nothing; each may be repeated. Files
are opened by `app.ingest.gate` in its worker process, outside of any transaction. A commit is one transaction: either
the table, its bytes, its receipt and the change of the active dataset are all there, or none of them is.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePosixPath, PureWindowsPath
from typing import Literal, Protocol

from sqlalchemy import Engine
from sqlmodel import Session

from app import wording
from app.clock import today
from app.errors import AppError, FileRefused, NotFound
from app.ingest import gate
from app.ingest.limits import Limits
from app.ingest.model import Answers, Inspection, Question, Receipt, TypedTable
from app.services.actor import Actor, require
from app.services.downloads import Download, table_csv
from app.services.merge import Merged, RowAccount, compare, first_import, merged, proposed_mode
from app.services.stored_json import from_json, hash_of, to_json
from app.services.teams import example_team, team_row
from app.storage.engine import reading, transaction
from app.storage.queries import blobs, datasets, organizations, uploads
from app.storage.tables import Dataset, DatasetState, ImportMode, Team, Upload, UploadState
from app.tables import SnapshotInfo, TableName

_ATTEMPTS = 20
"""How often a commit starts over when another import of the same table was faster."""


class InspectFile(Protocol):
    """What `app.ingest.gate.inspect_file` does."""

    def __call__(self, data: bytes, *, name: str, answers: Answers, limits: Limits) -> Inspection:
        """Say what the file is and what it leaves open."""


class ReadFile(Protocol):
    """What `app.ingest.gate.read_file` does."""

    def __call__(self, data: bytes, *, name: str, answers: Answers, limits: Limits, today: date) -> TypedTable:
        """Read the file into a typed table; dates after `today` are plans."""


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


@dataclass(frozen=True)
class DatasetView:
    """An imported table as it is shown in the history."""

    id: str
    team_id: str
    table: TableName
    sequence: int
    state: DatasetState
    mode: ImportMode
    file_name: str
    file_sha256: str
    parquet_sha256: str
    info: SnapshotInfo
    account: RowAccount
    member: str | None
    created_at: datetime
    replaces_id: str | None


@dataclass(frozen=True)
class Prepared:
    """What a commit would do, to be looked at first.

    `replacing` and `extending` are the accounts of both modes; None when nothing is loaded, and `extending` also when the two
    cannot be put together (`extend_refused` says why). `mode` is the proposal and `reason` its one sentence. `same_as` is the
    dataset that already holds exactly this import; then a commit changes nothing.
    """

    upload: UploadView
    info: SnapshotInfo
    receipt: Receipt
    mode: ImportMode
    reason: str
    replacing: RowAccount | None
    extending: RowAccount | None
    extend_refused: str | None
    notes: tuple[str, ...]
    same_as: DatasetView | None


@dataclass(frozen=True)
class Committed:
    """The result of a commit. `changed` is False when the rows were there already; `sentence` says what happened."""

    dataset: DatasetView
    changed: bool
    sentence: str


@dataclass(frozen=True)
class ExampleFile:
    """A file of the example company, with the answers to its questions."""

    name: str
    data: bytes
    answers: Answers


@dataclass(frozen=True)
class _Read:
    """What is kept of a file that was read, beside the blobs."""

    info: SnapshotInfo
    receipt: Receipt


@dataclass(frozen=True)
class _Ready:
    """An upload with its table read, and what is loaded at that moment."""

    upload: UploadView
    answers_sha256: str
    read: _Read
    parquet: bytes
    rejected_csv: bytes
    active: DatasetView | None
    active_parquet: bytes | None
    same_as: DatasetView | None


# The steps of an import


def start_upload(actor: Actor, *, engine: Engine, team_id: str, data: bytes, name: str, limits: Limits) -> UploadView:
    """Keep the bytes as a pending upload. The same bytes again give the same upload, with the answers given so far.

    Raises
    ------
    FileRefused
        When the file is empty or larger than `limits.file_bytes`.
    """
    require(actor, "manager")
    with reading(engine) as session:
        _refuse_example(team_row(session, actor, team_id))
    return _start(actor, engine=engine, team_id=team_id, data=data, name=name, limits=limits, answers=None)


def read_upload(actor: Actor, *, engine: Engine, upload_id: str) -> UploadView:
    """The upload as it stands."""
    require(actor, "manager")
    with reading(engine) as session:
        return _upload_view(session, _upload(session, actor, upload_id))


def pending_uploads(actor: Actor, *, engine: Engine, team_id: str) -> tuple[UploadView, ...]:
    """The uploads of a team that wait for answers or for the commit, newest first."""
    require(actor, "manager")
    with reading(engine) as session:
        team_row(session, actor, team_id)
        return tuple(
            _upload_view(session, row) for row in uploads.pending(session=session, organization_id=actor.organization_id, team_id=team_id)
        )


def inspect(actor: Actor, *, engine: Engine, upload_id: str, limits: Limits, inspect_file: InspectFile = gate.inspect_file) -> Inspection:
    """What the file is under the answers given so far; the file is opened once for each set of answers."""
    require(actor, "manager")
    with reading(engine) as session:
        row = _pending(session, actor, upload_id)
        answers = from_json(Answers, row.answers)
        wanted = hash_of(answers)
        if row.inspection is not None and row.inspected_for == wanted:
            return from_json(Inspection, row.inspection)
        data, name = _content(session, actor, row.content_sha256), row.file_name
    found = inspect_file(data, name=name, answers=answers, limits=limits)
    with transaction(engine) as session:
        row = _pending(session, actor, upload_id)
        if _answers_hash(row) == wanted:
            row.inspection, row.inspected_for = to_json(found), wanted
            session.add(row)
    return found


def answer(actor: Actor, *, engine: Engine, upload_id: str, answers: Answers) -> UploadView:
    """Put these answers in the place of those given so far."""
    require(actor, "manager")
    with transaction(engine) as session:
        row = _pending(session, actor, upload_id)
        row.answers = to_json(answers)
        session.add(row)
        return _upload_view(session, row)


def answer_question(actor: Actor, *, engine: Engine, upload_id: str, question: Question, value: str) -> UploadView:
    """Answer one question with the value of one of its choices; the other answers stay.

    Raises
    ------
    AppError
        When the value is none of the choices offered.
    """
    require(actor, "manager")
    if value not in {choice.value for choice in question.choices}:
        raise AppError(f"“{value}” is none of the answers offered.", "Choose one of the list.")
    with transaction(engine) as session:
        row = _pending(session, actor, upload_id)
        row.answers = to_json(with_answer(from_json(Answers, row.answers), question=question, value=value))
        session.add(row)
        return _upload_view(session, row)


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


def prepare(actor: Actor, *, engine: Engine, upload_id: str, limits: Limits, read_file: ReadFile = gate.read_file) -> Prepared:
    """Read the file and say what a commit would do. The table read is kept, so the commit does not read again.

    Raises
    ------
    AnswerNeeded
        While a question about the file is open.
    """
    require(actor, "manager")
    ready = _make_ready(actor, engine=engine, upload_id=upload_id, limits=limits, read_file=read_file)
    if ready.active is None or ready.active_parquet is None:
        return Prepared(
            upload=ready.upload,
            info=ready.read.info,
            receipt=ready.read.receipt,
            mode="replace",
            reason="Nothing is loaded yet.",
            replacing=None,
            extending=None,
            extend_refused=None,
            notes=(),
            same_as=None,
        )
    found = compare(ready.active_parquet, old_info=ready.active.info, new=ready.parquet, new_info=ready.read.info)
    mode, reason = proposed_mode(found.replacing, old=ready.active.info, new=ready.read.info)
    refused = None if found.extend_refused is None else str(found.extend_refused)
    if mode == "extend" and refused is not None:
        mode, reason = "replace", refused
    return Prepared(
        upload=ready.upload,
        info=ready.read.info,
        receipt=ready.read.receipt,
        mode=mode,
        reason=reason,
        replacing=found.replacing,
        extending=None if refused is not None else found.extending,
        extend_refused=refused,
        notes=found.notes,
        same_as=ready.same_as,
    )


def commit_upload(
    actor: Actor,
    *,
    engine: Engine,
    upload_id: str,
    limits: Limits,
    mode: ImportMode | None = None,
    read_file: ReadFile = gate.read_file,
) -> Committed:
    """Make the uploaded table the active dataset of its team.

    Parameters
    ----------
    mode
        "replace" or "extend"; None takes the proposal (`app.services.merge.proposed_mode`).

    Returns
    -------
    Committed
        A second call for the same upload returns the same dataset. A file that is already in the active dataset, read in
        the same way, changes nothing.

    Raises
    ------
    AnswerNeeded, FileError
        When the file cannot be read yet, or cannot be put together with what is loaded.
    """
    require(actor, "manager")
    return _commit(actor, engine=engine, upload_id=upload_id, limits=limits, mode=mode, read_file=read_file)


def discard_upload(actor: Actor, *, engine: Engine, upload_id: str) -> None:
    """Forget a pending upload and its bytes. Doing it twice, or after the commit, changes nothing."""
    require(actor, "manager")
    with transaction(engine) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        row = _upload(session, actor, upload_id)
        if row.state == "pending":
            _let_go(session, row, state="discarded")


def undo(actor: Actor, *, engine: Engine, dataset_id: str) -> DatasetView | None:
    """Take the latest import of a table back; returns the dataset that is active again, None when there was none before.

    Doing it twice changes nothing.

    Raises
    ------
    AppError
        When a later import has taken its place.
    """
    require(actor, "manager")
    with transaction(engine) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        row = _dataset(session, actor, dataset_id)
        if row.state == "replaced":
            raise AppError("A later import has taken the place of this one.", "Undo the later one first.")
        if row.state == "active":
            row.state = "undone"
            session.add(row)
            # There may be only one active dataset at any moment, so this one goes before the other comes.
            session.flush()
            if row.replaces_id is not None:
                before = _dataset(session, actor, row.replaces_id)
                before.state = "active"
                session.add(before)
            _record(session, actor, row, "undone")
            session.flush()
        active = datasets.active_table(
            session=session, organization_id=actor.organization_id, team_id=row.team_id, table_name=row.table_name
        )
        return None if active is None else _dataset_view(session, active)


def history(actor: Actor, *, engine: Engine, team_id: str) -> tuple[DatasetView, ...]:
    """Every import of a team, newest first."""
    with reading(engine) as session:
        team_row(session, actor, team_id)
        return tuple(
            _dataset_view(session, row) for row in datasets.history(session=session, organization_id=actor.organization_id, team_id=team_id)
        )


def read_receipt(actor: Actor, *, engine: Engine, dataset_id: str) -> Receipt:
    """The receipt of an import."""
    with reading(engine) as session:
        return from_json(Receipt, _dataset(session, actor, dataset_id).receipt)


def rejected_rows(actor: Actor, *, engine: Engine, dataset_id: str) -> Download:
    """The rows that were set aside, as CSV with line number and reason."""
    require(actor, "manager")
    with reading(engine) as session:
        row = _dataset(session, actor, dataset_id)
        return Download(
            name=f"{_stem(row.file_name)}-set-aside-{row.rejected_sha256[:8]}.csv",
            media_type="text/csv; charset=utf-8",
            content=_content(session, actor, row.rejected_sha256),
        )


def clean_table(actor: Actor, *, engine: Engine, dataset_id: str) -> Download:
    """The table as it was understood, as CSV."""
    require(actor, "manager")
    with reading(engine) as session:
        row = _dataset(session, actor, dataset_id)
        parquet, info = _content(session, actor, row.parquet_sha256), from_json(SnapshotInfo, row.info)
    return Download(
        name=f"{row.table_name}-{_stem(row.file_name)}-{row.parquet_sha256[:8]}.csv",
        media_type="text/csv; charset=utf-8",
        content=table_csv(parquet, info=info),
    )


def load_example(
    actor: Actor, *, engine: Engine, files: Sequence[ExampleFile], limits: Limits, read_file: ReadFile = gate.read_file
) -> tuple[DatasetView, ...]:
    """Fill the example team with these files, one a table; files that are loaded already are passed over.

    Returns
    -------
    tuple of DatasetView
        What the example team holds now.
    """
    team = example_team(actor, engine=engine)
    known = {(view.file_sha256, view.state) for view in history(actor, engine=engine, team_id=team.id)}
    for file in files:
        if (hashlib.sha256(file.data).hexdigest(), "active") in known:
            continue
        upload = _start(actor, engine=engine, team_id=team.id, data=file.data, name=file.name, limits=limits, answers=file.answers)
        _commit(actor, engine=engine, upload_id=upload.id, limits=limits, mode="replace", read_file=read_file)
    return tuple(view for view in history(actor, engine=engine, team_id=team.id) if view.state == "active")


def account_sentence(account: RowAccount) -> str:
    """The account in words, such as "310 rows are new, 12 updated, 882 unchanged; 40 loaded rows stay"."""
    sentence = _counted(account.new, "row is new", "rows are new")
    if account.before:
        sentence += f", {wording.count(account.updated)} updated, {wording.count(account.unchanged)} unchanged"
    if account.kept:
        sentence += f"; {_counted(account.kept, 'loaded row stays', 'loaded rows stay')}"
    if account.dropped:
        sentence += f"; {_counted(account.dropped, 'loaded row is not in this file and goes', 'loaded rows are not in this file and go')}"
    return f"{sentence}."


def _counted(number: int, one: str, more: str) -> str:
    return f"{wording.count(number)} {one if number == 1 else more}"


# How the steps are done


def _start(actor: Actor, *, engine: Engine, team_id: str, data: bytes, name: str, limits: Limits, answers: Answers | None) -> UploadView:
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
    with transaction(engine) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        team = team_row(session, actor, team_id)
        row = uploads.pending_of_file(session=session, organization_id=actor.organization_id, team_id=team_id, sha256=sha256)
        if row is None:
            blobs.put(session=session, organization_id=actor.organization_id, content=data)
            row = uploads.add_upload(
                session=session,
                organization_id=actor.organization_id,
                team_id=team_id,
                member_id=actor.member_id,
                file_name=name,
                sha256=sha256,
                size=len(data),
                answers=to_json(answers or Answers(time_zone=team.time_zone)),
            )
        return _upload_view(session, row)


def _commit(actor: Actor, *, engine: Engine, upload_id: str, limits: Limits, mode: ImportMode | None, read_file: ReadFile) -> Committed:
    for _ in range(_ATTEMPTS):
        done = _finished(actor, engine=engine, upload_id=upload_id)
        if done is not None:
            return done
        try:
            ready = _make_ready(actor, engine=engine, upload_id=upload_id, limits=limits, read_file=read_file)
        except NotFound:
            # The other click of a double click may have finished the upload since.
            done = _finished(actor, engine=engine, upload_id=upload_id)
            if done is None:
                raise
            return done
        result = None if ready.same_as is not None else _chosen(ready, mode=mode)
        committed = _store(actor, engine=engine, ready=ready, result=result)
        if committed is not None:
            return committed
    raise AppError("Other imports of this table kept coming in between.", "Try again in a moment.")


def _finished(actor: Actor, *, engine: Engine, upload_id: str) -> Committed | None:
    with reading(engine) as session:
        return _done(session, actor, _upload(session, actor, upload_id))


def _make_ready(actor: Actor, *, engine: Engine, upload_id: str, limits: Limits, read_file: ReadFile) -> _Ready:
    """Read the file unless that was done under the same answers, keep what was read, and fetch what is loaded."""
    with reading(engine) as session:
        row = _pending(session, actor, upload_id)
        answers, wanted, name = from_json(Answers, row.answers), _answers_hash(row), row.file_name
        if row.prepared is not None and row.prepared_for == wanted:
            return _ready(
                session,
                actor,
                row,
                read=from_json(_Read, row.prepared),
                parquet=_content(session, actor, row.prepared_parquet_sha256),
                rejected_csv=_content(session, actor, row.prepared_rejected_sha256),
            )
        data = _content(session, actor, row.content_sha256)
        time_zone = team_row(session, actor, row.team_id).time_zone
    table = read_file(data, name=name, answers=answers, limits=limits, today=today(time_zone))
    read = _Read(info=table.info, receipt=table.receipt)
    with transaction(engine) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        row = _pending(session, actor, upload_id)
        if _answers_hash(row) != wanted:
            raise AppError("The answers were changed while the file was being read.", "Try again.")
        row.prepared, row.prepared_for = to_json(read), wanted
        row.prepared_parquet_sha256 = blobs.put(session=session, organization_id=actor.organization_id, content=table.parquet)
        row.prepared_rejected_sha256 = blobs.put(session=session, organization_id=actor.organization_id, content=table.rejected_csv)
        session.add(row)
        blobs.clear_unused(session=session, organization_id=actor.organization_id)
        return _ready(session, actor, row, read=read, parquet=table.parquet, rejected_csv=table.rejected_csv)


def _ready(session: Session, actor: Actor, row: Upload, *, read: _Read, parquet: bytes, rejected_csv: bytes) -> _Ready:
    answers_sha256 = _answers_hash(row)
    active = datasets.active_table(session=session, organization_id=actor.organization_id, team_id=row.team_id, table_name=read.info.table)
    same = None
    if active is not None:
        inside = datasets.lineage(session=session, organization_id=actor.organization_id, dataset=active)
        if any((part.file_sha256, part.answers_sha256) == (row.sha256, answers_sha256) for part in inside):
            same = _dataset_view(session, active)
    return _Ready(
        upload=_upload_view(session, row),
        answers_sha256=answers_sha256,
        read=read,
        parquet=parquet,
        rejected_csv=rejected_csv,
        active=None if active is None else _dataset_view(session, active),
        active_parquet=None if active is None else _content(session, actor, active.parquet_sha256),
        same_as=same,
    )


def _chosen(ready: _Ready, *, mode: ImportMode | None) -> Merged:
    if ready.active is None or ready.active_parquet is None:
        return first_import(ready.parquet, info=ready.read.info)
    found = compare(ready.active_parquet, old_info=ready.active.info, new=ready.parquet, new_info=ready.read.info)
    if mode is None:
        proposed, _ = proposed_mode(found.replacing, old=ready.active.info, new=ready.read.info)
        mode = "replace" if found.extend_refused is not None else proposed
    return merged(found, mode=mode)


def _store(actor: Actor, *, engine: Engine, ready: _Ready, result: Merged | None) -> Committed | None:
    """The one transaction of a commit; None when what is loaded, or the answers, changed since `ready` was made.

    `result` is None when the active dataset already holds the import.
    """
    organization_id = actor.organization_id
    with transaction(engine) as session:
        organizations.lock_organization(session=session, organization_id=organization_id)
        upload = _upload(session, actor, ready.upload.id)
        done = _done(session, actor, upload)
        if done is not None:
            return done
        _pending(session, actor, upload.id)
        table_name = ready.read.info.table
        active = datasets.active_table(session=session, organization_id=organization_id, team_id=upload.team_id, table_name=table_name)
        expected = None if ready.active is None else ready.active.id
        if (None if active is None else active.id) != expected or _answers_hash(upload) != ready.answers_sha256:
            return None
        if result is None:
            if active is None:
                return None
            upload.same_as_id = active.id
            _let_go(session, upload, state="committed")
            done = _done(session, actor, upload)
            if done is None:
                raise RuntimeError("a commit left no trace")
            return done
        if active is not None:
            active.state = "replaced"
            session.add(active)
        parquet_sha256 = blobs.put(session=session, organization_id=organization_id, content=result.parquet)
        rejected_sha256 = blobs.put(session=session, organization_id=organization_id, content=ready.rejected_csv)
        # The older dataset steps down before the newer one comes: there may be only one active at any moment.
        session.flush()
        row = Dataset(
            organization_id=organization_id,
            team_id=upload.team_id,
            table_name=table_name,
            sequence=datasets.next_sequence(
                session=session, organization_id=organization_id, team_id=upload.team_id, table_name=table_name
            ),
            mode=result.account.mode,
            upload_id=upload.id,
            member_id=actor.member_id,
            replaces_id=None if active is None else active.id,
            file_name=upload.file_name,
            file_sha256=upload.sha256,
            answers_sha256=ready.answers_sha256,
            parquet_sha256=parquet_sha256,
            rejected_sha256=rejected_sha256,
            info=to_json(result.info),
            receipt=to_json(ready.read.receipt),
            account=to_json(result.account),
        )
        session.add(row)
        session.flush()
        _let_go(session, upload, state="committed")
        _record(session, actor, row, "imported")
        return _committed(session, row)


def _done(session: Session, actor: Actor, upload: Upload) -> Committed | None:
    """What an earlier commit of this upload did, None while there was none."""
    row = datasets.of_upload(session=session, organization_id=actor.organization_id, upload_id=upload.id)
    if row is not None:
        return _committed(session, row)
    if upload.same_as_id is None:
        return None
    same = _dataset(session, actor, upload.same_as_id)
    return Committed(
        dataset=_dataset_view(session, same),
        changed=False,
        sentence=f"“{upload.file_name}” is loaded already, so nothing was changed.",
    )


def _committed(session: Session, row: Dataset) -> Committed:
    view = _dataset_view(session, row)
    return Committed(dataset=view, changed=True, sentence=account_sentence(view.account))


def _let_go(session: Session, row: Upload, *, state: UploadState) -> None:
    """End a pending upload: its bytes and what was found in them are forgotten, the fact that it was there stays."""
    row.state = state
    row.content_sha256 = row.prepared_parquet_sha256 = row.prepared_rejected_sha256 = None
    row.inspection = row.inspected_for = row.prepared = row.prepared_for = None
    session.add(row)
    blobs.clear_unused(session=session, organization_id=row.organization_id)


def _record(session: Session, actor: Actor, row: Dataset, what: Literal["imported", "undone"]) -> None:
    organizations.record(
        session=session,
        organization_id=actor.organization_id,
        member_id=actor.member_id,
        team_id=row.team_id,
        what=what,
        subject=row.id,
    )


def _upload(session: Session, actor: Actor, upload_id: str) -> Upload:
    row = uploads.upload(session=session, organization_id=actor.organization_id, upload_id=upload_id)
    if row is None:
        raise NotFound("This upload does not exist in your organization.", "Upload the file again.")
    return row


def _pending(session: Session, actor: Actor, upload_id: str) -> Upload:
    row = _upload(session, actor, upload_id)
    if row.state != "pending":
        raise NotFound("This upload is finished.", "Upload the file again to import it anew.")
    return row


def _dataset(session: Session, actor: Actor, dataset_id: str) -> Dataset:
    row = datasets.dataset(session=session, organization_id=actor.organization_id, dataset_id=dataset_id)
    if row is None:
        raise NotFound("This import does not exist in your organization.", "Choose another one from the history.")
    return row


def _content(session: Session, actor: Actor, sha256: str | None) -> bytes:
    found = None if sha256 is None else blobs.content(session=session, organization_id=actor.organization_id, sha256=sha256)
    if found is None:
        raise RuntimeError(f"the bytes {sha256} are not stored")
    return found


def _answers_hash(row: Upload) -> str:
    return hash_of(from_json(Answers, row.answers))


def _upload_view(session: Session, row: Upload) -> UploadView:
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


def _dataset_view(session: Session, row: Dataset) -> DatasetView:
    member = (
        None
        if row.member_id is None
        else organizations.member(session=session, organization_id=row.organization_id, member_id=row.member_id)
    )
    info = from_json(SnapshotInfo, row.info)
    return DatasetView(
        id=row.id,
        team_id=row.team_id,
        table=info.table,
        sequence=row.sequence,
        state=row.state,
        mode=row.mode,
        file_name=row.file_name,
        file_sha256=row.file_sha256,
        parquet_sha256=row.parquet_sha256,
        info=info,
        account=from_json(RowAccount, row.account),
        member=None if member is None else member.display_name,
        created_at=row.created_at,
        replaces_id=row.replaces_id,
    )


def _refuse_example(team: Team) -> None:
    if team.is_example:
        raise AppError("The example company takes no files.", "Leave the example, or choose your own team.")


def _file_name(name: str) -> str:
    """The last part of the name, without control characters; the browser's word for it is not to be trusted."""
    last = PurePosixPath(PureWindowsPath(name).as_posix()).name
    return re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "", last)[-200:] or "file"


def _stem(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", PurePosixPath(name).stem).strip("-.")[:60] or "file"
