"""Fixtures of the import's tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_torture(shared_data: Path) -> Path:
    """The folder of files that break importers, beside the real exports."""
    folder = shared_data.parent / "torture"
    if not folder.is_dir():
        pytest.skip(f"The files that break importers are not at {folder}.")
    return folder
