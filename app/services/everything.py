"""All that an organization has: handed over in one file, or deleted for good with a receipt.

What is handed over obeys the rules of the survey (docs/decisions/019): what single people answered is in no file, of a closed round there
are the published cells, and what would join answers to people is left out.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from app.clock import now
from app.errors import AppError, NotFound
from app.services.actor import Actor, require
from app.services.alignment import results
from app.services.alignment_files import as_csv
from app.services.deletion import forget_copies
from app.services.downloads import Download, harmless_text
from app.services.survey_weights import read_weights
from app.services.teams import list_teams
from app.storage.engine import checkpoint, reading, transaction
from app.storage.policies import tenant_tables
from app.storage.queries import blobs, everything, organizations
from app.survey.questionnaire import newest

LARGEST = 1_000_000_000
"""Bytes of files that are put into one export: it is made in memory."""

LEFT_OUT = {
    "blob": "the files themselves stand beside the tables",
    "import_job": "how far the reading of a file was",
    "survey_draft": "answers of a round that is open are sealed, and nobody's to read",
    "survey_key": "it joins answers to links",
    "survey_invitation": "it joins links to people",
    "survey_response": "what single people answered is handed to nobody",
    "survey_comment": "comments that are shown stand in the folder survey",
    "survey_publication": "what rounds show stands in the folder survey",
    "survey_removed": "it only keeps later rounds from giving away what a removed one could have",
}
"""Tables that are no part of an export, and why."""

HIDDEN = {
    "member_invitation": {"token_sha256"},
    "report_link": {"token_sha256"},
    "survey_contact": {"id"},
    "survey_round": {"roll", "seal"},
}
"""Columns that are no part of an export: they would open a link, or tell who was asked in which rounds."""

_NAMES = {"blob": "file", "dataset": "import", "kept_report": "report", "action": "line of the record"}
"""What a receipt calls some tables."""

_LOG = logging.getLogger(__name__)
_README = """What this is
============

Everything that {name} has in the Alignment Scorecard, taken out on {at:%Y-%m-%d %H:%M} UTC.

tables/   every table, as CSV for a spreadsheet and as JSON with the values as they are kept
data/     every imported table as Parquet, and the rows of it that were set aside as CSV
uploads/  files that are being imported
reports/  the reports as PDF
survey/   what each closed round shows, as on the page

Left out
--------

