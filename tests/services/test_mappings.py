"""Next month's export: of the same shape it needs no click, of a changed one only what has changed is asked."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from app.errors import NotFound
from app.ingest.limits import Limits
from app.services import jobs
from app.services.actor import Actor
from app.services.commits import commit_upload
from app.services.datasets import history, read_receipt
from app.services.jobs import ensure_read
from app.services.mappings import forget_mapping, open_questions, recalled, saved_mappings, start_afresh
from app.services.preparation import inspected, prepared
from app.services.shapes import Recalled, shape_of
from app.services.uploads import answer_questions, read_upload, start_upload

LIMITS = Limits()

HEAD = "Deal ID,Account,Stage,Deal Value,Closed,Region"


def month(number: int, *, head: str = HEAD, pending: str = "Parked", day: str = "{:02d}/{:02d}/2026", ids: int = 0) -> bytes:
    """A month's export whose dates may be read both ways and whose one stage word nobody knows."""
    lines = [head]
    for n in range(1, 13):
        stage = pending if n % 4 == 0 else "Won" if n % 2 else "Lost"
        lines.append(f"D{ids + n},A{n},{stage},{n}00.50,{day.format(number, n)},North")
    return "\n".join([*lines, ""]).encode()


def read(actor: Actor, engine: Engine, team_id: str, data: bytes, *, name: str) -> str:
    """The identifier of the upload once nothing works on it."""
    upload = start_upload(actor, engine=engine, team_id=team_id, data=data, name=name, limits=LIMITS)
    again(actor, engine, upload.id)
    return upload.id


def again(actor: Actor, engine: Engine, upload_id: str) -> None:
    job = ensure_read(actor, engine=engine, upload_id=upload_id, limits=LIMITS)
    jobs.wait(job, seconds=60)
    done = jobs.read_job(actor, engine=engine, upload_id=upload_id)
    assert done is not None
    assert done.state == "done", done.sentence


def asked(actor: Actor, engine: Engine, upload_id: str) -> dict[str, str]:
    """The open questions by key, with the answer somebody gave in the first month."""
    found = inspected(actor, engine=engine, upload_id=upload_id)
    assert found is not None
    return {question.key: question.text for question in open_questions(actor, engine=engine, upload_id=upload_id, found=found)}


@pytest.fixture
def first(engine: Engine, owner: Actor, team_id: str) -> str:
    """January, imported with two answers."""
    upload_id = read(owner, engine, team_id, month(1), name="january.csv")
    assert set(asked(owner, engine, upload_id)) == {"date_order:Closed", "stage_word:Parked"}
    found = inspected(owner, engine=engine, upload_id=upload_id)
    assert found is not None
    given = {"date_order": "day first", "stage_word": "open"}
    answer_questions(owner, engine=engine, upload_id=upload_id, chosen=[(q, given[q.kind]) for q in found.questions])
    again(owner, engine, upload_id)
    assert recalled(owner, engine=engine, upload_id=upload_id) is None
    return commit_upload(owner, engine=engine, upload_id=upload_id, limits=LIMITS).dataset.id


def test_the_second_month_is_imported_without_a_click(engine: Engine, owner: Actor, team_id: str, first: str) -> None:
    upload_id = read(owner, engine, team_id, month(2, ids=100), name="february.csv")
    upload = read_upload(owner, engine=engine, upload_id=upload_id)
    assert upload.state == "committed"
    newest = history(owner, engine=engine, team_id=team_id)[0]
    assert (newest.id, newest.state, newest.mode, newest.info.rows) == (upload.dataset_id, "active", "extend", 24)
    assert (newest.info.first, newest.info.last) == ("2026-01-01", "2026-11-02")
    answers = read_receipt(owner, engine=engine, dataset_id=newest.id).answers
    assert (answers.formats, answers.stages) == ({"Closed": "day first"}, {"Parked": "open"})
    (saved,) = saved_mappings(owner, engine=engine, team_id=team_id)
    assert (saved.table, saved.file_name, saved.columns, saved.answers) == ("deal", "february.csv", 6, 2)


def test_the_same_file_again_is_seen_as_loaded(engine: Engine, owner: Actor, team_id: str, first: str) -> None:
    upload_id = read(owner, engine, team_id, month(1), name="january again.csv")
    ready = prepared(owner, engine=engine, upload_id=upload_id)
    assert ready is not None
    assert ready.same_as is not None
    assert ready.same_as.id == first


def test_a_new_stage_word_is_all_that_is_asked(engine: Engine, owner: Actor, team_id: str, first: str) -> None:
    upload_id = read(owner, engine, team_id, month(2, pending="Limbo", ids=100), name="february.csv")
    assert list(asked(owner, engine, upload_id)) == ["stage_word:Limbo"]
    took = recalled(owner, engine=engine, upload_id=upload_id)
    assert took is not None
    assert (took.file_name, took.same_shape, took.gone, took.new) == ("january.csv", True, (), ())


def test_a_word_that_is_known_anyway_is_told_and_not_taken_in_silence(engine: Engine, owner: Actor, team_id: str, first: str) -> None:
    upload_id = read(owner, engine, team_id, month(2, pending="Qualification", ids=100), name="february.csv")
    took = recalled(owner, engine=engine, upload_id=upload_id)
    assert took is not None
    assert took.told == ("“Qualification” is a new word (3 rows), taken as “open”.",)
    assert read_upload(owner, engine=engine, upload_id=upload_id).state == "pending"


