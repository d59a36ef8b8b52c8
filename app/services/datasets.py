"""Imported tables: what is loaded, its history and receipts, undo, and the files made from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Literal

from sqlalchemy import Engine
from sqlmodel import Session

from app import wording
from app.errors import AppError, NotFound
from app.ingest.model import Receipt
from app.services.actor import Actor, require
from app.services.downloads import Download, table_csv, table_workbook
from app.services.merge import RowAccount
from app.services.stored_json import from_json
from app.services.teams import team_row
from app.services.uploads import content_of
from app.storage.engine import reading, transaction
from app.storage.queries import datasets, organizations
from app.storage.tables import Dataset, DatasetState, ImportMode
from app.tables import SnapshotInfo, TableName


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


def history(actor: Actor, *, engine: Engine, team_id: str) -> tuple[DatasetView, ...]:
    """Every import of a team, newest first."""
    with reading(engine, organization_id=actor.organization_id) as session:
        team_row(session, actor, team_id)
        return tuple(
            dataset_view(session, row) for row in datasets.history(session=session, organization_id=actor.organization_id, team_id=team_id)
        )


def read_receipt(actor: Actor, *, engine: Engine, dataset_id: str) -> Receipt:
    """The receipt of an import."""
    with reading(engine, organization_id=actor.organization_id) as session:
        return from_json(Receipt, dataset_row(session, actor, dataset_id).receipt)


def undo(actor: Actor, *, engine: Engine, dataset_id: str) -> DatasetView | None:
    """Take the latest import of a table back; returns the dataset that is active again, None when there was none before.

    Doing it twice changes nothing.

    Raises
    ------
    AppError
        When a later import has taken its place.
    """
    require(actor, "manager")
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.lock_organization(session=session, organization_id=actor.organization_id)
        row = dataset_row(session, actor, dataset_id)
        if row.state == "replaced":
            raise AppError("A later import has taken the place of this one.", "Undo the later one first.")
        if row.state == "active":
            row.state = "undone"
            session.add(row)
            # There may be only one active dataset at any moment, so this one goes before the other comes.
            session.flush()
            if row.replaces_id is not None:
                before = dataset_row(session, actor, row.replaces_id)
                before.state = "active"
                session.add(before)
            record_action(session, actor, row, "undone")
            session.flush()
        active = datasets.active_table(
            session=session, organization_id=actor.organization_id, team_id=row.team_id, table_name=row.table_name
        )
        return None if active is None else dataset_view(session, active)


def rejected_rows(actor: Actor, *, engine: Engine, dataset_id: str) -> Download:
    """The rows that were set aside, as CSV with line number and reason."""
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        row = dataset_row(session, actor, dataset_id)
        return Download(
            name=f"{_stem(row.file_name)}-set-aside-{row.rejected_sha256[:8]}.csv",
            media_type="text/csv; charset=utf-8",
            content=content_of(session, actor, row.rejected_sha256),
        )


def clean_table(actor: Actor, *, engine: Engine, dataset_id: str) -> Download:
    """The table as it was understood, as CSV."""
    row, parquet, info = _table_of(actor, engine, dataset_id)
    return Download(f"{_table_name(row)}.csv", "text/csv; charset=utf-8", table_csv(parquet, info=info))


def clean_workbook(actor: Actor, *, engine: Engine, dataset_id: str) -> Download:
    """The table as it was understood, as XLSX."""
    row, parquet, info = _table_of(actor, engine, dataset_id)
    return Download(
        f"{_table_name(row)}.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", table_workbook(parquet, info=info)
    )


def _table_of(actor: Actor, engine: Engine, dataset_id: str) -> tuple[Dataset, bytes, SnapshotInfo]:
    require(actor, "manager")
    with reading(engine, organization_id=actor.organization_id) as session:
        row = dataset_row(session, actor, dataset_id)
        return row, content_of(session, actor, row.parquet_sha256), from_json(SnapshotInfo, row.info)


def _table_name(row: Dataset) -> str:
    return f"{row.table_name}-{_stem(row.file_name)}-{row.parquet_sha256[:8]}"


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


def record_action(session: Session, actor: Actor, row: Dataset, what: Literal["imported", "undone"]) -> None:
    """Write down who did what to a dataset."""
    organizations.record(
        session=session,
        organization_id=actor.organization_id,
        member_id=actor.member_id,
        team_id=row.team_id,
        what=what,
        subject=row.id,
    )


def dataset_row(session: Session, actor: Actor, dataset_id: str) -> Dataset:
    """The dataset of that id; NotFound when this organization has none."""
    row = datasets.dataset(session=session, organization_id=actor.organization_id, dataset_id=dataset_id)
    if row is None:
        raise NotFound("This import does not exist in your organization.", "Choose another one from the history.")
    return row


def dataset_view(session: Session, row: Dataset) -> DatasetView:
    """The row as it is shown."""
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


def _stem(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", PurePosixPath(name).stem).strip("-.")[:60] or "file"