{left_out}
"""


@dataclass(frozen=True)
class Gone:
    """The receipt of a deleted organization: nothing else is left of it. `rows` is by table, `bytes` are those of its files."""

    name: str
    by: str
    at: datetime
    rows: Mapping[str, int]
    bytes: int

    @property
    def number(self) -> str:
        """What the server's log knows the deletion by; it follows from the receipt's words."""
        return sha256(self.words.encode()).hexdigest()[:16]

    @property
    def words(self) -> str:
        """The receipt, to be kept."""
        lines = [
            f"The organization “{self.name}” was deleted on {self.at:%Y-%m-%d} at {self.at:%H:%M:%S} UTC by {self.by}.",
            f"{sum(self.rows.values()):,} rows and {self.bytes:,} bytes of files went:",
            *(f"  {_NAMES.get(table, table.replace('_', ' '))}: {number:,}" for table, number in self.rows.items()),
            "Backups made before still hold them until they are thrown away.",
        ]
        return "\n".join(lines)


def export_everything(actor: Actor, *, engine: Engine) -> Download:
    """All that the organization has as one ZIP; owners only.

    Raises
    ------
    AppError
        When its files are larger than fits in one export.
    """
    require(actor, "owner")
    at = now()
    teams = list_teams(actor, engine=engine)
    # Publishing is the first reading after a close, so that what is exported has passed the rules.
    survey = {team.id: results(actor, engine=engine, team_id=team.id) for team in teams}
    weights = {team.id: read_weights(actor, engine=engine, team_id=team.id, questionnaire=newest()) for team in teams}
    folders = {team.id: f"{_safe(team.name)}-{team.id[:6]}" for team in teams}
    out = io.BytesIO()
    mine: dict[str, Any] = {"organization_id": actor.organization_id}
    with reading(engine, organization_id=actor.organization_id) as session, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        organization = organizations.organization(session=session, **mine)
        if organization is None:
            raise NotFound("This organization does not exist any more.")
        size = blobs.total_size(session=session, **mine)
        if size > LARGEST:
            raise AppError(
                f"Your files have {size / 1e9:,.1f} GB, and one export holds {LARGEST / 1e9:,.0f} GB.",
                "Delete imports that were replaced, or ask whoever runs this server for a backup.",
            )
        left_out = "\n".join(f"{table.replace('_', ' ')}: {why}" for table, why in LEFT_OUT.items())
        archive.writestr("README.txt", _README.format(name=organization.name, at=at, left_out=left_out))
        for table in tenant_tables():
            if table.name in LEFT_OUT:
                continue
            shown = [column.name for column in table.columns if column.name not in HIDDEN.get(table.name, ())]
            rows = [{name: row[name] for name in shown} for row in everything.rows(session=session, table=table.name, **mine)]
            archive.writestr(f"tables/{table.name}.csv", _csv(shown, rows))
            archive.writestr(f"tables/{table.name}.json", json.dumps(rows, ensure_ascii=False, indent=1, default=_plain))

        def put(path: str, hash_: str | None) -> None:
            content = None if hash_ is None else blobs.content(session=session, sha256=hash_, **mine)
            if content is not None:
                archive.writestr(path, content, zipfile.ZIP_STORED if path.endswith((".parquet", ".pdf")) else None)

        for row in everything.rows(session=session, table="dataset", **mine):
            if row["team_id"] in folders:
                place = f"data/{folders[row['team_id']]}/{row['table_name']}-{row['sequence']}-{row['state']}"
                put(f"{place}.parquet", row["parquet_sha256"])
                put(f"{place}-set-aside.csv", row["rejected_sha256"])
        for row in everything.rows(session=session, table="upload", **mine):
            put(f"uploads/{row['id'][:8]}-{_safe(row['file_name'])}", row["content_sha256"])
        for row in everything.rows(session=session, table="kept_report", **mine):
            put(f"reports/{row['created_at']:%Y-%m-%d}-{row['id'][:8]}.pdf", row["pdf_sha256"])
        for team_id, rounds in survey.items():
            for shown_round, published in rounds:
                path = f"survey/{folders[team_id]}/{_safe(shown_round.name)}-{shown_round.id[:6]}.csv"
                archive.writestr(path, as_csv(shown_round, published, weights=weights[team_id]))
    return Download(f"everything-{at:%Y-%m-%d-%H%M}.zip", "application/zip", out.getvalue())


def delete_everything(actor: Actor, *, engine: Engine, name: str, cache_dir: Path) -> Gone:
    """Delete the organization with everything that is its, for good; owners only.

    Parameters
    ----------
    name
        The organization's name as the owner typed it, so that nobody does this by a slip.

    Raises
    ------
    AppError
        When the name is not the organization's.
    """
    require(actor, "owner")
    mine: dict[str, Any] = {"organization_id": actor.organization_id}
    with transaction(engine, organization_id=actor.organization_id) as session:
        organization = organizations.lock_organization(session=session, **mine)
        member = organizations.member(session=session, member_id=actor.member_id, **mine)
        if organization is None or member is None or member.removed_at is not None:
            raise NotFound("This organization does not exist any more.")
        require(Actor(actor.organization_id, member.id, member.role), "owner")
        if " ".join(name.split()) != organization.name:
            raise AppError("That is not the organization's name.", f"Type “{organization.name}”, or leave it as it is.")
        gone = Gone(
            organization.name,
            member.display_name,
            now(),
            everything.counts(session=session, **mine),
            blobs.total_size(session=session, **mine),
        )
        hashes = tuple(everything.parquet_hashes(session=session, **mine))
        session.expunge_all()
        everything.remove(session=session, **mine)
    forget_copies(cache_dir, hashes)
    checkpoint(engine)
    _LOG.info("an organization was deleted, receipt %s", gone.number)
    return gone


def _csv(head: list[str], rows: list[dict[str, Any]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(head)
    for row in rows:
        writer.writerow(["" if cell is None else harmless_text(cell) if isinstance(cell, str) else _plain(cell) for cell in row.values()])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, (datetime, date)) else value


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:80] or "file"
