"""A round from its start to its results: a manager in the browser, and fourteen people on their phones.

One person's server is killed while they answer, one goes on with another device, one clicks everything twice; eleven use no script at
all. Then the round is closed and what is stored, and what is published, is compared with what each of them chose.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import httpx
import pytest

from app.ingest.limits import Limits
from app.services.actor import local_actor
from app.services.alignment import results
from app.services.commits import commit_upload
from app.services.play_survey import generate_responses
from app.services.rounds import closed, manage
from app.services.rounds.closed import record_closed_round
from app.services.rounds.secret import server_secret
from app.services.teams import leave_example, list_teams
from app.services.uploads import start_upload
from app.storage.engine import make_engine
from app.survey.model import Answer, Side
from app.survey.published import Published, Score
from tests.e2e.conftest import RUN_ENDED, Serve, settle
from tests.kill_writes.play import Victim
from tests.mail_server import mail_server
from tests.survey_rounds import DIMENSIONS, SURVEY, new_round, team_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

NewPage = Callable[..., "Page"]
SURVEY_ALONE = "app.ui.respondent.server:app"
PARTS = len(DIMENSIONS)
BARRIERS = ("serious", "critical")
DAY = date(2026, 9, 1)
DEALS = "Deal ID,Stage,Amount,Created,Closed\n" + "".join(
    f"D{n},{'Won' if n % 3 else 'Lost'},{100 + n},2025-{n % 12 + 1:02d}-02,2025-{n % 12 + 1:02d}-{n % 27 + 1:02d}\n" for n in range(120)
)


def chosen_by(seed: int) -> dict[str, Answer]:
    """What a person answers to every item."""
    random = Random(seed)
    return {item.id: random.choice((1, 2, 3, 4, 5, None)) for item in SURVEY.items}


def field(item: str, value: Answer) -> str:
    return f'input[name="a.{item}"][value="{"unknown" if value is None else value}"]'


def start(page: Page, link: str, side: Side) -> None:
    page.goto(link)
    page.locator(f'input[value="{side}"]').check()
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/1?l=en")


def fill(page: Page, number: int, given: dict[str, Answer], *, press: Callable[[Locator], None]) -> None:
    """Answer one part and wait until it is saved."""
    page.wait_for_url(f"**/{number}?l=en")
    for item in SURVEY.items_of(DIMENSIONS[number - 1]):
        press(page.locator(field(item.id, given[item.id])))
    page.get_by_text("Saved", exact=True).wait_for(timeout=60_000)


def tap(place: Locator) -> None:
    place.click()


def tap_twice(place: Locator) -> None:
    place.dblclick()


def interrupted(page: Page, link: str, server: Victim, given: dict[str, Answer]) -> None:
    """Somebody whose server is killed in the third part, and who loads the page again in the fourth."""
    start(page, link, "sales")
    for number in range(1, PARTS + 1):
        if number == 3:
            page.wait_for_url("**/3?l=en")
            server.end()
            items = SURVEY.items_of(DIMENSIONS[2])
            for item in items:
                page.locator(field(item.id, given[item.id])).click()
            page.get_by_text("Not saved yet").wait_for(timeout=30_000)
            server.start()
            page.get_by_text("Saved", exact=True).wait_for(timeout=60_000)
        else:
            fill(page, number, given, press=tap)
        if number == 4:
            page.reload()
            for item in SURVEY.items_of(DIMENSIONS[3]):
                assert page.locator(field(item.id, given[item.id])).is_checked()
        page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="Thank you").wait_for()


def on_two_devices(phone: Page, desk: Page, link: str, given: dict[str, Answer]) -> None:
    """Somebody who answers two parts on the phone and the rest at the desk."""
    start(phone, link, "marketing")
    for number in (1, 2):
        fill(phone, number, given, press=tap)
        phone.get_by_role("button", name="Next").click()
    phone.get_by_text("Go on later or on another device").click()
    own = phone.locator("#own-link").input_value()
    desk.goto(own)
    # At the next open question; what was answered elsewhere is not shown here.
    desk.wait_for_url(re.compile(r".*/3(\?.*)?$"))
    desk.get_by_role("button", name="Back").click()
    desk.get_by_text("Answered on another device").first.wait_for()
    assert desk.locator("input:checked").count() == 0
    desk.get_by_role("button", name="Next").click()
    for number in range(3, PARTS + 1):
        desk.wait_for_url(re.compile(rf".*/{number}(\?.*)?$"))
        for item in SURVEY.items_of(DIMENSIONS[number - 1]):
            desk.locator(field(item.id, given[item.id])).click()
        desk.get_by_text("Saved", exact=True).wait_for(timeout=30_000)
        desk.get_by_role("button", name="Next").click()
    desk.get_by_role("button", name="Send").click()
    desk.get_by_role("heading", name="Thank you").wait_for()
    # Sent off: the link opens nothing any more, here or there.
    assert phone.goto(own).status == 404  # type: ignore[union-attr]
    phone.get_by_role("heading", name="This link cannot be used").wait_for()


def clicking_twice(page: Page, link: str, given: dict[str, Answer]) -> None:
    """Somebody who clicks everything twice."""
    page.goto(link)
    page.locator('input[value="marketing"]').dblclick()
    page.get_by_role("button", name="Start").dblclick()
    for number in range(1, PARTS + 1):
        fill(page, number, given, press=tap_twice)
        page.get_by_role("button", name="Next").dblclick()
    page.wait_for_url("**/send?l=en")
    page.get_by_role("button", name="Send").dblclick()
    page.get_by_role("heading", name="Thank you").wait_for()


def without_script(link: str, side: Side, given: dict[str, Answer]) -> None:
    """Somebody whose browser runs no script: forms only, and every form is sent twice."""
    with httpx.Client(follow_redirects=True, timeout=60) as browser:
        page = browser.get(link)
        page = browser.post(link, data={"side": side})
        for number, dimension in enumerate(DIMENSIONS, 1):
            own = str(page.url).partition("?")[0].rpartition("/")[0]
            onward = str(number + 1) if number < PARTS else "send"
            items = SURVEY.items_of(dimension)
            form = {f"a.{item.id}": "unknown" if given[item.id] is None else str(given[item.id]) for item in items}
            for _ in range(2):
                page = browser.post(f"{own}/{number}", data={**form, f"c.{dimension}": "", "go": onward})
            assert page.status_code == 200
        assert f"You answered {len(SURVEY.items)} of {len(SURVEY.items)} statements" in page.text
        for _ in range(2):
            assert "Thank you" in browser.post(f"{own}/send").text


def test_a_round_from_its_start_to_its_results(serve: Serve, play_company: Path, new_page: NewPage, tmp_path: Path) -> None:
    data = Path(shutil.copytree(play_company, tmp_path / "played"))
    engine = make_engine(f"sqlite:///{data / 'scorecard.db'}")
    owner = local_actor(engine)
    leave_example(owner, engine=engine)
    team_id = list_teams(owner, engine=engine)[0].id

    manager = new_page()
    manager.goto(f"{serve(data=data)}/survey")
    manager.get_by_role("button", name="Open the survey").click(timeout=60_000)
    link = manager.locator("code").filter(has_text=re.compile(r"^\s*http")).inner_text(timeout=60_000).strip()
    settle(manager)
    assert manager.get_by_text("fewer than 5").count() == 2
    (shown,) = manage.list_rounds(owner, engine=engine, team_id=team_id)

    survey = Victim(SURVEY_ALONE, folder=tmp_path, environment={"SCORECARD_DATA_DIR": str(data)})
    survey.start()
    link = f"http://127.0.0.1:{survey.port}/s/{link.rpartition('/s/')[2]}"
    everybody: list[tuple[Side, dict[str, Answer]]] = [
        *(("sales", chosen_by(seed)) for seed in range(8)),
        *(("marketing", chosen_by(seed)) for seed in range(8, 14)),
    ]
    try:
        interrupted(new_page(width=390), link, survey, everybody[0][1])
        on_two_devices(new_page(width=390), new_page(), link, everybody[8][1])
        clicking_twice(new_page(width=320), link, everybody[9][1])
        for side, given in [*everybody[1:8], *everybody[10:]]:
            without_script(link, side, given)
    finally:
        survey.end()

    manager.reload()
    manager.get_by_role("button", name="Close the survey").click(timeout=60_000)
    manager.get_by_role("button", name="Close it now").click()
    manager.get_by_role("heading", name="Closed").wait_for(timeout=60_000)

    stored = closed.closed_responses(owner, engine=engine, round_id=shown.id)
    assert sorted(repr((one.side, sorted(one.answers.items()))) for one in stored) == sorted(
        repr((side, sorted(given.items()))) for side, given in everybody
    )
    ((_, published),) = results(owner, engine=engine, team_id=team_id)
    engine.dispose()
    assert wrongly_published(published, everybody) == []


def wrongly_published(published: Published, everybody: list[tuple[Side, dict[str, Answer]]]) -> list[tuple[str, str]]:
    """The dimensions and sides whose published score is not what the people's answers give, computed here once more."""
    wrong: list[tuple[str, str]] = []
    sides: tuple[Side, ...] = ("sales", "marketing")
    for dimension in DIMENSIONS:
        for side in sides:
            score = published.dimension(dimension).view(side).score
            mean = average(dimension, [given for of, given in everybody if of == side])
            if mean is None:
                if isinstance(score, Score):
                    wrong.append((dimension, side))
            elif not isinstance(score, Score) or (score.bound == "exact" and abs(score.value - float(mean)) > 0.05 + 1e-9):
                wrong.append((dimension, side))
    return wrong


