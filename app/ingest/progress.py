"""How far a file is, told by the process that opens it and heard by the one that waits.

The readers call `tell` at their natural seams. In the worker process that leaves a small file in its folder; anywhere else (a test, the
command line reading in its own process) nobody has asked, and nothing happens.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Step = Literal["waiting", "opening", "columns", "converting", "writing", "comparing", "storing"]
FILE = "progress.json"


@dataclass(frozen=True)
class Progress:
    """The step a file is at. `done` of `total` counts bytes while it is opened, columns while they are converted; `rows` were found."""

    step: Step
    done: int = 0
    total: int = 0
    rows: int = 0


_folder: list[Path] = []
"""Where this process writes; empty where nobody listens."""


def listen(folder: Path) -> None:
    """From now on write what is told into this folder."""
    _folder[:] = [folder]


def tell(step: Step, *, done: int = 0, total: int = 0, rows: int = 0) -> None:
    """Say how far it is; costs one small write, so it is called a few dozen times a file at most."""
    for folder in _folder:
        part = folder / f"{FILE}.part"
        part.write_text(json.dumps(asdict(Progress(step, done, total, rows))), encoding="utf-8")
        part.replace(folder / FILE)


def heard(folder: Path) -> Progress | None:
    """What was told last, None before anything was."""
    try:
        return Progress(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
