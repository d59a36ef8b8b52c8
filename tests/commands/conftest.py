"""A command run in this process, and small files to run it on."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli import main

DEALS = """Deal ID,Account,Stage,Amount,Created,Closed,Region
D1,Ada,Won,100,2025-01-02,2025-01-20,North
D2,Ada,Lost,50,2025-01-03,2025-02-10,North
D3,Bell,Won,300,2025-02-04,2025-03-15,South
D4,Cray,Lost,150,2025-03-05,2025-04-20,South
D5,Cray,Won,200,2025-04-06,2025-05-25,North
D6,Dahl,Negotiation,80,2025-06-07,,North
"""
"""Three won (600), two lost (200), one open."""


@dataclass(frozen=True)
class Done:
    """What a command wrote and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON; the command must have succeeded."""
        assert (self.status, self.err) == (0, "")
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def run() -> Run:
    """`run("scorecard", path, "--json")` is what the command wrote."""

    def run_(*arguments: object) -> Done:
        out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline=""), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = main([str(argument) for argument in arguments])
            except SystemExit as end:
                # argparse ends the process by itself when an option is not known.
                status = end.code if isinstance(end.code, int) else 1
        out.flush()
        return Done(status, out.buffer.getvalue().decode(), err.getvalue())

    return run_


@pytest.fixture(scope="session")
def play(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the play company's exports, written by the command itself."""
    folder = tmp_path_factory.mktemp("play") / "exports"
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["sample", "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def deals(tmp_path: Path) -> Path:
    """A small file of deals."""
    path = tmp_path / "deals.csv"
    path.write_text(DEALS, encoding="utf-8")
    return path
