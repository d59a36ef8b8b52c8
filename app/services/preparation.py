"""What a file is, and what importing it would do: the two looks before a commit.

Files are opened by `app.ingest.gate` in its worker process, outside of any transaction. What was found is kept under the hash of
the answers it was found with, so nothing is read twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlalchemy import Engine
from sqlmodel import Session

from app.clock import today
from app.errors import AppError
from app.ingest import gate
from app.ingest.content import Content
from app.ingest.limits import Limits
from app.ingest.model import Answers, Inspection, Receipt, TypedTable
from app.services.actor import Actor, require
from app.services.datasets import DatasetView, dataset_view
from app.services.merge import Comparison, RowAccount, compare, proposed_mode
from app.services.stored_json import from_json, hash_of, to_json
from app.services.teams import team_row
from app.services.uploads import UploadView, answers_hash, content_later, content_of, pending_row, upload_row, upload_view
from app.storage.engine import reading, transaction
from app.storage.queries import blobs, datasets, organizations
from app.storage.tables import Dataset, ImportMode, Upload
from app.tables import SnapshotInfo


class InspectFile(Protocol):
    """What `app.ingest.gate.inspect_file` does."""

    def __call__(self, data: Content, *, name: str, answers: Answers, limits: Limits) -> Inspection:
        """Say what the file is and what it leaves open."""


class ReadFile(Protocol):
    """What `app.ingest.gate.read_file` does."""

    def __call__(self, data: Content, *, name: str, answers: Answers, limits: Limits, today: date) -> TypedTable:
        """Read the file into a typed table; dates after `today` are plans."""


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
class Compared:
    """What is kept of a comparison with what is loaded; the fields are those of `Prepared`."""

    mode: ImportMode
    reason: str
    replacing: RowAccount | None
    extending: RowAccount | None
    extend_refused: str | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ReadTable:
    """What is kept of a file that was read, beside the blobs."""

    info: SnapshotInfo
    receipt: Receipt


@dataclass(frozen=True)
class Ready:
    """An upload with its table read, and what is loaded at that moment."""

    upload: UploadView
    answers_sha256: str
    read: ReadTable
    parquet: bytes
    rejected_csv: bytes
    active: DatasetView | None
    active_parquet: bytes | None
    same_as: DatasetView | None
    same_file: bool = False
    joined: tuple[str, ...] = ()


def inspect(actor: Actor, *, engine: Engine, upload_id: str, limits: Limits, inspect_file: InspectFile = gate.inspect_file) -> Inspection:
    """What the file is under the answers given so far; the file is opened once for each set of answers."""
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        row = pending_row(session, actor, upload_id)
        answers = from_json(Answers, row.answers)
        wanted = hash_of(answers)
        if row.inspection is not None and row.inspected_for == wanted:
            return from_json(Inspection, row.inspection)
        data, name = content_later(engine, actor, row), row.file_name
    found = inspect_file(data, name=name, answers=answers, limits=limits)
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = pending_row(session, actor, upload_id)
        if answers_hash(row) == wanted:
            row.inspection, row.inspected_for = to_json(found), wanted
            session.add(row)
    return found


def inspected(actor: Actor, *, engine: Engine, upload_id: str) -> Inspection | None:
    """What is known of the file under the answers given so far, without opening it; None when it was not opened yet."""
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        row = pending_row(session, actor, upload_id)
        if row.inspection is None or row.inspected_for != answers_hash(row):
            return None
        return from_json(Inspection, row.inspection)


def prepared(actor: Actor, *, engine: Engine, upload_id: str) -> Prepared | None:
    """What a commit would do, when the file was read under the present answers and compared with what is loaded now; else None."""
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        row = pending_row(session, actor, upload_id)
        if row.prepared is None or row.prepared_for != answers_hash(row) or row.comparison is None:
            return None
        read = from_json(ReadTable, row.prepared)
        active, same = _loaded(session, actor, row, read)
        if row.compared_with != ("" if active is None else active.id):
            return None
        found = from_json(Compared, row.comparison)
        return _prepared(upload_view(session, row), read, found, None if same is None else dataset_view(session, same))


def prepare(actor: Actor, *, engine: Engine, upload_id: str, limits: Limits, read_file: ReadFile = gate.read_file) -> Prepared:
    """Read the file and say what a commit would do. The table read is kept, so the commit does not read again.

    Raises
    ------
    AnswerNeeded
        While a question about the file is open.
    """
    require(actor, "manager")
    known = prepared(actor, engine=engine, upload_id=upload_id)
    if known is not None:
        return known
    ready = make_ready(actor, engine=engine, upload_id=upload_id, limits=limits, read_file=read_file)
    found = _compared(ready)
    with transaction(engine, organization_id=actor.organization_id) as session:
        row = upload_row(session, actor, upload_id)
        if row.state == "pending" and answers_hash(row) == ready.answers_sha256:
            row.comparison, row.compared_with = to_json(found), "" if ready.active is None else ready.active.id
            session.add(row)
    return _prepared(ready.upload, ready.read, found, ready.same_as)


def _prepared(upload: UploadView, read: ReadTable, found: Compared, same_as: DatasetView | None) -> Prepared:
    return Prepared(
        upload=upload,
        info=read.info,
        receipt=read.receipt,
        mode=found.mode,
        reason=found.reason,
        replacing=found.replacing,
        extending=found.extending,
        extend_refused=found.extend_refused,
        notes=found.notes,
        same_as=same_as,
    )


def _compared(ready: Ready) -> Compared:
    if ready.active is None or ready.active_parquet is None:
        return Compared("replace", "Nothing is loaded yet.", None, None, None, ())
    found = compared(ready)
    mode, reason = proposed_mode(found.replacing, old=ready.active.info, new=ready.read.info, alike=found.alike)
    refused = None if found.extend_refused is None else str(found.extend_refused)
    if refused is not None and (mode == "extend" or ready.same_file):
        mode, reason = "replace", refused
    notes = (*found.notes, *(said_of_joined(ready.joined, mode=None) if found.replacing.before != found.replacing.unchanged else ()))
    return Compared(mode, reason, found.replacing, None if refused is not None else found.extending, refused, notes)


def joined_before(inside: Sequence[Dataset]) -> tuple[str, ...]:
    """What was joined into a dataset, given with the imports it is made of: “accounts.csv” (“Region”, “Segment”)."""
    said: dict[str, None] = {}
    for part in inside:
        receipt = from_json(Receipt, part.receipt)
        if receipt.joined is not None:
            gained = ", ".join(f"“{heading}”" for heading in (*(heading for _, heading in receipt.mapping), *receipt.segments))
            said[f"“{part.file_name}”" + (f" ({gained})" if gained else "")] = None
    return tuple(said)


def said_of_joined(joined: tuple[str, ...], *, mode: ImportMode | None) -> tuple[str, ...]:
    """What becomes of columns that came from another file when a newer one is imported; with `mode`, what has become of them."""
    if not joined:
        return ()
    files = " and ".join(joined)
    again = "Upload that file again and add it to join it anew." if len(joined) == 1 else "Upload these files again to join them anew."
    if mode is None:
        return (f"What was joined from {files} is not in the rows of this file: where they take the place of loaded rows it goes. {again}",)
    lost = "is gone with the rows that were replaced" if mode == "replace" else "is not in the rows that came with this file"
    return (f"What was joined from {files} {lost}. {again}",)


def compared(ready: Ready) -> Comparison:
    """The table that was read beside the loaded one; ValueError when nothing is loaded."""
    if ready.active is None or ready.active_parquet is None:
        raise ValueError("nothing is loaded")
    return compare(ready.active_parquet, old_info=ready.active.info, new=ready.parquet, new_info=ready.read.info, same_file=ready.same_file)


def make_ready(actor: Actor, *, engine: Engine, upload_id: str, limits: Limits, read_file: ReadFile) -> Ready:
    """Read the file unless that was done under the same answers, keep what was read, and fetch what is loaded."""
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        row = pending_row(session, actor, upload_id)
        answers, wanted, name = from_json(Answers, row.answers), answers_hash(row), row.file_name
        if row.prepared is not None and row.prepared_for == wanted:
            return _ready(
                session,
                actor,
                row,
                read=from_json(ReadTable, row.prepared),
                parquet=content_of(session, actor, row.prepared_parquet_sha256),
                rejected_csv=content_of(session, actor, row.prepared_rejected_sha256),
            )
        data = content_later(engine, actor, row)
        time_zone = team_row(session, actor, row.team_id).time_zone
    table = read_file(data, name=name, answers=answers, limits=limits, today=today(time_zone))
    read = ReadTable(info=table.info, receipt=table.receipt)
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        row = pending_row(session, actor, upload_id)
        if answers_hash(row) != wanted:
            raise AppError("The answers were changed while the file was being read.", "Try again.")
        row.prepared, row.prepared_for = to_json(read), wanted
        row.prepared_parquet_sha256 = blobs.put(session=session, organization_id=actor.organization_id, content=table.parquet)
        row.prepared_rejected_sha256 = blobs.put(session=session, organization_id=actor.organization_id, content=table.rejected_csv)
        session.add(row)
        blobs.clear_unused(session=session, organization_id=actor.organization_id)
        return _ready(session, actor, row, read=read, parquet=table.parquet, rejected_csv=table.rejected_csv)


def _ready(session: Session, actor: Actor, row: Upload, *, read: ReadTable, parquet: bytes, rejected_csv: bytes) -> Ready:
    answers_sha256 = answers_hash(row)
    active, same = _loaded(session, actor, row, read)
    inside = () if active is None else datasets.lineage(session=session, organization_id=actor.organization_id, dataset=active)
    return Ready(
        upload=upload_view(session, row),
        answers_sha256=answers_sha256,
        read=read,
        parquet=parquet,
        rejected_csv=rejected_csv,
        active=None if active is None else dataset_view(session, active),
        active_parquet=None if active is None else content_of(session, actor, active.parquet_sha256),
        same_as=None if same is None else dataset_view(session, same),
        same_file=any(part.file_sha256 == row.sha256 for part in inside),
        joined=joined_before(inside),
    )


def _loaded(session: Session, actor: Actor, row: Upload, read: ReadTable) -> tuple[Dataset | None, Dataset | None]:
    """The active dataset of the table, and the same once more when exactly this import is in it already."""
    active = datasets.active_table(session=session, organization_id=actor.organization_id, team_id=row.team_id, table_name=read.info.table)
    if active is None:
        return None, None
    inside = datasets.lineage(session=session, organization_id=actor.organization_id, dataset=active)
    same = any((part.file_sha256, part.answers_sha256) == (row.sha256, answers_hash(row)) for part in inside)
    return active, active if same else None
