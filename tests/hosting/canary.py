"""`python -m tests.hosting.canary [--sessions 50] [--large 60000] [--sabotage NAME]`: nothing of one organization reaches another.

Two organizations are planted whose every cell, name, comment and amount is a canary; teams and files of both have the same names, and
their large tables are the same wherever a cache that looks at a sample would look. The app is hosted as in production: nginx, two
processes, PostgreSQL with the server's lesser role, a login.

1. The second organization alone: one calm session of its owner and one of a viewer look at every page, choice and file.
2. The first organization is planted, the server is started anew, and the first warms everything: pages, choices, files, reports, uploads.
3. The second's calm sessions again: every page and every file must be as it was when the first did not exist.
4. Many sessions of the second at once, while the first goes on: pages, choices, files, uploads, and every address, number and token of the
   first that somebody could guess or steal. Whatever is received is searched, unpacked, for the first's canaries; then the logs.

With `--sabotage` the app that is served is a copy with one of its defences taken out, and the run must find something.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import httpx
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed

from app.services.play_company import ANSWERS
from app.storage.engine import make_engine
from app.ui.navigation import PAGES
from tests.hosting.canaries import Canaries, Found, Search
from tests.hosting.planted import FIRST, LARGE, LARGE_FILE, LEFT_OUT, SURVEYED, Company, people_of, plant
from tests.hosting.provider import person, provider_of, secrets_of
from tests.hosting.session import Bounds, Run, Session, SessionError, opened, texts_of
from tests.hosting.site import APP, ROOT, Site, free_port, start_site, stop_site
from tests.postgresql import APP_ROLE, server, upgraded

UPLOADER = "Export of your CRM, invoicing or web analytics"
CHOICES = ("selectbox", "radio", "button_group")
MOST_OPTIONS = 8
CONNECTIONS = 8
"""How often a session connects again before it is given up."""
NEVER_SHOWN = frozenset(
    {
        LEFT_OUT,
        # Dropped at the import, as personal or as a name of which each row has its own.
        "deal: name",
        "deal: name of a row set aside",
        "deal: no date",
        # What is written in an open round is sealed until its close.
        "sealed comment",
        # The provider says it at the sign-in, and nothing keeps it.
        "member’s address",
    }
)
"""Kinds of places whose words no page and no file gives out, to nobody."""
CHANGING = ("privacy",)
"""Pages that tell what was done, which differs from one look to the next."""
BOUNDS = Bounds(messages=10**7, size=1 << 34, seconds=300.0)
"""A run of a page may take long while very many are asked for."""


@dataclass(frozen=True)
class Sabotage:
    """One defence taken out of a copy of the app: in each file, a text and what stands there; `bare`: no row-level security."""

    changes: Mapping[str, Sequence[tuple[str, str]]]
    bare: bool = False


_CHECK = (
    '    if kept.organization_id != organization_id:\n        raise RuntimeError("a cached result belongs to another organization")\n',
    "",
)
SABOTAGES: dict[str, Sabotage] = {
    # The key of the cache forgets whose result it is.
    "cache": Sabotage(
        {
            "app/ui/cache.py": (
                ("key = (organization_id, team_id, loaded, what,", 'key = ("", "", "", what,'),
                _CHECK,
            )
        }
    ),
    # The key of the cache is made of the tables as Streamlit tells them apart: by a sample.
    "sample": Sabotage(
        {
            "app/ui/cache.py": (_CHECK,),
            "app/ui/guard.py": (
                (
                    "return cache.result(self.actor.organization_id, self.team.id, self.loaded, what,",
                    'return cache.result("", "", self.loaded if what == "sources" else _sampled(self), what,',
                ),
                (
                    "def enter(name: PageName) -> Visit:",
                    "def _sampled(visit: Visit) -> str:\n"
                    "    import hashlib\n\n"
                    "    import pandas as pd\n"
                    "    from streamlit.runtime.caching.cache_type import CacheType\n"
                    "    from streamlit.runtime.caching.hashing import update_hash\n\n"
                    "    digest = hashlib.md5()\n"
                    "    for path in visit._loaded().paths:\n"
                    "        update_hash(pd.read_parquet(path), digest, CacheType.DATA)\n"
                    "    return digest.hexdigest()\n\n\n"
                    "def enter(name: PageName) -> Visit:",
                ),
            ),
        }
    ),
    # A file that was offered is for whoever knows its address.
    "download": Sabotage(
        {
            "app/ui/routes.py": (
                ("if (actor.organization_id, actor.member_id) != (found.organization_id, found.member_id):", "if actor is None:"),
            )
        }
    ),
    # A query forgets its organization, and nothing stands behind it.
    "filter": Sabotage({"app/storage/queries/teams.py": (("Team.organization_id == organization_id", "Team.id != ''"),)}, bare=True),
}


@dataclass
class Traffic:
    """Everything that sessions of one organization received, searched for the other's canaries and for the own ones."""

    foreign: Search
    own: Search
    found: Found = field(default_factory=Found)
    mine: Found = field(default_factory=Found)
    where: dict[str, set[str]] = field(default_factory=dict)
    seen: set[bytes] = field(default_factory=set)
    requests: int = 0
    runs: int = 0
    unfinished: int = 0
    dropped: int = 0
    size: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def took(self, where: str, content: bytes, *, brought: str = "") -> None:
        """Search what was received; the same bytes again are counted and not searched again. Words that the session itself has `brought`
        are its own: an address is said back to whoever asks for it."""
        self.size += len(content)
        digest = sha256(content).digest()
        if digest in self.seen:
            return
        self.seen.add(digest)
        hit = self.foreign.look(content)
        for word in [word for word in hit.words if word.lower() in brought.lower()]:
            del hit.words[word]
        for one in (*hit.words, *hit.amounts):
            self.where.setdefault(f"{one} ({self.foreign.place(one)})", set()).add(where)
        self.found += hit
        self.mine += self.own.look(content)

    def ran(self, where: str, run: Run, *, brought: str = "") -> None:
        """Search every frame of a run, as it came over the line."""
        self.runs += 1
        for frame in run.frames:
            self.took(where, frame, brought=brought)
        self.errors += [f"{where}: {one}" for one in run.exceptions()]

    def answered(self, where: str, answer: httpx.Response) -> None:
        """Search head and body of an answer."""
        self.requests += 1
        self.statuses[answer.status_code] += 1
        self.took(where, b"\n".join(b": ".join(one) for one in answer.headers.raw))
        self.took(where, answer.content)


