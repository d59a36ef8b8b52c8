"""Deleted data are gone, from the database and beside it, and the record of it stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from app.errors import AppError, NotFound
from app.ingest.limits import Limits
from app.services.actor import Actor
from app.services.commits import commit_upload
from app.services.datasets import history, undo
from app.services.deletion import delete_import, delete_table, deleted
from app.services.snapshots import snapshots
from app.services.uploads import start_upload
from app.storage.tables import Blob, Dataset, Upload
from tests.owners import everything

LIMITS = Limits()


def load(actor: Actor, engine: Engine, team_id: str, *deals: str) -> str:
    lines = "\n".join(["Deal ID,Stage,Amount,Closed", *(f"{deal},Won,5,2026-01-02\n{deal}x,Lost,5,2026-01-03" for deal in deals), ""])
    upload = start_upload(actor, engine=engine, team_id=team_id, data=lines.encode(), name=f"{deals[0]}.csv", limits=LIMITS)
    return commit_upload(actor, engine=engine, upload_id=upload.id, limits=LIMITS, mode="extend").dataset.id


def left(engine: Engine) -> tuple[int, int, int]:
    with everything(engine) as session:
        return tuple(len(session.exec(select(column)).all()) for column in (Blob.sha256, Upload.id, Dataset.id))  # type: ignore[return-value]


def test_a_whole_table_goes_with_its_bytes_and_copies(engine: Engine, owner: Actor, team_id: str, tmp_path: Path) -> None:
    cache_dir = tmp_path / "cache"
    load(owner, engine, team_id, "a")
    load(owner, engine, team_id, "b")
    (snapshot,) = snapshots(owner, engine=engine, team_id=team_id, cache_dir=cache_dir)
    (cache_dir / "results").mkdir()
    (cache_dir / "results" / "x.json").write_text("{}")
    with everything(engine) as session:
        stored = sum(session.exec(select(Blob.size)).all())
    gone = delete_table(owner, engine=engine, team_id=team_id, table="deal", cache_dir=cache_dir)
    assert (gone.table, gone.imports, gone.rows, gone.bytes, gone.file_names, gone.member) == (
        "deal",
        2,
        4,
        stored,
        ("b.csv", "a.csv"),
        "Anna",
    )
    assert left(engine) == (0, 0, 0)
    assert history(owner, engine=engine, team_id=team_id) == ()
    assert not snapshot.path.exists()
    assert list(cache_dir.iterdir()) == []
    assert deleted(owner, engine=engine, team_id=team_id) == (gone,)
    with pytest.raises(NotFound, match="nothing to delete"):
        delete_table(owner, engine=engine, team_id=team_id, table="deal", cache_dir=tmp_path)


def test_one_that_is_not_loaded_goes_alone(engine: Engine, owner: Actor, team_id: str, tmp_path: Path) -> None:
    first, second, third = (load(owner, engine, team_id, name) for name in "abc")
    with pytest.raises(AppError, match="is loaded"):
        delete_import(owner, engine=engine, dataset_id=third, cache_dir=tmp_path)
    gone = delete_import(owner, engine=engine, dataset_id=second, cache_dir=tmp_path)
    assert (gone.imports, gone.rows, gone.file_names) == (1, 4, ("b.csv",))
    # The rows that the third took in are still there, and what an undo brings back is the first.
    assert [(view.id, view.state, view.info.rows) for view in history(owner, engine=engine, team_id=team_id)] == [
        (third, "active", 6),
        (first, "replaced", 2),
    ]
    back = undo(owner, engine=engine, dataset_id=third)
    assert back is not None
    assert back.id == first
