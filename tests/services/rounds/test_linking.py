"""With a copy of the database, the list of who has which link, and an access log, answers are linked to people no better than by chance.

Many rounds are played: eight people each answer in an order that the log shows. After the close the attacker lines up people, in every
order the log and the database give, with the answers in every order that the database, its file and PostgreSQL's hidden columns give,
and counts how many people are hit. Chance hits one person a round, whatever the number of people. While a round is open the answers are
sealed, so nothing can be lined up; whether a seal betrays its content is measured as well.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import sqrt
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine, text

from app.services.actor import Actor
from app.services.rounds import closed
from app.services.rounds.sealing import token_hash
from tests.owners import everything
from tests.survey_rounds import DIMENSIONS, ITEMS, SECRET, answer, opened_round, personal_tokens, random_answers, team_of

PEOPLE = 8
ROUNDS = {"sqlite": 40, "postgresql": 25}
TABLES = ("survey_round", "survey_key", "survey_contact", "survey_invitation", "survey_draft", "survey_response", "survey_comment")


@dataclass(frozen=True)
class Played:
    """What the attacker knows of a round (the log in order of time, by token), and what they want to know (whose answers are whose)."""

    round_id: str
    log: tuple[str, ...]
    truth: dict[str, str]


def play(actor: Actor, engine: Engine, team_id: str, random: Random, *, close: bool) -> Played:
    """People come in a random order, answer in two visits, and comment; the round is closed or left open."""
    shown = opened_round(actor, engine, team_id, people=team_of(PEOPLE, 0))
    tokens = list(personal_tokens(actor, engine, shown.id).values())
    visits = random.sample(tokens, PEOPLE) + random.sample(tokens, PEOPLE)
    given = {token: random_answers(random) for token in tokens}
    half = len(ITEMS) // 2
    for number, token in enumerate(visits):
        part = ITEMS[:half] if number < PEOPLE else ITEMS[half:]
        answer(
            engine, token, {item: given[token][item] for item in part}, comments={DIMENSIONS[0]: f"canary {token}"}, finish=number >= PEOPLE
        )
    if close:
        closed.close_round(actor, engine=engine, secret=SECRET, round_id=shown.id)
    return Played(shown.id, tuple(visits), {token: repr(sorted(values.items())) for token, values in given.items()})


def orders_of_people(played: Played) -> dict[str, list[str]]:
    """The people in every order that the log and the tokens give."""
    first = list(dict.fromkeys(played.log))
    last = list(dict.fromkeys(reversed(played.log)))[::-1]
    return {
        "first visit": first,
        "last visit": last,
        "by token": sorted(first),
        "by hash": sorted(first, key=token_hash),
        "by plain hash": sorted(first, key=lambda token: hashlib.sha256(token.encode()).hexdigest()),
    }


def orders_of_answers(engine: Engine, round_id: str, content: bytes) -> dict[str, list[str]]:
    """The answers in every order that the database gives, each as `Played.truth` writes it."""
    queries = {"as they come": "", "by id": "ORDER BY id", "by answers": "ORDER BY answers"}
    if engine.dialect.name == "postgresql":
        queries |= {"by place": "ORDER BY ctid", "by transaction": "ORDER BY xmin::text::bigint, cmin::text::bigint, ctid"}
    found = {}
    with everything(engine) as session:
        for name, order in queries.items():
            rows = session.execute(
                text(f"SELECT id, answers FROM survey_response WHERE round_id = :round {order}"), {"round": round_id}
            ).all()
            found[name] = [(row[0], repr(sorted(json.loads(row[1]).items()))) for row in rows]
    if content:
        # Where each row lies in the file: the order of writing, if anything kept it.
        found["by place in the file"] = sorted(found["by id"], key=lambda pair: content.rfind(pair[0].encode()))
    return {name: [answers for _, answers in pairs] for name, pairs in found.items()}


def hits(people: Sequence[str], answers: Sequence[str], truth: dict[str, str]) -> int:
    """How many people are given their own answers when the two lists are put side by side."""
    return sum(truth[person] == own for person, own in zip(people, answers, strict=True))


def file_of(engine: Engine) -> bytes:
    """The bytes of SQLite's file and of its log; nothing for PostgreSQL."""
    if engine.dialect.name != "sqlite":
        return b""
    path = Path(str(engine.url.database))
    return b"".join(part.read_bytes() for part in (path, path.with_name(path.name + "-wal")) if part.exists())


def everything_stored(engine: Engine) -> set[str]:
    """Every value of every table of the survey, as text."""
    with everything(engine) as session:
        rows = itertools.chain.from_iterable(session.execute(text(f"SELECT * FROM {table}")).all() for table in TABLES)
        return {str(value) for row in rows for value in row if value is not None}


def keyed(key: bytes, token: bytes) -> str:
    """The token's keyed hash, with whatever the database holds as a key."""
    return hmac.digest(key, token, "sha256").hex()