@dataclass
class Loot:
    """What sessions of the first organization had in their hands: addresses, numbers of sessions, hashes of messages."""

    links: set[str] = field(default_factory=set)
    uploads: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)
    hashes: set[str] = field(default_factory=set)
    queries: set[str] = field(default_factory=set)

    def add(self, session: Session, run: Run) -> None:
        """Keep what a run gave away."""
        self.sessions.add(session.id)
        self.links |= set(run.links())
        self.hashes |= {message.hash for message in run.messages if message.hash}
        if session.query:
            self.queries.add(session.query)


async def signed_in(url: str, sub: str, *, authority: Path | None = None) -> dict[str, str]:
    """The cookies of somebody who has signed in to the app at this address, at the provider."""
    async with await opened(url, authority=authority) as session:
        await session.open()
        run = await session.click("Sign in")
        assert run.redirect, "nobody was sent to the provider"
        first = await session.ask("GET", run.redirect.removeprefix(url))
        async with httpx.AsyncClient(trust_env=False) as elsewhere:
            back = await elsewhere.post(first.headers["location"], data={"sub": sub})
        landed = await session.ask("GET", back.headers["location"].removeprefix(url))
        assert "_streamlit_user" in session.cookies, f"{sub} was not let in: {landed.status_code}"
        return dict(session.cookies)


