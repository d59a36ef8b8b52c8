"""The project's own files and the syntax trees of its Python files."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def own_files() -> tuple[Path, ...]:
    """Every file that is, or would be, part of the project; without git, every file of the folders that hold code and text."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
        return tuple(path for name in sorted(set(names)) if name and (path := ROOT / name).is_file())
    folders = [ROOT / name for name in ("app", "data", "docs", "pages", "tests", ".ci", ".streamlit")]
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return tuple(sorted([*found, *(path for path in ROOT.iterdir() if path.is_file())]))


def python_files(*parts: str) -> dict[str, ast.Module]:
    """The syntax tree of each Python file of these files and folders, by its path in the project."""
    names = {path.relative_to(ROOT).as_posix(): path for path in own_files() if path.suffix == ".py"}
    chosen = {name: path for name, path in names.items() if any(name == part or name.startswith(f"{part}/") for part in parts)}
    return {name: _tree(path, name) for name, path in chosen.items()}


@cache
def _tree(path: Path, name: str) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), name)


@cache
def nodes(tree: ast.Module) -> tuple[ast.Import | ast.ImportFrom | ast.Attribute, ...]:
    """What the tests of the boundaries look at in a syntax tree: each import and each attribute, walked through once."""
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom | ast.Attribute))


def imported_modules(tree: ast.Module) -> set[str]:
    """Full names of the modules that a file imports, at its top and inside functions; "a.b" for "from a import b" as well."""
    found: set[str] = set()
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found
