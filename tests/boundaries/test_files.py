"""No file names a machine, a package index or what the project was made with."""

from __future__ import annotations

import re

import pytest

from tests.boundaries.sources import ROOT, own_files

# Put together here, so that this file does not contain what it looks for.
HOSTS = [
    "pypi" + r"\.org", "pythonhosted" + r"\.org", "npmjs" + r"\.(org|com)", "deb" + r"\.debian\.org", "index" + "-url", "find" + "-links",
]  # fmt: skip
FOLDERS = ["/" + "work/", "/" + "root/", "/" + "opt/(pypi|wheels)", "/" + r"home/\w+/", "/" + r"users/\w+/", r"\.\./" + "shared"]
TOOLS = ["clau" + "de", "anth" + "ropic", "chat" + "gpt", "open" + "ai", "co" + "pilot", "language" + " model", r"\bll" + r"m\b"]
WORK = [
    "(ai|coding|sub-?)[ -]?" + r"agents?\b",
    r"\bhelper" + r" (agent|session)",
    r"\b(previous|earlier) " + r"(working )?session\b(?! state)",
    r"\b(fixes|closes|issue|ticket|task) #?" + r"\d+\b",
]  # fmt: skip
# In small letters and one by one: a pattern that begins with plain letters goes through a text many times as fast as one of many choices.
PATTERNS = [re.compile(part) for part in [*HOSTS, *FOLDERS, *TOOLS, *WORK]]

ALLOWED = {
    # The one place that knows of the real files beside the repository.
    ("tests/conftest.py", "../" + "shared"),
    # The flags that keep the index out of the compiled requirements.
    ("Makefile", "index" + "-url"),
}
LARGE = 2 * 1024**2


def named(text: str) -> list[tuple[int, str]]:
    """What a text names that it should not, with the number of the line."""
    small = text.lower()
    return sorted((small.count("\n", 0, match.start()) + 1, match[0]) for pattern in PATTERNS for match in pattern.finditer(small))


def test_no_file_names_a_machine_an_index_or_a_tool() -> None:
    found = []
    for path in own_files():
        if path.stat().st_size > LARGE:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        name = path.relative_to(ROOT).as_posix()
        found += [f"{name}:{number}: {word}" for number, word in named(text) if (name, word) not in ALLOWED]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "--extra-index" + "-url x",
        "see /" + "work/main",
        "cd /" + "home/anna/x",
        "Fixes #" + "12",
        "written by Chat" + "GPT",
        "an LL" + "M",
        "an AI " + "agent",
        "as in the previous " + "session",
    ],
)
def test_what_is_looked_for_is_found(line: str) -> None:
    assert named(line)


@pytest.mark.parametrize(
    "line", ["the session state", "in this session", "each session of the database", "ibis#12101", "homework/", "the sales agent", "a task"]
)
def test_the_fields_own_words_are_not(line: str) -> None:
    assert named(line) == []