class Visitor:
    """One session of a member that looks at everything it is given."""

    def __init__(
        self,
        session: Session,
        traffic: Traffic,
        *,
        name: str,
        authority: Path | None = None,
        loot: Loot | None = None,
        steady: bool = False,
        sparing: bool = True,
    ) -> None:
        self.session = session
        self.authority = authority
        self.traffic = traffic
        self.name = name
        self.loot = loot
        self.sparing = sparing
        self.fetched: dict[str, bytes] = {}
        self.shown: dict[str, list[str]] | None = {} if steady else None

    def _took(self, run: Run, where: str) -> Run:
        self.traffic.ran(f"{self.name} {where}", run, brought=self.session.query)
        if self.loot is not None:
            self.loot.add(self.session, run)
        if self.shown is not None:
            self.shown[where] = steady_texts(run)
        return run

    async def page(self, page: str, *, query: str = "", open_all: bool = True) -> Run:
        """A page, with everything on it opened."""
        run = self._took(await self.session.open(page, query=query), f"{page}?{query}")
        if open_all:
            shut = [message.id for kind, message in run.widgets() if kind in ("expandable", "popover")]
            for one in shut:
                self.session._values[one] = WidgetState(id=one, bool_value=True)
            if shut:
                run = self._took(await self.session.rerun(), f"{page}?{query} opened")
        return run

    def choices(self, run: Run) -> list[tuple[str, str, int, str]]:
        """Every other answer that the page's widgets take: kind, label, which of those with the label, and the answer."""
        found, count = [], Counter[tuple[str, str]]()
        for kind, message in run.widgets():
            if kind not in CHOICES:
                continue
            nth = count[kind, message.label]
            count[kind, message.label] += 1
            options = [one.content if kind == "button_group" else one for one in message.options]
            # A member's role is changed by choosing it, and the team is walked through elsewhere.
            if message.label in ("Team", "Organization", "Role"):
                continue
            found += [(kind, message.label, nth, option) for option in options[:MOST_OPTIONS]]
        return found

    async def choose(self, kind: str, label: str, nth: int, option: str) -> Run:
        """Take one answer."""
        value = [option] if kind == "button_group" else option
        return self._took(await self.session.set(label, value, kind=kind, nth=nth), f"{self.session.page} {label}/{nth}={option}")

    async def team(self, name: str) -> None:
        """Look at another team."""
        run = await self.session.open("team")
        if any(kind == "selectbox" and message.label == "Team" and message.raw_value != name for kind, message in run.widgets()):
            with suppress(SessionError):
                self._took(await self.session.set("Team", name, kind="selectbox"), f"team={name}")

    async def files(self, links: Sequence[str], *, keep: bool = False) -> None:
        """Fetch files that a page offers, each once."""
        for link in links:
            if link in self.fetched or link.endswith("\\") or (self.sparing and _is_costly(link)):
                continue
            answer = await self.session.ask("GET", link)
            self.traffic.answered(f"{self.name} {link}", answer)
            self.fetched[link] = answer.content if keep else b""

    async def everything(self, *, choices: bool, files: bool, pages: Sequence[str] | None = None) -> None:
        """Every page of the shown team, every answer that its widgets take, and every file."""
        for page in pages if pages is not None else [one.name for one in PAGES]:
            run = await self.page(page)
            if files:
                await self.files(run.links(), keep=self.shown is not None and page not in CHANGING)
            for one in self.choices(run) if choices else ():
                try:
                    run = await self.choose(*one)
                except SessionError:
                    # What was chosen before has taken the widget away; a fresh page has it.
                    await self.page(page, open_all=False)
                    continue
                if files and self.loot is not None:
                    await self.files(run.links())


def _is_costly(link: str) -> bool:
    """Whether a link is a chart as a picture; its SVG holds the same, and most of the others are left alone for the sake of time."""
    name = link.rsplit("/", 1)[-1]
    is_chart = name.endswith((".png", ".pdf")) and not name.startswith("alignment-report")
    return is_chart and sha256(name.encode()).digest()[0] % 6 > 0


def steady_texts(run: Run) -> list[str]:
    """What stands on a page, in order, without what differs from one look to the next: times, addresses of files, numbers of elements."""
    texts = []
    for place in sorted({*run.elements}):
        for text in texts_of(run.elements[place]):
            plain = re.sub(r"download/[0-9a-f]{40}", "download/-", text)
            plain = re.sub(r"\d{1,2} \w{3} \d{4} \d\d:\d\d|\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?", "-", plain)
            texts.append(plain)
    return texts


def named(files: Mapping[str, bytes]) -> dict[str, set[str]]:
    """name of a file → hashes of what came under it."""
    found: dict[str, set[str]] = {}
    for link, content in files.items():
        found.setdefault(link.rsplit("/", 1)[-1], set()).add(sha256(content).hexdigest())
    return found


