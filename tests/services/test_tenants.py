"""Nobody sees or changes anything of another organization, whatever identifier they come with.

Every use case that takes an actor, and every query, is listed here by looking at the modules; a new one fails the first two
tests until it is added.
"""

from __future__ import annotations

import inspect as look_at
import pkgutil
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import Engine

import app.services
import app.storage.queries
from app.errors import NotFound
from app.ingest import gate
from app.ingest.limits import Limits
from app.ingest.model import Answers, Choice, Question
from app.metrics.model import Definition
from app.services import commits, deletion, jobs, mappings, preparation, snapshots, teams
from app.services import datasets as imported
from app.services import own_claims as own
from app.services import uploads as uploaded
from app.services.actor import Actor
from app.storage.queries import blobs, own_claims
from app.storage.tables import Dataset, Deletion, ImportJob, SavedMapping
from tests.owners import everything

LIMITS = Limits()

ASKS_BY_LOGIN = {
    "memberships",
    "named_memberships",
    "sign_in",
    "seen",
    "end_sign_ins",
    "ended_everywhere_after",
    "forget_sign_ins",
    "member_invitation_by_token",
    "organization_by_key",
    "with_retention",
    "invitations",
    "due",
    "running",
    "link_by_token",
}
"""The queries that cannot know the organization yet.

They find it, by the verified login, a well-known name or the hash of a respondent's or a reader's token; or ask for all, as the
clock that closes rounds does, and a server that starts and takes up what another left. On PostgreSQL each of them says what it looks for
(`app.storage.engine.revealing`), and sees nothing else.
"""


@pytest.fixture
def theirs(engine: Engine, owner: Actor, team_id: str) -> dict[str, str]:
    """Identifiers of one thing of each kind that belong to `owner`."""
    upload = uploaded.start_upload(owner, engine=engine, team_id=team_id, data=b"id\n1\n", name="a.csv", limits=LIMITS)
    teams.rename_team(owner, engine=engine, team_id=team_id, name="Secret")
    with everything(engine) as session:
        sha256 = blobs.put(session=session, organization_id=owner.organization_id, content=b"parquet")
        row = Dataset(
            organization_id=owner.organization_id,
            team_id=team_id,
            table_name="deal",
            sequence=1,
            mode="replace",
            upload_id=upload.id,
            file_name="a.csv",
            file_sha256=upload.sha256,
            answers_sha256="0",
            parquet_sha256=sha256,
            rejected_sha256=sha256,
            info="{}",
            receipt="{}",
            account="{}",
        )
        session.add(row)
        session.flush()
        claim = own_claims.add_own_claim(
            session=session, organization_id=owner.organization_id, team_id=team_id, member_id=owner.member_id, fields="{}"
        )
        saved = SavedMapping(
            organization_id=owner.organization_id, team_id=team_id, table_name="deal", shape="s", file_name="a", mapping="{}"
        )
        job = ImportJob(
            organization_id=owner.organization_id, team_id=team_id, upload_id=upload.id, kind="read", answers_sha256="0", holder="x"
        )
        gone = Deletion(
            organization_id=owner.organization_id, team_id=team_id, table_name="deal", imports=1, rows=1, bytes=1, file_names="[]"
        )
        session.add_all([saved, job, gone])
        session.flush()
        return {
            "team": team_id,
            "upload": upload.id,
            "dataset": row.id,
            "sha256": sha256,
            "file": upload.sha256,
            "claim": claim.id,
            "mapping": saved.id,
            "job": job.id,
        }


