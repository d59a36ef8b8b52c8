"""`python -m tests.kill_answers [--submissions 1000] [--kills 40] [--url postgresql://…]`: servers are killed while people answer.

Each person sends one whole survey by HTTP and tries again until it is acknowledged, as the page does, while the server is ended by
SIGKILL at random moments and started again. Then the round is closed: every acknowledged set of answers must be there exactly once.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from random import Random

from app.services.actor import local_actor
from app.services.rounds import closed
from app.services.rounds.secret import server_secret
from app.services.teams import list_teams
from app.storage import migrations
from app.storage.engine import make_engine
from tests import survey_rounds

ROOT = Path(__file__).resolve().parents[1]
SETTING = "a secret for the kill test only, 32 characters"
CLIENTS = 16


@dataclass(frozen=True)
class Figures:
    """What came of it: `lost` were acknowledged and are not there, `doubled` are there twice, `strange` were never sent."""

    acknowledged: int
    stored: int
    lost: int
    doubled: int
    strange: int
    kills: int
    retries: int
    seconds: float


class Server:
    """The survey's server on one port, ended and started again."""

    def __init__(self, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._environment = {**os.environ, **environment}
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = [sys.executable, "-m", "uvicorn", "app.ui.respondent.server:app", "--port", str(self.port), "--log-level", "critical"]
        self._child = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 90
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/s/done", timeout=2).close()
            except OSError:
                if self._child.poll() is not None:
                    raise RuntimeError("the server ended by itself") from None
                time.sleep(0.05)
            else:
                return
        raise RuntimeError("the server did not start")

    def kill(self) -> None:
        """End it at once, without a word."""
        if self._child is not None:
            self._child.send_signal(signal.SIGKILL)
            self._child.wait()


def run(database_url: str, *, submissions: int, kills: int, data_dir: Path, seed: int | None = None) -> Figures:
    """Play it on an empty database and count."""
    random = Random(seed)
    engine = make_engine(database_url)
    migrations.upgrade(engine)
    actor = local_actor(engine)
    secret = server_secret(SETTING, data_dir=data_dir)
    team_id = list_teams(actor, engine=engine)[0].id
    shown = survey_rounds.opened_round(actor, engine, team_id, people=survey_rounds.team_of(submissions, 0), secret=secret)
    tokens = list(survey_rounds.personal_tokens(actor, engine, shown.id, secret=secret).values())
    sent = {token: survey_rounds.random_answers(Random(random.random())) for token in tokens}
    server = Server({"SCORECARD_DATABASE_URL": database_url, "SCORECARD_SECRET": SETTING, "SCORECARD_DATA_DIR": str(data_dir)})
    server.start()
    acknowledged: set[str] = set()
    retries: list[int] = []
    gone, deadline = threading.Event(), time.monotonic() + 1_800

    def submit(token: str) -> None:
        body = dumps({"answers": sent[token]}).encode()
        while time.monotonic() < deadline:
            request = urllib.request.Request(f"http://127.0.0.1:{server.port}/s/{token}/answers", data=body, method="PUT")
            try:
                with urllib.request.urlopen(request, timeout=20) as reply:
                    if reply.status == 200:
                        acknowledged.add(token)
                        return
            except urllib.error.HTTPError as error:
                if error.code != 503:
                    raise
            except (OSError, ConnectionError):
                pass
            retries.append(1)
            time.sleep(0.05)

    def murder() -> int:
        # Moments by the work done, not by the clock: a fast computer would be through before the first.
        number = 0
        for after in sorted(random.sample(range(1, submissions - CLIENTS), kills)):
            while len(acknowledged) < after:
                if gone.wait(0.001):
                    return number
            time.sleep(random.uniform(0, 0.02))
            server.kill()
            number += 1
            server.start()
        return number

    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        murderer = pool.submit(murder)
        for done in [pool.submit(submit, token) for token in tokens]:
            done.result()
        gone.set()
        killed = murderer.result()
    seconds = time.monotonic() - began
    server.kill()
    closed.close_round(actor, engine=engine, secret=secret, round_id=shown.id)
    stored = [repr(sorted(response.answers.items())) for response in closed.closed_responses(actor, engine=engine, round_id=shown.id)]
    engine.dispose()
    wanted = {token: repr(sorted(answers.items())) for token, answers in sent.items()}
    return Figures(
        acknowledged=len(acknowledged),
        stored=len(stored),
        lost=sum(wanted[token] not in stored for token in acknowledged),
        doubled=len(stored) - len(set(stored)),
        strange=len(set(stored) - set(wanted.values())),
        kills=killed,
        retries=len(retries),
        seconds=seconds,
    )


def main(arguments: list[str]) -> None:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill_answers", description=__doc__)
    parser.add_argument("--submissions", type=int, default=1_000)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--url", help="a database that is empty; a SQLite file in a folder of its own when none is given")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, suppress(KeyboardInterrupt):
        url = options.url or f"sqlite:///{folder}/answers.db"
        found = run(url, submissions=options.submissions, kills=options.kills, data_dir=Path(folder))
        sys.stdout.write(f"{found}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