async def warm(site: Site, company: Company, traffic: Traffic, cookies: Mapping[str, dict[str, str]], *, choices: bool) -> Loot:
    """The first organization works through everything it has: each team on each of the two processes, with reports, files and an upload."""
    loot = Loot()

    async def one(sub: str, replica: str, teams: Sequence[str]) -> None:
        chosen = {**cookies[sub], "scorecard_replica": replica}
        async with await opened(site.app, authority=site.authority, cookies=chosen, bounds=BOUNDS) as session:
            visitor = Visitor(session, traffic, name=sub, authority=site.authority, loot=loot)
            for team in teams:
                await visitor.team(team)
                await visitor.everything(choices=choices, files=True)
            await session.open("report")
            with suppress(SessionError):
                visitor._took(await session.click("Make the report"), "make a report")
            await session.open("data")
            with suppress(SessionError):
                visitor._took(await session.upload(UPLOADER, LARGE_FILE, company.files["large"] + b"\n"), "upload")
            loot.uploads |= {one for message in session.run.messages for one in texts_of(message) if "upload_file" in one}

    subs = list(company.subs)
    every = list(company.teams) if choices else [FIRST, LARGE, SURVEYED]
    await asyncio.gather(one(subs[0], "a", every), one(subs[1], "b", every))
    if choices:
        await asyncio.gather(one(subs[2], "a", [FIRST]), one(subs[3], "b", [FIRST, LARGE]))
    return loot


async def calm(site: Site, company: Company, traffic: Traffic, cookies: Mapping[str, dict[str, str]], *, choices: bool) -> dict[str, Any]:
    """What the owner and a viewer of the second organization see of every team, page by page, and the files they get."""
    seen: dict[str, Any] = {}
    owner, *_, viewer = company.subs
    for sub, replica in ((owner, "a"), (viewer, "b")):
        chosen = {**cookies[sub], "scorecard_replica": replica}
        async with await opened(site.app, authority=site.authority, cookies=chosen, bounds=BOUNDS) as session:
            for team in list(company.teams) if sub == owner and choices else (FIRST, LARGE):
                visitor = Visitor(session, traffic, name=f"{sub} {team}", authority=site.authority, steady=True)
                await visitor.team(team)
                await visitor.everything(choices=choices, files=True, pages=[one.name for one in PAGES if one.name not in CHANGING])
                assert visitor.shown is not None
                seen |= {f"{sub} {team} {where}": texts for where, texts in visitor.shown.items() if not where.startswith("team=")}
                seen |= {f"{sub} {team} file {name}": sorted(hashes) for name, hashes in named(visitor.fetched).items()}
    return seen


async def crowd(
    site: Site,
    second: Company,
    traffic: Traffic,
    cookies: Mapping[str, dict[str, str]],
    *,
    sessions: int,
    steps: int,
    first: Company,
    loot: Loot,
    first_traffic: Traffic,
    first_cookies: Mapping[str, dict[str, str]],
    until: float,
) -> None:
    """Many sessions of the second organization at once while the first goes on: each looks around and tries what is not its own."""
    subs, over = list(second.subs), asyncio.Event()
    tries = attempts(first, loot)

    async def one(number: int) -> None:
        random, sub = Random(number), subs[number % len(subs)]
        pages = [spec.name for spec in PAGES]
        random.shuffle(pages)
        tried = [attempt for place, attempt in enumerate(tries) if place % sessions == number]
        # Everybody has a network of their own, so that no limit on how often hides what is behind it.
        chosen, address = {**cookies[sub], "scorecard_replica": "ab"[number % 2]}, f"127.0.1.{number % 250 + 2}"
        for _ in range(CONNECTIONS):
            try:
                async with await opened(site.app, authority=site.authority, cookies=chosen, bounds=BOUNDS, source=address) as session:
                    visitor = Visitor(session, traffic, name=f"session {number}", authority=site.authority)
                    await visitor.team(list(second.teams)[number % len(second.teams)])
                    while pages:
                        if time.monotonic() > until:
                            traffic.unfinished += len(pages)
                            pages.clear()
                            break
                        run = await visitor.page(pages[-1])
                        links = run.links()
                        await visitor.files(links if number % 5 == 0 else random.sample(links, min(1, len(links))))
                        for _ in range(steps):
                            options = visitor.choices(run)
                            if not options:
                                break
                            run = await visitor.choose(*random.choice(options))
                        pages.pop()
                    if number % 10 == 3 and second.subs[sub] != "viewer":
                        await session.open("data")
                        visitor._took(await session.upload(UPLOADER, LARGE_FILE, second.files["large"] + b"\n" * (number + 1)), "upload")
                        await session.open("report")
                        visitor._took(await session.click("Make the report"), "make a report")
                    await trespass(visitor, tried, loot, first, random)
                    return
            except ConnectionClosed:
                # A computer with too much to do lets a line drop; a browser connects again, and so does this.
                traffic.dropped += 1
            except SessionError as failed:
                traffic.failed[re.sub(r"[0-9a-f]{8,}", "-", str(failed))[:160]] += 1
                return
        traffic.failed["the connection was lost again and again"] += 1

    async def going_on() -> None:
        sub = next(iter(first.subs))
        while not over.is_set():
            with suppress(SessionError, ConnectionClosed):
                async with await opened(site.app, authority=site.authority, cookies=first_cookies[sub], bounds=BOUNDS) as session:
                    visitor = Visitor(session, first_traffic, name=f"{sub} goes on", authority=site.authority)
                    while not over.is_set():
                        await visitor.team(Random(visitor.traffic.runs).choice(list(first.teams)))
                        for spec in PAGES:
                            if not over.is_set():
                                await visitor.page(spec.name)

    with_first = asyncio.create_task(going_on())
    await asyncio.gather(*(one(number) for number in range(sessions)))
    over.set()
    await with_first