def average(dimension: str, answers: list[dict[str, Answer]]) -> Fraction | None:
    """The mean of the items' means, 5 the best, over the items that at least five people gave an answer to; None without any."""
    means = []
    for item in SURVEY.items_of(dimension):
        values = [6 - value if item.reverse else value for given in answers if (value := given[item.id]) is not None]
        if len(values) >= 5:
            means.append(Fraction(sum(values), len(values)))
    return sum(means, Fraction()) / len(means) if means else None


def test_mails_are_sent_once_though_the_button_is_clicked_twice(
    serve: Serve, play_company: Path, new_page: NewPage, tmp_path: Path
) -> None:
    from playwright.sync_api import TimeoutError as StillRunning

    data = Path(shutil.copytree(play_company, tmp_path / "played"))
    engine = make_engine(f"sqlite:///{data / 'scorecard.db'}")
    owner = local_actor(engine)
    leave_example(owner, engine=engine)
    made = manage.create_round(
        owner, engine=engine, team_id=list_teams(owner, engine=engine)[0].id, new=new_round(way="personal"), people=team_of(2, 1)
    )
    manage.open_round(owner, engine=engine, secret=server_secret("", data_dir=data), round_id=made.id)
    engine.dispose()
    with mail_server() as (kept, url):
        # The first mail is not acknowledged before the second click was made.
        kept.open.clear()
        manager = new_page()
        manager.goto(f"{serve(data=data, SCORECARD_SMTP_URL=url, SCORECARD_MAIL_FROM='survey@example.com')}/survey")
        manager.get_by_text("Invite and remind").click(timeout=60_000)
        button = manager.get_by_role("button", name="Send to everybody on the list").first
        button.dblclick()
        manager.get_by_text("Sending", exact=True).wait_for(timeout=60_000)
        button.click()
        # That click waits for the sending. A run of its own beside it would be the page that is left, and would say nothing of the mails.
        with pytest.raises(StillRunning):
            manager.locator(RUN_ENDED).wait_for(timeout=2_000)
        kept.open.set()
        manager.get_by_text("3 mails are on their way.").wait_for(timeout=60_000)
        settle(manager)
        assert sorted(to for to, _ in kept.messages) == [["marketing0@example.com"], ["sales0@example.com"], ["sales1@example.com"]]


