"""The log for programs: one line of JSON an event, without personal data, tokens or the contents of files.

An error is written as its class and the places in the code it went through. Its message is left out, because it may quote a cell of a
file, an address or a value of the database; the page shows a reference, and the same reference stands in the log. Messages of other
libraries are written without the values filled into them. What is left is searched for addresses, tokens and links all the same.

Other libraries bring handlers of their own, some at their first word; each is taken off before it writes.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
OWN: Final = "app"
FRAMES: Final = 12
"""Places of an error that are written, the innermost ones."""
LONGEST: Final = 500

_REDACTIONS: Final = (
    # A password in an address, then an e-mail address, then whatever follows a question mark of an address.
    (re.compile(r"(?P<kept>[a-z][a-z0-9+.-]*://)[^\s/@]+@"), r"\g<kept>[…]@"),
    (re.compile(r"[^\s@<>\"'“”=:/]+@[^\s@<>\"'“”/]+"), "[e-mail]"),
    (re.compile(r"(?P<kept>/[^\s?]*)\?\S+"), r"\g<kept>?[…]"),
    # Links open something for whoever has them; the addresses of uploads name a session.
    (re.compile(r"(?P<kept>/(?:s|shared|download|media|invitation|join|survey-round|_stcore/upload_file)/)[^\s\"']+"), r"\g<kept>[…]"),
    # Our own words set what a user wrote between these signs.
    (re.compile(r"“[^”]*”"), "“[…]”"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-f]{1,4}:){2,}[0-9a-f:]*"), "[address]"),
    # Long words of letters and digits: ids, tokens, secrets.
    (re.compile(r"(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{20,}"), "[…]"),
)
_REFERENCE: Final = re.compile(r"\breference ([0-9a-f]{8})\b")
_FRAME: Final = re.compile(r'^  File "([^"]+)", line (\d+), in (\S+)', re.MULTILINE)
_KIND: Final = re.compile(r"^([A-Za-z_][\w.]*)(?:: |$)", re.MULTILINE)
_WARNED: Final = re.compile(r"([^\n]+?):(\d+): (\w+):")
_QUOTED: Final = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|`[^`\n]*`")
_FOREIGN: Final = ("streamlit", "uvicorn", "websockets", "starlette", "alembic")


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time (UTC), level, logger, message, and of an error its kind, places and reference."""

    def __init__(self, *, replica: str = "") -> None:
        super().__init__()
        self._replica = replica

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        message, _, trace = _message(record).partition("\n")
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(message),
        }
        if self._replica:
            line["replica"] = self._replica
        reference = _REFERENCE.search(message)
        if reference is not None:
            line["reference"] = reference[1]
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _kinds(record.exc_info[1])
            line["where"] = places(record.exc_info[1])
        elif trace:
            # What another process wrote when it ended: the class of its error, and where it came through.
            kind = _KIND.findall(trace)
            line["error"] = kind[-1] if kind else ""
            line["where"] = [f"{_file(file)}:{number} {function}" for file, number, function in _FRAME.findall(trace)[-FRAMES:]]
        return json.dumps(line, ensure_ascii=False)


def install(*, replica: str = "") -> None:
    """Write everything that is logged in this process as JSON lines to the error stream; called once when a server starts."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(replica=replica))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    threading.excepthook = _thread_died
    sys.excepthook = _process_died
    made = logging.getLogRecordFactory()
    if not isinstance(made, _Adopting):
        logging.setLogRecordFactory(_Adopting(made))


def redacted(message: str) -> str:
    """A message without addresses, tokens, links and quoted words, cut at `LONGEST` characters."""
    for pattern, instead in _REDACTIONS:
        message = pattern.sub(instead, message)
    return message[:LONGEST]


def places(error: BaseException) -> list[str]:
    """Where an error came through, outermost first: file, line and function, no source and no values."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{_file(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


class _Adopting:
    """Makes records as before, and takes the handlers of other libraries off when they first speak."""

    def __init__(self, made: Callable[..., logging.LogRecord]) -> None:
        self._made = made

    def __call__(self, name: str, *arguments: Any, **named: Any) -> logging.LogRecord:
        if name.partition(".")[0] in _FOREIGN:
            logger: logging.Logger | None = logging.getLogger(name)
            while logger is not None and logger is not logging.getLogger():
                logger.handlers.clear()
                logger.propagate = True
                logger = logger.parent
        return self._made(name, *arguments, **named)


def _message(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] == OWN:
        return record.getMessage()
    warned = _WARNED.match(str(record.msg)) if record.name == "py.warnings" else None
    if warned is not None:
        return f"{_file(warned[1])}:{warned[2]} {warned[3]}"
    # What another library fills in may be anything; its sentence is enough to look the place up.
    return _QUOTED.sub("[…]", str(record.msg))


def _kinds(error: BaseException) -> str:
    """The classes of an error and of what caused it, the cause last."""
    names, seen = [], 0
    found: BaseException | None = error
    while found is not None and seen < 5:
        names.append(f"{type(found).__module__}.{type(found).__qualname__}")
        found, seen = found.__cause__ or (None if found.__suppress_context__ else found.__context__), seen + 1
    return " < ".join(names)


def _file(name: str) -> str:
    path = Path(name)
    if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
        return path.relative_to(ROOT).as_posix()
    parts = path.parts
    return "/".join(parts[parts.index("site-packages") + 1 :]) if "site-packages" in parts else path.name


def _thread_died(arguments: threading.ExceptHookArgs) -> None:
    error = arguments.exc_value
    logging.getLogger(OWN).error("a thread ended by an error", exc_info=error if isinstance(error, Exception) else None)


def _process_died(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger(OWN).critical("the process ended by an error", exc_info=(kind, error, trace))
