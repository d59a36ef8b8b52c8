"""A loaded table gains columns from another file by an id: offered with what would match, and kept as an import of its own.

The file waits as any upload does. Joining it makes a new dataset of the loaded table, which says what was gained and from which file, and
can be undone like any other; the file is used up by it. The same join again changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Engine
from sqlmodel import Session

from app import wording
from app.errors import AppError
from app.ingest import gate
from app.ingest.limits import Limits
from app.ingest.model import Answers, JoinChoice, JoinOffer, LoadedTable, Receipt, TypedTable
from app.services.actor import Actor, require
from app.services.commits import Committed
from app.services.datasets import dataset_row, dataset_view, record_action
from app.services.merge import RowAccount
from app.services.stored_json import from_json, hash_of, to_json
from app.services.uploads import content_later, content_of, let_go, pending_row, upload_row
from app.storage.engine import reading, transaction
from app.storage.queries import blobs, datasets, organizations
from app.storage.tables import Dataset, Upload
from app.tables import SnapshotInfo, TableName


@dataclass(frozen=True)
class _Join:
    """What identifies a join beside the bytes of the file: how the file was read, and what was taken from it."""

    answers: Answers
    choice: JoinChoice


def join_offers(actor: Actor, *, engine: Engine, upload_id: str, limits: Limits) -> tuple[JoinOffer, ...]:
    """The joins that a pending file offers to what is loaded, the one that gains most first; empty when none fits.

    Raises
    ------
    FileRefused
        When the file cannot be opened.
    """
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        upload = pending_row(session, actor, upload_id)
        rows = datasets.active(session=session, organization_id=actor.organization_id, team_id=upload.team_id)
        loaded = tuple(_loaded(session, actor, row) for row in rows)
        if not loaded:
            return ()
        data, answers, name = content_later(engine, actor, upload), from_json(Answers, upload.answers), upload.file_name
    return gate.offer_joins(data, name=name, answers=answers, loaded=loaded, limits=limits)


def join_upload(actor: Actor, *, engine: Engine, upload_id: str, choice: JoinChoice, limits: Limits) -> Committed:
    """Give the loaded table of `choice` what the pending file has; a second call returns the same dataset.

    Raises
    ------
    AppError
        When the table is not loaded, or changed while the file was being read.
    FileRefused, ColumnError
        When the file cannot be read, or nothing matches.
    """
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        upload = upload_row(session, actor, upload_id)
        done = _done(session, actor, upload)
        if done is not None:
            return done
        upload = pending_row(session, actor, upload_id)
        active = _active(session, actor, upload.team_id, choice.table)
        answers = from_json(Answers, upload.answers)
        mark = hash_of(_Join(answers, choice))
        same = (upload.sha256, mark) in _joined_since(session, actor, active)
        data, name, active_id = content_later(engine, actor, upload), upload.file_name, active.id
        loaded = _loaded(session, actor, active)
    made = None if same else gate.join_file(data, name=name, answers=answers, loaded=loaded, choice=choice, limits=limits)
    return _store(actor, engine=engine, upload_id=upload_id, active_id=active_id, choice=choice, mark=mark, made=made)


def _store(
    actor: Actor, *, engine: Engine, upload_id: str, active_id: str, choice: JoinChoice, mark: str, made: TypedTable | None
) -> Committed:
    """The one transaction of a join; `made` is None when what is loaded has it already."""
    organization_id = actor.organization_id
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=organization_id)
        upload = upload_row(session, actor, upload_id)
        done = _done(session, actor, upload)
        if done is not None:
            return done
        pending_row(session, actor, upload_id)
        active = _active(session, actor, upload.team_id, choice.table)
        if active.id != active_id:
            raise AppError("What is loaded was changed while the file was being read.", "Try again.")
        if made is None:
            upload.same_as_id = active.id
            let_go(session, upload, state="committed")
            same = _done(session, actor, upload)
            assert same is not None
            return same
        counts = made.receipt.joined
        assert counts is not None
        active.state = "replaced"
        session.add(active)
        parquet_sha256 = blobs.put(session=session, organization_id=organization_id, content=made.parquet)
        rejected_sha256 = blobs.put(session=session, organization_id=organization_id, content=made.rejected_csv)
        session.flush()
        rest = counts.rows - counts.matched
        account = RowAccount(
            mode="extend", new=0, updated=counts.matched, unchanged=0, kept=rest, dropped=0, superseded=counts.matched,
            before=counts.rows, after=counts.rows,
        )  # fmt: skip
        row = Dataset(
            organization_id=organization_id,
            team_id=upload.team_id,
            table_name=choice.table,
            sequence=datasets.next_sequence(
                session=session, organization_id=organization_id, team_id=upload.team_id, table_name=choice.table
            ),
            mode="extend",
            upload_id=upload.id,
            member_id=actor.member_id,
            replaces_id=active.id,
            file_name=upload.file_name,
            file_sha256=upload.sha256,
            answers_sha256=mark,
            parquet_sha256=parquet_sha256,
            rejected_sha256=rejected_sha256,
            info=to_json(made.info),
            receipt=to_json(made.receipt),
            account=to_json(account),
        )
        session.add(row)
        session.flush()
        let_go(session, upload, state="committed")
        record_action(session, actor, row, "imported")
        return _committed(session, row)


def _joined_since(session: Session, actor: Actor, active: Dataset) -> set[tuple[str, str]]:
    """The files joined since rows came last, with how: rows that came later lack what was joined before, so it may be joined again."""
    made = set()
    for part in datasets.lineage(session=session, organization_id=actor.organization_id, dataset=active):
        if from_json(Receipt, part.receipt).joined is None:
            break
        made.add((part.file_sha256, part.answers_sha256))
    return made


def _loaded(session: Session, actor: Actor, row: Dataset) -> tuple[LoadedTable, bytes]:
    """What is loaded, with the headings its columns had; a join keeps those of the table it was made for."""
    info = from_json(SnapshotInfo, row.info)
    headings: dict[str, str] = {}
    for part in datasets.lineage(session=session, organization_id=actor.organization_id, dataset=row):
        for field, heading in from_json(Receipt, part.receipt).mapping:
            headings.setdefault(field, heading)
    return LoadedTable(info, tuple(headings.items())), content_of(session, actor, row.parquet_sha256)


def _active(session: Session, actor: Actor, team_id: str, table: TableName) -> Dataset:
    row = datasets.active_table(session=session, organization_id=actor.organization_id, team_id=team_id, table_name=table)
    if row is None:
        raise AppError("The table that this file would be joined to is not loaded.", "Load it first.")
    return row


def _done(session: Session, actor: Actor, upload: Upload) -> Committed | None:
    row = datasets.of_upload(session=session, organization_id=actor.organization_id, upload_id=upload.id)
    if row is not None:
        return _committed(session, row)
    if upload.same_as_id is None:
        return None
    return replace(
        _committed(session, dataset_row(session, actor, upload.same_as_id)),
        changed=False,
        sentence=f"“{upload.file_name}” is joined already, so nothing was changed.",
    )


def _committed(session: Session, row: Dataset) -> Committed:
    counts = from_json(Receipt, row.receipt).joined
    sentence = "" if counts is None else f"{wording.count(counts.matched)} of {wording.count(counts.rows)} rows have gained columns."
    return Committed(dataset=dataset_view(session, row), changed=True, sentence=sentence)
