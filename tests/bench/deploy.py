"""`python -m tests.bench deploy`: a new version goes online while everybody works, and what that costs them.

nginx from the shipped file, two processes, PostgreSQL. Twenty managers look around, thirty respondents answer, and somebody has uploaded
a file whose reading takes longer than a process waits for those who are there. One process after the other is told to end, with the import
in its hands first, and is started again. A manager whose connection is lost connects again as a browser does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from httpx import HTTPError
from sqlmodel import select
from websockets.exceptions import WebSocketException

from app.services.rounds.answering import open_link
from app.services.rounds.secret import server_secret
from app.storage.engine import make_engine, transaction
from app.storage.tables import Dataset, ImportJob
from tests import postgresql
from tests.bench.company import Company, company
from tests.bench.people import THINK, Place, Waited, device, respondent, share, source
from tests.hosting.session import Bounds, Session, SessionError, opened
from tests.hosting.site import SECRET, Replica, Site, start_site, stop_site

MANAGERS, RESPONDENTS, ROWS = 20, 30, 800_000
DRAIN = 1.0
"""Seconds a process that is told to end waits for those who are there: less than the import takes."""
BETWEEN = (0.5, 1.5)
"""Seconds between two answers of a respondent: quicker than people are."""
BEFORE, AFTER = 20.0, 10.0
"""Seconds of work before the first process is told to end, and after each has come back."""
GOAL = 5.0
AGAIN = (0.5, 1.0, 2.0, 4.0)
"""Seconds a browser's page waits before each try to connect again."""
LOST = (SessionError, OSError, TimeoutError, WebSocketException, HTTPError)


@dataclass
class Seen:
    """What the managers saw: seconds from a lost connection to the next and to a whole page; and the import: who held it, in order."""

    runs: int = 0
    connected: list[float] = field(default_factory=list)
    back: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    imported: float = 0.0
    held: list[str] = field(default_factory=list)


def measure() -> list[str]:
    """Lines of the report."""
    with TemporaryDirectory() as name, postgresql.server() as server:
        folder = Path(name)
        database = postgresql.upgraded(server, "deployed")
        made = company(database, people=RESPONDENTS, secret=SECRET, folder=folder)
        site = start_site(folder, database=database, drain=DRAIN)
        seen, waited = Seen(), Waited()
        given: list[dict[str, int]] = [{} for _ in made.tokens]
        try:
            asyncio.run(_deploy(site, made, seen, waited, given))
            return [*_people(seen, waited), *_drafts(database, folder, made, given), *_import(database, made, seen)]
        finally:
            stop_site(site)


async def _deploy(site: Site, made: Company, seen: Seen, waited: Waited, given: Sequence[dict[str, int]]) -> None:
    place, over = Place(site.app, site.survey, site.authority), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for number in range(MANAGERS):
            group.create_task(_manager(place, number, seen, over))
        for number, token in enumerate(made.tokens):
            group.create_task(
                respondent(place, 1_000 + number, token, waited, over, between=BETWEEN, acknowledged=given[number]),
            )
        await asyncio.sleep(BEFORE)
        imported = group.create_task(_importer(place, seen))
        group.create_task(asyncio.to_thread(_watch, site, made, seen, over))
        while not seen.held and not imported.done():
            await asyncio.sleep(0.05)
        for replica in site.replicas.values():
            await asyncio.to_thread(_again, replica)
            await asyncio.sleep(AFTER)
        await imported
        over.set()


def _watch(site: Site, made: Company, seen: Seen, over: asyncio.Event) -> None:
    engine = make_engine(site.database)
    while not over.is_set():
        with transaction(engine, organization_id=made.actor.organization_id) as session:
            for job in session.exec(select(ImportJob)).all():
                name = next((one.name for one in site.replicas.values() if one._child and f"/{one.pid}/" in f"{job.holder}/"), "nobody")
                said = f"{job.kind} {job.state} with {name}"
                if said not in seen.held[-1:]:
                    seen.held.append(said)
        time.sleep(0.1)
    engine.dispose()


def _again(replica: Replica) -> None:
    replica.terminate()
    replica.ended(DRAIN + 30)
    replica.start()
    replica.wait()


