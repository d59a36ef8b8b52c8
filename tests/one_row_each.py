"""A row in every table for an organization, made from what the tables say of themselves: a new table is in it without a thought."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, Table, insert
from sqlmodel import Session

from app.storage.policies import tenant_tables
from app.storage.tables import Base

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def add(session: Session, organization_id: str) -> Mapping[str, Mapping[str, Any]]:
    """Write the rows and return them by table. The session may write them all: it acts for the organization, or as the owner."""
    made: dict[str, dict[str, Any]] = {}
    for table in Base.metadata.sorted_tables:
        made[table.name] = {column.name: _value(table, column, organization_id, made) for column in table.columns}
        session.execute(insert(table).values(**made[table.name]))
    return {table.name: made[table.name] for table in tenant_tables()}


def _value(table: Table, column: Column[Any], organization_id: str, made: Mapping[str, Mapping[str, Any]]) -> Any:
    if column.name == "organization_id" or (table.name == "organization" and column.name == "id"):
        return organization_id
    for key in column.foreign_keys:
        to = key.column
        if to.table.name != table.name:
            return made[to.table.name][to.name]
        return None
    for check in table.constraints:
        allowed = isinstance(check, CheckConstraint) and re.match(rf"{column.name} IN \('(\w+)'", str(check.sqltext))
        if allowed:
            return allowed.group(1)
    if (table.name, column.name) == ("blob", "size"):
        return len(_bytes(organization_id))
    known: dict[type, Any] = {int: 5, bool: False, datetime: AT, date: AT.date(), bytes: _bytes(organization_id)}
    kind = getattr(column.type, "impl_instance", column.type).python_type
    if kind in known:
        return known[kind]
    return f"{organization_id[:8]} {table.name} {column.name}"[: getattr(column.type, "length", None) or 100]


def _bytes(organization_id: str) -> bytes:
    return f"bytes of {organization_id}".encode()
