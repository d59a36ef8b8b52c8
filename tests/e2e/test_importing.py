"""The import in a real browser: questions of every kind, the second month, a long file that is stopped, left, and outlives its server.

One server serves the whole file; each test begins with a team that has nothing.
"""

from __future__ import annotations

import io
import re
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.services import jobs
from app.services.actor import Actor, local_actor
from app.services.datasets import history
from app.services.deletion import delete_table
from app.services.mappings import forget_mapping, saved_mappings
from app.services.teams import leave_example
from app.services.uploads import discard_upload, pending_uploads
from app.storage.engine import make_engine
from tests.e2e.conftest import ended, free_port, settle, started
from tests.readers_held import readers_held

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from sqlalchemy import Engine

pytestmark = pytest.mark.browser

NewPage = Callable[..., "Page"]
PHONE = 390
MINUTE = 60_000


@dataclass
class Place:
    """A server over a data folder, and the same database seen from the test."""

    data: Path
    port: int
    url: str
    child: subprocess.Popen[bytes]
    engine: Engine
    actor: Actor
    team_id: str

    def restart(self, by: signal.Signals) -> None:
        """End the server, by SIGKILL without a word, and start it again at the same address."""
        self.child.send_signal(by)
        self.child.wait()
        self.url, self.child = started(self.data, port=self.port)

    def clear(self) -> None:
        """Take everything out of the team."""
        for upload in pending_uploads(self.actor, engine=self.engine, team_id=self.team_id):
            jobs.cancel(self.actor, engine=self.engine, upload_id=upload.id)
            discard_upload(self.actor, engine=self.engine, upload_id=upload.id)
        for table in {view.table for view in history(self.actor, engine=self.engine, team_id=self.team_id)}:
            delete_table(self.actor, engine=self.engine, team_id=self.team_id, table=table, cache_dir=self.data / "cache")
        for saved in saved_mappings(self.actor, engine=self.engine, team_id=self.team_id):
            forget_mapping(self.actor, engine=self.engine, mapping_id=saved.id)


@pytest.fixture(scope="module")
def running(play_company: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    data = Path(shutil.copytree(play_company, tmp_path_factory.mktemp("importing") / "data"))
    engine = make_engine(f"sqlite:///{data / 'scorecard.db'}")
    actor = local_actor(engine)
    team_id = leave_example(actor, engine=engine).id
    port = free_port()
    url, child = started(data, port=port)
    place = Place(data, port, url, child, engine, actor, team_id)
    yield place
    place.child.terminate()
    ended(place.child)
    engine.dispose()


@pytest.fixture
def place(running: Place) -> Place:
    running.clear()
    return running


def data_page(place: Place, new_page: NewPage, *, width: int = 1280) -> Page:
    page: Page = new_page(width=width)
    page.goto(f"{place.url}/data")
    page.get_by_role("heading", name="Your data", exact=True).wait_for(timeout=MINUTE)
    settle(page)
    return page


def put(page: Page, name: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})


def rows(head: str, line: str, number: int = 24) -> bytes:
    """An export: `line` is written for each row, {n} its number, {stage} Won or Lost, {m} and {d} from 1 to 12."""
    lines = [line.format(n=n, stage="Won" if n % 2 else "Lost", m=n % 12 + 1, d=(n * 5) % 12 + 1) for n in range(number)]
    return "\n".join([head, *lines, ""]).encode()


def workbook() -> bytes:
    """Two sheets of deals."""
    import openpyxl

    book = openpyxl.Workbook()
    for name, number in (("Deals", 8), ("Longer", 30)):
        sheet = book.create_sheet(name)
        sheet.append(["Deal ID", "Stage", "Amount", "Close Date"])
        for n in range(number):
            sheet.append([f"{name}{n}", "Won" if n % 2 else "Lost", n, "2026-01-05"])
    del book["Sheet"]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def choose(page: Page, question: str, answer: str) -> None:
    group = page.get_by_role("radiogroup").filter(has=page.get_by_text(answer, exact=True))
    page.get_by_role("radiogroup", name=re.compile(question)).or_(group).first.get_by_text(answer, exact=True).click()
    settle(page)


