"""The login in a real browser, against an OpenID Connect provider that is really served, over PostgreSQL with the server's lesser role."""

from __future__ import annotations

import asyncio
import re
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine, update
from sqlmodel import col

from app.clock import now
from app.ingest.limits import Limits
from app.services import commits, members, uploads
from app.services.actor import Actor, actors_of, add_member, found_organization
from app.services.teams import list_teams
from app.storage.engine import make_engine, transaction
from app.storage.tables import SignIn
from tests import outside_loops
from tests.e2e.conftest import ended, free_port, settle, started
from tests.hosting.canaries import Canaries, Search
from tests.hosting.canary import Loot, Traffic, Visitor, signed_in
from tests.hosting.provider import person, provider_of, secrets_of
from tests.hosting.session import opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ACMES, OTHERS = Canaries("Qvarza", 9_173_000), Canaries("Qvelto", 9_186_000)


def deals_of(canaries: Canaries) -> str:
    """Deals with canaries in every cell of text and as every amount."""
    regions, names = [canaries.word("region") for _ in range(3)], [canaries.word("account") for _ in range(5)]
    return "Deal ID,Account,Stage,Amount,Created,Closed,Region\n" + "".join(
        f"D{n},{names[n % 5]},{'Won' if n % 3 == 0 else 'Lost'},{canaries.amount(n)},2025-{n % 12 + 1:02d}-02,2025-{n % 12 + 1:02d}-17,"
        f"{regions[n // 5 % 3]}\n"
        for n in range(1, 61)
    )


DEALS = deals_of(ACMES)
PEOPLE = ("anna", "max", "olga")
pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class House:
    """A served app with a login: its address, its database, the provider's address, the owner of Acme."""

    url: str
    engine: Engine
    iss: str
    owner: Actor


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of an OpenID Connect provider that knows three people, insists on a nonce and lets registered clients in only."""
    with provider_of(person(sub) for sub in PEOPLE) as url:
        yield url


@pytest.fixture(scope="module")
def house(provider: str, hosted_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Acme with Anna, who has imported deals; and Olga's organization beside it."""
    folder, port = tmp_path_factory.mktemp("house"), free_port()
    engine = make_engine(hosted_url)
    owner = found_organization(engine, name="Acme", iss=provider, sub="anna", display_name="Anna")
    other = found_organization(engine, name="Other", iss=provider, sub="olga", display_name="Olga")
    for actor, deals in ((owner, DEALS), (other, deals_of(OTHERS))):
        team = list_teams(actor, engine=engine)[0].id
        upload = uploads.start_upload(actor, engine=engine, team_id=team, data=deals.encode(), name="deals.csv", limits=Limits())
        commits.commit_upload(actor, engine=engine, upload_id=upload.id, limits=Limits())
    secrets = folder / "secrets.toml"
    secrets.write_text(secrets_of(provider, f"http://127.0.0.1:{port}/oauth2callback"), encoding="utf-8")
    url, child = started(folder, port=port, SCORECARD_LOGIN="oidc", SCORECARD_DATABASE_URL=hosted_url, STREAMLIT_SECRETS_FILES=str(secrets))
    yield House(url, engine, provider, owner)
    child.terminate()
    ended(child)
    engine.dispose()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Browsers of different people: each with cookies of its own."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        contexts.append(browser.new_context(**options))
        return contexts[-1]

    yield make
    for context in contexts:
        context.close()


def sign_in(page: Page, house: House, sub: str, *, at: str = "/") -> Page:
    """The page after that person has signed in, from whatever address."""
    page.goto(house.url + at)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name=sub, exact=True).click()
    page.wait_for_url(f"{house.url}/**")
    settle(page)
    return page


def is_out(page: Page) -> None:
    """The page is the door, and shows nothing of what is behind it."""
    page.get_by_role("button", name="Sign in", exact=True).wait_for(timeout=20_000)
    settle(page)
    text = page.locator("body").inner_text()
    assert "Acme" not in text
    assert page.locator("[data-testid=stSidebarNavItems]").count() == 0


def fetched(house: House, path: str, cookies: str = "", *, method: str = "GET") -> int:
    """The status of an address of ours, with or without cookies."""
    try:
        with urllib.request.urlopen(
            urllib.request.Request(house.url + path, headers={"Cookie": cookies} if cookies else {}, method=method), timeout=10
        ) as a:
            return int(a.status)
    except HTTPError as error:
        return error.code


