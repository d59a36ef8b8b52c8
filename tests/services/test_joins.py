"""A file joined to what is loaded: an import of its own, repeatable, undone like any other."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from app.errors import AppError
from app.ingest.limits import Limits
from app.ingest.model import JoinChoice
from app.services.actor import Actor
from app.services.commits import commit_upload
from app.services.datasets import DatasetView, history, read_receipt, undo
from app.services.joins import join_offers, join_upload
from app.services.preparation import prepare
from app.services.uploads import pending_uploads, start_upload

LIMITS = Limits()
DEALS = "Deal ID,Deal owner,Deal Stage,Close Date,Create Date,Amount\n" + "".join(
    f"D{n},{'Ann Archer' if n % 2 else 'Ben Bowman'},{'Closed Won' if n % 3 else 'Closed Lost'},2024-02-{n:02d},2024-01-02,10\n"
    for n in range(1, 13)
)
SELLERS = "Deal owner,Region\nAnn Archer,North\nBen Bowman,South\nCleo Cooper,South\n"
CHOICE = JoinChoice("deal", "owner", "Deal owner", segments=("Region",))


def put(actor: Actor, engine: Engine, team_id: str, text: str, name: str) -> str:
    """A pending upload."""
    return start_upload(actor, engine=engine, team_id=team_id, data=text.encode(), name=name, limits=LIMITS).id


@pytest.fixture
def deals(engine: Engine, owner: Actor, team_id: str) -> DatasetView:
    """The loaded deals."""
    upload_id = put(owner, engine, team_id, DEALS, "deals.csv")
    return commit_upload(owner, engine=engine, upload_id=upload_id, limits=LIMITS).dataset


def test_a_join_is_offered_made_repeated_and_undone(engine: Engine, owner: Actor, team_id: str, deals: DatasetView) -> None:
    upload_id = put(owner, engine, team_id, SELLERS, "sellers.csv")
    [offer] = join_offers(owner, engine=engine, upload_id=upload_id, limits=LIMITS)
    assert (offer.choice, offer.key_label, offer.gained) == (CHOICE, "Deal owner", ("Region",))

    made = join_upload(owner, engine=engine, upload_id=upload_id, choice=offer.choice, limits=LIMITS)
    assert (made.changed, made.sentence) == (True, "12 of 12 rows have gained columns.")
    assert [segment.heading for segment in made.dataset.info.segments] == ["Region"]
    account = made.dataset.account
    assert (account.before, account.updated, account.kept, account.after) == (12, 12, 0, 12)
    receipt = read_receipt(owner, engine=engine, dataset_id=made.dataset.id)
    assert (receipt.rows_read, receipt.rows_used, [(part.code, part.count) for part in receipt.set_aside]) == (3, 2, [("no_partner", 1)])
    assert pending_uploads(owner, engine=engine, team_id=team_id) == ()

    # A second click, and the same file put in again, change nothing.
    assert join_upload(owner, engine=engine, upload_id=upload_id, choice=offer.choice, limits=LIMITS) == made
    again = put(owner, engine, team_id, SELLERS, "sellers.csv")
    repeated = join_upload(owner, engine=engine, upload_id=again, choice=offer.choice, limits=LIMITS)
    assert (repeated.dataset, repeated.changed) == (made.dataset, False)
    assert repeated.sentence == "“sellers.csv” is joined already, so nothing was changed."
    deals_again = put(owner, engine, team_id, DEALS, "deals.csv")
    assert not commit_upload(owner, engine=engine, upload_id=deals_again, limits=LIMITS).changed

    before = undo(owner, engine=engine, dataset_id=made.dataset.id)
    assert before is not None
    assert (before.id, before.info.segments) == (deals.id, ())
    states = [(view.sequence, view.state) for view in history(owner, engine=engine, team_id=team_id)]
    assert states == [(2, "undone"), (1, "active")]


def test_a_newer_file_says_what_was_joined_and_the_join_is_offered_again(
    engine: Engine, owner: Actor, team_id: str, deals: DatasetView
) -> None:
    join_upload(owner, engine=engine, upload_id=put(owner, engine, team_id, SELLERS, "sellers.csv"), choice=CHOICE, limits=LIMITS)
    newer = put(owner, engine, team_id, DEALS.replace("D1,Ann", "D13,Ann"), "march.csv")
    ready = prepare(owner, engine=engine, upload_id=newer, limits=LIMITS)
    again = "Upload that file again and add it to join it anew."
    assert ready.notes == (
        "What was joined from “sellers.csv” (“Region”) is not in the rows of this file: where they take the place of loaded rows it goes. "
        + again,
    )
    done = commit_upload(owner, engine=engine, upload_id=newer, limits=LIMITS, mode="replace")
    assert done.sentence.endswith(f"What was joined from “sellers.csv” (“Region”) is gone with the rows that were replaced. {again}")
    assert done.dataset.info.segments == ()

    upload_id = put(owner, engine, team_id, SELLERS, "sellers.csv")
    [offer] = join_offers(owner, engine=engine, upload_id=upload_id, limits=LIMITS)
    made = join_upload(owner, engine=engine, upload_id=upload_id, choice=offer.choice, limits=LIMITS)
    assert [segment.heading for segment in made.dataset.info.segments] == ["Region"]


def test_the_same_file_can_be_joined_again_once_rows_were_added(engine: Engine, owner: Actor, team_id: str, deals: DatasetView) -> None:
    join_upload(owner, engine=engine, upload_id=put(owner, engine, team_id, SELLERS, "sellers.csv"), choice=CHOICE, limits=LIMITS)
    newer = "\n".join([DEALS.splitlines()[0], "D13,Ann Archer,Closed Won,2024-03-01,2024-01-02,10", ""])
    commit_upload(owner, engine=engine, upload_id=put(owner, engine, team_id, newer, "march.csv"), limits=LIMITS, mode="extend")

    upload_id = put(owner, engine, team_id, SELLERS, "sellers.csv")
    [offer] = join_offers(owner, engine=engine, upload_id=upload_id, limits=LIMITS)
    assert offer.choice == CHOICE
    made = join_upload(owner, engine=engine, upload_id=upload_id, choice=offer.choice, limits=LIMITS)
    assert (made.changed, made.dataset.info.rows) == (True, 13)
    assert [segment.heading for segment in made.dataset.info.segments] == ["Region"]
    receipt = read_receipt(owner, engine=engine, dataset_id=made.dataset.id)
    assert [(change.column, change.what, change.cells) for change in receipt.changed] == [
        ("Region", "It fills blank cells of the column of this name.", 1)
    ]
    assert join_offers(owner, engine=engine, upload_id=put(owner, engine, team_id, SELLERS, "sellers.csv"), limits=LIMITS) == ()


def test_nothing_is_offered_when_nothing_is_loaded(engine: Engine, owner: Actor, team_id: str) -> None:
    upload_id = put(owner, engine, team_id, SELLERS, "sellers.csv")
    assert join_offers(owner, engine=engine, upload_id=upload_id, limits=LIMITS) == ()
    with pytest.raises(AppError, match="is not loaded"):
        join_upload(owner, engine=engine, upload_id=upload_id, choice=CHOICE, limits=LIMITS)


def test_a_stranger_sees_no_offers(engine: Engine, owner: Actor, stranger: Actor, team_id: str, deals: DatasetView) -> None:
    upload_id = put(owner, engine, team_id, SELLERS, "sellers.csv")
    with pytest.raises(AppError, match="does not exist in your organization"):
        join_offers(stranger, engine=engine, upload_id=upload_id, limits=LIMITS)
    with pytest.raises(AppError, match="does not exist in your organization"):
        join_upload(stranger, engine=engine, upload_id=upload_id, choice=CHOICE, limits=LIMITS)
