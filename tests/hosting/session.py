"""A session of the app as a browser has it, over the websocket and without a browser: what it was sent is all there to look at.

It speaks the messages of the installed Streamlit itself. It talks to this computer only and is bounded: in messages, in bytes, in seconds.

    async with await opened("http://127.0.0.1:8501") as session:
        run = await session.open("numbers")
        run = await session.set("Only one group of", "Region")
        assert run.exceptions() == []
"""

from __future__ import annotations

import asyncio
import io
import ipaddress
import json
import re
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pyarrow as pa
from google.protobuf.message import Message
from streamlit.proto.AppPage_pb2 import AppPage
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Block_pb2 import Block
from streamlit.proto.Common_pb2 import FileUploaderState, UploadedFileInfo
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

XSRF = "_streamlit_xsrf"
_LINK = re.compile(r"(?<![\w/:.])/?(?:media|download|shared|survey-round|s)/[^\s\"'<>)\\\]]+")
ARROW = b"\xff\xff\xff\xff"
"""How a table that is sent in Arrow's form begins."""
CACHED_RUNS = 2
"""For how many runs a browser remembers a large message unless it is told otherwise, so that it need not be sent again."""

VALUE_OF = {
    "button": "trigger_value",
    "checkbox": "bool_value",
    "expandable": "bool_value",
    "popover": "bool_value",
    "selectbox": "string_value",
    "radio": "string_value",
    "text_input": "string_value",
    "text_area": "string_value",
    "feedback": "string_value",
    "dataframe": "string_value",
    "vega_lite_chart": "string_value",
    "number_input": "double_value",
    "pagination": "int_value",
    "slider": "double_array_value",
    "button_group": "string_array_value",
    "multiselect": "string_array_value",
    "date_input": "string_array_value",
    "file_uploader": "file_uploader_state_value",
    "menu_button": "string_trigger_value",
}
"""Where the value of each kind of widget stands in what is sent back."""


class SessionError(Exception):
    """The server did not do what a server of the app does, or a bound was reached."""


@dataclass(frozen=True)
class Bounds:
    """How much one session may send us, and how many seconds one answer may take."""

    messages: int = 50_000
    size: int = 1 << 30
    seconds: float = 60.0


@dataclass
class Run:
    """What one run of the page has sent.

    `frames` are the bytes as they came; in `messages` those that only name an earlier one are replaced by it. `elements` and `blocks`
    are what stands on the page after the run, by their place. `seconds` is the time from asking until the run was finished.
    """

    frames: list[bytes] = field(default_factory=list)
    messages: list[ForwardMsg] = field(default_factory=list)
    elements: dict[tuple[int, ...], Element] = field(default_factory=dict)
    blocks: dict[tuple[int, ...], Block] = field(default_factory=dict)
    seconds: float = 0.0
    redirect: str | None = None

    def exceptions(self) -> list[str]:
        """What every exception on the page says."""
        return [f"{one.exception.type}: {one.exception.message}" for one in self.elements.values() if one.WhichOneof("type") == "exception"]

    def widgets(self) -> Iterator[tuple[str, Any]]:
        """Kind and message of everything on the page that has a value, in the page's order."""
        standing: list[tuple[tuple[int, ...], Any]] = [*self.elements.items(), *self.blocks.items()]
        for _, found in sorted(standing, key=lambda one: one[0]):
            kind: str = found.WhichOneof("type") or ""
            if kind in VALUE_OF and (message := getattr(found, kind)).id:
                yield kind, message

    def texts(self) -> Iterator[str]:
        """Every text that the run has sent, wherever it stood: words, labels, specifications of charts, cells of tables, addresses."""
        for message in self.messages:
            yield from texts_of(message)

    def links(self) -> list[str]:
        """Addresses below the app's own that the run has named (pictures, downloads, pages), each once, in order."""
        found = (one for text in self.texts() for one in _LINK.findall(text))
        return list(dict.fromkeys(f"/{one.lstrip('/')}" for one in found))


def texts_of(message: Message) -> Iterator[str]:
    """Every text in a message, cells of tables in Arrow's form among them (numbers and dates as Python writes them)."""
    for described, value in message.ListFields():
        # A map is a message for each entry only in the description; its values come as a mapping.
        values = value.values() if isinstance(value, Mapping) else value if described.is_repeated else (value,)
        if isinstance(value, Mapping):
            yield from (str(key) for key in value)
        for one in values:
            if isinstance(one, Message):
                yield from texts_of(one)
            elif isinstance(one, str):
                yield one
            elif isinstance(one, bytes) and one.startswith(ARROW):
                yield from _cells(one)
            elif isinstance(one, bytes):
                yield one.decode("utf-8", "replace")


