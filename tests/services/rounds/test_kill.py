"""A few people answer while the server is killed; a thousand do so by `python -m tests.kill_answers`."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from tests import kill_answers


def test_every_acknowledged_answer_is_there_once_though_the_server_was_killed(empty_engine: Engine, tmp_path: Path) -> None:
    url = empty_engine.url.render_as_string(hide_password=False)
    found = kill_answers.run(url, submissions=80, kills=2, data_dir=tmp_path / "data")
    assert (found.acknowledged, found.stored, found.lost, found.doubled, found.strange) == (80, 80, 0, 0, 0)
    assert found.kills == 2
