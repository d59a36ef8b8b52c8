"""An organization in which every cell, name, comment and amount is a canary; its large table equals another where a sample looks."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from app.benchmarks.catalogue import custom_claim
from app.clock import today
from app.ingest.limits import Limits
from app.ingest.model import Answers
from app.metrics.engine import Engine as Counting
from app.services import commits, members, own_claims, planned_actions, teams, uploads
from app.services.actor import Actor, add_member, found_organization
from app.services.play_company import ANSWERS, CUSTOMER_HEAD, DEAL_HEAD, INVOICE_HEAD, LEAD_HEAD, TRAFFIC_HEAD
from app.services.report import kept, sharing
from app.services.report.kept import Maker
from app.services.report.material import Choice
from app.services.rounds import answering, closed, manage
from app.services.rounds.answering import Save
from app.services.rounds.model import Changes, NewRound, Person
from app.services.rounds.secret import server_secret
from app.services.scorecard.request import Request
from app.storage.tables import MemberRole
from app.survey import questionnaire
from app.survey.model import SIDES, Response
from app.survey.practices import practices
from tests.hosting.canaries import Canaries
from tests.hosting.site import SECRET

FIRST, LARGE, SURVEYED = "My team", "North", "South"
"""The teams that both organizations have under the same names: one with every kind of table, one with a large one, one with the survey."""
LARGE_FILE = "deals.csv"
SAMPLED = 10_000
"""Rows that Streamlit looks at of a table of 50,000 and more, to tell it from another."""
EDGE = 3_000
"""Rows at the beginning, in the middle and at the end that are the same too: more than 64 KiB each."""
PREFIXES = {"deals.csv": "deal", "customers.csv": "customer", "invoices.csv": "invoice", "leads.csv": "lead", "web_traffic.csv": "visits"}
"""What the places of the words of each small table begin with."""
LEFT_OUT = "a table that is not loaded"
ROLES: tuple[MemberRole, ...] = ("owner", "manager", "manager", "viewer", "viewer")
SURVEY = questionnaire.newest()
LIMITS = Limits()


@dataclass
class Company:
    """A planted organization: who is in it, and every name, token and number under which something of it could be asked for."""

    canaries: Canaries
    subs: dict[str, MemberRole]
    actor: Actor
    teams: dict[str, str] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    invitations: list[str] = field(default_factory=list)
    survey_tokens: list[str] = field(default_factory=list)
    rounds: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)


def people_of(canaries: Canaries, prefix: str) -> dict[str, tuple[MemberRole, str, str]]:
    """login → role, name and mail address; the names and addresses are words."""
    return {
        f"{prefix}{number}": (role, canaries.word("member's name"), f"{canaries.word('member’s address')}@example.com")
        for number, role in enumerate(ROLES)
    }


def unsampled(rows: int) -> list[int]:
    """The rows of a table that no fixed sample takes and that are not at its beginning, in its middle or at its end."""
    if rows <= SAMPLED:
        return list(range(1, rows, 3))
    taken = set(pd.DataFrame({"n": np.arange(rows)}).sample(n=SAMPLED, random_state=0)["n"])
    taken |= {*range(EDGE), *range(rows // 2 - EDGE, rows // 2 + EDGE), *range(rows - EDGE, rows)}
    return [row for row in range(rows) if row not in taken]


def large_table(canaries: Canaries, *, rows: int, won: float) -> bytes:
    """Deals as CSV, the same for every organization but for some rows that no sample takes: those have words, amounts and ends of its own.

    Two such files have the same length.
    """
    special = unsampled(rows)[: max(rows // 5, 1)]
    names = [canaries.word("account in a large table") for _ in range(40)]
    regions = [canaries.word("region in a large table") for _ in range(4)]
    own, random, out = dict(zip(special, range(len(special)), strict=True)), Random(canaries.stem), io.StringIO()
    out.write("Deal ID,Account,Stage,Amount,Created,Close Date,Region\n")
    plain = Random(7)
    for row in range(rows):
        day = date(2024, 1, 1) + timedelta(days=row % 700)
        stage, amount, account, region = (
            ("Closed Won" if plain.random() < 0.3 else "Closed Lost"),
            100 + row % 900,
            f"Account {row % 700}",
            "North",
        )
        if row in own:
            number = own[row]
            stage = "Closed Won" if random.random() < won else "Closed Lost"
            # The word for won is a letter shorter.
            amount, account = canaries.amount(number), names[number % len(names)] + ("x" if stage == "Closed Won" else "")
            region = regions[number % len(regions)]
        out.write(f"{1_000_000 + row},{account},{stage},{amount}.50,{day},{day + timedelta(days=20)},{region}\n")
    return out.getvalue().encode()


def small_tables(canaries: Canaries, *, rows: int, won: float) -> dict[str, bytes]:
    """Every kind of table, by the name of its file; each cell of text is a word, each amount a canary."""
    random = Random(canaries.stem)
    word = canaries.word

    def some(place: str, number: int) -> list[str]:
        return [word(place) for _ in range(number)]

    accounts, owners = some("deal: account", 60), some("deal: owner", 5)
    sources, types, regions, industries = (some(f"deal: {one}", 3) for one in ("source", "type", "region", "industry"))
    first = date(2023, 11, 1)

    def day(number: int) -> date:
        return first + timedelta(days=number * 1_050 // rows)

    deals: list[Sequence[object]] = [
        (
            f"{word('deal: id')}",
            word("deal: name"),
            accounts[number % 60],
            owners[number % 5],
            day(number),
            day(number) + timedelta(days=25),
            "Closed Won" if random.random() < won else "Closed Lost",
            canaries.amount(number),
            "EUR",
            50,
            sources[number % 3],
            types[number % 2],
            regions[number % 3],
            industries[number % 3],
        )
        for number in range(rows)
    ]
    # Rows that are set aside, for which there is a file of its own.
    deals += [
        (
            word("deal: id"),
            word("deal: name of a row set aside"),
            accounts[0],
            owners[0],
            word("deal: no date"),
            "",
            "Closed Won",
            word("deal: no amount"),
        )
        for _ in range(3)
    ]
    people = [word("customer: id") for _ in range(rows)]
    plans, regions = some("customer: plan", 3), some("customer: region", 2)
    customers: list[Sequence[object]] = [
        (
            people[number],
            word("customer: name"),
            day(number),
            day(number) + timedelta(days=200) if random.random() > won else "",
            canaries.amount(number + 300),
            regions[number % 2],
            plans[number % 3],
        )
        for number in range(rows)
    ]
    invoices: list[Sequence[object]] = [
        (
            word("invoice: number"),
            people[number % 40],
            first + timedelta(days=30 * (number // 40) + number % 5),
            canaries.amount(number + 600),
            "Paid",
            regions[number % 2],
        )
        for number in range(40 * 30)
    ]
    channels, lead_regions = some("lead: source", 3), some("lead: region", 2)
    leads: list[Sequence[object]] = [
        (
            word("lead: id"),
            f"{day(number)} 10:00",
            channels[number % 3],
            word("lead: status") if number % 50 == 0 else "New",
            f"{day(number)} 12:00",
            f"{day(number) + timedelta(days=30)} 12:00" if random.random() < won else "",
            lead_regions[number % 2],
        )
        for number in range(rows)
    ]
    visits = some("visits: channel", 3)
    traffic: list[Sequence[object]] = [
        (
            f"{first + timedelta(days=number // 3):%Y%m%d}",
            visits[number % 3],
            canaries.amount(number),
            canaries.amount(number) - 5_000,
            20 + number % 9,
        )
        for number in range(rows)
    ]
    return {
        "deals.csv": _csv(DEAL_HEAD, deals),
        "customers.csv": _csv(CUSTOMER_HEAD, customers),
        "invoices.csv": _csv(INVOICE_HEAD, invoices),
        "leads.csv": _csv(LEAD_HEAD, leads),
        "web_traffic.csv": _csv(TRAFFIC_HEAD, traffic),
    }


def plant(
    engine: Engine,
    *,
    iss: str,
    canaries: Canaries,
    people: dict[str, tuple[MemberRole, str, str]],
    folder: Path,
    rows: int,
    large: int,
    won: float,
    kinds: Sequence[str] = tuple(ANSWERS),
) -> Company:
    """Found an organization and fill everything it can have.

    Parameters
    ----------
    folder
        For the copies that a report is made of.
    rows, large
        Of each small table, and of the large one.
    won
        The share of the own deals that are won.
    kinds
        Which of the small tables.
    """
    word = canaries.word
    both: dict[str, Any] = {"engine": engine}
    (first, (_, name, _)), *others = people.items()
    owner = found_organization(engine, name=word("organization's name"), iss=iss, sub=first, display_name=name, team=FIRST)
    for sub, (role, shown, _) in others:
        add_member(owner, engine=engine, iss=iss, sub=sub, display_name=shown, role=role)
    company = Company(canaries, {sub: role for sub, (role, _, _) in people.items()}, owner)
    for name in (LARGE, SURVEYED, word("team's name")):
        teams.create_team(owner, engine=engine, name=name)
    company.teams = {view.name: view.id for view in teams.list_teams(owner, engine=engine)}
    company.ids += [owner.organization_id, owner.member_id, *company.teams.values()]
    _tables(company, engine, rows=rows, large=large, won=won, kinds=kinds)
    for email in (word("invited address"), word("invited address")):
        view, token = members.invite(owner, **both, role="viewer", email=f"{email}@example.com")
        company.invitations.append(token)
        company.ids.append(view.id)
    for team in (FIRST, LARGE):
        claim = own_claims.add_own_claim(owner, **both, team_id=company.teams[team], fields=_claim(canaries), check=custom_claim)
        company.ids.append(claim.id)
    _survey(company, engine, won=won)
    maker = Maker(Counting(folder), folder, "canary")
    for team in (FIRST, LARGE):
        for _ in range(2 if team == FIRST else 1):
            made = kept.make(
                owner,
                **both,
                team_id=company.teams[team],
                request=Request(),
                choice=Choice(tables=True),
                maker=maker,
                title=word("report's title"),
            )
            assert made.state == "done", made.error
            link, token = sharing.share(owner, **both, report_id=made.id)
            company.shared.append(token)
            company.ids += [made.id, link.id]
    return company


def _tables(company: Company, engine: Engine, *, rows: int, large: int, won: float, kinds: Sequence[str]) -> None:
    owner = company.actor
    both: dict[str, Any] = {"engine": engine, "limits": LIMITS}
    company.files = {name: data for name, data in small_tables(company.canaries, rows=rows, won=won).items() if name in kinds}
    # What is in no file that is loaded can be found nowhere.
    absent = tuple(f"{one}:" for name, one in PREFIXES.items() if name not in kinds)
    for word in [word for word, place in company.canaries.planted.items() if place.startswith(absent)] if absent else []:
        company.canaries.planted[word] = LEFT_OUT
    every: list[tuple[str, str, bytes, Answers | None]] = [(FIRST, name, data, ANSWERS[name]) for name, data in company.files.items()]
    company.files["large"] = large_table(company.canaries, rows=large, won=won)
    every.append((LARGE, LARGE_FILE, company.files["large"], Answers(table="deal")))
    for team, name, data, answers in every:
        upload = uploads.keep_upload(owner, **both, team_id=company.teams[team], data=data, name=name, answers=answers)
        made = commits.commit_upload(owner, **both, upload_id=upload.id)
        company.ids += [upload.id, made.dataset.id, made.dataset.parquet_sha256]
    # One that waits for its questions, under the name that both have.
    waiting = uploads.start_upload(
        owner, **both, team_id=company.teams[SURVEYED], data=company.files["large"].replace(b"Deal ID", b"Deal Id"), name=LARGE_FILE
    )
    company.ids += [waiting.id, waiting.sha256]


def _claim(canaries: Canaries) -> dict[str, Any]:
    return {
        "label": canaries.word("own claim: label"),
        "metric": "win_rate",
        "kind": "ratio",
        "value": 10.0,
        "source": canaries.word("own claim: source"),
        "year": 2025,
        "checked": "2026-01-01",
        "address": f"https://{canaries.word('own claim: address').lower()}.example.com",
    }


def _survey(company: Company, engine: Engine, *, won: float) -> None:
    owner, word, random = company.actor, company.canaries.word, Random(company.canaries.stem)
    secret = server_secret(SECRET, data_dir=Path())

    def answers() -> dict[str, int | None]:
        return {item.id: min(5, max(1, round(random.gauss(1 + 4 * won, 1)))) for item in SURVEY.items}

    for team in (FIRST, SURVEYED):
        team_id = company.teams[team]
        for months in (8, 2) if team == FIRST else (2,):
            day = today() - timedelta(days=30 * months)
            shown = closed.record_closed_round(
                owner,
                engine=engine,
                team_id=team_id,
                new=_round(word("round's name")),
                responses=[
                    Response(side, answers(), comments={one.id: word("comment") for one in SURVEY.dimensions})
                    for side in SIDES
                    for _ in range(12)
                ],
                opened_on=day - timedelta(days=10),
                closed_on=day,
            )
            company.rounds.append(shown.id)
        done = [one.id for one in practices()][:3]
        for practice in done:
            action = planned_actions.plan_action(
                owner,
                engine=engine,
                team_id=team_id,
                round_id=company.rounds[-1],
                practice_id=practice,
                owner=word("action: owner"),
                due=today() + timedelta(days=20),
                because=[word("action: because")],
            )
            company.ids.append(action.id)
            if practice == done[0]:
                planned_actions.settle_action(owner, engine=engine, action_id=action.id, state="done", note=word("action: note"))
    people = [Person(word("asked: name"), f"{word('asked: address')}@example.com", side) for side in SIDES for _ in range(6)]
    team_id = company.teams[SURVEYED]
    draft = manage.create_round(owner, engine=engine, team_id=team_id, new=_round(word("draft round"), way="personal"), people=people)
    company.rounds.append(draft.id)
    asked = manage.create_round(owner, engine=engine, team_id=team_id, new=_round(word("open round"), way="personal"), people=people)
    manage.open_round(owner, engine=engine, secret=secret, round_id=asked.id)
    company.rounds.append(asked.id)
    tokens = [link.path.removeprefix("/s/") for link in manage.links(owner, engine=engine, secret=secret, round_id=asked.id)]
    company.survey_tokens += tokens
    for token in tokens[:8]:
        changes = Changes(answers=answers(), comments={SURVEY.dimensions[0].id: word("sealed comment")})
        answering.apply(engine, secret=secret, saves=[Save(token, "phone", changes)])
    common = manage.create_round(owner, engine=engine, team_id=company.teams[FIRST], new=_round(word("open round"), way="shared"))
    manage.open_round(owner, engine=engine, secret=secret, round_id=common.id)
    company.rounds.append(common.id)
    path = manage.shared_path(owner, engine=engine, secret=secret, round_id=common.id)
    assert path is not None
    company.survey_tokens.append(path.removeprefix("/s/"))


def _round(name: str, **changed: Any) -> NewRound:
    return NewRound(
        **{
            "name": name,
            "questionnaire": SURVEY.version,
            "dimensions": tuple(one.id for one in SURVEY.dimensions),
            "languages": SURVEY.languages,
            **changed,
        }
    )


def _csv(head: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([*row, *[""] * (len(head) - len(row))] for row in rows)
    return out.getvalue().encode()
