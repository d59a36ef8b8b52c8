"""Each query finds its own organization's rows by identifiers that fit, and neither finds nor changes another's by the very same ones.

The arguments are made from the names of the parameters, so a new query is tried as soon as it is there. What each filter is worth is
measured by `python -m tests.mutate_tenant_filters`.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, text, update
from sqlmodel import Session, col

import app.storage.queries
from app.storage.engine import transaction
from app.storage.queries import blobs, datasets, reports, retention, uploads
from app.storage.tables import Base, Blob, Dataset, Organization
from tests import one_row_each
from tests.owners import owners_engine

Rows = Mapping[str, Mapping[str, Any]]
MAKES = ("add_", "put", "record")
"""Queries that write a new row for the organization they are given: the keys of the tables hold where it may point."""
TRIED_APART = {"datasets.lineage", "datasets.next_sequence", "blobs.clear_unused"}
"""Queries whose answer is never nothing, or which find something to do only beside others."""
NOTHING: tuple[object, ...] = (None, 0, False, (), {}, [], frozenset())

SUITED = (
    "UPDATE survey_round SET state = 'open'",
    "UPDATE team SET is_example = true",
    "UPDATE dataset SET replaces_id = id",
    "UPDATE member SET removed_at = NULL",
    "UPDATE member_invitation SET used_at = NULL, revoked_at = NULL",
)
"""What makes the rows ones that the queries look for."""
OTHERWISE: tuple[tuple[str, ...], ...] = (
    (),
    ("UPDATE dataset SET state = 'replaced', replaces_id = NULL", "UPDATE kept_report SET state = 'done'"),
    ("DELETE FROM dataset",),
    ("UPDATE member SET removed_at = '2020-01-01 00:00:00+00:00'",),
)
"""What else some of them look for: each query is tried under all, and finds its own rows under one."""


def queries() -> dict[str, Callable[..., Any]]:
    """Every query that is told the organization and writes no new row."""
    return {
        f"{module.name.rpartition('.')[2]}.{name}": function
        for module in pkgutil.iter_modules(app.storage.queries.__path__, "app.storage.queries.")
        for name, function in inspect.getmembers(import_module(module.name), inspect.isfunction)
        if function.__module__ == module.name
        and not name.startswith(("_", *MAKES))
        and "organization_id" in inspect.signature(function).parameters
    }


@pytest.fixture
def owners(engine: Engine) -> Iterator[Engine]:
    """The owner's engine: row-level security would hide what a missing filter shows."""
    with owners_engine(engine) as found:
        yield found


@pytest.fixture
def theirs(owners: Engine) -> Rows:
    """A row in every table of an organization."""
    with transaction(owners, organization_id=None) as session:
        rows = one_row_each.add(session, "theirs")
        for statement in SUITED:
            session.execute(text(statement))
    return rows


def arguments(query: Callable[..., Any], session: Session, rows: Rows) -> dict[str, Any]:
    """What a stranger would pass who knows everything of the rows."""
    ids = {"claim": "own_claim", "mapping": "saved_mapping", "action": "planned_action", "invitation": "member_invitation"}
    ids |= {"job": "import_job", "link": "report_link", "report": "kept_report", "round": "survey_round"}
    known = {f"{name}_id": rows[table]["id"] for name, table in ids.items()}
    known |= {f"{name}_id": rows[name]["id"] for name in ("team", "upload", "dataset", "member")}
    known |= {
        "dataset": session.get(Dataset, rows["dataset"]["id"]),
        "table_name": rows["dataset"]["table_name"],
        "holder": rows["import_job"]["holder"],
        "shape": rows["saved_mapping"]["shape"],
        "iss": rows["member"]["iss"],
        "sub": rows["member"]["sub"],
        "name": rows["team"]["name"],
        "key": rows["survey_draft"]["key"],
        "keys": [rows["survey_draft"]["key"]],
        "sha256": rows["blob"]["sha256"],
        "sealed": b"other",
        "at": one_row_each.AT - timedelta(days=1),
        "before": one_row_each.AT + timedelta(days=1),
        "step": "opening",
        "state": "cancelled",
        "limit": 10,
        "kinds": [rows["action"]["what"]],
        "table": "team",
        "ids": [row["id"] for row in rows.values() if "id" in row],
    } | dict.fromkeys(("done", "total", "rows"), 1)
    given = {name: known[name] for name in inspect.signature(query).parameters if name not in ("session", "organization_id")}
    if query is uploads.pending_of_file:
        given["sha256"] = rows["upload"]["sha256"]
    if query in (reports.beat, reports.give_back):
        given["holder"] = rows["kept_report"]["holder"]
    return given


