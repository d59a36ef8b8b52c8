"""Where everything is required, a skipped test fails, except for the real files that are not part of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

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
    ("required", "line"),
    [
        ("0", {"passed": 1, "skipped": 4, "xfailed": 1}),
        ("1", {"failed": 1, "passed": 1, "skipped": 1, "xfailed": 1, "errors": 2}),
    ],
    ids=["not required", "required"],
)
def test_a_skip_is_a_failure_where_everything_is_required(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, required: str, line: dict[str, int]
) -> None:
    monkeypatch.setenv("SCORECARD_TEST_REQUIRE_ALL", required)
    pytester.makeconftest((Path(__file__).parents[1] / "conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(test_some=TESTS, test_module=COLLECTED)
    # In this process and without other plugins: importing them takes far longer than these tests.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    done = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--continue-on-collection-errors")
    assert done.parseoutcomes() == line
