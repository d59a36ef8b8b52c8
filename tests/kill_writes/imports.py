"""Imports: a file is uploaded, read by the worker process and imported, by the calls and clicks of the page.

Afterwards each table of a team's history must be what its files make of it in their order, and nothing may be left of the work.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
from sqlalchemy import Engine
from sqlmodel import Session, select

from app.ingest.model import Receipt
from app.services import commits, jobs, preparation, uploads
from app.services.actor import Actor, found_organization
from app.services.stored_json import from_json
from app.services.teams import create_team, list_teams
from app.settings import settings
from app.storage.engine import transaction
from app.storage.queries import blobs
from app.storage.tables import Action, Blob, Dataset, ImportJob, KeptReport, Upload
from tests.kill_writes.play import Client, Found, Kind, Unanswered
from tests.kill_writes.process import database

ROWS = 8
FILES_OF_A_TEAM = 50
PATIENCE = 1.0
HEAD = "Deal ID,Account,Stage,Amount,Created,Closed,Region"


@dataclass(frozen=True)
class File:
    """One import: the file number `number` of a team."""

    who: list[Any]
    team_id: str
    number: int

    @property
    def name(self) -> str:
        """What it is called."""
        return f"deals-{self.number}.csv"

    @property
    def deals(self) -> dict[str, Decimal]:
        """What it holds: the amount of each deal; every second row of a later file is a newer state of an earlier one's."""
        return {f"D{self.number // 2}-{n}" if n % 2 else f"N{self.number}-{n}": Decimal(self.number * 100 + n) for n in range(ROWS)}

    @property
    def data(self) -> bytes:
        """Its bytes."""
        lines = [
            f"{id},A{n},{'Closed Won' if n % 3 == 0 else 'Closed Lost'},{amount},2025-12-01,2026-01-{n + 1:02d},North"
            for n, (id, amount) in enumerate(self.deals.items())
        ]
        return "\r\n".join([HEAD, *lines, ""]).encode()


def keep(who: list[Any], team_id: str, name: str, data: str) -> str:
    """The file is dropped on the page."""
    actor, limits = Actor(*who), settings().limits()
    return uploads.start_upload(actor, engine=database(), team_id=team_id, data=base64.b64decode(data), name=name, limits=limits).id


def look(who: list[Any], upload_id: str) -> dict[str, Any]:
    """The page is drawn once: it sees to the reading, waits a moment, and clicks *Import* as soon as that is offered."""
    actor, engine, limits = Actor(*who), database(), settings().limits()
    if (done := commits.committed(actor, engine=engine, upload_id=upload_id)) is not None:
        return {"dataset": done.dataset.id}
    job = jobs.ensure_read(actor, engine=engine, upload_id=upload_id, limits=limits)
    if job.state == "running":
        jobs.wait(job, seconds=PATIENCE)
        job = jobs.read_job(actor, engine=engine, upload_id=upload_id) or job
    if job.state == "running":
        return {"state": "running"}
    if job.state != "done":
        jobs.ensure_read(actor, engine=engine, upload_id=upload_id, limits=limits, again=True)
        return {"state": job.state, "sentence": job.sentence}
    if (done := commits.committed(actor, engine=engine, upload_id=upload_id)) is None:
        prepared = preparation.prepared(actor, engine=engine, upload_id=upload_id)
        if prepared is None:
            jobs.ensure_read(actor, engine=engine, upload_id=upload_id, limits=limits, again=True)
            return {"state": "compared again"}
        job = jobs.start_commit(actor, engine=engine, upload_id=upload_id, mode=prepared.mode, limits=limits)
        jobs.wait(job, seconds=PATIENCE)
        done = commits.committed(actor, engine=engine, upload_id=upload_id)
    return {"state": "running"} if done is None else {"dataset": done.dataset.id}


STEPS = {"keep": keep, "look": look}