def test_what_a_manager_unfolds_has_no_barrier(serve: Serve, play_company: Path, new_page: NewPage, tmp_path: Path) -> None:
    """An open round with its changes and letters, results with what is hidden, an action to take up, and a report to share."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    data = Path(shutil.copytree(play_company, tmp_path / "played"))
    engine = make_engine(f"sqlite:///{data / 'scorecard.db'}")
    owner = local_actor(engine)
    leave_example(owner, engine=engine)
    team_id = list_teams(owner, engine=engine)[0].id
    upload = start_upload(owner, engine=engine, team_id=team_id, data=DEALS.encode(), name="deals.csv", limits=Limits())
    commit_upload(owner, engine=engine, upload_id=upload.id, limits=Limits())
    record_closed_round(
        owner, engine=engine, team_id=team_id, new=new_round(), responses=generate_responses(SURVEY), opened_on=DAY, closed_on=DAY
    )
    made = manage.create_round(owner, engine=engine, team_id=team_id, new=new_round(way="personal"), people=team_of(6, 5))
    manage.open_round(owner, engine=engine, secret=server_secret("", data_dir=data), round_id=made.id)
    engine.dispose()
    url = serve(data=data, SCORECARD_SMTP_URL="smtp://127.0.0.1:9", SCORECARD_MAIL_FROM="survey@example.com")
    unfolded = {
        "survey": ("Invite and remind", "Change this round"),
        "alignment": ("What is hidden, and why", "Answers from another form"),
        "next_steps": ("Take this up",),
        "report": ("What goes in", "Share or remove"),
    }
    wrong = []
    for scheme, width in (("light", 1280), ("dark", 320)):
        page = new_page(width=width, scheme=scheme, bypass_csp=True)
        for name, parts in unfolded.items():
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{url}/{name}")
            page.locator("h1").first.wait_for(timeout=60_000)
            settle(page)
            if name == "report" and page.get_by_text("None yet.").count():
                page.get_by_role("button", name="Make the report").click()
                page.get_by_role("link", name="Open the PDF").wait_for(timeout=120_000)
                settle(page)
            for part in parts:
                page.get_by_text(part, exact=True).first.click()
                settle(page)
            # Contrast is judged of what is in view only.
            page.set_viewport_size({"width": width, "height": 6000})
            settle(page)
            found = Axe().run(page).response["violations"]
            wrong += [(name, scheme, one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in BARRIERS]
            if int(page.evaluate("document.documentElement.scrollWidth")) > width:
                wrong.append((name, scheme, "wider than the screen", ""))
    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_screen_has_a_barrier_and_all_fit_a_small_phone(browser: Browser, play_company: Path, tmp_path: Path, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    data = Path(shutil.copytree(play_company, tmp_path / "played"))
    engine = make_engine(f"sqlite:///{data / 'scorecard.db'}")
    owner = local_actor(engine)
    team_id = list_teams(owner, engine=engine)[0].id
    survey = Victim(SURVEY_ALONE, folder=tmp_path, environment={"SCORECARD_DATA_DIR": str(data)})
    secret = server_secret("", data_dir=data)
    made = manage.create_round(owner, engine=engine, team_id=team_id, new=new_round(in_room=True))
    manage.open_round(owner, engine=engine, secret=secret, round_id=made.id)
    path = manage.shared_path(owner, engine=engine, secret=secret, round_id=made.id)
    engine.dispose()
    survey.start()
    asked: list[str] = []
    wrong: list[str] = []
    try:
        for width, language in ((320, "de"), (390, "fr"), (1280, "en")):
            context = browser.new_context(
                viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light", bypass_csp=True
            )
            page = context.new_page()
            page.on("request", lambda request: asked.append(request.url))

            def look(name: str, page: Page = page, width: int = width) -> None:
                found = Axe().run(page).response["violations"]
                wrong.extend(f"{name} {width}: {one['id']}" for one in found if one["impact"] in BARRIERS)
                if int(page.evaluate("document.documentElement.scrollWidth")) > width:
                    wrong.append(f"{name} {width}: wider than the screen")
                small = (
                    "[...document.querySelectorAll('button,.mark,.actions a,summary')].filter(e => e.offsetHeight && e.offsetHeight < 44)"
                )
                wrong.extend(f"{name} {width}: {text!r} is a small target" for text in page.evaluate(f"{small}.map(e => e.innerText)"))

            page.goto(f"http://127.0.0.1:{survey.port}{path}?l={language}")
            look("first")
            # By the keyboard alone: a side, the start, an answer.
            page.locator('input[value="sales"]').focus()
            page.keyboard.press("ArrowDown")
            page.keyboard.press("Enter")
            page.wait_for_url(f"**/1?l={language}")
            page.locator('input[type="radio"]').first.focus()
            page.keyboard.press("ArrowRight")
            page.locator('#state[data-kind="saved"]').wait_for(timeout=30_000)
            assert page.locator('input[value="2"]').first.is_checked()
            look("part")
            page.goto(page.url.replace("/1?", "/send?"))
            look("send")
            page.locator("button.main").click()
            page.wait_for_url("**/s/done**")
            look("done")
            page.goto(f"http://127.0.0.1:{survey.port}/s/{'a' * 26}?l={language}")
            look("unavailable")
            context.close()
    finally:
        survey.end()
    assert wrong == []
    assert {url.split("/")[2] for url in asked} == {f"127.0.0.1:{survey.port}"}
