"""`python -m tests.bench soak --minutes 30`: people at work for half an hour on two processes, and whether anything grows.

nginx from the shipped file, two processes, PostgreSQL. First ten managers in a hurry fill the memory of both processes with all the
results they keep at most, which at the pace of people takes longer than half an hour, and nothing is noted. Then twenty managers come,
look around for some minutes and go; twenty respondents answer; every few minutes somebody imports a changed file, and somebody makes a
report. Memory, files, threads, sessions, connections, kept results and temporary files are noted every ten seconds. A line through the
last two thirds says how much each grows in an hour.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import psutil
import psycopg
from scipy import stats
from websockets.exceptions import WebSocketException

from app.services.play_company import generate
from app.ui.cache import ENTRIES
from tests import postgresql
from tests.bench.company import company
from tests.bench.people import Place, Waited, manager, pause, respondent, share, source
from tests.hosting.session import SessionError, opened
from tests.hosting.site import SECRET, Site, start_site, stop_site

MANAGERS, RESPONDENTS = 20, 20
MINUTES = 30.0
STAYS = (60.0, 240.0)
"""Seconds a manager keeps the page open before somebody else comes."""
HURRIED, HURRY = 10, (0.2, 0.6)
"""Managers who fill the memory, and the seconds they think."""
FILLED_WITHIN = 1_200.0
BETWEEN = (2.0, 8.0)
"""Seconds between two answers of a respondent."""
IMPORT_EVERY, REPORT_EVERY = 180.0, 150.0
SAMPLE_EVERY = 10.0
KEPT = "scorecard_kept_results"
BLOCK = 120.0
"""Seconds of one point of the line: what is noted within two minutes hangs together, and is one observation."""


def measure(*, minutes: float = MINUTES, samples_to: Path | None = None) -> list[str]:
    """Lines of the report; each sample is written out at once when a file is named, so that a soak that is broken off is not lost."""
    with tempfile.TemporaryDirectory() as name, postgresql.server() as server:
        folder = Path(name)
        # What the processes leave lying about can be counted when it has a place of its own.
        (folder / "temporary").mkdir()
        os.environ["TMPDIR"] = str(folder / "temporary")
        database = postgresql.upgraded(server, "soaked")
        made = company(database, people=RESPONDENTS, secret=SECRET, folder=folder)
        site = start_site(folder, database=database, drain=1.0)
        try:
            waited, samples = asyncio.run(_soak(site, server, made.tokens, seconds=minutes * 60, samples_to=samples_to))
        finally:
            stop_site(site)
    return _report(waited, samples)


async def _soak(
    site: Site, server: str, tokens: Sequence[str], *, seconds: float, samples_to: Path | None
) -> tuple[Waited, list[dict[str, float]]]:
    place, waited, over = Place(site.app, site.survey, site.authority), Waited(), asyncio.Event()
    await _fill(place, site)
    samples: list[dict[str, float]] = []
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(MANAGERS):
            group.create_task(manager(place, number, waited, over, stays=STAYS))
        for number, token in enumerate(tokens):
            group.create_task(respondent(place, 1_000 + number, token, waited, over, between=BETWEEN))
        group.create_task(_imports(place, waited, over))
        group.create_task(_reports(place, waited, over))
        while time.monotonic() - began < seconds:
            samples.append({"second": time.monotonic() - began, **await asyncio.to_thread(_sample, site, server)})
            if samples_to is not None:
                with samples_to.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(samples[-1]) + "\n")
            await asyncio.sleep(SAMPLE_EVERY)
        over.set()
    return waited, samples


async def _fill(place: Place, site: Site) -> None:
    """Look around in a hurry until each process keeps as many results as it ever will."""
    over, end = asyncio.Event(), time.monotonic() + FILLED_WITHIN
    async with asyncio.TaskGroup() as group:
        for number in range(HURRIED):
            group.create_task(manager(place, number, Waited(), over, stays=STAYS, think=HURRY))
        while min(_told(each.port)[KEPT] for each in site.replicas.values()) < ENTRIES and time.monotonic() < end:
            await asyncio.sleep(SAMPLE_EVERY)
        over.set()


async def _imports(place: Place, waited: Waited, over: asyncio.Event) -> None:
    """Now and then the deals again, with some amounts changed, as a weekly export is."""
    head, *rows = next(file.text for file in generate() if file.name == "deals.csv").splitlines()
    random = Random(7)
    while await pause(random, (IMPORT_EVERY / 2, IMPORT_EVERY * 1.5), over):
        changed = [re.sub(r",(\d{4,})\.", lambda found: f",{int(found[1]) + random.randint(1, 99)}.", row, count=1) for row in rows]
        try:
            async with await opened(place.app, authority=place.authority, keep_frames=False, source=source(2_000)) as session:
                await session.open("data")
                await session.upload("Export of your CRM, invoicing or web analytics", "deals.csv", "\n".join([head, *changed]).encode())
                for _ in range(120):
                    buttons = {one.label for kind, one in session.run.widgets() if kind == "button"}
                    if "Discard this file" not in buttons:
                        # The export is known from last time, so it was taken over without another click.
                        waited.done["imports"] += 1
                        break
                    await (session.click("Import") if "Import" in buttons else session.rerun())
                    await asyncio.sleep(1)
                else:
                    waited.failed.append("import: not finished within two minutes")
        except (SessionError, OSError, TimeoutError, WebSocketException) as error:
            waited.failed.append(f"import: {type(error).__name__}: {error}"[:300])


async def _reports(place: Place, waited: Waited, over: asyncio.Event) -> None:
    """Now and then a report, waited for and fetched."""
    random = Random(8)
    while await pause(random, (REPORT_EVERY / 2, REPORT_EVERY * 1.5), over):
        try:
            async with await opened(place.app, authority=place.authority, source=source(2_001)) as session:
                run = await session.open("report")
                before = {one for one in run.links() if one.endswith(".pdf")}
                run = await session.click("Make the report")
                for _ in range(120):
                    if new := [one for one in run.links() if one.endswith(".pdf") and one not in before]:
                        answer = await session.ask("GET", new[0])
                        if not answer.content.startswith(b"%PDF"):
                            waited.failed.append(f"report: {answer.status_code}")
                        waited.done["reports"] += 1
                        break
                    await asyncio.sleep(2)
                    run = await session.rerun()
                else:
                    waited.failed.append("report: not made within four minutes")
        except (SessionError, OSError, TimeoutError, WebSocketException) as error:
            waited.failed.append(f"report: {type(error).__name__}: {error}"[:300])


def _sample(site: Site, server: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, replica in site.replicas.items():
        process = psutil.Process(replica.pid)
        memory = process.memory_full_info()
        found[f"{name} resident MB"] = memory.rss / 1e6
        found[f"{name} private MB"] = memory.uss / 1e6
        children = process.children(recursive=True)
        found[f"{name} children MB"] = sum(_private(child) for child in children) / 1e6
        found[f"{name} children"] = len(children)
        found[f"{name} open files"] = process.num_fds()
        found[f"{name} threads"] = process.num_threads()
        found |= {f"{name} {what}": value for what, value in _told(replica.port).items()}
        data = [path.stat().st_size for path in (site.folder / name).rglob("*") if path.is_file()]
        found[f"{name} kept files"], found[f"{name} kept files MB"] = len(data), sum(data) / 1e6
    temporary = list((site.folder / "temporary").rglob("*"))
    found["temporary files"] = len(temporary)
    with psycopg.connect(server) as connection:
        row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = 'soaked'").fetchone()
        found["connections"] = row[0] if row else 0
        row = connection.execute("SELECT pg_database_size('soaked')").fetchone()
        found["database MB"] = row[0] / 1e6 if row else 0
    return found


def _private(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:
        return 0


def _told(port: int) -> dict[str, float]:
    """What Streamlit tells of itself, sessions and how much is kept, by kind; and how many results the app keeps."""
    lines: list[str] = []
    for path in ("_stcore/metrics", "metrics"):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=30) as answer:
            lines += answer.read().decode().splitlines()
    found: dict[str, float] = {}
    for line in lines:
        name, _, value = line.rpartition(" ")
        if line.startswith("#") or not name:
            continue
        family, _, labels = name.partition("{")
        kind = re.search(r'(?:cache_type|type|cache)="([^"]+)"', labels)
        key = f"{family} {kind[1]}" if kind else family
        if key.startswith(("active_sessions", "cache_memory_bytes", KEPT)):
            found[key] = found.get(key, 0.0) + float(value)
    return found


def growth(samples: Sequence[Mapping[str, float]], name: str) -> tuple[float, float, float]:
    """Mean over the last two thirds, growth in an hour, and half the width of its 95 % interval, from two-minute means."""
    last = samples[-1]["second"]
    kept = [one for one in samples if one["second"] >= last / 3]
    blocks: dict[int, list[Mapping[str, float]]] = {}
    for one in kept:
        blocks.setdefault(int((one["second"] - last / 3) // BLOCK), []).append(one)
    times = [statistics.fmean(one["second"] for one in block) / 3600 for block in blocks.values()]
    values = [statistics.fmean(one.get(name, 0.0) for one in block) for block in blocks.values()]
    mean = statistics.fmean(one.get(name, 0.0) for one in kept)
    if len(times) < 3:
        return mean, 0.0, float("inf")
    line = stats.linregress(times, values)
    return mean, float(line.slope), float(stats.t.ppf(0.975, len(times) - 2) * line.stderr)


def _report(waited: Waited, samples: Sequence[Mapping[str, float]]) -> list[str]:
    minutes = samples[-1]["second"] / 60
    lines = [
        f"{minutes:.0f} minutes, {MANAGERS} managers and {RESPONDENTS} respondents on two processes: {len(waited.runs)} reruns, "
        f"{len(waited.saves)} saves, {waited.done['imports']} imports, {waited.done['reports']} reports, {len(waited.failed)} failed",
        f"  a rerun p95 {share(waited.seconds(), 0.95) * 1000:.0f} ms, a save p95 {share(waited.saves, 0.95) * 1000:.0f} ms",
        "  what                                     first      mean of the last two thirds    growth in an hour (95 %)",
    ]
    for name in samples[-1]:
        if name == "second":
            continue
        mean, slope, half = growth(samples, name)
        grows = "  grows" if slope - half > 0 else ""
        lines.append(f"  {name:<38} {samples[0].get(name, 0.0):9.1f} {mean:30.1f} {slope:+18.1f} ± {half:.1f}{grows}")
    lines.extend(f"  failed: {text}" for text in sorted(set(waited.failed))[:10])
    return lines