class Imports(Kind):
    """Each lane is one organization, with a new team every fifty files; each file adds rows to those before and renews some of them."""

    name = "import"

    def prepare(self) -> Sequence[Sequence[File]]:
        """The files of each lane."""
        files: list[list[File]] = []
        for lane in range(self.lanes):
            actor = found_organization(self.engine, name=f"Killed {lane}", iss="https://id", sub=f"anna {lane}", display_name="Anna")
            who = [actor.organization_id, actor.member_id, actor.role]
            number = self.writes // self.lanes + (lane < self.writes % self.lanes)
            teams = [list_teams(actor, engine=self.engine)[0].id]
            while len(teams) * FILES_OF_A_TEAM < number:
                teams.append(create_team(actor, engine=self.engine, name=f"Team {len(teams)}").id)
            files.append([File(who, teams[n // FILES_OF_A_TEAM], n % FILES_OF_A_TEAM) for n in range(number)])
        self.files = [file for lane in files for file in lane]
        self.acknowledged: dict[tuple[str, int], str] = {}
        return files

    def write(self, client: Client, what: File) -> None:
        """Upload, and look until it is imported; after a broken connection the file is uploaded again."""
        data = base64.b64encode(what.data).decode()
        upload_id = client.ask("/imports/keep", who=what.who, team_id=what.team_id, name=what.name, data=data)
        while "dataset" not in (seen := client.ask("/imports/look", who=what.who, upload_id=upload_id)):
            if seen["state"] in ("failed", "cancelled"):
                raise Unanswered(seen["sentence"])
            client.pause()
        self.acknowledged[(what.team_id, what.number)] = seen["dataset"]

    def check(self, owner: Engine) -> tuple[int, Found]:
        """Each team's history, table by table, beside the files that were sent."""
        lost, half, doubled = [], [], []
        with transaction(owner, organization_id=None) as session:
            datasets = session.exec(select(Dataset).order_by(Dataset.team_id, Dataset.sequence)).all()  # type: ignore[arg-type]  # a column
            noted = Counter(row.subject for row in session.exec(select(Action).where(Action.what == "imported")).all())
            found = Counter((row.team_id, row.file_name) for row in datasets)
            by_id = {row.id: row for row in datasets}
            files = [file for file in self.files if (file.team_id, file.number) in self.acknowledged]
            for file in files:
                row = by_id.get(self.acknowledged[(file.team_id, file.number)])
                if row is None or row.file_sha256 != hashlib.sha256(file.data).hexdigest():
                    lost.append(f"{file.name} of {file.team_id} is not what it was said to have become")
                if found[(file.team_id, file.name)] != 1:
                    doubled.append(f"{file.name} of {file.team_id} was imported {found[(file.team_id, file.name)]} times")
            expected: dict[str, dict[str, Decimal]] = {}
            sent = {(file.team_id, file.name): file for file in files}
            for number, row in enumerate(datasets):
                before = {} if row.mode == "replace" else expected.get(row.team_id, {})
                expected[row.team_id] = before | sent[(row.team_id, row.file_name)].deals
                last = number + 1 == len(datasets) or datasets[number + 1].team_id != row.team_id
                half += _wrong(session, row, expected[row.team_id], sent[(row.team_id, row.file_name)], last=last)
                if noted.pop(row.id, 0) != 1:
                    doubled.append(f"{row.file_name} of {row.team_id} is not recorded once")
            left = [f"an import of {subject} is recorded, which is not there" for subject in noted]
            left += left_over(session)
        left += [f"{path.name} is left in the temporary folder" for path in (self.data.parent / "temporary").iterdir()]
        return len(datasets), Found(tuple(lost), tuple(half), tuple(doubled), tuple(left))


def _wrong(session: Session, row: Dataset, expected: Mapping[str, Decimal], file: File, *, last: bool) -> list[str]:
    """What is wrong with one table: its bytes, its rows and amounts, its receipt, its state."""
    where, wrong = f"{row.file_name} of {row.team_id}", []
    parquet = blobs.content(session=session, organization_id=row.organization_id, sha256=row.parquet_sha256)
    if parquet is None or hashlib.sha256(parquet).hexdigest() != row.parquet_sha256:
        return [f"{where}: its table is not there, or is another"]
    table = pq.read_table(io.BytesIO(parquet), columns=["id", "amount"]).to_pylist()
    rows = {str(one["id"]): Decimal(one["amount"]) for one in table}
    if len(table) != len(rows) or rows != expected:
        wrong.append(f"{where}: {len(table)} rows of {sum(rows.values())}, not {len(expected)} of {sum(expected.values())}")
    receipt = from_json(Receipt, row.receipt)
    if (receipt.rows_read, receipt.rows_used) != (ROWS, ROWS):
        wrong.append(f"{where}: the receipt says {receipt.rows_read} read, {receipt.rows_used} used")
    if receipt.amounts is None or Decimal(str(receipt.amounts.used)) != sum(file.deals.values()):
        wrong.append(f"{where}: the receipt's amounts are {receipt.amounts}")
    if row.state != ("active" if last else "replaced"):
        wrong.append(f"{where}: it is {row.state}")
    return wrong


def left_over(session: Session) -> list[str]:
    """What nobody speaks of any more: jobs that say they run, uploads that wait, bytes without an owner or of another hash."""
    left = [f"a job of {row.upload_id} says it runs" for row in session.exec(select(ImportJob).where(ImportJob.state == "running")).all()]
    spoken: set[tuple[str, str | None]] = set()
    for upload in session.exec(select(Upload)).all():
        if upload.state == "pending":
            left.append(f"{upload.file_name} of {upload.team_id} waits")
        kept = (upload.content_sha256, upload.prepared_parquet_sha256, upload.prepared_rejected_sha256)
        spoken |= {(upload.organization_id, sha256) for sha256 in kept}
    for dataset in session.exec(select(Dataset)).all():
        spoken |= {(dataset.organization_id, dataset.parquet_sha256), (dataset.organization_id, dataset.rejected_sha256)}
    spoken |= {(report.organization_id, report.pdf_sha256) for report in session.exec(select(KeptReport)).all()}
    there = session.exec(select(Blob.organization_id, Blob.sha256)).all()
    left += [f"bytes {sha256[:8]} belong to nobody" for organization, sha256 in there if (organization, sha256) not in spoken]
    return left
