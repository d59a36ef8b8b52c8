"""The log for programs: what each line holds, and that nothing of a file, a person, a token or an answer gets into it."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from app import logs
from app.errors import FileRefused
from app.ingest import gate
from app.ingest.limits import Limits
from app.metrics.engine import Engine as Counting
from app.services import jobs
from app.services.actor import Actor, found_organization
from app.services.report import kept
from app.services.report.material import Choice
from app.services.rounds.sealing import new_token
from app.services.scorecard.request import Request
from app.services.teams import list_teams
from app.services.uploads import start_upload
from app.settings import settings
from tests.outside_loops import run
from tests.owners import everything

LIMITS = Limits()
CANARY = "Kanarienvogel"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a server that was told to log for programs writes to its error stream; everything is put back afterwards."""
    root = logging.getLogger()
    handlers, level, made, hooks = root.handlers[:], root.level, logging.getLogRecordFactory(), (threading.excepthook, sys.excepthook)
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.install(replica="a")
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.setLogRecordFactory(made)
    logging.captureWarnings(False)
    threading.excepthook, sys.excepthook = hooks


def lines(log: io.StringIO) -> list[dict[str, object]]:
    """The lines written so far."""
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_line_says_when_what_and_where(log: io.StringIO) -> None:
    try:
        int(CANARY)
    except ValueError:
        logging.getLogger("app.somewhere").exception("it failed, reference %s", "0123abcd")
    (line,) = lines(log)
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", str(line.pop("time")))
    assert re.fullmatch(r"\['tests/test_logs\.py:\d+ test_a_line_says_when_what_and_where'\]", str(line.pop("where")))
    assert line == {
        "level": "error",
        "logger": "app.somewhere",
        "message": "it failed, reference 0123abcd",
        "replica": "a",
        "reference": "0123abcd",
        "error": "builtins.ValueError",
    }


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("mail to anna.meier@acme.example failed", "mail to [e-mail] failed"),
        ("postgresql://anna:pw@db.example/x is gone", "postgresql://[e-mail]/x is gone"),
        ("GET /s/abcDEF0123456789abcDEF/2 404", "GET /s/[…] 404"),
        ("GET /shared/abc?x=1", "GET /shared/[…]"),
        ("PUT /_stcore/upload_file/5f0c/1", "PUT /_stcore/upload_file/[…]"),
        ("GET /oauth2callback?code=abc&state=def", "GET /oauth2callback?[…]"),
        ("column “Lohn Anna” is wrong", "column “[…]” is wrong"),
        ("from 192.168.1.20 and 2001:db8::1:2", "from [address] and [address]"),
        ("the row 9f86d081884c7d659a2feaa0c55ad015", "the row […]"),
        ("a" * 600, "a" * 500),
    ],
)
def test_what_is_left_out_of_a_message(said: str, written: str) -> None:
    assert logs.redacted(said) == written


def test_other_libraries_write_through_it_without_their_values(log: io.StringIO) -> None:
    from streamlit.logger import get_logger

    get_logger("streamlit.a_module_of_theirs").warning("the file %s is odd", CANARY)
    logging.getLogger("uvicorn.error").info("%s - %s", CANARY, CANARY)
    logging.getLogger("streamlit.x").error(f"no column '{CANARY}'")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(CANARY, UserWarning, stacklevel=1)
        here = sys._getframe().f_lineno - 1
    thread = threading.Thread(target=lambda: {}[CANARY])  # type: ignore[index]
    thread.start()
    thread.join()
    assert [(line["logger"], line["message"]) for line in lines(log)] == [
        ("streamlit.a_module_of_theirs", "the file %s is odd"),
        ("uvicorn.error", "%s - %s"),
        ("streamlit.x", "no column […]"),
        ("py.warnings", f"tests/test_logs.py:{here} UserWarning"),
        ("app", "a thread ended by an error"),
    ]
    assert lines(log)[-1]["error"] == "builtins.KeyError"