def everything(session: Session) -> str:
    """All rows there are."""
    session.flush()
    return repr([session.execute(select(table).order_by(*table.primary_key.columns)).all() for table in Base.metadata.sorted_tables])


def outcome(owners: Engine, name: str, rows: Rows, suit: tuple[str, ...], *, organization_id: str) -> tuple[object, bool]:
    """What a query gives, and whether it changed anything; taken back afterwards."""
    query = queries()[name]
    with owners.connect() as connection, Session(connection) as session:
        for statement in suit:
            session.execute(text(statement))
        given = arguments(query, session, rows)
        before = everything(session)
        found = query(session=session, organization_id=organization_id, **given)
        found = list(found) if isinstance(found, (list, tuple)) else found
        changed = everything(session) != before
        session.rollback()
    return found, changed


def test_a_query_finds_and_changes_only_what_is_its_own_organizations(owners: Engine, theirs: Rows) -> None:
    vain, leaking = [], []
    for name in queries().keys() - TRIED_APART:
        own = [outcome(owners, name, theirs, suit, organization_id="theirs") for suit in OTHERWISE]
        other = [outcome(owners, name, theirs, suit, organization_id="ours") for suit in OTHERWISE]
        if all(found in NOTHING and not changed for found, changed in own):
            vain.append(name)
        if any(found not in NOTHING or changed for found, changed in other):
            leaking.append(name)
    # A query that does not find its own organization's row says nothing by finding no other's.
    assert (vain, leaking) == ([], [])


def test_a_dataset_comes_from_none_of_another_organizations(owners: Engine, theirs: Rows) -> None:
    with transaction(owners, organization_id=None) as session:
        # Not in the session, so that nothing of this is written.
        row = Dataset(**(dict(theirs["dataset"]) | {"id": "later", "mode": "extend", "replaces_id": theirs["dataset"]["id"]}))
        assert [one.id for one in datasets.lineage(session=session, organization_id="ours", dataset=row)] == ["later"]
        assert len(datasets.lineage(session=session, organization_id="theirs", dataset=row)) == 2
        at = {"team_id": row.team_id, "table_name": row.table_name}
        assert datasets.next_sequence(session=session, organization_id="ours", **at) == 1
        assert datasets.next_sequence(session=session, organization_id="theirs", **at) == 6


def test_what_another_organization_speaks_of_keeps_no_bytes(owners: Engine, theirs: Rows) -> None:
    blob = theirs["blob"]
    with transaction(owners, organization_id=None) as session:
        session.add(Organization(id="ours", name="Ours"))
        session.flush()
        session.add(Blob(**(dict(blob) | {"organization_id": "ours"})))
        same = [blobs.put(session=session, organization_id=one, content=b"the same") for one in ("theirs", "ours")]
        session.flush()
        assert [blobs.content(session=session, organization_id=one, sha256=same[0]) for one in ("theirs", "ours")] == [b"the same"] * 2
        # The unused bytes of one, and then, of the same hashes, those that the other speaks of and those it does not.
        assert blobs.clear_unused(session=session, organization_id="theirs") == 1
        assert blobs.clear_unused(session=session, organization_id="ours") == 2
        assert session.execute(select(col(Blob.organization_id), col(Blob.sha256))).all() == [("theirs", blob["sha256"])]


def test_what_another_organization_points_at_is_old_all_the_same(owners: Engine, theirs: Rows) -> None:
    before = one_row_each.AT + timedelta(days=1)
    with transaction(owners, organization_id=None) as session:
        ours = one_row_each.add(session, "ours")
        session.execute(text("UPDATE dataset SET state = 'replaced', replaces_id = NULL"))
        # Nothing of the app writes such rows; the keys of the tables would let them be.
        to = {"dataset": ours["dataset"]["id"], "upload": ours["upload"]["id"], "later": before + timedelta(days=1)}
        session.connection().execute(
            update(Dataset).where(col(Dataset.organization_id) == "theirs").values(replaces_id=to["dataset"], created_at=to["later"])
        )
        assert [row.id for row in retention.old_datasets(session=session, organization_id="ours", before=before)] == [to["dataset"]]
        session.expunge_all()
        session.connection().execute(update(Dataset).where(col(Dataset.organization_id) == "theirs").values(replaces_id=None))
        session.connection().execute(delete(Dataset).where(col(Dataset.organization_id) == "ours"))
        session.connection().execute(update(Dataset).where(col(Dataset.organization_id) == "theirs").values(upload_id=to["upload"]))
        assert retention.remove_old_uploads(session=session, organization_id="ours", before=before) == 1
