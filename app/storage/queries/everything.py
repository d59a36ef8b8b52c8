"""All that an organization has, table by table: to hand it over, and to remove it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Column, Table, func
from sqlmodel import Session, col, select

from app.storage.policies import tenant_tables
from app.storage.tables import Dataset, KeptReport, Member, SurveyRound, Team


def rows(*, session: Session, organization_id: str, table: str) -> list[dict[str, Any]]:
    """The rows of one table, in the order of their keys."""
    found = next(one for one in tenant_tables() if one.name == table)
    wanted = found.select().where(_whose(found) == organization_id).order_by(*found.primary_key.columns)
    return [dict(row) for row in session.execute(wanted).mappings()]


def counts(*, session: Session, organization_id: str) -> dict[str, int]:
    """How many rows the organization has, by table; tables without any are left out."""
    found = {
        table.name: int(session.execute(select(func.count()).select_from(table).where(_whose(table) == organization_id)).scalar_one())
        for table in tenant_tables()
    }
    return {name: number for name, number in found.items() if number}


def parquet_hashes(*, session: Session, organization_id: str) -> Sequence[str]:
    """The hashes of all its imported tables, by which copies are kept beside the database."""
    return session.exec(select(Dataset.parquet_sha256).where(Dataset.organization_id == organization_id).distinct()).all()


def names(*, session: Session, organization_id: str, ids: Collection[str]) -> dict[str, str]:
    """What the things with these ids are called; those that are gone are left out."""
    found: dict[str, str] = {}
    for wanted in (
        select(Dataset.id, Dataset.file_name).where(Dataset.organization_id == organization_id, col(Dataset.id).in_(ids)),
        select(Team.id, Team.name).where(Team.organization_id == organization_id, col(Team.id).in_(ids)),
        select(SurveyRound.id, SurveyRound.name).where(SurveyRound.organization_id == organization_id, col(SurveyRound.id).in_(ids)),
        select(KeptReport.id, KeptReport.title).where(KeptReport.organization_id == organization_id, col(KeptReport.id).in_(ids)),
        select(Member.id, Member.display_name).where(Member.organization_id == organization_id, col(Member.id).in_(ids)),
    ):
        found |= {row[0]: row[1] for row in session.exec(wanted).all()}
    return found


def remove(*, session: Session, organization_id: str) -> None:
    """Remove the organization and every row that is its.

    Table by table: PostgreSQL would clear the files first, which others still speak of.
    """
    for table in reversed(tenant_tables()):
        session.execute(table.delete().where(_whose(table) == organization_id))


def _whose(table: Table) -> Column[str]:
    return table.c.id if table.name == "organization" else table.c.organization_id
