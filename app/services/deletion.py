"""Deleting imported data for good: the rows, the files made of them, the bytes, the copies; and the record of it, which stays.

Undo takes an import back and keeps it; this does not. An import that was added to an earlier one has taken in its rows, so deleting the
earlier one alone removes its own file and leaves those rows where they are used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from app.errors import AppError, NotFound
from app.services import kept
from app.services.actor import Actor, require
from app.services.alignment import remember_shown
from app.services.datasets import dataset_row
from app.services.stored_json import from_json
from app.services.teams import team_row
from app.storage.cache import forget
from app.storage.engine import reading, transaction
from app.storage.queries import blobs, datasets, deletions, organizations, reports, teams, uploads
from app.storage.tables import Dataset, Deletion, KeptReport
from app.tables import TABLES, SnapshotInfo, TableName


@dataclass(frozen=True)
class Deleted:
    """The receipt of a deletion: which table, how many imports, the rows that were loaded (or in the newest), the bytes, the files.

    `reports_removed` and `reports_left` count the reports made of these data; they are known right after the deletion only.
    """

    table: TableName
    imports: int
    rows: int
    bytes: int
    file_names: tuple[str, ...]
    member: str | None
    at: datetime
    reports_removed: int = 0
    reports_left: int = 0


def delete_table(actor: Actor, *, engine: Engine, team_id: str, table: TableName, cache_dir: Path, with_reports: bool = False) -> Deleted:
    """Delete every import of a table of a team, for good, and with `with_reports` the reports that count its records, with their links.

    Raises
    ------
    NotFound
        When nothing of the table was ever imported, or all of it is deleted already.
    """
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        if team_row(session, actor, team_id).is_example:
            raise AppError("The example company cannot be changed.", "Choose your own team.")
        rows = datasets.of_table(session=session, organization_id=actor.organization_id, team_id=team_id, table_name=table)
        if not rows:
            raise NotFound("There is nothing to delete.", "Load the page again.")
        made = _reports_of(session, actor, team_id, table)
        gone, hashes = _delete(session, actor, rows, made if with_reports else ())
    forget_copies(cache_dir, hashes)
    return replace(gone, reports_removed=len(made) if with_reports else 0, reports_left=0 if with_reports else len(made))


def delete_import(actor: Actor, *, engine: Engine, dataset_id: str, cache_dir: Path) -> Deleted:
    """Delete one import that is not loaded, for good; the imports after it stay as they are.

    Raises
    ------
    AppError
        When the import is the one that is loaded: it is undone first, or the whole table is deleted.
    """
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        row = dataset_row(session, actor, dataset_id)
        if row.state == "active":
            raise AppError("This import is loaded.", "Undo it first, or delete all of its table.")
        gone, hashes = _delete(session, actor, [row])
    forget_copies(cache_dir, hashes)
    return gone


def delete_team(actor: Actor, *, engine: Engine, team_id: str, cache_dir: Path) -> None:
    """Delete a team with everything of it, for good: imports, rounds, reports, next steps. Owners only.

    What its rounds have shown of whom is kept without the answers, so that asking the same people as another team gives nobody away.

    Raises
    ------
    AppError
        When it is the example, or the only team.
    """
    require(actor, "owner")
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        row = team_row(session, actor, team_id)
        if row.is_example:
            raise AppError("The example company cannot be changed.", "Choose your own team.")
        if len([one for one in teams.teams(session=session, organization_id=actor.organization_id) if not one.is_example]) == 1:
            raise AppError("This is the only team.", "Make another one first, or give this one another name.")
        hashes = tuple(
            {one.parquet_sha256 for one in datasets.history(session=session, organization_id=actor.organization_id, team_id=team_id)}
        )
        remember_shown(session, organization_id=actor.organization_id, team_id=team_id)
        session.delete(row)
        session.flush()
        session.expire_all()
        blobs.clear_unused(session=session, organization_id=actor.organization_id)
        organizations.record(
            session=session, organization_id=actor.organization_id, member_id=actor.member_id, what="team_removed", subject=team_id
        )
    forget_copies(cache_dir, hashes)


def deleted(actor: Actor, *, engine: Engine, team_id: str) -> tuple[Deleted, ...]:
    """The receipts of what was deleted of a team, newest first."""
    with reading(engine, organization_id=actor.organization_id) as session:
        team_row(session, actor, team_id)
        return tuple(
            _view(session, row) for row in deletions.deletions(session=session, organization_id=actor.organization_id, team_id=team_id)
        )


def is_made_of(numbers: Mapping[str, Any], table: TableName) -> bool:
    """Whether the scorecard of a report, as a document, counts records of this table."""
    return any(source["table"] == table for source in numbers.get("sources", ()))


def _reports_of(session: Session, actor: Actor, team_id: str, table: TableName) -> list[KeptReport]:
    """The finished reports of a team that count records of a table."""
    found = reports.reports(session=session, organization_id=actor.organization_id, team_id=team_id)
    return [row for row in found if row.numbers is not None and is_made_of(json.loads(row.numbers), table)]


def _delete(session: Session, actor: Actor, rows: Sequence[Dataset], made: Sequence[KeptReport] = ()) -> tuple[Deleted, tuple[str, ...]]:
    organization_id = actor.organization_id
    before = blobs.total_size(session=session, organization_id=organization_id)
    for report in made:
        session.delete(report)
        organizations.record(
            session=session,
            organization_id=organization_id,
            member_id=actor.member_id,
            team_id=report.team_id,
            what="report_removed",
            subject=report.id,
        )
    shown = next((row for row in rows if row.state == "active"), rows[0])
    record = Deletion(
        organization_id=organization_id,
        team_id=shown.team_id,
        member_id=actor.member_id,
        table_name=shown.table_name,
        imports=len(rows),
        rows=from_json(SnapshotInfo, shown.info).rows,
        bytes=0,
        file_names=json.dumps([row.file_name for row in rows], ensure_ascii=False),
    )
    hashes = let_go(session, organization_id, rows)
    blobs.clear_unused(session=session, organization_id=organization_id)
    record.bytes = before - blobs.total_size(session=session, organization_id=organization_id)
    session.add(record)
    organizations.record(
        session=session,
        organization_id=organization_id,
        member_id=actor.member_id,
        team_id=record.team_id,
        what="data_deleted",
        subject=record.table_name,
    )
    session.flush()
    return _view(session, record), hashes


def let_go(session: Session, organization_id: str, rows: Sequence[Dataset]) -> tuple[str, ...]:
    """Take imports out, with their files and jobs, for use within this package; returns the hashes of their copies beside the database.

    The caller holds the organization, and clears the bytes that nothing speaks of afterwards.
    """
    hashes = tuple({row.parquet_sha256 for row in rows})
    uploaded = [row.upload_id for row in rows]
    before_it = {row.id: row.replaces_id for row in rows}
    for row in rows:
        for later in datasets.after(session=session, organization_id=organization_id, dataset_id=row.id):
            # What came before the deleted ones is what an undo brings back now.
            while later.replaces_id in before_it:
                later.replaces_id = before_it[later.replaces_id]
            session.add(later)
    session.flush()
    for upload_id in uploaded:
        # The dataset and the job go with the upload.
        uploads.remove(session=session, organization_id=organization_id, upload_id=upload_id)
    session.expire_all()
    return hashes


def forget_copies(cache_dir: Path, hashes: Sequence[str]) -> None:
    """Remove the copies beside the database: the Parquet files and the figures made of them."""
    for sha256 in hashes:
        forget(cache_dir, sha256=sha256)
    kept.clear(cache_dir)


def _view(session: Session, row: Deletion) -> Deleted:
    member = (
        None
        if row.member_id is None
        else organizations.member(session=session, organization_id=row.organization_id, member_id=row.member_id)
    )
    return Deleted(
        table=next(name for name in TABLES if name == row.table_name),
        imports=row.imports,
        rows=row.rows,
        bytes=row.bytes,
        file_names=tuple(json.loads(row.file_names)),
        member=None if member is None else member.display_name,
        at=row.at,
    )