ASKED: dict[str, tuple[bytes, list[tuple[str, str]], str]] = {
    "date_order": (
        rows("Deal ID,Stage,Close Date", "D{n},{stage},{d:02}/{m:02}/2025"),
        [("Which comes first", "The day")],
        "24 rows read = 24 used",
    ),
    "decimal_mark": (
        rows("Deal ID;Stage;Amount;Close Date", "D{n};{stage};1.200;2025-01-{m:02}"),
        [("numbers", "With a decimal comma")],
        "28,800.00 used",
    ),
    "stage_word": (
        rows("Deal ID,Account,Stage,Amount,Close Date", "D{n},A{n},{stage},{n},2025-01-{m:02}") + b"D99,A,Limbo,5,2025-01-02\n",
        [("Limbo", "Open")],
        "25 rows read = 25 used",
    ),
    "encoding": (
        rows("Deal ID,Account,Stage,Close Date", "D{n},Ver{n},{stage},2025-01-{m:02}").replace(b"Ver", "Vèr".encode("cp1252")),
        [("characters", "Vèr0")],
        "24 rows read = 24 used",
    ),
    "table": (
        rows("ID,Status,Created Date,Owner", "{n},Open,2025-01-{m:02},Ann"),
        [("What is one row", "Leads")],
        "24 rows read = 24 used",
    ),
}
"""A file for each kind of question with choices: the file, what is answered, and what the receipt then says."""


@pytest.mark.parametrize("kind", list(ASKED))
def test_each_kind_of_question_is_answered_on_a_phone(place: Place, new_page: NewPage, kind: str) -> None:
    content, answers, receipt = ASKED[kind]
    page = data_page(place, new_page, width=PHONE)
    put(page, f"{kind}.csv", content)
    page.get_by_text("What do your words mean?" if kind == "stage_word" else "One question").wait_for(timeout=MINUTE)
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    for question, answer in answers:
        if kind == "encoding":
            page.get_by_role("radiogroup").first.locator("label").first.click()
            settle(page)
        else:
            choose(page, question, answer)
    if kind == "stage_word":
        page.get_by_role("button", name="Confirm").click()
    page.get_by_text(receipt).first.wait_for(timeout=MINUTE)
    settle(page)
    assert page.get_by_role("button", name="Import", exact=True).is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_several_currencies_are_converted_at_rates_that_are_written_in(place: Place, new_page: NewPage) -> None:
    page = data_page(place, new_page, width=PHONE)
    content = rows("Deal ID;Stage;Amount;Close Date", "D{n};{stage};EUR 10,00;2025-01-{m:02}", 4) + b"D9;Won;USD 100,00;2025-01-09\n"
    put(page, "currencies.csv", content)
    page.get_by_text("One question").wait_for(timeout=MINUTE)
    settle(page)
    page.get_by_text("All, converted to EUR").click()
    box = page.get_by_label(re.compile("How many EUR is one USD"))
    box.wait_for(timeout=MINUTE)
    settle(page)
    box.fill("nothing")
    page.get_by_role("button", name="Use this answer").click()
    page.get_by_text("is no rate").wait_for(timeout=MINUTE)
    page.get_by_label(re.compile("How many EUR is one USD")).fill("0,92")
    page.get_by_role("button", name="Use this answer").click()
    page.get_by_text("132.00 used").wait_for(timeout=MINUTE)


def test_the_head_row_is_moved_with_the_lines_in_view(place: Place, new_page: NewPage) -> None:
    page = data_page(place, new_page, width=PHONE)
    put(page, "moved.csv", b"a,b,c,d\n" + rows("Deal ID,Stage,Amount,Close Date", "D{n},{stage},{n},2025-01-{m:02}"))
    opening = page.get_by_text("How the file was opened")
    opening.wait_for(timeout=MINUTE)
    settle(page)
    opening.click()
    settle(page)
    page.get_by_role("combobox", name=re.compile("Which line holds the headings")).click()
    page.keyboard.type("Line 2: Deal")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Open again").click()
    page.get_by_text("24 rows read = 24 used").wait_for(timeout=MINUTE)
    (upload,) = pending_uploads(place.actor, engine=place.engine, team_id=place.team_id)
    assert upload.answers.head_line == 2


