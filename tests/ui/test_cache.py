"""What is kept in memory: made once, handed to its owner alone, and the least recently used goes first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.ui import cache

OURS = ("ours", "team", "loaded")


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    cache.forget_results()
    yield
    cache.forget_results()


def kept(what: str, make: Callable[[], object], *asked: object) -> object:
    return cache.result(*OURS, what, *asked, make=make, keep=False)


def test_eight_who_ask_at_once_wait_for_one_that_makes_it() -> None:
    made: list[int] = []

    def make() -> int:
        time.sleep(0.2)
        made.append(1)
        return len(made)

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _: kept("slow", make), range(8))) == {1}
    assert made == [1]


def test_a_failure_is_not_kept_and_holds_up_nobody() -> None:
    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        kept("number", fail)
    assert kept("number", lambda: 2) == 2


def test_a_result_may_be_made_of_others() -> None:
    assert kept("whole", lambda: (kept("part", lambda: 1), kept("part", lambda: 2))) == (1, 1)


def test_the_least_recently_used_go_first() -> None:
    for number in range(cache.ENTRIES):
        kept("number", lambda number=number: number, number)  # type: ignore[misc]
    assert kept("number", lambda: -1, 0) == 0
    kept("number", lambda: -1, cache.ENTRIES)
    assert cache.kept_results() == cache.ENTRIES
    assert (kept("number", lambda: -1, 0), kept("number", lambda: -1, 1)) == (0, -1)


def test_each_part_of_the_key_counts() -> None:
    assert cache.result(*OURS, "number", 1, make=lambda: 1, keep=False) == 1
    for other in (("theirs", "team", "loaded"), ("ours", "other", "loaded"), ("ours", "team", "changed")):
        assert cache.result(*other, "number", 1, make=lambda: 2, keep=False) == 2
    assert (kept("other", lambda: 3, 1), kept("number", lambda: 3, 2), kept("number", lambda: 3, "1")) == (3, 3, 3)


def test_what_is_of_another_organization_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_kept", lambda key, make: cache._Kept("theirs", 1))
    with pytest.raises(RuntimeError, match="another organization"):
        kept("number", lambda: 1)


def test_only_plain_values_are_part_of_a_key() -> None:
    with pytest.raises(TypeError, match="list cannot be part of a cache key"):
        kept("number", lambda: 1, [1])
