"""The main job in a real browser: a cold start, an upload with a question, the receipt, the verdict, the chart's files."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.ui.navigation import pages
from tests import outside_loops
from tests.e2e.conftest import Serve, settle
from tests.hosting.session import opened

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

NewPage = Callable[..., "Page"]


def pipeline(folder: Path) -> tuple[Path, int, int]:
    """An export whose close dates may be read day or month first, and the won and closed deals it holds."""
    draw = random.Random(11)
    lines = ["Deal ID;Deal Name;Deal Stage;Amount;Close Date;Region"]
    won = closed = 0
    for number in range(400):
        stage = draw.choice(["Closed Won", "Closed Lost", "Closed Lost", "Qualified To Buy"])
        day, month = draw.randint(1, 12), draw.randint(1, 12)
        won += stage == "Closed Won"
        closed += stage != "Qualified To Buy"
        closing = f"{day:02}.{month:02}.{draw.choice([2024, 2025])}"
        lines.append(f"D{number};Deal {number};{stage};{draw.randint(100, 9000)},50;{closing};{draw.choice(['East', 'West'])}")
    path = folder / "pipeline.csv"
    path.write_bytes("\r\n".join(lines).encode("cp1252"))
    return path, won, closed


def upload(page: Page, path: Path) -> None:
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("heading", name=f"Importing {path.name}").wait_for(timeout=60_000)
    settle(page)


def test_the_first_request_of_a_cold_server_passes_the_guard(serve: Serve, new_page: NewPage) -> None:
    url = serve()
    page = new_page()
    page.goto(f"{url}/compare")
    page.get_by_role("heading", name="Compare", exact=True).wait_for(timeout=60_000)
    settle(page)
    # The frame with the menu and the example's mark is there: the page did not run without the script that guards it.
    assert page.get_by_role("button", name="Use my own data").is_visible()
    assert page.get_by_role("link", name="Team settings").is_visible()


def test_from_a_file_to_a_verdict(server: str, new_page: NewPage, tmp_path: Path) -> None:
    path, won, closed = pipeline(tmp_path)
    page = new_page()
    page.goto(server)
    page.get_by_role("button", name="Use my own data").click(timeout=60_000)
    page.get_by_role("heading", name="Your data").wait_for(timeout=60_000)
    settle(page)
    upload(page, path)
    # Nothing settles the order of day and month, so it is asked once, with an example, and nothing can be imported yet.
    page.get_by_text("One question").wait_for(timeout=60_000)
    assert page.get_by_role("button", name="Import", exact=True).count() == 0
    page.reload()
    settle(page)
    # A reload in the middle, and another browser: the file and its question are still there.
    page.get_by_text("One question").wait_for(timeout=60_000)
    other = new_page(width=390)
    other.goto(f"{server}/data")
    other.get_by_role("heading", name=f"Importing {path.name}").wait_for(timeout=60_000)
    settle(other)
    day_first = other.get_by_role("radiogroup").locator("label").filter(has_text=re.compile("day", re.I)).first
    day_first.click()
    settle(other)
    other.get_by_text("400 rows read = 400 used + 0 set aside").wait_for(timeout=60_000)
    page.reload()
    page.get_by_text("400 rows read = 400 used + 0 set aside").wait_for(timeout=60_000)
    settle(page)
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("link", name="See the overview").first.wait_for(timeout=60_000)
    settle(page)
    page.goto(server)
    page.get_by_text(f"{won:,} won of {closed:,} closed deals").wait_for(timeout=60_000)
    settle(page)
    assert page.get_by_test_id("stMetricValue").first.inner_text() == f"{won / closed * 100:.1f}\u00a0%"
    page.goto(f"{server}/compare?way=Two+groups")
    page.get_by_role("heading", name="38 % higher win rates").wait_for(timeout=60_000)
    settle(page)
    words = re.compile(r"^(Above the cited figure|Better than|Falls short|Cannot tell yet)")
    assert page.get_by_text(words).first.is_visible()
    page.get_by_text("Numbers and files").first.click()
    settle(page)
    starts = {"SVG": b"<svg", "PDF": b"%PDF", "PNG": b"\x89PNG"}
    for kind, start in starts.items():
        href = page.get_by_role("link", name=kind, exact=True).first.get_attribute("href")
        assert href is not None
        answer = page.request.get(href if href.startswith("http") else server + href)
        assert answer.status == 200
        assert answer.body().lstrip().startswith(start)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-disposition"].startswith("attachment")


def test_files_are_not_given_to_who_guesses(example: str, new_page: NewPage) -> None:
    page = new_page()
    answer = page.request.get(f"{example}/download/{'0' * 40}/chart.svg")
    assert answer.status == 404
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_garbage_gets_a_sentence(server: str, new_page: NewPage, tmp_path: Path) -> None:
    page = new_page()
    page.goto(server)
    page.get_by_role("button", name="Use my own data").click(timeout=60_000)
    page.get_by_role("heading", name="Your data").wait_for(timeout=60_000)
    settle(page)
    garbage = tmp_path / "garbage.xlsx"
    garbage.write_bytes(random.Random(5).randbytes(20_000))
    upload(page, garbage)
    alert = page.get_by_role("alert").first
    assert "garbage.xlsx" in alert.inner_text()
    assert "Traceback" not in page.locator("body").inner_text()
    page.get_by_role("button", name="Discard this file").click()
    page.locator("input[type=file]").wait_for(state="attached", timeout=60_000)


def _listen(page: Page) -> tuple[list[str], list[str]]:
    """What the page will ask for, and the errors it will write to the console."""
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    return asked, said


def test_every_page_is_ours_calm_and_within_reach(example: str, new_page: NewPage) -> None:
    """No other host, no error in the console, no serious barrier, no sideways scrolling on a phone, in both themes."""
    package = find_spec("axe_playwright_python")
    assert package is not None
    axe = Path(str(package.origin)).parent / "axe.min.js"
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 390)):
        page = new_page(width=width, scheme=scheme, bypass_csp=True)
        asked, said = _listen(page)
        for spec in pages(login=False):
            page.goto(f"{example}/{spec.name}" if spec.name != "overview" else example)
            page.get_by_role("heading", name=spec.title, exact=True).wait_for(timeout=60_000)
            settle(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            if width == 1280:
                page.add_script_tag(path=axe)
                found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
                bad = [(v["id"], v["nodes"][0]["html"]) for v in found["violations"] if v["impact"] in ("serious", "critical")]
                assert bad == [], json.dumps(bad)
        foreign = [url for url in asked if not url.startswith((example, example.replace("http", "ws"), "data:", "blob:"))]
        assert foreign == []
        # Streamlit looks for itself below the page's own path first, and is told that it is not there.
        assert [text for text in said if "404" not in text] == []


def test_the_address_carries_the_view(example: str, new_page: NewPage) -> None:
    page = new_page()
    page.goto(f"{example}/numbers?subject=Growth&period=Years")
    page.get_by_text("Revenue in 2025 was").first.wait_for(timeout=60_000)
    nonsense = new_page()
    nonsense.goto(f"{example}/numbers?subject=Nonsense&period=Eons")
    nonsense.get_by_role("heading", name="Numbers").wait_for(timeout=60_000)
    settle(nonsense)
    assert nonsense.get_by_text("won of").first.is_visible()


def test_the_answers_carry_headers(example: str, new_page: NewPage) -> None:
    answer = new_page().request.get(example)
    policy = answer.headers["content-security-policy"]
    assert "'unsafe-eval'" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"


def test_one_session_opens_every_page_and_none_breaks(example: str) -> None:
    async def walked() -> dict[str, str]:
        found: dict[str, str] = {}
        async with await opened(example) as session:
            await session.open()
            for spec in pages(login=False):
                run = await session.open("" if spec.name == "overview" else spec.name)
                assert run.exceptions() == [], spec.name
                found[spec.name] = next(one.heading.body for one in run.elements.values() if one.WhichOneof("type") == "heading")
                # What the page sends again is what it sent before, by reference or whole: a rerun is no other page.
                assert (await session.rerun()).elements.keys() == run.elements.keys(), spec.name
            # A choice is in the address, and a file can be fetched by whoever was offered it.
            await session.open("numbers")
            run = await session.set("Only one group of", "Region")
            assert run.exceptions() == []
            assert "only=Region" in session.query
            links = (await session.open("privacy")).links()
            record = await session.ask("GET", *(link for link in links if link.endswith("record.csv")))
            assert record.headers["content-type"].startswith("text/csv")
        return found

    assert outside_loops.run(walked()) == {spec.name: spec.title for spec in pages(login=False)}


def test_a_session_of_the_tests_stays_on_this_computer() -> None:
    with pytest.raises(ValueError, match="is not this computer"):
        outside_loops.run(opened("https://example.com"))