def test_the_attack_finds_people_where_the_order_is_kept() -> None:
    # Against rows in the order of their writing it hits everybody, so a miss below means something.
    played = Played("r", tuple("abcdefgh" * 2), {person: person.upper() for person in "abcdefgh"})
    people = orders_of_people(played)
    assert hits(people["first visit"], list("ABCDEFGH"), played.truth) == PEOPLE


def test_after_the_close_nobody_is_hit_more_often_than_by_chance(engine: Engine, owner: Actor, team_id: str) -> None:
    random, number = Random(), ROUNDS[engine.dialect.name]
    played = [play(owner, engine, team_id, random, close=True) for _ in range(number)]
    content = file_of(engine)
    counted: dict[tuple[str, str], int] = {}
    for one in played:
        for (who, people), (how, answers) in itertools.product(
            orders_of_people(one).items(), orders_of_answers(engine, one.round_id, content).items()
        ):
            counted[who, how] = counted.get((who, how), 0) + hits(people, answers, one.truth)
    # One hit a round by chance, with a variance of one; five standard deviations, over some twenty-five ways to line up.
    bound = 5 * sqrt(number)
    assert {ways: found for ways, found in counted.items() if abs(found - number) > bound} == {}
    assert len(counted) >= 15


def test_after_the_close_no_token_leads_anywhere(engine: Engine, owner: Actor, team_id: str) -> None:
    played = [play(owner, engine, team_id, Random(n), close=True) for n in range(4)]
    stored, content = everything_stored(engine), file_of(engine)
    hashes: list[Callable[[bytes], str]] = [
        lambda token: token.decode(),
        lambda token: hashlib.sha256(token).hexdigest(),
        lambda token: hashlib.sha256(token).hexdigest()[:32],
        lambda token: hashlib.md5(token, usedforsecurity=False).hexdigest(),
        lambda token: token_hash(token.decode()),
        *(partial(keyed, key.encode()) for key in sorted(stored) if len(key) <= 64),
    ]
    comments = {value for value in stored if value.startswith("canary")}
    for one in played:
        for token in one.truth:
            assert not {made for make in hashes if (made := make(token.encode())) in stored - comments}
            # The canary is what the person wrote, and the only thing that bears the token; it is not beside the answers.
            assert f"canary {token}" in comments
            assert token_hash(token).encode() not in content
    assert b"@example.com" not in content


@pytest.mark.parametrize("kind", ["first answer", "whole survey"])
def test_while_a_round_is_open_a_seal_tells_nothing_about_its_content(engine: Engine, owner: Actor, team_id: str, kind: str) -> None:
    # People answer all 1 or all 5. The attacker knows whose draft is whose (the order of writing may tell), and guesses which.
    random = Random()
    people = 80
    shown = opened_round(owner, engine, team_id, people=team_of(people, 0))
    low = {}
    asked = ITEMS if kind == "whole survey" else ITEMS[:1]
    for token in personal_tokens(owner, engine, shown.id).values():
        with everything(engine) as session:
            before = {row[0] for row in session.execute(text("SELECT key FROM survey_draft")).all()}
        value = random.choice((1, 5))
        answer(engine, token, dict.fromkeys(asked, value))
        with everything(engine) as session:
            (key,) = {row[0] for row in session.execute(text("SELECT key FROM survey_draft")).all()} - before
        low[key] = value == 1
    with everything(engine) as session:
        sealed = {row[0]: bytes(row[1]) for row in session.execute(text("SELECT key, sealed FROM survey_draft")).all()}
    assert len({len(one) for one in sealed.values()}) == 1
    looks: dict[str, Callable[[bytes], float]] = {
        "sum": lambda one: sum(one),
        "first byte": lambda one: one[12],
        "last byte": lambda one: one[-1],
        "ones": lambda one: sum(byte.bit_count() for byte in one),
        "nonce": lambda one: one[0],
    }
    for name, look in looks.items():
        middle = sorted(map(look, sealed.values()))[people // 2]
        right = sum((look(sealed[key]) < middle) == is_low for key, is_low in low.items())
        assert abs(right - people / 2) < 5 * sqrt(people) / 2, name


def test_while_a_round_is_open_nothing_of_an_answer_is_in_the_database(engine: Engine, owner: Actor, team_id: str) -> None:
    played = play(owner, engine, team_id, Random(3), close=False)
    stored, content = everything_stored(engine), file_of(engine)
    readable = "\n".join(stored)
    for said in ("canary", ITEMS[0], *played.truth):
        assert said not in readable
        assert said.encode() not in content


def test_what_the_close_destroys_is_gone_from_the_file(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id, people=team_of(3, 0))
    for token in personal_tokens(owner, engine, shown.id).values():
        answer(engine, token, random_answers(Random(1)))
    with everything(engine) as session:
        salt = str(session.execute(text("SELECT salt FROM survey_key")).scalar_one())
        keys = [str(row[0]) for row in session.execute(text("SELECT key FROM survey_draft")).all()]
    assert engine.dialect.name != "sqlite" or salt.encode() in file_of(engine)
    closed.close_round(owner, engine=engine, secret=SECRET, round_id=shown.id)
    assert [gone for gone in (salt, *keys, "@example.com") if gone.encode() in file_of(engine)] == []
