"""`python -m tests.role_matrix`: write `docs/security-roles.md`, which role may do what, as it is found by trying.

Every use case (a public function of the services whose first parameter is the actor) is called by a viewer, a manager and an owner of an
organization with its own identifiers, and by the owner of another organization with the same identifiers, each time on a fresh copy of
one database. A refusal is `AccessDenied`; what another organization has is `NotFound`. Work that takes long begins and is not waited for:
who may begin it is what is asked.
"""

from __future__ import annotations

import inspect
import pkgutil
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import pytest
from sqlalchemy import Engine

import app.services
from app.benchmarks.catalogue import custom_claim
from app.clock import now, today
from app.errors import AccessDenied, AppError, NotFound
from app.ingest import gate
from app.ingest.limits import Limits
from app.ingest.model import JoinChoice
from app.services import (
    alignment,
    audit,
    commits,
    everything,
    jobs,
    joins,
    mappings,
    members,
    next_steps,
    own_claims,
    planned_actions,
    play_company,
    play_survey,
    preparation,
    retention,
    snapshots,
    survey_file,
    survey_weights,
    teams,
    teams_beside,
    uploads,
)
from app.services.actor import Actor, add_member, found_organization
from app.services.report import gather, kept, sharing
from app.services.report import survey as report_survey
from app.services.report.material import Choice
from app.services.rounds import manage
from app.services.rounds.closed import record_closed_round
from app.services.scorecard.request import Request
from app.services.scorecard.sources import Sources
from app.settings import ROOT
from app.storage.engine import make_engine, transaction
from app.storage.queries import blobs
from app.storage.tables import KeptReport
from app.survey.questionnaire import newest
from tests.services.rounds import test_strangers as strangers
from tests.services.test_tenants import use_cases as of_tenants
from tests.survey_rounds import new_round, opened_round, team_of

if TYPE_CHECKING:
    from app.metrics.engine import Engine as Counting

Who = Literal["viewer", "manager", "owner", "another organization"]
Answer = Literal["yes", "no", "not there", "own"]

WHO: tuple[Who, ...] = ("viewer", "manager", "owner", "another organization")
PAGE = ROOT / "docs" / "security-roles.md"
LIMITS = Limits()
DAY = date(2026, 6, 1)
CLAIM: dict[str, Any] = {
    "label": "More deals won",
    "metric": "win_rate",
    "kind": "ratio",
    "value": 10.0,
    "source": "Us",
    "year": 2025,
    "checked": "2026-01-01",
    "address": "https://example.com",
}
_ITEMS = [newest().wording("en").items[item.id] for item in newest().items_of("roles")]
ANSWERS = f"Team,{','.join(chr(34) + item + chr(34) for item in _ITEMS)}\nSales,1,2,3\nMarketing,3,4,5\n".encode()
DEALS = b"Deal ID,Stage,Amount,Close Date\n1,Won,10,2026-01-02\n2,Lost,20,2026-01-03\n"
SHOWN: dict[Answer, str] = {"yes": "yes", "no": "–", "not there": "not there", "own": "in their own"}

NAMES_NOTHING = {
    "actor.add_member",
    "audit.record_export",
    "audit.trail",
    "audit.trail_csv",
    "everything.delete_everything",
    "everything.export_everything",
    "retention.read_retention",
    "retention.set_retention",
    "commits.load_example",
    "members.invite",
    "members.leave",
    "members.list_invitations",
    "members.list_members",
    "members.organization_name",
    "members.rename_organization",
    "play_company.ensure_play_company",
    "snapshots.arrival",
    "teams.create_team",
    "teams.example_team",
    "teams.leave_example",
    "teams.list_teams",
    "teams.show_example",
    "teams.shown",
    "teams.shown_team",
    "teams_beside.teams_beside",
}
"""The use cases that take no identifier: whoever is of another organization does them there."""

NOT_USE_CASES = {"actor.require"}