def use_cases(stranger: Actor, engine: Engine, theirs: dict[str, str], cache_dir: Path) -> dict[str, Callable[[], object]]:
    """Each use case that names something, called by a stranger with identifiers of the owner."""
    team, upload, dataset = theirs["team"], theirs["upload"], theirs["dataset"]
    question = Question(key="k", kind="table", text="?", choices=(Choice("deal", "Deals"),), answer_in="table", answer_key="table")
    found = gate.inspect_file(b"Deal ID,Stage\n1,Won\n2,Lost\n", name="a.csv")
    return {
        "teams.read_team": lambda: teams.read_team(stranger, engine=engine, team_id=team),
        "teams.choose_team": lambda: teams.choose_team(stranger, engine=engine, team_id=team),
        "teams.rename_team": lambda: teams.rename_team(stranger, engine=engine, team_id=team, name="Mine"),
        "teams.set_programme_start": lambda: teams.set_programme_start(stranger, engine=engine, team_id=team, day=date(2026, 1, 1)),
        "teams.set_time_zone": lambda: teams.set_time_zone(stranger, engine=engine, team_id=team, time_zone="UTC"),
        "teams.set_currency": lambda: teams.set_currency(stranger, engine=engine, team_id=team, currency="EUR"),
        "teams.set_win_rate": lambda: teams.set_win_rate(stranger, engine=engine, team_id=team, definition=Definition()),
        "uploads.start_upload": lambda: uploaded.start_upload(
            stranger, engine=engine, team_id=team, data=b"id\n1\n", name="a.csv", limits=LIMITS
        ),
        "uploads.keep_upload": lambda: uploaded.keep_upload(
            stranger, engine=engine, team_id=team, data=b"id\n1\n", name="a.csv", limits=LIMITS, answers=None
        ),
        "uploads.read_upload": lambda: uploaded.read_upload(stranger, engine=engine, upload_id=upload),
        "uploads.pending_uploads": lambda: uploaded.pending_uploads(stranger, engine=engine, team_id=team),
        "preparation.inspect": lambda: preparation.inspect(stranger, engine=engine, upload_id=upload, limits=LIMITS),
        "uploads.answer": lambda: uploaded.answer(stranger, engine=engine, upload_id=upload, answers=Answers()),
        "uploads.answer_question": lambda: uploaded.answer_question(
            stranger, engine=engine, upload_id=upload, question=question, value="deal"
        ),
        "preparation.inspected": lambda: preparation.inspected(stranger, engine=engine, upload_id=upload),
        "preparation.prepared": lambda: preparation.prepared(stranger, engine=engine, upload_id=upload),
        "preparation.make_ready": lambda: preparation.make_ready(
            stranger, engine=engine, upload_id=upload, limits=LIMITS, read_file=gate.read_file
        ),
        "preparation.prepare": lambda: preparation.prepare(stranger, engine=engine, upload_id=upload, limits=LIMITS),
        "commits.commit_upload": lambda: commits.commit_upload(stranger, engine=engine, upload_id=upload, limits=LIMITS),
        "commits.committed": lambda: commits.committed(stranger, engine=engine, upload_id=upload),
        "uploads.answer_questions": lambda: uploaded.answer_questions(
            stranger, engine=engine, upload_id=upload, chosen=[(question, "deal")]
        ),
        "jobs.read_job": lambda: jobs.read_job(stranger, engine=engine, upload_id=upload),
        "jobs.ensure_read": lambda: jobs.ensure_read(stranger, engine=engine, upload_id=upload, limits=LIMITS),
        "jobs.start_commit": lambda: jobs.start_commit(stranger, engine=engine, upload_id=upload, mode=None, limits=LIMITS),
        "jobs.cancel": lambda: jobs.cancel(stranger, engine=engine, upload_id=upload),
        "mappings.saved_mappings": lambda: mappings.saved_mappings(stranger, engine=engine, team_id=team),
        "mappings.forget_mapping": lambda: mappings.forget_mapping(stranger, engine=engine, mapping_id=theirs["mapping"]),
        "mappings.recalled": lambda: mappings.recalled(stranger, engine=engine, upload_id=upload),
        "mappings.start_afresh": lambda: mappings.start_afresh(stranger, engine=engine, upload_id=upload),
        "mappings.recall": lambda: mappings.recall(
            stranger, engine=engine, upload_id=upload, found=found, limits=LIMITS, inspect_file=gate.inspect_file
        ),
        "mappings.open_questions": lambda: mappings.open_questions(stranger, engine=engine, upload_id=upload, found=found),
        "deletion.delete_table": lambda: deletion.delete_table(stranger, engine=engine, team_id=team, table="deal", cache_dir=cache_dir),
        "deletion.delete_team": lambda: deletion.delete_team(stranger, engine=engine, team_id=team, cache_dir=cache_dir),
        "deletion.delete_import": lambda: deletion.delete_import(stranger, engine=engine, dataset_id=dataset, cache_dir=cache_dir),
        "deletion.deleted": lambda: deletion.deleted(stranger, engine=engine, team_id=team),
        "uploads.discard_upload": lambda: uploaded.discard_upload(stranger, engine=engine, upload_id=upload),
        "datasets.undo": lambda: imported.undo(stranger, engine=engine, dataset_id=dataset),
        "datasets.history": lambda: imported.history(stranger, engine=engine, team_id=team),
        "datasets.read_receipt": lambda: imported.read_receipt(stranger, engine=engine, dataset_id=dataset),
        "datasets.rejected_rows": lambda: imported.rejected_rows(stranger, engine=engine, dataset_id=dataset),
        "datasets.clean_table": lambda: imported.clean_table(stranger, engine=engine, dataset_id=dataset),
        "datasets.clean_workbook": lambda: imported.clean_workbook(stranger, engine=engine, dataset_id=dataset),
        "own_claims.list_own_claims": lambda: own.list_own_claims(stranger, engine=engine, team_id=team),
        "own_claims.own_claims": lambda: own.own_claims(stranger, engine=engine, team_id=team),
        "own_claims.add_own_claim": lambda: own.add_own_claim(stranger, engine=engine, team_id=team, fields={}, check=dict),
        "own_claims.remove_own_claim": lambda: own.remove_own_claim(stranger, engine=engine, claim_id=theirs["claim"]),
        "snapshots.snapshots": lambda: snapshots.snapshots(stranger, engine=engine, team_id=team, cache_dir=cache_dir),
        "snapshots.snapshot_key": lambda: snapshots.snapshot_key(stranger, engine=engine, team_id=team),
    }