def test_what_the_file_says_goes_before_what_was_answered(engine: Engine, owner: Actor, team_id: str, first: str) -> None:
    # The month stands first now, and the 28th shows it: the answer of January is not forced on February.
    data = month(2, ids=100).replace(b"02/05/2026", b"02/28/2026")
    upload_id = read(owner, engine, team_id, data, name="february.csv")
    took = recalled(owner, engine=engine, upload_id=upload_id)
    assert took is not None
    assert took.told == ("“Closed” is written another way: month first, last time day first.",)
    ready = prepared(owner, engine=engine, upload_id=upload_id)
    assert ready is not None
    assert (ready.info.first, ready.info.last) == ("2026-02-01", "2026-02-28")
    assert read_upload(owner, engine=engine, upload_id=upload_id).state == "pending"


def test_a_changed_shape_says_what_changed_and_asks_only_about_that(engine: Engine, owner: Actor, team_id: str, first: str) -> None:
    head = "Deal ID,Account,Stage,Total Value EUR,Closed,Country"
    upload_id = read(owner, engine, team_id, month(2, head=head, ids=100), name="february.csv")
    took = recalled(owner, engine=engine, upload_id=upload_id)
    assert took is not None
    assert (took.same_shape, took.gone, took.likely["Deal Value"], took.gone_others, took.new) == (
        False,
        (("amount", "Deal Value"),),
        "Total Value EUR",
        ("Region",),
        ("Total Value EUR", "Country"),
    )
    found = inspected(owner, engine=engine, upload_id=upload_id)
    assert found is not None
    (question,) = open_questions(owner, engine=engine, upload_id=upload_id, found=found)
    assert question.text == "Last time “Amount” came from “Deal Value”, which this file does not have. Which column is it now?"
    assert [choice.value for choice in question.choices] == ["Total Value EUR", "Country", ""]
    answer_questions(owner, engine=engine, upload_id=upload_id, chosen=[(question, "Total Value EUR")])
    again(owner, engine, upload_id)
    ready = prepared(owner, engine=engine, upload_id=upload_id)
    assert ready is not None
    assert dict(ready.receipt.mapping)["amount"] == "Total Value EUR"
    # A changed shape is looked at before it is imported.
    assert read_upload(owner, engine=engine, upload_id=upload_id).state == "pending"
    commit_upload(owner, engine=engine, upload_id=upload_id, limits=LIMITS)
    assert [saved.file_name for saved in saved_mappings(owner, engine=engine, team_id=team_id)] == ["february.csv", "january.csv"]


def test_another_export_takes_nothing_over(engine: Engine, owner: Actor, team_id: str, first: str) -> None:
    data = b"Invoice,Customer,Invoice Date,Total\n1,A,2026-01-02,5\n2,B,2026-01-03,6\n"
    upload_id = read(owner, engine, team_id, data, name="invoices.csv")
    assert recalled(owner, engine=engine, upload_id=upload_id) is None


def test_a_head_row_that_was_moved_is_moved_again(engine: Engine, owner: Actor, team_id: str) -> None:
    from dataclasses import replace

    from app.services.uploads import answer

    head = b"x,y,z,u,v,w\n"
    upload_id = read(owner, engine, team_id, head + month(1, day="2026-{:02d}-{:02d}", pending="Open"), name="january.csv")
    given = read_upload(owner, engine=engine, upload_id=upload_id).answers
    answer(owner, engine=engine, upload_id=upload_id, answers=replace(given, head_line=2))
    again(owner, engine, upload_id)
    commit_upload(owner, engine=engine, upload_id=upload_id, limits=LIMITS)
    second = read(owner, engine, team_id, head + month(2, day="2026-{:02d}-{:02d}", pending="Open", ids=100), name="february.csv")
    upload = read_upload(owner, engine=engine, upload_id=second)
    assert (upload.state, upload.answers.head_line) == ("committed", 2)


def test_forgetting_and_starting_afresh(engine: Engine, owner: Actor, team_id: str, first: str) -> None:
    upload_id = read(owner, engine, team_id, month(2, pending="Limbo", ids=100), name="february.csv")
    start_afresh(owner, engine=engine, upload_id=upload_id)
    again(owner, engine, upload_id)
    assert set(asked(owner, engine, upload_id)) == {"date_order:Closed", "stage_word:Limbo"}
    assert recalled(owner, engine=engine, upload_id=upload_id) is None
    (saved,) = saved_mappings(owner, engine=engine, team_id=team_id)
    forget_mapping(owner, engine=engine, mapping_id=saved.id)
    assert saved_mappings(owner, engine=engine, team_id=team_id) == ()
    with pytest.raises(NotFound):
        forget_mapping(owner, engine=engine, mapping_id=saved.id)
    other = read(owner, engine, team_id, month(3, ids=200), name="march.csv")
    assert set(asked(owner, engine, other)) == {"date_order:Closed", "stage_word:Parked"}


def test_a_shape_is_a_set_of_headings() -> None:
    assert shape_of(["Deal ID", "Stage"]) == shape_of(["stage", " deal  id "])
    assert shape_of(["Deal ID", "Stage"]) != shape_of(["Deal ID", "Stage", "Amount"])
    assert Recalled().mapping_id == ""
