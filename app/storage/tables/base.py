"""What every table has: the base with its own registry, names of constraints, identifiers, and the keys to team and blob.

SQLModel's default registry breaks when Streamlit drops and re-imports local modules at a hot reload, so the base has its own. No module of
tables has `from __future__ import annotations`, because SQLModel reads annotations at run time.
"""

from uuid import uuid4

from sqlalchemy import ForeignKeyConstraint, MetaData
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

_NAMES = {
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
}
"""Every constraint has a name, so that a migration can speak of it on both engines."""


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=_NAMES))):
    """Base of all tables; `Base.metadata` is the schema."""


def new_id() -> str:
    """A random identifier: 32 hexadecimal characters that nobody can guess or count."""
    return uuid4().hex


def team_key(*, ondelete: str = "CASCADE") -> ForeignKeyConstraint:
    """The key to the team, which is of the same organization."""
    return ForeignKeyConstraint(["organization_id", "team_id"], ["team.organization_id", "team.id"], ondelete=ondelete)


def blob_key(column: str) -> ForeignKeyConstraint:
    """The key to bytes of the same organization."""
    return ForeignKeyConstraint(["organization_id", column], ["blob.organization_id", "blob.sha256"])
