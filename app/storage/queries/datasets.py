"""Imported tables."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.storage.tables import Dataset


def dataset(*, session: Session, organization_id: str, dataset_id: str) -> Dataset | None:
    """One dataset of the organization."""
    return session.exec(select(Dataset).where(Dataset.organization_id == organization_id, Dataset.id == dataset_id)).one_or_none()


def of_upload(*, session: Session, organization_id: str, upload_id: str) -> Dataset | None:
    """The dataset that an upload became."""
    return session.exec(select(Dataset).where(Dataset.organization_id == organization_id, Dataset.upload_id == upload_id)).one_or_none()


def active(*, session: Session, organization_id: str, team_id: str) -> Sequence[Dataset]:
    """The active datasets of a team, one a table, by table name."""
    return session.exec(
        select(Dataset)
        .where(Dataset.organization_id == organization_id, Dataset.team_id == team_id, Dataset.state == "active")
        .order_by(col(Dataset.table_name))
    ).all()


def teams_with_data(*, session: Session, organization_id: str) -> frozenset[str]:
    """The ids of the organization's teams that have an active dataset."""
    return frozenset(
        session.exec(select(Dataset.team_id).where(Dataset.organization_id == organization_id, Dataset.state == "active").distinct())
    )


def active_table(*, session: Session, organization_id: str, team_id: str, table_name: str) -> Dataset | None:
    """The active dataset of one table of a team."""
    return session.exec(
        select(Dataset).where(
            Dataset.organization_id == organization_id,
            Dataset.team_id == team_id,
            Dataset.table_name == table_name,
            Dataset.state == "active",
        )
    ).one_or_none()


def history(*, session: Session, organization_id: str, team_id: str) -> Sequence[Dataset]:
    """Every dataset of a team, newest first."""
    return session.exec(
        select(Dataset)
        .where(Dataset.organization_id == organization_id, Dataset.team_id == team_id)
        .order_by(col(Dataset.created_at).desc(), col(Dataset.sequence).desc(), col(Dataset.id))
    ).all()


def after(*, session: Session, organization_id: str, dataset_id: str) -> Sequence[Dataset]:
    """The datasets that took the place of this one."""
    return session.exec(select(Dataset).where(Dataset.organization_id == organization_id, Dataset.replaces_id == dataset_id)).all()


def of_table(*, session: Session, organization_id: str, team_id: str, table_name: str) -> Sequence[Dataset]:
    """Every import of one table of a team, newest first."""
    return session.exec(
        select(Dataset)
        .where(Dataset.organization_id == organization_id, Dataset.team_id == team_id, Dataset.table_name == table_name)
        .order_by(col(Dataset.sequence).desc())
    ).all()


def lineage(*, session: Session, organization_id: str, dataset: Dataset) -> Sequence[Dataset]:
    """The imports whose rows are in this dataset, newest first: itself and, as long as each one extended, the one before."""
    rows = [dataset]
    while rows[-1].mode == "extend" and rows[-1].replaces_id is not None:
        before = session.exec(
            select(Dataset).where(Dataset.organization_id == organization_id, Dataset.id == rows[-1].replaces_id)
        ).one_or_none()
        if before is None:
            break
        rows.append(before)
    return rows


def next_sequence(*, session: Session, organization_id: str, team_id: str, table_name: str) -> int:
    """The number of the next import of a table, from 1."""
    last = session.exec(
        select(func.max(Dataset.sequence)).where(
            Dataset.organization_id == organization_id, Dataset.team_id == team_id, Dataset.table_name == table_name
        )
    ).one()
    return (last or 0) + 1
