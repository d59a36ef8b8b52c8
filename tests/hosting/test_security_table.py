"""`docs/security.md`: every requirement that applies stands in it once, and every proof it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| (met|partly|not met) \| ([^|]+) \|$", re.MULTILINE)
PROOF = re.compile(r"`([\w/.-]+\.py)::(test_\w+)`")
PATH = re.compile(r"`((?:app|deploy|docs|tests)/[\w/.@-]+|[A-Za-z]+\.(?:md|toml)|[\w/]+/test_\w+\.py)`")

# The requirements of levels 1 and 2 that apply, as written down before the app was assessed: chapter.section: first-last.
APPLIES = """\
"1.2: 1-5 8-9  1.3: 1-3 5-7 10  1.5: 1-2  2.1: 1 3  2.2: 1-3  2.3: 1-4  2.4: 1  3.2: 1-2  3.3: 1-2 4  3.4: 1-6
3.5: 1 3-4  3.7: 2  4.1: 1 3  4.2: 1  4.4: 1-2  5.1: 1  5.2: 1-3  5.3: 1-2  5.4: 1-2  6.1: 1  6.3: 2-4  6.8: 1-2 4
7.1: 1  7.2: 1 3-4  7.3: 1-2  7.4: 1-2 4-5  7.6: 1-2  8.1: 1  8.2: 1-3  8.3: 1  8.4: 1  9.1: 1-3  9.2: 1-3  10.1: 1-2
10.2: 1-2  10.5: 1-4  11.4: 1  11.5: 1  12.1: 1  12.2: 1-2  12.3: 1  13.2: 2 4  13.3: 1  13.4: 1-2 5  14.1: 1  14.2: 1-3
14.3: 1-3  15.1: 1-3  15.2: 1-3  15.3: 1 4-5  16.2: 1 5  16.3: 1-4  16.4: 1-2  16.5: 1-3"""


def wanted() -> list[str]:
    """The ids of the requirements that apply."""
    found: list[str] = []
    for section, numbers in re.findall(r"(\d+\.\d+): ((?:\d+(?:-\d+)? ?)+)", APPLIES.replace("\n", "  ")):
        for part in numbers.split():
            first, _, last = part.partition("-")
            found += [f"{section}.{n}" for n in range(int(first), int(last or first) + 1)]
    return found


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of the tests in a file below tests/."""
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_requirement_that_applies_stands_there_once() -> None:
    assert [row[0] for row in ROW.findall(TEXT)] == wanted()
    # And no line of a table escapes the pattern of a row.
    assert len(re.findall(r"^\| \d+\.\d+\.\d+ ", TEXT, re.MULTILINE)) == len(wanted())


def test_every_test_that_is_named_exists() -> None:
    named = PROOF.findall(TEXT)
    assert len(named) > 100
    assert [f"{file}::{name}" for file, name in named if not (ROOT / "tests" / file).is_file() or name not in names_in(file)] == []


def test_every_file_that_is_named_exists() -> None:
    named = set(PATH.findall(TEXT))
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists() and not (ROOT / "tests" / name).exists()] == []


def test_what_is_met_has_a_proof_and_what_is_not_a_reason() -> None:
    for identity, _, state, proof in ROW.findall(TEXT):
        if state == "met":
            # A test, a file, the library whose work it is, or this page itself where something is to be written down.
            assert PROOF.search(proof) or PATH.search(proof) or "Authlib" in proof or "](" in proof or "this page" in proof, identity
        else:
            assert len(proof.strip()) > 40, identity
