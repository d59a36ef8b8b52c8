"""Who did what in an organization, and when: for its owners, on a page and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from app.clock import today
from app.services.actor import Actor, require
from app.services.downloads import Download, harmless_text
from app.storage.engine import reading, transaction
from app.storage.queries import everything, organizations
from app.storage.tables import Action, ActionKind
from app.tables import TABLES

SHOWN = 200
"""The latest entries that a page shows; the file has all."""

WORDS: dict[ActionKind, str] = {
    "imported": "loaded a file",
    "undone": "took an import back",
    "data_deleted": "deleted imported data",
    "round_created": "set up a round",
    "round_opened": "opened a round",
    "round_closed": "closed a round",
    "round_removed": "removed a round",
    "report_made": "made a report",
    "report_removed": "removed a report",
    "report_shared": "made a link to a report",
    "report_link_revoked": "took a link to a report back",
    "exported": "downloaded a file",
    "member_invited": "invited somebody",
    "invitation_revoked": "took an invitation back",
    "member_joined": "became a member",
    "member_removed": "removed a member",
    "role_changed": "changed a role",
    "signed_out_everywhere": "signed out everywhere",
    "organization_renamed": "renamed the organization",
    "team_created": "made a team",
    "team_changed": "changed a team's settings",
    "team_removed": "deleted a team",
    "example_left": "left the example",
    "claim_added": "added a benchmark",
    "claim_removed": "removed a benchmark",
    "action_planned": "planned a step",
    "action_changed": "changed a planned step",
    "retention_changed": "changed how long things are kept",
    "cleared": "deleted what was kept long enough",
}
"""What was done, in words that go on from a name."""

GROUPS: dict[str, tuple[ActionKind, ...]] = {
    "Data": ("imported", "undone", "data_deleted"),
    "Survey": ("round_created", "round_opened", "round_closed", "round_removed"),
    "Reports": ("report_made", "report_removed", "report_shared", "report_link_revoked"),
    "Downloads": ("exported",),
    "Members": ("member_invited", "invitation_revoked", "member_joined", "member_removed", "role_changed", "signed_out_everywhere"),
    "Settings": (
        "organization_renamed",
        "team_created",
        "team_changed",
        "team_removed",
        "example_left",
        "claim_added",
        "claim_removed",
        "action_planned",
        "action_changed",
        "retention_changed",
        "cleared",
    ),
}
"""The kinds as an owner chooses from them."""

HEAD = ("When (UTC)", "Who", "What", "Which", "Team")


@dataclass(frozen=True)
class Entry:
    """One line of the record. `who` is "The server" where a clock did it; `which` is "" where the thing is gone and had no name kept."""

    at: datetime
    who: str
    what: str
    which: str
    team: str


def trail(actor: Actor, *, engine: Engine, groups: Collection[str] = (), limit: int | None = SHOWN) -> tuple[Entry, ...]:
    """The latest entries, newest first; owners only.

    Parameters
    ----------
    groups
        Keys of `GROUPS`; none of them means every kind.
    """
    require(actor, "owner")
    kinds = tuple(kind for group in groups for kind in GROUPS[group]) or None
    with reading(engine, organization_id=actor.organization_id) as session:
        rows = organizations.actions(session=session, organization_id=actor.organization_id, kinds=kinds, limit=limit)
        ids = {found for row in rows for found in (row.subject, row.member_id, row.team_id) if found}
        names: dict[str, str] = {}
        every = sorted(ids)
        # An engine takes so many values in one question.
        for start in range(0, len(every), 10_000):
            some = every[start : start + 10_000]
            names |= everything.names(session=session, organization_id=actor.organization_id, ids=some)
    return tuple(_entry(row, names) for row in rows)


def trail_csv(actor: Actor, *, engine: Engine, groups: Collection[str] = ()) -> Download:
    """All entries as CSV (UTF-8 with byte order mark); owners only."""
    return Download(f"record-{today():%Y-%m-%d}.csv", "text/csv", as_csv(trail(actor, engine=engine, groups=groups, limit=None)))


def as_csv(entries: Sequence[Entry]) -> bytes:
    """Entries as CSV in which no cell is a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEAD)
    for one in entries:
        writer.writerow([f"{one.at:%Y-%m-%d %H:%M:%S}", *(harmless_text(cell) for cell in (one.who, one.what, one.which, one.team))])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def record_export(actor: Actor, *, engine: Engine, file_name: str) -> None:
    """Write down that a member has taken a file out of the app."""
    with transaction(engine, organization_id=actor.organization_id) as session:
        organizations.record(
            session=session, organization_id=actor.organization_id, member_id=actor.member_id, what="exported", subject=file_name[:64]
        )


def _entry(row: Action, names: dict[str, str]) -> Entry:
    if row.what in ("exported", "retention_changed", "cleared"):
        which = row.subject
    elif row.what == "data_deleted":
        which = next((TABLES[name].label for name in TABLES if name == row.subject), "")
    else:
        which = names.get(row.subject, "")
    who = "The server" if row.member_id is None else names.get(row.member_id, "Somebody who has left")
    return Entry(row.at, who, WORDS[row.what], which, "" if row.team_id is None else names.get(row.team_id, ""))