def attempts(first: Company, loot: Loot) -> list[tuple[str, str, bytes]]:
    """Requests for what is the first organization's, and for what is nobody's: method, path, body."""
    # A link of a survey or a report is for whoever has it.
    given = ("/shared/", "/s/")
    found: list[tuple[str, str, bytes]] = [("GET", link, b"") for link in sorted(loot.links) if not link.startswith(given)]
    for tokens, door in ((first.shared, "shared"), (first.invitations, "invitation"), (first.survey_tokens, "s")):
        found += [("GET", f"/{door}/{_changed(token)}", b"") for token in tokens]
    for number in first.rounds:
        for tail in ("preview", "preview/1", "preview/send", "poster"):
            found += [("GET", f"/survey-round/{number}/{tail}", b""), ("POST", f"/survey-round/{number}/{tail}", b"go=2")]
    for number in first.ids + sorted(loot.hashes)[:40]:
        found += [("GET", f"/{door}/{number}", b"") for door in ("shared", "media", "download", "invitation", "s", "_stcore/message")]
        found += [("GET", f"/download/{number}/deals.csv", b""), ("GET", f"/_stcore/message?hash={number}", b"")]
    for session in sorted(loot.sessions):
        found += [(method, f"/_stcore/upload_file/{session}/1", b"x") for method in ("GET", "DELETE", "PUT")]
    for upload in sorted(loot.uploads):
        found += [(method, upload, b"") for method in ("GET", "DELETE")]
    places: tuple[str, ...] = (
        "/_stcore/health",
        "/_stcore/host-config",
        "/_stcore/metrics",
        "/_stcore/script-health-check",
        "/_stcore/agent/openapi.json",
    )
    places += (
        "/metrics",
        "/ready",
        "/nothing",
        "/data/../app.db",
        "/static/..%2f..%2fapp.db",
        "/app/static/..%2fresults",
        "/media/",
        "/component/x",
    )
    places += (
        "/_stcore/bidi-components/x",
        "/auth/login",
        "/auth/logout?x",
        "/oauth2callback?code=x&state=y",
        "/results/",
        "/download/x/y",
        "/s/x/1",
    )
    return found + [
        (method, place, b"")
        for place in places
        for method in ("GET", "HEAD", "OPTIONS", "POST")
        if "auth" not in place or method == "OPTIONS"
    ]


def _changed(token: str) -> str:
    """A token with one letter changed in its middle."""
    middle = len(token) // 2
    return token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]


