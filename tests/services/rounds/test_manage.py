"""Setting up, opening, following and closing a round."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from app.clock import today
from app.errors import AccessDenied, AppError, ConfigurationError
from app.services.actor import Actor, add_member
from app.services.rounds import answering, closed, manage
from app.services.rounds.model import Person, Progress
from app.services.teams import set_time_zone
from app.storage.queries import organizations, rounds
from tests.owners import everything
from tests.survey_rounds import ITEMS, SECRET, SURVEY, answer, begin, new_round, opened_round, personal_tokens, shared_token, team_of


def test_a_round_goes_from_draft_to_open_to_closed_and_never_back(engine: Engine, owner: Actor, team_id: str) -> None:
    made = manage.create_round(owner, engine=engine, team_id=team_id, new=new_round(name="  Spring \n 2027 ", invited={"sales": 9}))
    assert (made.state, made.name, made.invited, made.minimum) == ("draft", "Spring 2027", {"sales": 9}, 5)
    assert manage.shared_path(owner, engine=engine, secret=SECRET, round_id=made.id) is None
    with pytest.raises(AppError, match="never opened"):
        closed.close_round(owner, engine=engine, secret=SECRET, round_id=made.id)
    opened = [manage.open_round(owner, engine=engine, secret=SECRET, round_id=made.id) for _ in range(2)]
    assert [one.state for one in opened] == ["open", "open"]
    token = shared_token(owner, engine, made.id)
    with pytest.raises(AppError, match="Only a round that was never opened"):
        manage.remove_round(owner, engine=engine, round_id=made.id)
    shut = [closed.close_round(owner, engine=engine, secret=SECRET, round_id=made.id) for _ in range(2)]
    assert [one.state for one in shut] == ["closed", "closed"]
    assert answering.open_link(engine, secret=SECRET, token=token, device="x") is None
    with pytest.raises(AppError, match="cannot be opened again"):
        manage.open_round(owner, engine=engine, secret=SECRET, round_id=made.id)
    with everything(engine) as session:
        noted = [row.what for row in organizations.actions(session=session, organization_id=owner.organization_id)]
    assert sorted(what for what in noted if what.startswith("round")) == ["round_closed", "round_created", "round_opened"]


def test_a_draft_can_be_removed_with_its_people(engine: Engine, owner: Actor, team_id: str) -> None:
    made = manage.create_round(owner, engine=engine, team_id=team_id, new=new_round(way="personal"), people=team_of(2, 1))
    assert len(manage.people(owner, engine=engine, round_id=made.id)) == 3
    manage.remove_round(owner, engine=engine, round_id=made.id)
    assert manage.list_rounds(owner, engine=engine, team_id=team_id) == ()


SENSELESS: tuple[tuple[dict[str, object], str], ...] = (
    ({"name": " "}, "needs a name"),
    ({"name": "x" * 201}, "longer than 200"),
    ({"dimensions": ()}, "at least one dimension"),
    ({"dimensions": ("weather",)}, "no dimension"),
    ({"languages": ()}, "at least one language"),
    ({"languages": ("tlh",)}, "not there in the language"),
    ({"questionnaire": "1999-01"}, "no version"),
    ({"minimum": 4}, "5 to 50"),
    ({"minimum": 51}, "5 to 50"),
    ({"invited": {"sales": -1}}, "makes no sense"),
    ({"closes_on": date(2020, 1, 1)}, "over already"),
)


def test_a_round_that_makes_no_sense_is_refused(engine: Engine, owner: Actor, team_id: str) -> None:
    for changed, words in SENSELESS:
        with pytest.raises(AppError, match=words):
            manage.create_round(owner, engine=engine, team_id=team_id, new=new_round(**changed))
    assert manage.list_rounds(owner, engine=engine, team_id=team_id) == ()


def test_the_minimum_is_only_raised_once_people_were_promised_it(engine: Engine, owner: Actor, team_id: str) -> None:
    made = manage.create_round(owner, engine=engine, team_id=team_id, new=new_round(minimum=8))
    assert manage.raise_minimum(owner, engine=engine, round_id=made.id, minimum=6).minimum == 6
    manage.open_round(owner, engine=engine, secret=SECRET, round_id=made.id)
    assert manage.raise_minimum(owner, engine=engine, round_id=made.id, minimum=7).minimum == 7
    with pytest.raises(AppError, match="can only be raised"):
        manage.raise_minimum(owner, engine=engine, round_id=made.id, minimum=6)
    closed.close_round(owner, engine=engine, secret=SECRET, round_id=made.id)
    with pytest.raises(AppError, match="is fixed"):
        manage.raise_minimum(owner, engine=engine, round_id=made.id, minimum=9)


def test_everybody_on_the_list_has_a_link_of_their_own_until_the_close(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id, people=[*team_of(2, 1), Person("Again", "SALES0@example.com", "marketing")])
    assert shown.invited == {"sales": 2, "marketing": 1}
    first = manage.links(owner, engine=engine, secret=SECRET, round_id=shown.id)
    assert [link.person.email for link in first] == ["sales0@example.com", "sales1@example.com", "marketing0@example.com"]
    assert manage.links(owner, engine=engine, secret=SECRET, round_id=shown.id) == first
    more = manage.add_people(
        owner, engine=engine, secret=SECRET, round_id=shown.id, people=[*team_of(3, 0), Person("No mail", "", "marketing")]
    )
    assert more.invited == {"sales": 3, "marketing": 2}
    tokens = personal_tokens(owner, engine, shown.id)
    found = {mail: answering.open_link(engine, secret=SECRET, token=token, device="x") for mail, token in tokens.items()}
    assert {mail: one.side if one else None for mail, one in found.items()} == {
        "sales0@example.com": "sales",
        "sales1@example.com": "sales",
        "sales2@example.com": "sales",
        "marketing0@example.com": "marketing",
        "": "marketing",
    }
    closed.close_round(owner, engine=engine, secret=SECRET, round_id=shown.id)
    assert manage.links(owner, engine=engine, secret=SECRET, round_id=shown.id) == ()
    assert manage.people(owner, engine=engine, round_id=shown.id) == ()
    assert manage.read_round(owner, engine=engine, round_id=shown.id).invited == {"sales": 3, "marketing": 2}


def test_personal_links_need_a_list(engine: Engine, owner: Actor, team_id: str) -> None:
    made = manage.create_round(owner, engine=engine, team_id=team_id, new=new_round(way="personal"))
    with pytest.raises(AppError, match="Nobody is listed"):
        manage.open_round(owner, engine=engine, secret=SECRET, round_id=made.id)
    shared = manage.create_round(owner, engine=engine, team_id=team_id, new=new_round())
    with pytest.raises(AppError, match="no list of people"):
        manage.add_people(owner, engine=engine, secret=SECRET, round_id=shared.id, people=team_of(1, 0))


def test_the_number_of_answers_is_told_in_steps_of_the_minimum(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id)
    token = shared_token(owner, engine, shown.id)
    seen = []
    for number in range(11):
        if number:
            answer(engine, begin(engine, token, "sales"), {ITEMS[0]: 3})
        begin(engine, token, "marketing")  # who has not answered anything is not counted
        seen.append(manage.progress(owner, engine=engine, secret=SECRET, round_id=shown.id))
    assert seen == [Progress(5, {"sales": n, "marketing": 0}) for n in (0, 0, 0, 0, 0, 5, 5, 5, 5, 5, 10)]


def test_a_round_closes_after_its_last_day_where_the_team_is(
    engine: Engine, owner: Actor, team_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_time_zone(owner, engine=engine, team_id=team_id, time_zone="America/Los_Angeles")
    day = today("America/Los_Angeles")
    shown = opened_round(owner, engine, team_id, closes_on=day)
    assert manage.read_round(owner, engine=engine, round_id=shown.id).last_day == day
    token = begin(engine, shared_token(owner, engine, shown.id), "sales")
    assert answer(engine, token, {ITEMS[0]: 2}) == "saved"
    assert closed.close_due(engine, secret=SECRET) == 0
    assert shown.closes_at is not None
    after = shown.closes_at + timedelta(seconds=1)
    for module in ("answering", "closed", "manage"):
        monkeypatch.setattr(f"app.services.rounds.{module}.now", lambda: after)
    # Nobody has closed it yet, and it takes no answer all the same.
    assert answer(engine, token, {ITEMS[1]: 2}) == "unavailable"
    assert answering.open_link(engine, secret=SECRET, token=token, device="phone") is None
    assert [closed.close_due(engine, secret=SECRET) for _ in range(2)] == [1, 0]
    (response,) = closed.closed_responses(owner, engine=engine, round_id=shown.id)
    assert (response.side, response.answers) == ("sales", {ITEMS[0]: 2})


def test_another_secret_changes_nothing_and_says_so(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id, people=team_of(1, 0))
    (token,) = personal_tokens(owner, engine, shown.id).values()
    answer(engine, token, {ITEMS[0]: 4})
    other = b"o" * 32
    for attempt in (
        lambda: closed.close_round(owner, engine=engine, secret=other, round_id=shown.id),
        lambda: manage.links(owner, engine=engine, secret=other, round_id=shown.id),
        lambda: manage.progress(owner, engine=engine, secret=other, round_id=shown.id),
        lambda: answering.open_link(engine, secret=other, token=token, device="phone"),
    ):
        with pytest.raises(ConfigurationError, match="another secret"):
            attempt()
    found = answering.open_link(engine, secret=SECRET, token=token, device="phone")
    assert found is not None
    assert found.answers == {ITEMS[0]: 4}


def test_a_viewer_may_look_and_not_act(engine: Engine, owner: Actor, team_id: str) -> None:
    viewer = add_member(owner, engine=engine, iss="https://id", sub="vera", display_name="Vera", role="viewer")
    shown = opened_round(owner, engine, team_id, people=team_of(1, 1))
    assert len(manage.list_rounds(viewer, engine=engine, team_id=team_id)) == 1
    for attempt in (
        lambda: manage.create_round(viewer, engine=engine, team_id=team_id, new=new_round()),
        lambda: manage.open_round(viewer, engine=engine, secret=SECRET, round_id=shown.id),
        lambda: manage.add_people(viewer, engine=engine, secret=SECRET, round_id=shown.id, people=team_of(1, 0)),
        lambda: manage.set_last_day(viewer, engine=engine, round_id=shown.id, day=None),
        lambda: manage.raise_minimum(viewer, engine=engine, round_id=shown.id, minimum=9),
        lambda: manage.remove_round(viewer, engine=engine, round_id=shown.id),
        lambda: manage.links(viewer, engine=engine, secret=SECRET, round_id=shown.id),
        lambda: manage.people(viewer, engine=engine, round_id=shown.id),
        lambda: closed.close_round(viewer, engine=engine, secret=SECRET, round_id=shown.id),
    ):
        with pytest.raises(AccessDenied):
            attempt()


def test_a_pulse_round_asks_about_less_and_keeps_its_version(engine: Engine, owner: Actor, team_id: str) -> None:
    chosen = SURVEY.dimensions[3].id, SURVEY.dimensions[0].id
    shown = opened_round(owner, engine, team_id, dimensions=chosen, languages=("de",))
    assert (shown.questionnaire, shown.dimensions, shown.languages) == (SURVEY.version, tuple(reversed(chosen)), ("de",))
    token = begin(engine, shared_token(owner, engine, shown.id), "sales")
    outside = next(item.id for item in SURVEY.items if item.dimension not in chosen)
    assert "belongs to no question" in str(answer(engine, token, {outside: 3}))


def test_the_salt_is_there_only_while_the_round_is_open(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id)

    def salt() -> str | None:
        with everything(engine) as session:
            return rounds.salt(session=session, organization_id=owner.organization_id, round_id=shown.id)

    assert len(salt() or "") == 64
    closed.close_round(owner, engine=engine, secret=SECRET, round_id=shown.id)
    assert salt() is None
