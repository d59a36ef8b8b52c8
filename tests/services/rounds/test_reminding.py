"""Invitations and reminders, by a real mail server on this computer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Engine

from app.errors import AppError
from app.services.actor import Actor
from app.services.rounds import answering, manage, reminding
from app.services.rounds.model import Link, Person, RoundView
from tests.mail_server import Mailbox, mail_server
from tests.survey_rounds import ITEMS, SECRET, SURVEY, answer, opened_round, personal_tokens

BASE = "https://survey.example.com"
PEOPLE = [
    Person("Ann Lee", "ann@example.com", "sales"),
    Person("Ben Ruiz", "ben@example.com", "marketing"),
    Person("Refused", "refused@example.com", "sales"),
    Person("No mail", "", "marketing"),
]


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    """A mail server and its address."""
    with mail_server() as found:
        yield found


def send(owner: Actor, engine: Engine, shown: RoundView, url: str, *, occasion: reminding.Occasion = "reminder") -> reminding.Sent:
    return reminding.send(
        owner,
        engine=engine,
        secret=SECRET,
        round_id=shown.id,
        occasion=occasion,
        language="de",
        base=BASE,
        smtp_url=url,
        mail_from="Umfrage <survey@example.com>",
    )


def test_each_gets_a_mail_with_their_own_link_whoever_has_answered(
    engine: Engine, owner: Actor, team_id: str, mailbox: tuple[Mailbox, str]
) -> None:
    kept, url = mailbox
    shown = opened_round(owner, engine, team_id, people=PEOPLE)
    tokens = personal_tokens(owner, engine, shown.id)
    answer(engine, tokens["ann@example.com"], {ITEMS[0]: 3}, finish=True)
    assert send(owner, engine, shown, url) == reminding.Sent(2, ("No mail", "refused@example.com"))
    assert [to for to, _ in kept.messages] == [["ann@example.com"], ["ben@example.com"]]
    for (address,), message in kept.messages:
        text = message.get_content()
        assert f"{BASE}/s/{tokens[address]}" in text
        assert sum(token in text for token in tokens.values()) == 1
        assert "weil niemand sehen kann, wer schon geantwortet hat" in text
        assert (message["From"], message["Subject"]) == ("Umfrage <survey@example.com>", "Erinnerung: Autumn")
        assert (message["Cc"], message["Bcc"], message["Date"]) == (None, None, None)
    # The two texts are the same but for the link: nothing in them depends on who has answered.
    one, two = (message.get_content().replace(tokens[to[0]], "…") for to, message in kept.messages)
    assert one == two


def test_the_same_mails_are_not_sent_twice_at_once(engine: Engine, owner: Actor, team_id: str, mailbox: tuple[Mailbox, str]) -> None:
    kept, url = mailbox
    kept.open.clear()
    shown = opened_round(owner, engine, team_id, people=PEOPLE)
    sent: list[reminding.Sent] = []
    first = Thread(target=lambda: sent.append(send(owner, engine, shown, url)))
    first.start()
    assert kept.came.wait(30)
    with pytest.raises(AppError, match="being sent at this moment"):
        send(owner, engine, shown, url)
    kept.open.set()
    first.join(30)
    assert (sent, len(kept.messages)) == ([reminding.Sent(2, ("No mail", "refused@example.com"))], 2)
    assert send(owner, engine, shown, url).number == 2


def test_nothing_is_sent_where_it_cannot_be(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id, people=PEOPLE)
    with pytest.raises(AppError, match="0 of 4 mails went out"):
        send(owner, engine, shown, "smtp://127.0.0.1:9")
    shared = opened_round(owner, engine, team_id)
    with pytest.raises(AppError, match="nobody to write to"):
        send(owner, engine, shared, "smtp://127.0.0.1:9")


def test_a_password_is_not_sent_in_the_clear(engine: Engine, owner: Actor, team_id: str, mailbox: tuple[Mailbox, str]) -> None:
    kept, url = mailbox
    shown = opened_round(owner, engine, team_id, people=PEOPLE)
    with pytest.raises(AppError, match="SMTPNotSupportedError"):
        send(owner, engine, shown, url.replace("smtp://", "smtp://anna:pw@"))
    assert kept.messages == []


def test_the_links_are_a_file_that_no_spreadsheet_runs(engine: Engine, owner: Actor, team_id: str) -> None:
    shown = opened_round(owner, engine, team_id, people=[Person('=HYPERLINK("x")', "a@example.com", "sales"), *PEOPLE[1:2]])
    links = manage.links(owner, engine=engine, secret=SECRET, round_id=shown.id)
    content = reminding.links_csv(links, base=BASE)
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows == [
        ["name", "email", "side", "link"],
        ['\'=HYPERLINK("x")', "a@example.com", "sales", BASE + links[0].path],
        ["Ben Ruiz", "ben@example.com", "marketing", BASE + links[1].path],
    ]
    for link in links:
        assert answering.open_link(engine, secret=SECRET, token=link.path.removeprefix("/s/"), device="d") is not None


@pytest.mark.parametrize("language", SURVEY.languages)
@pytest.mark.parametrize("occasion", ["mail", "reminder"])
def test_the_texts_are_whole_in_every_language(language: str, occasion: reminding.Occasion) -> None:
    shown = RoundView(
        id="r", team_id="t", name="Autumn & more", questionnaire=SURVEY.version, dimensions=tuple(d.id for d in SURVEY.dimensions),
        languages=SURVEY.languages, minimum=6, way="shared", in_room=False, state="open", closes_at=None, last_day=None, invited={},
        opened_on=None, closed_on=None,
    )  # fmt: skip
    link = Link(PEOPLE[0], "/s/abc")
    written = reminding.letter(shown, occasion=occasion, language=language, link=BASE + link.path)
    assert "Autumn & more" in written.subject
    assert f"\n\n{BASE}/s/abc\n\n" in written.body
    assert "{" not in written.subject + written.body
    parsed = parse_qs(urlsplit(written.mailto()).query)
    assert parsed == {"subject": [written.subject], "body": [written.body]}