NAMES_NOTHING = {
    "teams.list_teams",
    "snapshots.arrival",
    "teams.create_team",
    "teams.example_team",
    "teams.leave_example",
    "teams.show_example",
    "teams.shown",
    "teams.shown_team",
    "commits.load_example",
}
"""The use cases that are about the actor's own organization and take no identifier."""


def test_every_use_case_is_tried_by_a_stranger(engine: Engine, stranger: Actor, theirs: dict[str, str], tmp_path: Path) -> None:
    found = {
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in (commits, deletion, imported, jobs, mappings, own, preparation, snapshots, teams, uploaded)
        for name, function in look_at.getmembers(module, look_at.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and next(iter(look_at.signature(function).parameters)) == "actor"
    }
    assert set(use_cases(stranger, engine, theirs, tmp_path)) | NAMES_NOTHING == found


TRIED_ELSEWHERE = {
    "app.services.actor": "tests/services/test_actor.py",
    "app.services.audit": "tests/services/test_audit.py",
    "app.services.everything": "tests/services/test_everything.py",
    "app.services.retention": "tests/services/test_everything.py",
    "app.services.alignment": "tests/services/test_alignment.py",
    "app.services.joins": "tests/services/test_joins.py",
    "app.services.members": "tests/services/test_members.py",
    "app.services.next_steps": "tests/services/test_planned_actions.py",
    "app.services.planned_actions": "tests/services/test_planned_actions.py",
    "app.services.play_company": "",
    "app.services.play_survey": "",
    "app.services.report.gather": "tests/services/report/test_kept.py",
    "app.services.report.kept": "tests/services/report/test_kept.py",
    "app.services.report.sharing": "tests/services/report/test_kept.py",
    "app.services.report.survey": "tests/services/report/test_kept.py",
    "app.services.rounds.closed": "tests/services/rounds/test_strangers.py",
    "app.services.rounds.manage": "tests/services/rounds/test_strangers.py",
    "app.services.rounds.reminding": "tests/services/rounds/test_strangers.py",
    "app.services.survey_file": "tests/services/test_survey_file.py",
    "app.services.survey_weights": "tests/services/test_survey_weights.py",
    "app.services.teams_beside": "tests/services/test_teams_beside.py",
}
"""Modules whose use cases are tried by a stranger in a test of their own; the play company is made in the actor's own organization."""


def test_every_module_with_use_cases_is_tried_somewhere() -> None:
    found = set()
    for found_module in pkgutil.walk_packages(app.services.__path__, "app.services."):
        module = import_module(found_module.name)
        for name, function in look_at.getmembers(module, look_at.isfunction):
            parameters = look_at.signature(function).parameters
            if function.__module__ == module.__name__ and not name.startswith("_") and next(iter(parameters), None) == "actor":
                found.add(module.__name__)
    here = {module.__name__ for module in (commits, deletion, imported, jobs, mappings, own, preparation, snapshots, teams, uploaded)}
    assert found == here | set(TRIED_ELSEWHERE)
    root = Path(__file__).parents[2]
    assert [path for path in TRIED_ELSEWHERE.values() if path and "stranger" not in (root / path).read_text(encoding="utf-8")] == []


def test_a_stranger_finds_nothing_and_changes_nothing(
    engine: Engine, owner: Actor, stranger: Actor, team_id: str, theirs: dict[str, str], tmp_path: Path
) -> None:
    before = uploaded.read_upload(owner, engine=engine, upload_id=theirs["upload"]), teams.read_team(owner, engine=engine, team_id=team_id)
    for attempt in use_cases(stranger, engine, theirs, tmp_path).values():
        with pytest.raises(NotFound):
            attempt()
    after = uploaded.read_upload(owner, engine=engine, upload_id=theirs["upload"]), teams.read_team(owner, engine=engine, team_id=team_id)
    assert after == before
    assert list(tmp_path.glob("*.parquet")) == []
    assert [team.name for team in teams.list_teams(stranger, engine=engine, with_example=True)] == ["My team"]


def test_every_query_takes_the_organization_by_name() -> None:
    wrong = []
    for module in pkgutil.iter_modules(app.storage.queries.__path__, prefix="app.storage.queries."):
        for name, function in look_at.getmembers(import_module(module.name), look_at.isfunction):
            if function.__module__ != module.name or name.startswith("_"):
                continue
            parameters = look_at.signature(function).parameters
            needed = {"session"} if name in ASKS_BY_LOGIN else {"session", "organization_id"}
            if not needed <= set(parameters) or any(parameter.kind is not parameter.KEYWORD_ONLY for parameter in parameters.values()):
                wrong.append(f"{module.name}.{name}")
    assert wrong == []
