"""An organization is handed over whole, without what single people answered, and deleted so that nothing of it is left."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, func, select, text

from app import clock
from app.errors import AccessDenied, AppError, NotFound
from app.ingest.limits import Limits
from app.services import audit, everything, retention
from app.services.actor import Actor
from app.services.commits import commit_upload
from app.services.datasets import history
from app.services.rounds.closed import record_closed_round
from app.services.snapshots import snapshots
from app.services.teams import list_teams
from app.services.uploads import pending_uploads, start_upload
from app.storage.engine import transaction
from app.storage.policies import tenant_tables
from app.storage.tables import new_id
from app.survey.model import SIDES, Response
from tests import one_row_each, survey_rounds
from tests.owners import everything as as_owner
from tests.survey_rounds import DIMENSIONS

DEALS = "Deal ID,Stage,Amount,Close Date\n" + "\n".join(f"{n},Closed Won,{n}00,2025-01-02" for n in range(1, 9))
COMMENT = "the weekly talk is a waste of everybody's Tuesday"


def load(owner: Actor, engine: Engine, team_id: str, data: str, name: str) -> None:
    upload = start_upload(owner, engine=engine, team_id=team_id, data=data.encode(), name=name, limits=Limits())
    commit_upload(owner, engine=engine, upload_id=upload.id, limits=Limits(), mode="replace" if name != "first.csv" else None)


def rows_left(engine: Engine, organization_id: str) -> dict[str, int]:
    """By table, the rows that bear the organization's id in any column; walked through what the tables say of themselves."""
    with as_owner(engine) as session:
        found = {}
        for table in tenant_tables():
            for column in table.columns:
                if column.name == "organization_id" or (table.name == "organization" and column.name == "id"):
                    wanted = select(func.count()).select_from(table).where(column == organization_id)
                    found[table.name] = session.execute(wanted).scalar_one()
        found["sign_in"] = session.execute(text("SELECT count(*) FROM sign_in WHERE chosen_id = :id"), {"id": organization_id}).scalar_one()
    return {name: number for name, number in found.items() if number}


def test_every_table_is_handed_over_or_left_out_for_a_reason() -> None:
    tables = {table.name: {column.name for column in table.columns} for table in tenant_tables()}
    assert set(everything.LEFT_OUT) <= set(tables)
    assert all(columns <= tables[name] for name, columns in everything.HIDDEN.items())
    answers = {name for name in tables if name.startswith("survey_")} - {"survey_round", "survey_contact"}
    assert answers <= set(everything.LEFT_OUT)
    # Whatever opens something by being known is hidden, in tables that come later too.
    for name in set(tables) - set(everything.LEFT_OUT):
        secret = {column for column in tables[name] if "token" in column or "secret" in column or column in ("salt", "seal", "roll")}
        assert secret <= everything.HIDDEN.get(name, set()), name


def test_everything_is_handed_over_but_no_answer(engine: Engine, owner: Actor, stranger: Actor, team_id: str) -> None:
    load(owner, engine, team_id, DEALS, "first.csv")
    load(owner, engine, team_id, DEALS.replace("Won", "Lost"), "second.csv")
    start_upload(owner, engine=engine, team_id=team_id, data=b"id\n=1+1\n", name="../waiting.csv", limits=Limits())
    random = Random(5)
    people = [
        Response(side, survey_rounds.random_answers(random), comments={DIMENSIONS[0]: COMMENT} if number == 0 else {})
        for side in SIDES
        for number in range(7)
    ]
    day = date(2026, 3, 1)
    shown = record_closed_round(
        owner, engine=engine, team_id=team_id, new=survey_rounds.new_round(), responses=people, opened_on=day, closed_on=day
    )
    with zipfile.ZipFile(io.BytesIO(everything.export_everything(owner, engine=engine).content)) as archive:
        names = set(archive.namelist())
        content = {name: archive.read(name) for name in names}
    folder = f"My-team-{team_id[:6]}"
    for state, sequence in (("replaced", 1), ("active", 2)):
        table = pq.read_table(io.BytesIO(content[f"data/{folder}/deal-{sequence}-{state}.parquet"]))
        assert table.num_rows == 8
    waiting = pending_uploads(owner, engine=engine, team_id=team_id)[0]
    assert content[f"uploads/{waiting.id[:8]}-waiting.csv"] == b"id\n=1+1\n"
    tables = {table.name for table in tenant_tables()} - set(everything.LEFT_OUT)
    assert {name for name in names if name.startswith("tables/")} == {f"tables/{t}.{kind}" for t in tables for kind in ("csv", "json")}
    assert [row["name"] for row in json.loads(content["tables/team.json"])] == ["My team"]
    assert {row["what"] for row in json.loads(content["tables/action.json"])} >= {"imported", "round_closed"}
    survey = content[f"survey/{folder}/{shown.name}-{shown.id[:6]}.csv"].decode("utf-8-sig")
    assert "alignment index (20 to 100)" in survey
    # Answers are kept as JSON of statement and number; none of them is anywhere, and neither is who wrote what.
    with as_owner(engine) as session:
        answers = session.execute(text("SELECT answers FROM survey_response")).scalars().all()
        ids = session.execute(text("SELECT id FROM survey_response UNION SELECT id FROM survey_comment")).scalars().all()
    everywhere = b"\n".join(content.values()).decode("utf-8", "replace")
    assert len(answers) > 10
    assert [found for found in (*answers, *ids) if found in everywhere] == []
    assert "README.txt" in names
    assert stranger.organization_id not in everywhere
    with pytest.raises(AccessDenied):
        everything.export_everything(replace(owner, role="manager"), engine=engine)