def test_the_reference_on_a_page_stands_in_the_log(log: io.StringIO) -> None:
    def page() -> None:
        # A page is a script of its own, so it imports for itself.
        from app.ui.failure import show

        try:
            {}["Kanarienvogel"]  # type: ignore[index]
        except KeyError as error:
            show(error)

    (shown,) = AppTest.from_function(page).run().error
    reference = re.search(r"quote the reference ([0-9a-f]{8})\.$", shown.value)
    assert reference is not None
    told = [line for line in lines(log) if line["logger"] == "app.ui.failure"]
    assert [(line["reference"], line["error"]) for line in told] == [(reference[1], "builtins.KeyError")]
    assert CANARY not in shown.value + log.getvalue()


def test_no_canary_gets_into_the_log(
    log: io.StringIO, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, upgraded_sqlite: Path
) -> None:
    anna = found_organization(engine, name=f"{CANARY} AG", iss="https://id", sub=CANARY, display_name=f"anna@{CANARY}.example")
    team_id = list_teams(anna, engine=engine)[0].id
    sentences = [
        # Read without a complaint; a column that is not what it says; a file that is none; a row of the database that makes no sense.
        job(anna, engine, team_id, f"Deal ID,Account,Stage,Amount,Close Date\n1,{CANARY},Closed Won,10,2025-01-02\n".encode()),
        job(anna, engine, team_id, f"Deal ID,Stage,Amount,Close Date\n1,{CANARY},{CANARY},{CANARY}\n".encode()),
        job(anna, engine, team_id, f"%PDF {CANARY}".encode()),
        job(anna, engine, team_id, b"Deal ID,Stage\n1,Closed Won\n", kept_json=f'{{"{CANARY}": 1}}'),
    ]
    with monkeypatch.context() as changed:
        # A defect in the process that reads: its traceback quotes the cell.
        changed.setattr(gate, "to_plain", lambda value: {CANARY: 1})
        with pytest.raises(FileRefused) as refused:
            gate.decode_file(b"a,b\n1,2\n", name=f"{CANARY}.csv")
        sentences.append(str(refused.value))
    maker = kept.Maker(Counting(tmp_path), tmp_path, "code")
    made = kept.make(anna, engine=engine, team_id=team_id, request=Request(), choice=Choice(), maker=maker, title=CANARY)
    sentences.append(made.error)
    visit(tmp_path, upgraded_sqlite, monkeypatch)

    written = log.getvalue()
    assert CANARY.lower() not in written.lower()
    # Whatever reference somebody was shown stands in the log, with the places of the error.
    shown = {found for sentence in sentences for found in re.findall(r"reference ([0-9a-f]{8})", sentence or "")}
    told = {line["reference"]: line for line in lines(log) if "reference" in line}
    assert len(shown) >= 2
    assert shown <= told.keys()
    assert all(told[one]["error"] and told[one]["where"] for one in shown)


def job(actor: Actor, engine: Engine, team_id: str, data: bytes, *, kept_json: str | None = None) -> str | None:
    """What is said at the end of an import."""
    upload = start_upload(actor, engine=engine, team_id=team_id, data=data, name=f"{CANARY}.csv", limits=LIMITS)
    begun = jobs.ensure_read(actor, engine=engine, upload_id=upload.id, limits=LIMITS)
    jobs.wait(begun, seconds=60)
    if kept_json is not None:
        with everything(engine) as session:
            session.connection().execute(text("UPDATE upload SET inspection = :kept WHERE id = :id"), {"kept": kept_json, "id": upload.id})
        begun = jobs.ensure_read(actor, engine=engine, upload_id=upload.id, limits=LIMITS, again=True)
        jobs.wait(begun, seconds=60)
    found = jobs.read_job(actor, engine=engine, upload_id=upload.id)
    return None if found is None else found.sentence


def visit(tmp_path: Path, upgraded_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links that open nothing, and answers that make no sense, as a respondent sends them."""
    import shutil

    from app.ui.respondent.server import app
    from app.ui.respondent.state import state

    monkeypatch.setenv("SCORECARD_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    shutil.copyfile(upgraded_sqlite, tmp_path / "scorecard.db")

    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://survey") as client:
            assert (await client.get(f"/s/{new_token()}?x={CANARY}")).status_code == 404
            assert (await client.put(f"/s/{CANARY}/answers", content=CANARY)).status_code == 400
            assert (await client.put(f"/s/{new_token()}/answers", json={"comments": {"x": CANARY}})).status_code in (400, 404)

    run(ask())
    state().writer.close()
    state().engine.dispose()
    settings.cache_clear()
