"""People at work, played from this computer: managers who look around, respondents who answer.

Managers think about five seconds between two clicks, walk through every page and change what is counted; respondents pause as
long as they are told to. Both go on until they are told to stop, and say how long they waited.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException

from tests import survey_rounds
from tests.hosting.session import Bounds, Session, SessionError, opened

THINK = (2.5, 7.5)
"""Seconds between two clicks of a manager: five on average."""
CHOICES = (
    "Count deals or their value",
    "Which day puts a deal in a period",
    "Deals that ended without a decision",
    "Only one group of",
    "Region",
    "Industry",
    "Source",
    "Break down by",
    "Subject",
)
"""What a manager changes on a page, where the page has it."""


@dataclass
class Waited:
    """Seconds people waited: managers for a page or for a change on it, respondents for a save and for a page; what went wrong; and
    how often whatever else was done."""

    runs: list[tuple[str, float]] = field(default_factory=list)
    saves: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    def seconds(self) -> list[float]:
        """How long managers waited."""
        return [seconds for _, seconds in self.runs]


@dataclass(frozen=True)
class Place:
    """Where the app is: the managers' address, the survey's, and the file of the certificate where they are encrypted."""

    app: str
    survey: str
    authority: Path | None = None


def share(times: Sequence[float], part: float) -> float:
    """Seconds within which this part of the waits was over."""
    ordered = sorted(times)
    return ordered[min(int(part * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def source(number: int) -> str:
    """A loopback address for each person: the proxy counts connections and requests by address, and people do not share one."""
    return f"127.0.{1 + number // 250}.{1 + number % 250}"


async def pause(random: Random, between: tuple[float, float], over: asyncio.Event) -> bool:
    """Wait a while; False when it is over meanwhile."""
    try:
        await asyncio.wait_for(over.wait(), random.uniform(*between))
    except TimeoutError:
        return True
    return False


async def manager(
    place: Place,
    number: int,
    waited: Waited,
    over: asyncio.Event,
    *,
    stays: tuple[float, float] | None = None,
    think: tuple[float, float] = THINK,
) -> None:
    """Look around until it is over; with `stays` (seconds) close the page and come back as somebody new after about as long."""
    random = Random(number)
    clock = asyncio.get_running_loop()
    while await pause(random, (0.0, think[1]), over):
        until = clock.time() + random.uniform(*stays) if stays else float("inf")
        try:
            # A page that comes late is counted as late, not as gone: sixty seconds are far beyond what is measured.
            bounds = Bounds(messages=1_000_000, size=1 << 40, seconds=60)
            async with await opened(
                place.app, authority=place.authority, bounds=bounds, keep_frames=False, source=source(number)
            ) as session:
                await session.open()
                _note(waited, session)
                while clock.time() < until and await pause(random, think, over):
                    await _step(session, random, waited)
        except (SessionError, OSError, TimeoutError, WebSocketException) as error:
            waited.failed.append(f"{type(error).__name__}: {error}"[:300])
        if over.is_set():
            return


async def _step(session: Session, random: Random, waited: Waited) -> None:
    choices = [
        (kind, one)
        for kind, one in session.run.widgets()
        if kind in ("selectbox", "radio") and one.label in CHOICES and not one.form_id and not one.disabled and len(one.options) > 1
    ]
    if choices and random.random() < 0.5:
        kind, chosen = random.choice(choices)
        await session.set(chosen.label, random.choice(list(chosen.options)), kind=kind)
        _note(waited, session)
        return
    pages = [name for name in session.pages if name != session.page]
    # An app of one page has nowhere else to go.
    await (session.open(random.choice(pages)) if pages else session.rerun())
    _note(waited, session)


def _note(waited: Waited, session: Session) -> None:
    waited.runs.append((session.page or "overview", session.run.seconds))
    waited.failed.extend(f"{session.page}: {text}" for text in session.run.exceptions())


def device(number: int) -> str:
    """The cookie of a respondent's browser."""
    return f"{number:032x}"


async def respondent(
    place: Place,
    number: int,
    token: str,
    waited: Waited,
    over: asyncio.Event,
    *,
    between: tuple[float, float],
    acknowledged: dict[str, int] | None = None,
) -> None:
    """Go through the survey and answer, again and again, until it is over; `acknowledged` takes the answers that are to be there then."""
    random = Random(number)
    line = Line(place.survey, device=device(number), authority=place.authority, source=source(number))
    clock = asyncio.get_running_loop()
    try:
        while True:
            for part, dimension in enumerate(survey_rounds.SURVEY.dimensions, 1):
                if not await pause(random, between, over):
                    return
                began = clock.time()
                status = await line.ask("GET", f"/s/{token}/{part}")
                waited.pages.append(clock.time() - began)
                if status != 200:
                    waited.failed.append(f"a page of the survey answered {status}")
                for item in survey_rounds.SURVEY.items_of(dimension.id):
                    if not await pause(random, between, over):
                        return
                    answer = random.randint(1, 5)
                    body = json.dumps({"answers": {item.id: answer}}).encode()
                    began = clock.time()
                    status = await line.ask("PUT", f"/s/{token}/answers", body)
                    waited.saves.append(clock.time() - began)
                    if status != 200:
                        waited.failed.append(f"a save answered {status}")
                    if acknowledged is not None:
                        # Of one that was not acknowledged nobody knows: the page says so, and saves again.
                        acknowledged.pop(item.id, None)
                        acknowledged |= {item.id: answer} if status == 200 else {}
    finally:
        line.close()


class Line:
    """One browser's connection, kept open; a client library would take more of the cores than the server that is measured."""

    def __init__(self, url: str, *, device: str, authority: Path | None = None, source: str = "127.0.0.1") -> None:
        parts = urlsplit(url)
        self._host = parts.netloc
        self._name = parts.hostname or ""
        self._port = parts.port or 443
        self._device = device
        self._source = source
        self._context = _context(authority) if parts.scheme == "https" else None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> int:
        """The status of the reply; asked again when the server closed an idle connection at that moment, as a browser does."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nCookie: survey_device={self._device}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        for _ in range(5):
            try:
                reader, writer = self._streams = self._streams or await asyncio.open_connection(
                    "127.0.0.1",
                    self._port,
                    ssl=self._context,
                    server_hostname=self._name if self._context else None,
                    local_addr=(self._source, 0),
                )
                writer.write(head.encode() + body)
                answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                if "transfer-encoding: chunked" in answer:
                    while size := int((await reader.readline()).partition(b";")[0], 16):
                        await reader.readexactly(size + 2)
                    await reader.readline()
                else:
                    length = int(answer.partition("content-length:")[2].partition("\r\n")[0])
                    await reader.readexactly(length)
                return int(answer.split(" ", 2)[1])
            except (OSError, asyncio.IncompleteReadError):
                self.close()
        return 0

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


@cache
def _context(authority: Path | None) -> ssl.SSLContext:
    """One for everybody: making one reads every certificate."""
    return ssl.create_default_context(cafile=authority)