def test_the_sheet_is_chosen_and_another_one_read(place: Place, new_page: NewPage) -> None:
    page = data_page(place, new_page, width=PHONE)
    put(page, "two.xlsx", workbook())
    page.get_by_text("30 rows read = 30 used").wait_for(timeout=MINUTE)
    settle(page)
    page.get_by_text("How the file was opened").click()
    settle(page)
    sheet = page.get_by_role("combobox", name=re.compile("Sheet"))
    # A list that opens while the page still moves closes again.
    sheet.scroll_into_view_if_needed()
    settle(page)
    sheet.click()
    page.get_by_role("option", name="Deals").click()
    page.get_by_text("8 rows read = 8 used").wait_for(timeout=MINUTE)


def test_several_questions_once_and_the_second_month_without_a_click(place: Place, new_page: NewPage) -> None:
    page = data_page(place, new_page)
    month = "D{n},{stage},{d:02}/{m:02}/2025"
    put(page, "january.csv", rows("Deal ID,Stage,Close Date", month) + b"D99,Limbo,01/02/2025\n")
    page.get_by_text("One question, and what your words mean").wait_for(timeout=MINUTE)
    settle(page)
    page.get_by_text("The day", exact=True).click()
    page.get_by_text("Open", exact=True).click()
    page.get_by_role("button", name="Use these answers").click()
    page.get_by_role("button", name="Import", exact=True).click(timeout=MINUTE)
    page.get_by_text("25 rows are new").first.wait_for(timeout=MINUTE)
    settle(page)
    put(page, "february.csv", rows("Deal ID,Stage,Close Date", "E" + month) + b"E99,Limbo,01/02/2025\n")
    # Nothing is clicked: it is read as January was, and imported.
    page.get_by_text("25 loaded rows stay").first.wait_for(timeout=MINUTE)
    settle(page)
    assert page.get_by_text("The file does not settle this").count() == 0
    assert page.get_by_text("50 rows").first.is_visible()
    page.get_by_role("button", name="Take it back").click()
    page.get_by_text("25 rows, 2025").filter(visible=True).first.wait_for(timeout=MINUTE)
    views = history(place.actor, engine=place.engine, team_id=place.team_id)
    assert [(view.file_name, view.state, view.info.rows) for view in views] == [
        ("february.csv", "undone", 50),
        ("january.csv", "active", 25),
    ]


@pytest.fixture(scope="module")
def long_file() -> bytes:
    """A file that is read in more than one step."""
    return rows("Deal ID,Account,Stage,Amount,Created,Close Date", "D{n},A{n},{stage},{n}.50,2024-12-01,2025-{m:02}-15", 60_000)


def test_a_long_import_is_stopped_and_read_again_after_a_reload(place: Place, new_page: NewPage, long_file: bytes) -> None:
    page = data_page(place, new_page, width=PHONE)
    with readers_held(place.child.pid):
        put(page, "long.csv", long_file)
        stop = page.get_by_role("button", name="Stop this import")
        stop.wait_for(timeout=MINUTE)
        page.get_by_role("progressbar").first.wait_for(timeout=MINUTE)
        # A reload in the middle: the import goes on.
        page.reload()
        page.get_by_role("heading", name="Importing long.csv").wait_for(timeout=MINUTE)
        stop.click(timeout=MINUTE)
        page.get_by_text("You stopped this import").wait_for(timeout=MINUTE)
    settle(page)
    page.reload()
    page.get_by_text("You stopped this import").wait_for(timeout=MINUTE)
    settle(page)
    page.get_by_role("button", name="Read it again").click()
    page.get_by_text("You stopped this import").wait_for(state="hidden", timeout=MINUTE)
    # Another page meanwhile: it goes on as well.
    page.goto(place.url)
    page.get_by_role("heading", name="Overview").wait_for(timeout=MINUTE)
    page.goto(f"{place.url}/data")
    page.get_by_text("60,000 rows read = 60,000 used").wait_for(timeout=2 * MINUTE)


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_an_import_outlives_the_server_that_was_ended(place: Place, new_page: NewPage, long_file: bytes, by: signal.Signals) -> None:
    page = data_page(place, new_page)
    with readers_held(place.child.pid):
        put(page, "long.csv", long_file)
        page.get_by_role("button", name="Stop this import").wait_for(timeout=MINUTE)
        place.restart(by)
    # Nobody looks: the new server goes on by itself.
    (upload,) = pending_uploads(place.actor, engine=place.engine, team_id=place.team_id)
    for _ in range(240):
        job = jobs.read_job(place.actor, engine=place.engine, upload_id=upload.id)
        assert job is not None
        if job.state != "running":
            break
        page.wait_for_timeout(500)
    assert job is not None
    assert (job.state, job.attempts) == ("done", 2)
    page.goto(f"{place.url}/data")
    page.get_by_text("60,000 rows read = 60,000 used").wait_for(timeout=MINUTE)


