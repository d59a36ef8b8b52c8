"""The play that every kind shares: clients write, one after the other in each lane, while process and connection are cut at random."""

from __future__ import annotations

import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal

import httpx
from sqlalchemy import Engine, make_url

from app.storage.engine import make_engine

ROOT = Path(__file__).resolve().parents[2]
SETTING = "a secret for the kill test only, 32 characters"
START_SECONDS = 90
WRITE_SECONDS = 600
"""A write that is not acknowledged after so long hangs."""
AIM_SECONDS = 1.0
"""How long an event waits for a moment in which something is being written."""
OF_THE_PROCESS = "FROM pg_stat_activity WHERE datname = current_database() AND usename <> current_user"
"""The server's processes that serve the process under test; whoever cuts them has another role."""

Event = Literal["kill", "cut", "restart"]


class Unanswered(Exception):
    """Nothing was acknowledged: the client does what its user would, and tries again."""


@dataclass(frozen=True)
class Found:
    """What is wrong, a sentence each: acknowledged and not there, there in part, there twice, there though nobody speaks of it."""

    lost: tuple[str, ...] = ()
    half: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figures:
    """What came of it. `stored` is counted in the database; `retries` are the attempts that were not acknowledged."""

    kind: str
    engine: str
    acknowledged: int
    stored: int
    found: Found
    kills: int
    cuts: int
    restarts: int
    retries: int
    reasons: tuple[tuple[str, int], ...]
    seconds: float

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Lost, half, doubled, left over."""
        return len(self.found.lost), len(self.found.half), len(self.found.doubled), len(self.found.left)

    def __str__(self) -> str:
        lost, half, doubled, left = self.counts
        line = (
            f"{self.kind} on {self.engine}: {self.acknowledged:,} acknowledged, {self.stored:,} stored, {lost} lost, {half} half, "
            f"{doubled} double, {left} left over; {self.kills} kills, {self.cuts} cuts, {self.restarts} restarts of the database, "
            f"{self.retries:,} retries, {self.seconds:,.0f} s"
        )
        why = (f"{number:,} tries ended so: {reason}" for reason, number in self.reasons)
        return "\n  ".join((line, *why, *self.found.lost, *self.found.half, *self.found.doubled, *self.found.left))


@dataclass(frozen=True)
class Database:
    """The database of a play. `owner` sees every row; `url` is the process's. `restart` is None where there is no server."""

    url: str
    owner: str
    restart: Callable[[], None] | None = None

    @property
    def engine(self) -> str:
        """Which of the two it is."""
        return "sqlite" if self.url.startswith("sqlite") else "postgresql"