async def _manager(place: Place, number: int, seen: Seen, over: asyncio.Event) -> None:
    """Look around; when the line is lost, connect again as the page does, with the same session and the same address."""
    random, page = Random(number), ""
    cookies: dict[str, str] = {}
    resume, gone, tries = "", 0.0, 0
    clock = asyncio.get_running_loop()
    await asyncio.sleep(random.uniform(0.0, THINK[1]))
    while not over.is_set():
        try:
            async with await opened(
                place.app,
                authority=place.authority,
                cookies=cookies,
                resume=resume,
                keep_frames=False,
                bounds=Bounds(messages=1_000_000, size=1 << 40, seconds=60),
                source=source(number),
            ) as session:
                if gone:
                    seen.connected.append(clock.time() - gone)
                await session.open(page)
                if gone:
                    seen.back.append(clock.time() - gone)
                gone, tries, cookies, resume = 0.0, 0, session.cookies, session.id
                while not over.is_set() and not await _hung_up(session, random.uniform(*THINK)):
                    page = random.choice([name for name in session.pages if name != session.page])
                    await session.open(page)
                    seen.runs += 1
                    seen.failed.extend(f"{page}: {text}" for text in session.run.exceptions())
                gone = clock.time()
        except LOST as error:
            gone = gone or clock.time()
            if tries >= len(AGAIN):
                seen.failed.append(f"a manager could not connect again: {type(error).__name__}: {error}"[:300])
                return
        if not over.is_set():
            await asyncio.sleep(AGAIN[min(tries, len(AGAIN) - 1)])
            tries += 1


async def _hung_up(session: Session, seconds: float) -> bool:
    try:
        await asyncio.wait_for(session.lost(), seconds)
    except TimeoutError:
        return False
    return True


async def _importer(place: Place, seen: Seen) -> None:
    """Upload through the process that goes first, and look until it is imported, whichever process that takes."""
    rows = b"".join(b"%d,Account %d,Closed Won,%d.50,2025-01-02,2025-%02d-03\n" % (n, n % 900, n % 5000, n % 12 + 1) for n in range(ROWS))
    data = b"Deal ID,Account,Stage,Amount,Created,Close Date\n" + rows
    cookies, began = {"scorecard_replica": "a"}, time.monotonic()
    uploaded = False
    while not seen.imported:
        try:
            async with await opened(
                place.app, authority=place.authority, cookies=cookies, keep_frames=False, source=source(2_000)
            ) as session:
                cookies = session.cookies
                run = await session.open("data")
                if not uploaded:
                    # The page shows the reading while it goes on, so this may be cut off; the file is there by then.
                    uploaded, began = True, time.monotonic()
                    run = await session.upload("Export of your CRM, invoicing or web analytics", "deals-new.csv", data)
                while True:
                    buttons = {one.label for kind, one in run.widgets() if kind == "button"}
                    if "Discard this file" not in buttons:
                        seen.imported = time.monotonic() - began
                        return
                    asked = next((one for one in ("Import", "Try again") if one in buttons), "")
                    run = await (session.click(asked) if asked else session.rerun())
                    await asyncio.sleep(1)
        except LOST as error:
            if time.monotonic() - began > 600:
                seen.failed.append(f"import: {type(error).__name__}: {error}"[:300])
                return
            await asyncio.sleep(AGAIN[0])


def _people(seen: Seen, waited: Waited) -> list[str]:
    lines = [
        f"{MANAGERS} managers, {seen.runs} runs of pages: {len(seen.back)} connections lost, connected again after "
        f"{share(seen.connected, 0.5):.1f} s (half), {max(seen.connected, default=0.0):.1f} s (the last), goal {GOAL:g} s; "
        f"with a whole page after {share(seen.back, 0.5):.1f} s (half), {max(seen.back, default=0.0):.1f} s (the last)",
        f"{RESPONDENTS} respondents: {len(waited.saves)} saves, p95 {share(waited.saves, 0.95) * 1000:.0f} ms, "
        f"the longest {max(waited.saves, default=0.0):.1f} s",
    ]
    return lines + [f"  failed: {text}" for text in sorted({*seen.failed, *waited.failed})[:10]]


def _drafts(database: str, folder: Path, made: Company, given: Sequence[dict[str, int]]) -> list[str]:
    engine = make_engine(database)
    lost = 0
    for number, (token, acknowledged) in enumerate(zip(made.tokens, given, strict=True)):
        found = open_link(engine, secret=server_secret(SECRET, data_dir=folder), token=token, device=device(1_000 + number))
        there = found.answers if found is not None else {}
        lost += sum(there.get(item) != answer for item, answer in acknowledged.items())
    engine.dispose()
    return [f"drafts: {sum(map(len, given)):,} acknowledged answers, {lost} of them lost or changed"]


def _import(database: str, made: Company, seen: Seen) -> list[str]:
    engine = make_engine(database)
    with transaction(engine, organization_id=made.actor.organization_id) as session:
        tables = [dataset.file_name for dataset in session.exec(select(Dataset)).all() if dataset.state == "active"]
    engine.dispose()
    return [f"import: over after {seen.imported:.0f} s ({', '.join(seen.held)}); in use: {', '.join(sorted(tables))}"]
