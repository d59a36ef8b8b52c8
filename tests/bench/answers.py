"""Two hundred people answer the survey at the same time on one process: how long a save takes, and what it costs.

First with pauses of one to three seconds between answers, which is quicker than people are; then without any, which shows where the
limit lies. The clients run on the same cores as the server.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from app.services.actor import local_actor
from app.services.rounds import closed
from app.services.rounds.secret import server_secret
from app.services.teams import leave_example, list_teams
from app.storage import migrations
from app.storage.engine import make_engine
from tests import survey_rounds
from tests.bench.people import Line
from tests.bench.servers import free_port, serve

PEOPLE = 200
PAUSE = (1.0, 3.0)
SECRET = "a secret for the measurement, of 32 characters and more"


def measure() -> list[str]:
    """Lines of the report."""
    lines = []
    for title, pause in (("with pauses of 1 to 3 s", PAUSE), ("without a pause", (0.0, 0.0))):
        with tempfile.TemporaryDirectory() as folder:
            lines += _played(Path(folder), title=title, pause=pause)
    return lines


def _played(folder: Path, *, title: str, pause: tuple[float, float]) -> list[str]:
    engine = make_engine(f"sqlite:///{folder / 'scorecard.db'}")
    migrations.upgrade(engine)
    actor = local_actor(engine)
    leave_example(actor, engine=engine)
    secret = server_secret(SECRET, data_dir=folder)
    team_id = list_teams(actor, engine=engine)[0].id
    shown = survey_rounds.opened_round(actor, engine, team_id, people=survey_rounds.team_of(PEOPLE, 0), secret=secret)
    tokens = list(survey_rounds.personal_tokens(actor, engine, shown.id, secret=secret).values())
    port = free_port()
    environment = {"SCORECARD_DATA_DIR": str(folder), "SCORECARD_SECRET": SECRET}
    # The whole app, managers' part included, without the play company that the command would load first.
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)]
    with serve(command, port=port, environment=environment) as server:
        time.sleep(3)
        before, began = server.cpu_seconds(), time.monotonic()
        saves, pages, failed = asyncio.run(_everybody(server.url, tokens, pause))
        spent, seconds = server.cpu_seconds() - before, time.monotonic() - began
    closed.close_round(actor, engine=engine, secret=secret, round_id=shown.id)
    responses = closed.closed_responses(actor, engine=engine, round_id=shown.id)
    whole = sum(len(response.answers) == len(survey_rounds.ITEMS) for response in responses)
    engine.dispose()
    return [
        f"{PEOPLE} people at once, {title}: {len(saves)} saves and {len(pages)} pages in {seconds:.0f} s, {failed} failed, "
        f"{whole} of {PEOPLE} stored whole",
        f"  a save     p50 {_at(saves, 0.5):7.1f} ms   p95 {_at(saves, 0.95):7.1f} ms   worst {max(saves) * 1000:7.1f} ms",
        f"  a page     p50 {_at(pages, 0.5):7.1f} ms   p95 {_at(pages, 0.95):7.1f} ms",
        f"  processor  {spent / len(saves) * 1000:.2f} ms a save, pages included; {spent / seconds * 100:.0f} % of one core",
    ]


def _at(times: Sequence[float], share: float) -> float:
    """Milliseconds within which this share of the requests was answered."""
    return sorted(times)[min(int(share * len(times)), len(times) - 1)] * 1000


async def _everybody(url: str, tokens: Sequence[str], pause: tuple[float, float]) -> tuple[list[float], list[float], int]:
    saves: list[float] = []
    pages: list[float] = []
    failed = 0

    async def person(number: int, token: str) -> None:
        nonlocal failed
        random, line = Random(number), Line(url, device=f"{number:032x}")
        await asyncio.sleep(random.uniform(0, pause[1]))
        for part, dimension in enumerate(survey_rounds.SURVEY.dimensions, 1):
            began = time.monotonic()
            failed += await line.ask("GET", f"/s/{token}/{part}") != 200
            pages.append(time.monotonic() - began)
            for item in survey_rounds.SURVEY.items_of(dimension.id):
                await asyncio.sleep(random.uniform(*pause))
                body = json.dumps({"answers": {item.id: random.randint(1, 5)}}).encode()
                began = time.monotonic()
                failed += await line.ask("PUT", f"/s/{token}/answers", body) != 200
                saves.append(time.monotonic() - began)
        line.close()

    await asyncio.gather(*(person(number, token) for number, token in enumerate(tokens)))
    return saves, pages, failed
