"""Every number of the truth files against what the app says of the real files, through the import and the metrics.

`python -m tests.ground_truth_table` prints the same as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.ground_truth_table import DATA, NOT_TOLD, OTHERWISE, SETS, Files, Told, agrees, expected, numbers, otherwise, told_of

ABSENT = [pytest.param(set_, "", id=f"{set_}: everything") for set_ in SETS]
"""One test a set, to be skipped, where the real files are absent."""


def told_numbers() -> list[object]:
    """Every number that the app says something about, with or without a value."""
    if not DATA.is_dir():
        return list(ABSENT)
    return [pytest.param(set_, path, id=f"{set_}: {path}") for set_ in SETS for path in numbers(set_) if expected(set_, path) != NOT_TOLD]


@pytest.fixture(scope="module")
def told(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Told]]:
    """`told("maven_crm")` is everything the app says of a set."""
    files = Files(shared_data, tmp_path_factory.mktemp("truth"))
    yield cache(lambda set_: told_of(set_, files))
    files.engine.close()


@pytest.mark.parametrize(("set_", "path"), told_numbers())
def test_number(told: Callable[[str], Told], set_: str, path: str) -> None:
    says = told(set_)[path]
    assert agrees(path, says, expected(set_, path)), f"the app says {says!r}, it should say {expected(set_, path)!r}"


@pytest.mark.parametrize("set_", SETS)
def test_nothing_is_said_that_the_truth_does_not_know(told: Callable[[str], Told], set_: str) -> None:
    known = numbers(set_)
    assert {path for path in told(set_) if path not in known} == set()
    # And what is said not to be computed is not said.
    assert {path for path in told(set_) if expected(set_, path) == NOT_TOLD} == set()


@pytest.mark.parametrize("set_", SETS)
def test_every_exception_is_one(shared_data: Path, set_: str) -> None:
    truth = numbers(set_)
    used = {found.paths for path in truth if (found := otherwise(set_, path)) is not None}
    assert {exception.paths for exception in OTHERWISE.get(set_, ())} == used
    # An exception that says the truth is none.
    assert [path for path in truth if otherwise(set_, path) is not None and agrees(path, expected(set_, path), truth[path])] == []