def cookies_of(context: BrowserContext) -> str:
    """The cookies of a browser as it sends them."""
    return "; ".join(f"{one['name']}={one['value']}" for one in context.cookies())


def test_nothing_that_another_organization_is_sent_is_of_this_one(house: House) -> None:
    # The small version of `python -m tests.hosting.canary`.
    acmes, others = Search(ACMES), Search(OTHERS)
    theirs, ours, loot = Traffic(foreign=others, own=acmes), Traffic(foreign=acmes, own=others), Loot()
    taken: set[str] = set()

    async def look(cookies: dict[str, str], traffic: Traffic, loot: Loot | None = None, *, rest: bool = False) -> None:
        async with await opened(house.url, cookies=cookies) as session:
            visitor = Visitor(session, traffic, name=traffic.own.place("somebody"), loot=loot)
            for page in ("overview", "numbers", "data"):
                await visitor.files((await visitor.page(page)).links())
            for link in sorted(taken) if rest else ():
                traffic.answered(link, await session.ask("GET", link))

    async def both() -> None:
        anna, olga = await signed_in(house.url, "anna"), await signed_in(house.url, "olga")
        await look(anna, theirs, loot)
        taken.update(loot.links)
        await asyncio.gather(*(look(olga, ours, rest=number == 0) for number in range(4)), look(anna, theirs))

    outside_loops.run(both())
    assert (ours.where, theirs.where) == ({}, {})
    # Both have seen their own, and what was refused was there.
    assert {ACMES.planted[word] for word in theirs.mine.words} == {OTHERS.planted[word] for word in ours.mine.words} >= {"account"}
    assert theirs.mine.amounts
    assert len(taken) > 3
    assert ours.statuses[403] == len(taken)


@pytest.mark.parametrize("path", ["/data", "/members"])
def test_whoever_is_not_signed_in_finds_the_door_at_every_address(house: House, visitor: Callable[..., BrowserContext], path: str) -> None:
    page = visitor().new_page()
    page.goto(house.url + path)
    is_out(page)


def test_signed_out_in_one_tab_is_out_in_the_other_and_with_a_copied_cookie(house: House, visitor: Callable[..., BrowserContext]) -> None:
    anna = visitor()
    first = sign_in(anna.new_page(), house, "anna", at="/data")
    expect(first.get_by_text("Acme", exact=True)).to_be_visible()
    copied = visitor(storage_state=anna.storage_state())
    thief = copied.new_page()
    thief.goto(f"{house.url}/members")
    settle(thief)
    expect(thief.get_by_text("Anna", exact=True).first).to_be_visible()
    second = anna.new_page()
    second.goto(f"{house.url}/team")
    settle(second)
    second.get_by_role("button", name="Sign out", exact=True).click()
    # The provider is asked to end its session too, and sends the browser back.
    second.get_by_role("button", name="End session").click()
    second.wait_for_url(f"{house.url}/**")
    is_out(second)
    for page in (first, thief):
        page.get_by_role("link", name="Numbers").first.click()
        is_out(page)
    # A new browser session with the copied cookie is out as well.
    thief.goto(f"{house.url}/data")
    is_out(thief)


def test_a_file_is_for_the_member_it_was_offered_to(house: House, visitor: Callable[..., BrowserContext]) -> None:
    anna, max_ = visitor(), visitor()
    page = sign_in(anna.new_page(), house, "anna")
    page.goto(f"{house.url}/data")
    settle(page)
    page.get_by_text("Receipt, files, undo, delete").first.click()
    settle(page)
    path = "/" + (page.locator("a[href*='download/']").first.get_attribute("href") or "").partition("/download/")[2]
    path = f"/download{path}"
    # Of the same organization, where a viewer may not take out what an owner may.
    viewer = add_member(house.owner, engine=house.engine, iss=house.iss, sub="max", display_name="Max", role="viewer")
    sign_in(max_.new_page(), house, "max")
    mine = cookies_of(anna)
    assert [fetched(house, path, cookies) for cookies in ("", "_streamlit_user=forged", cookies_of(max_), mine)] == [403, 403, 403, 200]
    members.remove_member(house.owner, engine=house.engine, member_id=viewer.member_id)
    # The address that ends the cookie ends the sign-in, for every copy of it.
    assert fetched(house, "/auth/logout", mine) in (200, 302)
    assert fetched(house, path, mine) == 403


