"""Gathers what a report is made of, from the storage of a team."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from sqlalchemy import Engine

from app.metrics.engine import Engine as Counting
from app.services.actor import Actor
from app.services.alignment import results
from app.services.datasets import history, read_receipt
from app.services.figures.composed import Context
from app.services.own_claims import own_claims
from app.services.planned_actions import list_actions
from app.services.report.material import Choice, Imported, Keeper, Material
from app.services.report.survey import survey_words
from app.services.scorecard.build import scorecard
from app.services.scorecard.defaults import default_request
from app.services.scorecard.request import Request
from app.services.scorecard.sources import of
from app.services.snapshots import snapshot_key, snapshots
from app.services.stored_json import to_json
from app.services.teams import read_team
from app.tables import TABLES
from app.wording import numbers_as

VERSION_LENGTH = 12


def gather(
    actor: Actor,
    *,
    engine: Engine,
    team_id: str,
    counting: Counting,
    cache_dir: Path,
    request: Request | None,
    choice: Choice | None = None,
    code: str | None = None,
) -> Material:
    """Everything a report of this team says, under this request, or under what the overview asks.

    Parameters
    ----------
    code
        The version of the program, where figures that it has made before are to be taken from the cache folder.

    Raises
    ------
    NotFound
        When the team is not of the actor's organization.
    """
    choice = choice or Choice()
    with numbers_as(choice.numbers):
        return _gathered(
            actor, engine=engine, team_id=team_id, counting=counting, cache_dir=cache_dir, request=request, choice=choice, code=code
        )


def _gathered(
    actor: Actor,
    *,
    engine: Engine,
    team_id: str,
    counting: Counting,
    cache_dir: Path,
    request: Request | None,
    choice: Choice,
    code: str | None,
) -> Material:
    team = read_team(actor, engine=engine, team_id=team_id)
    stored = snapshots(actor, engine=engine, team_id=team_id, cache_dir=cache_dir)
    sources = of(counting.open(one.path, info=one.info, sha256=one.sha256) for one in stored)
    if request is None:
        request = default_request(sources, programme_start=team.programme_start, definition=team.win_rate)
    own = own_claims(actor, engine=engine, team_id=team_id)
    loaded = [view for view in history(actor, engine=engine, team_id=team_id) if view.state == "active"]
    return Material(
        team=team.name,
        is_example=team.is_example,
        card=scorecard(sources, request, own=own),
        sources=sources,
        context=Context(tuple((one.info.table, one.file_name) for one in stored), team.programme_start, "light"),
        data_version=data_hash(actor, engine=engine, team_id=team_id)[:VERSION_LENGTH],
        as_of=max((view.created_at.date() for view in loaded), default=None),
        imported=tuple(
            Imported(
                TABLES[view.table].label, view.file_name, view.created_at.date(), read_receipt(actor, engine=engine, dataset_id=view.id)
            )
            for view in sorted(loaded, key=lambda view: view.table)
        ),
        survey=survey_words(actor, engine=engine, team_id=team_id, sources=sources),
        choice=choice,
        keeper=None
        if code is None
        else Keeper(cache_dir, (actor.organization_id, team_id, snapshot_key(actor, engine=engine, team_id=team_id)), code),
    )


def data_hash(actor: Actor, *, engine: Engine, team_id: str) -> str:
    """A hash that changes whenever something changes that a report would say: what is loaded, what a round published, open actions."""
    parts = [snapshot_key(actor, engine=engine, team_id=team_id)]
    parts += [f"{shown.id}:{to_json(published)}" for shown, published in results(actor, engine=engine, team_id=team_id)]
    parts += [to_json(action) for action in list_actions(actor, engine=engine, team_id=team_id)]
    parts.append(json.dumps([to_json(claim) for claim in own_claims(actor, engine=engine, team_id=team_id)]))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