class Begun(Exception):
    """The long work has been reached, so that the access was given."""


class _NotCounting:
    """Stands where the engine that counts would: by then the access was given, and counting is slow."""

    def open(self, *_: object, **__: object) -> object:
        raise Begun


@dataclass(frozen=True)
class World:
    """One database file with an organization that has one thing of each kind, and another beside it."""

    file: Path
    cache_dir: Path
    actors: Mapping[Who, Actor]
    things: Mapping[str, str]


def found() -> dict[str, Callable[..., object]]:
    """Every use case in the code by its name, `module.function`."""
    every = {}
    for one in pkgutil.walk_packages(app.services.__path__, "app.services."):
        module = import_module(one.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            first = next(iter(inspect.signature(function).parameters), None)
            if function.__module__ == module.__name__ and not name.startswith("_") and first == "actor":
                every[f"{one.name.removeprefix('app.services.')}.{name}"] = function
    return {name: function for name, function in every.items() if name not in NOT_USE_CASES}


def make_world(folder: Path, upgraded: Path) -> World:
    """Fill a copy of the empty database `upgraded`."""
    file = Path(shutil.copyfile(upgraded, folder / "world.db"))
    engine = make_engine(f"sqlite:///{file}")
    owner = found_organization(engine, name="Acme", iss="https://id", sub="anna", display_name="Anna")
    stranger = found_organization(engine, name="Other", iss="https://id", sub="olga", display_name="Olga")
    manager = add_member(owner, engine=engine, iss="https://id", sub="max", display_name="Max", role="manager")
    viewer = add_member(owner, engine=engine, iss="https://id", sub="vera", display_name="Vera", role="viewer")
    third = add_member(owner, engine=engine, iss="https://id", sub="tom", display_name="Tom", role="viewer")
    # A second owner, so that no refusal is the last owner's.
    add_member(owner, engine=engine, iss="https://id", sub="zoe", display_name="Zoe", role="owner")
    team = teams.list_teams(owner, engine=engine)[0].id
    teams.create_team(owner, engine=engine, name="South")
    done = uploads.start_upload(owner, engine=engine, team_id=team, data=DEALS, name="deals.csv", limits=LIMITS)
    preparation.inspect(owner, engine=engine, upload_id=done.id, limits=LIMITS)
    committed = commits.commit_upload(owner, engine=engine, upload_id=done.id, limits=LIMITS)
    things = {
        "team": team,
        "member": third.member_id,
        "upload": uploads.start_upload(owner, engine=engine, team_id=team, data=b"id\n1\n", name="a.csv", limits=LIMITS).id,
        "dataset": committed.dataset.id,
        "mapping": mappings.saved_mappings(owner, engine=engine, team_id=team)[0].id,
        "claim": own_claims.add_own_claim(owner, engine=engine, team_id=team, fields=CLAIM, check=custom_claim).id,
    }
    things["draft"] = manage.create_round(owner, engine=engine, team_id=team, new=new_round(way="personal"), people=team_of(6, 6)).id
    things["open"] = opened_round(owner, engine, team, name="Open").id
    things["closed"] = record_closed_round(
        owner, engine=engine, team_id=team, new=new_round(name="Closed"), responses=(), opened_on=DAY, closed_on=DAY
    ).id
    things["action"] = planned_actions.plan_action(
        owner, engine=engine, team_id=team, round_id=things["closed"], practice_id="weekly_talk", owner="Anna", due=_soon()
    ).id
    things["invitation"] = members.invite(owner, engine=engine, role="viewer")[0].id
    with transaction(engine, organization_id=owner.organization_id) as session:
        report = KeptReport(
            organization_id=owner.organization_id,
            team_id=team,
            title="Board",
            request="{}",
            choice="{}",
            data_sha256="0" * 64,
            edition="2026-11",
            code="c",
            state="done",
            holder="",
            numbers="{}",
            pdf_sha256=blobs.put(session=session, organization_id=owner.organization_id, content=b"%PDF"),
            finished_at=now(),
        )
        session.add(report)
        session.flush()
        things["report"] = report.id
    things["link"] = sharing.share(owner, engine=engine, report_id=things["report"])[0].id
    engine.dispose()
    return World(file, folder / "cache", {"viewer": viewer, "manager": manager, "owner": owner, "another organization": stranger}, things)


def attempts(actor: Actor, engine: Engine, world: World) -> dict[str, Callable[[], object]]:
    """Each use case, called by `actor` with the identifiers of Acme."""
    things, cache_dir = dict(world.things), world.cache_dir
    team, upload, report = things["team"], things["upload"], things["report"]
    of: dict[str, Any] = {"engine": engine}
    maker = kept.Maker(cast("Counting", _NotCounting()), cache_dir, "code")
    asked: dict[str, Any] = {"request": Request(), "choice": Choice(parts=("receipts",)), "maker": maker}
    of_rounds = {
        f"rounds.{name}": attempt
        for which in ("draft", "open", "closed")
        for name, attempt in strangers.use_cases(actor, engine, team, things[which]).items()
        if ROUND_OF.get(name, "open") == which
    }
    return {
        **of_tenants(actor, engine, things, cache_dir),
        **of_rounds,
        "actor.add_member": lambda: add_member(actor, **of, iss="https://id", sub="new", display_name="New", role="viewer"),
        "alignment.remove_closed_round": lambda: alignment.remove_closed_round(actor, **of, round_id=things["closed"]),
        "alignment.results": lambda: alignment.results(actor, **of, team_id=team),
        "audit.record_export": lambda: audit.record_export(actor, **of, file_name="a.csv"),
        "audit.trail": lambda: audit.trail(actor, **of),
        "audit.trail_csv": lambda: audit.trail_csv(actor, **of),
        "everything.delete_everything": lambda: everything.delete_everything(actor, **of, name="Acme", cache_dir=cache_dir),
        "everything.export_everything": lambda: everything.export_everything(actor, **of),
        "retention.read_retention": lambda: retention.read_retention(actor, **of),
        "retention.set_retention": lambda: retention.set_retention(actor, **of, days=365),
        "commits.commit_upload": lambda: commits.commit_upload(actor, **of, upload_id=upload, limits=LIMITS, read_file=_begin),
        "commits.load_example": lambda: commits.load_example(actor, **of, files=(), limits=LIMITS),
        "joins.join_offers": lambda: joins.join_offers(actor, **of, upload_id=upload, limits=LIMITS),
        "joins.join_upload": lambda: joins.join_upload(actor, **of, upload_id=upload, choice=_join(), limits=LIMITS),
        "mappings.recall": lambda: mappings.recall(
            actor, **of, upload_id=upload, found=gate.inspect_file(DEALS, name="a.csv"), limits=LIMITS, inspect_file=_begin
        ),
        "members.hand_over": lambda: members.hand_over(actor, **of, member_id=things["member"]),
        "members.invite": lambda: members.invite(actor, **of, role="viewer"),
        "members.leave": lambda: members.leave(actor, **of),
        "members.list_invitations": lambda: members.list_invitations(actor, **of),
        "members.list_members": lambda: members.list_members(actor, **of),
        "members.organization_name": lambda: members.organization_name(actor, **of),
        "members.remove_member": lambda: members.remove_member(actor, **of, member_id=things["member"]),
        "members.rename_organization": lambda: members.rename_organization(actor, **of, name="New"),
        "members.revoke_invitation": lambda: members.revoke_invitation(actor, **of, invitation_id=things["invitation"]),
        "members.set_role": lambda: members.set_role(actor, **of, member_id=things["member"], role="manager"),
        "members.sign_out_member": lambda: members.sign_out_member(actor, **of, member_id=things["member"]),
        "next_steps.next_steps": lambda: next_steps.next_steps(actor, **of, team_id=team, results=()),
        "planned_actions.change_action": lambda: planned_actions.change_action(
            actor, **of, action_id=things["action"], owner="Max", due=_soon()
        ),
        "planned_actions.list_actions": lambda: planned_actions.list_actions(actor, **of, team_id=team),
        "planned_actions.plan_action": lambda: planned_actions.plan_action(
            actor, **of, team_id=team, round_id=things["closed"], practice_id="weekly_talk", owner="Max", due=_soon()
        ),
        "planned_actions.settle_action": lambda: planned_actions.settle_action(actor, **of, action_id=things["action"], state="done"),
        "play_company.ensure_play_company": lambda: play_company.ensure_play_company(actor, **of, limits=LIMITS, say=_begin),
        "play_survey.ensure_play_survey": lambda: play_survey.ensure_play_survey(actor, **of, team_id=team, end=DAY),
        "preparation.inspect": lambda: preparation.inspect(actor, **of, upload_id=upload, limits=LIMITS, inspect_file=_begin),
        "preparation.make_ready": lambda: preparation.make_ready(actor, **of, upload_id=upload, limits=LIMITS, read_file=_begin),
        "preparation.prepare": lambda: preparation.prepare(actor, **of, upload_id=upload, limits=LIMITS, read_file=_begin),
        "report.gather.data_hash": lambda: gather.data_hash(actor, **of, team_id=team),
        "report.gather.gather": lambda: gather.gather(
            actor, **of, team_id=team, counting=maker.counting, cache_dir=cache_dir, request=Request()
        ),
        "report.kept.fresh": lambda: kept.fresh(actor, **of, team_id=team, **asked),
        "report.kept.list_reports": lambda: kept.list_reports(actor, **of, team_id=team),
        "report.kept.make": lambda: kept.make(actor, **of, team_id=team, **asked),
        "report.kept.read_report": lambda: kept.read_report(actor, **of, report_id=report),
        "report.kept.remove": lambda: kept.remove(actor, **of, report_id=report),
        "report.kept.report_numbers": lambda: kept.report_numbers(actor, **of, report_id=report),
        "report.kept.report_pdf": lambda: kept.report_pdf(actor, **of, report_id=report),
        "report.kept.start": lambda: kept.start(actor, **of, team_id=team, **asked),
        "report.sharing.list_links": lambda: sharing.list_links(actor, **of, report_id=report),
        "report.sharing.revoke": lambda: sharing.revoke(actor, **of, link_id=things["link"]),
        "report.sharing.share": lambda: sharing.share(actor, **of, report_id=report),
        "report.survey.survey_words": lambda: report_survey.survey_words(actor, **of, team_id=team, sources=Sources()),
        "survey_file.import_file": lambda: survey_file.import_file(
            actor, **of, team_id=team, data=ANSWERS, name="a.csv", limits=LIMITS, round_name="R", closed_on=DAY
        ),
        "survey_weights.read_weights": lambda: survey_weights.read_weights(actor, **of, team_id=team, questionnaire=newest()),
        "survey_weights.set_weights": lambda: survey_weights.set_weights(actor, **of, team_id=team, weights=newest().equal_weights()),
        "snapshots.arrival": lambda: snapshots.arrival(actor, **of),
        "teams.create_team": lambda: teams.create_team(actor, **of, name="West"),
        "teams.example_team": lambda: teams.example_team(actor, **of),
        "teams.leave_example": lambda: teams.leave_example(actor, **of),
        "teams.list_teams": lambda: teams.list_teams(actor, **of),
        "teams.show_example": lambda: teams.show_example(actor, **of),
        "teams.shown": lambda: teams.shown(actor, **of),
        "teams.shown_team": lambda: teams.shown_team(actor, **of),
        "teams_beside.teams_beside": lambda: teams_beside.teams_beside(actor, **of, win_rate=_begin),
    }


ROUND_OF = {
    "manage.open_round": "draft",
    "manage.add_people": "draft",
    "manage.people": "draft",
    "manage.remove_round": "draft",
    "manage.raise_minimum": "draft",
    "closed.closed_responses": "closed",
    "closed.closed_comments": "closed",
}
"""Which round a use case of the survey is tried on, where it is not the open one."""


def tried(world: World, folder: Path) -> dict[str, dict[Who, Answer]]:
    """What each of the four may do of each use case."""
    answers: dict[str, dict[Who, Answer]] = {}
    file = folder / "try.db"
    engine, used = make_engine(f"sqlite:///{file}"), True
    inspected = gate.inspect_file(DEALS, name="a.csv")
    with pytest.MonkeyPatch.context() as patch:
        # Made once: each list of attempts would make it again, in a process of its own.
        patch.setattr(gate, "inspect_file", lambda *_, **__: inspected)
        # What goes on in another thread after the access was given is not waited for.
        patch.setattr(jobs, "_start", lambda *_: None)
        patch.setattr(kept, "_work", lambda *_: None)
        for who in WHO:
            for name, attempt in attempts(world.actors[who], engine, world).items():
                if used:
                    # What was done is undone: each begins where the first did.
                    engine.dispose()
                    for rest in folder.glob("try.db-*"):
                        rest.unlink()
                    shutil.copyfile(world.file, file)
                answer = _answer(attempt)
                used = answer == "yes"
                answers.setdefault(name, {})[who] = "own" if used and who == WHO[-1] and name in NAMES_NOTHING else answer
    engine.dispose()
    return answers


def page(answers: Mapping[str, Mapping[Who, Answer]]) -> str:
    """The page `docs/security-roles.md`."""
    every = found()
    lines = [
        "# Who may do what",
        "",
        "Written by `python -m tests.role_matrix`, and a test holds it to the code: every use case that takes a member is called by a",
        "viewer, a manager and an owner with their own organization's things, and by the owner of another organization with the same",
        "identifiers. **yes**: it is done. **–**: it is refused. **not there**: to others it does not exist. **in their own**: it names",
        "nothing, so whoever does it does it in their own organization.",
        "",
        "A role is asked anew at every click, from the database. Respondents of the survey and readers of a shared report are no",
        "members and can do nothing of this.",
    ]
    for module in sorted({name.rpartition(".")[0] for name in answers}):
        lines += [
            "",
            f"## {module}",
            "",
            "| use case | what it does | viewer | manager | owner | another organization |",
            "|---|---|---|---|---|---|",
        ]
        for name in sorted(one for one in answers if one.rpartition(".")[0] == module):
            does = (inspect.getdoc(every[name]) or "").partition("\n")[0].replace("|", "\\|")
            cells = " | ".join(SHOWN[answers[name][who]] for who in WHO)
            lines.append(f"| `{name.rpartition('.')[2]}` | {does} | {cells} |")
    return "\n".join(lines) + "\n"


def _answer(attempt: Callable[[], object]) -> Answer:
    try:
        attempt()
    except AccessDenied:
        return "no"
    except NotFound:
        return "not there"
    except (Begun, AppError):
        # Who is told that a file cannot be read may read it.
        return "yes"
    return "yes"


def _begin(*_: object, **__: object) -> Any:
    raise Begun


def _soon() -> date:
    return today() + timedelta(days=30)


def _join() -> JoinChoice:
    return JoinChoice("deal", "id", "id")


def main() -> None:
    """Write the page."""
    from tempfile import TemporaryDirectory

    from app.storage import migrations

    with TemporaryDirectory() as name:
        folder = Path(name)
        empty = make_engine(f"sqlite:///{folder / 'empty.db'}")
        migrations.upgrade(empty)
        empty.dispose()
        PAGE.write_text(page(tried(make_world(folder, folder / "empty.db"), folder)), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")


if __name__ == "__main__":
    main()
