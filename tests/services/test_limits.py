"""As much as one organization may have at a time: the last place is given, the next is refused with the number and the way out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.errors import FileRefused, LimitReached
from app.ingest.limits import Limits
from app.metrics.engine import Engine as Counting
from app.services import jobs
from app.services.actor import Actor, add_member
from app.services.report import kept
from app.services.report.material import Choice
from app.services.rounds import closed, manage
from app.services.scorecard.request import Request
from app.services.teams import create_team
from app.services.uploads import start_upload
from app.settings import settings
from app.storage.tables import ImportJob, KeptReport
from tests.owners import everything
from tests.survey_rounds import SECRET, new_round, opened_round

LIMITS = Limits()


@pytest.fixture(autouse=True)
def two_of_everything(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("MEMBERS", "OPEN_ROUNDS", "IMPORTS", "REPORTS"):
        monkeypatch.setenv(f"SCORECARD_MAX_{name}", "2")
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_members(engine: Engine, owner: Actor, stranger: Actor) -> None:
    add_member(owner, engine=engine, iss="https://id", sub="ben", display_name="Ben", role="viewer")
    with pytest.raises(LimitReached) as refused:
        add_member(owner, engine=engine, iss="https://id", sub="cid", display_name="Cid", role="viewer")
    assert str(refused.value) == (
        "An organization has at most 2 members, and yours has as many. "
        "Remove somebody who has left, or ask whoever runs this server for more."
    )
    # Who is in already takes no further place, and another organization has its own.
    assert add_member(owner, engine=engine, iss="https://id", sub="ben", display_name="Ben", role="viewer").role == "viewer"
    add_member(stranger, engine=engine, iss="https://id", sub="cid", display_name="Cid", role="viewer")


def test_open_rounds(engine: Engine, owner: Actor, team_id: str) -> None:
    other = create_team(owner, engine=engine, name="South").id
    first = opened_round(owner, engine, team_id)
    opened_round(owner, engine, other)
    third = manage.create_round(owner, engine=engine, team_id=team_id, new=new_round(name="Third"))
    with pytest.raises(LimitReached) as refused:
        manage.open_round(owner, engine=engine, secret=SECRET, round_id=third.id)
    assert str(refused.value) == "At most 2 rounds of the survey may be open at the same time. Close one first, then open this one."
    closed.close_round(owner, engine=engine, secret=SECRET, round_id=first.id)
    assert manage.open_round(owner, engine=engine, secret=SECRET, round_id=third.id).state == "open"


def test_imports_at_a_time(engine: Engine, owner: Actor, team_id: str) -> None:
    def upload(number: int) -> str:
        data = f"Deal ID,Stage,Amount,Close Date\n{number},Closed Won,10,2025-01-02\n".encode()
        return start_upload(owner, engine=engine, team_id=team_id, data=data, name=f"{number}.csv", limits=LIMITS).id

    waiting = [upload(number) for number in range(3)]
    with everything(engine) as session:
        # Two are being read by another computer that gave a sign of life just now.
        for one in waiting[:2]:
            session.add(
                ImportJob(
                    organization_id=owner.organization_id,
                    team_id=team_id,
                    upload_id=one,
                    kind="read",
                    answers_sha256="0" * 64,
                    holder="another-computer/1/x",
                )
            )
    with pytest.raises(LimitReached) as refused:
        jobs.ensure_read(owner, engine=engine, upload_id=waiting[2], limits=LIMITS)
    assert str(refused.value) == (
        "Your organization has 2 files being read; 2 at a time is the most. "
        "This file is kept. It is read when you try again after one of them is finished or stopped."
    )
    jobs.cancel(owner, engine=engine, upload_id=waiting[0])
    job = jobs.ensure_read(owner, engine=engine, upload_id=waiting[2], limits=LIMITS)
    jobs.wait(job, seconds=60)
    assert job.state == "running"


def test_reports_at_a_time(engine: Engine, owner: Actor, team_id: str, tmp_path: Path) -> None:
    other = create_team(owner, engine=engine, name="South").id
    maker = kept.Maker(Counting(tmp_path), tmp_path, "code")
    with everything(engine) as session:
        # One of each team: the limit is the organization's.
        for team in (team_id, other):
            session.add(
                KeptReport(
                    organization_id=owner.organization_id,
                    team_id=team,
                    title="",
                    request="{}",
                    choice="{}",
                    data_sha256="0" * 64,
                    edition="",
                    code="",
                    holder="x",
                )
            )
    with pytest.raises(LimitReached) as refused:
        kept.start(owner, engine=engine, team_id=team_id, request=Request(), choice=Choice(), maker=maker)
    assert str(refused.value) == (
        "Your organization has 2 reports being made; 2 at a time is the most. Wait until one of them is finished."
    )


def test_size_rows_and_columns_of_a_file(engine: Engine, owner: Actor, team_id: str) -> None:
    data = b"Deal ID,Stage,Amount,Close Date\n1,Closed Won,10,2025-01-02\n"

    def sentence(limits: Limits) -> str:
        upload = start_upload(owner, engine=engine, team_id=team_id, data=data, name="deals.csv", limits=limits)
        job = jobs.ensure_read(owner, engine=engine, upload_id=upload.id, limits=limits, again=True)
        jobs.wait(job, seconds=60)
        ended = jobs.read_job(owner, engine=engine, upload_id=upload.id)
        assert ended is not None
        return ended.sentence or ""

    data = data + b"2,Closed Won,10,2025-01-02\n" * 40_000
    assert sentence(Limits(columns=3)) == "deals.csv: The table has 4 columns; at most 3 are read. Leave some out."
    assert sentence(Limits(rows=5)) == "deals.csv: The file has 40,002 rows; at most 5 are read. Export a shorter period."
    with pytest.raises(FileRefused) as refused:
        sentence(Limits(file_bytes=1024**2))
    assert str(refused.value) == "deals.csv: The file has 1.0 MB; 1 MB is the most. Export a shorter period, or fewer columns."