class Victim:
    """The process that is killed: an application of ours on one port, started again each time, with folders of its own."""

    def __init__(self, application: str, *, folder: Path, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.temporary = folder / "temporary"
        self.temporary.mkdir(parents=True, exist_ok=True)
        self.log = folder / "process.log"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SCORECARD_")}
        self._environment = {**kept, "TMPDIR": str(self.temporary), **environment}
        self._command = [sys.executable, "-m", "uvicorn", application, "--port", str(self.port), "--log-level", "error"]
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        """Start, and wait until it answers."""
        with self.log.open("ab") as out:
            self._child = subprocess.Popen(self._command, cwd=ROOT, env=self._environment, stdout=out, stderr=out)
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                httpx.get(f"{self.url}/up", timeout=5)
            except httpx.TransportError:
                if self._child.poll() is not None:
                    raise RuntimeError(f"the process ended by itself:\n{self.log.read_text(encoding='utf-8')[-2_000:]}") from None
                if time.monotonic() > end:
                    raise RuntimeError("the process did not start") from None
                time.sleep(0.05)
            else:
                return

    def end(self, by: signal.Signals = signal.SIGKILL) -> None:
        """End it; without a word unless another signal is given."""
        if self._child is not None:
            self._child.send_signal(by)
            self._child.wait()


@dataclass
class Client:
    """Speaks to the process as a browser does; whatever is not a clear answer is `Unanswered`."""

    http: httpx.Client
    clock: threading.Event = field(default_factory=threading.Event)

    def ask(self, path: str, *, method: str = "POST", **body: Any) -> Any:
        """The process's answer."""
        try:
            answer = self.http.request(method, path, json=body)
        except httpx.TransportError as error:
            raise Unanswered(type(error).__name__) from error
        if answer.status_code in (409, 500, 503):
            raise Unanswered(f"{answer.status_code} {answer.text}")
        answer.raise_for_status()
        return answer.json() if answer.headers.get("content-type", "").startswith("application/json") else answer.text

    def pause(self, seconds: float = 0.05) -> None:
        """Look again in a moment."""
        self.clock.wait(seconds)


class Kind(ABC):
    """One kind of write: how its lanes are laid out, how a client writes as a page does, what must be there afterwards."""

    name: str
    application = "tests.kill_writes.process:app"
    lanes = 2

    def __init__(self, engine: Engine, *, writes: int, random: Random, data: Path) -> None:
        self.engine, self.writes, self.random, self.data = engine, writes, random, data

    @abstractmethod
    def prepare(self) -> Sequence[Sequence[Any]]:
        """The writes of each lane, in their order."""

    @abstractmethod
    def write(self, client: Client, what: Any) -> None:
        """Bring one write to its acknowledgement, or raise `Unanswered`; called again with the same until it returns."""

    @abstractmethod
    def check(self, owner: Engine) -> tuple[int, Found]:
        """How many are stored, and what is wrong; whatever was begun has been acknowledged."""


def play(kind: Kind, *, database: Database, events: Sequence[Event], folder: Path, seconds: float = math.inf) -> Figures:
    """Play it on a database at the newest revision and count. After so many seconds no client begins another write.

    Raises
    ------
    ValueError
        When there are so few writes that they might be over before the last event.
    """
    victim = Victim(
        kind.application,
        folder=folder,
        environment={"SCORECARD_DATABASE_URL": database.url, "SCORECARD_SECRET": SETTING, "SCORECARD_DATA_DIR": str(kind.data)},
    )
    lanes = kind.prepare()
    number = sum(len(lane) for lane in lanes)
    began = time.monotonic()
    # Nobody hurries on while an event is due, so each comes in the middle of writes, and the last before the end.
    ahead = 2 * len(lanes)
    last = number - ahead - len(lanes)
    if last <= len(events):
        enough = ahead + len(lanes) + len(events) + 1
        raise ValueError(f"{number} writes of {len(lanes)} clients may be over before {len(events)} events; {enough} are enough")
    moments = sorted(kind.random.sample(range(1, last), len(events)))
    done, reasons = _Counter(), _Counter()
    over = threading.Event()
    happened: list[Event] = []

    def walk(lane: Sequence[Any]) -> None:
        with httpx.Client(base_url=victim.url, timeout=60) as http:
            client = Client(http)
            for what in lane:
                while len(happened) < len(moments) and done.number >= moments[len(happened)] + ahead and not over.is_set():
                    client.pause(0.005)
                if over.is_set() or time.monotonic() > began + seconds:
                    return
                end = time.monotonic() + WRITE_SECONDS
                while True:
                    try:
                        kind.write(client, what)
                    except Unanswered as said:
                        if over.is_set() or time.monotonic() > end:
                            raise
                        reasons.add(str(said))
                        client.pause()
                    else:
                        break
                done.add("done")

    def strike() -> None:
        # Moments by the work done, not by the clock: a fast computer would be through before the first.
        random = Random(kind.random.random())
        for moment, event in zip(moments, random.sample(list(events), len(events)), strict=True):
            while done.number < moment:
                if over.wait(0.001):
                    return
            # Half of them anywhere, half of them while something is being written.
            if random.random() < 0.5:
                over.wait(random.uniform(0, min(0.3, (time.monotonic() - began) / done.number)))
            else:
                _wait_for_a_write(database, over)
            if over.is_set():
                return
            if event == "kill":
                victim.end()
                victim.start()
            elif event == "cut":
                _cut(database)
            elif database.restart is not None:
                database.restart()
            happened.append(event)

    victim.start()
    try:
        with ThreadPoolExecutor(len(lanes) + 1) as pool:
            striking = pool.submit(strike)
            # Whoever fails ends the play for all, and is heard of below.
            striking.add_done_callback(lambda ended: over.set() if ended.exception() else None)
            walking = [pool.submit(walk, lane) for lane in lanes]
            wait(walking, return_when=FIRST_EXCEPTION)
            over.set()
        for ended in (striking, *walking):
            ended.result()
    finally:
        took = time.monotonic() - began
        victim.end()
    owner = make_engine(database.owner)
    stored, found = kind.check(owner)
    owner.dispose()
    return Figures(
        kind=kind.name,
        engine=database.engine,
        acknowledged=done.number,
        stored=stored,
        found=found,
        kills=happened.count("kill"),
        cuts=happened.count("cut"),
        restarts=happened.count("restart"),
        retries=reasons.number,
        reasons=tuple(reasons.by_name.most_common(5)),
        seconds=took,
    )


class _Counter:
    """Names, each as often as some thread has said it."""

    def __init__(self) -> None:
        self.by_name: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def number(self) -> int:
        """How many."""
        return self.by_name.total()

    def add(self, name: str) -> None:
        """One more."""
        with self._lock:
            self.by_name[name] += 1


def _cut(database: Database) -> None:
    """Cut every connection of the process."""
    import psycopg

    with suppress(psycopg.OperationalError), psycopg.connect(database.owner, autocommit=True) as connection:
        connection.execute(f"SELECT pg_terminate_backend(pid) {OF_THE_PROCESS}")


def _wait_for_a_write(database: Database, over: threading.Event) -> None:
    """Wait until a transaction of the process has written something and is not over."""
    import psycopg

    end = time.monotonic() + AIM_SECONDS
    # The server may be just starting again; then it is as good a moment as any.
    with suppress(psycopg.OperationalError), _write_seen(database) as is_seen:
        while time.monotonic() < end and not is_seen() and not over.is_set():
            time.sleep(0.0005)


@contextmanager
def _write_seen(database: Database) -> Iterator[Callable[[], bool]]:
    """Tells whether the process is in the middle of a write."""
    if database.engine == "sqlite":
        import sqlite3

        file = sqlite3.connect(str(make_url(database.url).database), timeout=0, isolation_level=None)

        def is_locked() -> bool:
            try:
                file.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
            file.execute("ROLLBACK")
            return False

        try:
            yield is_locked
        finally:
            file.close()
        return
    import psycopg

    with psycopg.connect(database.owner, autocommit=True) as connection:
        yield lambda: connection.execute(f"SELECT 1 {OF_THE_PROCESS} AND backend_xid IS NOT NULL").fetchone() is not None