def far_cell() -> bytes:
    """A workbook of a few hundred bytes that says it has a million rows of sixteen thousand columns."""
    out = io.BytesIO()
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    names = "http://schemas.openxmlformats.org"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{names}/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>',
        )
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{names}/package/2006/relationships"><Relationship Id="r1" '
            f'Type="{names}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{names}/spreadsheetml/2006/main" xmlns:r="{names}/officeDocument/2006/relationships"><sheets>'
            '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{names}/package/2006/relationships"><Relationship Id="r1" '
            f'Type="{names}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        book.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{names}/spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>'
        )
    return out.getvalue()


def bombed(place: Place, new_page: NewPage, name: str, content: bytes) -> None:
    """One user puts a bomb in; another one goes on working, and the first is told."""
    page, other = data_page(place, new_page), data_page(place, new_page, width=PHONE)
    put(page, name, content)
    other.goto(f"{place.url}/evidence")
    other.get_by_role("heading", name="Evidence", exact=True).wait_for(timeout=MINUTE)
    settle(other)
    alert = page.get_by_role("alert").first
    alert.wait_for(timeout=MINUTE)
    assert name in alert.inner_text()
    assert "Traceback" not in page.locator("body").inner_text()
    assert place.child.poll() is None
    page.get_by_role("button", name="Discard this file").click()
    page.locator("input[type=file]").wait_for(state="attached", timeout=MINUTE)


def test_a_bomb_harms_nobody(place: Place, new_page: NewPage) -> None:
    bombed(place, new_page, "far.xlsx", far_cell())


@pytest.mark.parametrize("name", ["billion_laughs_sst.xlsx", "ratio_1048576x40.xlsx"])
def test_published_bombs_harm_nobody(place: Place, new_page: NewPage, shared_torture: Path, name: str) -> None:
    bombed(place, new_page, name, (shared_torture / "bombs" / name).read_bytes())


def test_the_passport_is_read_from_a_head_row(place: Place, new_page: NewPage) -> None:
    page = data_page(place, new_page, width=PHONE)
    page.get_by_text("What will my export give me?").click()
    box = page.get_by_label("First line of the file")
    box.wait_for(timeout=MINUTE)
    box.fill("Record ID;Deal Name;Deal Stage;Amount;Close Date")
    box.blur()
    page.get_by_text("Taken for deals from HubSpot").wait_for(timeout=MINUTE)
    settle(page)
    assert page.get_by_text("Growth of revenue").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_a_table_is_deleted_for_good(place: Place, new_page: NewPage) -> None:
    page = data_page(place, new_page, width=PHONE)
    put(page, "deals.csv", rows("Deal ID,Stage,Amount,Close Date", "D{n},{stage},{n},2025-01-{m:02}"))
    page.get_by_role("button", name="Import", exact=True).click(timeout=MINUTE)
    page.get_by_text("24 rows are new").first.wait_for(timeout=MINUTE)
    settle(page)
    page.get_by_text("Receipt, files, undo, delete").click()
    settle(page)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete all deals").click(timeout=MINUTE)
    page.get_by_text(re.compile(r"Deals deleted: 1 import \(deals\.csv\), 24 rows")).first.wait_for(timeout=MINUTE)
    settle(page)
    assert page.get_by_text("Nothing yet").is_visible()
    assert history(place.actor, engine=place.engine, team_id=place.team_id) == ()
