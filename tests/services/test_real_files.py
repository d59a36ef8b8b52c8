"""The import with the real gate: files opened in their own process, stored, opened again by the metrics' engine."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine

from app.errors import FileRefused
from app.ingest.limits import Limits
from app.metrics.engine import Engine as Counting
from app.services.actor import Actor
from app.services.commits import commit_upload
from app.services.datasets import clean_table, history, read_receipt, rejected_rows, undo
from app.services.preparation import inspect, prepare
from app.services.snapshots import snapshots
from app.services.teams import create_team, set_time_zone
from app.services.uploads import answer, answer_question, start_upload
from app.tables import SnapshotInfo

LIMITS = Limits()

HEAD = "Deal ID,Deal Name,Deal Stage,Pipeline,Amount,Close Date,Create Date,Deal Owner,Region"
JANUARY = [
    "1,Alpha,Closed Won,Sales Pipeline,100.50,2026-01-20,2025-12-01,ann@example.com,North",
    "2,Beta,Closed Lost,Sales Pipeline,200,2026-01-25,2025-12-02,bob@example.com,South",
    "3,Gamma,Proposal,Sales Pipeline,300,,2025-12-03,ann@example.com,=1+1",
    "3,Gamma,Proposal,Sales Pipeline,300,,2025-12-03,ann@example.com,=1+1",
]
FEBRUARY = [
    "3,Gamma,Closed Won,Sales Pipeline,350,2026-02-10,2025-12-03,ann@example.com,North",
    "4,Delta,Closed Lost,Sales Pipeline,50,2026-02-11,2026-01-03,bob@example.com,East",
]


def export(*rows: str) -> bytes:
    return "\r\n".join([HEAD, *rows, ""]).encode()


def settle(actor: Actor, engine: Engine, upload_id: str) -> None:
    """Answer every open question with its first choice, as somebody in a hurry would."""
    for _ in range(20):
        found = inspect(actor, engine=engine, upload_id=upload_id, limits=LIMITS)
        if not found.questions:
            return
        question = found.questions[0]
        answer_question(actor, engine=engine, upload_id=upload_id, question=question, value=question.choices[0].value)
    raise AssertionError(f"the questions do not end: {found.questions}")


def load(actor: Actor, engine: Engine, team_id: str, data: bytes, name: str) -> SnapshotInfo:
    upload = start_upload(actor, engine=engine, team_id=team_id, data=data, name=name, limits=LIMITS)
    answer(actor, engine=engine, upload_id=upload.id, answers=replace(upload.answers, roles={"Region": "segment"}))
    settle(actor, engine, upload.id)
    return commit_upload(actor, engine=engine, upload_id=upload.id, limits=LIMITS).dataset.info


def test_two_months_of_deals(engine: Engine, owner: Actor, team_id: str, tmp_path: Path) -> None:
    set_time_zone(owner, engine=engine, team_id=team_id, time_zone="Europe/Berlin")
    load(owner, engine, team_id, export(*JANUARY), "january.csv")
    [january] = history(owner, engine=engine, team_id=team_id)
    receipt = read_receipt(owner, engine=engine, dataset_id=january.id)
    assert (receipt.rows_read, receipt.rows_used, [(part.code, part.count) for part in receipt.set_aside]) == (4, 3, [("duplicate", 1)])
    assert receipt.answers.time_zone == "Europe/Berlin"
    assert rejected_rows(owner, engine=engine, dataset_id=january.id).content.startswith(b"\xef\xbb\xbf")

    upload = start_upload(owner, engine=engine, team_id=team_id, data=export(*FEBRUARY), name="february.csv", limits=LIMITS)
    answer(owner, engine=engine, upload_id=upload.id, answers=replace(upload.answers, roles={"Region": "segment"}))
    settle(owner, engine, upload.id)
    ready = prepare(owner, engine=engine, upload_id=upload.id, limits=LIMITS)
    assert ready.mode == "extend"
    done = commit_upload(owner, engine=engine, upload_id=upload.id, limits=LIMITS)
    assert done.sentence == "1 row is new, 1 updated, 0 unchanged; 2 loaded rows stay."

    whole = load(owner, engine, (second := second_team(owner, engine)), export(*JANUARY[:2], *FEBRUARY), "both.csv")
    assert done.dataset.info == whole
    [stored] = snapshots(owner, engine=engine, team_id=team_id, cache_dir=tmp_path)
    [at_once] = snapshots(owner, engine=engine, team_id=second, cache_dir=tmp_path)
    columns = [name for name in pq.read_schema(stored.path).names if name != "source_row"]
    assert pq.read_table(stored.path, columns=columns) == pq.read_table(at_once.path, columns=columns)

    counting = Counting(tmp_path)
    table = counting.open(stored.path, info=stored.info, sha256=stored.sha256)
    assert table.collect(table.table.group_by("outcome").agg(n=table.table.count()).order_by("outcome")) == [
        {"outcome": "lost", "n": 2},
        {"outcome": "won", "n": 2},
    ]
    counting.close()

    assert undo(owner, engine=engine, dataset_id=done.dataset.id) == replace(january, state="active")


def second_team(owner: Actor, engine: Engine) -> str:
    """The id of another team of the same organization."""
    return create_team(owner, engine=engine, name="At once", time_zone="Europe/Berlin").id


def test_a_formula_from_the_file_is_text_in_the_download(engine: Engine, owner: Actor, team_id: str) -> None:
    load(owner, engine, team_id, export(*JANUARY), "january.csv")
    [view] = history(owner, engine=engine, team_id=team_id)
    content = clean_table(owner, engine=engine, dataset_id=view.id).content.decode("utf-8-sig")
    [region] = {row["Region"] for row in csv.DictReader(io.StringIO(content)) if row["Deal id"] == "3"}
    assert region == "'=1+1"


@pytest.mark.parametrize("data", [b"\x00\x01\x02\xff" * 500, b"PK\x03\x04 not a workbook", b"\n\n\n"])
def test_garbage_is_refused_in_words_and_leaves_the_upload_to_be_discarded(engine: Engine, owner: Actor, team_id: str, data: bytes) -> None:
    upload = start_upload(owner, engine=engine, team_id=team_id, data=data, name="garbage.csv", limits=LIMITS)
    with pytest.raises(FileRefused, match=r"garbage\.csv"):
        inspect(owner, engine=engine, upload_id=upload.id, limits=LIMITS)
    assert history(owner, engine=engine, team_id=team_id) == ()


@pytest.mark.parametrize("step", [3, 2])
def test_a_real_pipeline_in_two_parts_is_the_pipeline_at_once(
    engine: Engine, owner: Actor, team_id: str, tmp_path: Path, shared_data: Path, step: int
) -> None:
    text = (shared_data / "maven_crm" / "sales_pipeline.csv").read_text(encoding="utf-8")
    head, *lines = text.splitlines()
    # In thirds: the first two, then the last two. In halves: everything, then the second half alone.
    parts = [lines[: len(lines) * 2 // step], lines[len(lines) // step :]]
    infos = [load(owner, engine, team_id, "\n".join([head, *part, ""]).encode(), f"part{number}.csv") for number, part in enumerate(parts)]
    whole = load(owner, engine, second_team(owner, engine), text.encode(), "whole.csv")
    assert (infos[-1], whole.rows) == (whole, len(lines))
    [latest, *_] = history(owner, engine=engine, team_id=team_id)
    overlap = len(parts[0]) + len(parts[1]) - len(lines)
    assert (latest.mode, latest.account.unchanged, latest.account.updated, latest.account.kept) == (
        "extend",
        overlap,
        0,
        len(lines) - len(parts[1]),
    )
