"""Opening a link, answering, sending off: nothing lost, nothing doubled, nothing shown to somebody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from sqlalchemy import Engine, func, select

from app.errors import AppError
from app.services.actor import Actor
from app.services.rounds import answering, closed
from app.services.rounds.answering import Save
from app.services.rounds.model import Changes
from app.services.rounds.sealing import new_token
from app.services.rounds.writer import Writer
from app.storage.tables import SurveyDraft
from app.survey.model import Response
from tests.owners import everything
from tests.survey_rounds import (
    DIMENSIONS,
    ITEMS,
    SECRET,
    answer,
    begin,
    opened_round,
    personal_tokens,
    random_answers,
    shared_token,
    team_of,
)


def drafts(engine: Engine) -> int:
    with everything(engine) as session:
        return int(session.execute(select(func.count()).select_from(SurveyDraft)).scalar_one())


def by_answers(responses: tuple[Response, ...]) -> list[tuple[str, list[tuple[str, object]]]]:
    return sorted(((r.side, sorted(r.answers.items())) for r in responses), key=repr)


def test_what_was_answered_is_what_is_there_after_the_close(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id, people=team_of(5, 4), in_room=True)
    random = Random(7)
    given = {mail: random_answers(random) for mail in personal_tokens(owner, engine, shown.id)}
    for mail, token in personal_tokens(owner, engine, shown.id).items():
        for item, value in given[mail].items():
            answer(engine, token, {item: value})
    closed.close_round(owner, engine=engine, secret=SECRET, round_id=shown.id)
    found = closed.closed_responses(owner, engine=engine, round_id=shown.id)
    wanted = tuple(Response("sales" if mail.startswith("sales") else "marketing", answers) for mail, answers in given.items())
    assert by_answers(found) == by_answers(wanted)


def test_comments_and_guesses_come_apart_from_the_answers(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id, in_room=True)
    token = begin(engine, shared_token(owner, engine, shown.id), "marketing")
    text = "Zeile eins\r\n<b>zwei</b> \ud83d\ude00\x00\x07 "
    assert (
        answer(engine, token, {ITEMS[0]: None}, comments={DIMENSIONS[0]: text, DIMENSIONS[1]: "gone"}, guesses={DIMENSIONS[0]: 2})
        == "saved"
    )
    assert answer(engine, token, comments={DIMENSIONS[1]: "  "}) == "saved"
    closed.close_round(owner, engine=engine, secret=SECRET, round_id=shown.id)
    assert closed.closed_responses(owner, engine=engine, round_id=shown.id) == (
        Response("marketing", {ITEMS[0]: None}, {}, {DIMENSIONS[0]: 2}),
    )
    (comment,) = closed.closed_comments(owner, engine=engine, round_id=shown.id)
    assert (comment.side, comment.dimension, comment.body) == ("marketing", DIMENSIONS[0], "Zeile eins\n<b>zwei</b>")


def test_who_answered_nothing_does_not_count(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id)
    token = shared_token(owner, engine, shown.id)
    begin(engine, token, "sales")
    regretted = begin(engine, token, "sales")
    answer(engine, regretted, {ITEMS[0]: 1})
    answer(engine, regretted, taken_back=(ITEMS[0],))
    closed.close_round(owner, engine=engine, secret=SECRET, round_id=shown.id)
    assert closed.closed_responses(owner, engine=engine, round_id=shown.id) == ()


def test_answers_are_shown_only_on_the_device_they_were_given_on(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id, people=team_of(1, 0))
    (token,) = personal_tokens(owner, engine, shown.id).values()
    answer(engine, token, {ITEMS[0]: 1, ITEMS[1]: 2}, device="phone", comments={DIMENSIONS[0]: "mine"})
    answer(engine, token, {ITEMS[1]: 3}, device="desk")
    seen = {device: answering.open_link(engine, secret=SECRET, token=token, device=device) for device in ("phone", "desk", "managers")}
    assert {device: one.answers if one else None for device, one in seen.items()} == {
        "phone": {ITEMS[0]: 1},
        "desk": {ITEMS[1]: 3},
        "managers": {},
    }
    assert {device: one.comments if one else None for device, one in seen.items()} == {
        "phone": {DIMENSIONS[0]: "mine"},
        "desk": {},
        "managers": {},
    }
    every = frozenset({f"a:{ITEMS[0]}", f"a:{ITEMS[1]}", f"c:{DIMENSIONS[0]}"})
    assert {one.answered if one else None for one in seen.values()} == {every}


def test_after_sending_the_link_opens_nothing_and_changes_nothing(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id, people=team_of(1, 0))
    (token,) = personal_tokens(owner, engine, shown.id).values()
    answer(engine, token, {ITEMS[0]: 1})
    # A second click on the same device, or a reply that got lost, is thanked again; anybody else is told what everybody is told.
    assert [answer(engine, token, finish=True) for _ in range(2)] == ["finished", "finished"]
    assert answer(engine, token, finish=True, device="other") == "unavailable"
    assert answer(engine, token, {ITEMS[0]: 5}) == "unavailable"
    assert answering.open_link(engine, secret=SECRET, token=token, device="phone") is None
    closed.close_round(owner, engine=engine, secret=SECRET, round_id=shown.id)
    assert [dict(r.answers) for r in closed.closed_responses(owner, engine=engine, round_id=shown.id)] == [{ITEMS[0]: 1}]


def test_unknown_used_and_closed_links_are_told_apart_by_nobody(engine: Engine, owner: Actor, team_id: str) -> None:
    used = opened_round(owner, engine, team_id, people=team_of(1, 0))
    (used_token,) = personal_tokens(owner, engine, used.id).values()
    answer(engine, used_token, {ITEMS[0]: 1}, finish=True)
    shut = opened_round(owner, engine, team_id)
    shared = shared_token(owner, engine, shut.id)
    own = begin(engine, shared, "sales")
    closed.close_round(owner, engine=engine, secret=SECRET, round_id=shut.id)
    for token in (used_token, shared, own, new_token(), "nonsense", "", "x" * 5_000):
        assert answering.open_link(engine, secret=SECRET, token=token, device="d") is None
        assert answer(engine, token, {ITEMS[0]: 1}, device="d") == "unavailable"
        assert answering.begin(engine, secret=SECRET, token=token, side="sales") is None


def test_nothing_is_answered_under_the_shared_link_itself(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id)
    token = shared_token(owner, engine, shown.id)
    assert answer(engine, token, {ITEMS[0]: 1}) == "unavailable"
    found = answering.open_link(engine, secret=SECRET, token=token, device="d")
    assert found is not None
    assert (found.kind, found.side, drafts(engine)) == ("shared", None, 0)


SENSELESS = (
    Changes(answers={"weather": 3}),
    Changes(answers={ITEMS[0]: 0}),
    Changes(answers={ITEMS[0]: 6}),
    Changes(answers={ITEMS[0]: True}),
    Changes(answers={ITEMS[0]: 2.5}),  # type: ignore[dict-item]
    Changes(answers={ITEMS[0]: "3"}),  # type: ignore[dict-item]
    Changes(taken_back=("weather",)),
    Changes(comments={"weather": "rain"}),
    Changes(comments={DIMENSIONS[0]: "x" * 1_001}),
    Changes(guesses={DIMENSIONS[0]: 3}),
)


def test_what_makes_no_sense_is_refused_alone(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id, people=team_of(2, 0))
    one, two = personal_tokens(owner, engine, shown.id).values()
    for changes in SENSELESS:
        outcomes = answering.apply(
            engine, secret=SECRET, saves=[Save(one, "d", changes), Save(two, "d", Changes(answers={ITEMS[0]: 3})), Save(one, "d", changes)]
        )
        assert [isinstance(outcome, AppError) or outcome for outcome in outcomes] == [True, "saved", True], changes
    assert drafts(engine) == 1


def test_fifty_saves_of_one_person_at_once_are_one_draft(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id, people=team_of(1, 0))
    (token,) = personal_tokens(owner, engine, shown.id).values()
    # Two servers, each with a writer, and fifty browsers.
    writers = [Writer(engine, secret=SECRET) for _ in range(2)]
    saves = [Save(token, f"device {n}", Changes(answers={ITEMS[n % len(ITEMS)]: n % 5 + 1})) for n in range(50)]
    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(lambda pair: writers[pair[0] % 2].submit(pair[1]).result(60), enumerate(saves)))
    for writer in writers:
        writer.close()
    assert (set(outcomes), drafts(engine)) == ({"saved"}, 1)
    closed.close_round(owner, engine=engine, secret=SECRET, round_id=shown.id)
    (response,) = closed.closed_responses(owner, engine=engine, round_id=shown.id)
    assert set(response.answers) == set(ITEMS)


def test_saves_come_in_the_order_they_were_handed_over(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id, people=team_of(3, 0))
    tokens = list(personal_tokens(owner, engine, shown.id).values())
    writer = Writer(engine, secret=SECRET)
    futures = [writer.submit(Save(token, "d", Changes(answers={ITEMS[0]: value}))) for value in (1, 2, 3, 4, 5, 2) for token in tokens]
    assert {future.result(60) for future in futures} == {"saved"}
    assert writer.alone(lambda: drafts(engine)).result(60) == 3
    writer.close()
    for token in tokens:
        found = answering.open_link(engine, secret=SECRET, token=token, device="d")
        assert found is not None
        assert found.answers == {ITEMS[0]: 2}


def test_one_save_that_makes_no_sense_fails_alone_in_a_batch(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id, people=team_of(1, 0))
    (token,) = personal_tokens(owner, engine, shown.id).values()
    writer = Writer(engine, secret=SECRET)
    futures = [writer.submit(Save(token, "d", Changes(answers={item: 3}))) for item in (ITEMS[0], "weather", ITEMS[1])]
    assert futures[0].result(60) == futures[2].result(60) == "saved"
    with pytest.raises(AppError, match="belongs to no question"):
        futures[1].result(60)
    writer.close()


def test_a_late_answer_and_the_close_do_not_cross(engine: Engine, owner: Actor, team_id: str) -> None:
    # Whatever was acknowledged is in the results; whatever was refused is not.
    shown = opened_round(owner, engine, team_id, people=team_of(12, 0))
    tokens = list(personal_tokens(owner, engine, shown.id).values())
    writer = Writer(engine, secret=SECRET)
    with ThreadPoolExecutor(13) as pool:
        answers = [pool.submit(writer.submit(Save(token, "d", Changes(answers={ITEMS[0]: 3}))).result, 60) for token in tokens]
        shut = pool.submit(lambda: closed.close_round(owner, engine=engine, secret=SECRET, round_id=shown.id))
        acknowledged = [future.result() for future in answers].count("saved")
        shut.result()
    writer.close()
    assert len(closed.closed_responses(owner, engine=engine, round_id=shown.id)) == acknowledged
