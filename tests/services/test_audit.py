"""Who did what: in words, for owners only, and as a file in which nothing is a formula."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from sqlalchemy import Engine

from app.errors import AccessDenied
from app.ingest.limits import Limits
from app.services import audit, deletion, members
from app.services.actor import Actor, add_member
from app.services.commits import commit_upload
from app.services.teams import rename_team
from app.services.uploads import start_upload
from app.storage.tables import ActionKind

DEALS = b"Deal ID,Stage,Amount,Close Date\n1,Closed Won,10,2025-01-02\n2,Closed Lost,20,2025-02-02\n"


def test_every_kind_has_words_and_a_group() -> None:
    kinds = set(get_args(ActionKind))
    assert set(audit.WORDS) == kinds
    grouped = [kind for group in audit.GROUPS.values() for kind in group]
    assert sorted(grouped) == sorted(kinds)


def test_what_was_done_is_told_in_words(engine: Engine, owner: Actor, stranger: Actor, team_id: str, tmp_path: Path) -> None:
    upload = start_upload(owner, engine=engine, team_id=team_id, data=DEALS, name="=deals.csv", limits=Limits())
    commit_upload(owner, engine=engine, upload_id=upload.id, limits=Limits())
    told = audit.trail(owner, engine=engine)
    assert [(one.who, one.what, one.which, one.team) for one in told] == [("Anna", "loaded a file", "=deals.csv", "My team")]

    members.invite(owner, engine=engine, role="viewer")
    bob = add_member(owner, engine=engine, iss="https://id", sub="bob", display_name="Bob", role="manager")
    audit.record_export(bob, engine=engine, file_name="deal-clean.csv")
    rename_team(bob, engine=engine, team_id=team_id, name="North")
    deletion.delete_table(bob, engine=engine, team_id=team_id, table="deal", cache_dir=tmp_path)
    members.remove_member(owner, engine=engine, member_id=bob.member_id)
    told = audit.trail(owner, engine=engine)
    assert sorted((one.who, one.what, one.which, one.team) for one in told) == [
        ("Anna", "invited somebody", "", ""),
        # The import is gone, and its name with it.
        ("Anna", "loaded a file", "", "North"),
        ("Anna", "removed a member", "Bob", ""),
        ("Bob", "changed a team's settings", "North", "North"),
        ("Bob", "deleted imported data", "Deals", "North"),
        ("Bob", "downloaded a file", "deal-clean.csv", ""),
    ]
    assert [one.what for one in audit.trail(owner, engine=engine, groups=["Downloads"])] == ["downloaded a file"]
    assert {one.what for one in audit.trail(owner, engine=engine, groups=["Data", "Settings"])} == {
        "loaded a file",
        "deleted imported data",
        "changed a team's settings",
    }
    assert audit.trail(stranger, engine=engine) == ()
    for refused in (replace(owner, role="manager"), replace(owner, role="viewer")):
        with pytest.raises(AccessDenied):
            audit.trail(refused, engine=engine)
        with pytest.raises(AccessDenied):
            audit.trail_csv(refused, engine=engine)


def test_the_file_has_every_entry_and_no_formula(engine: Engine, owner: Actor) -> None:
    for number in range(audit.SHOWN + 1):
        audit.record_export(owner, engine=engine, file_name=f"=cmd|{number}")
    assert len(audit.trail(owner, engine=engine)) == audit.SHOWN
    file = audit.trail_csv(owner, engine=engine)
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert (rows[0], len(rows)) == (list(audit.HEAD), audit.SHOWN + 2)
    assert {row[3][:6] for row in rows[1:]} == {"'=cmd|"}
    assert file.name.startswith("record-")
