"""Where everything is required, a skipped test fails, except for the real files that are not part of the project."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

def test_passes():
    pass

def test_lacks_a_browser():
    pytest.skip("Chromium is not installed.")

@pytest.mark.skip(reason="later")
def test_marked():
    pass

@pytest.mark.xfail(reason="known", strict=True)
def test_known_failure():
    raise AssertionError

def test_lacks_the_real_files():
    pytest.skip("The real files beside the repository are not here.")
"""
COLLECTED = 'import pytest\n\npytest.skip("no such library", allow_module_level=True)\n'


@pytest.mark.parametrize(
    ("required", "line"), [("0", "1 passed, 4 skipped, 1 xfailed"), ("1", "1 failed, 1 passed, 1 skipped, 1 xfailed, 2 errors")]
)
def test_a_skip_is_a_failure_where_everything_is_required(tmp_path: Path, required: str, line: str) -> None:
    (tmp_path / "conftest.py").write_text((Path(__file__).parents[1] / "conftest.py").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "test_some.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "test_module.py").write_text(COLLECTED, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--continue-on-collection-errors",
        "--rootdir",
        str(tmp_path),
    ]
    environment = {**os.environ, "SCORECARD_TEST_REQUIRE_ALL": required}
    done = subprocess.run([*command, str(tmp_path)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1].startswith(f"{line} in "), done.stdout