async def trespass(visitor: Visitor, tries: Sequence[tuple[str, str, bytes]], loot: Loot, first: Company, random: Random) -> None:
    """Ask for what is the first organization's: with the own sign-in and with none; take up its sessions; claim its messages."""
    session, traffic = visitor.session, visitor.traffic
    for method, path, body in tries:
        for cookies in (None, ""):
            headers = {} if cookies is None else {"Cookie": cookies}
            with suppress(httpx.HTTPError):
                traffic.answered(f"{visitor.name} tries {method} {path}", await session.ask(method, path, content=body, headers=headers))
    for taken in random.sample(sorted(loot.sessions), min(2, len(loot.sessions))):
        async with await opened(session.url, authority=visitor.authority, cookies=session.cookies, resume=taken, bounds=BOUNDS) as resumed:
            other = Visitor(resumed, traffic, name=f"{visitor.name} resumes", authority=visitor.authority)
            await other.page("overview")
            if resumed.id == taken:
                traffic.errors.append(f"{visitor.name} has taken up a session of the other organization")
    # Numbers of the first organization in addresses, and as the value of every choice on the page.
    for page in ("alignment", "numbers", "report", "data"):
        number = random.choice([*first.ids, *first.rounds])
        run = await visitor.page(
            page, query="&".join(f"{name}={number}" for name in ("team", "round", "report", "organization", "is", "column"))
        )
        for kind, message in [one for one in run.widgets() if one[0] == "selectbox"][:3]:
            session._values[message.id] = WidgetState(id=message.id, string_value=number)
            visitor._took(await session.rerun(), f"{page} {kind} {message.label} with a number of another organization")
    if loot.queries:
        await visitor.page("numbers", query=random.choice(sorted(loot.queries)))
    # Messages that this browser has never had: the server may say that they are known here, and must not send them.
    claimed = random.sample(sorted(loot.hashes), min(200, len(loot.hashes)))
    for one in claimed:
        session._remembered.setdefault(one, (ForwardMsg(), session._runs))
    await visitor.page("overview")


@dataclass(frozen=True)
class Outcome:
    """What a run came to. `leaks` says what was found that may not be found, and `blind` why the run has proved nothing; both are empty."""

    figures: Mapping[str, object]
    leaks: Sequence[str]
    blind: Sequence[str]


