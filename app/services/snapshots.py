"""What is loaded for a team right now, as files that the metrics can open."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session

from app.services.actor import Actor
from app.services.stored_json import from_json
from app.services.teams import Shown, shown_in, team_row
from app.storage.cache import local_parquet
from app.storage.engine import reading
from app.storage.queries import blobs, datasets
from app.tables import SnapshotInfo


@dataclass(frozen=True)
class StoredSnapshot:
    """The active dataset of one table: its file's name, what is known of it, its Parquet in the local cache, and the hash of that."""

    dataset_id: str
    file_name: str
    info: SnapshotInfo
    sha256: str
    path: Path


@dataclass(frozen=True)
class Arrival:
    """What a member finds: the team to show and those to choose from, and the snapshot part of a cache key for it."""

    shown: Shown
    loaded: str


def snapshots(actor: Actor, *, engine: Engine, team_id: str, cache_dir: Path) -> tuple[StoredSnapshot, ...]:
    """The active datasets of a team, by table name; each Parquet is fetched from the database when the cache lacks it."""
    with reading(engine, organization_id=actor.organization_id) as session:
        team_row(session, actor, team_id)
        found = []
        for row in datasets.active(session=session, organization_id=actor.organization_id, team_id=team_id):
            sha256 = row.parquet_sha256

            def load(sha256: str = sha256) -> bytes:
                content = blobs.content(session=session, organization_id=actor.organization_id, sha256=sha256)
                if content is None:
                    raise RuntimeError(f"the bytes {sha256} are not stored")
                return content

            path = local_parquet(cache_dir, sha256=sha256, load=load)
            info = from_json(SnapshotInfo, row.info)
            found.append(StoredSnapshot(dataset_id=row.id, file_name=row.file_name, info=info, sha256=sha256, path=path))
        return tuple(found)


def snapshot_key(actor: Actor, *, engine: Engine, team_id: str) -> str:
    """A hash that changes whenever what is loaded for the team changes; the snapshot part of a cache key. One small query."""
    with reading(engine, organization_id=actor.organization_id) as session:
        team_row(session, actor, team_id)
        return _key(session, actor, team_id)


def arrival(actor: Actor, *, engine: Engine) -> Arrival:
    """The team to show, as `app.services.teams.shown` says, and what is loaded for it, at one moment."""
    with reading(engine, organization_id=actor.organization_id) as session:
        found = shown_in(session, actor)
        return Arrival(found, _key(session, actor, found.team.id))


def _key(session: Session, actor: Actor, team_id: str) -> str:
    parts = [
        f"{row.table_name}:{row.parquet_sha256}:{hashlib.sha256(row.info.encode()).hexdigest()}"
        for row in datasets.active(session=session, organization_id=actor.organization_id, team_id=team_id)
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
