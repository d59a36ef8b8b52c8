"""Long names of groups stay apart: they go over lines, and only their middle may be lost."""

from __future__ import annotations

import pytest

from app.charts.labels import LINES, WIDTH, label, row, short


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("North", ["North"]),
        ("Team for large industrial customers in the north", ["Team for large industrial customers in", "the north"]),
        ("", [""]),
    ],
    ids=["short", "two lines", "empty"],
)
def test_a_name_goes_over_lines(name: str, lines: list[str]) -> None:
    assert label(name).split("\n") == lines


def test_names_that_differ_only_at_the_end_stay_apart() -> None:
    names = [f"{'Division for industrial customers and special projects, ' * 4}number {n}" for n in range(30)]
    shown = [label(name) for name in names]
    assert len(set(shown)) == 30
    assert all(len(line) <= WIDTH for one in shown for line in one.split("\n"))
    assert all(one.count("\n") <= LINES for one in shown)
    assert all(f"number {n}" in one.replace("\n", " ") for n, one in enumerate(shown))


def test_a_name_is_cut_between_words() -> None:
    name = "Services for engineering firms in the region of North Rhine, customers 04"
    assert short(name, 80) == name
    assert short(name, 50) == "Services for … Rhine, customers 04"
    assert short("Production services (customers, team 21)", 34) == "Production … team 21)"
    assert short("x" * 60, 20) == f"{'x' * 8} … {'x' * 8}"


def test_rows_are_as_high_as_the_longest_name_needs() -> None:
    assert row(["North"], least=26) == 26
    assert row(["North", "Team for large industrial customers in the north"], least=26) == 36
