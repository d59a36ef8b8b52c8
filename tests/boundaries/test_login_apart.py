"""What the login needs is imported only where there is one: the first page of one person's app does not wait for it."""

from __future__ import annotations

import ast

from tests.boundaries.sources import python_files

OF_THE_LOGIN = ("app.ui.login", "app.ui.components.door", "app.services.sign_in", "app.services.members", "authlib", "joserfc")
NOT_AT_FIRST = {
    "app/ui/login.py",
    "app/ui/components/door.py",
    "app/ui/components/members.py",
    "app/ui/components/privacy.py",
    "app/services/members.py",
}
"""The login itself, and the parts of later pages."""


def test_nothing_of_the_first_page_imports_the_login_as_it_is_loaded() -> None:
    found = {
        name: sorted(modules)
        for name, tree in python_files("app", "pages", "streamlit_app.py").items()
        if name not in NOT_AT_FIRST and (modules := _at_the_top(tree) & set(OF_THE_LOGIN))
    }
    assert found == {}


def _at_the_top(tree: ast.Module) -> set[str]:
    """The modules, and names of modules, that a file imports when it is loaded."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names
