"""Each page begins with its guard and only composes.

On a cold server a page can be opened by its address before anything else has run, so nothing but the page itself can ask who is there.
"""

from __future__ import annotations

import ast

import pytest

from tests.boundaries.sources import imported_modules, python_files

PAGES = python_files("pages")

# A page shows what the services found; what counts, stores or opens is below them.
BELOW = (
    "app.storage",
    "app.ingest",
    "app.commands",
    "app.cli",
    "sqlmodel",
    "sqlalchemy",
    "duckdb",
    "ibis",
    "numpy",
    "scipy",
    "statsmodels",
)


def begins_with_guard(tree: ast.Module) -> bool:
    """Whether the first thing a page does, after its docstring and imports, is to call `app.ui.guard.enter`."""
    names = {
        alias.asname or alias.name: "enter" if node.module == "app.ui.guard" else "guard"
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if (node.module, alias.name) in (("app.ui.guard", "enter"), ("app.ui", "guard"))
    }
    body = tree.body[1:] if ast.get_docstring(tree) is not None else tree.body
    first = next((node for node in body if not isinstance(node, ast.Import | ast.ImportFrom)), None)
    call = first.value if isinstance(first, ast.Expr | ast.Assign | ast.AnnAssign) else None
    if not isinstance(call, ast.Call):
        return False
    match call.func:
        case ast.Name(id=name):
            return names.get(name) == "enter"
        case ast.Attribute(value=ast.Name(id=name), attr="enter"):
            return names.get(name) == "guard"
    return False


def test_each_page_begins_with_its_guard() -> None:
    assert [name for name, tree in PAGES.items() if not begins_with_guard(tree)] == []


def test_pages_only_compose() -> None:
    reached = {name: sorted(m for m in imported_modules(tree) if m.startswith(BELOW)) for name, tree in PAGES.items()}
    assert {name: modules for name, modules in reached.items() if modules} == {}


@pytest.mark.parametrize(
    "page",
    [
        'from app.ui.guard import enter\n\nenter("data")',
        '"""Your data."""\n\nimport streamlit as st\n\nfrom app.ui import guard\n\nvisit = guard.enter("data")',
        'from app.ui.guard import enter as begin\n\nvisit: object = begin("data")',
    ],
)
def test_a_guarded_page_is_told(page: str) -> None:
    assert begins_with_guard(ast.parse(page))


@pytest.mark.parametrize(
    "page",
    [
        "",
        '"""Your data."""',
        'import streamlit as st\n\nst.title("Data")',
        # Something is shown first.
        'import streamlit as st\nfrom app.ui.guard import enter\n\nst.title("Data")\nenter("data")',
        # Only in one case.
        'from app.ui.guard import enter\n\nif True:\n    enter("data")',
        # Never called.
        "from app.ui.guard import enter\n\nenter",
        # Something else of the same name.
        'from app.ui.state import enter\n\nenter("data")',
        'from app.ui import guard\n\nguard.leave("data")',
        'def enter(page: str) -> None: ...\n\n\nenter("data")',
    ],
)
def test_an_unguarded_page_is_told(page: str) -> None:
    assert not begins_with_guard(ast.parse(page))
