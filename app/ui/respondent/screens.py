"""What each screen of the respondent shows, as plain values for the templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from math import ceil
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.services.rounds.answering import LONGEST_COMMENT, Opened
from app.services.rounds.model import RoundView
from app.services.rounds.views import asked
from app.survey import questionnaire
from app.survey.model import SIDES, Side
from app.survey.questionnaire import POINTS, Questionnaire, Wording

HERE = Path(__file__).parent
SECONDS_AN_ITEM = 8
"""Reading and answering one statement; the promise on the first screen is rounded up to whole minutes."""
UNKNOWN = "unknown"
"""The value of "I don't know" in forms; in answers it is None."""
SEND = "send"
"""The last screen, by its name in the address."""

_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


@cache
def asset(name: str) -> str:
    """The address of a file of ours, with a mark of its content so that it can be kept for long."""
    return f"/s/assets/{name}?{sha256((HERE / 'static' / name).read_bytes()).hexdigest()[:12]}"


def language_of(languages: Iterable[str], *, chosen: str | None, accepted: str) -> str:
    """The language to show: the one chosen, else the first that the browser asks for, else the round's first."""
    offered = list(languages)
    if chosen in offered:
        return str(chosen)
    for wanted in accepted.split(","):
        code = wanted.split(";")[0].strip().lower().split("-")[0]
        if code in offered:
            return code
    return offered[0]


def next_open(opened: Opened) -> str:
    """The part with the first statement that has no answer yet, by its number, or the last screen when all have one."""
    survey = asked(opened.round)
    for number, dimension in enumerate(survey.dimensions, 1):
        if any(f"a:{item.id}" not in opened.answered for item in survey.items_of(dimension.id)):
            return str(number)
    return SEND


def first_screen(opened: Opened, *, token: str, language: str, problem: bool = False, preview: bool = False) -> str:
    """The promise, the languages and, under a shared link, the choice of the side."""
    survey = asked(opened.round)
    return _page(
        "first.html",
        opened.round,
        token=token,
        language=language,
        part="",
        preview=preview,
        shared=opened.kind == "shared",
        side=opened.side,
        sides=SIDES,
        problem=problem,
        items=len(survey.items),
        minutes=ceil(len(survey.items) * SECONDS_AN_ITEM / 60),
    )


def part_screen(opened: Opened, *, token: str, number: int, language: str, address: str, preview: bool = False) -> str:
    """One dimension: its statements, the guess in a room, the comment."""
    survey = asked(opened.round)
    wording = survey.wording(language)
    dimension = survey.dimensions[number - 1]
    other: Side = "marketing" if opened.side == "sales" else "sales"
    return _page(
        "part.html",
        opened.round,
        token=token,
        language=language,
        part=str(number),
        preview=preview,
        number=number,
        parts_total=len(survey.dimensions),
        back=str(number - 1) if number > 1 else "",
        onward=str(number + 1) if number < len(survey.dimensions) else SEND,
        dimension=dimension.id,
        heading=wording.dimensions[dimension.id],
        statements=[_statement(item.id, opened, wording) for item in survey.items_of(dimension.id)],
        points=[(str(value), wording.labels[value - 1]) for value in range(1, POINTS + 1)],
        unknown=(UNKNOWN, wording.unknown),
        guess=_guess(opened.guesses.get(dimension.id), wording, other=other) if opened.round.in_room else None,
        comment=opened.comments.get(dimension.id, ""),
        longest=LONGEST_COMMENT,
        own_link=address,
        shows_link=opened.kind == "resumed",
    )


def send_screen(opened: Opened, *, token: str, language: str, address: str, preview: bool = False) -> str:
    """The last look before everything is sent off."""
    survey = asked(opened.round)
    answered = sum(1 for item in survey.items if f"a:{item.id}" in opened.answered)
    return _page(
        "send.html",
        opened.round,
        token=token,
        language=language,
        part=SEND,
        preview=preview,
        answered=answered,
        items=len(survey.items),
        back=str(len(survey.dimensions)),
        own_link=address,
        shows_link=opened.kind == "resumed",
    )


def done_screen(*, language: str) -> str:
    """Thanks; the same for everybody."""
    return _plain("done.html", language=language)


def unavailable_screen(*, language: str) -> str:
    """The one answer to a link that opens nothing: unknown, used or closed."""
    return _plain("unavailable.html", language=language)


def trouble_screen(*, language: str) -> str:
    """Something is wrong on our side."""
    return _plain("trouble.html", language=language)


def poster_screen(shown: RoundView, *, link: str, code: str, language: str) -> str:
    """A page to print and pin up: what it is about, the QR code (SVG of our own making) and the link."""
    survey = asked(shown)
    return _environment.get_template("poster.html").render(
        round=shown,
        say=_sayer(survey, language),
        language=language,
        link=link,
        code=code,
        items=len(survey.items),
        minutes=ceil(len(survey.items) * SECONDS_AN_ITEM / 60),
        style=asset("respondent.css"),
    )


def _statement(item: str, opened: Opened, wording: Wording) -> dict[str, Any]:
    given = opened.answers.get(item, "") if item in opened.answers else ""
    return {
        "id": item,
        "text": wording.items[item],
        "given": UNKNOWN if given is None else str(given),
        "elsewhere": item not in opened.answers and f"a:{item}" in opened.answered,
    }


def _guess(given: int | None, wording: Wording, *, other: Side) -> dict[str, Any]:
    ends = {1: wording.page["guess_lowest"], POINTS: wording.page["guess_highest"]}
    return {
        "given": "" if given is None else str(given),
        "other": wording.page[f"side_{other}"],
        "points": [(str(value), ends.get(value, str(value))) for value in range(1, POINTS + 1)],
    }


def _page(template: str, shown: RoundView, *, token: str, language: str, part: str, preview: bool, **values: Any) -> str:
    survey = asked(shown)
    base = f"/survey-round/{shown.id}/preview" if preview else f"/s/{token}"
    return _environment.get_template(template).render(
        round=shown,
        say=_sayer(survey, language),
        language=language,
        languages=[(code, survey.wording(code).language_name) for code in shown.languages],
        base=base,
        part=part,
        preview=preview,
        style=asset("respondent.css"),
        script=asset("respondent.js"),
        **values,
    )


def _plain(template: str, *, language: str) -> str:
    survey = questionnaire.newest()
    return _environment.get_template(template).render(say=_sayer(survey, language), language=language, style=asset("respondent.css"))


def _sayer(survey: Questionnaire, language: str) -> Any:
    page: Mapping[str, str] = survey.wording(language).page

    def say(key: str, **filled: object) -> str:
        return page[key].format(**filled) if filled else page[key]

    return say
