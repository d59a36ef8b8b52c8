"""What only certain modules may do: show pages, keep a cache, read the environment; and that what is imported is declared."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions

import pytest

from tests.boundaries.sources import ROOT, imported_modules, nodes, python_files

CODE = python_files("app", "pages", "streamlit_app.py")


def uses(tree: ast.Module, module: str, *names: str) -> bool:
    """Whether a file takes one of these names from a module, as an attribute or by import."""
    for node in nodes(tree):
        if isinstance(node, ast.Attribute) and node.attr in names:
            return True
        if isinstance(node, ast.ImportFrom) and node.module == module and any(alias.name in names for alias in node.names):
            return True
    return False


def test_streamlit_is_imported_where_pages_are_made() -> None:
    # One command starts Streamlit's own server, another asks it for its options; neither draws anything.
    allowed = ("streamlit_app.py", "pages/", "app/ui/", "app/commands/run.py", "app/commands/check.py")
    found = [
        name
        for name, tree in CODE.items()
        if not name.startswith(allowed) and any(module.split(".")[0] == "streamlit" for module in imported_modules(tree))
    ]
    assert found == []


def test_one_module_keeps_caches() -> None:
    # A cache key without the organization shows one company's numbers to another, so there is one door.
    found = [
        name
        for name, tree in CODE.items()
        if uses(tree, "streamlit", "cache_data", "cache_resource") or (name != "app/ui/cache.py" and "cachetools" in imported_modules(tree))
    ]
    assert found == []


def test_one_module_reads_the_environment() -> None:
    # The process that opens a file gets a short list of the environment passed on, and nothing else of it; the command that opens a
    # browser looks whether there is a screen. Neither is a setting.
    allowed = {"app/settings.py", "app/ingest/worker_processes.py", "app/commands/run.py"}
    found = [name for name, tree in CODE.items() if name not in allowed and uses(tree, "os", "environ", "getenv", "environb", "putenv")]
    assert found == []


def requirements(file: str) -> dict[str, str]:
    """Each requirement of an .in file and the reason beside it."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    found = {}
    for line in lines:
        if line and not line.startswith(("#", "-")):
            name, _, reason = line.partition("#")
            found[re.split(r"[\[<>=!~; ]", name, maxsplit=1)[0].lower()] = reason.strip()
    return found


def third_party(trees: dict[str, ast.Module]) -> set[str]:
    """Top-level names of the imported packages that are neither Python's nor our own."""
    top = {module.split(".")[0] for tree in trees.values() for module in imported_modules(tree)}
    return top - set(sys.stdlib_module_names) - {"app", "tests", "__future__"}


@cache
def distributions() -> Mapping[str, list[str]]:
    """The distributions that bring each importable package; one look goes through the list of files of everything installed."""
    return packages_distributions()


@pytest.mark.parametrize(
    ("parts", "files"),
    [
        (("app", "pages", "streamlit_app.py"), ("requirements.in",)),
        (("tests",), ("requirements.in", "requirements-dev.in")),
    ],
)
def test_what_is_imported_is_declared(parts: tuple[str, ...], files: tuple[str, ...]) -> None:
    # A package that is there only because another one needs it today may be gone tomorrow.
    declared = {name for file in files for name in requirements(file)}
    missing = {
        module for module in third_party(python_files(*parts)) if not {d.lower() for d in distributions().get(module, [module])} & declared
    }
    assert missing == set()


@pytest.mark.parametrize("file", ["requirements.in", "requirements-dev.in", "requirements-uv.in"])
def test_each_requirement_is_locked_with_hashes_and_has_a_reason(file: str) -> None:
    wanted = requirements(file)
    lock = (ROOT / file.replace(".in", ".txt")).read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    assert wanted.keys() - locked == set()
    entries = re.split(r"^(?=[a-z0-9-]+==)", lock, flags=re.MULTILINE)[1:]
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    if file != "requirements-uv.in":
        assert [name for name, reason in wanted.items() if not reason] == []