def test_a_deleted_organization_leaves_no_row_and_no_file(engine: Engine, owner: Actor, stranger: Actor, tmp_path: Path) -> None:
    ours, theirs = new_id(), new_id()
    with as_owner(engine) as session:
        one_row_each.add(session, ours)
        one_row_each.add(session, theirs)
        session.execute(text("UPDATE member SET role = 'owner', removed_at = NULL"))
        member = session.execute(text("SELECT id FROM member WHERE organization_id = :id"), {"id": ours}).scalar_one()
    before = rows_left(engine, theirs)
    actor = Actor(ours, member, "owner")
    team = list_teams(owner, engine=engine)[0].id
    load(owner, engine, team, DEALS, "first.csv")
    kept = [one.path for one in snapshots(owner, engine=engine, team_id=team, cache_dir=tmp_path)]
    results = tmp_path / "results"
    results.mkdir()
    (results / "figure.json").write_text("{}")

    with pytest.raises(AppError, match="not the organization's name"):
        everything.delete_everything(actor, engine=engine, name="Other", cache_dir=tmp_path)
    for refused in (replace(actor, role="manager"), Actor(ours, stranger.member_id, "owner")):
        with pytest.raises((AccessDenied, NotFound)):
            everything.delete_everything(refused, engine=engine, name="Other", cache_dir=tmp_path)
    assert set(rows_left(engine, ours)) == {table.name for table in tenant_tables()} | {"sign_in"}

    name = f"{ours[:8]} organization name"
    gone = everything.delete_everything(actor, engine=engine, name=name, cache_dir=tmp_path)
    assert rows_left(engine, ours) == {}
    assert rows_left(engine, theirs) == before
    assert (gone.name, set(gone.rows.values())) == (name, {1})
    assert set(gone.rows) == {table.name for table in tenant_tables()}
    assert f"“{name}” was deleted on" in gone.words
    assert len(gone.number) == 16
    # Its own files; those of the other company are made again when they are needed.
    assert not results.exists()
    assert kept[0].exists()
    own = everything.delete_everything(owner, engine=engine, name="Acme", cache_dir=tmp_path)
    assert own.rows["dataset"] == 1
    assert list(tmp_path.rglob("*.parquet")) == []
    assert rows_left(engine, owner.organization_id) == {}
    with pytest.raises(NotFound):
        everything.delete_everything(owner, engine=engine, name="Acme", cache_dir=tmp_path)


def test_what_was_kept_long_enough_goes(engine: Engine, owner: Actor, stranger: Actor, team_id: str, tmp_path: Path) -> None:
    for actor in (owner, stranger):
        team = list_teams(actor, engine=engine)[0].id
        load(actor, engine, team, DEALS, "first.csv")
        load(actor, engine, team, DEALS.replace("Won", "Lost"), "second.csv")
        start_upload(actor, engine=engine, team_id=team, data=b"id\n1\n", name="waiting.csv", limits=Limits())
    assert retention.read_retention(owner, engine=engine) is None
    assert retention.delete_old(engine, cache_dir=tmp_path) == 0
    for wrong in (29, 3_651):
        with pytest.raises(AppError, match="30 to 3,650 days"):
            retention.set_retention(owner, engine=engine, days=wrong)
    with pytest.raises(AccessDenied):
        retention.set_retention(replace(owner, role="manager"), engine=engine, days=90)
    retention.set_retention(owner, engine=engine, days=90)
    assert retention.delete_old(engine, cache_dir=tmp_path) == 0

    with as_owner(engine) as session:
        for table, column in (("upload", "created_at"), ("dataset", "created_at"), ("action", "at")):
            session.execute(text(f"UPDATE {table} SET {column} = :then"), {"then": clock.now() - timedelta(days=91)})
    # The replaced import, the file that waits, and three lines of the record.
    assert retention.delete_old(engine, cache_dir=tmp_path) == 5
    assert retention.delete_old(engine, cache_dir=tmp_path) == 0
    assert [view.file_name for view in history(owner, engine=engine, team_id=team_id)] == ["second.csv"]
    assert pending_uploads(owner, engine=engine, team_id=team_id) == ()
    assert [(one.who, one.what, one.which) for one in audit.trail(owner, engine=engine)] == [
        ("The server", "deleted what was kept long enough", "5 things")
    ]
    # What is loaded stays, and so does all of an organization that keeps everything.
    assert len(snapshots(owner, engine=engine, team_id=team_id, cache_dir=tmp_path)) == 1
    assert len(history(stranger, engine=engine, team_id=list_teams(stranger, engine=engine)[0].id)) == 2
    assert len(audit.trail(stranger, engine=engine)) == 2


def test_an_import_that_was_replaced_lately_is_kept(engine: Engine, owner: Actor, team_id: str, tmp_path: Path) -> None:
    load(owner, engine, team_id, DEALS, "first.csv")
    retention.set_retention(owner, engine=engine, days=90)
    with transaction(engine, organization_id=owner.organization_id) as session:
        session.execute(text("UPDATE dataset SET created_at = '2020-01-01 00:00:00+00:00'"))
    load(owner, engine, team_id, DEALS.replace("Won", "Lost"), "second.csv")
    assert retention.delete_old(engine, cache_dir=tmp_path) == 0
    assert len(history(owner, engine=engine, team_id=team_id)) == 2
