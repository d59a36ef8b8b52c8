"""The report page: made with one click, fetched later, shared by a link that shows one report and nothing else."""

from __future__ import annotations

import io
import time

import pytest
from pypdf import PdfReader
from starlette.requests import Request
from starlette.responses import Response
from streamlit.testing.v1 import AppTest

from app.services.report import kept
from app.services.teams import shown_team
from app.ui import cache
from app.ui.routes import shared
from tests.outside_loops import run
from tests.ui.conftest import Open, words
from tests.ui.test_pages import click


@pytest.fixture
def page(open_page: Open, deals: None) -> AppTest:
    """The report page after the deals were imported."""
    return open_page("report")


def test_a_report_is_made_and_shared(open_page: Open, page: AppTest) -> None:
    assert "None yet." in words(page)
    page.selectbox(key="report_numbers").set_value("de")
    click(page, "Make the report")
    engine = cache.database()
    owner = cache.local_owner(engine)
    team = shown_team(owner, engine=engine)
    until = time.monotonic() + 120
    while (views := kept.list_reports(owner, engine=engine, team_id=team.id)) and views[0].state == "running" and time.monotonic() < until:
        time.sleep(0.2)
    assert [(view.state, view.choice.numbers) for view in views] == [("done", "de")], views[0].error
    pdf = PdfReader(io.BytesIO(kept.report_pdf(owner, engine=engine, report_id=views[0].id).content))
    # 120 of 360 deals were won, and the reader writes a decimal comma.
    assert "33,3 %" in " ".join(pdf.pages[1].extract_text().split())
    page = open_page("report")
    assert "Alignment report, My team" in words(page)
    page = click(page, "Make a link") if any(b.label == "Make a link" for b in page.button) else page

    from app.services.report import sharing

    link, token = sharing.share(owner, engine=engine, report_id=views[0].id)
    found = fetched(token)
    assert (found.status_code, found.media_type, bytes(found.body[:5])) == (200, "application/pdf", b"%PDF-")
    assert found.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert found.headers["cache-control"] == "no-store"
    assert "set-cookie" not in found.headers
    sharing.revoke(owner, engine=engine, link_id=link.id)
    gone, unknown = fetched(token), fetched("x")
    assert (gone.status_code, gone.body) == (unknown.status_code, unknown.body) == (404, gone.body)


def fetched(token: str) -> Response:
    """What the route answers to a reader with this token."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/shared/{token}",
        "headers": [],
        "query_string": b"",
        "path_params": {"token": token},
    }
    return run(shared(Request(scope)))