def _cells(stream: bytes) -> Iterator[str]:
    with pa.ipc.open_stream(io.BytesIO(stream)) as reader:
        table = reader.read_all()
    yield from table.column_names
    for column in table.columns:
        yield from (str(one) for one in column.to_pylist() if one is not None)


async def opened(
    url: str,
    *,
    cookies: Mapping[str, str] | None = None,
    authority: Path | None = None,
    bounds: Bounds | None = None,
    keep_frames: bool = True,
    resume: str = "",
    source: str = "127.0.0.1",
) -> Session:
    """A connected session.

    Parameters
    ----------
    url
        Where the app is: `http://127.0.0.1:8501`, or `https://app.localhost:8443` with the certificate's file in `authority`.
        Names are not looked up: whatever the name, the connection goes to this computer.
    cookies
        What the browser has already, a login for example; more come from the server's answers.
    keep_frames
        Whether the bytes of the frames are kept in each run; a measurement of many sessions wants no copies.
    resume
        The number of a session that was cut off, to go on with it.
    source
        The loopback address it comes from, where limits count by address and many people are to be played.

    Raises
    ------
    ValueError
        When the address is not this computer.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if not _is_here(host):
        raise ValueError(f"{host} is not this computer: sessions of the tests stay on the loopback address")
    context: ssl.SSLContext | None = None
    if parts.scheme == "https":
        context = _context(authority)
    address = f"{parts.scheme}://{parts.netloc}"
    session = Session(address, port=port, context=context, bounds=bounds or Bounds(), keep_frames=keep_frames, source=source)
    session.cookies.update(cookies or {})
    try:
        await session._connect(resume)
    except BaseException:
        await session.close()
        raise
    return session


@cache
def _context(authority: Path | None) -> ssl.SSLContext:
    """One for all sessions: making one reads every certificate."""
    return ssl.create_default_context(cafile=authority)


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Session:
    """One visitor's page: it asks for runs, one at a time, and keeps what a browser keeps."""

    def __init__(
        self, url: str, *, port: int, context: ssl.SSLContext | None, bounds: Bounds, keep_frames: bool, source: str = "127.0.0.1"
    ) -> None:
        self.url = url
        self.id = ""
        self.cookies: dict[str, str] = {}
        self.pages: dict[str, AppPage] = {}
        self.page = ""
        self.query = ""
        self.run = Run()
        self._port = port
        self._context = context
        self._bounds = bounds
        self._keep_frames = keep_frames
        self._source = source
        self._line: ClientConnection | None = None
        self._values: dict[str, WidgetState] = {}
        self._hash = ""
        # Large messages the browser remembers, by their hash, with the number of the run that used them last.
        self._remembered: dict[str, tuple[ForwardMsg, int]] = {}
        self._remember_for = CACHED_RUNS
        self._runs = 0
        self._got = [0, 0]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            await self._line.close()
            self._line = None

    async def lost(self) -> None:
        """Wait until the server has hung up."""
        if self._line is not None:
            await self._line.wait_closed()

    async def _connect(self, resume: str) -> None:
        # As the browser does before it connects: the answer brings the token against forged requests.
        answer = await self.ask("GET", "/_stcore/health")
        if answer.status_code != 200:
            raise SessionError(f"{self.url}/_stcore/health answered {answer.status_code}")
        if XSRF not in self.cookies:
            raise SessionError(f"{self.url}/_stcore/health gave no token, so that nothing could be uploaded and nobody signed in")
        asked = ["streamlit", self.cookies[XSRF]] + ([resume] if resume else [])
        self._line = await connect(
            f"{'wss' if self._context else 'ws'}{self.url[self.url.index(':') :]}/_stcore/stream",
            host="127.0.0.1",
            port=self._port,
            ssl=self._context,
            local_addr=(self._source, 0),
            proxy=None,
            origin=self.url,  # type: ignore[arg-type] # a text with a name of its own
            additional_headers={"Cookie": self._cookie()} if self.cookies else {},
            subprotocols=[Subprotocol(one) for one in asked],
            max_size=min(self._bounds.size, 256 << 20),
            open_timeout=self._bounds.seconds,
            # The server looks whether the line is alive; twice is not needed.
            ping_interval=None,
            compression=None,
        )

    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def ask(
        self, method: str, path: str, *, content: bytes = b"", headers: Mapping[str, str] | None = None, files: Any = None
    ) -> httpx.Response:
        """A request beside the websocket with the session's cookies: a picture, a download, a page of the survey."""
        host = urlsplit(self.url).netloc
        sent = {"Host": host, "Origin": self.url, **({"Cookie": self._cookie()} if self.cookies else {}), **(headers or {})}
        # Without an encrypted address the certificates of the system are not needed, and reading them takes longer than the answer.
        verify = self._context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        extensions = {"sni_hostname": urlsplit(self.url).hostname} if self._context else {}
        scheme = "https" if self._context else "http"
        line = httpx.AsyncHTTPTransport(verify=verify, trust_env=False, local_address=self._source)
        async with httpx.AsyncClient(transport=line, timeout=self._bounds.seconds) as client:
            answer = await client.request(
                method,
                f"{scheme}://127.0.0.1:{self._port}/{path.lstrip('/')}",
                content=content or None,
                files=files,
                headers=sent,
                extensions=extensions,
            )
        self._count(len(answer.content))
        self.cookies.update({one.name: one.value or "" for one in answer.cookies.jar})
        return answer

    def _count(self, size: int) -> None:
        self._got[0] += 1
        self._got[1] += size
        if self._got[0] > self._bounds.messages or self._got[1] > self._bounds.size:
            raise SessionError(f"the session was sent {self._got[0]} messages of {self._got[1]} bytes, more than {self._bounds} allow")

    async def open(self, page: str = "", *, query: str = "") -> Run:
        """Go to a page by the name in its address; the first page's is empty. `query` is what stands behind the question mark."""
        if self.page != page:
            # What was chosen on the page before is forgotten with its widgets.
            self._values.clear()
        self.page, self.query = page, query
        known = self.pages.get(page)
        self._hash = known.page_script_hash if known is not None else ""
        return await self.rerun()

    async def rerun(self, *, fragment: str = "", triggers: Sequence[WidgetState] = ()) -> Run:
        """Run the page again, or one part of it that runs by itself, with everything that was chosen before."""
        asked = BackMsg()
        state = asked.rerun_script
        state.query_string = self.query
        state.page_script_hash = self._hash
        state.page_name = self.page if not self._hash else ""
        state.fragment_id = fragment
        state.cached_message_hashes.extend(self._remembered)
        state.context_info.url = f"{self.url}/{self.page}"
        state.context_info.timezone = "UTC"
        state.context_info.locale = "en-GB"
        state.context_info.color_scheme = "light"
        on_page = {message.id for _, message in self.run.widgets()} if self.run.elements else set()
        state.widget_states.widgets.extend(value for name, value in self._values.items() if not on_page or name in on_page)
        state.widget_states.widgets.extend(triggers)
        began = time.monotonic()
        await self._send(asked)
        run = await self._finished(Run(elements=dict(self.run.elements), blocks=dict(self.run.blocks)) if fragment else Run())
        run.seconds = time.monotonic() - began
        self.run = run
        return run

    async def click(self, label: str, *, nth: int = 0) -> Run:
        """Press the button with this label, the `nth` of those that have it."""
        return await self.set(label, True, kind="button", nth=nth)

    async def set(self, label: str, value: Any, *, kind: str | None = None, nth: int = 0) -> Run:
        """Give the widget with this label (or this key) a value, as if it had been chosen on the screen, and run the page.

        A choice of several (segments, pills, multiselect, dates) takes a list of texts; one of a list takes its text.
        """
        found, message = self.widget(label, kind=kind, nth=nth)
        state = WidgetState(id=message.id)
        slot = VALUE_OF[found]
        if slot.endswith("array_value"):
            getattr(state, slot).data.extend(value)
        elif slot == "string_trigger_value":
            state.string_trigger_value.data = value
        elif isinstance(value, Message):
            getattr(state, slot).CopyFrom(value)
        else:
            setattr(state, slot, value)
        if "trigger" in slot:
            return await self.rerun(triggers=[state])
        self._values[message.id] = state
        if getattr(message, "form_id", ""):
            # A field of a form waits until the form is sent.
            return self.run
        return await self.rerun()

    def widget(self, label: str, *, kind: str | None = None, nth: int = 0) -> tuple[str, Any]:
        """Kind and message of a widget on the page."""
        known = list(self.run.widgets())
        found = [
            (name, one)
            for name, one in known
            if (kind is None or name == kind) and (getattr(one, "label", "") == label or one.id.endswith(f"-{label}"))
        ]
        if len(found) <= nth:
            labels = sorted({f"{name} {getattr(one, 'label', '')!r}" for name, one in known})
            raise SessionError(f"no {kind or 'widget'} {label!r} on the page {self.page!r}; there are {', '.join(labels)}")
        return found[nth]

    async def upload(self, label: str, name: str, data: bytes, *, media_type: str = "text/csv") -> Run:
        """Give a file to the uploader with this label, and run the page."""
        asked = BackMsg()
        asked.file_urls_request.request_id = uuid4().hex
        asked.file_urls_request.file_names.append(name)
        asked.file_urls_request.session_id = self.id
        await self._send(asked)
        answer = await self._until("file_urls_response")
        urls = answer.file_urls_response.file_urls[0]
        sent = await self.ask("PUT", urls.upload_url, files={"file": (name, data, media_type)}, headers={"X-Xsrftoken": self.cookies[XSRF]})
        if sent.status_code not in (200, 204):
            raise SessionError(f"the upload was answered with {sent.status_code}: {sent.text[:200]}")
        info = UploadedFileInfo(file_id=urls.file_id, name=name, size=len(data), file_urls=urls)
        return await self.set(label, FileUploaderState(uploaded_file_info=[info]), kind="file_uploader")

    async def deferred(self, file_id: str) -> str:
        """The address of a download that is made only when it is asked for."""
        asked = BackMsg()
        asked.backend_operation_request.request_id = uuid4().hex
        asked.backend_operation_request.session_id = self.id
        asked.backend_operation_request.deferred_file.file_id = file_id
        await self._send(asked)
        answer = (await self._until("backend_operation_response")).backend_operation_response
        if answer.error_msg:
            raise SessionError(answer.error_msg)
        return str(answer.deferred_file.url)

    async def _send(self, asked: BackMsg) -> None:
        if self._line is None:
            raise SessionError("the session is closed")
        await self._line.send(asked.SerializeToString())

    async def _next(self) -> tuple[bytes, ForwardMsg]:
        if self._line is None:
            raise SessionError("the session is closed")
        frame = await self._line.recv()
        if isinstance(frame, str):
            raise SessionError("the server sent a text where bytes are agreed")
        self._count(len(frame))
        message = ForwardMsg()
        message.ParseFromString(frame)
        return frame, self._whole(message)

    def _whole(self, message: ForwardMsg) -> ForwardMsg:
        """The message itself, or the remembered one that it names at the place where it is to stand now."""
        if message.WhichOneof("type") == "ref_hash":
            if message.ref_hash not in self._remembered:
                raise SessionError("the server named a message that it has not sent")
            whole = ForwardMsg()
            whole.CopyFrom(self._remembered[message.ref_hash][0])
            whole.metadata.CopyFrom(message.metadata)
            self._remembered[message.ref_hash] = (whole, self._runs)
            return whole
        if message.metadata.cacheable and message.hash:
            self._remembered[message.hash] = (message, self._runs)
        return message

    async def _until(self, kind: str) -> ForwardMsg:
        async with asyncio.timeout(self._bounds.seconds):
            while True:
                _, message = await self._next()
                if message.WhichOneof("type") == kind:
                    return message

    async def _finished(self, run: Run) -> Run:
        self._runs += 1
        try:
            async with asyncio.timeout(self._bounds.seconds):
                while True:
                    frame, message = await self._next()
                    if self._keep_frames:
                        run.frames.append(frame)
                        run.messages.append(message)
                    if self._placed(run, message):
                        break
        except TimeoutError:
            raise SessionError(f"the page {self.page!r} was not finished within {self._bounds.seconds:g} s") from None
        self._remembered = {name: one for name, one in self._remembered.items() if self._runs - one[1] < self._remember_for}
        return run

    def _placed(self, run: Run, message: ForwardMsg) -> bool:
        """Put what came where it stands; tells whether the run is over."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            started = message.new_session
            self.id = started.initialize.session_id or self.id
            self._remember_for = started.config.max_cached_message_age or self._remember_for
            if not message.metadata.run.fragment_ids:
                run.elements.clear()
                run.blocks.clear()
        elif kind == "navigation":
            self.pages = {one.url_pathname: one for one in message.navigation.app_pages}
            self.pages[""] = next((one for one in message.navigation.app_pages if one.is_default), AppPage())
            self._hash = message.navigation.page_script_hash
            self.page = next((name for name, one in self.pages.items() if one.page_script_hash == self._hash and name), self.page)
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auth_redirect":
            run.redirect = message.auth_redirect.url
        elif kind == "delta":
            place = tuple(message.metadata.delta_path)
            what = message.delta.WhichOneof("type")
            if what == "new_element":
                for gone in [one for one in (*run.elements, *run.blocks) if one[: len(place)] == place]:
                    run.elements.pop(gone, None)
                    run.blocks.pop(gone, None)
                run.elements[place] = message.delta.new_element
            elif what == "add_block":
                run.elements.pop(place, None)
                run.blocks[place] = message.delta.add_block
        elif kind == "script_finished":
            # A run that gave way to another one (a page that leads on, a value that a callback has set) is followed by it.
            return message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
        return False


def described(run: Run) -> str:
    """What stands on the page, a line for each element: for messages of tests that fail."""
    return json.dumps([f"{one.WhichOneof('type')}: {' '.join(texts_of(one))[:120]}" for one in run.elements.values()], indent=1)
