"""The import: each step can be repeated, a commit is all or nothing, and what was loaded can be had back.

The file format of these tests is JSON rows read by a stand-in for the gate; `test_real_files.py` runs the real one.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine
from sqlmodel import select

from app.errors import AccessDenied, AnswerNeeded, AppError, FileError, FileRefused, NotFound
from app.ingest.content import Content
from app.ingest.limits import Limits
from app.ingest.model import Answers, Choice, FileFacts, Inspection, Question, Receipt, SetAside, TypedTable
from app.services import commits
from app.services.actor import Actor, add_member
from app.services.commits import Committed, ExampleFile, commit_upload, load_example
from app.services.datasets import clean_table, clean_workbook, history, read_receipt, rejected_rows, undo
from app.services.merge import RowAccount
from app.services.preparation import inspect, prepare
from app.services.snapshots import snapshot_key, snapshots
from app.services.teams import create_team, example_team, leave_example, set_time_zone, shown_team
from app.services.uploads import answer, answer_question, discard_upload, pending_uploads, read_upload, start_upload
from app.storage.engine import reading
from app.storage.queries import blobs, datasets, organizations
from app.storage.queries.organizations import actions
from app.storage.tables import Blob, Dataset, Upload
from app.tables import Segment, SnapshotInfo
from tests.owners import everything

LIMITS = Limits()

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("closed", pa.timestamp("us")),
        ("outcome", pa.string()),
        ("amount", pa.decimal128(18, 4)),
        ("s0", pa.string()),
        ("source_row", pa.int64()),
    ]
)


def file(*deals: str, note: str = "") -> bytes:
    """A file of deals written "id outcome", e.g. "7 won"; `note` makes the bytes differ."""
    return json.dumps({"deals": list(deals), "note": note}).encode()


def facts(data: bytes, name: str) -> FileFacts:
    return FileFacts(
        name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        kind="csv",
        encoding="utf-8",
        delimiter=",",
        sheet=None,
        sheets=(),
        head_line=1,
        lines=9,
        rows=8,
        columns=5,
        apart=(("blank", 1),),
    )


def inspect_rows(data: Content, *, name: str, answers: Answers, limits: Limits) -> Inspection:
    return Inspection(
        file=facts(data.load(), name),
        table="deal",
        table_confidence=1.0,
        table_reason=f"in {answers.time_zone}",
        system="hubspot",
        system_label="HubSpot",
        columns=(),
        stages=(),
        questions=(),
    )


def read_rows(data: Content, *, name: str, answers: Answers, limits: Limits, today: date) -> TypedTable:
    deals = [text.split() for text in json.loads(data.load())["deals"]]
    if any(outcome == "?" for _, outcome in deals):
        raise AnswerNeeded("A stage is open.", file=name)
    currency = answers.currency
    rows = [
        {
            "id": key,
            "closed": datetime(2026, 1, 1 + int(key) % 28),
            "outcome": outcome,
            "amount": Decimal(10),
            "s0": "=cmd|' /C calc'!A0" if key == "1" else "North",
            "source_row": number,
        }
        for number, (key, outcome) in enumerate(deals, 2)
    ]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), sink)
    return TypedTable(
        parquet=sink.getvalue().to_pybytes(),
        info=SnapshotInfo(
            table="deal",
            rows=len(rows),
            segments=(Segment("s0", "Region", len({row["s0"] for row in rows})),),
            currency=currency,
            system="hubspot",
        ),
        receipt=Receipt(
            file=facts(data.load(), name),
            table="deal",
            system="hubspot",
            answers=answers,
            mapping=(("id", "Deal ID"),),
            segments=("Region",),
            dropped_personal=(),
            ignored=(),
            rows_read=len(rows) + 1,
            rows_used=len(rows),
            set_aside=(SetAside("duplicate", "There twice.", 1, (9,)),),
            changed=(),
            amounts=None,
            stages=(),
        ),
        rejected_csv=f"\ufeffline,reason\r\n9,There twice in {name}.\r\n".encode(),
    )


def load(actor: Actor, engine: Engine, team_id: str, data: bytes, *, name: str = "deals.csv", **more: Any) -> Committed:
    upload = start_upload(actor, engine=engine, team_id=team_id, data=data, name=name, limits=LIMITS)
    return commit_upload(actor, engine=engine, upload_id=upload.id, limits=LIMITS, read_file=read_rows, **more)


def loaded(actor: Actor, engine: Engine, team_id: str, cache_dir: Path) -> list[str]:
    """The deals that are loaded, written as `file` takes them."""
    found = snapshots(actor, engine=engine, team_id=team_id, cache_dir=cache_dir)
    return [f"{row['id']} {row['outcome']}" for snapshot in found for row in pq.read_table(snapshot.path).to_pylist()]


def blob_count(engine: Engine) -> int:
    with everything(engine) as session:
        return len(session.exec(select(Blob.sha256)).all())


def state_of(engine: Engine) -> dict[str, list[Any]]:
    """Every row of the tables an import writes to, without the bytes."""
    with everything(engine) as session:
        return {
            "blob": sorted(session.exec(select(Blob.organization_id, Blob.sha256)).all()),
            "upload": sorted((row.id, row.state, row.same_as_id) for row in session.exec(select(Upload))),
            "dataset": sorted((row.id, row.state, row.sequence, row.parquet_sha256) for row in session.exec(select(Dataset))),
        }


# Before the commit


def test_a_reload_in_the_middle_loses_nothing(engine: Engine, owner: Actor, team_id: str) -> None:
    set_time_zone(owner, engine=engine, team_id=team_id, time_zone="Europe/Berlin")
    data = file("1 won")
    upload = start_upload(owner, engine=engine, team_id=team_id, data=data, name="C:\\exports\\deals\u202e.csv", limits=LIMITS)
    assert (upload.file_name, upload.state, upload.answers, upload.dataset_id) == (
        "deals.csv",
        "pending",
        Answers(time_zone="Europe/Berlin"),
        None,
    )
    answers = Answers(time_zone="Europe/Berlin", fields={"id": "Deal ID", "owner": None}, stages={"Closed Won": "won"}, head_line=3)
    answered = answer(owner, engine=engine, upload_id=upload.id, answers=answers)
    assert start_upload(owner, engine=engine, team_id=team_id, data=data, name="other name.csv", limits=LIMITS) == answered
    assert pending_uploads(owner, engine=engine, team_id=team_id) == (answered,)
    assert read_upload(owner, engine=engine, upload_id=upload.id).answers == answers


def test_the_same_file_may_be_imported_into_two_teams(engine: Engine, owner: Actor, team_id: str) -> None:
    south = create_team(owner, engine=engine, name="South")
    first, second = (
        start_upload(owner, engine=engine, team_id=team, data=file("1 won"), name="a.csv", limits=LIMITS) for team in (team_id, south.id)
    )
    assert (first.id == second.id, blob_count(engine)) == (False, 1)


def test_empty_and_oversized_files_are_refused(engine: Engine, owner: Actor, team_id: str) -> None:
    with pytest.raises(FileRefused, match=r"a.csv: The file is empty"):
        start_upload(owner, engine=engine, team_id=team_id, data=b"", name="a.csv", limits=LIMITS)
    with pytest.raises(FileRefused, match=r"a.csv: The file has 3.0 MB; 2 MB is the most"):
        start_upload(owner, engine=engine, team_id=team_id, data=b"x" * 3 * 1024**2, name="a.csv", limits=Limits(file_bytes=2 * 1024**2))
    assert state_of(engine) == {"blob": [], "upload": [], "dataset": []}


def test_a_large_text_is_kept_short_and_opened_whole(engine: Engine, owner: Actor, team_id: str) -> None:
    rows = "".join(f"D{n:06},Closed {'Won' if n % 2 else 'Lost'},2025-01-{n % 28 + 1:02},{n % 900}.50\n" for n in range(60_000))
    data = f"Deal ID,Deal Stage,Close Date,Amount\n{rows}".encode()
    upload = start_upload(owner, engine=engine, team_id=team_id, data=data, name="deals.csv", limits=LIMITS)
    with reading(engine, organization_id=owner.organization_id) as session:
        size, stored = blobs.as_stored(session=session, organization_id=owner.organization_id, sha256=upload.sha256) or (0, b"")
        whole = blobs.content(session=session, organization_id=owner.organization_id, sha256=upload.sha256)
    assert (size, whole) == (len(data), data)
    assert len(stored) < 0.6 * size
    receipt = prepare(owner, engine=engine, upload_id=upload.id, limits=LIMITS).receipt
    assert (receipt.file.size, receipt.file.sha256, receipt.rows_used) == (size, upload.sha256, 60_000)


def test_a_file_is_opened_once_for_each_set_of_answers(engine: Engine, owner: Actor, team_id: str) -> None:
    opened: list[str] = []

    def counting(data: Content, *, name: str, answers: Answers, limits: Limits) -> Inspection:
        opened.append(answers.time_zone)
        return inspect_rows(data, name=name, answers=answers, limits=limits)

    upload = start_upload(owner, engine=engine, team_id=team_id, data=file("1 won"), name="a.csv", limits=LIMITS)

    def look() -> Inspection:
        return inspect(owner, engine=engine, upload_id=upload.id, limits=LIMITS, inspect_file=counting)

    first = look()
    assert (look(), opened) == (first, ["UTC"])
    answer(owner, engine=engine, upload_id=upload.id, answers=Answers(time_zone="Asia/Tokyo"))
    assert (look().table_reason, look().table_reason, opened) == ("in Asia/Tokyo", "in Asia/Tokyo", ["UTC", "Asia/Tokyo"])


@pytest.mark.parametrize(
    ("where", "key", "value", "expected"),
    [
        ("stages", "Pending", "open", Answers(stages={"Old": "won", "Pending": "open"})),
        ("formats", "Close Date", "day first", Answers(stages={"Old": "won"}, formats={"Close Date": "day first"})),
        ("fields", "amount", "Deal Value", Answers(stages={"Old": "won"}, fields={"amount": "Deal Value"})),
        ("fields", "amount", "", Answers(stages={"Old": "won"}, fields={"amount": None})),
        ("table", "table", "lead", Answers(stages={"Old": "won"}, table="lead")),
        ("head_line", "head_line", "4", Answers(stages={"Old": "won"}, head_line=4)),
        ("currency", "currency", "EUR", Answers(stages={"Old": "won"}, currency="EUR")),
    ],
)
def test_an_answer_goes_where_the_question_says(
    engine: Engine, owner: Actor, team_id: str, where: str, key: str, value: str, expected: Answers
) -> None:
    upload = start_upload(owner, engine=engine, team_id=team_id, data=file("1 won"), name="a.csv", limits=LIMITS)
    answer(owner, engine=engine, upload_id=upload.id, answers=Answers(stages={"Old": "won"}))
    question = Question(key="k", kind="field", text="?", choices=(Choice(value, value),), answer_in=where, answer_key=key)
    assert answer_question(owner, engine=engine, upload_id=upload.id, question=question, value=value).answers == expected
    with pytest.raises(AppError, match="is none of the answers offered"):
        answer_question(owner, engine=engine, upload_id=upload.id, question=question, value="something else")


def test_an_open_question_stops_the_commit(engine: Engine, owner: Actor, team_id: str) -> None:
    with pytest.raises(AnswerNeeded, match=r"deals.csv: A stage is open"):
        load(owner, engine, team_id, file("1 ?"))
    assert history(owner, engine=engine, team_id=team_id) == ()
    assert [upload.state for upload in pending_uploads(owner, engine=engine, team_id=team_id)] == ["pending"]


def test_a_discarded_upload_leaves_no_bytes(engine: Engine, owner: Actor, team_id: str) -> None:
    upload = start_upload(owner, engine=engine, team_id=team_id, data=file("1 won"), name="a.csv", limits=LIMITS)
    prepare(owner, engine=engine, upload_id=upload.id, limits=LIMITS, read_file=read_rows)
    assert blob_count(engine) == 3  # the file, its Parquet, its rejected rows
    for _ in range(2):
        discard_upload(owner, engine=engine, upload_id=upload.id)
    assert state_of(engine) == {"blob": [], "upload": [(upload.id, "discarded", None)], "dataset": []}
    with pytest.raises(NotFound, match="is finished"):
        inspect(owner, engine=engine, upload_id=upload.id, limits=LIMITS, inspect_file=inspect_rows)
    again = start_upload(owner, engine=engine, team_id=team_id, data=file("1 won"), name="a.csv", limits=LIMITS)
    assert again.id != upload.id


# The commit


def test_the_first_import(engine: Engine, owner: Actor, team_id: str, tmp_path: Path) -> None:
    data = file("1 won", "2 lost")
    upload = start_upload(owner, engine=engine, team_id=team_id, data=data, name="deals.csv", limits=LIMITS)
    before = snapshot_key(owner, engine=engine, team_id=team_id)
    ready = prepare(owner, engine=engine, upload_id=upload.id, limits=LIMITS, read_file=read_rows)
    assert (ready.mode, ready.reason, ready.replacing, ready.extending, ready.same_as) == (
        "replace",
        "Nothing is loaded yet.",
        None,
        None,
        None,
    )
    assert ready.receipt.rows_read == ready.receipt.rows_used + sum(part.count for part in ready.receipt.set_aside)

    def refuse(data: Content, *, name: str, answers: Answers, limits: Limits, today: date) -> TypedTable:
        raise AssertionError("the file was read already")

    done = commit_upload(owner, engine=engine, upload_id=upload.id, limits=LIMITS, read_file=refuse)
    assert (done.changed, done.sentence) == (True, "2 rows are new.")
    view = done.dataset
    assert (view.table, view.sequence, view.state, view.mode, view.member, view.file_name, view.replaces_id) == (
        "deal",
        1,
        "active",
        "replace",
        "Anna",
        "deals.csv",
        None,
    )
    assert view.account == RowAccount(mode="replace", new=2, updated=0, unchanged=0, kept=0, dropped=0, superseded=0, before=0, after=2)
    assert view.info == ready.info
    assert history(owner, engine=engine, team_id=team_id) == (view,)
    assert read_receipt(owner, engine=engine, dataset_id=view.id) == ready.receipt
    assert loaded(owner, engine, team_id, tmp_path) == ["1 won", "2 lost"]
    assert snapshot_key(owner, engine=engine, team_id=team_id) != before
    assert blob_count(engine) == 2  # Parquet and rejected rows; the file itself is let go
    assert read_upload(owner, engine=engine, upload_id=upload.id).dataset_id == view.id
    with everything(engine) as session:
        assert [(row.what, row.subject) for row in actions(session=session, organization_id=owner.organization_id)] == [
            ("imported", view.id)
        ]


def test_a_double_click_makes_one_dataset(engine: Engine, owner: Actor, team_id: str) -> None:
    upload = start_upload(owner, engine=engine, team_id=team_id, data=file("1 won"), name="a.csv", limits=LIMITS)
    with ThreadPoolExecutor(6) as pool:
        done = list(
            pool.map(lambda _: commit_upload(owner, engine=engine, upload_id=upload.id, limits=LIMITS, read_file=read_rows), range(6))
        )
    assert done == [done[0]] * 6
    assert history(owner, engine=engine, team_id=team_id) == (done[0].dataset,)


def test_the_same_file_twice_changes_nothing_and_says_so(engine: Engine, owner: Actor, team_id: str) -> None:
    first = load(owner, engine, team_id, file("1 won"))
    upload = start_upload(owner, engine=engine, team_id=team_id, data=file("1 won"), name="again.csv", limits=LIMITS)
    assert prepare(owner, engine=engine, upload_id=upload.id, limits=LIMITS, read_file=read_rows).same_as == first.dataset
    expected = Committed(dataset=first.dataset, changed=False, sentence="“again.csv” is loaded already, so nothing was changed.")
    for _ in range(2):
        assert commit_upload(owner, engine=engine, upload_id=upload.id, limits=LIMITS, read_file=read_rows) == expected
    assert read_upload(owner, engine=engine, upload_id=upload.id).dataset_id == first.dataset.id
    assert history(owner, engine=engine, team_id=team_id) == (first.dataset,)
    assert blob_count(engine) == 2


def test_the_same_file_read_in_another_way_is_another_import(engine: Engine, owner: Actor, team_id: str) -> None:
    load(owner, engine, team_id, file("1 won"))
    upload = start_upload(owner, engine=engine, team_id=team_id, data=file("1 won"), name="a.csv", limits=LIMITS)
    answer(owner, engine=engine, upload_id=upload.id, answers=Answers(currency="EUR"))
    done = commit_upload(owner, engine=engine, upload_id=upload.id, limits=LIMITS, read_file=read_rows)
    assert (done.changed, done.dataset.sequence, done.dataset.info.currency) == (True, 2, "EUR")


def test_extending_keeps_what_the_file_does_not_have_and_the_newest_wins(
    engine: Engine, owner: Actor, team_id: str, tmp_path: Path
) -> None:
    first = load(owner, engine, team_id, file("1 won", "2 won", "3 won"))
    upload = start_upload(owner, engine=engine, team_id=team_id, data=file("2 lost", "3 won", "4 won"), name="b.csv", limits=LIMITS)
    ready = prepare(owner, engine=engine, upload_id=upload.id, limits=LIMITS, read_file=read_rows)
    assert (ready.mode, ready.reason) == ("extend", "The file shares rows with what is loaded, but 1 loaded row is not in it.")
    assert ready.replacing == RowAccount(mode="replace", new=1, updated=1, unchanged=1, kept=0, dropped=1, superseded=1, before=3, after=3)
    done = commit_upload(owner, engine=engine, upload_id=upload.id, limits=LIMITS, read_file=read_rows)
    assert done.dataset.account == ready.extending
    assert done.sentence == "1 row is new, 1 updated, 1 unchanged; 1 loaded row stays."
    assert (done.dataset.mode, done.dataset.sequence, done.dataset.replaces_id) == ("extend", 2, first.dataset.id)
    assert loaded(owner, engine, team_id, tmp_path) == ["1 won", "2 lost", "3 won", "4 won"]
    assert [view.state for view in history(owner, engine=engine, team_id=team_id)] == ["active", "replaced"]


def test_an_older_file_that_is_inside_already_does_not_come_back(engine: Engine, owner: Actor, team_id: str, tmp_path: Path) -> None:
    load(owner, engine, team_id, file("1 won", "2 won"))
    extended = load(owner, engine, team_id, file("2 lost", "3 won"), mode="extend")
    again = load(owner, engine, team_id, file("1 won", "2 won"))
    assert (again.changed, again.dataset) == (False, extended.dataset)
    assert loaded(owner, engine, team_id, tmp_path) == ["1 won", "2 lost", "3 won"]


def test_a_file_that_has_everything_replaces(engine: Engine, owner: Actor, team_id: str, tmp_path: Path) -> None:
    load(owner, engine, team_id, file("1 won", "2 won"))
    done = load(owner, engine, team_id, file("1 won", "2 lost", "3 won"))
    assert (done.dataset.mode, done.sentence) == ("replace", "1 row is new, 1 updated, 1 unchanged.")
    assert loaded(owner, engine, team_id, tmp_path) == ["1 won", "2 lost", "3 won"]


def test_replacing_says_how_many_rows_go(engine: Engine, owner: Actor, team_id: str, tmp_path: Path) -> None:
    load(owner, engine, team_id, file("1 won", "2 won"))
    done = load(owner, engine, team_id, file("9 won"), mode="replace")
    assert done.sentence == "1 row is new, 0 updated, 0 unchanged; 2 loaded rows are not in this file and go."
    assert loaded(owner, engine, team_id, tmp_path) == ["9 won"]


def test_two_currencies_are_not_put_together(engine: Engine, owner: Actor, team_id: str, tmp_path: Path) -> None:
    for number, currency in ((1, "EUR"), (2, "USD")):
        upload = start_upload(owner, engine=engine, team_id=team_id, data=file(f"{number} won"), name="a.csv", limits=LIMITS)
        answer(owner, engine=engine, upload_id=upload.id, answers=Answers(currency=currency))
        if number == 1:
            commit_upload(owner, engine=engine, upload_id=upload.id, limits=LIMITS, read_file=read_rows)
    ready = prepare(owner, engine=engine, upload_id=upload.id, limits=LIMITS, read_file=read_rows)
    assert (ready.mode, ready.extending) == ("replace", None)
    assert ready.extend_refused == ("What is loaded is in EUR, this file is in USD. Replace what is loaded, or take the rows in EUR only.")
    with pytest.raises(FileError, match="is in EUR"):
        commit_upload(owner, engine=engine, upload_id=upload.id, limits=LIMITS, mode="extend", read_file=read_rows)
    assert loaded(owner, engine, team_id, tmp_path) == ["1 won"]


# Undo


def test_undo_brings_back_what_was_loaded(engine: Engine, owner: Actor, team_id: str, tmp_path: Path) -> None:
    first = load(owner, engine, team_id, file("1 won")).dataset
    second = load(owner, engine, team_id, file("2 won"), mode="extend").dataset
    key = snapshot_key(owner, engine=engine, team_id=team_id)
    with pytest.raises(AppError, match=r"A later import has taken the place of this one. Undo the later one first"):
        undo(owner, engine=engine, dataset_id=first.id)
    assert undo(owner, engine=engine, dataset_id=second.id) == first
    assert undo(owner, engine=engine, dataset_id=second.id) == first
    assert loaded(owner, engine, team_id, tmp_path) == ["1 won"]
    third = load(owner, engine, team_id, file("2 won"), mode="extend").dataset
    assert (third.sequence, third.replaces_id, third.parquet_sha256) == (3, first.id, second.parquet_sha256)
    assert snapshot_key(owner, engine=engine, team_id=team_id) == key
    assert undo(owner, engine=engine, dataset_id=third.id) == first
    assert undo(owner, engine=engine, dataset_id=first.id) is None
    assert loaded(owner, engine, team_id, tmp_path) == []
    assert [(view.sequence, view.state) for view in history(owner, engine=engine, team_id=team_id)] == [
        (3, "undone"),
        (2, "undone"),
        (1, "undone"),
    ]
    with everything(engine) as session:
        done = [row.what for row in actions(session=session, organization_id=owner.organization_id)]
    assert sorted(done) == ["imported"] * 3 + ["undone"] * 3


# Interrupted, and at the same time


def steps() -> list[tuple[object, str]]:
    """The steps inside a commit at each of which a process may vanish."""
    return [
        (blobs, "put"),
        (datasets, "next_sequence"),
        (commits, "Dataset"),
        (blobs, "clear_unused"),
        (organizations, "record"),
        (commits, "_committed"),
    ]


@pytest.mark.parametrize("position", range(6))
def test_a_commit_that_is_cut_off_changes_nothing_and_can_be_repeated(
    engine: Engine, owner: Actor, team_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, position: int
) -> None:
    load(owner, engine, team_id, file("1 won"))
    upload = start_upload(owner, engine=engine, team_id=team_id, data=file("1 lost", "2 won"), name="b.csv", limits=LIMITS)
    prepare(owner, engine=engine, upload_id=upload.id, limits=LIMITS, read_file=read_rows)
    before = state_of(engine)

    def vanish(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def commit() -> Committed:
        return commit_upload(owner, engine=engine, upload_id=upload.id, limits=LIMITS, read_file=read_rows)

    with monkeypatch.context() as patch:
        owner_of_step, name = steps()[position]
        patch.setattr(owner_of_step, name, vanish)
        with pytest.raises(KeyboardInterrupt):
            commit()
    assert state_of(engine) == before
    assert loaded(owner, engine, team_id, tmp_path) == ["1 won"]
    assert commit().changed
    assert loaded(owner, engine, team_id, tmp_path) == ["1 lost", "2 won"]


def test_an_undo_that_is_cut_off_changes_nothing(
    engine: Engine, owner: Actor, team_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(owner, engine, team_id, file("1 won"))
    second = load(owner, engine, team_id, file("2 won"), mode="replace").dataset
    before = state_of(engine)

    def vanish(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(organizations, "record", vanish)
    with pytest.raises(KeyboardInterrupt):
        undo(owner, engine=engine, dataset_id=second.id)
    assert state_of(engine) == before
    assert loaded(owner, engine, team_id, tmp_path) == ["2 won"]


def test_no_import_is_lost_when_eight_threads_extend_the_same_table(engine: Engine, owner: Actor, team_id: str, tmp_path: Path) -> None:
    def add(number: int) -> bool:
        return load(owner, engine, team_id, file(f"{number} won"), name=f"{number}.csv", mode="extend").changed

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(add, range(16))) == [True] * 16
    assert sorted(loaded(owner, engine, team_id, tmp_path)) == sorted(f"{number} won" for number in range(16))
    assert sorted(view.sequence for view in history(owner, engine=engine, team_id=team_id)) == list(range(1, 17))


# Downloads


def test_the_rows_set_aside_can_be_downloaded(engine: Engine, owner: Actor, team_id: str) -> None:
    done = load(owner, engine, team_id, file("1 won"), name="Deals 2026 (final).csv")
    got = rejected_rows(owner, engine=engine, dataset_id=done.dataset.id)
    assert got.content.decode() == "\ufeffline,reason\r\n9,There twice in Deals 2026 (final).csv.\r\n"
    assert got.name == f"Deals-2026-final-set-aside-{hashlib.sha256(got.content).hexdigest()[:8]}.csv"


def test_no_cell_of_the_clean_table_is_a_formula(engine: Engine, owner: Actor, team_id: str) -> None:
    done = load(owner, engine, team_id, file("1 won", "2 lost"))
    got = clean_table(owner, engine=engine, dataset_id=done.dataset.id)
    assert got.content.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(got.content.decode("utf-8-sig")))) == [
        ["Deal id", "Closed on", "Outcome", "Amount", "Region", "Row in the file"],
        ["1", "2026-01-02", "won", "10.0000", "'=cmd|' /C calc'!A0", "2"],
        ["2", "2026-01-03", "lost", "10.0000", "North", "3"],
    ]


def test_the_workbook_holds_days_as_days_amounts_as_numbers_and_formulas_as_text(engine: Engine, owner: Actor, team_id: str) -> None:
    done = load(owner, engine, team_id, file("1 won", "2 lost"))
    got = clean_workbook(owner, engine=engine, dataset_id=done.dataset.id)
    assert got.name == f"deal-deals-{done.dataset.parquet_sha256[:8]}.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(got.content))["Deals"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["Deal id", "Closed on", "Outcome", "Amount", "Region", "Row in the file"],
        ["1", datetime(2026, 1, 2), "won", 10, "=cmd|' /C calc'!A0", 2],
        ["2", datetime(2026, 1, 3), "lost", 10, "North", 3],
    ]
    assert [cell.number_format for cell in sheet[2]][1:4:2] == ["yyyy-mm-dd", "#,##0.00"]
    assert {cell.data_type for cell in sheet[2]} == {"s", "d", "n"}


# Who may


def test_a_viewer_reads_the_history_and_nothing_else(engine: Engine, owner: Actor, team_id: str, tmp_path: Path) -> None:
    view = load(owner, engine, team_id, file("1 won")).dataset
    upload = start_upload(owner, engine=engine, team_id=team_id, data=file("2 won"), name="a.csv", limits=LIMITS)
    viewer = add_member(owner, engine=engine, iss="https://id", sub="vera", display_name="Vera", role="viewer")
    assert history(viewer, engine=engine, team_id=team_id) == (view,)
    assert read_receipt(viewer, engine=engine, dataset_id=view.id).rows_used == 1
    assert loaded(viewer, engine, team_id, tmp_path) == ["1 won"]
    question = Question(key="k", kind="field", text="?", choices=(), answer_in="table", answer_key="table")
    forbidden: list[Callable[[], object]] = [
        lambda: start_upload(viewer, engine=engine, team_id=team_id, data=b"x", name="a.csv", limits=LIMITS),
        lambda: read_upload(viewer, engine=engine, upload_id=upload.id),
        lambda: pending_uploads(viewer, engine=engine, team_id=team_id),
        lambda: inspect(viewer, engine=engine, upload_id=upload.id, limits=LIMITS, inspect_file=inspect_rows),
        lambda: answer(viewer, engine=engine, upload_id=upload.id, answers=Answers()),
        lambda: answer_question(viewer, engine=engine, upload_id=upload.id, question=question, value=""),
        lambda: prepare(viewer, engine=engine, upload_id=upload.id, limits=LIMITS, read_file=read_rows),
        lambda: commit_upload(viewer, engine=engine, upload_id=upload.id, limits=LIMITS, read_file=read_rows),
        lambda: discard_upload(viewer, engine=engine, upload_id=upload.id),
        lambda: undo(viewer, engine=engine, dataset_id=view.id),
        lambda: rejected_rows(viewer, engine=engine, dataset_id=view.id),
        lambda: clean_table(viewer, engine=engine, dataset_id=view.id),
        lambda: clean_workbook(viewer, engine=engine, dataset_id=view.id),
    ]
    for attempt in forbidden:
        with pytest.raises(AccessDenied):
            attempt()


# The example


def test_the_example_is_shown_until_there_are_own_data(engine: Engine, owner: Actor, team_id: str, tmp_path: Path) -> None:
    files = [ExampleFile("example.csv", file("1 won", "2 lost"), Answers())]
    held = load_example(owner, engine=engine, files=files, limits=LIMITS, read_file=read_rows)
    assert load_example(owner, engine=engine, files=files, limits=LIMITS, read_file=read_rows) == held
    example = example_team(owner, engine=engine)
    assert loaded(owner, engine, example.id, tmp_path) == ["1 won", "2 lost"]
    assert shown_team(owner, engine=engine) == example
    with pytest.raises(AppError, match="takes no files"):
        start_upload(owner, engine=engine, team_id=example.id, data=b"x", name="a.csv", limits=LIMITS)
    done = load(owner, engine, team_id, file("7 won"))
    assert shown_team(owner, engine=engine).id == team_id
    undo(owner, engine=engine, dataset_id=done.dataset.id)
    assert shown_team(owner, engine=engine) == example
    for _ in range(2):
        assert leave_example(owner, engine=engine).id == team_id
    assert shown_team(owner, engine=engine).id == team_id