def test_whoever_is_invited_joins_and_whoever_is_removed_is_out_at_the_next_click(
    house: House, visitor: Callable[..., BrowserContext]
) -> None:
    page = sign_in(visitor().new_page(), house, "anna")
    page.goto(f"{house.url}/members")
    settle(page)
    page.get_by_role("button", name="Make a link").click()
    settle(page)
    link = page.get_by_text(re.compile("/invitation/")).inner_text().strip()
    assert link.startswith(f"{house.url}/invitation/")

    max_ = visitor().new_page()
    max_.goto(link)
    expect(max_.get_by_text("You have opened an invitation")).to_be_visible(timeout=20_000)
    max_.get_by_role("button", name="Sign in", exact=True).click()
    max_.get_by_role("button", name="max", exact=True).click()
    max_.get_by_role("button", name="Join Acme").click(timeout=20_000)
    expect(max_.get_by_text("Acme", exact=True)).to_be_visible(timeout=20_000)
    settle(max_)
    # Used up: the link opens nothing for the next one.
    assert fetched(house, link.removeprefix(house.url)) == 404
    (actor,) = actors_of(house.engine, iss=house.iss, sub="max")
    assert (actor.organization_id, actor.role) == (house.owner.organization_id, "viewer")

    page.reload()
    settle(page)
    page.get_by_text("More", exact=True).first.click()
    page.get_by_role("button", name="Remove", exact=True).click()
    settle(page)
    assert actors_of(house.engine, iss=house.iss, sub="max") == ()
    max_.get_by_role("link", name="Numbers").first.click()
    expect(max_.get_by_text("in no organization yet")).to_be_visible(timeout=20_000)
    assert "Acme" not in max_.locator("body").inner_text()


def test_in_two_organizations_one_is_chosen_for_every_tab(house: House, visitor: Callable[..., BrowserContext]) -> None:
    (olga,) = actors_of(house.engine, iss=house.iss, sub="olga")
    guest = add_member(house.owner, engine=house.engine, iss=house.iss, sub="olga", display_name="Olga", role="viewer")
    page = sign_in(visitor().new_page(), house, "olga")
    other = page.context.new_page()
    other.goto(f"{house.url}/members")
    settle(other)
    page.get_by_role("combobox", name=re.compile("Organization")).click()
    page.get_by_role("option", name="Acme").click()
    settle(page)
    other.get_by_role("link", name="Members").first.click()
    settle(other)
    expect(other.get_by_text("Anna", exact=True).first).to_be_visible()
    members.remove_member(house.owner, engine=house.engine, member_id=guest.member_id)
    assert actors_of(house.engine, iss=house.iss, sub="olga") == (olga,)


def test_half_an_hour_without_a_click_and_the_way_back_in(house: House, visitor: Callable[..., BrowserContext]) -> None:
    page = sign_in(visitor().new_page(), house, "olga")
    # As if the last click of every sign-in were long ago.
    with transaction(house.engine, organization_id=None) as session:
        session.exec(update(SignIn).where(col(SignIn.sub) == "olga").values(seen_at=now() - timedelta(minutes=31)))
    page.get_by_role("link", name="Numbers").first.click()
    is_out(page)
    expect(page.get_by_text("after 30 minutes without a click")).to_be_visible()
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="olga", exact=True).click()
    expect(page.get_by_text("Other", exact=True)).to_be_visible(timeout=20_000)


def test_files_of_pages_are_for_who_is_signed_in(house: House, visitor: Callable[..., BrowserContext]) -> None:
    anna = visitor()
    page = sign_in(anna.new_page(), house, "anna")
    page.goto(f"{house.url}/data")
    settle(page)
    content = DEALS.replace("\nD", "\nE").encode()
    with page.expect_response(lambda answer: "/_stcore/upload_file/" in answer.url and answer.request.method == "PUT") as sent:
        page.locator("input[type=file]").first.set_input_files({"name": "more.csv", "mimeType": "text/csv", "buffer": content})
    assert sent.value.status == 204
    # The same request without the cookie of a sign-in, and a picture of a page.
    address = sent.value.url.removeprefix(house.url)
    assert [fetched(house, address, method="PUT"), fetched(house, address, "_streamlit_user=forged", method="PUT")] == [403, 403]
    assert [fetched(house, "/media/none"), fetched(house, "/media/none", cookies_of(anna))] == [403, 404]
