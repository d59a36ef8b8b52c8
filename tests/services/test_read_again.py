"""A file that comes again, read in another way, and amounts without a currency: with the real reader."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine

from app.ingest.limits import Limits
from app.services.actor import Actor
from app.services.commits import Committed, commit_upload
from app.services.datasets import read_receipt
from app.services.preparation import prepare
from app.services.teams import set_currency
from app.services.uploads import answer, start_upload

LIMITS = Limits()


def load(actor: Actor, engine: Engine, team_id: str, data: bytes) -> Committed:
    upload = start_upload(actor, engine=engine, team_id=team_id, data=data, name="deals.csv", limits=LIMITS)
    return commit_upload(actor, engine=engine, upload_id=upload.id, limits=LIMITS)


def test_the_team_s_currency_stands_in_where_the_file_names_none(engine: Engine, owner: Actor, team_id: str) -> None:
    set_currency(owner, engine=engine, team_id=team_id, currency="USD")
    rows = b"Deal ID,Stage,Amount,Close Date,Created Date\n" + b"".join(
        b"%d,%s,10,2024-02-03,2024-01-02\n" % (number, (b"Won", b"Lost")[number % 2]) for number in range(12)
    )
    done = load(owner, engine, team_id, rows)
    assert done.dataset.info.currency == "USD"
    changed = read_receipt(owner, engine=engine, dataset_id=done.dataset.id).changed
    assert [(part.column, part.what, part.cells) for part in changed] == [
        ("Amount", "The file names no currency; the team's is taken: USD.", 12)
    ]


def test_a_file_read_again_with_its_ids_replaces_what_it_gave_before(engine: Engine, owner: Actor, team_id: str) -> None:
    rows = b"Vorgang,Account,Stage,Amount,Close Date\n" + b"".join(
        b"%d,Firm %d,%s,%d,2024-02-03\n" % (number, number % 7, (b"Won", b"Lost")[number % 2], number) for number in range(30)
    )
    load(owner, engine, team_id, rows)
    upload = start_upload(owner, engine=engine, team_id=team_id, data=rows, name="deals.csv", limits=LIMITS)
    answer(owner, engine=engine, upload_id=upload.id, answers=replace(upload.answers, fields={"id": "Vorgang"}))
    ready = prepare(owner, engine=engine, upload_id=upload.id, limits=LIMITS)
    assert (ready.mode, ready.extending, ready.reason) == (
        "replace",
        None,
        "This file is loaded already, read in another way: added, its rows would count twice. Replace what is loaded.",
    )
    assert commit_upload(owner, engine=engine, upload_id=upload.id, limits=LIMITS).dataset.info.rows == 30
