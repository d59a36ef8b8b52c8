"""Reports: one is made away from the page, looked for in the list, and asked for again when its making was interrupted.

Afterwards each report must be there once, with readable pages, its numbers and its line in the record of who did what.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import pypdf
from sqlalchemy import Engine
from sqlmodel import select

from app import wording
from app.ingest.limits import Limits
from app.metrics.engine import Engine as Counting
from app.metrics.model import Filters
from app.services.actor import Actor, found_organization
from app.services.commits import commit_upload
from app.services.report import kept
from app.services.report.material import Choice
from app.services.scorecard.request import Request
from app.services.teams import create_team, list_teams
from app.services.uploads import start_upload
from app.settings import settings
from app.storage.engine import transaction
from app.storage.queries import blobs
from app.storage.tables import Action, KeptReport
from tests.kill_writes.imports import left_over
from tests.kill_writes.play import Client, Found, Kind, Unanswered
from tests.kill_writes.process import database

REPORTS_OF_A_TEAM = 150
CHOICE = Choice(parts=("win_rate", "receipts"))
FIRST = date(2020, 1, 1)
DEALS = "Deal ID,Account,Stage,Amount,Created Date,Close Date\n" + "\n".join(
    f"D{n},A{n},{'Closed Won' if n % 3 else 'Closed Lost'},100,2025-{n % 9 + 1:02}-01,2025-{n % 9 + 1:02}-20" for n in range(90)
)


@dataclass(frozen=True)
class Wanted:
    """One report: the number `number` of a team, with a title of its own and a first day that stands on its pages."""

    who: list[Any]
    team_id: str
    number: int

    @property
    def title(self) -> str:
        """What it is called."""
        return f"Report {self.number}"

    @property
    def first(self) -> date:
        """The day from which on it counts."""
        return FIRST + timedelta(days=self.number)


@cache
def _maker() -> kept.Maker:
    folder = settings().cache_dir
    folder.mkdir(parents=True, exist_ok=True)
    return kept.Maker(Counting(folder), folder, "kill test")


def make(who: list[Any], team_id: str, title: str, first: str) -> str:
    """*Make the report*."""
    request = Request(filters=Filters(start=date.fromisoformat(first)))
    return kept.start(Actor(*who), engine=database(), team_id=team_id, request=request, choice=CHOICE, maker=_maker(), title=title).id


def shown(who: list[Any], team_id: str, title: str) -> list[tuple[str, str, str | None]]:
    """What the list says of it: the reports of that title with state and sentence."""
    found = kept.list_reports(Actor(*who), engine=database(), team_id=team_id)
    return [(view.id, view.state, view.error) for view in found if view.title == title]


def remove(who: list[Any], report_id: str) -> None:
    """*Remove* beside a report that was interrupted."""
    kept.remove(Actor(*who), engine=database(), report_id=report_id)


STEPS = {"make": make, "shown": shown, "remove": remove}


class Reports(Kind):
    """Each lane is one organization with its deals, and a new team every hundred and fifty reports."""

    name = "report"

    def prepare(self) -> Sequence[Sequence[Wanted]]:
        """Load the deals of every team."""
        lanes = []
        for lane in range(self.lanes):
            actor = found_organization(self.engine, name=f"Killed {lane}", iss="https://id", sub=f"anna {lane}", display_name="Anna")
            who = [actor.organization_id, actor.member_id, actor.role]
            number = self.writes // self.lanes + (lane < self.writes % self.lanes)
            teams = [list_teams(actor, engine=self.engine)[0].id]
            while len(teams) * REPORTS_OF_A_TEAM < number:
                teams.append(create_team(actor, engine=self.engine, name=f"Team {len(teams)}").id)
            for team_id in teams:
                upload = start_upload(actor, engine=self.engine, team_id=team_id, data=DEALS.encode(), name="deals.csv", limits=Limits())
                commit_upload(actor, engine=self.engine, upload_id=upload.id, limits=Limits())
            lanes.append([Wanted(who, teams[n // REPORTS_OF_A_TEAM], n % REPORTS_OF_A_TEAM) for n in range(number)])
        self.wanted = [one for lane in lanes for one in lane]
        self.acknowledged: dict[tuple[str, int], str] = {}
        return lanes

    def write(self, client: Client, what: Wanted) -> None:
        """Look at the list; make the report when it is not there, remove it when it was interrupted, wait while it is being made."""
        place: dict[str, Any] = {"who": what.who, "team_id": what.team_id, "title": what.title}
        while True:
            found = client.ask("/reports/shown", **place)
            done = [id for id, state, _ in found if state == "done"]
            if done:
                self.acknowledged[(what.team_id, what.number)] = done[0]
                return
            if not found:
                client.ask("/reports/make", **place, first=what.first.isoformat())
            elif found[0][1] == "failed":
                client.ask("/reports/remove", who=what.who, report_id=found[0][0])
                raise Unanswered(found[0][2])
            client.pause()

    def check(self, owner: Engine) -> tuple[int, Found]:
        """Every report, its bytes and its record."""
        lost, half, doubled, left = [], [], [], []
        with transaction(owner, organization_id=None) as session:
            rows = session.exec(select(KeptReport)).all()
            noted = Counter(row.subject for row in session.exec(select(Action).where(Action.what == "report_made")).all())
            titles = Counter((row.team_id, row.title) for row in rows)
            by_id = {row.id: row for row in rows}
            for one in (one for one in self.wanted if (one.team_id, one.number) in self.acknowledged):
                where = f"{one.title} of {one.team_id}"
                row = by_id.pop(self.acknowledged[(one.team_id, one.number)], None)
                if row is None or row.title != one.title:
                    lost.append(f"{where} is not there")
                    continue
                if titles[(one.team_id, one.title)] != 1:
                    doubled.append(f"{where} is there {titles[(one.team_id, one.title)]} times")
                if noted.pop(row.id, 0) != 1:
                    doubled.append(f"{where} is not recorded once")
                pdf = blobs.content(session=session, organization_id=row.organization_id, sha256=row.pdf_sha256 or "")
                if row.state != "done" or pdf is None or hashlib.sha256(pdf).hexdigest() != row.pdf_sha256:
                    half.append(f"{where} has no bytes, or others")
                elif not self._reads(pdf, one) or "win_rate" not in json.loads(row.numbers or "{}")["numbers"]:
                    half.append(f"{where} cannot be read, or is another")
            left += [f"{row.title} of {row.team_id} is {row.state}" for row in by_id.values()]
            left += [one for one in left_over(session) if one not in left]
        left += [f"{path.name} is left in the temporary folder" for path in (self.data.parent / "temporary").iterdir()]
        return len(rows), Found(tuple(lost), tuple(half), tuple(doubled), tuple(left))

    def _reads(self, pdf: bytes, one: Wanted) -> bool:
        text = " ".join("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())
        return "90 read = 90 used + 0 set aside" in text and f"from {wording.day(one.first)}" in text