def run(
    folder: Path,
    *,
    address: str,
    sessions: int = 50,
    steps: int = 6,
    rows: int = 400,
    large: int = 60_000,
    kinds: Sequence[str] = tuple(ANSWERS),
    choices: bool = True,
    compare: bool = True,
    minutes: float = 120.0,
    sabotage: str = "",
    say: Callable[[str], object] = lambda _: None,
) -> Outcome:
    """Plant, warm, look and search, as the head of this module says.

    Parameters
    ----------
    folder
        Of this run alone; everything the servers write is below it.
    address
        Of an upgraded database, for the server's role.
    sessions, steps
        How many sessions of the second organization there are at once, and how many answers each gives by chance on each page.
    rows, large, kinds
        The size of the small tables and the large one, and which small ones.
    choices
        Whether the calm sessions and the warming take every answer that a widget takes, too.
    compare
        Whether the second organization looks at everything before the first exists, and again when the first has warmed everything.
    minutes
        After these the crowd opens no more pages.
    sabotage
        One of `SABOTAGES`.
    """
    began, port, broken = time.monotonic(), free_port(), SABOTAGES.get(sabotage, Sabotage({}))
    if broken.bare:
        address = address.replace(f"//{APP_ROLE}@", "//postgres@")
    engine = make_engine(address)
    first_words, second_words = Canaries("Qvarza", 9_173_000), Canaries("Qvelto", 9_186_000)
    first_people, second_people = people_of(first_words, "a"), people_of(second_words, "b")
    sizes: dict[str, Any] = {"rows": rows, "large": large, "kinds": kinds}
    everybody = {**first_people, **second_people}
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        iss = stack.enter_context(provider_of(person(sub, name=name, email=email) for sub, (_, name, email) in everybody.items()))
        second = plant(engine, iss=iss, canaries=second_words, people=second_people, folder=folder / "second", won=0.35, **sizes)
        say(f"the second organization is planted: {len(second_words.planted):,} words")
        secrets = folder / "secrets.toml"
        secrets.write_text(secrets_of(iss, f"https://{APP}:{port}/oauth2callback"), encoding="utf-8")
        settings = {"SCORECARD_LOGIN": "oidc", "STREAMLIT_SECRETS_FILES": str(secrets)}
        root = _copy(folder / "code", broken) if sabotage else ROOT

        def served(name: str) -> Site:
            place = folder / name
            place.mkdir()
            found = start_site(place, database=address, drain=0.5, port=port, settings=settings, root=root)
            stack.callback(stop_site, found)
            return found

        def cookies_of(site: Site, subs: Sequence[str]) -> dict[str, dict[str, str]]:
            return {sub: asyncio.run(signed_in(site.app, sub, authority=site.authority)) for sub in subs}

        before: dict[str, Any] = {}
        if compare:
            site = served("alone")
            alone = Traffic(Search(first_words), Search(second_words))
            before = asyncio.run(calm(site, second, alone, cookies_of(site, list(second.subs)), choices=choices))
            stop_site(site)
            say(f"alone: {alone.runs:,} runs, {alone.requests:,} requests, {len(before):,} things seen")

        first = plant(engine, iss=iss, canaries=first_words, people=first_people, folder=folder / "first", won=0.7, **sizes)
        say(f"the first organization is planted: {len(first_words.planted):,} words")
        site = served("both")
        theirs, ours = Traffic(Search(second_words), Search(first_words)), Traffic(Search(first_words), Search(second_words))
        first_cookies, second_cookies = cookies_of(site, list(first.subs)), cookies_of(site, list(second.subs))
        loot = asyncio.run(warm(site, first, theirs, first_cookies, choices=choices))
        say(f"warmed: {theirs.runs:,} runs, {theirs.requests:,} requests, {len(theirs.mine.words):,} of the words seen")
        after = asyncio.run(calm(site, second, ours, second_cookies, choices=choices)) if compare else {}
        differs = [key for key in before if before[key] != after.get(key)]
        say(f"the second again: {len(after):,} things seen, {len(differs)} differ")
        asyncio.run(
            crowd(
                site,
                second,
                ours,
                second_cookies,
                sessions=sessions,
                steps=steps,
                first=first,
                loot=loot,
                first_traffic=theirs,
                first_cookies=first_cookies,
                until=time.monotonic() + minutes * 60,
            )
        )
        say(f"the crowd: {ours.runs:,} runs, {ours.requests:,} requests")
        stop_site(site)
        logs = _logs(folder, (first_words, second_words))
    return _outcome(
        before,
        after,
        differs,
        ours=ours,
        theirs=theirs,
        logs=logs,
        words=(first_words, second_words),
        loot=loot,
        began=began,
        sessions=sessions,
    )


def _outcome(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    differs: Sequence[str],
    *,
    ours: Traffic,
    theirs: Traffic,
    logs: Mapping[str, Found],
    words: tuple[Canaries, Canaries],
    loot: Loot,
    began: float,
    sessions: int,
) -> Outcome:
    leaks = [f"{what}: {', '.join(sorted(where)[:3])}" for traffic in (ours, theirs) for what, where in sorted(traffic.where.items())]
    leaks += [f"not as it was when the other did not exist: {key}: {_difference(before[key], after.get(key))}" for key in differs]
    leaks += [f"in the log {name}: {', '.join([*found.words, *found.amounts][:5])}" for name, found in logs.items() if found]
    leaks += [f"an exception on a page: {one}" for one in ours.errors + theirs.errors]
    blind = [f"a session gave up {number} times: {why}" for why, number in ours.failed.items()]
    kinds = [
        {one.planted[word] for word in found.words if word in one.planted}
        for one, found in zip(words, (theirs.mine, ours.mine), strict=True)
    ]
    # What no page and no file is meant to give out is told by name, so that nothing is missed in silence.
    unseen = [sorted(set(one.planted.values()) - seen) for one, seen in zip(words, kinds, strict=True)]
    for name, missing in zip(("first", "second"), unseen, strict=True):
        blind += [f"the {name} organization itself never saw: {one}" for one in missing if one not in NEVER_SHOWN]
    figures = {
        "sessions at once": sessions,
        "runs of pages": ours.runs,
        "requests": ours.requests,
        "pages left out for want of time": ours.unfinished,
        "connections that dropped": ours.dropped,
        "bytes received": ours.size,
        "bytes searched, unpacked": ours.found.size,
        "different contents": len(ours.seen),
        "the first's canaries": f"{len(words[0].planted):,} words in {len(set(words[0].planted.values()))} kinds, 1,000 amounts",
        "found of them": sum(ours.found.words.values()) + sum(ours.found.amounts.values()),
        "own canaries found": f"{len(ours.mine.words):,} words of {len(kinds[1])} kinds, {len(ours.mine.amounts):,} amounts",
        "pages and files that were as without the other": f"{len(before) - len(differs):,} of {len(before):,}",
        "the first's own": f"{theirs.runs:,} runs, {theirs.requests:,} requests, {len(theirs.mine.words):,} words of {len(kinds[0])} kinds",
        "the first's addresses, sessions and messages tried": f"{len(loot.links):,}, {len(loot.sessions):,} and {len(loot.hashes):,}",
        "answers": dict(sorted(ours.statuses.items())),
        "logs": {name: found.size for name, found in logs.items()},
        "seconds": round(time.monotonic() - began),
    }
    return Outcome(figures, leaks, blind)


