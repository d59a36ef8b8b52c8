"""How many people one process holds, and two: managers who click every five seconds, respondents who answer every two.

People are added until nineteen of twenty waits are not over within a second any more. Each figure stands beside that of an otherwise
empty Streamlit app in the same run. The people are played on the same cores that the servers and the database use: what two processes
hold here is less than they would hold on cores of their own.
"""

from __future__ import annotations

import asyncio
import math
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests import postgresql
from tests.bench import reruns
from tests.bench.company import company
from tests.bench.people import Place, Waited, manager, respondent, share
from tests.bench.servers import Server
from tests.hosting.session import Session, opened
from tests.hosting.site import APP, ROOT, SECRET, Replica, start_site, stop_site

SECOND = 1.0
"""Nineteen of twenty waits are to be over within this."""
SETTLE, HOLD = 12.0, 30.0
"""Seconds until those who came are spread out, and for which they are then watched."""
STEP = 1.5
"""How many times as many come at each step; one step between the last two is tried at the end."""
IDLE = 100
"""Sessions opened to see what one that rests costs."""
WALKERS = 20
"""Of these, those that then walk through every page."""
MANAGERS_FROM, MANAGERS_TO = 16, 800
RESPONDENTS_FROM, RESPONDENTS_TO = 150, 2_000
BETWEEN = (1.0, 3.0)
"""Seconds between two answers: quicker than people are."""

Person = Callable[[int, Waited, asyncio.Event], Awaitable[None]]


@dataclass(frozen=True)
class Held:
    """How many were held, what they waited then, and how busy the servers and everything on the computer were."""

    people: int
    p50: float
    p95: float
    a_second: float
    servers: float
    computer: float
    next_people: int
    next_p95: float
    failed: tuple[str, ...]

    def line(self, what: str) -> str:
        """One line of the report."""
        more = f"; {self.next_people}: p95 {self.next_p95 * 1000:.0f} ms" if self.next_people else ""
        wrong = f"; failed: {self.failed[0]}" if self.failed else ""
        busy = f"servers {self.servers * 100:3.0f} % of a core, computer {self.computer * 100:3.0f} % busy"
        waits = f"p50 {self.p50 * 1000:5.0f} ms   p95 {self.p95 * 1000:5.0f} ms   {self.a_second:6.1f} a second"
        return f"{what:<42} {self.people:5d} held   {waits}   {busy}{more}{wrong}"


def measure() -> list[str]:
    """Lines of the report."""
    busy = psutil.cpu_percent(interval=5)
    lines = [
        f"{os.cpu_count()} cores, shared by the servers, the database and the people that are played; {busy:.0f} % busy before they came"
    ]
    with tempfile.TemporaryDirectory() as name, postgresql.server() as server:
        folder = Path(name)
        with reruns.empty_app(folder) as empty:
            place = Place(empty.url, empty.url)
            hello = asyncio.run(reruns.costs(empty, empty.url))[""]
            resting = asyncio.run(_resting(empty, empty.url))
            lines.append(f"hello world: a session that rests          {resting[0]:6.2f} MB")
            lines.append(asyncio.run(_managers(place, [empty.process])).line("hello world, one process: visitors"))
        database = postgresql.upgraded(server, "loaded")
        made = company(database, people=RESPONDENTS_TO, secret=SECRET, folder=folder)
        replica = Replica("a", database=database, folder=folder, drain=1.0, settings={}, root=ROOT)
        replica.start()
        try:
            replica.wait()
            url = f"http://{APP}:{replica.port}"
            one = Server(url, psutil.Process(replica.pid), time.monotonic())
            lines += reruns.told(hello, asyncio.run(reruns.costs(one, url)))
            rests, walked = asyncio.run(_resting(one, url))
            lines.append(f"the app: a session that rests              {rests:6.2f} MB   {rests / resting[0]:4.1f} × hello world")
            lines.append(f"the app: the same after every page         {walked:6.2f} MB   {walked / resting[0]:4.1f} × hello world")
            place = Place(url, url)
            lines.append(asyncio.run(_managers(place, [one.process])).line("one process: managers"))
            lines.append(asyncio.run(_respondents(place, made.tokens, [one.process])).line("one process: respondents"))
        finally:
            replica.terminate()
            replica.ended()
        site = start_site(folder, database=database, drain=1.0)
        try:
            place = Place(site.app, site.survey, site.authority)
            processes = [psutil.Process(each.pid) for each in site.replicas.values()]
            lines.append(asyncio.run(_managers(place, processes)).line("two processes behind nginx: managers"))
            lines.append(asyncio.run(_respondents(place, made.tokens, processes)).line("two processes behind nginx: respondents"))
        finally:
            stop_site(site)
    return lines


