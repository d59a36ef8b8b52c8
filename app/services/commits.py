"""The commit of an import: one transaction, repeatable, all or nothing.

Either the table, its bytes, its receipt and the change of the active dataset are all there, or none of them is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlmodel import Session

from app.errors import AppError, NotFound
from app.ingest import gate
from app.ingest.limits import Limits
from app.ingest.model import Answers
from app.services.actor import Actor, require
from app.services.datasets import DatasetView, account_sentence, dataset_row, dataset_view, history, record_action
from app.services.mappings import remember
from app.services.merge import Merged, first_import, merged, proposed_mode
from app.services.preparation import ReadFile, Ready, compared, joined_before, make_ready, said_of_joined
from app.services.stored_json import to_json
from app.services.teams import example_team
from app.services.uploads import answers_hash, keep_upload, let_go, pending_row, upload_row
from app.storage.engine import reading, transaction
from app.storage.queries import blobs, datasets, organizations
from app.storage.tables import Dataset, ImportMode, Upload

_ATTEMPTS = 20
"""How often a commit starts over when another import of the same table was faster."""


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


def load_example(
    actor: Actor, *, engine: Engine, files: Sequence[ExampleFile], limits: Limits, read_file: ReadFile = gate.read_file
) -> tuple[DatasetView, ...]:
    """Fill the example team with these files, one a table; files that are loaded already are passed over.

    Returns
    -------
    tuple of DatasetView
        What the example team holds now.
    """
    require(actor, "manager")
    team = example_team(actor, engine=engine)
    known = {(view.file_sha256, view.state) for view in history(actor, engine=engine, team_id=team.id)}
    for file in files:
        if (hashlib.sha256(file.data).hexdigest(), "active") in known:
            continue
        upload = keep_upload(actor, engine=engine, team_id=team.id, data=file.data, name=file.name, limits=limits, answers=file.answers)
        _commit(actor, engine=engine, upload_id=upload.id, limits=limits, mode="replace", read_file=read_file)
    return tuple(view for view in history(actor, engine=engine, team_id=team.id) if view.state == "active")


def _commit(actor: Actor, *, engine: Engine, upload_id: str, limits: Limits, mode: ImportMode | None, read_file: ReadFile) -> Committed:
    for _ in range(_ATTEMPTS):
        done = committed(actor, engine=engine, upload_id=upload_id)
        if done is not None:
            return done
        try:
            ready = make_ready(actor, engine=engine, upload_id=upload_id, limits=limits, read_file=read_file)
        except NotFound:
            # The other click of a double click may have finished the upload since.
            done = committed(actor, engine=engine, upload_id=upload_id)
            if done is None:
                raise
            return done
        result = None if ready.same_as is not None else _chosen(ready, mode=mode)
        stored = _store(actor, engine=engine, ready=ready, result=result)
        if stored is not None:
            return stored
    raise AppError("Other imports of this table kept coming in between.", "Try again in a moment.")


def committed(actor: Actor, *, engine: Engine, upload_id: str) -> Committed | None:
    """What the commit of an upload did, None while there was none."""
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        return _done(session, actor, upload_row(session, actor, upload_id))


def _chosen(ready: Ready, *, mode: ImportMode | None) -> Merged:
    if ready.active is None or ready.active_parquet is None:
        return first_import(ready.parquet, info=ready.read.info)
    found = compared(ready)
    if mode is None:
        proposed, _ = proposed_mode(found.replacing, old=ready.active.info, new=ready.read.info, alike=found.alike)
        mode = "replace" if found.extend_refused is not None else proposed
    return merged(found, mode=mode)


def _store(actor: Actor, *, engine: Engine, ready: Ready, result: Merged | None) -> Committed | None:
    """The one transaction of a commit; None when what is loaded, or the answers, changed since `ready` was made.

    `result` is None when the active dataset already holds the import.
    """
    organization_id = actor.organization_id
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=organization_id)
        upload = upload_row(session, actor, ready.upload.id)
        done = _done(session, actor, upload)
        if done is not None:
            return done
        pending_row(session, actor, upload.id)
        table_name = ready.read.info.table
        active = datasets.active_table(session=session, organization_id=organization_id, team_id=upload.team_id, table_name=table_name)
        expected = None if ready.active is None else ready.active.id
        if (None if active is None else active.id) != expected or answers_hash(upload) != ready.answers_sha256:
            return None
        if result is None:
            if active is None:
                return None
            upload.same_as_id = active.id
            let_go(session, upload, state="committed")
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
        remember(session, upload, currency=result.info.currency)
        let_go(session, upload, state="committed")
        record_action(session, actor, row, "imported")
        return _committed(session, row)


def _done(session: Session, actor: Actor, upload: Upload) -> Committed | None:
    """What an earlier commit of this upload did, None while there was none."""
    row = datasets.of_upload(session=session, organization_id=actor.organization_id, upload_id=upload.id)
    if row is not None:
        return _committed(session, row)
    if upload.same_as_id is None:
        return None
    same = dataset_row(session, actor, upload.same_as_id)
    return Committed(
        dataset=dataset_view(session, same),
        changed=False,
        sentence=f"“{upload.file_name}” is loaded already, so nothing was changed.",
    )


def _committed(session: Session, row: Dataset) -> Committed:
    view = dataset_view(session, row)
    lost: tuple[str, ...] = ()
    before = datasets.dataset(session=session, organization_id=row.organization_id, dataset_id=row.replaces_id) if row.replaces_id else None
    if before is not None and view.account.unchanged != view.account.before:
        inside = datasets.lineage(session=session, organization_id=row.organization_id, dataset=before)
        lost = said_of_joined(joined_before(inside), mode=view.account.mode)
    return Committed(dataset=view, changed=True, sentence=" ".join((account_sentence(view.account), *lost)))
