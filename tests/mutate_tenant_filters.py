"""`python -m tests.mutate_tenant_filters`: what becomes of each query without its filter by organization.

Every comparison with `organization_id` in `app/storage/queries` is taken away, one at a time, and the tests that try the queries run on
what is left, on SQLite, where no row-level security stands behind them. A mutant that passes is a filter that nothing holds; then the exit
status is 1. The mutants are made in child processes of one that has imported everything, so none needs a second of its own for that.
"""

from __future__ import annotations

import ast
import inspect
import os
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
QUERIES = ROOT / "app" / "storage" / "queries"
TESTS = ("tests/storage/test_queries.py",)


@dataclass(frozen=True)
class Filter:
    """One comparison with the organization: where it stands."""

    module: str
    line: int
    column: int
    text: str


class Without(ast.NodeTransformer):
    """The tree with one filter replaced by what is always true."""

    def __init__(self, one: Filter) -> None:
        self.one = one

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        if (node.lineno, node.col_offset) != (self.one.line, self.one.column):
            return node
        return ast.copy_location(ast.parse("__import__('sqlalchemy').true()", mode="eval").body, node)


def filters() -> list[Filter]:
    """Every filter there is, in the order of the files."""
    found = []
    for path in sorted(QUERIES.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Compare) and any(isinstance(one, ast.Name) and one.id == "organization_id" for one in node.comparators):
                text = ast.get_source_segment(source, node) or ""
                found.append(Filter(path.stem, node.lineno, node.col_offset, text))
    return found


def mutate(one: Filter) -> None:
    """Put the mutant's code into the functions that are imported already, wherever they are known."""
    module = import_module(f"app.storage.queries.{one.module}")
    tree = Without(one).visit(ast.parse((QUERIES / f"{one.module}.py").read_text(encoding="utf-8")))
    changed: dict[str, object] = {}
    exec(compile(ast.fix_missing_locations(tree), f"<without line {one.line}>", "exec"), changed)
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module.__name__:
            mutant = changed[name]
            assert inspect.isfunction(mutant)
            function.__code__ = mutant.__code__


def survives(one: Filter | None) -> bool:
    """Whether the tests pass without this filter; None: as the code is."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    status = 3
    try:
        if one is not None:
            mutate(one)
        status = int(pytest.main([*TESTS, "-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-k", "sqlite"]))
    finally:
        os._exit(status)


def main() -> int:
    """Run them all and print the figures."""
    os.chdir(ROOT)
    for path in sorted(QUERIES.glob("[a-z]*.py")):
        import_module(f"app.storage.queries.{path.stem}")
    began, every = time.monotonic(), filters()
    if not survives(None):
        print("The tests fail as the code is, so they say nothing of mutants.")
        return 1
    alive = []
    for number, one in enumerate(every, 1):
        lives = survives(one)
        alive += [one] if lives else []
        # Said at once, because the whole run takes long.
        print(
            f"{number} of {len(every)} {'lives' if lives else 'killed'}: app/storage/queries/{one.module}.py:{one.line} without {one.text}",
            flush=True,
        )
    print(f"{len(every) - len(alive)} of {len(every)} mutants killed in {time.monotonic() - began:.0f} s.")
    return 1 if alive or not every else 0


if __name__ == "__main__":
    sys.exit(main())
