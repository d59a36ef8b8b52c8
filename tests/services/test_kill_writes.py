"""A few writes of each kind while process and connections are cut; a thousand are by `python -m tests.kill_writes KIND`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.kill_writes.__main__ import KINDS, run
from tests.kill_writes.play import Database, Event


@pytest.mark.skipif(sys.platform == "win32", reason="There is no SIGKILL.")
@pytest.mark.parametrize(("kind", "writes"), [("import", 9), ("answer", 64), ("action", 12), ("report", 9)])
def test_what_was_acknowledged_is_there_once_and_whole(engine: Engine, tmp_path: Path, kind: str, writes: int) -> None:
    sqlite = engine.dialect.name == "sqlite"
    plain = engine.url.set(drivername=engine.dialect.name)
    url = plain.render_as_string(hide_password=False)
    owner = plain.set(username="postgres").render_as_string(hide_password=False)
    events: list[Event] = ["kill"] if sqlite else ["kill", "cut"]
    figures = run(kind, Database(url, url if sqlite else owner), writes=writes, events=events, folder=tmp_path / "play")
    assert (figures.acknowledged, figures.stored, figures.counts) == (writes, writes, (0, 0, 0, 0)), figures
    assert (figures.kills, figures.cuts) == (1, 0 if sqlite else 1)
    assert set(KINDS) == {"import", "answer", "action", "report"}
