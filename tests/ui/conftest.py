"""The app's pages run without a browser, over a database of their own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.settings import settings

ROOT = Path(__file__).resolve().parents[2]

Open = Callable[[str], AppTest]


@pytest.fixture
def open_page(tmp_path: Path, upgraded_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """`open_page("data")` is the page of that name in a new session, over an empty database."""
    monkeypatch.setenv("SCORECARD_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    settings().prepare_folders()
    shutil.copyfile(upgraded_sqlite, tmp_path / "scorecard.db")
    st.cache_resource.clear()

    def open_(name: str) -> AppTest:
        page = AppTest.from_file(str(ROOT / "app" / "ui" / "main.py"), default_timeout=120).run()
        return shows(page.switch_page(str(ROOT / "pages" / f"{name}.py")).run())

    yield open_
    settings.cache_clear()
    st.cache_resource.clear()


def shows(page: AppTest) -> AppTest:
    """The page itself, which must have run without an exception."""
    assert not page.exception, [e.value for e in page.exception]
    return page


def words(page: AppTest) -> str:
    """Everything a reader reads on it."""
    kinds = (page.title, page.header, page.subheader, page.markdown, page.caption, page.info, page.warning, page.error, page.success)
    found = [str(element.value) for kind in kinds for element in kind] + [f"{metric.label}: {metric.value}" for metric in page.metric]
    return "\n".join(found).replace("\xa0", " ")