async def _managers(place: Place, servers: Sequence[psutil.Process]) -> Held:
    async def person(number: int, waited: Waited, over: asyncio.Event) -> None:
        await manager(place, number, waited, over)

    return await _held(person, Waited.seconds, servers, first=MANAGERS_FROM, most=MANAGERS_TO)


async def _respondents(place: Place, tokens: Sequence[str], servers: Sequence[psutil.Process]) -> Held:
    async def person(number: int, waited: Waited, over: asyncio.Event) -> None:
        await respondent(place, number, tokens[number], waited, over, between=BETWEEN)

    return await _held(person, lambda waited: waited.saves, servers, first=RESPONDENTS_FROM, most=RESPONDENTS_TO)


async def _held(
    person: Person, waits: Callable[[Waited], Sequence[float]], servers: Sequence[psutil.Process], *, first: int, most: int
) -> Held:
    """Let more and more people come until they wait too long; then once again with a number between the last two."""
    held = await _climb(person, waits, servers, numbers=_steps(first, most))
    if held.next_people:
        between = round(math.sqrt(max(held.people, first / STEP) * held.next_people))
        again = await _climb(person, waits, servers, numbers=[between])
        if again.people:
            return Held(**{**again.__dict__, "next_people": held.next_people, "next_p95": held.next_p95})
        return Held(**{**held.__dict__, "next_people": between, "next_p95": again.next_p95, "failed": held.failed or again.failed})
    return held


def _steps(first: int, most: int) -> list[int]:
    numbers = [first]
    while numbers[-1] < most:
        numbers.append(min(round(numbers[-1] * STEP), most))
    return numbers


async def _climb(
    person: Person, waits: Callable[[Waited], Sequence[float]], servers: Sequence[psutil.Process], *, numbers: Sequence[int]
) -> Held:
    over, waited = asyncio.Event(), Waited()
    held = Held(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0.0, ())
    tasks: list[asyncio.Task[None]] = []
    try:
        for number in numbers:
            tasks += [asyncio.create_task(_person(person, one, waited, over)) for one in range(len(tasks), number)]
            await asyncio.sleep(SETTLE)
            waited.runs.clear()
            waited.saves.clear()
            waited.failed.clear()
            psutil.cpu_percent()
            before, began = _spent(servers), time.monotonic()
            await asyncio.sleep(HOLD)
            seconds = time.monotonic() - began
            times = list(waits(waited))
            p95 = share(times, 0.95)
            if p95 > SECOND or waited.failed or not times:
                return Held(**{**held.__dict__, "next_people": number, "next_p95": p95, "failed": tuple(waited.failed)})
            busy = (_spent(servers) - before) / seconds
            held = Held(number, share(times, 0.5), p95, len(times) / seconds, busy, psutil.cpu_percent() / 100, 0, 0.0, ())
    finally:
        over.set()
        await asyncio.gather(*tasks)
    return held


async def _person(person: Person, number: int, waited: Waited, over: asyncio.Event) -> None:
    await person(number, waited, over)


def _spent(servers: Sequence[psutil.Process]) -> float:
    return sum(Server("", process, 0.0).cpu_seconds() for process in servers)


async def _resting(server: Server, url: str) -> tuple[float, float]:
    """Megabytes of private memory for each session: one that has opened the first page and rests, and one that has seen every page."""
    async with await opened(url, keep_frames=False) as first:
        await first.open()
        for _ in range(2):
            await _walk(first)
        before = _private(server)
        sessions: list[Session] = []
        try:
            for _ in range(IDLE):
                sessions.append(await opened(url, keep_frames=False))
                await sessions[-1].open()
            rested = _private(server)
            for session in sessions[:WALKERS]:
                await _walk(session)
            walked = _private(server)
        finally:
            for session in sessions:
                await session.close()
    rests = (rested - before) / IDLE / 1e6
    return rests, rests + (walked - rested) / WALKERS / 1e6


async def _walk(session: Session) -> None:
    for name in list(session.pages):
        await session.open(name)


def _private(server: Server) -> int:
    return int(server.process.memory_full_info().uss)
