"""Invitations and reminders: texts to copy, a list of links, or mails that the app sends itself.

Everybody on the list is reminded, and nobody is told who has answered: the app does not know it outside the sealed drafts, and does not
look.
"""

from __future__ import annotations

import csv
import io
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr, make_msgid
from math import ceil
from threading import Lock
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from sqlalchemy import Engine

from app.errors import AppError
from app.services.actor import Actor, require
from app.services.rounds import manage
from app.services.rounds.model import Link, RoundView
from app.services.rounds.views import asked

Occasion = Literal["mail", "reminder"]
SECONDS_AN_ITEM = 8
"""Reading and answering one statement, for "about four minutes"."""
TIMEOUT = 20.0

_sending: set[tuple[str, Occasion]] = set()
_one = Lock()


@dataclass(frozen=True)
class Letter:
    """A text with its subject, ready to be sent."""

    subject: str
    body: str

    def mailto(self) -> str:
        """The address that opens it in the mail program, without a recipient."""
        return f"mailto:?subject={quote(self.subject)}&body={quote(self.body)}"


@dataclass(frozen=True)
class Sent:
    """How many mails the server took, and the addresses it refused or that are missing."""

    number: int
    refused: tuple[str, ...]


def letter(shown: RoundView, *, occasion: Occasion, language: str, link: str) -> Letter:
    """The invitation or the reminder in one of the round's languages. `link` is the whole address."""
    survey = asked(shown)
    page = survey.wording(language).page
    filled = {
        "round": shown.name,
        "link": link,
        "minutes": ceil(len(survey.items) * SECONDS_AN_ITEM / 60),
        "minimum": shown.minimum,
    }
    body = page[f"{occasion}_text"].format(**filled)
    if shown.last_day is not None:
        body += "\n\n" + page["mail_last_day"].format(day=shown.last_day.isoformat())
    return Letter(page[f"{occasion}_subject"].format(**filled), body)


def links_csv(links: Sequence[Link], *, base: str) -> bytes:
    """The links as a CSV file for a mail merge: name, e-mail, side, link. Cells that a spreadsheet would run are made harmless."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("name", "email", "side", "link"))
    for one in links:
        writer.writerow(_harmless(cell) for cell in (one.person.name, one.person.email, one.person.side, base + one.path))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def send(
    actor: Actor,
    *,
    engine: Engine,
    secret: bytes,
    round_id: str,
    occasion: Occasion,
    language: str,
    base: str,
    smtp_url: str,
    mail_from: str,
) -> Sent:
    """Send everybody on the list their own link, each in a mail of their own; managers and owners.

    Parameters
    ----------
    base
        The address of the survey, such as ``https://survey.example.com``.
    smtp_url, mail_from
        The settings; the password is sent only over an encrypted connection.

    Raises
    ------
    AppError
        When the round is not open, nobody is listed, the same mails are being sent at this moment, or the mail server cannot be used;
        then it says how many mails went out.
    """
    require(actor, "manager")
    if not (smtp_url and mail_from):
        raise AppError("No mail server is set up.", "Set SCORECARD_SMTP_URL and SCORECARD_MAIL_FROM, or copy the text.")
    shown = manage.read_round(actor, engine=engine, round_id=round_id)
    links = manage.links(actor, engine=engine, secret=secret, round_id=round_id)
    if not links:
        raise AppError("There is nobody to write to: the round is not open, or has no list of people.", "Open it, or add people.")
    number, refused = 0, [one.person.name for one in links if not one.person.email]
    try:
        with _turn(round_id, occasion), _connected(smtp_url) as server:
            for one in links:
                if not one.person.email:
                    continue
                written = letter(shown, occasion=occasion, language=language, link=base + one.path)
                try:
                    server.send_message(_message(written, to=one, sender=mail_from))
                except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, ValueError, UnicodeError):
                    refused.append(one.person.email)
                else:
                    number += 1
    except (OSError, smtplib.SMTPException) as error:
        raise AppError(
            f"The mail server could not be used ({type(error).__name__}). {number} of {len(links)} mails went out.",
            "Check SCORECARD_SMTP_URL, or copy the text and send it yourself.",
        ) from error
    return Sent(number, tuple(refused))


@contextmanager
def _turn(round_id: str, occasion: Occasion) -> Iterator[None]:
    """One sending of the same mails at a time in a process."""
    with _one:
        if (round_id, occasion) in _sending:
            raise AppError("These mails are being sent at this moment.", "Wait a minute before you send them again.")
        _sending.add((round_id, occasion))
    try:
        yield
    finally:
        with _one:
            _sending.discard((round_id, occasion))


def _message(written: Letter, *, to: Link, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = formataddr((to.person.name, to.person.email)) if to.person.name else to.person.email
    message["Subject"] = written.subject
    # No date of ours: the mail server adds one; the id names no host.
    message["Message-ID"] = make_msgid(domain="survey.invalid")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(written.body)
    return message


def _connected(smtp_url: str) -> smtplib.SMTP:
    parts = urlsplit(smtp_url)
    host = parts.hostname or ""
    context = ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        elif parts.username:
            server.close()
            raise smtplib.SMTPNotSupportedError("the server offers no encryption, so the password is not sent")
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠") else cell