def _difference(one: Any, other: Any) -> str:
    """The first thing that differs, in short."""
    if not isinstance(one, list) or not isinstance(other, list):
        return f"{str(one)[:80]} / {str(other)[:80]}"
    gone, new = [text for text in one if text not in other], [text for text in other if text not in one]
    return f"{[text[:100] for text in gone[:2]]} / {[text[:100] for text in new[:2]]}"


def _logs(folder: Path, words: Sequence[Canaries]) -> dict[str, Found]:
    """What stands of anybody's canaries in the logs of all processes, and in the names of the files they have written."""
    found = {}
    searches = [Search(one) for one in words]
    for path in sorted(folder.rglob("*.log")):
        found[str(path.relative_to(folder))] = sum((search.look(path.read_bytes()) for search in searches), Found())
    names = "\n".join(str(path.relative_to(folder)) for place in ("alone", "both") for path in (folder / place).rglob("*")).encode()
    found["names of files"] = sum((search.look(names) for search in searches), Found())
    return found


def _copy(folder: Path, broken: Sabotage) -> Path:
    """The app's code with a defence taken out."""
    for name in ("app", "pages", "data", ".streamlit"):
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, folder / name)
    for name in ("streamlit_app.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    for name, changes in broken.changes.items():
        text = (folder / name).read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, f"{name} has no {old!r}"
            text = text.replace(old, new)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def main() -> int:
    """Run it and print the figures; 0 when nothing was found and the run could have found something."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--large", type=int, default=60_000)
    parser.add_argument("--sabotage", choices=sorted(SABOTAGES), default="")
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--quick", action="store_true", help="one small table only")
    parser.add_argument("--few-choices", action="store_true", help="only the crowd takes other answers than the page's own")
    parser.add_argument("--no-comparison", action="store_true", help="leave out what the second sees before the first exists")
    parser.add_argument("--folder", type=Path, help="where to keep everything that the servers write, to look at it")
    # What was started is ended, however this ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    asked, began = parser.parse_args(), time.monotonic()
    with ExitStack() as stack:
        postgres = stack.enter_context(server())
        folder = (
            asked.folder.resolve() if asked.folder else Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scorecard-canary-")))
        )
        folder.mkdir(exist_ok=True)
        few: dict[str, Any] = {"kinds": ("deals.csv",)} if asked.quick else {}
        found = run(
            folder,
            address=upgraded(postgres, "canary"),
            sessions=asked.sessions,
            steps=asked.steps,
            rows=asked.rows,
            large=asked.large,
            sabotage=asked.sabotage,
            compare=not asked.no_comparison,
            choices=not (asked.quick or asked.few_choices),
            minutes=asked.minutes,
            say=lambda words: print(f"{time.monotonic() - began:6.0f} s  {words}", flush=True),
            **few,
        )
    print(json.dumps(found.figures, indent=1, ensure_ascii=False))
    for title, lines in (("LEAK", found.leaks), ("BLIND", found.blind)):
        for line in lines[:60]:
            print(f"{title} {line[:400]}")
        print(f"{len(lines)} × {title}")
    return 1 if found.leaks or found.blind else 0


if __name__ == "__main__":
    sys.exit(main())
